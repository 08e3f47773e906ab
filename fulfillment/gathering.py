"""Which pieces go into which jig: a full one at once, the rest when the first of them has waited long enough, or when a
person says so. Pieces are made together where they are of one product, one operation and like needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fulfillment.catalog import Catalog, Pockets, Product
from jobs import batches
from jobs.batches import Waiting
from jobs.store import Refused, Store


@dataclass(frozen=True)
class Company:
    """Jobs that may be made together, the most urgent first, and the pockets that they go into."""

    product: str
    operation: str
    needs_id: str
    jobs: tuple[Waiting, ...]
    pockets: Pockets

    @property
    def begins_at(self) -> float:
        """When a jig is begun that is not full by then; seconds since 1970."""
        return min(job.since for job in self.jobs) + self.pockets.wait

    def view(self) -> dict[str, Any]:
        """As programs and pages are told."""
        return {
            "product": self.product,
            "operation": self.operation,
            "waiting": len(self.jobs),
            "pockets": self.pockets.count,
            "begins_at": self.begins_at,
            "units": [job.unit_id for job in self.jobs],
        }

    def due(self, now: float) -> bool:
        return len(self.jobs) >= self.pockets.count or now >= self.begins_at


def companies(store: Store, catalog: Catalog) -> list[Company]:
    """Who waits for whom, in the order of the most urgent of each. What left the catalog waits for nobody."""
    found: dict[tuple[str, str, str], list[Waiting]] = {}
    for job in batches.waiting(store):
        found.setdefault((job.product, job.operation, job.needs_id), []).append(job)
    return list(_with_pockets(catalog, found))


def _with_pockets(catalog: Catalog, found: dict[tuple[str, str, str], list[Waiting]]) -> Iterator[Company]:
    for key, jobs in found.items():
        pockets = catalog[key[0]].jig.pockets if key[0] in catalog else None
        if pockets is not None:
            yield Company(*key, tuple(jobs), pockets)


def chosen(waiting: Sequence[Company], product: str, operation: str = "") -> Company:
    """Who waits for a jig of this product, the most urgent where there are several. Raises Refused."""
    for company in waiting:
        if company.product == product and operation in ("", company.operation):
            return company
    raise Refused(f"no piece of {product} waits for company; `ful batch list` shows those that do")


def begin(store: Store, company: Company, who: str, *, first: int = 1, leave_out: Collection[int] = ()) -> str:
    """Put the most urgent of them into the pockets from ``first`` on, without those to be left out. The batch's job.

    Raises Refused where no pocket is left, or a unit went meanwhile.
    """
    free = free_pockets(company.product, company.pockets, first, leave_out)
    places = {job.job_id: {"pocket": number} for job, number in zip(company.jobs, free, strict=False)}
    return batches.form(store, places, who)


def free_pockets(product: str, pockets: Pockets, first: int, leave_out: Collection[int]) -> list[int]:
    """Raises Refused where none is left, or one is named that is not there."""
    wrong = [number for number in (first, *leave_out) if not 1 <= number <= pockets.count]
    if wrong:
        raise Refused(f"there is no pocket {wrong[0]}: the jig of {product} has {pockets.count}")
    free = [number for number in range(first, pockets.count + 1) if number not in leave_out]
    if not free:
        raise Refused(f"no pocket of {pockets.count} is left from {first} on")
    return free


def filled(product: Product, pieces: int, first: int, leave_out: Collection[int]) -> list[int]:
    """The pockets of so many pieces, where nothing waits. Raises Refused where the jig has not that many."""
    pockets = product.jig.pockets
    if pockets is None:
        if pieces == 1 and first == 1 and not leave_out:
            return [1]
        raise Refused(f"the jig of {product.name} holds one piece; `pockets` in its file makes it one for several")
    free = free_pockets(product.name, pockets, first, leave_out)
    if pieces > len(free):
        raise Refused(f"{pieces} pieces do not fit: {len(free)} pockets of {pockets.count} are free")
    return free[:pieces]


def waits_for(pockets: Pockets) -> str:
    """What a piece waits for, in a sentence's words."""
    return f"it waits for company: {pockets.count} pieces, or {pockets.wait / 60:g} min"
