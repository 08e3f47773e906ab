"""A machine behind a print server: the shell around a vendor's :class:`drivers.servers.Server`.

A print on a server goes on while nobody of ours looks, so it is adopted and never sent again. What must not happen
twice is asked for once: an attempt's bytes go up under a name of their own, its start is sent by this process at most
once, and what is said of it afterwards is what the server says. The fence is the deletion of that file: once the
server has acknowledged it, a start that arrives late finds nothing.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from drivers.contract import (
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
    Seen,
    Settings,
    Start,
    StartAnswer,
    Status,
    WireFault,
    WrongAttempt,
    checked_attempt,
)
from drivers.known import Known
from drivers.memory import Memory
from drivers.payloads import read_payload
from drivers.servers import ENDS, Outcome, Server, Sight
from drivers.service import Box, Facts, checked_box, checked_line
from drivers.sights import View, attempt_of, ended, file_of, hindrance, looked

_log = logging.getLogger(__name__)

BRISK = 0.25
"""Seconds between two looks while a verb waits for what it asked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of every print server; a vendor's own options extend these."""

    poll: float = 1.0
    """Seconds between two looks while something of ours runs."""
    idle_poll: float = 5.0
    """Seconds between two looks otherwise. What the server pushes is looked at sooner."""
    start_wait: float = 15.0
    """Seconds within which the server must name our file after a start, or be as asked after any other verb."""
    settle: float = 5.0
    """Seconds that the server's record of ended prints may lag behind its state."""
    keep: bool = False
    """Leave the files of ended attempts on the server."""


class Hosted:
    """See :class:`drivers.contract.Machine` for the verbs and :class:`drivers.service.Serviced` for a technician's.

    A verb takes the server's time-out for each call and at most ``start_wait`` beyond. A server's calls come one after
    the other, under ``_turn``; what is known changes under ``_known``, which is never held over a call.
    """

    def __init__(self, settings: Settings, clock: Clock, server: Server, options: Options) -> None:
        self._name, self._settings, self._clock = settings.name, settings, clock
        self._server, self._options = server, options
        self._turn, self._known = threading.RLock(), threading.RLock()
        self._hint, self._closing = threading.Event(), threading.Event()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._view = View()
        self._attempts: Memory[Known] = Memory()
        self._missing: float | None = None
        """Since when the attempt in hand is neither on the printer nor in the record."""
        self._watcher: threading.Thread | None = None
        self._told: list[str] = []
        """Ended attempts whose end was taken from here and may still be in writing."""
        self._litter: set[str] = set()
        """Files of ended attempts that nobody needs any more."""

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected: server, key and printer answer. What runs there is left alone, and adopted where it is ours."""
        with self._turn:
            if self._watcher is not None and self._view.fault is None and self._answers():
                return self.status()
            firmware = self._server.open(self._hint.set)
            with self._known:
                self._view = replace(self._view, firmware=firmware, fault=None)
            if self._watcher is None:
                self._closing.clear()
                self._watcher = threading.Thread(target=self._watch, name=f"watch {self._name}", daemon=True)
                self._watcher.start()
            sight = self._look()
            if sight.link is not Link.ONLINE:
                raise MachineFault(
                    f"{self._name}: {sight.fault or 'the server answers, but no printer is connected to it'}; "
                    "switch the printer on and connect it at the server"
                )
            return self.status()

    def _answers(self) -> bool:
        """Nothing is to be done for a connection, and no fault is to be acknowledged."""
        try:
            sight = self._look()
        except DriverError:  # To connect anew tells what is wrong.
            return False
        return sight.link is Link.ONLINE and sight.fault is None

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Upload under the attempt's name, and read back that all of it arrived."""
        checked_attempt(attempt)
        with self._turn:
            known = self._attempts.get(attempt)
            if known is not None and known.end is not None and known.end.seen is Seen.ABSENT:
                raise OurFault(f"{attempt} was given up ({known.end.why}); make a new attempt")
            if known is not None and (known.asked or known.end is not None):
                return
            size = len(read_payload(payload))
            self._need_connection()
            if known is not None:  # An upload of it broke off; nothing can have begun from what it left.
                self._server.delete(file_of(attempt))
            self._attempts[attempt] = Known()
            self._server.upload(file_of(attempt), payload)
            there = self._server.size(file_of(attempt))
            if there != size:
                raise MachineFault(
                    f"{self._name} has {there or 0} bytes of {file_of(attempt)} where {size} were sent; "
                    "look at its free space, and switch off what changes uploaded files there"
                )
            self._attempts[attempt].whole = True

    def start(self, attempt: str) -> StartAnswer:
        """Look, start once, and look until the server's own state names the file."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        with self._turn:
            answer = self._answered_before(attempt) or self._hindered(attempt)
            if answer is None:
                answer = self._start(attempt)
                if self._view.fault is not None:
                    self._stop_again(attempt)
            return answer

    def _stop_again(self, attempt: str) -> None:
        """A stop came amid a start, and may have found nothing to stop yet: what begins after it ends, too."""
        self.reconcile(attempt)  # What is not seen on the printer loses its file, and cannot begin any more.
        if self._view.attempt == attempt:
            self.stop()

    def _answered_before(self, attempt: str) -> StartAnswer | None:
        """The answer where no start may be sent any more."""
        known = self._attempts.get(attempt)
        if known is None:
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred from here")
        if not known.asked and known.end is None:
            return None if known.whole else StartAnswer(Start.REFUSED, f"the transfer of {attempt} did not succeed")
        if known.end is None:
            try:
                self._look()
            except DriverError as error:
                return StartAnswer(Start.UNCERTAIN, f"a start was sent before, and now {error}")
        if known.seen:
            return StartAnswer(Start.STARTED, known.end.why if known.end else f"{self._name} names {file_of(attempt)}")
        if known.fenced:
            return StartAnswer(
                Start.REFUSED, f"{attempt} was given up: its file is gone, and no start is sent any more"
            )
        return StartAnswer(Start.UNCERTAIN, "a start was sent before, and the server does not name the file")

    def _hindered(self, attempt: str) -> StartAnswer | None:
        """Why no start is sent now. Nothing was, so nothing can come of it."""
        try:
            self._need_connection()
            last = self._view.last
            self._look()
            there = self._server.size(file_of(attempt))
        except DriverError as error:
            return StartAnswer(Start.REFUSED, str(error))
        if self._view.attempt == attempt:  # Somebody started it at the server: it runs, and once.
            return StartAnswer(Start.STARTED, f"{self._name} names {file_of(attempt)} before a start was sent")
        why = hindrance(self._view, last)
        if there is None:
            why = why or f"{file_of(attempt)} is not on the server; it was deleted there"
        return StartAnswer(Start.REFUSED, f"{self._name}: {why}") if why else None

    def _start(self, attempt: str) -> StartAnswer:
        known, file = self._attempts[attempt], file_of(attempt)
        known.asked, known.sent_at, known.before = True, self._clock.monotonic(), self._view.sight.last
        try:
            self._server.start(file)
        except MachineFault as refusal:
            return self._refused(attempt, str(refusal))
        except DriverError as doubt:
            why = str(doubt)
        else:
            why = f"{self._name} took the start of {file}, and does not name it"
        self._until(lambda: known.seen or self._came_and_went(attempt))
        if known.seen:
            return StartAnswer(Start.STARTED, f"{self._name} names {file}")
        return StartAnswer(Start.UNCERTAIN, why)

    def _refused(self, attempt: str, why: str) -> StartAnswer:
        """A refusal is sure once the file is gone: whatever comes late finds nothing."""
        evidence = self._evidence(attempt)
        if evidence.seen is Seen.ABSENT:
            return StartAnswer(Start.REFUSED, why)
        seen = Start.STARTED if self._attempts[attempt].seen else Start.UNCERTAIN
        return StartAnswer(seen, f"{why}; {evidence.why}")

    def pause(self, attempt: str) -> None:
        self._verb(attempt, self._server.pause, lambda sight: sight.activity is Activity.PAUSED, "pause")

    def resume(self, attempt: str) -> None:
        self._verb(attempt, self._server.resume, lambda sight: sight.activity is not Activity.PAUSED, "resume")

    def cancel(self, attempt: str) -> None:
        """Cancelled follows as an event once the printer has come to rest and the server has said how it ended."""
        checked_attempt(attempt)
        with self._turn:
            known = self._attempts.get(attempt)
            if known is not None and known.end is not None:
                return
            if known is not None and known.cancelling and attempt_of(self._look().file) != attempt:
                return  # It was ended from here, and how is about to be told.
            self._verb(attempt, self._cancel, lambda sight: attempt_of(sight.file) != attempt, "end")

    def _cancel(self, sight: Sight) -> None:
        self._attempts[attempt_of(sight.file) or ""].cancelling = True
        self._server.cancel(sight)

    def _verb(self, attempt: str, ask: Callable[[Sight], None], done: Callable[[Sight], bool], word: str) -> None:
        """Ask where the printer has this attempt and is not as wanted, and look until it is."""
        checked_attempt(attempt)
        with self._turn:
            if self._watcher is None:
                raise WrongAttempt(f"{attempt} is not on {self._name}: it is not connected; nothing was done")
            sight = self._look()
            if self._view.attempt != attempt or attempt_of(sight.file) != attempt:
                raise WrongAttempt(f"{attempt} is not on {self._name}: {sight.file or 'nothing'} is; nothing was done")
            if done(sight):
                return
            refusal = self._asked(ask, sight)
            if not isinstance(refusal, MachineFault):
                self._until(lambda: done(self._view.sight) or self._view.named != attempt)
            if done(self._view.sight):
                return
            if self._view.named != attempt and self._view.sight.link is Link.ONLINE:
                raise WrongAttempt(f"{attempt} ended before {self._name} could {word} it")
            raise refusal or WireFault(
                f"{self._name} was asked to {word} {attempt} and has not within {self._options.start_wait:g} s; "
                "look at the machine"
            )

    def _asked(self, ask: Callable[[Sight], None], sight: Sight) -> DriverError | None:
        """Whether it was done, a look will tell: an answer may be lost, and a refusal may come too late to matter."""
        try:
            ask(sight)
        except WireFault as doubt:
            return doubt
        except MachineFault as refusal:
            self._look()
            return refusal
        return None

    def stop(self) -> None:
        """Emergency stop by the server's shortest way; its limits stand in the fault."""
        self._latch("an emergency stop was asked for")
        reached, ended_before = True, self._view.gone
        try:
            said = self._server.stop()
        except DriverError as error:
            _log.warning("emergency stop of %s: %s", self._name, error)
            reached, said = False, f"it did not reach the printer ({error}): switch it off by hand"
        fault = f"emergency stop: {said}. Look at the machine, and connect again when it is safe"
        self._latch(fault)
        attempt = self._view.attempt
        if attempt is not None and not reached:
            self._doubt(attempt, fault)
        elif attempt is not None and not ended_before:  # What had left the printer has an end of its own on record.
            self._end(attempt, Failed(attempt, fault))
        self._hint.set()

    def _latch(self, fault: str) -> None:
        with self._known:
            self._view = replace(self._view, fault=fault)
            self._events.put(Changed(self._view.status))

    def reconcile(self, attempt: str) -> Evidence:
        """What the server says of an attempt; fenced by deleting its file where the server no longer has it in hand."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        with self._turn:
            known = self._attempts.get(attempt)
            if known is not None and known.end is not None:
                return known.end
            if self._watcher is None:
                return Evidence(Seen.UNKNOWN, f"{self._name} is not connected; connect first")
            if known is None:
                self._attempts[attempt] = Known(asked=True, interrupted=True)
            return self._evidence(attempt)

    def _evidence(self, attempt: str) -> Evidence:
        file = file_of(attempt)
        try:
            self._look()
            if seen := self._on_printer(attempt):
                return seen
            known = self._attempts[attempt]
            if self._recorded(attempt) and known.end is not None:
                return known.end
            if known.asked and not known.seen and not known.interrupted:  # A short print's record may lag.
                self._until(lambda: known.seen or self._recorded(attempt), known.sent_at + self._options.settle)
                if seen := known.end or self._on_printer(attempt):
                    return seen
            if known.asked and self._view.sight.link is not Link.ONLINE and not self._server.feeds:
                # Its printer may be at work on it out of sight, where a deletion would stop nothing.
                return Evidence(Seen.UNKNOWN, f"{self._name} cannot see its printer: switch it on and connect it there")
            known.kept = known.kept or self._server.size(file) is not None
            self._server.delete(file)
            known.fenced = True
            self._look()
            if seen := self._on_printer(attempt):
                return seen
            outcome = self._server.outcome(file)  # Once more: a short print may have come and gone meanwhile.
            if self._noted(attempt, outcome) and known.end is not None:
                return known.end
            return self._unseen(attempt, outcome)
        except DriverError as error:
            return Evidence(Seen.UNKNOWN, str(error))

    def _on_printer(self, attempt: str) -> Evidence | None:
        if self._view.named != attempt:
            return None
        paused = self._view.sight.activity is Activity.PAUSED
        return Evidence(Seen.PAUSED if paused else Seen.RUNNING, f"{self._name} names {file_of(attempt)}")

    def _recorded(self, attempt: str) -> bool:
        """Whether the server's record tells the end of an attempt that is not on the printer: then it is told."""
        return self._noted(attempt, self._server.outcome(file_of(attempt)))

    def _noted(self, attempt: str, outcome: Outcome) -> bool:
        if outcome in ENDS:
            self._end(attempt, self._ending(attempt, outcome))
        return outcome in ENDS

    def _unseen(self, attempt: str, outcome: Outcome) -> Evidence:
        """Neither on the printer nor in the record, and its file is gone: it cannot start any more."""
        known = self._attempts[attempt]
        gone = f"{self._name} neither has {file_of(attempt)} on its printer nor in its record"
        if known.never_began(outcome, self._view.sight.last):
            known.end = Evidence(Seen.ABSENT, f"{gone}; the file was deleted, so it cannot start any more")
            return known.end
        if self._server.feeds and known.kept:
            why = f"{gone}, and it may have begun: what this server has forgotten has not ended well"
            known.end = Evidence(Seen.FAILED, why)
            if self._view.attempt == attempt:
                self._end(attempt, Failed(attempt, why))
            return known.end
        why = f"{gone}, and it may have run. Look at the bed, then decide"
        self._doubt(attempt, why)
        return Evidence(Seen.UNKNOWN, why)

    def status(self) -> Status:
        return self._view.status

    def next_event(self, timeout: float) -> Event | None:
        """The oldest event. To ask for the next one says that the one before was dealt with: only then does the file
        of an ended attempt go, as until then it is the evidence."""
        with self._known:
            told, self._told = self._told, []
            if not self._options.keep:
                self._litter.update(map(file_of, told))
        until = self._clock.monotonic() + max(timeout, 0.0)
        while True:
            try:
                event = self._events.get(timeout=max(until - self._clock.monotonic(), 0.0))
            except queue.Empty:
                return None
            if isinstance(event, Made | Failed | Cancelled):
                self._told.append(event.attempt)
            # An agent that begins anew has named what is its own before it asks for events.
            if not (isinstance(event, Foreign) and self._is_open(attempt_of(event.name))):
                return event

    def _is_open(self, attempt: str | None) -> bool:
        known = self._attempts.get(attempt or "")
        return known is not None and known.end is None

    def close(self) -> None:
        """Look no more. What runs goes on, and can be adopted by whoever connects next."""
        watcher, self._watcher = self._watcher, None
        self._closing.set()
        self._hint.set()
        if watcher is not None:
            watcher.join()
        with self._turn:
            self._server.close()
        with self._known:
            self._view = replace(self._view, sight=Sight(Link.OFFLINE))

    # --- a technician's -------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        with self._turn:
            self._need_connection()
            return self._server.facts()

    def console(self, line: str) -> list[str]:
        line = checked_line(line)
        with self._turn:
            self._need_connection()
            sight = self._look()
            if sight.file is not None or self._view.attempt is not None:
                raise WrongAttempt(f"{sight.file or self._view.attempt} is on {self._name}; nothing was sent")
            return self._server.console(line)

    def home(self) -> None:
        self.console("G28")

    def nudge(self) -> None:
        for line in ("G91", "G0 Z1 F300", "G0 Z-1 F300", "G90"):
            self.console(line)

    def frame(self, box: Box, speed: float) -> None:
        x0, y0, x1, y1 = checked_box(box, self._settings.envelope)
        if not 0 < speed < float("inf"):
            raise OurFault(f"a frame is traced at a speed above 0 mm/s, not {speed:g}; nothing was sent")
        feed = f"F{speed * 60:.0f}"
        self.console("G90")
        for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)):
            self.console(f"G0 X{x:.3f} Y{y:.3f} {feed}")

    # --- looking --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """The thread beneath the events: pushed hints shorten its waits, its own looks are the truth."""
        while not self._closing.is_set():
            busy = self._view.attempt is not None or self._view.foreign is not None
            self._hint.wait(self._options.poll if busy else self._options.idle_poll)
            self._hint.clear()
            if self._closing.is_set():
                return
            try:
                with self._turn:
                    self._look()
                    self._follow()
                    self._tidy()
            except DriverError as error:
                _log.debug("%s: %s", self._name, error)
            except Exception:  # noqa: BLE001  The thread's outermost edge: a defect must not leave it unwatched.
                _log.exception("%s could not be looked at; the next look comes as ever", self._name)

    def _look(self) -> Sight:
        """Ask for the truth, and tell what it changes. Raises what the server does; then the machine is offline."""
        try:
            sight = self._server.look()
        except DriverError as error:
            fault = None if isinstance(error, WireFault) else str(error)
            self._take(Sight(Link.OFFLINE, fault=fault))
            raise
        self._take(sight)
        return sight

    def _take(self, sight: Sight) -> None:
        with self._known:
            if sight.link is not Link.ONLINE:
                for each in self._attempts.values():
                    each.interrupted |= each.asked
            open_ = [attempt for attempt, each in self._attempts.items() if each.end is None]
            idle = self._view.attempt is None
            awaited = any(each.awaited for each in self._attempts.values())
            self._view, events = looked(self._view, sight, open_, self._attempts, awaited)
            if idle and self._view.attempt is not None:
                self._hint.set()  # The watcher is in the middle of a long wait.
            named = self._attempts.get(self._view.attempt or "")
            if named is not None and self._view.named == self._view.attempt:
                named.seen = named.asked = True
            for event in events:
                self._events.put(event)

    def _follow(self) -> None:
        """An attempt that left the printer: the record says how, or after a while it is clear that it does not.

        A printer that is out of its server's sight may print on, unless it is the server that feeds it.
        """
        attempt, view = self._view.attempt, self._view
        away = view.sight.link is not Link.ONLINE
        if attempt is None or not (view.gone or away) or self._recorded(attempt):
            self._missing = None
        elif view.gone or self._server.feeds:
            now = self._clock.monotonic()
            self._missing = now if self._missing is None else self._missing
            if now - self._missing >= self._options.settle:
                self._missing = None
                self._evidence(attempt)

    def _came_and_went(self, attempt: str) -> bool:
        """Whether a short print began and ended between two looks."""
        if self._view.sight.link is not Link.ONLINE or self._view.named == attempt:
            return False
        outcome = self._server.outcome(file_of(attempt))
        if outcome in ENDS:
            with self._known:
                self._view = replace(self._view, attempt=attempt, furthest=0.0)
                self._events.put(Changed(self._view.status))
            self._end(attempt, self._ending(attempt, outcome))
        return outcome in ENDS

    def _until(self, done: Callable[[], bool], until: float | None = None) -> None:
        """Look until it is so, for ``start_wait`` at most. A stop ends the wait."""
        if until is None:
            until = self._clock.monotonic() + self._options.start_wait
        while True:
            try:
                self._look()
                if done():
                    return
            except DriverError as error:
                _log.debug("%s: %s", self._name, error)
            left = until - self._clock.monotonic()
            if left <= 0 or self._view.fault is not None or self._closing.is_set():
                return
            self._clock.sleep(min(left, BRISK))

    # --- ends -----------------------------------------------------------------------------------------------------

    def _ending(self, attempt: str, outcome: Outcome) -> Made | Failed | Cancelled:
        if outcome is Outcome.DONE:
            return Made(attempt, f"{self._name} has {file_of(attempt)} on record as printed to its end")
        if self._attempts[attempt].cancelling:
            return Cancelled(attempt, "it was cancelled from here")
        how = "cancelled at the server or the printer" if outcome is Outcome.CANCELLED else "failed"
        why = self._server.why(file_of(attempt)) if outcome is Outcome.FAILED else ""
        return Failed(attempt, f"{self._name} has {file_of(attempt)} on record as {how}{why and f': {why}'}")

    def _end(self, attempt: str, event: Made | Failed | Cancelled) -> None:
        """Tell an end once, where it is in hand; otherwise whoever asked is answered."""
        with self._known:
            known = self._attempts[attempt]
            known.seen = True
            if known.end is None:
                known.end = Evidence(Seen.MADE if isinstance(event, Made) else Seen.FAILED, event.why)
            if self._view.attempt != attempt:  # Whoever asked is answered: that is its telling.
                self._told.append(attempt)
                return
            self._view, changes = ended(self._view)
            for each in (event, *changes):
                self._events.put(each)

    def _doubt(self, attempt: str, why: str) -> None:
        """Tell a doubt, where it is in hand. The attempt stays open: it may turn up again, or evidence of its end."""
        with self._known:
            if self._view.attempt == attempt:
                self._view, changes = ended(self._view)
                for each in (Doubted(attempt, why), *changes):
                    self._events.put(each)

    def _tidy(self) -> None:
        """Delete what is needed no more. What the server will not delete stays, and does no harm."""
        with self._known:
            litter = sorted(self._litter)
        for file in litter:
            try:
                self._server.delete(file)
            except (MachineFault, NotSupported) as error:
                _log.warning("%s: %s stays on the server: %s", self._name, file, error)
            with self._known:
                self._litter.discard(file)

    def _need_connection(self) -> None:
        if self._watcher is None:
            raise WireFault(f"{self._name} is not connected; connect first")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
