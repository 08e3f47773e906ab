"""A printer that speaks IPP: IPP Everywhere printers themselves, or a CUPS queue for one that needs a driver.

A printed page cannot be taken back, and a printer forgets an ended job after a minute. So what is about to leave is
noted durably first, and every doubt is resolved by asking the printer (:mod:`drivers.protocols.ipp.engine`). The fence
is Cancel-Job of a job that has no document. There is no emergency stop: the sheet that is under way comes out.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from drivers.contract import (
    ATTEMPT_ID,
    Activity,
    Cancelled,
    Changed,
    Clock,
    Doubted,
    DriverError,
    Event,
    Evidence,
    Failed,
    Foreign,
    Link,
    MachineFault,
    Made,
    NotSupported,
    OurFault,
    Payload,
    Progressed,
    Seen,
    Settings,
    Start,
    StartAnswer,
    Status,
    WireFault,
    WrongAttempt,
    checked_attempt,
)
from drivers.errands import Errand
from drivers.options import checked
from drivers.payloads import read_payload
from drivers.posting import Access, Poster, place
from drivers.printers import Printer, Refused
from drivers.printjobs import Book, Known, View
from drivers.protocols.ipp import ends, seen, ticket
from drivers.protocols.ipp.engine import Do, Engine, Record, Stage
from drivers.protocols.ipp.requests import Requests
from drivers.protocols.ipp.values import Attribute
from drivers.protocols.ipp.words import NEEDED, NOT_POSSIBLE, JobState, Operation
from drivers.service import Box, Facts

_log = logging.getLogger(__name__)

BRISK, SLOWEST = 0.25, 2.0
"""Seconds between two looks while a verb waits, at first and in the end."""
STOP_TIMEOUT = 2.0
"""Seconds for each call of an emergency stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    user: str = "fulfillment"
    """In whose name jobs are made; with a secret also who is let in."""
    ca: str | None = None
    """A file with the certificate authority of an ipps address, where it is not a public one."""
    uuid: str | None = None
    """The printer's ``printer-uuid``. Where it is given, another printer at this address is refused."""
    tray: str | None = None
    """The ``media-source`` that jobs take their paper from (``main``, ``by-pass-tray``); None: as the printer does."""
    trays: Mapping[str, str] = field(default_factory=dict)
    """The tray by the paper's name, before ``tray``."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """The ``media-type`` by the paper's name, such as ``photo-4x6: photographic``."""
    quality: ticket.Quality | None = None
    """draft, normal or high; None: as the printer does."""
    borderless: bool = False
    """Print to the edges of the paper."""
    counts: bool = True
    """False: this printer does not count what it prints, and its word that a job is completed is enough."""
    hold: bool = True
    """Where the printer offers it, make jobs on hold and release them once their document has arrived as a whole."""
    poll: float = 1.0
    """Seconds between two looks while something of ours prints: well below the minute after which it is forgotten."""
    idle_poll: float = 5.0
    """Seconds between two looks otherwise."""
    timeout: float = 5.0
    """Seconds that a call may take."""
    send_timeout: float = 60.0
    """Seconds without any progress after which a document is given up; a printer may rasterise while it takes it."""
    start_wait: float = 15.0
    """Seconds within which a job must be on the printer; as long again for what did not work to be taken back."""
    settle: float = 3.0
    """Seconds for which a job must be seen without a document, or not at all, after an answer was lost."""
    orphan_after: float = 120.0
    """Seconds after which a job of ours without a document, which blocks the printer, is cancelled in any case."""


class Ipp:
    """See :class:`drivers.contract.Machine` for the verbs and :class:`drivers.service.Serviced` for a technician's.

    A verb takes the time-outs of its calls, and ``start`` and ``reconcile`` at most twice ``start_wait`` beyond. Calls
    come one after the other, under ``_turn``; what is known changes under ``_known``, which is never held over a call.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._name, self._settings, self._clock = settings.name, settings, clock
        self._options = checked(Options, settings.options, settings.name)
        self._place = place(settings.address, settings.name)
        options = self._options
        self._wishes = ticket.Wishes(options.tray, options.trays, options.kinds, options.quality, options.borderless)
        self._book = Book(settings.notes)
        self._turn, self._known = threading.RLock(), threading.RLock()
        self._hint, self._closing, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._view = View()
        self._printer: Printer | None = None
        self._about: seen.Printer | None = None
        self._foreign: set[int] = set()
        """Jobs that were told as foreign."""
        self._since: float | None = None
        """Since when the attempt in hand is over without all of its pages counted, or not to be found."""
        self._watcher: threading.Thread | None = None

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected: the printer answers, and is the one that is configured. What it prints is left alone."""
        with self._turn:
            if self._watcher is not None and self._view.fault is None and self._answers():
                return self.status()
            self._book.open()
            self._open()
            self._stopped.clear()
            with self._known:
                self._view = replace(self._view, firmware=self._need().described, fault=None)
            if self._watcher is None:
                self._closing.clear()
                self._watcher = threading.Thread(target=self._watch, name=f"watch {self._name}", daemon=True)
                self._watcher.start()
            self._look()
            return self.status()

    def _open(self) -> None:
        if self._printer is not None:
            self._printer.close()
        self._printer = None
        printer = self._made(self._options.timeout)
        try:
            self._about = self._recognised(printer)
        except DriverError:
            printer.close()
            raise
        self._printer = printer

    def _recognised(self, printer: Printer) -> seen.Printer:
        """What it is. Raises MachineFault where it is another, or cannot do what is needed."""
        about = printer.about()
        wanted, told = self._options.uuid, about.uuid
        if wanted is not None and told != wanted:
            raise MachineFault(f"{self._name} is printer {told or 'without a uuid'}, and {wanted} is configured")
        missing = [each.name.replace("_", "-").lower() for each in NEEDED if not about.can(each)]
        if missing:
            raise MachineFault(
                f"{self._name} cannot {', '.join(missing)}, and so cannot be kept from printing twice; "
                "make it a queue of a CUPS server, and give that queue's address"
            )
        return about

    def _made(self, timeout: float) -> Printer:
        options = self._options
        access = Access(options.user, self._settings.secret, options.ca)
        poster = Poster(self._name, self._place, access, self._clock, self._stopped)
        requests = Requests(self._place.uri, options.user)
        return Printer(self._name, poster, requests, timeout, options.send_timeout)

    def _answers(self) -> bool:
        try:
            self._look()
        except DriverError:  # To connect anew tells what is wrong.
            return False
        return True

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Check bytes, ticket and printer, and have the printer validate the job. Nothing of it is left there."""
        checked_attempt(attempt)
        with self._turn:
            known = self._book.recalled(attempt)
            if known is not None and known.end is not None and known.end.seen is Seen.ABSENT:
                raise OurFault(f"{attempt} was given up ({known.end.why}); make a new attempt")
            if known is not None and (known.record is not None or known.end is not None):
                return
            if self._book.doubtful(attempt):
                raise MachineFault(f"what {self._name} noted of {attempt} cannot be read: look whether it was printed")
            self._book.known[attempt] = Known()  # Nothing of it has left, and that is known from here on.
            read_payload(payload)
            printer = self._connected()
            self._about = printer.about()
            wanted, template = self._checked(payload)
            if self._about.can(Operation.VALIDATE_JOB):
                ignored = printer.validate(attempt, payload.media_type, template)
                if ignored:
                    raise MachineFault(f"{self._name} would print it otherwise than asked for: {', '.join(ignored)}")
            self._book.known[attempt] = Known(payload, template, wanted)

    def _checked(self, payload: Payload) -> tuple[ticket.Asked, tuple[Attribute, ...]]:
        about = self._need()
        if about.formats and payload.media_type not in about.formats:
            raise MachineFault(
                f"{self._name} takes {', '.join(about.formats[:8])}, and no {payload.media_type}; "
                "make it a queue of a CUPS server, and give that queue's address"
            )
        try:
            wanted = ticket.asked(payload.ticket)
            return wanted, ticket.template(about.attributes, wanted, self._wishes)
        except MachineFault as fault:  # It speaks of "it": whose it is, is known here.
            raise MachineFault(f"{self._name}: {fault}") from None

    def start(self, attempt: str) -> StartAnswer:
        """Make the job, send its document, and have the printer's own word that it has it."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        with self._turn:
            answer = self._answered_before(attempt) or self._hindered()
            if answer is None:
                answer = self._start(attempt)
                if self._stopped.is_set():  # A stop came amid it: what began ends, too.
                    self.reconcile(attempt)
                    if self._view.attempt == attempt:
                        self.stop()
            return answer

    def _answered_before(self, attempt: str) -> StartAnswer | None:
        known = self._book.recalled(attempt)
        if known is None or (known.record is not None and known.record.stage is Stage.STRANGE):
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred from here")
        if known.end is not None and known.end.seen is Seen.ABSENT:
            return StartAnswer(Start.REFUSED, f"{attempt} was given up: {known.end.why}")
        if known.seen or known.end is not None:
            return StartAnswer(Start.STARTED, known.end.why if known.end else self._names(known))
        if known.record is not None:
            return StartAnswer(Start.UNCERTAIN, "its job was asked for before, and what came of it is not known")
        return None if known.payload else StartAnswer(Start.REFUSED, f"the transfer of {attempt} did not succeed")

    def _hindered(self) -> StartAnswer | None:
        """Why nothing is sent now."""
        try:
            self._look()
        except DriverError as error:
            return StartAnswer(Start.REFUSED, str(error))
        status, why = self.status(), ""
        if status.activity is not Activity.IDLE:
            others = ", ".join(self._view.others[:3])
            why = status.fault or status.prompt or f"{status.attempt or others or 'another job'} is on the printer"
        return StartAnswer(Start.REFUSED, f"{self._name}: {why}") if why else None

    def _start(self, attempt: str) -> StartAnswer:
        known = self._book.known[attempt]
        wanted = known.wanted
        hold = self._options.hold and self._need().holds
        record = Record(Stage.ASKED, hold=hold, impressions=wanted.impressions, sheets=wanted.sheets)
        engine = Engine.begun(record, self._options.settle)
        try:
            self._book.note(attempt, engine.record)
        except MachineFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        try:
            self._errand(attempt, known).run(engine)
        except DriverError as fault:  # Notes cannot be kept any more: what was noted last is what may have left.
            return StartAnswer(Start.UNCERTAIN, str(fault))
        evidence = self._settled(attempt, engine)
        if known.seen:
            return StartAnswer(Start.STARTED, evidence.why)
        return StartAnswer(Start.REFUSED if evidence.seen is Seen.ABSENT else Start.UNCERTAIN, evidence.why)

    def pause(self, attempt: str) -> None:
        """Hold-Job: printers hold what has not begun to print."""
        self._verb(attempt, Operation.HOLD_JOB, lambda printer, job: printer.hold(job), held=True)

    def resume(self, attempt: str) -> None:
        self._verb(attempt, Operation.RELEASE_JOB, lambda printer, job: printer.release(job), held=False)

    def _verb(self, attempt: str, operation: Operation, ask: Callable[[Printer, int], None], held: bool) -> None:
        checked_attempt(attempt)
        with self._turn:
            job = self._in_hand(attempt)
            if not self._need().can(operation):
                raise NotSupported(f"{self._name} cannot hold a job; nothing was done")
            if (job.state == JobState.HELD) == held:
                return
            try:
                ask(self._connected(), job.id)
            except Refused as refused:
                raise NotSupported(f"{refused}; what prints already cannot be held") from refused
            self._look()

    def cancel(self, attempt: str) -> None:
        """Cancel-Job, which takes its time: Cancelled follows once the printer says how the job has ended."""
        checked_attempt(attempt)
        with self._turn:
            known = self._book.recalled(attempt)
            if known is not None and known.end is not None:
                return
            job = self._in_hand(attempt)
            assert known is not None  # noqa: S101  (what is in hand is known)
            known.cancelling = True
            try:
                self._connected().cancel(job.id)
            except Refused as refused:
                if refused.status != NOT_POSSIBLE:  # Otherwise it is about to end already.
                    raise WireFault(f"{refused}; it prints on: cancel it at the printer") from refused
            self._hint.set()

    def _in_hand(self, attempt: str) -> seen.Job:
        """Its job as it is now. Raises WrongAttempt where the printer does not have it."""
        if self._view.attempt == attempt and self._watcher is not None:
            self._look()
            if self._view.job is not None:
                return self._view.job
        held = self._view.attempt or "nothing of ours"
        raise WrongAttempt(f"{attempt} is not on {self._name}: {held} is; nothing was done")

    def stop(self) -> None:
        """Cancel the job in hand, on a connection of its own. A printer has no emergency stop over the network."""
        self._stopped.set()
        self._latch("an emergency stop was asked for")
        attempt, job = self._view.attempt, self._view.job
        reached, over, told = attempt is None, False, "nothing of ours was on it, and nothing was sent"
        if attempt is not None and job is None:
            told = f"it does not find its job of {attempt}, and nothing was sent: switch it off by hand"
        elif job is not None:
            reached = True
            told = f"its job {job.id} was cancelled, and the sheet under way comes out"
            try:
                over = self._cancelled_at_once(job.id)
            except DriverError as error:
                _log.warning("stop of %s: %s", self._name, error)
                reached, told = False, f"it did not reach the printer ({error}): switch it off by hand"
        fault = f"emergency stop: {told}. Look at the printer, and connect again when it is safe"
        self._latch(fault)
        if attempt is not None and not over:
            self._end(Failed(attempt, fault) if reached else Doubted(attempt, fault))
        self._hint.set()

    def _cancelled_at_once(self, job: int) -> bool:
        """Whether it was over before, so that its end is told by a look."""
        printer = self._made(STOP_TIMEOUT)
        try:
            printer.cancel(job)
        except Refused:
            there = printer.job(job)
            if there is None or not there.over:
                raise
            return True
        finally:
            printer.close()
        return False

    def _latch(self, fault: str) -> None:
        with self._known:
            self._view = replace(self._view, fault=fault)
            self._events.put(Changed(self._view.status))

    def reconcile(self, attempt: str) -> Evidence:
        """What the printer says of an attempt; a job that has no document yet is cancelled, and so fenced."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        with self._turn:
            known = self._book.recalled(attempt)
            if known is not None and known.end is not None:
                return known.end
            try:
                if known is not None and known.record is None:
                    return self._given_up(attempt, known, "nothing of it was sent to the printer")
                self._connected()
                if self._view.attempt == attempt:
                    self._look()
                    self._follow()
                    if self._view.attempt == attempt and known is not None and self._view.job is not None:
                        return self._running(known)
                    if known is not None and known.end is not None:
                        return known.end
                if known is None:
                    stage = Stage.ASKED if self._book.never(attempt) else Stage.STRANGE
                    known = self._book.known[attempt] = Known(record=Record(stage))
                engine = Engine.found(known.record or Record(Stage.STRANGE), self._options.settle)
                self._errand(attempt, known).run(engine)
                return self._settled(attempt, engine)
            except DriverError as error:
                return Evidence(Seen.UNKNOWN, str(error))

    def status(self) -> Status:
        return self._view.status

    def next_event(self, timeout: float) -> Event | None:
        try:
            return self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Look no more. What prints goes on, and can be adopted by whoever connects next."""
        watcher, self._watcher = self._watcher, None
        self._closing.set()
        self._hint.set()
        if watcher is not None:
            watcher.join()
        with self._turn:
            if self._printer is not None:
                self._printer.close()
            self._printer = None
        with self._known:
            self._view = replace(self._view, link=Link.OFFLINE, state=None, others=())

    # --- a technician's -------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        with self._turn:
            about = self._connected().about()
            return Facts(firmware=about.described, capabilities=about.facts)

    def console(self, line: str) -> list[str]:  # noqa: ARG002
        raise NotSupported(f"{self._name} is a printer: it takes documents, and no commands")

    def home(self) -> None:
        raise NotSupported(f"{self._name} is a printer: it has no origin to find")

    def nudge(self) -> None:
        """Identify-Printer: it beeps, flashes, or shows something on its screen."""
        with self._turn:
            printer = self._connected()
            if not self._need().can(Operation.IDENTIFY_PRINTER):
                raise NotSupported(f"{self._name} cannot show itself; look for {self._need().model}")
            printer.identify()

    def frame(self, box: Box, speed: float) -> None:  # noqa: ARG002
        raise NotSupported(f"{self._name} is a printer: print a test page to see where things lie")

    # --- what follows from a verdict ------------------------------------------------------------------------------

    def _errand(self, attempt: str, known: Known) -> Errand:
        return Errand(
            clock=self._clock,
            wait=self._options.start_wait,
            stopped=self._stopped,
            closing=self._closing,
            printer=self._connected(),
            name=attempt,
            known=known,
            note=lambda record: self._book.note(attempt, record),
        )

    def _settled(self, attempt: str, engine: Engine) -> Evidence:
        """What follows from a verdict, or from the lack of one."""
        known, job = self._book.known[attempt], engine.job
        if engine.do is Do.RUNS and job is not None:
            self._begin(attempt, job)
            return self._running(known)
        if engine.do is Do.ABSENT:
            return self._given_up(attempt, known, engine.why or f"{self._name} has no job of it that has a document")
        if engine.do is Do.ENDED and job is not None and known.record is not None:
            evidence = ends.judged(known.record, job, self._options.counts)
            if not known.seen and evidence.seen is Seen.UNKNOWN and known.record.stage is Stage.SENT:
                self._begin(attempt, job)  # Its count may lag behind: a look a little later tells its end.
                return self._running(known)
            if not known.seen and self._options.counts and ends.never_printed(known.record, job):
                return self._given_up(attempt, known, evidence.why)
            if self._view.attempt != attempt and known.payload is not None:
                self._begin(attempt, job)
            known.seen = True
            self._told(attempt, job, evidence)
            return evidence
        why = f"{engine.why or f'{self._name} has forgotten its job, or never had it'}: look whether it was printed"
        if self._view.attempt == attempt:
            self._end(Doubted(attempt, why))
        return Evidence(Seen.UNKNOWN, why)

    def _given_up(self, attempt: str, known: Known, why: str) -> Evidence:
        known.end = Evidence(Seen.ABSENT, f"{why}; no document of it is sent any more")
        self._book.remember(attempt, known.record or Record(Stage.WITHDRAWN))
        return known.end

    def _running(self, known: Known) -> Evidence:
        paused = self._view.status.activity is Activity.PAUSED
        return Evidence(Seen.PAUSED if paused else Seen.RUNNING, self._names(known))

    def _names(self, known: Known) -> str:
        return f"{self._name} has it as job {known.record.job if known.record else '?'}"

    # --- looking --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """The thread beneath the events."""
        while not self._closing.is_set():
            busy = self._view.attempt is not None or self._view.others
            self._hint.wait(self._options.poll if busy else self._options.idle_poll)
            self._hint.clear()
            if self._closing.is_set():
                return
            try:
                with self._turn:
                    self._look()
                    self._follow()
            except DriverError as error:
                _log.debug("%s: %s", self._name, error)
            except Exception:  # noqa: BLE001  The thread's outermost edge: a defect must not leave it unwatched.
                _log.exception("%s could not be looked at; the next look comes as ever", self._name)

    def _look(self) -> None:
        """Ask the printer how it is and what it does. Raises what the calls do; then the machine is offline."""
        printer, attempt = self._connected(), self._view.attempt
        try:
            state = printer.state()
            known = self._book.known.get(attempt or "")
            record = known.record if known is not None else None
            job = printer.found(attempt, record.job, record.uuid) if attempt is not None and record else None
            jobs = printer.open_jobs() if attempt is None else ()
        except DriverError:
            self._take(replace(self._view, link=Link.OFFLINE))
            raise
        self._sweep(printer, jobs)
        self._turned_up(jobs)
        others = [each for each in jobs if not self._is_ours(each)]
        shown = tuple(seen.readable(each.name) or f"job {each.id}" for each in others)
        with self._known:
            now = replace(self._view, link=Link.ONLINE, state=state, others=shown)
            if attempt is not None and now.attempt == attempt:
                now = replace(now, job=job)
            self._take(now)
            self._foreign &= {each.id for each in jobs}
            for each in others:
                if each.id not in self._foreign and each.state in (JobState.PROCESSING, JobState.STOPPED):
                    self._foreign.add(each.id)
                    self._events.put(Foreign(seen.readable(each.name) or f"job {each.id}"))

    def _turned_up(self, jobs: tuple[seen.Job, ...]) -> None:
        """An attempt of which a doubt was told is on the printer all the same: it is in hand again."""
        for job in jobs if self._view.fault is None else ():
            known = self._book.known.get(job.name)
            if known is not None and known.seen and known.end is None and self._is_ours(job):
                self._begin(job.name, job)
                return

    def _take(self, now: View) -> None:
        with self._known:
            before, self._view = self._view.status, now
            if replace(now.status, progress=None) != replace(before, progress=None):
                self._events.put(Changed(now.status))

    def _is_ours(self, job: seen.Job) -> bool:
        known = self._book.recalled(job.name) if ATTEMPT_ID.fullmatch(job.name) else None
        return known is not None and known.record is not None and known.record.job in (None, job.id)

    def _sweep(self, printer: Printer, jobs: tuple[seen.Job, ...]) -> None:
        """Cancel jobs of ours that wait for a document which will never come, and keep the printer from others."""
        for job in jobs:
            if not (job.bare or job.incoming) or not ATTEMPT_ID.fullmatch(job.name):
                continue
            known = self._book.recalled(job.name)
            given_up = known is not None and known.end is not None
            mine = known is not None or job.user == self._options.user
            if not given_up and not (mine and (job.age or 0) >= self._options.orphan_after):
                continue
            try:
                printer.cancel(job.id)
                _log.info("%s: job %d of %s had no document and was cancelled", self._name, job.id, job.name)
            except DriverError as error:
                _log.warning("%s: job %d of %s stays, and may block it: %s", self._name, job.id, job.name, error)

    def _follow(self) -> None:
        """What the look at the job in hand tells of it."""
        attempt, job, link = self._view.attempt, self._view.job, self._view.link
        known = self._book.known.get(attempt or "")
        if attempt is None or known is None or known.record is None or link is not Link.ONLINE:
            return
        if job is not None and not job.over:
            self._since = None
            self._progressed(attempt, ends.progress(known.record, job))
            return
        lacks = job is None or (job.state == JobState.COMPLETED and not ends.complete(known.record, job))
        if lacks and (job is None or self._options.counts):
            now = self._clock.monotonic()
            self._since = now if self._since is None else self._since
            if now - self._since < self._options.settle:  # A count may lag behind a state.
                return
        self._since = None
        if job is None:
            why = f"{self._name} has forgotten its job {known.record.job}: look whether it was printed"
            self._end(Doubted(attempt, why))
        else:
            self._told(attempt, job, ends.judged(known.record, job, self._options.counts))

    def _progressed(self, attempt: str, fraction: float | None) -> None:
        with self._known:
            if fraction is not None and fraction > (self._view.progress or 0.0):
                self._view = replace(self._view, progress=fraction)
                self._events.put(Progressed(attempt, fraction))

    # --- ends -----------------------------------------------------------------------------------------------------

    def _begin(self, attempt: str, job: seen.Job) -> None:
        with self._known:
            self._book.known[attempt].seen = True
            if self._view.attempt != attempt:
                self._since = None
                self._take(replace(self._view, attempt=attempt, progress=None, job=job))
            self._hint.set()  # The watcher is in the middle of a long wait.

    def _told(self, attempt: str, job: seen.Job, evidence: Evidence) -> None:
        cancelled = self._book.known[attempt].cancelling and job.state == JobState.CANCELED
        kinds: Mapping[Seen, type[Made | Failed | Doubted]] = {Seen.MADE: Made, Seen.UNKNOWN: Doubted}
        why = f"it was cancelled from here; {evidence.why}" if cancelled else evidence.why
        self._end(Cancelled(attempt, why) if cancelled else kinds.get(evidence.seen, Failed)(attempt, why))

    def _end(self, event: Made | Failed | Cancelled | Doubted) -> None:
        """Tell an end once, where it is in hand; otherwise whoever asked is answered. A doubt stays open."""
        with self._known:
            known = self._book.known[event.attempt]
            if known.end is None and not isinstance(event, Doubted):
                known.end = Evidence(Seen.MADE if isinstance(event, Made) else Seen.FAILED, event.why)
                if known.record is not None:
                    self._book.remember(event.attempt, known.record)
            if self._view.attempt == event.attempt:
                self._view = replace(self._view, attempt=None, job=None, progress=None)
                self._events.put(event)
                self._events.put(Changed(self._view.status))

    def _connected(self) -> Printer:
        if self._printer is None:
            raise WireFault(f"{self._name} is not connected; connect first")
        return self._printer

    def _need(self) -> seen.Printer:
        if self._about is None:
            raise WireFault(f"{self._name} is not connected; connect first")
        return self._about

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
