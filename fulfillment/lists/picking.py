"""The pick list: blanks, materials and lots for the work that is ready, by the machines that can do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, func, select

from fulfillment.catalog import Product
from fulfillment.config import Factory
from fulfillment.lists.sheet import Row, Sheet, amount, clock
from fulfillment.papers import Facts
from jobs import models as m
from jobs.condition import Condition
from jobs.fits import Floor, Needs, Offer, misfits
from jobs.pieces import OPEN
from jobs.queue import conditions
from jobs.states import JobState, OperationState, UnitState

MOST: Final = 2000
"""Jobs that one list is about; what waits beyond those is counted."""
NOWHERE: Final = "no machine here"
READY: Final = (JobState.READY, JobState.GATHERING)
"""What can be made as soon as a machine, or company in its jig, is there."""


@dataclass(frozen=True, slots=True)
class Work:
    """Like pieces that wait for the same machines."""

    machines: tuple[str, ...]
    step: str
    product: str
    options: str
    blank: str
    material: str
    """Name of what is laid on it; empty: none is."""
    paper: str = ""
    """Size of the paper, of what is printed."""


def sheet(connection: Connection, factory: Factory, floor: Floor) -> Sheet:
    """The list for the work that is ready at this moment."""
    jobs, more = _ready(connection)
    fits = _Fits(floor.offers)
    count: Counter[Work] = Counter()
    volume: dict[Work, float] = {}
    for job in jobs:
        work = _work(factory, job, fits)
        count[work] += 1
        volume[work] = volume.get(work, 0.0) + (job.volume or 0.0)
    order = sorted(count, key=lambda work: (work.machines, work.step, work.product, work.options))
    config = factory.config
    facts: Facts = {
        "factory": config.site.name,
        "printed": clock(floor.now, config.site.zone),
        "count": str(len(jobs)),
        "more": str(more) if more else "",
        "work": [_row(factory, work, count[work], volume[work]) for work in order],
        "materials": list(_materials(factory, count, volume, conditions(connection))),
        "hands": list(_hands(connection, factory)),
    }
    return Sheet("pick-list", facts)


def _ready(connection: Connection) -> tuple[Sequence[Any], int]:
    """Jobs that could begin, those in a jig that was not begun yet too; and how many more there are."""
    j, u, o, jig = m.jobs.c, m.units.c, m.operations.c, m.jobs.alias("jig").c
    in_jig = (j.state == JobState.BATCHED) & exists().where(jig.id == j.batch, jig.state.in_(OPEN))
    waits = (
        select(j.volume, o.name, o.process, o.after, u.product, u.resolved, m.needs.c.id.label("needs"), m.needs.c.body)
        .join(m.units, u.id == j.unit_id)
        .join(m.operations, o.id == j.operation_id)
        .join(m.needs, m.needs.c.id == j.needs_id)
        .where(j.state.in_(READY) | in_jig, o.state == OperationState.OPEN, u.state == UnitState.MAKING)
    )
    rows = connection.execute(waits.order_by(j.due, j.seq).limit(MOST)).all()
    if len(rows) < MOST:
        return rows, 0
    whole = connection.execute(select(func.count()).select_from(waits.subquery())).scalar_one()
    return rows, int(whole) - len(rows)


class _Fits:
    """Which machines a set of needs fits, found once for each set."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, digest: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        if digest not in self._known:
            needs = Needs.of(body)
            self._known[digest] = tuple(offer.name for offer in self._offers if not misfits(offer, needs))
        return self._known[digest]


def _work(factory: Factory, job: Any, fits: _Fits) -> Work:
    product = factory.catalog.products.get(job.product)
    route = product.route if product else {}
    before = [route[name].title for name in job.after if name in route and route[name].process != "document"]
    ticket = job.body.get("ticket") or {}
    return Work(
        machines=fits.of(job.needs, job.body),
        step=route[job.name].title if job.name in route else job.name,
        product=product.title if product else job.product,
        options=chosen(product, job.resolved),
        blank="" if ticket else "from: " + ", ".join(before) if before else "blank",
        material=str(job.body.get("material") or ""),
        paper=str(ticket.get("media") or ""),
    )


def chosen(product: Product | None, resolved: Mapping[str, Any]) -> str:
    """What was picked for a piece, as people call it."""
    picked = resolved.get("options", {})
    options = product.options if product else {}
    titles = [options[name].choices[value].title for name, value in picked.items() if _known(options, name, value)]
    return ", ".join(titles)


def _known(options: Mapping[str, Any], name: str, value: str) -> bool:
    return name in options and value in options[name].choices


def _row(factory: Factory, work: Work, count: int, volume: float) -> Row:
    title = _titles(factory).get(work.material, work.material)
    names = {machine.name: machine.title or machine.name for machine in factory.config.machines}
    return {
        "where": " / ".join(names.get(name, name) for name in work.machines) or NOWHERE,
        "step": work.step,
        "product": work.product,
        "options": work.options,
        "count": f"{count} ×",
        "blank": work.blank,
        "material": f"{title} {amount(volume) if volume else ''}".strip() or work.paper.upper(),
    }


def _titles(factory: Factory) -> dict[str, str]:
    return {material.name: material.title or material.name for material in factory.config.materials}


def _materials(
    factory: Factory, count: Mapping[Work, int], volume: Mapping[Work, float], known: Mapping[str, Condition]
) -> Iterable[Row]:
    """Each material once, with the machines that hold it."""
    titles = _titles(factory)
    for name in sorted({work.material for work in count if work.material}):
        of_it = [work for work in count if work.material == name]
        machines = sorted({machine for work in of_it for machine in work.machines})
        held = [text for machine in machines if (text := _loaded(name, machine, known.get(machine)))]
        whole = sum(volume[work] for work in of_it)
        yield {
            "material": titles.get(name, name),
            "amount": amount(whole) if whole else "",
            "count": f"{sum(count[work] for work in of_it)} ×",
            "loaded": "\n".join(held) or f"not loaded: load it at {' or '.join(machines) or NOWHERE}",
        }


def _loaded(material: str, machine: str, condition: Condition | None) -> str:
    """What a machine holds of a material; empty: nothing."""
    loaded = condition.loaded if condition else None
    if loaded is None or loaded.material != material:
        return ""
    left = f"{amount(loaded.left)} left" if loaded.left is not None else ""
    lot = f"lot {loaded.lot}" if loaded.lot else ""
    until = f"until {loaded.expires}" if loaded.expires else ""
    return f"{machine}: {', '.join(part for part in (lot, left, until) if part) or 'loaded'}"


def _hands(connection: Connection, factory: Factory) -> Iterable[Row]:
    """What people do next, by product."""
    o, u = m.operations.c, m.units.c
    rows = connection.execute(
        select(u.product, o.name, func.count().label("count"))
        .join(m.units, u.id == o.unit_id)
        .where(o.state == OperationState.OPEN, o.process.is_(None), u.state == UnitState.MAKING)
        .group_by(u.product, o.name)
        .order_by(u.product, o.name)
    )
    for row in rows:
        product = factory.catalog.products.get(row.product)
        step = product.route.get(row.name) if product else None
        title = product.title if product else row.product
        yield {"step": step.title if step else row.name, "product": title, "count": f"{row.count} ×"}
