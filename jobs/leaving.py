"""One piece of a running batch is left out: the others go on, and it is made again alone.

The wish goes the way of every command. What the machine obeyed is written to the piece's place; how it counts is
decided when the batch ends, with all other pieces, in one transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from jobs import floor
from jobs import models as m
from jobs.pieces import LEFT_OUT, pieces
from jobs.states import JobState
from jobs.store import NotFound, Refused, Store

VERB = "leave-out"
RUNS = (JobState.RUNNING, JobState.PAUSED)
OBJECT = "object"
"""Of a place: the number by which the program labels what is made there, from 0."""
DOUBT = "whether the machine obeyed is not known"


def ask(store: Store, batch: str, piece: str, who: str) -> int:
    """Ask for one piece to be left out, named by its job, its unit or its pocket. The command's number.

    Raises NotFound; Refused where the batch is not being made, where its program does not label its pieces, and for
    the last piece that is left.
    """
    with store.write(who) as tx:
        row: Any = tx.connection.execute(select(m.jobs).where(m.jobs.c.id == batch)).one_or_none()
        if row is None:
            raise NotFound(f"there is no job {batch}")
        if row.unit_id is not None:
            raise Refused(f"{batch} makes {row.unit_id} alone: cancel it instead")
        every = pieces(tx, batch)
        mine = _named(every, batch, piece)
        if row.state not in RUNS:
            raise Refused(f"{batch} is {row.state}: a piece is left out while its batch is being made")
        if OBJECT not in mine.place:
            raise Refused(f"{mine.unit_id} cannot be left out: the program does not say which piece it lays")
        if LEFT_OUT in mine.place:
            raise Refused(f"{mine.unit_id} is left out already: {mine.place[LEFT_OUT]}")
        if all(LEFT_OUT in one.place for one in every if one.id != mine.id):
            raise Refused(f"{mine.unit_id} is the last piece of {batch} that is made: cancel the job instead")
        machine, attempt, job = row.machine, f"{batch}-a{row.attempts}", mine.id
    return floor.ask(store, machine, VERB, attempt, who, job)


def _named(every: list[Any], batch: str, piece: str) -> Any:
    for one in every:
        if piece in (one.id, one.unit_id, str(one.place.get("pocket"))):
            return one
    raise NotFound(f"{batch} has no piece {piece}: name its unit, its job or its place")


def object_of(store: Store, order: floor.Order) -> int:
    """The number by which the attempt's program labels the piece that a command names. Raises Refused."""
    with store.read() as connection:
        statement = select(m.jobs.c.place, m.jobs.c.batch, m.jobs.c.state).where(m.jobs.c.id == order.argument)
        row = connection.execute(statement).one_or_none()
    if row is None or row.state != JobState.BATCHED or not (order.attempt or "").startswith(f"{row.batch}-a"):
        raise Refused(f"{order.argument} is no piece of {order.attempt} any more: nothing was sent")
    return int(row.place[OBJECT])


def intended(store: Store, order: floor.Order, done: float | None, who: str) -> None:
    """Before the wish leaves for the machine: should the agent die now, nobody will know whether it was obeyed.

    ``done``: 0..1, how far the program was.
    """
    _write(store, order, _said(order, done, DOUBT), who)


def noted(store: Store, order: floor.Order, done: float | None, who: str, doubt: str = "") -> None:
    """Write down that a piece is left out from now on. ``doubt``: why it is not known whether the machine obeyed."""
    said = _said(order, done, f"{DOUBT}: {doubt}" if doubt else "what was laid before that lies there")
    _write(store, order, said, who, "left_out", said)


def refused(store: Store, order: floor.Order, why: str, who: str) -> None:
    """Surely not left out: whoever looks at its batch is told."""
    _write(store, order, None, who, "not_left_out", why)


def _said(order: floor.Order, done: float | None, known: str) -> str:
    far = "" if done is None else f" at {done:.0%} of the program"
    return f"{order.who} had it left out{far}; {known}"


def _write(store: Store, order: floor.Order, said: str | None, who: str, event: str = "", why: str = "") -> None:
    """Nothing where it is no piece of a batch any more."""
    with store.write(who) as tx:
        j = m.jobs.c
        still = (j.id == order.argument) & (j.state == JobState.BATCHED)
        place = tx.connection.execute(select(j.place).where(still)).scalar_one_or_none()
        if place is None:
            return
        bare = {name: value for name, value in place.items() if name != LEFT_OUT}
        now = bare if said is None else {**bare, LEFT_OUT: said}
        tx.connection.execute(update(m.jobs).where(still).values(place=now))
        if event:
            tx.log("job", str(order.argument), event, attempt=order.attempt, why=why, by=order.who)
