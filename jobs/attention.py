"""What needs a person now: each with what it is, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from jobs import models as m
from jobs.states import BedState, JobState, OperationState, UnitState


@dataclass(frozen=True)
class Call:
    """One thing that waits for a person. ``subject``: the machine, unit or job that it is about."""

    kind: str
    subject: str
    what: str
    do: str
    target: str = ""
    """What the answer names besides the subject: the operation that a person does."""


def calls(connection: Connection) -> list[Call]:
    """The most urgent kinds first."""
    return [*_faults(connection), *_unknown(connection), *_beds(connection), *_held(connection), *_by_hand(connection)]


def _faults(connection: Connection) -> list[Call]:
    c = m.machines.c
    found = []
    for row in connection.execute(
        select(c.name, c.fault, c.prompt).where(c.fault.is_not(None) | c.prompt.is_not(None))
    ):
        if row.fault:
            found.append(Call("fault", row.name, row.fault, f"mend it, then connect {row.name} again"))
        else:
            found.append(Call("prompt", row.name, row.prompt, "do what it asks, then resume"))
    return found


def _unknown(connection: Connection) -> list[Call]:
    c = m.jobs.c
    statement = select(c.id, c.machine, c.unit_id, c.why).where(c.state == JobState.UNKNOWN)
    do = "look at the piece, then say: made, failed or not started"
    return [
        Call("unknown", row.id, f"What became of {row.unit_id} on {row.machine} is not known: {row.why}", do)
        for row in connection.execute(statement)
    ]


def _beds(connection: Connection) -> list[Call]:
    c = m.beds.c
    busy = select(m.jobs.c.machine).where(m.jobs.c.state.in_(("starting", "running", "paused", "unknown"))).distinct()
    statement = select(c.machine, c.state, c.how).where(
        c.state.in_((BedState.DIRTY, BedState.UNKNOWN)), c.machine.not_in(busy)
    )
    texts = {
        BedState.DIRTY: "A piece lies on the bed of {0} ({1})",
        BedState.UNKNOWN: "Nobody has said whether the bed of {0} is clear ({1})",
    }
    do = {
        BedState.DIRTY: "take it off, then say clear",
        BedState.UNKNOWN: "look, and say clear when nothing lies there",
    }
    return [
        Call("bed", row.machine, texts[BedState(row.state)].format(row.machine, row.how), do[BedState(row.state)])
        for row in connection.execute(statement)
    ]


def _held(connection: Connection) -> list[Call]:
    c = m.units.c
    found = []
    for row in connection.execute(select(c.id, c.problems).where(c.state == UnitState.HELD).limit(200)):
        for problem in row.problems or [{"field": "", "reason": "held", "mend": "release it"}]:
            where = f"{problem['field']}: " if problem["field"] else ""
            found.append(Call("held", row.id, f"{where}{problem['reason']}", problem["mend"]))
    return found


def _by_hand(connection: Connection) -> list[Call]:
    c = m.operations.c
    statement = (
        select(c.unit_id, c.name)
        .join(m.units, m.units.c.id == c.unit_id)
        .where(c.state == OperationState.OPEN, c.process.is_(None), m.units.c.state == UnitState.MAKING)
        .limit(200)
    )
    return [
        Call(
            "by-hand", row.unit_id, f"{row.unit_id} is ready: {row.name}", f"do it, then say {row.name} done", row.name
        )
        for row in connection.execute(statement)
    ]
