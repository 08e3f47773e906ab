"""Which pieces are made together: a full jig or plate at once, the rest when the first of them has waited long enough,
or when a person says so. In a jig they are of one product, one operation and like needs; side by side on a plate, of
like needs and one profile. Where they lie on a plate is found by whoever makes its program.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fulfillment.catalog import Catalog, Plate, Pockets, Product
from jobs import batches
from jobs.batches import Waiting
from jobs.store import Refused, Store

Room = Pockets | Plate


@dataclass(frozen=True)
class Company:
    """Jobs that may be made together, the most urgent first, and where they go. Product, operation and room are those
    of the most urgent."""

    product: str
    operation: str
    needs_id: str
    jobs: tuple[Waiting, ...]
    room: Room
    begins_at: float
    """When a jig or plate is begun that is not full by then; seconds since 1970."""

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(job.product for job in self.jobs))

    def view(self) -> dict[str, Any]:
        """As programs and pages are told."""
        return {
            "product": self.product,
            "products": list(self.products),
            "operation": self.operation,
            "waiting": len(self.jobs),
            "pockets": self.room.count,
            "plate": isinstance(self.room, Plate),
            "begins_at": self.begins_at,
            "units": [job.unit_id for job in self.jobs],
        }

    def due(self, now: float) -> bool:
        return len(self.jobs) >= self.room.count or now >= self.begins_at


def companies(store: Store, catalog: Catalog) -> list[Company]:
    """Who waits for whom, in the order of the most urgent of each. What left the catalog waits for nobody."""
    found: dict[tuple[str, ...], list[tuple[Waiting, Room]]] = {}
    for job in batches.waiting(store):
        room = _room(catalog, job)
        if room is not None:
            found.setdefault(job.company, []).append((job, room))
    return [_company(waiting) for waiting in found.values()]


def _room(catalog: Catalog, job: Waiting) -> Room | None:
    if job.product not in catalog or job.operation not in catalog[job.product].route:
        return None
    return catalog[job.product].room(job.operation)


def _company(waiting: Sequence[tuple[Waiting, Room]]) -> Company:
    first, room = waiting[0]
    begins_at = min(job.since + its.wait for job, its in waiting)
    jobs = tuple(job for job, _ in waiting)
    return Company(first.product, first.operation, first.needs_id, jobs, room, begins_at)


def chosen(waiting: Sequence[Company], product: str, operation: str = "") -> Company:
    """Who waits for a jig of this product, the most urgent where there are several. Raises Refused."""
    for company in waiting:
        if product in company.products and operation in ("", company.operation):
            return company
    raise Refused(f"no piece of {product} waits for company; `ful batch list` shows those that do")


def begin(store: Store, company: Company, who: str, *, first: int = 1, leave_out: Collection[int] = ()) -> str:
    """Put the most urgent of them into the pockets from ``first`` on, without those to be left out; or onto a plate,
    where they are numbered in this order until their places are found. The batch's job.

    Raises Refused where no pocket is left, or a unit went meanwhile.
    """
    room = company.room
    if isinstance(room, Plate):
        if first != 1 or leave_out:
            raise Refused(f"{company.product} lies side by side on a bed: there are no pockets to leave out")
        free = list(range(1, room.count + 1))
    else:
        free = free_pockets(company.product, room, first, leave_out)
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
    pockets, plate = product.jig.pockets, product.jig.bed
    if plate is not None and pieces <= plate.count and first == 1 and not leave_out:
        return list(range(1, pieces + 1))
    if plate is not None:
        raise Refused(f"{pieces} pieces do not lie side by side: a plate takes {plate.count}, and has no pockets")
    if pockets is None:
        if pieces == 1 and first == 1 and not leave_out:
            return [1]
        raise Refused(f"the jig of {product.name} holds one piece; `pockets` in its file makes it one for several")
    free = free_pockets(product.name, pockets, first, leave_out)
    if pieces > len(free):
        raise Refused(f"{pieces} pieces do not fit: {len(free)} pockets of {pockets.count} are free")
    return free[:pieces]


def waits_for(room: Room) -> str:
    """What a piece waits for, in a sentence's words."""
    return f"it waits for company: {room.count} pieces, or {room.wait / 60:g} min"
