"""The transactions of one physical try, from the durable intent to its end. Each is one commit.

Nothing here talks to a machine: jobs.dispatch does, and writes down here what it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, select, update

from jobs import floor, pieces
from jobs import models as m
from jobs.queue import Claim, Offer, drained, unchanged
from jobs.route import hold, hold_job, operation_done, remake_if_due
from jobs.states import BedState, JobState, MachineState
from jobs.store import NotFound, Refused, Store, Tx
from jobs.upkeep import touched


@dataclass(frozen=True)
class Intent:
    attempt: str
    job_id: str
    machine: str
    epoch: int


def intend(store: Store, claim: Claim, offer: Offer, who: str) -> Intent:
    """Step 1 of the fenced start: attempt, remote name and bed epoch are durable, and the bed is assigned.

    Raises Refused when the bed is not clear, the unit was held, or something was said of the machine since it took
    the job; nothing was changed then.
    """
    with store.write(who) as tx:
        put = {"attempts": m.jobs.c.attempts + 1}
        # A person may have held the unit since it was claimed, or taken back that the machine was cleaned.
        only = pieces.may_be_made() & unchanged(offer.name, claim.condition)
        job = tx.moved("job", claim.job_id, "intended", only=only, put=put, attempt=_attempt_of, machine=offer.name)
        if job is None:
            raise Refused(
                f"{claim.job_id} is no longer claimed, its unit was held, or {offer.name} changed since it was claimed"
            )
        if job.unit_id is None:
            pieces.tried(tx, job.id, job.attempts, offer.name)
        touched(tx, claim.condition, claim.needs.leaves)  # before anything can begin
        attempt, epoch, loaded = _attempt_of(job), 0, claim.condition.loaded
        if offer.bed:
            said = _said(tx, f"attempt {attempt}")
            epoch = tx.move("bed", offer.name, "assigned", put=said, attempt=attempt).epoch
        tx.add(
            m.attempts,
            id=attempt,
            job_id=claim.job_id,
            machine=offer.name,
            bed_epoch=epoch,
            state="starting",
            on_bed=offer.bed,
            why="",
            loaded={"material": loaded.material, "lot": loaded.lot} if loaded else {},
            intended_at=tx.now,
        )
        return Intent(attempt, claim.job_id, offer.name, epoch)


def bed_is_ours(store: Store, intent: Intent) -> bool:
    """Step 2: the bed is still the one that the intent named."""
    with store.read() as connection:
        row = connection.execute(
            select(m.beds.c.state, m.beds.c.epoch).where(m.beds.c.machine == intent.machine)
        ).one_or_none()
    return row is None or (row.state == BedState.ASSIGNED and row.epoch == intent.epoch)


def confirm(store: Store, attempt: str, why: str, who: str, event: str = "confirmed") -> None:
    """Step 6: the machine's own state names this attempt. Its bed counts as dirty from here on."""
    with store.write(who) as tx:
        job_id, machine = _set(tx, attempt, state="running", started_at=tx.now, why=why)
        tx.move("job", job_id, event, put={"why": why}, attempt=attempt, machine=machine)
        _soil(tx, machine, attempt)
        _activity(tx, machine, "busy")


def fenced(store: Store, attempt: str, why: str, who: str) -> None:
    """Surely not started, and it never will be: the bed is as it was, and the job goes back to the queue."""
    with store.write(who) as tx:
        job_id, machine = _set(tx, attempt, state="absent", on_bed=False, ended_at=tx.now, why=why)
        row = tx.move("job", job_id, "fenced", put={"machine": None, "why": why}, attempt=attempt, why=why)
        tx.moved("bed", machine, "unused", put=_said(tx, f"{attempt} never started"))
        drained(tx, machine)
        if row.attempts >= tx.policy.starts:
            hold_job(tx, row, f"{row.attempts} starts were refused, the last: {why}", "see to it, then release")


def set_paused(store: Store, attempt: str, paused: bool, why: str, who: str) -> None:
    with store.write(who) as tx:
        job_id, machine = _of(tx, attempt)
        if tx.moved("job", job_id, "paused" if paused else "resumed", put={"why": why}, why=why):
            _set(tx, attempt, state="paused" if paused else "running")
            _activity(tx, machine, "paused" if paused else "busy")


def ended(store: Store, attempt: str, event: str, why: str, who: str, done: float | None = None) -> None:
    """The end of an attempt by the machine's word or by evidence.

    ``event`` is one of finished, failed, cancelled, seen_made, seen_failed, doubted of the job's table. ``done``: 0..1,
    how far it got where it did not come to its end; None: nobody knows, and all of it counts as used.
    """
    with store.write(who) as tx:
        _end(tx, attempt, event, why, done)


def decide(store: Store, job_id: str, verdict: str, who: str) -> None:
    """A person looked at a job that nobody could tell of: ``made``, ``failed`` (scrap) or ``not-started``.

    Raises Refused where the job is not unknown, or the verdict is no such word.
    """
    events = {"made": "decided_made", "failed": "decided_failed", "not-started": "decided_not_started"}
    if verdict not in events:
        raise Refused(f"{verdict!r} is no verdict: say one of {', '.join(events)}")
    with store.write(who) as tx:
        attempt = _last_attempt(tx, job_id)
        if verdict != "not-started":
            _end(tx, attempt, events[verdict], f"{who} looked and said: {verdict}")
            return
        tx.move("job", job_id, events[verdict], put={"machine": None}, attempt=attempt)
        said = f"{who} looked and said: not started"
        _, machine = _set(tx, attempt, state="absent", on_bed=False, ended_at=tx.now, why=said)
        drained(tx, machine)


def ask(store: Store, attempt: str, verb: str, who: str) -> int:
    """Ask for pause, resume or cancel of an attempt, wherever it runs. Raises NotFound, Refused where it has ended."""
    with store.read() as connection:
        row = connection.execute(
            select(m.attempts.c.machine, m.attempts.c.state).where(m.attempts.c.id == attempt)
        ).one_or_none()
    if row is None:
        raise NotFound(f"there is no attempt {attempt}")
    if row.state not in ("starting", "running", "paused"):
        raise Refused(f"{attempt} is {row.state}: there is nothing to {verb}")
    return floor.ask(store, row.machine, verb, attempt, who)


def keep_evidence(store: Store, attempt: str, digest: str, who: str) -> None:
    """Remember the camera's picture of what came out."""
    with store.write(who) as tx:
        job_id, machine = _set(tx, attempt, evidence=digest)
        tx.log("job", job_id, "pictured", attempt=attempt, machine=machine, picture=digest)


_STATES = {
    "finished": "made",
    "seen_made": "made",
    "decided_made": "made",
    "cancelled": "cancelled",
    "doubted": "unknown",
}
PIECES = {"made": "finished", "failed": "failed", "cancelled": "cancelled"}
"""What a batch's end is to each of its pieces."""


def _end(tx: Tx, attempt: str, event: str, why: str, done: float | None = None) -> None:
    state = _STATES.get(event, "failed")
    share = 1.0 if state == "made" or done is None else min(1.0, max(0.0, done))
    known = None if state == "unknown" else share
    job_id, machine = _set(tx, attempt, state=state, ended_at=tx.now, why=why, done=known)
    job = tx.move("job", job_id, event, put={"why": why}, attempt=attempt, machine=machine, why=why)
    _soil(tx, machine, attempt)
    if known is None:
        _activity(tx, machine, "idle")
    else:
        _count(tx, machine, attempt, job, known)
    if state == "unknown":
        return
    made = [job] if job.unit_id else pieces.ended(tx, job_id, PIECES[state], why)
    if state == "made":
        spoilt = [piece for piece in made if piece.state == JobState.FAILED]
        for piece in made:
            if piece.state == JobState.MADE:
                operation_done(tx, piece.operation_id, by=machine)
        if spoilt:
            _set(tx, attempt, state="judged")
        for piece in spoilt:
            remake_if_due(tx, piece.id)
        return
    canceller = _cancelled_by(tx, attempt)
    for piece in made:
        if state == "cancelled" or canceller:
            # A piece that somebody gave up is not made again by itself, even where its machine calls its end a failure.
            said = f"{canceller or tx.who} cancelled {attempt} on {machine}"
            hold(tx, piece.unit_id, "", said, "release the unit, or cancel it")
        else:
            remake_if_due(tx, piece.id)


def _cancelled_by(tx: Tx, attempt: str) -> str | None:
    """Who asked for an attempt's end; None where nobody did."""
    c = m.commands.c
    asked = select(c.who).where(c.attempt == attempt, c.verb == "cancel").order_by(c.id).limit(1)
    return tx.connection.execute(asked).scalar()


def _attempt_of(job: Row[Any]) -> str:
    """The id of a job's newest attempt: also its unique name on the machine."""
    return f"{job.id}-a{job.attempts}"


def _of(tx: Tx, attempt: str) -> tuple[str, str]:
    row = tx.connection.execute(
        select(m.attempts.c.job_id, m.attempts.c.machine).where(m.attempts.c.id == attempt)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no attempt {attempt}")
    return row.job_id, row.machine


def _last_attempt(tx: Tx, job_id: str) -> str:
    """By its number: two attempts may carry the same time, or a clock that was set back."""
    number = tx.connection.execute(select(m.jobs.c.attempts).where(m.jobs.c.id == job_id)).scalar()
    if not number:
        raise Refused(f"job {job_id} was never tried, or does not exist: there is nothing to decide")
    return f"{job_id}-a{number}"


def _set(tx: Tx, attempt: str, **values: Any) -> tuple[str, str]:
    """Set columns of an attempt. Its job and its machine. Raises NotFound."""
    a = m.attempts.c
    statement = update(m.attempts).where(a.id == attempt).values(**values).returning(a.job_id, a.machine)
    row = tx.connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(f"there is no attempt {attempt}")
    return row.job_id, row.machine


def _activity(tx: Tx, machine: str, activity: str) -> None:
    tx.connection.execute(update(m.machines).where(m.machines.c.name == machine).values(activity=activity))


def _count(tx: Tx, machine: str, attempt: str, job: Row[Any], share: float) -> None:
    """The machine's counters grow and its cartridge gets emptier by what an ended attempt has used: once for each.

    Its time is the artifact's estimate, as far as it got: a pause, or a night until somebody decides, wears nothing.
    """
    row, used = m.machines.c, (job.volume or 0.0) * share
    left = case((row.volume_left.is_(None), None), (row.volume_left > used, row.volume_left - used), else_=0.0)
    change = {
        "activity": "idle",
        "jobs_done": row.jobs_done + 1,
        "seconds_run": row.seconds_run + (job.seconds or 0.0) * share,
        "volume_used": row.volume_used + used,
        "volume_left": left if job.volume is not None else row.volume_left,
        "epoch": row.epoch + 1,
    }
    statement = update(m.machines).where(row.name == machine).values(**change).returning(row.state, row.volume_left)
    found = tx.connection.execute(statement).one_or_none()
    seconds = round((job.seconds or 0.0) * share, 1)
    left_now = None if found is None or found.volume_left is None else round(found.volume_left, 1)
    tx.log("machine", machine, "worked", attempt=attempt, seconds=seconds, volume=round(used, 1), left=left_now)
    if found is not None and found.state == MachineState.DRAINING:
        drained(tx, machine)


def _soil(tx: Tx, machine: str, attempt: str) -> None:
    tx.moved("bed", machine, "soiled", put=_said(tx, f"attempt {attempt}"), attempt=attempt)


def _said(tx: Tx, how: str) -> dict[str, Any]:
    return {"said_by": tx.who, "how": how, "at": tx.now}
