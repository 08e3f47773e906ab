"""What people say of a machine: in service or not, what they put into it, that they cleaned or maintained it.

Each is one transaction with its event row, and each can be taken back. What touches a machine is refused while it has
a job: a cartridge that is changed under a piece would be counted, and judged for allergens, as another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from jobs import models as m
from jobs.condition import CONFIGURED, Condition, Loaded, Traces
from jobs.fits import Load, Needs, Offer
from jobs.queue import in_hand
from jobs.route import hold
from jobs.states import IN_HAND, JobState, MachineState, UnitState
from jobs.store import NotFound, Refused, Store, Tx

# --- in service and out of it -------------------------------------------------------------------------------------


def drain(store: Store, machine: str, why: str, who: str) -> MachineState:
    """Finish what it has in hand and take nothing more. The state that follows: out of service if it has nothing.

    Raises NotFound, Refused where it is draining or out of service already.
    """
    with store.write(who) as tx:
        _move(tx, machine, "draining", why)
        gone = tx.moved("machine", machine, "drained", only=~in_hand(machine))
        return MachineState.DRAINING if gone is None else MachineState.OUT_OF_SERVICE


def take_out(store: Store, machine: str, why: str, who: str) -> None:
    """Take it out of service now. Raises NotFound, Refused while it has a job that runs: it is drained instead.

    A job of which nobody knows what became does not keep it: the machine may be what is broken.
    """
    running = [state for state in IN_HAND if state != JobState.UNKNOWN]
    with store.write(who) as tx:
        busy = _job_on(tx, machine, running)
        if busy is not None:
            mend = f"`ful machine drain {machine}` lets it end first, or cancel it"
            raise Refused(f"{busy.id} is on {machine}: {mend}")
        _move(tx, machine, "taken_out", why)


def put_back(store: Store, machine: str, why: str, who: str) -> None:
    """Put it back in service. Raises NotFound, Refused where it is in service."""
    with store.write(who) as tx:
        _move(tx, machine, "returned", why)


def _move(tx: Tx, machine: str, event: str, why: str) -> None:
    put = {"state_why": why, "state_by": tx.who, "state_at": tx.now, "epoch": m.machines.c.epoch + 1}
    tx.move("machine", machine, event, put=put, why=why)


# --- what is in it ------------------------------------------------------------------------------------------------


def load(store: Store, machine: str, load: Load, who: str, *, instead: bool = False) -> list[str]:
    """A person put this in, and took out what was there. Its allergens have touched the machine from now on.

    ``instead``: it is what was put in the last time, when something else was said: every piece that was made since is
    suspect. Returns their units; those that are still being made are held. Raises NotFound, Refused while a job is on
    the machine.
    """
    with store.write(who) as tx:
        before = _condition(tx, machine)
        loaded = Loaded(**asdict(load), by=tx.who, at=tx.now)
        put = {
            "loaded": loaded.body(),
            "volume_left": load.volume,
            "traces": before.traces.with_load(load, tx.now).body(),
        }
        _say(tx, machine, "loaded", put, {} if instead else _taken_back("loaded", before, tx.now))
        tx.log("machine", machine, "loaded", **_of_load(load), instead=instead or None)
        if not instead or before.loaded is None:
            return []
        why = f"{machine} was loaded with {load.material} when {before.loaded.material} was said"
        return _suspect(tx, machine, before.loaded.at or 0.0, why)


def initial(tx: Tx, offer: Offer, row: Row[Any]) -> None:
    """What config.yaml says is in it counts as long as no person has said anything else."""
    before = Condition.of(dict(row._mapping))
    if before.loaded is not None and before.loaded.by != CONFIGURED:
        return
    loaded = Loaded(**asdict(offer.load), by=CONFIGURED) if offer.load else None
    body = loaded.body() if loaded else {}
    if body == row.loaded:
        return
    put: dict[str, Any] = {
        "loaded": body,
        "volume_left": loaded.volume if loaded else None,
        "traces": before.traces.with_load(loaded, tx.now).body(),
        "epoch": m.machines.c.epoch + 1,
    }
    tx.connection.execute(update(m.machines).where(m.machines.c.name == offer.name).values(**put))
    if loaded:
        tx.log("machine", offer.name, "loaded", **_of_load(loaded), by=CONFIGURED)


def touched(tx: Tx, condition: Condition, leaves: Collection[str] = ()) -> None:
    """Something is made on a machine in this condition: what is loaded touches it, and what the piece leaves.

    Most often nothing new comes to it, and nothing is written.
    """
    before = condition.traces
    traces = before.with_load(condition.loaded, tx.now).with_piece(leaves, tx.now)
    if traces == before:
        return
    row = m.machines.c
    change = {"traces": traces.body(), "epoch": row.epoch + 1}
    tx.connection.execute(update(m.machines).where(row.name == condition.machine).values(**change))
    tx.log("machine", condition.machine, "touched", allergens=sorted(traces.allergens - before.allergens))


def touched_by_others(tx: Tx, machine: str) -> None:
    """Something that is no attempt of ours was made on it."""
    row = tx.connection.execute(select(m.machines).where(m.machines.c.name == machine)).one_or_none()
    if row is not None:
        touched(tx, Condition.of(dict(row._mapping)))


def _of_load(load: Load) -> dict[str, Any]:
    allergens = sorted(load.allergens)
    said = {"material": load.material, "volume": load.volume, "lot": load.lot, "expires": load.expires}
    return {**said, "allergens": allergens or None}


# --- cleaning and upkeep ------------------------------------------------------------------------------------------


def cleaned(store: Store, machine: str, how: str, who: str) -> None:
    """A person cleaned it: nothing is on it that touched it before. Raises NotFound, Refused while a job is on it."""
    with store.write(who) as tx:
        before = _condition(tx, machine)
        traces = Traces(cleaned_by=tx.who, cleaned_at=tx.now, how=how)
        _say(tx, machine, "cleaned", {"traces": traces.body()}, _taken_back("cleaned", before, tx.now))
        gone = sorted(before.traces.allergens)
        tx.log("machine", machine, "cleaned", how=how, allergens=gone or None)


def maintained(store: Store, offer: Offer, task: str, note: str, who: str) -> None:
    """A person did one of the machine's tasks: its interval begins anew. Raises NotFound."""
    if task not in [known.name for known in offer.tasks]:
        names = ", ".join(known.name for known in offer.tasks) or "none: add some under maintenance in config.yaml"
        raise NotFound(f"{offer.name} has no task {task!r}; there are: {names}")
    with store.write(who) as tx:
        before = _condition(tx, offer.name)
        done: dict[str, Any] = {"by": tx.who, "at": tx.now, "note": note}
        done |= {str(of): count for of, count in before.counters.items()}
        taken_back = {**_taken_back("maintained", before, tx.now), "task": task}
        _say(tx, offer.name, None, {"upkeep": {**before.done, task: done}}, taken_back)
        tx.log("machine", offer.name, "maintained", task=task, note=note)


# --- taking back --------------------------------------------------------------------------------------------------


def undo(store: Store, machine: str, why: str, who: str) -> list[str]:
    """Take back the last thing that a person said was loaded, cleaned or maintained.

    What was made since on the word that the machine was clean, and may not contain what was on it, is suspect: returns
    those units; those that are still being made are held. Raises NotFound, Refused where there is nothing to take back,
    or something was made from what was loaded: then it is corrected by loading `instead`.
    """
    with store.write(who) as tx:
        now = _condition(tx, machine)
        last = _row(tx, machine).undo
        if not last:
            raise Refused(f"there is nothing to take back of {machine}: only the last thing said of it can be")
        suspects = UNDO[last["what"]](tx, now, last, why)
        tx.log("machine", machine, "taken_back", what=last["what"], why=why, suspects=suspects or None)
        return suspects


def _undo_load(tx: Tx, now: Condition, last: Mapping[str, Any], _why: str) -> list[str]:
    a = m.attempts.c
    since = select(a.id).where(a.machine == now.machine, a.intended_at >= last["at"], a.state != "absent").limit(1)
    made = tx.connection.execute(since).scalar()
    if made is not None:
        mend = f"`ful machine load {now.machine} MATERIAL --instead` says what it really was"
        raise Refused(f"{made} was made from it since: {mend}")
    _say(tx, now.machine, "loaded", last["put"], {})
    return []


def _undo_cleaning(tx: Tx, now: Condition, last: Mapping[str, Any], why: str) -> list[str]:
    """Never refused: that the machine is not clean must be on record, whatever it makes at this moment."""
    before = Traces.of(last["put"]["traces"])
    traces = replace(
        before,
        allergens=before.allergens | now.traces.allergens,
        materials={**before.materials, **now.traces.materials},
        since=before.since if before.since is not None else now.traces.since,
    )
    _say(tx, now.machine, None, {"traces": traces.body()}, {})
    said = f"{now.machine} was not cleaned after all ({why}): {' and '.join(sorted(before.allergens))} may be in it"
    return _suspect(tx, now.machine, last["at"], said, before.allergens)


def _undo_upkeep(tx: Tx, now: Condition, last: Mapping[str, Any], _why: str) -> list[str]:
    former = last["put"]["upkeep"].get(last["task"])
    done = {task: said for task, said in now.done.items() if task != last["task"]}
    _say(tx, now.machine, None, {"upkeep": done if former is None else {**done, last["task"]: former}}, {})
    return []


UNDO = {"loaded": _undo_load, "cleaned": _undo_cleaning, "maintained": _undo_upkeep}


def _taken_back(what: str, before: Condition, now: float) -> dict[str, Any]:
    """What :func:`undo` needs to know of the moment before."""
    put = {
        "loaded": before.loaded.body() if before.loaded else {},
        "volume_left": before.loaded.left if before.loaded else None,
        "traces": before.traces.body(),
        "upkeep": dict(before.done),
    }
    names = {"loaded": ("loaded", "volume_left", "traces"), "cleaned": ("traces",), "maintained": ("upkeep",)}
    return {"what": what, "at": now, "put": {name: put[name] for name in names[what]}}


def _suspect(tx: Tx, machine: str, since: float, why: str, allergens: frozenset[str] | None = None) -> list[str]:
    """Units of what the machine made since a time; given ``allergens``, those that may not contain one of them.

    Each that is still being made is held for a person to decide.
    """
    a = m.attempts.c
    rows = tx.connection.execute(
        select(m.jobs.c.unit_id, m.needs.c.body, m.units.c.state)
        .join(m.jobs, (m.jobs.c.id == a.job_id) | (m.jobs.c.batch == a.job_id))
        .join(m.needs, m.needs.c.id == m.jobs.c.needs_id)
        .join(m.units, m.units.c.id == m.jobs.c.unit_id)
        .where(a.machine == machine, a.intended_at >= since, a.state != "absent")
        .order_by(a.intended_at)
    ).all()
    found: dict[str, str] = {}
    for row in rows:
        contains = Needs.of(row.body).contains
        if allergens is None or (contains is not None and allergens - set(contains)):
            found[row.unit_id] = row.state
    for unit, state in found.items():
        if state == UnitState.MAKING:
            hold(tx, unit, "", why, "look at it, then release the unit or cancel it")
    return list(found)


# --- the row ------------------------------------------------------------------------------------------------------


def _row(tx: Tx, machine: str) -> Row[Any]:
    row = tx.connection.execute(select(m.machines).where(m.machines.c.name == machine)).one_or_none()
    if row is None:
        raise NotFound(f"no machine {machine!r} is on record; `ful machine list` shows them")
    return row


def _condition(tx: Tx, machine: str) -> Condition:
    return Condition.of(dict(_row(tx, machine)._mapping))


def _job_on(tx: Tx, machine: str, states: Collection[JobState] = IN_HAND) -> Any:
    c = m.jobs.c
    on = select(c.id, c.state).where(c.machine == machine, c.state.in_(states))
    return tx.connection.execute(on.limit(1)).one_or_none()


def _say(tx: Tx, machine: str, what: str | None, put: Mapping[str, Any], taken_back: Mapping[str, Any]) -> None:
    """Write what a person said. ``what``: not while a job is on the machine; None: at any time."""
    only: ColumnElement[bool] = m.machines.c.name == machine
    if what is not None:
        only &= ~in_hand(machine)
    change = {**put, "undo": dict(taken_back), "epoch": m.machines.c.epoch + 1}
    if tx.connection.execute(update(m.machines).where(only).values(**change)).rowcount == 1:
        return
    busy = _job_on(tx, machine)
    job = f"{busy.id} is on {machine}" if busy else f"{machine} has a job"
    known = busy is None or busy.state != JobState.UNKNOWN
    mend = "let it end, or cancel it" if known else "nobody knows what became of it: decide that"
    raise Refused(f"{job}, so that it cannot be {what} now: {mend}, then say so")
