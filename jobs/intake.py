"""From a confirmed order to jobs that wait for a machine. Every delivery may come twice; nothing is made twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from jobs import models as m
from jobs.pieces import leave, settled
from jobs.queue import Needs, add_needs
from jobs.route import cancel_jobs, hold_all
from jobs.states import JobState, OperationState, OrderState, UnitState
from jobs.store import NotFound, Refused, Store, Tx

MOST_LINES = 100
MOST_QUANTITY = 500
"""Of what is made here; lines that are not ours are kept for the record only, up to MOST_OTHERS."""
MOST_OTHERS = 1000


@dataclass(frozen=True)
class Step:
    """One operation of a product's route. ``process`` None: done by a person."""

    name: str
    process: str | None
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewLine:
    """A line as an order source understood it. ``product`` None: not ours to make; it is kept for the record."""

    sku: str
    quantity: int
    product: str | None = None
    personalization: Mapping[str, Any] = field(default_factory=dict)
    route: tuple[Step, ...] = ()


@dataclass(frozen=True)
class NewOrder:
    source: str
    external_id: str
    lines: tuple[NewLine, ...]
    ship_to: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    due: float | None = None
    customer: str = ""
    """Who ordered, by the source's own name for them; empty: it does not say."""
    card: NewLine | None = None
    """The order's personal note as a piece of its own; None: it is printed on the slip."""

    @property
    def digest(self) -> str:
        """Tells a repeated delivery from a changed order. What is ours and not the customer's does not count: the
        route, and the note that is written by a rule."""
        lines = [[line.sku, line.quantity, line.product, dict(line.personalization)] for line in self.lines]
        body = [self.source, self.external_id, lines, dict(self.ship_to), self.note, self.due]
        return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Delivery:
    """A webhook's own identity: the second delivery of an event does nothing."""

    event_id: str
    topic: str


@dataclass(frozen=True)
class Received:
    order_id: str
    new: bool
    same: bool = True
    """False: an order of that id is on record and says something else. It was left as it was."""


def receive(store: Store, order: NewOrder, who: str, delivery: Delivery | None = None) -> Received:
    """Take an order in: one transaction, whatever its size. Raises Refused for impossible quantities."""
    ours = [line for line in order.lines if line.product]
    if not order.lines or len(ours) > MOST_LINES or len(order.lines) > MOST_LINES + MOST_OTHERS:
        raise Refused(f"an order has 1 to {MOST_LINES} lines, this one has {len(order.lines)}")
    for line in ours:
        if not 1 <= line.quantity <= MOST_QUANTITY:
            raise Refused(f"line {line.sku}: quantity {line.quantity} is outside 1..{MOST_QUANTITY}")
    with store.write(who) as tx:
        known = tx.connection.execute(
            select(m.orders.c.id, m.orders.c.digest).where(
                m.orders.c.source == order.source, m.orders.c.external_id == order.external_id
            )
        ).one_or_none()
        order_id = known.id if known else tx.new_id("O")
        if delivery and not _first_delivery(tx, order.source, delivery, order_id):
            return Received(order_id, new=False)
        if known:
            same = known.digest == order.digest
            tx.log("order", order_id, "repeated" if same else "differs", source=order.source)
            return Received(order_id, new=False, same=same)
        _insert(tx, order, order_id)
        return Received(order_id, new=True)


def _first_delivery(tx: Tx, source: str, delivery: Delivery, order_id: str | None) -> bool:
    values = {"source": source, "event_id": delivery.event_id, "topic": delivery.topic, "order_id": order_id}
    return tx.add_once(m.inbox, at=tx.now, **values)


def noticed(store: Store, source: str, delivery: Delivery, notice: str, who: str) -> bool:
    """Write down a delivery that asks for nothing to be made. False: it was on record already."""
    with store.write(who) as tx:
        new = _first_delivery(tx, source, delivery, None)
        if new:
            tx.log("source", source, "noticed", topic=delivery.topic, notice=notice)
        return new


def not_taken(store: Store, source: str, why: str, who: str) -> None:
    """Write down that a proved delivery of a source could not be taken."""
    with store.write(who) as tx:
        tx.log("source", source, "not_taken", why=why[:500])


def _insert(tx: Tx, order: NewOrder, order_id: str) -> None:
    tx.add(
        m.orders,
        id=order_id,
        source=order.source,
        external_id=order.external_id,
        digest=order.digest,
        state=OrderState.OPEN,
        received_at=tx.now,
        due=order.due,
        ship_to=dict(order.ship_to),
        customer=order.customer,
        note=order.note,
    )
    units = 0
    for position, line in enumerate((*order.lines, order.card) if order.card else order.lines):
        line_id = tx.new_id("L")
        personalization = dict(line.personalization)
        tx.add(
            m.line_items,
            id=line_id,
            order_id=order_id,
            position=position,
            sku=line.sku,
            product=line.product,
            quantity=line.quantity,
            personalization=personalization,
            is_note=line is order.card,
        )
        for number in range(1, line.quantity + 1) if line.product else ():
            _insert_unit(tx, order_id, line_id, line, number)
            units += 1
    tx.log("order", order_id, "received", OrderState.OPEN, source=order.source, units=units)
    if not units:
        tx.move("order", order_id, "finished")  # nothing of it is ours: it is on record, and it waits for nobody


def _insert_unit(tx: Tx, order_id: str, line_id: str, line: NewLine, number: int) -> None:
    unit_id = tx.new_id("U")
    tx.add(
        m.units,
        id=unit_id,
        order_id=order_id,
        line_item_id=line_id,
        number=number,
        product=line.product,
        personalization=dict(line.personalization),
        resolved={},
        state=UnitState.NEW,
        problems=[],
        created_at=tx.now,
    )
    for step in line.route:
        state = OperationState.WAITING if step.after else OperationState.OPEN
        values = {"unit_id": unit_id, "name": step.name, "process": step.process, "after": list(step.after)}
        tx.add(m.operations, id=f"{unit_id}.{step.name}", state=state, **values)


def units_to_plan(store: Store, most: int = 100, without: Collection[str] = ()) -> list[Any]:
    """Units that nobody has looked at yet, oldest first: (id, product, personalization, order_id).

    ``without``: ids of those that are in hand or wait for another try.
    """
    c = m.units.c
    with store.read() as connection:
        return list(
            connection.execute(
                select(c.id, c.product, c.personalization, c.order_id)
                .where(c.state == UnitState.NEW, c.id.not_in(without))
                .order_by(c.created_at)
                .limit(most)
            )
        )


def plan(store: Store, unit_id: str, who: str, resolved: Mapping[str, Any] | None = None) -> list[str]:
    """The unit passed its checks: a job in ``rendering`` for each operation that a machine does. Their ids.

    ``resolved``: the personalization as rendering takes it.
    """
    with store.write(who) as tx:
        tx.move("unit", unit_id, "planned", put={"resolved": dict(resolved or {})})
        newest = select(func.coalesce(func.max(m.jobs.c.seq), 0)).scalar_subquery().label("newest")
        rows = tx.connection.execute(
            select(m.operations.c.id, m.orders.c.due, newest)
            .join(m.units, m.units.c.id == m.operations.c.unit_id)
            .join(m.orders, m.orders.c.id == m.units.c.order_id)
            .where(m.operations.c.unit_id == unit_id, m.operations.c.process.is_not(None))
        ).all()
        ids = []
        for row in rows:
            ids.append(tx.new_id("J"))
            tx.add(
                m.jobs,
                id=ids[-1],
                seq=row.newest + len(ids),
                operation_id=row.id,
                unit_id=unit_id,
                state=JobState.RENDERING,
                attempts=0,
                due=tx.now if row.due is None else row.due,
                why="being rendered",
                created_at=tx.now,
            )
        return ids


def hold(store: Store, unit_id: str, problems: Sequence[Mapping[str, str]], who: str) -> None:
    """Hold a unit with every problem at once; the other units of its order go on."""
    with store.write(who) as tx:
        hold_all(tx, unit_id, [dict(problem) for problem in problems])


def correct(store: Store, unit_id: str, personalization: Mapping[str, Any], who: str) -> None:
    """Mend a held unit's personalization: it is checked and planned anew. Raises Refused once a machine tried it."""
    with store.write(who) as tx:
        taken = (m.jobs.c.attempts > 0) | (m.jobs.c.state == JobState.CLAIMED)
        tried = select(m.jobs.c.id).where(m.jobs.c.unit_id == unit_id, taken)
        if tx.connection.execute(tried).first() or leave(tx, unit_id):
            raise Refused(f"a machine has already tried {unit_id}: cancel it and order it anew")
        cancel_jobs(tx, unit_id)
        put = {"personalization": dict(personalization), "problems": []}
        tx.move("unit", unit_id, "corrected", put=put)


def to_render(store: Store) -> list[Any]:
    """Jobs in ``rendering``: (id, operation, process, unit_id, product, resolved, order_id)."""
    with store.read() as connection:
        return list(
            connection.execute(
                select(
                    m.jobs.c.id,
                    m.operations.c.name.label("operation"),
                    m.operations.c.process,
                    m.units.c.id.label("unit_id"),
                    m.units.c.product,
                    m.units.c.resolved,
                    m.units.c.order_id,
                )
                .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
                .join(m.units, m.units.c.id == m.jobs.c.unit_id)
                .where(m.jobs.c.state == JobState.RENDERING, m.units.c.state == UnitState.MAKING)
                .order_by(m.jobs.c.seq)
            )
        )


@dataclass(frozen=True)
class Rendered:
    """An artifact that passed preflight, its bytes and proof already durable in the artifact store."""

    sha256: str
    media_type: str
    size: int
    needs: Needs
    proof: str | None
    manifest: Mapping[str, Any]

    @property
    def volume(self) -> float | None:
        """mm3 that it takes of what is loaded, by its manifest; None: it takes no material that is counted."""
        materials = self.manifest.get("materials") or {}
        # Ink has a length only; where a cartridge must hold more than what is laid in the end, that is what it takes.
        volumes = [float(used.get("cartridge", used["volume"])) for used in materials.values() if "volume" in used]
        return sum(volumes) if volumes else None


def rendered(store: Store, job_id: str, artifact: Rendered, who: str, gathers: str = "") -> None:
    """The job has its artifact, and waits for a machine. Said again it changes nothing.

    ``gathers``: for which company it waits first, to be made with it in one batch.
    """
    with store.write(who) as tx:
        needs_id = add_needs(tx, artifact.needs)
        tx.add_once(
            m.artifacts,
            sha256=artifact.sha256,
            media_type=artifact.media_type,
            size=artifact.size,
            process=artifact.needs.process,
            needs_id=needs_id,
            proof=artifact.proof,
            manifest=dict(artifact.manifest),
            created_at=tx.now,
        )
        takes = {"seconds": artifact.manifest.get("seconds"), "volume": artifact.volume}
        put = {"artifact": artifact.sha256, "needs_id": needs_id, "why": gathers, **takes}
        moved = tx.moved("job", job_id, "proved" if gathers else "rendered", put=put, artifact=artifact.sha256)
        places = artifact.manifest.get("places")
        if moved is not None and moved.unit_id is None and places is not None:
            settled(tx, job_id, places)


def set_aside(store: Store, job_id: str, problems: Sequence[Mapping[str, str]], who: str) -> None:
    """Rendering found what the first checks could not: hold the unit, cancel its jobs that no machine took."""
    with store.write(who) as tx:
        job = tx.connection.execute(select(m.jobs.c.unit_id, m.jobs.c.state).where(m.jobs.c.id == job_id)).one_or_none()
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        if job.state != JobState.RENDERING:  # cancelled meanwhile: what it says is of a unit that was corrected since
            return
        cancel_jobs(tx, job.unit_id)
        hold_all(tx, job.unit_id, [dict(problem) for problem in problems])
