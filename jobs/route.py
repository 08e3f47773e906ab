"""The route of a unit: what opens when an operation is done, and what is made again when a piece is scrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, select, update

from jobs import models as m
from jobs.collating import asked_for, cards
from jobs.pieces import leave, pieces
from jobs.states import IN_HAND, JobState, OperationState, UnitState
from jobs.store import NotFound, Refused, Tx


def operation_done(tx: Tx, operation_id: str, by: str, operations: list[Any] | None = None) -> None:
    """The operation is done: open what waited for it; the last one packs the unit, the last unit ends the order.

    ``operations``: all of the unit, where this transaction has read them already.
    """
    unit_id = tx.move("operation", operation_id, "done", put={"done_by": by}).unit_id
    operations = operations or _operations(tx, unit_id)
    done = {o.name for o in operations if o.state == OperationState.DONE or o.id == operation_id}
    for operation in operations:
        if operation.state == OperationState.WAITING and done >= set(operation.after):
            tx.move("operation", operation.id, "opened", unit=unit_id, name=operation.name)
    if len(done) == len(operations):
        pack(tx, unit_id)


def pack(tx: Tx, unit_id: str) -> None:
    """Every operation is done: the unit is packed, unless a person holds it: then its release packs it."""
    unit = tx.moved("unit", unit_id, "packed")
    if unit is not None:
        finish_order(tx, unit.order_id)


def finish_order(tx: Tx, order_id: str) -> None:
    """End the order if none of its units is left to make."""
    u = m.units.c
    to_make = exists().where(u.order_id == order_id, u.state.not_in((UnitState.PACKED, UnitState.CANCELLED)))
    packed = exists().where(u.order_id == order_id, u.state == UnitState.PACKED)
    if tx.moved("order", order_id, "finished", only=~to_make & packed) is None:
        tx.moved("order", order_id, "cancelled", only=~to_make)


def done_by_person(tx: Tx, unit_id: str, name: str, note: str = "") -> None:
    """A person did an operation (packed it, say). Raises NotFound, Refused with what is still missing.

    ``note``: the code that was read off the order's personal note, where that is a piece of its own: the last piece of
    the order is packed with it, and not without.
    """
    operations = _operations(tx, unit_id)
    found = [o for o in operations if o.name == name]
    if not found:
        raise NotFound(f"unit {unit_id} has no operation {name!r}")
    operation = found[0]
    if operation.process is not None:
        raise Refused(f"{name} of {unit_id} is done by a machine ({operation.process}), not by hand")
    if operation.state == OperationState.DONE:
        return
    if operation.unit_state != UnitState.MAKING:
        raise Refused(f"{unit_id} is {operation.unit_state}: {name} is done when it is being made (release it first)")
    if operation.state == OperationState.WAITING:
        missing = [o.name for o in operations if o.name in operation.after and o.state != "done"]
        raise Refused(f"{name} of {unit_id} comes after {' and '.join(missing)}, not done yet")
    packs = all(o.state == OperationState.DONE for o in operations if o.id != operation.id)
    card = asked_for(tx.connection, unit_id, operation.order_id, note) if packs and operation.has_note else None
    operation_done(tx, operation.id, tx.who, operations)
    if card is not None:
        tx.log("unit", card.unit_id, "collated", unit=unit_id)
        done_by_person(tx, card.unit_id, card.packing)


def remake_if_due(tx: Tx, job_id: str) -> str | None:
    """Make a scrapped piece again, once nothing of the last try lies on a bed. The new job's id, or None.

    After the policy's remakes the unit is held instead: something is wrong that another try will not mend.
    """
    row: Any = tx.connection.execute(
        select(m.jobs.c.operation_id, m.jobs.c.unit_id, m.jobs.c.state, m.units.c.state.label("unit_state"))
        .join(m.units, m.units.c.id == m.jobs.c.unit_id)
        .where(m.jobs.c.id == job_id)
    ).one()
    if row.state != JobState.FAILED or row.unit_state != UnitState.MAKING:
        return None
    jobs = tx.connection.execute(select(m.jobs).where(m.jobs.c.operation_id == row.operation_id)).all()
    if any(job.state not in (JobState.FAILED, JobState.CANCELLED) for job in jobs):
        return None
    if _lies(tx, jobs):
        return None
    if len(jobs) > tx.policy.remakes:
        hold(
            tx,
            row.unit_id,
            "",
            f"{len(jobs)} tries of {row.operation_id} failed",
            "find out why, then release the unit",
        )
        return None
    last = next(job for job in jobs if job.id == job_id)
    return anew(tx, last)


def _lies(tx: Tx, jobs: Sequence[Any]) -> bool:
    """Whether something of a try of these jobs, or of the batches that they were made in, lies on a bed."""
    tries = [job.id for job in jobs] + [job.batch for job in jobs if job.batch]
    lying = exists().where(m.attempts.c.job_id.in_(tries), m.attempts.c.on_bed)
    return bool(tx.connection.execute(select(lying)).scalar_one())


def scrap(tx: Tx, job_id: str) -> str | None:
    """A person looked at a piece that was made, and it is not good: it is made again, once nothing of it lies on a bed.

    The new job's id, where it begins at once. Raises NotFound; Refused for a batch, which is judged piece by piece, and
    where its unit is past that operation.
    """
    job = _piece(tx, job_id)
    later = [o for o in _operations(tx, job.unit_id) if job.name in o.after]
    busy = tx.connection.execute(
        select(m.jobs.c.id).where(
            m.jobs.c.operation_id.in_([o.id for o in later]),
            m.jobs.c.state.in_((*IN_HAND, JobState.BATCHED)),
        )
    ).first()
    past = [o.name for o in later if o.state == OperationState.DONE]
    if job.unit_state != UnitState.MAKING or past or busy:
        why = f"{past[0]} was done on it" if past else f"{busy.id} is under way" if busy else f"it is {job.unit_state}"
        raise Refused(f"{job.unit_id} cannot be made again at {job.name}: {why}; cancel the unit and order it anew")
    tx.move("job", job_id, "scrapped", put={"why": f"{tx.who} looked and said: scrap"})
    _judged(tx, job)
    tx.move("operation", job.operation_id, "reopened", put={"done_by": None})
    for operation in later:
        tx.moved("operation", operation.id, "closed")
    return remake_if_due(tx, job_id)


def keep(tx: Tx, job_id: str) -> None:
    """A person looked at a piece that counts as failed, and it is good. Raises NotFound; Refused for a batch, where no
    machine ever tried it, and where it is being made again already."""
    job = _piece(tx, job_id)
    newer = select(m.jobs.c.id).where(m.jobs.c.operation_id == job.operation_id, m.jobs.c.seq > job.seq)
    again_as = tx.connection.execute(newer.where(m.jobs.c.state != JobState.CANCELLED)).scalar()
    if not job.attempts or again_as or job.unit_state not in (UnitState.MAKING, UnitState.HELD):
        why = f"it is made again as {again_as}" if again_as else f"no machine tried it, or it is {job.unit_state}"
        raise Refused(f"{job_id} of {job.unit_id} cannot be kept: {why}")
    tx.move("job", job_id, "kept", put={"why": f"{tx.who} looked and said: good"})
    _judged(tx, job)
    operation_done(tx, job.operation_id, by=tx.who)


def _judged(tx: Tx, job: Any) -> None:
    """The attempt that made or spoilt this piece no longer says how all of it came out."""
    of_it = m.attempts.c.job_id == (job.batch or job.id)
    ended = of_it & m.attempts.c.state.in_(("made", "failed"))
    tx.connection.execute(update(m.attempts).where(ended).values(state="judged"))


def _piece(tx: Tx, job_id: str) -> Any:
    row = tx.connection.execute(
        select(m.jobs, m.operations.c.name, m.units.c.state.label("unit_state"))
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .join(m.units, m.units.c.id == m.jobs.c.unit_id)
        .where(m.jobs.c.id == job_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no piece {job_id} (a batch is judged piece by piece)")
    return row


def anew(tx: Tx, last: Any) -> str:
    """A new job for the operation of ``last``, whose piece is scrap, and for each that was done on that piece before:
    what comes next is made on another piece. Returns the id of the new job of ``last``."""
    operations = {operation.name: operation for operation in _operations(tx, last.unit_id)}
    mine = next(operation for operation in operations.values() if operation.id == last.operation_id)
    for name in _before(mine.name, operations):
        operation = operations[name]
        if operation.state != OperationState.DONE:
            continue
        tx.move("operation", operation.id, "reopened", put={"done_by": None})
        of_it = select(m.jobs).where(m.jobs.c.operation_id == operation.id).order_by(m.jobs.c.seq.desc())
        made: Any = tx.connection.execute(of_it).first()
        if made is not None:
            tx.move("job", made.id, "scrapped", put={"why": f"its piece was spoilt at {mine.name}"})
            _judged(tx, made)
            again(tx, made)
    now = _operations(tx, last.unit_id)
    done = {operation.name for operation in now if operation.state == OperationState.DONE}
    for operation in now:
        if operation.state == OperationState.OPEN and not done >= set(operation.after):
            tx.move("operation", operation.id, "closed")
    return again(tx, last)


def _before(name: str, operations: Mapping[str, Any]) -> list[str]:
    """All operations that one comes after, the first of them first."""
    found: list[str] = []
    for earlier in operations[name].after:
        found += [one for one in (*_before(earlier, operations), earlier) if one not in found]
    return found


def again(tx: Tx, last: Any) -> str:
    """A new job for the operation of ``last``, from the same artifact; of a piece of a batch, one that waits for
    company again. Returns its id."""
    job_id = tx.new_id("J")
    state = JobState.GATHERING if last.batch else JobState.READY
    tx.add(
        m.jobs,
        id=job_id,
        seq=next_seq(tx),
        operation_id=last.operation_id,
        unit_id=last.unit_id,
        state=state,
        artifact=last.artifact,
        needs_id=last.needs_id,
        attempts=0,
        due=last.due,
        why=f"made again: {last.id} {last.why}".strip(),
        seconds=last.seconds,
        volume=last.volume,
        remake_of=last.id,
        created_at=tx.now,
    )
    tx.log("job", job_id, "remade", state, of=last.id, unit=last.unit_id)
    return job_id


def again_rendered(tx: Tx, last: Any) -> str:
    """A new job in the place of ``last``, which no machine took: what it makes says something else now. Its id."""
    tx.move("job", last.id, "cancelled", put={"why": "what it says has changed"})
    job_id = tx.new_id("J")
    same = {"operation_id": last.operation_id, "unit_id": last.unit_id, "due": last.due}
    tx.add(
        m.jobs,
        id=job_id,
        seq=next_seq(tx),
        state=JobState.RENDERING,
        attempts=0,
        why="being rendered",
        created_at=tx.now,
        **same,
    )
    tx.log("job", job_id, "planned", JobState.RENDERING, unit=last.unit_id)
    return job_id


def next_seq(tx: Tx) -> int:
    return int(tx.connection.execute(select(func.coalesce(func.max(m.jobs.c.seq), 0))).scalar_one()) + 1


def hold(tx: Tx, unit_id: str, field: str, reason: str, mend: str) -> None:
    """Hold a unit for a person."""
    hold_all(tx, unit_id, [{"field": field, "reason": reason, "mend": mend}])


def hold_job(tx: Tx, job: Any, reason: str, mend: str) -> None:
    """Hold the unit of a job, or of a batch's job every unit."""
    for unit_id in [job.unit_id] if job.unit_id else [piece.unit_id for piece in pieces(tx, job.id)]:
        hold(tx, unit_id, "", reason, mend)


def hold_all(tx: Tx, unit_id: str, problems: list[dict[str, str]]) -> None:
    tx.moved("unit", unit_id, "held", put={"problems": problems}, problems=problems)


def cancel_unit(tx: Tx, unit_id: str) -> None:
    """Cancel what was not begun. Raises Refused while a machine has a job of it in hand."""
    busy = tx.connection.execute(
        select(m.jobs.c.id, m.jobs.c.machine).where(
            m.jobs.c.unit_id == unit_id,
            m.jobs.c.state.in_(IN_HAND),
        )
    ).first() or leave(tx, unit_id)
    if busy:
        raise Refused(f"job {busy.id} of {unit_id} is on {busy.machine}: cancel or decide that job first")
    order_id = tx.move("unit", unit_id, "cancelled").order_id
    cancel_jobs(tx, unit_id)
    for operation in _operations(tx, unit_id):
        tx.moved("operation", operation.id, "cancelled")
    _note_alone(tx, order_id)
    finish_order(tx, order_id)


def _note_alone(tx: Tx, order_id: str) -> None:
    """Cancel a note with the last piece of its order: nothing is left that it would go with.

    One that a machine has in hand is left to a person, as is one that can still go with what was packed.
    """
    u = m.units.c
    packed = select(u.id).where(u.order_id == order_id, u.state == UnitState.PACKED)
    card = cards(tx.connection, [order_id]).get(order_id)
    if card is None or card.ended or card.pieces or tx.connection.execute(packed).first():
        return
    in_hand = select(m.jobs.c.id).where(m.jobs.c.unit_id == card.unit_id, m.jobs.c.state.in_(IN_HAND))
    if tx.connection.execute(in_hand).first() is None:
        cancel_unit(tx, card.unit_id)


def cancel_jobs(tx: Tx, unit_id: str) -> None:
    """Cancel the unit's jobs that no machine has taken, and give up the batches that they wait in."""
    leave(tx, unit_id)
    not_taken = (JobState.RENDERING, JobState.GATHERING, JobState.READY)
    waiting = select(m.jobs.c.id).where(m.jobs.c.unit_id == unit_id, m.jobs.c.state.in_(not_taken))
    for job_id in tx.connection.execute(waiting).scalars().all():
        tx.move("job", job_id, "cancelled")


def release_unit(tx: Tx, unit_id: str) -> None:
    """Let a held unit go on: what was scrapped or cancelled of it is made again.

    Raises Refused where it was held before it had jobs: then its personalization must be corrected.
    """
    jobs = tx.connection.execute(select(m.jobs).where(m.jobs.c.unit_id == unit_id).order_by(m.jobs.c.seq)).all()
    latest = {job.operation_id: job for job in jobs}
    ended = (JobState.FAILED, JobState.CANCELLED)
    if not jobs and tx.connection.execute(select(m.units.c.id).where(m.units.c.id == unit_id)).first() is None:
        raise NotFound(f"there is no unit {unit_id}")
    if not jobs or any(job.artifact is None and job.state in ended for job in latest.values()):
        raise Refused(f"nothing was rendered for {unit_id}: correct its personalization instead of releasing it")
    tx.move("unit", unit_id, "released", put={"problems": []})
    if all(operation.state == OperationState.DONE for operation in _operations(tx, unit_id)):
        pack(tx, unit_id)
    for job in latest.values():
        if job.state in ended:
            if _lies(tx, [job]):
                raise Refused(f"the last try of {unit_id} lies on {job.machine}: clear that bed first")
            tried = m.attempts.c.job_id.in_([job.id, job.batch] if job.batch else [job.id])
            begun = select(m.attempts.c.id).where(tried, m.attempts.c.state != "absent")
            spoilt = tx.connection.execute(begun).first() is not None
            (anew if spoilt else again)(tx, job)


def _operations(tx: Tx, unit_id: str) -> list[Any]:
    """The unit's operations, each with the unit's own state, and whether its order has a note that is a piece."""
    noted = exists().where(m.line_items.c.order_id == m.units.c.order_id, m.line_items.c.is_note)
    of_it = (m.units.c.state.label("unit_state"), m.units.c.order_id, noted.label("has_note"))
    statement = (
        select(m.operations, *of_it)
        .join(m.units, m.units.c.id == m.operations.c.unit_id)
        .where(m.operations.c.unit_id == unit_id)
    )
    return list(tx.connection.execute(statement).all())
