"""What needs a person now: each with what it is, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from jobs import models as m
from jobs.collating import Card, cards
from jobs.condition import Condition, amount, cleaning_due, expired, forbidden_traces, gates, unfit
from jobs.fits import Floor, Measure, Needs, Offer, misfits
from jobs.pieces import may_be_made
from jobs.queue import conditions
from jobs.states import BedState, JobState, MachineState, OperationState, UnitState


@dataclass(frozen=True)
class Call:
    """One thing that waits for a person. ``subject``: the machine, unit or job that it is about."""

    kind: str
    subject: str
    what: str
    do: str
    target: str = ""
    """What the answer names besides the subject: the operation that a person does, the task, the material."""
    note: str = ""
    """Code of the personal note that goes with the piece, to be scanned when it is packed."""


def calls(connection: Connection, floor: Floor) -> list[Call]:
    """The most urgent kinds first."""
    known = conditions(connection)
    return [
        *_faults(connection),
        *_unknown(connection),
        *_beds(connection),
        *_machines(connection, floor, known),
        *_held(connection),
        *_by_hand(connection),
    ]


def _faults(connection: Connection) -> list[Call]:
    c, a = m.machines.c, m.attempts.c
    paused = select(a.id).where(a.machine == c.name, a.state == "paused").exists()
    found = []
    for row in connection.execute(
        select(c.name, c.fault, c.prompt, paused.label("paused")).where(c.fault.is_not(None) | c.prompt.is_not(None))
    ):
        if row.fault:
            found.append(Call("fault", row.name, row.fault, f"mend it, then connect {row.name} again"))
        else:
            # A printer that was out of paper goes on by itself; what a program has paused is resumed by a person.
            do = "do what it asks, then resume" if row.paused else "do what it asks: it goes on by itself then"
            found.append(Call("prompt", row.name, row.prompt, do))
    return found


def _unknown(connection: Connection) -> list[Call]:
    c = m.jobs.c
    statement = select(c.id, c.machine, c.unit_id, c.why).where(c.state == JobState.UNKNOWN)
    do = "look at the piece, then say: made, failed or not started"
    several = "look at the pieces, then say: made, failed or not started; then of single pieces what differs"
    return [
        Call(
            "unknown",
            row.id,
            f"What became of {row.unit_id or f'the batch {row.id}'} on {row.machine} is not known: {row.why}",
            do if row.unit_id else several,
        )
        for row in connection.execute(statement)
    ]


BEDS = {
    BedState.DIRTY: "A piece lies on the bed of {0} ({1})",
    BedState.UNKNOWN: "Nobody has said whether the bed of {0} is clear ({1})",
}
BEDS_DO = {
    BedState.DIRTY: "take it off, then say clear",
    BedState.UNKNOWN: "look, and say clear when nothing lies there",
}
PIECES, PIECES_DO = "{2} pieces lie on the bed of {0} ({1})", "look at each, take them off, then say clear"
"""Of a bed with a batch on it."""


def _beds(connection: Connection) -> list[Call]:
    c = m.beds.c
    busy = select(m.jobs.c.machine).where(m.jobs.c.state.in_(("starting", "running", "paused", "unknown"))).distinct()
    statement = select(c.machine, c.state, c.how).where(
        c.state.in_((BedState.DIRTY, BedState.UNKNOWN)), c.machine.not_in(busy)
    )
    several, found = _together(connection), []
    for row in connection.execute(statement):
        pieces = several.get(row.machine, 0) if row.state == BedState.DIRTY else 0
        texts, do = (PIECES, PIECES_DO) if pieces > 1 else (BEDS[row.state], BEDS_DO[row.state])
        found.append(Call("bed", row.machine, texts.format(row.machine, row.how, pieces), do))
    return found


def _together(connection: Connection) -> dict[str, int]:
    """How many pieces of batches lie on beds, by machine."""
    lies, piece = m.attempts.c, m.jobs.c
    statement = (
        select(lies.machine, func.count())
        .join(m.jobs, piece.batch == lies.job_id)
        .where(lies.on_bed)
        .group_by(lies.machine)
    )
    return {str(machine): int(pieces) for machine, pieces in connection.execute(statement)}


# --- machines: upkeep, cleaning, loading --------------------------------------------------------------------------


def _machines(connection: Connection, floor: Floor, known: dict[str, Condition]) -> list[Call]:
    """What machines in service need. Upkeep and cleaning that is due is told whether anything waits for it or not;
    a change of material, or of allergens, where jobs wait for it that no machine can take without."""
    serving = [
        (offer, known[offer.name])
        for offer in floor.offers
        if offer.name in known and known[offer.name].state is MachineState.IN_SERVICE
    ]
    found = []
    for offer, condition in serving:
        found += _upkeep(offer, condition)
        found += [
            Call("cleaning", offer.name, reason.text, "clean it, then say how")
            for reason in cleaning_due(offer, condition, floor.now)
        ]
        found += [
            Call("load", offer.name, reason.text, "load another lot, then say what", _material(condition))
            for reason in expired(condition, floor.now)
        ]
    for waiting in _waiting(connection):
        found += _blocked(waiting, serving, floor.now)
    return list(dict.fromkeys(found))


def _upkeep(offer: Offer, condition: Condition) -> list[Call]:
    found = []
    for upkeep in condition.upkeep(offer.tasks):
        if upkeep.due:
            blocks = f"; {offer.name} takes nothing until it is done" if upkeep.task.blocks else ""
            what = f"{offer.name}: {upkeep.words}{blocks}"
            found.append(Call("upkeep", offer.name, what, f"do it, then say {upkeep.task.name} done", upkeep.task.name))
    return found


def _material(condition: Condition) -> str:
    return condition.loaded.material if condition.loaded else ""


@dataclass(frozen=True)
class _Waiting:
    """Jobs that are ready, by their needs: how many, and the least that one of them takes (mm3)."""

    needs: Needs
    jobs: int
    least: float | None


def _waiting(connection: Connection) -> list[_Waiting]:
    job = m.jobs.c
    statement = (
        select(m.needs.c.body, func.count().label("jobs"), func.min(job.volume).label("least"))
        .join(m.jobs, job.needs_id == m.needs.c.id)
        .where(job.state == JobState.READY, may_be_made())
        .group_by(m.needs.c.id)
        .order_by(func.min(job.seq))
    )
    return [_Waiting(Needs.of(row.body), row.jobs, row.least) for row in connection.execute(statement)]


def _blocked(waiting: _Waiting, serving: Iterable[tuple[Offer, Condition]], now: float) -> list[Call]:
    """What would free jobs that no machine can take as it is: the machine that misses least is named."""
    needs = waiting.needs
    fitting = [(offer, condition) for offer, condition in serving if not misfits(offer, needs)]
    wrong = [(len(unfit(c, needs, waiting.least)), bool(gates(o, c, now)), o, c) for o, c in fitting]
    if not wrong or any(not misses and not shut for misses, shut, _, _ in wrong):
        return []
    right = [entry for entry in wrong if _material(entry[3]) == needs.material] or wrong
    misses, _, _, condition = min(right, key=lambda entry: entry[:2])
    return [_change(waiting, condition)] if misses else []


def _change(waiting: _Waiting, condition: Condition) -> Call:
    """The one change that a machine needs first: what is in it, how much of that, or what touched it."""
    needs, name, loaded = waiting.needs, condition.machine, condition.loaded
    jobs = f"{amount(waiting.jobs, Measure.JOBS)} wait{'s' if waiting.jobs == 1 else ''}"
    if needs.material and _material(condition) != needs.material:
        holds = loaded.material if loaded else "nothing"
        what = f"{jobs} for {needs.material}, and {name} is loaded with {holds}"
        return Call("load", name, what, f"load {needs.material}, then say so", needs.material)
    forbidden = forbidden_traces(condition, needs)
    if forbidden:
        what = f"{jobs} that may not contain {' or '.join(forbidden)}, which touched {name}"
        return Call("cleaning", name, what, "clean it, then say how")
    left = amount(loaded.left or 0.0, Measure.VOLUME) if loaded else "nothing"
    takes = amount(waiting.least or 0.0, Measure.VOLUME)
    what = f"{name} has {left} of {_material(condition)} left, and the next job takes {takes}"
    return Call("load", name, what, "load more, then say how much", _material(condition))


# --- units and operations -----------------------------------------------------------------------------------------


def _held(connection: Connection) -> list[Call]:
    c = m.units.c
    found = []
    for row in connection.execute(select(c.id, c.problems).where(c.state == UnitState.HELD).limit(200)):
        for problem in row.problems or [{"field": "", "reason": "held", "mend": "release it"}]:
            where = f"{problem['field']}: " if problem["field"] else ""
            found.append(Call("held", row.id, f"{where}{problem['reason']}", problem["mend"]))
    return found


def _by_hand(connection: Connection) -> list[Call]:
    """What people do. A note waits for the last piece of its order, and that piece for a note that is being made."""
    c, line, other = m.operations.c, m.line_items.c, m.operations.alias("other").c
    noted = exists().where(line.order_id == m.units.c.order_id, line.is_note)
    packs = ~exists().where(other.unit_id == c.unit_id, other.id != c.id, other.state != OperationState.DONE)
    statement = (
        select(c.unit_id, c.name, m.units.c.order_id, noted.label("noted"), packs.label("packs"))
        .join(m.units, m.units.c.id == c.unit_id)
        .where(c.state == OperationState.OPEN, c.process.is_(None), m.units.c.state == UnitState.MAKING)
        .limit(200)
    )
    rows = connection.execute(statement).all()
    orders = {row.order_id for row in rows if row.noted}
    notes = cards(connection, orders) if orders else {}
    calls = [_do_with(row.unit_id, row.name, notes.get(row.order_id) if row.packs else None) for row in rows]
    return [call for call in calls if call is not None]


def _do_with(unit_id: str, name: str, card: Card | None) -> Call | None:
    """What a person is asked to do; None while that waits. ``card``: the order's note, where this packs a piece."""
    if card is None or card.ended:
        return _do(unit_id, name)
    if unit_id == card.unit_id:
        return None if card.pieces else _do(unit_id, name)
    if not card.last(unit_id):
        return _do(unit_id, name)
    return _do(unit_id, name, card.unit_id) if card.ready else None


def _do(unit_id: str, name: str, note: str = "") -> Call:
    with_note, scan = (f" with its note {note}", "scan the note, ") if note else ("", "")
    what = f"{unit_id} is ready: {name}{with_note}"
    return Call("by-hand", unit_id, what, f"{scan or 'do it, '}then say {name} done", name, note)
