"""One machine's dispatcher: the fenced start, supervision of what runs, and reconciliation of what was left.

The six steps are those of the design. Each exists because leaving it out makes duplicates or collisions:

1. commit the intent: attempt, unique remote name, bed epoch; the bed is assigned;
2. ask the machine: idle, and the bed is still the one that was meant;
3. transfer under that unique name; 4. start, as a call of its own;
5. confirm by the machine's own state; 6. commit ``running``.

Any doubt on the way goes to :meth:`Dispatcher.settle`, which decides by the machine's evidence and never by a guess.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from drivers import contract as c
from jobs import attempts, floor, leaving, queue, service
from jobs.artifacts import ArtifactStore
from jobs.condition import Condition
from jobs.models import jobs
from jobs.queue import Claim, Needs, Offer
from jobs.route import hold_job
from jobs.store import NotFound, Refused, Store

log = logging.getLogger(__name__)

MEND = "mend the machine's configuration or the product, then release the unit"
RENDER_ANEW = (
    "correct the unit, its fields as they are, to have it rendered anew; once tried, cancel it and order it anew"
)

Preflight = Callable[[Offer, bytes, Needs], list[str]]
"""What is wrong with these bytes for this machine; empty: nothing. The last check before anything leaves."""


@dataclass(frozen=True)
class Surroundings:
    """What a dispatcher is given of the world, so that tests can give it another."""

    preflight: Preflight
    picture: Callable[[Offer], bytes | None] = lambda _offer: None
    """The camera's picture of the machine's bed, or None where there is none."""
    telemetry: Callable[[Offer, c.Status], None] = lambda _offer, _status: None
    """Live values for pages: may be lost without harm, and never reach the record."""
    step: Callable[[str, str], None] = lambda _step, _attempt: None
    """Told of each step of a start as it is passed."""


class Dispatcher:
    """Drives one machine from one thread. ``attempt`` is the one in hand, None when the machine is free."""

    def __init__(
        self, store: Store, artifacts: ArtifactStore, offer: Offer, machine: c.Machine, around: Surroundings
    ) -> None:
        self.store, self.artifacts, self.offer, self.machine, self.around = store, artifacts, offer, machine, around
        self.who = f"machine:{offer.name}"
        self.attempt: str | None = None
        self._paused = False
        self._done: float | None = None
        """0..1: how far the attempt in hand got, as far as its machine said."""
        self._fitting = queue.Fitting(offer)
        self._said: tuple[object, ...] = ()
        self._foreign: str | None = None
        self._unwritten: str | None = None
        """What soiled the bed, as long as that is not on record."""

    # --- taking a job ---------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        """The machine could take a job now, as far as its driver knows."""
        status = self.machine.status()
        return (
            self.attempt is None
            and self._foreign is None
            and self._unwritten is None
            and status.attempt is None
            and status.link is c.Link.ONLINE
            and status.activity is c.Activity.IDLE
            and status.fault is None
        )

    def take(self, wanted: Mapping[str, Needs], condition: Condition) -> bool:
        """Claim the most urgent job that fits and start it. False: there was none, or the machine changed since."""
        chance = self._fitting.chance(wanted, condition, self.store.now())
        claim = queue.claim(self.store, self.offer, chance, self.who)
        if claim is None:
            return False
        self.begin(claim)
        return True

    def begin(self, claim: Claim) -> None:
        """The fenced start of a claimed job."""
        self.around.step("claimed", claim.job_id)
        try:
            data = self.artifacts.get(claim.artifact)
        except NotFound as missing:
            return self._give_back(claim, str(missing), RENDER_ANEW)
        problems = self.around.preflight(self.offer, data, claim.needs)
        if problems:
            return self._give_back(claim, f"{self.offer.name} must not run it: " + "; ".join(problems[:5]), MEND)
        try:
            intent = attempts.intend(self.store, claim, self.offer, self.who)
        except Refused as refused:
            return queue.release(self.store, claim.job_id, str(refused), self.who)
        self.attempt, self._paused, self._done = intent.attempt, False, None
        self.around.step("intended", intent.attempt)
        if not self._still_ours(intent):
            return None
        path, needs = self.artifacts.path(claim.artifact), claim.needs
        payload = c.Payload(path, claim.artifact, len(data), needs.media_type, needs.ticket)
        try:
            self.machine.transfer(intent.attempt, payload)
        except c.ArtifactFault as fault:
            # No machine has seen a byte of it, and no start will be asked for: there is no doubt to be settled.
            self._fence(intent.attempt, str(fault))
            return self._hold(claim.job_id, str(fault), RENDER_ANEW)
        except c.DriverError as error:
            log.warning("%s: transfer of %s: %s", self.offer.name, intent.attempt, error)
            return self.settle(intent.attempt, "starting", f"the transfer failed: {error}")
        self.around.step("transferred", intent.attempt)
        answer = self.machine.start(intent.attempt)
        self.around.step("started", intent.attempt)
        if answer.start is c.Start.STARTED:
            attempts.confirm(self.store, intent.attempt, answer.why, self.who)
            self.around.step("confirmed", intent.attempt)
        elif answer.start is c.Start.REFUSED:
            self._fence(intent.attempt, answer.why)
        else:
            self.settle(intent.attempt, "starting", answer.why)
        return None

    def _give_back(self, claim: Claim, why: str, mend: str) -> None:
        queue.release(self.store, claim.job_id, why, self.who)
        self._hold(claim.job_id, why, mend)

    def _hold(self, job_id: str, why: str, mend: str) -> None:
        with self.store.write(self.who) as tx:
            hold_job(tx, tx.connection.execute(select(jobs).where(jobs.c.id == job_id)).one(), why, mend)

    def _still_ours(self, intent: attempts.Intent) -> bool:
        status = self.machine.status()
        why = ""
        if status.link is not c.Link.ONLINE or status.activity is not c.Activity.IDLE or status.fault:
            why = f"{self.offer.name} is {status.link}, {status.activity} {status.fault or ''}".rstrip()
        elif self.offer.bed and not attempts.bed_is_ours(self.store, intent):
            why = "the bed is no longer the one that was assigned"
        if why:
            self._fence(intent.attempt, why)
        return not why

    def _fence(self, attempt: str, why: str) -> None:
        attempts.fenced(self.store, attempt, why, self.who)
        self.attempt = None

    # --- what is not known ----------------------------------------------------------------------------------

    def connect(self) -> None:
        """Be connected, and ask the machine of everything that it could not tell before."""
        self.note_status(self.machine.connect())
        if self.attempt is None:
            self.recover()

    def recover(self) -> None:
        """Settle everything of this machine that is open: an earlier agent left it, or nobody knew."""
        for job in floor.open_attempts(self.store, self.offer.name):
            if job.state == "claimed":
                queue.release(self.store, job.id, "the agent ended before anything left for the machine", self.who)
                continue
            self.settle(f"{job.id}-a{job.attempts}", job.state, "it was left open by an earlier agent or link")

    def settle(self, attempt: str, state: str, why: str) -> None:
        """Decide an attempt by the machine's evidence. ``state``: what the record says of its job."""
        evidence = self.machine.reconcile(attempt)
        said = f"{why}; {evidence.why}"
        log.info("%s: %s was %s, seen %s: %s", self.offer.name, attempt, state, evidence.seen, said)
        if self.attempt == attempt:
            self.attempt = None
        if evidence.seen in (c.Seen.RUNNING, c.Seen.PAUSED):
            self._adopt(attempt, state, said, paused=evidence.seen is c.Seen.PAUSED)
        elif evidence.seen is c.Seen.MADE:
            attempts.ended(self.store, attempt, "seen_made", said, self.who)
        elif evidence.seen is c.Seen.ABSENT and state == "starting":
            attempts.fenced(self.store, attempt, said, self.who)
        elif evidence.seen is c.Seen.FAILED or (evidence.seen is c.Seen.ABSENT and state in ("running", "paused")):
            attempts.ended(self.store, attempt, "seen_failed", said, self.who)
        elif state != "unknown":
            attempts.ended(self.store, attempt, "doubted", said, self.who)

    def _adopt(self, attempt: str, state: str, why: str, *, paused: bool) -> None:
        self.attempt, self._done = attempt, None
        if state in ("starting", "unknown"):
            event = "confirmed" if state == "starting" else "seen_running"
            attempts.confirm(self.store, attempt, why, self.who, event)
        self._paused = state == "paused"
        self._note_pause(paused, why)

    # --- what runs ------------------------------------------------------------------------------------------

    def handle(self, event: c.Event) -> None:
        """Write down what the machine told, where it concerns the attempt in hand."""
        match event:
            case c.Progressed(attempt=attempt, fraction=fraction):
                if attempt == self.attempt:
                    self._done = fraction
                self.around.telemetry(self.offer, self.machine.status())
            case c.Changed(status=status):
                self.note_status(status)
                if status.attempt is not None and self.attempt is None:
                    self._turned_up(status.attempt, f"{self.offer.name} names it")
            case c.Foreign(name=name):
                self._foreign = name  # it is told once, and the record may not be there at this moment
                floor.foreign(self.store, self.offer.name, name, self.who)
                self._note_foreign(self.machine.status())
            case c.Made(attempt=attempt, why=why):
                self._finish(attempt, "finished", why)
            case c.Failed(attempt=attempt, why=why):
                self._finish(attempt, "failed", why)
            case c.Cancelled(attempt=attempt, why=why):
                self._finish(attempt, "cancelled", why)
            case c.Doubted(attempt=attempt, why=why):
                self._finish(attempt, "doubted", why)

    def note_status(self, status: c.Status) -> None:
        """Live values go to the pages; link, fault and prompt go to the record when they change."""
        self.around.telemetry(self.offer, status)
        if self._unwritten:
            self._soil(self._unwritten)
        said = (status.link, status.prompt, status.fault, status.firmware)
        if said != self._said:
            floor.seen(self.store, self.offer.name, status, self.who)
            self._said = said
        self._note_foreign(status)
        if self.attempt and status.attempt == self.attempt:
            self._note_pause(status.activity is c.Activity.PAUSED, status.prompt or "")

    def _note_foreign(self, status: c.Status) -> None:
        """Where something foreign has ended: somebody may have cleared the bed while it ran, and now it lies there."""
        if self._foreign and status.link is c.Link.ONLINE and status.activity is c.Activity.IDLE:
            self._soil(f"foreign: {self._foreign} has ended")
            self._foreign = None

    def _soil(self, how: str) -> None:
        """What lies on the bed is told once: nothing is taken until it is on record."""
        self._unwritten = how
        floor.soiled(self.store, self.offer.name, how, self.who)
        self._unwritten = None

    def _turned_up(self, attempt: str, why: str) -> bool:
        """Settle an attempt that is on record as open and not in hand here. False: it is no such attempt."""
        for job in floor.open_attempts(self.store, self.offer.name):
            if attempt == f"{job.id}-a{job.attempts}" and job.state != "claimed":
                self.settle(attempt, job.state, why)
                return True
        return False

    def _note_pause(self, paused: bool, why: str) -> None:
        if self.attempt and paused != self._paused:
            self._paused = paused
            attempts.set_paused(self.store, self.attempt, paused, why, self.who)

    def _finish(self, attempt: str, event: str, why: str) -> None:
        if attempt != self.attempt:
            if self.attempt is None and self._turned_up(attempt, why):
                return
            # Most often it is settled already. Where somebody cleared the bed before it ended, it lies there now.
            log.warning("%s: %s of %s, which is not in hand", self.offer.name, event, attempt)
            self._soil(f"{attempt} {event}, which was not in hand")
            return
        attempts.ended(self.store, attempt, event, why, self.who, self._done)
        self.attempt = None
        picture = self.around.picture(self.offer)
        if picture:
            attempts.keep_evidence(self.store, attempt, self.artifacts.put(picture), self.who)

    # --- what people ask ------------------------------------------------------------------------------------

    def obey(self, order: floor.Order) -> None:
        """Carry out one command and write down its answer."""
        verbs: Mapping[str, Callable[[], object]] = {
            "pause": lambda: self.machine.pause(order.attempt or ""),
            "resume": lambda: self.machine.resume(order.attempt or ""),
            "cancel": lambda: self.machine.cancel(order.attempt or ""),
            leaving.VERB: lambda: self._leave_out(order),
            "stop": self.machine.stop,
            "connect": self.connect,
        }
        result: dict[str, Any] | None = None
        try:
            if order.verb in service.VERBS:
                result = self._serve(order)
                answer = service.words(order.verb, result)
            else:
                verbs[order.verb]()
                result, answer = {}, f"{order.verb}: done"
        except (c.DriverError, Refused) as error:
            answer = f"{order.verb}: {error}"
        floor.answered(self.store, order, answer, self.who, result)

    def _leave_out(self, order: floor.Order) -> None:
        """Raises DriverError, Refused. What the machine may have obeyed is on record, and it is scrap."""
        number = leaving.object_of(self.store, order)
        try:
            if not isinstance(self.machine, c.LeavesOut):
                mend = "let it end, then say which are scrap"
                raise c.NotSupported(f"{self.offer.name} cannot leave a piece out: {mend}")
            leaving.intended(self.store, order, self._done, self.who)
            self.machine.leave_out(order.attempt or "", number)
        except c.WireFault as fault:
            leaving.noted(self.store, order, self._done, self.who, str(fault))
            raise
        except c.DriverError as error:
            leaving.refused(self.store, order, str(error), self.who)
            raise
        leaving.noted(self.store, order, self._done, self.who)

    def _serve(self, order: floor.Order) -> dict[str, Any]:
        """What a technician asks, between jobs alone. Raises DriverError, Refused.

        A line that is not known to be a question may lay something down: the bed is dirty before it is sent.
        """
        if self.attempt or self._foreign:
            raise Refused(f"{self.attempt or self._foreign} is on {self.offer.name}: nothing was sent")
        with self.store.read() as connection:
            floor.check_free(connection, self.offer.name)
        soils = self.offer.bed and service.acts(self.machine, order.verb, order.argument or "")
        if soils:
            floor.soiled(self.store, self.offer.name, f"console: {order.argument}", order.who)
        return service.carry_out(self.machine, order.verb, order.argument or "") | {"soiled": soils}
