"""Machines and beds on record, and the commands that people send to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from drivers.contract import Status
from jobs import models as m
from jobs import service
from jobs.queue import Offer
from jobs.route import remake_if_due
from jobs.states import IN_HAND, BedState, JobState
from jobs.store import NotFound, Refused, Store, Tx
from jobs.upkeep import initial, touched_by_others

OF_ATTEMPTS = ("pause", "resume", "cancel", "leave-out")
"""What names the attempt that is meant, and the last of them a piece of it."""
VERBS = (*OF_ATTEMPTS, "stop", "connect", *service.VERBS)
"""What may be asked of a machine. stop is the emergency stop."""


@dataclass(frozen=True)
class Order:
    """One command on record, not yet carried out."""

    id: int
    machine: str
    verb: str
    attempt: str | None
    who: str
    argument: str | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a command. ``result``: what the machine told; None: it was not carried out, ``text`` says why."""

    text: str
    result: dict[str, Any] | None


def register(store: Store, offer: Offer, who: str) -> None:
    """Have rows for a configured machine. A bed that nobody has spoken for is ``unknown``: a person must look."""
    with store.write(who) as tx:
        of_it = select(m.machines).where(m.machines.c.name == offer.name)
        if tx.connection.execute(of_it).first() is None:
            tx.add(m.machines, name=offer.name, link="offline", activity="idle", seen_at=tx.now)
        initial(tx, offer, tx.connection.execute(of_it).one())
        known = tx.connection.execute(select(m.beds.c.state).where(m.beds.c.machine == offer.name)).scalar()
        if offer.bed and known is None:
            said = {"said_by": tx.who, "how": "first seen", "at": tx.now}
            tx.add(m.beds, machine=offer.name, state=BedState.UNKNOWN, epoch=0, **said)
            tx.log("bed", offer.name, "registered", BedState.UNKNOWN)


def seen(store: Store, machine: str, status: Status, who: str) -> None:
    """Write down link, fault and prompt of a machine. Called on a change only: an idle machine costs no commit."""
    now = {"link": status.link, "prompt": status.prompt, "fault": status.fault, "firmware": status.firmware}
    with store.write(who) as tx:
        changed = update(m.machines).where(m.machines.c.name == machine).values(seen_at=tx.now, **now)
        tx.connection.execute(changed)
        tx.log("machine", machine, "seen", status.link, prompt=status.prompt, fault=status.fault)


def foreign(store: Store, machine: str, name: str, who: str) -> None:
    """The machine runs what nobody here ordered: its bed is not ours to use until a person cleared it."""
    with store.write(who) as tx:
        tx.log("machine", machine, "foreign", name=name)
        tx.moved("bed", machine, "soiled", put={"said_by": tx.who, "how": f"foreign: {name}", "at": tx.now})
        touched_by_others(tx, machine)


def soiled(store: Store, machine: str, how: str, who: str) -> None:
    """Something lies on the machine's bed after all. Nothing changes where that is on record, or there is no bed."""
    with store.write(who) as tx:
        tx.moved("bed", machine, "soiled", put={"said_by": tx.who, "how": how, "at": tx.now}, how=how)
        touched_by_others(tx, machine)


def clear_bed(store: Store, machine: str, how: str, who: str) -> list[str]:
    """Someone looked: nothing lies on the bed. What was scrapped on it is made again; returns those new jobs.

    Raises Refused while an attempt is on it or nobody knows what became of one; NotFound where there is no bed.
    """
    with store.write(who) as tx:
        put = {"epoch": m.beds.c.epoch + 1, "said_by": tx.who, "how": how, "at": tx.now}
        if tx.moved("bed", machine, "cleared", only=~_in_hand(machine).exists(), put=put, how=how) is None:
            _refuse_clearing(tx, machine)
            return []
        a = m.attempts.c
        taken = update(m.attempts).where(a.machine == machine, a.on_bed).values(on_bed=False)
        lay = tx.connection.execute(taken.returning(a.job_id, a.state)).all()
        scrap = _scrap(tx, {attempt.job_id for attempt in lay if attempt.state in ("failed", "judged")})
        return [new for new in (remake_if_due(tx, job_id) for job_id in scrap) if new]


def _scrap(tx: Tx, tried: Collection[str]) -> Collection[str]:
    """Of these jobs and batches, the pieces that are scrap, in order of arrival."""
    j = m.jobs.c
    theirs = (j.id.in_(tried) | j.batch.in_(tried)) & j.unit_id.is_not(None)
    failed = select(j.id).where(theirs, j.state == JobState.FAILED).order_by(j.seq)
    return tx.connection.execute(failed).scalars().all() if tried else ()


def mark_dirty(store: Store, machine: str, how: str, who: str) -> None:
    """Take a clearing back: something does lie there."""
    with store.write(who) as tx:
        put = {"said_by": tx.who, "how": how, "at": tx.now}
        tx.move("bed", machine, "soiled", put=put, how=how)


def _refuse_clearing(tx: Tx, machine: str) -> None:
    """Say why a bed was not cleared. Nothing is wrong with clearing one that is clear already."""
    state = tx.connection.execute(select(m.beds.c.state).where(m.beds.c.machine == machine)).scalar()
    if state is None:
        raise NotFound(f"no bed is on record for {machine!r}: it is no machine of this factory, or it has no bed")
    if state == BedState.CLEAR:
        return
    busy = tx.connection.execute(_in_hand(machine)).first()
    if busy and busy.state == "unknown":
        raise Refused(f"nobody knows what became of {busy.id} on {machine}: decide that first, then clear the bed")
    what = busy.id if busy else "a start"
    raise Refused(f"{what} is on {machine}: let it end, or cancel it, before the bed is cleared")


def _in_hand(machine: str) -> Select[tuple[str, str]]:
    """An attempt that is on the machine, or may begin yet: a start that nobody knows of could come late."""
    a = m.attempts.c
    on = a.state.in_(("starting", "running", "paused", "unknown"))
    return select(a.id, a.state).where(a.machine == machine, on).limit(1)


def ask(store: Store, machine: str, verb: str, attempt: str | None, who: str, argument: str | None = None) -> int:
    """Ask a machine's agent for something. Returns the command's number; its answer comes as an event.

    What technicians ask is refused while a job is on the machine. Raises NotFound, Refused.
    """
    if verb not in VERBS:
        raise Refused(f"{verb!r} cannot be asked of a machine: there are {', '.join(VERBS)}")
    if verb in OF_ATTEMPTS and not attempt:
        raise Refused(f"{verb} names the attempt that is meant, so that no other piece is touched")
    argument = argument if verb in OF_ATTEMPTS else service.checked(verb, argument)
    with store.write(who) as tx:
        if tx.connection.execute(select(m.machines.c.name).where(m.machines.c.name == machine)).first() is None:
            raise NotFound(f"no machine {machine!r} is on record; `ful machine list` shows them")
        if verb in service.VERBS:
            check_free(tx.connection, machine)
        said = {"verb": verb, "attempt": attempt, "argument": argument}
        statement = insert(m.commands).values(machine=machine, **said, who=who, at=tx.now, answer="")
        number = tx.connection.execute(statement).inserted_primary_key
        tx.log("machine", machine, "asked", **said)
        return int(number[0]) if number else 0


def check_free(connection: Connection, machine: str) -> None:
    """Raises Refused while a job is on the machine, may come onto it, or nobody knows what became of one."""
    j = m.jobs.c
    busy = connection.execute(select(j.id, j.state).where(j.machine == machine, j.state.in_(IN_HAND)).limit(1)).first()
    if busy and busy.state == "unknown":
        raise Refused(f"nobody knows what became of {busy.id} on {machine}: `ful job decide {busy.id}` first")
    if busy:
        raise Refused(f"{busy.id} is on {machine} ({busy.state}): nothing was sent; let it end, or cancel it")


def asked(store: Store) -> list[Order]:
    """Commands that nobody has carried out yet, oldest first."""
    c = m.commands.c
    with store.read() as connection:
        rows = connection.execute(
            select(c.id, c.machine, c.verb, c.attempt, c.who, c.argument).where(c.done_at.is_(None)).order_by(c.id)
        )
        return [Order(*row) for row in rows]


def answered(store: Store, order: Order, answer: str, who: str, result: dict[str, Any] | None = None) -> None:
    """Write down what became of a command. ``result``: what the machine told; None: it was not carried out."""
    with store.write(who) as tx:
        put = {"done_at": tx.now, "answer": answer, "result": result}
        tx.connection.execute(update(m.commands).where(m.commands.c.id == order.id).values(put))
        said = {"verb": order.verb, "attempt": order.attempt, "argument": order.argument}
        tx.log("machine", order.machine, "answered", **said, answer=answer)


def answer_to(store: Store, number: int) -> Answer | None:
    """What became of a command; None: nobody has carried it out yet. Raises NotFound."""
    c = m.commands.c
    with store.read() as connection:
        row = connection.execute(select(c.done_at, c.answer, c.result).where(c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no command {number}")
    return None if row.done_at is None else Answer(row.answer, row.result)


def open_attempts(store: Store, machine: str) -> list[Any]:
    """Jobs of this machine that are not at an end: (id, state, attempts), for reconciliation."""
    return _open(store, m.jobs.c.machine == machine)


def left_behind(store: Store, machines: Collection[str]) -> list[Any]:
    """Jobs that are not at an end, of machines other than these: (id, state, attempts, machine)."""
    return _open(store, m.jobs.c.machine.not_in(machines))


def _open(store: Store, where: ColumnElement[bool]) -> list[Any]:
    c = m.jobs.c
    with store.read() as connection:
        return list(
            connection.execute(
                select(c.id, c.state, c.attempts, c.machine).where(where, c.state.in_(IN_HAND)).order_by(c.seq)
            )
        )
