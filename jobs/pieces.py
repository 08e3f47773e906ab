"""The pieces of a batch, inside of a transaction: what holds for a job that is made with others.

A batch is a job without a unit of its own; its pieces are the jobs that name it, ``batched`` as long as it is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update

from jobs import models as m
from jobs.states import JobState, OperationState, UnitState
from jobs.store import Tx

OPEN = (JobState.RENDERING, JobState.READY)
"""Of a batch: no machine has taken it, so that it may be given up and gathered anew."""
APART = {"batch": None, "place": None, "machine": None}
"""Columns of a piece that has left its batch."""
LEFT_OUT = "left_out"
"""Of a place: who had the piece left out while its batch was made, and what is known of that; a sentence."""


def dissolve(tx: Tx, batch: str, why: str) -> bool:
    """False where a machine has it already, or it has ended: nothing was changed then."""
    if tx.moved("job", batch, "cancelled", only=m.jobs.c.state.in_(OPEN), put={"why": why}, why=why) is None:
        return False
    for piece in pieces(tx, batch):
        tx.moved("job", piece.id, "dissolved", put=APART, batch=batch, why=why)
    return True


def pieces(tx: Tx, batch: str) -> list[Any]:
    """The jobs of a batch."""
    return list(tx.connection.execute(select(m.jobs).where(m.jobs.c.batch == batch).order_by(m.jobs.c.seq)).all())


def in_order(place: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What the pieces of a batch are sorted by: their places, which need not follow the order of their jobs."""
    return sorted((name, value) for name, value in place.items() if isinstance(value, int | float))


def settled(tx: Tx, batch: str, places: Mapping[str, Mapping[str, Any]]) -> None:
    """Where the pieces of a batch lie in its program, by their pockets; what has no place there waits anew."""
    for piece in pieces(tx, batch):
        place = places.get(str(piece.place["pocket"]))
        if place is None:
            why = "there was no room for it beside the others"
            tx.moved("job", piece.id, "dissolved", put={**APART, "why": why}, batch=batch, why=why)
        else:
            tx.connection.execute(update(m.jobs).where(m.jobs.c.id == piece.id).values(place=dict(place)))


def ended(tx: Tx, batch: str, event: str, why: str) -> list[Any]:
    """End the pieces of a batch as it ended: finished, failed or cancelled. Their rows.

    One that was left out meanwhile has failed, however the others came out.
    """
    moved = []
    for piece in pieces(tx, batch):
        spoilt = piece.place.get(LEFT_OUT)
        how, said = ("failed", str(spoilt)) if spoilt and event == "finished" else (event, why)
        moved.append(tx.moved("job", piece.id, how, put={"why": said}, batch=batch, why=said))
    return [row for row in moved if row is not None]


def tried(tx: Tx, batch: str, attempts: int, machine: str) -> None:
    """A batch is about to be started: from here on its pieces are jobs that a machine has tried."""
    of_it = m.jobs.c.batch == batch
    tx.connection.execute(update(m.jobs).where(of_it).values(attempts=attempts, machine=machine))


def may_be_made() -> ColumnElement[bool]:
    """The job's operation is open and its unit is being made; of a batch, those of every piece."""
    job, piece = m.jobs.c, m.jobs.alias("piece").c
    unit, operation = m.units.c, m.operations.c
    its_own = exists().where(
        unit.id == job.unit_id,
        unit.state == UnitState.MAKING,
        operation.id == job.operation_id,
        operation.state == OperationState.OPEN,
    )
    shut = exists().where(
        piece.batch == job.id,
        unit.id == piece.unit_id,
        operation.id == piece.operation_id,
        or_(unit.state != UnitState.MAKING, operation.state != OperationState.OPEN),
    )
    return or_(its_own, job.unit_id.is_(None) & ~shut)


def leave(tx: Tx, unit_id: str) -> Any:
    """Give up the batches that a unit waits in. The first that a machine has already, as a row, or None."""
    waits_in = select(m.jobs.c.batch).where(m.jobs.c.unit_id == unit_id, m.jobs.c.state == JobState.BATCHED)
    batches = tx.connection.execute(waits_in).scalars().all()
    taken = [batch for batch in batches if not dissolve(tx, batch, f"{unit_id} was taken out")]
    if not taken:
        return None
    return tx.connection.execute(select(m.jobs.c.id, m.jobs.c.machine).where(m.jobs.c.id == taken[0])).one()
