"""Who is next: the look at what waits, and the claim of one job.

A machine decides once per distinct set of needs, so that a claim costs the same with a thousand jobs queued as with a
million. What changes about a machine (what is in it, what touched it, what is due) is decided by its condition, and
the claim is carried out only where the record still has that condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from jobs import models as m
from jobs.condition import Condition, gates, unfit
from jobs.fits import Load, Needs, Offer, Reason, misfits
from jobs.pieces import may_be_made
from jobs.states import IN_HAND, BedState, JobState, MachineState
from jobs.store import Store, Tx

__all__ = [
    "Chance",
    "Claim",
    "Fitting",
    "Load",
    "Needs",
    "Offer",
    "Reason",
    "add_needs",
    "claim",
    "conditions",
    "in_hand",
    "look",
    "misfits",
    "release",
    "unchanged",
    "wanted",
]


@dataclass(frozen=True)
class Chance:
    """What a machine may take, by its needs' ids, as decided by one look at its condition: void once that changed."""

    needs: tuple[str, ...]
    condition: Condition


class Fitting:
    """Which sets of needs a machine satisfies. What is configured is remembered: both sides are immutable."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self._known: dict[str, bool] = {}

    def chance(self, wanted: Mapping[str, Needs], condition: Condition, now: float) -> Chance:
        """What of this the machine may take now. How much a job takes of what is loaded is left to the claim."""
        if gates(self.offer, condition, now):
            return Chance((), condition)
        for key, needs in wanted.items():
            if key not in self._known:
                self._known[key] = not misfits(self.offer, needs)
        suits = (key for key, needs in wanted.items() if self._known[key] and not unfit(condition, needs))
        return Chance(tuple(suits), condition)


def wanted(connection: Connection) -> dict[str, Needs]:
    """The distinct needs of all jobs that are ready: one statement, whatever the queue's length."""
    ready = exists().where(m.jobs.c.state == JobState.READY, m.jobs.c.needs_id == m.needs.c.id)
    rows = connection.execute(select(m.needs.c.id, m.needs.c.body).where(ready))
    return {key: Needs.of(body) for key, body in rows}


def conditions(connection: Connection) -> dict[str, Condition]:
    """Every machine's condition, by name: one statement."""
    statement = select(m.machines, m.beds.c.state.label("bed")).outerjoin(m.beds, m.beds.c.machine == m.machines.c.name)
    return {row["name"]: Condition.of(dict(row), row["bed"]) for row in connection.execute(statement).mappings()}


def look(store: Store, offer: Offer) -> Chance:
    """What one machine may take now, decided anew from the record. The agent looks once for all of its machines."""
    with store.read() as connection:
        condition = conditions(connection).get(offer.name, Condition(offer.name))
        return Fitting(offer).chance(wanted(connection), condition, store.now())


@dataclass(frozen=True)
class Claim:
    """A job that a machine took: of one unit, or a batch's."""

    job_id: str
    artifact: str
    needs: Needs
    condition: Condition
    """The machine's when it took the job."""


def claim(store: Store, offer: Offer, chance: Chance, who: str) -> Claim | None:
    """Take the most urgent ready job that fits, for a machine whose bed is clear. None: nothing to take."""
    if not chance.needs:
        return None
    with store.write(who) as tx:
        row = tx.connection.execute(_next(offer, chance)).first()
        if row is None:
            return None
        tx.move("job", row.id, "claimed", put={"machine": offer.name}, machine=offer.name)
        return Claim(row.id, row.artifact, Needs.of(row.body), chance.condition)


def _next(offer: Offer, chance: Chance) -> Any:
    job = m.jobs.c
    statement = (
        select(job.id, job.artifact, m.needs.c.body)
        .join(m.needs, m.needs.c.id == job.needs_id)
        .where(job.state == JobState.READY, job.needs_id.in_(chance.needs), may_be_made())
        .where(unchanged(offer.name, chance.condition))
        .order_by(job.due, job.seq)
        .limit(1)
    )
    loaded = chance.condition.loaded
    if loaded is not None and loaded.left is not None:
        statement = statement.where(job.volume.is_(None) | (job.volume <= loaded.left))
    if offer.bed:
        clear = exists().where(m.beds.c.machine == offer.name, m.beds.c.state == BedState.CLEAR)
        statement = statement.where(clear)
    return statement


def unchanged(machine: str, condition: Condition) -> ColumnElement[bool]:
    """The machine is in service, and nothing was said of it or done on it since it was in this condition."""
    row = m.machines.c
    return exists().where(row.name == machine, row.state == MachineState.IN_SERVICE, row.epoch == condition.epoch)


def in_hand(machine: str) -> ColumnElement[bool]:
    """The machine has a job, or nobody knows what became of one."""
    return exists().where(m.jobs.c.machine == machine, m.jobs.c.state.in_(IN_HAND))


def drained(tx: Tx, machine: str | None) -> None:
    """A machine that was to finish what it has, and has nothing any more, is out of service."""
    if machine is not None:
        tx.moved("machine", machine, "drained", only=~in_hand(machine), put={"epoch": m.machines.c.epoch + 1})


def release(store: Store, job_id: str, why: str, who: str) -> None:
    """Give a claimed job back, before anything left for the machine."""
    with store.write(who) as tx:
        machine = tx.connection.execute(select(m.jobs.c.machine).where(m.jobs.c.id == job_id)).scalar()
        tx.move("job", job_id, "released", put={"machine": None, "why": why}, why=why)
        drained(tx, machine)


def add_needs(tx: Tx, needs: Needs) -> str:
    """The id under which this set of needs is kept."""
    tx.add_once(m.needs, id=needs.id, body=needs.body())
    return needs.id
