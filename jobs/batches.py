"""Batches: several jobs of several units made as one, on one bed, each piece in its place.

A batch is a job of its own, without a unit: it has the artifact of all its pieces, and the fenced start knows nothing
else. Its pieces are the jobs that name it. They keep their own artifacts and proofs, wait in ``batched`` meanwhile, and
end as it ends; a person may then say of one piece that it is scrap after all, or good after all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from jobs import models as m
from jobs.pieces import OPEN, dissolve, in_order, may_be_made, pieces
from jobs.route import hold_all, next_seq
from jobs.states import JobState, OperationState, UnitState
from jobs.store import Refused, Store

MOST_PIECES = 500
"""In one batch."""
TOGETHER = "together"
"""In a manifest: artifacts that say the same here, and have the same needs, may be made on one bed, whatever product
and operation they are of. Without it, only those of one product and operation may."""


@dataclass(frozen=True)
class Waiting:
    """A job that waits for company. Jobs with the same product, operation and needs may be made together, or those
    with the same needs whose artifacts say the same of :data:`TOGETHER`."""

    job_id: str
    unit_id: str
    product: str
    operation: str
    needs_id: str
    due: float
    since: float
    resolved: Mapping[str, Any]
    together: str | None = None

    @property
    def company(self) -> tuple[str, ...]:
        """Those of one company may be made together."""
        return (self.needs_id, self.together) if self.together else (self.needs_id, self.product, self.operation)


def waiting(store: Store) -> list[Waiting]:
    """Every job that could be put into a batch now, the most urgent first."""
    job, unit, operation = m.jobs.c, m.units.c, m.operations.c
    statement = (
        select(
            job.id,
            unit.id.label("unit"),
            unit.product,
            operation.name,
            job.needs_id,
            job.due,
            job.created_at,
            unit.resolved,
            m.artifacts.c.manifest[TOGETHER].as_string(),
        )
        .join(m.operations, operation.id == job.operation_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == job.artifact)
        .join(m.units, unit.id == job.unit_id)
        .where(job.state == JobState.GATHERING, operation.state == OperationState.OPEN)
        .where(unit.state == UnitState.MAKING)
        .order_by(job.due, job.seq)
    )
    with store.read() as connection:
        return [Waiting(*row) for row in connection.execute(statement)]


def form(store: Store, places: Mapping[str, Mapping[str, Any]], who: str) -> str:
    """A batch of jobs, each in its place; it is to be rendered next. Its job's id.

    Raises Refused where one of them does not wait any more, or they cannot be made together; nothing was changed then.
    """
    if not 1 <= len(places) <= MOST_PIECES:
        raise Refused(f"a batch has 1 to {MOST_PIECES} pieces, this one has {len(places)}")
    together = m.artifacts.c.manifest[TOGETHER].as_string().label("together")
    with store.write(who) as tx:
        rows = tx.connection.execute(
            select(m.jobs.c.due, m.jobs.c.needs_id, m.operations.c.name, m.units.c.product, together)
            .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
            .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
            .join(m.units, m.units.c.id == m.jobs.c.unit_id)
            .where(m.jobs.c.id.in_(list(places)), m.units.c.state == UnitState.MAKING)
            .where(m.operations.c.state == OperationState.OPEN)
        ).all()
        if len(rows) != len(places):
            raise Refused("a unit was held or cancelled meanwhile: gather anew")
        if len({(row.needs_id, row.together or (row.name, row.product)) for row in rows}) != 1:
            raise Refused("jobs of different products, operations or needs are not made in one batch")
        batch = tx.new_id("J")
        values = {"state": JobState.RENDERING, "attempts": 0, "due": min(row.due for row in rows)}
        why = f"{len(places)} pieces, being rendered together"
        tx.add(m.jobs, id=batch, seq=next_seq(tx), **values, why=why, created_at=tx.now)
        tx.log("job", batch, "formed", JobState.RENDERING, pieces=len(places))
        for job_id, place in places.items():
            tx.move(
                "job", job_id, "batched", put={"batch": batch, "place": dict(place)}, batch=batch, place=dict(place)
            )
        return batch


def to_render(store: Store) -> dict[str, list[Any]]:
    """Batches that have no artifact yet: their pieces by the batch's id, in the order of their places."""
    whole, job = m.jobs.alias("whole"), m.jobs.c
    statement = (
        select(
            job.batch,
            job.id,
            job.place,
            m.operations.c.name.label("operation"),
            m.units.c.id.label("unit_id"),
            m.units.c.product,
            m.units.c.resolved,
            m.units.c.order_id,
        )
        .join(whole, whole.c.id == job.batch)
        .join(m.operations, m.operations.c.id == job.operation_id)
        .join(m.units, m.units.c.id == job.unit_id)
        .where(whole.c.state == JobState.RENDERING)
        .order_by(whole.c.seq, job.seq)
    )
    found: dict[str, list[Any]] = {}
    with store.read() as connection:
        for row in connection.execute(statement):
            found.setdefault(str(row.batch), []).append(row)
    return {batch: sorted(rows, key=lambda row: in_order(row.place)) for batch, rows in found.items()}


def broken(store: Store) -> list[str]:
    """Batches that no machine has taken, and of which a unit is not being made any more: held, say."""
    batch = m.jobs.c
    statement = select(batch.id).where(batch.unit_id.is_(None), batch.state.in_(OPEN), ~may_be_made())
    with store.read() as connection:
        return list(connection.execute(statement).scalars())


def give_up(store: Store, batch: str, why: str, who: str, problems: Sequence[Mapping[str, str]] = ()) -> None:
    """Dissolve a batch that no machine has taken: its pieces wait for another. With ``problems``, they are held."""
    with store.write(who) as tx:
        units = [piece.unit_id for piece in pieces(tx, batch)]
        if not dissolve(tx, batch, why):
            return
        for unit in units if problems else ():
            hold_all(tx, unit, [dict(problem) for problem in problems])
