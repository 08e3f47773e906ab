"""A label printer that speaks ZPL on a TCP port (9100 on most).

The port takes bytes and gives no job a name, so a label is sent at most once: from its first byte on it is never sent
again. Before it, the printer says that it is idle and lacks nothing; after it, on the same connection and so in order,
that nothing waits and, where it counts its labels, how many came out. What cannot be told (a connection that was lost
while labels were under way) is doubted, and a person is asked; where nobody else uses the printer (``alone``), its
counter tells it.

A connection is held from a start to its end, as most printers serve one host at a time; in between it is asked now and
then how it is.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from drivers.addresses import open_wire
from drivers.contract import (
    Activity,
    ArtifactFault,
    Cancelled,
    Changed,
    Clock,
    Doubted,
    DriverError,
    Event,
    Evidence,
    Failed,
    Link,
    MachineFault,
    Made,
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
from drivers.ledger import Ledger
from drivers.memory import Memory
from drivers.notes import Notes
from drivers.options import checked
from drivers.payloads import read_payload
from drivers.protocols import zpl as says
from drivers.questions import Questions
from drivers.recording import Recorder
from drivers.wires import Wire

_log = logging.getLogger(__name__)

ZPL = "application/zpl"
CHUNK = 64 * 1024
"""Bytes that are written at once, between looks at whether a stop was asked for."""
ASK_AGAIN = 0.1
"""Seconds between two tries to be served."""
ENDINGS: dict[says.Ending, Callable[[str, str], Made | Failed | Doubted]] = {
    says.Ending.MADE: Made,
    says.Ending.FAILED: Failed,
    says.Ending.DOUBTED: Doubted,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    dpi: int = 203
    """Dots for each inch of its print head (203, 300 or 600); a printer that says otherwise is refused."""
    alone: bool = False
    """Nobody else prints on it. Then its counter tells what became of labels whose connection was lost."""
    poll: float = 0.3
    """Seconds between two questions while labels are under way."""
    idle_poll: float = 10.0
    """Seconds between two questions while it has nothing to do."""
    answer_wait: float = 2.0
    """Seconds that it may take to answer."""
    settle: float = 1.5
    """Seconds for which it must say that nothing waits, where its counter does not prove the labels."""
    patience: float = 30.0
    """Seconds of silence, or without a connection, after which labels under way are doubted."""


@dataclass(slots=True)
class _Running:
    attempt: str
    watched: says.Watched
    empty_since: float | None = None
    heard_at: float = 0.0
    out: int = 0
    cancelling: bool = False
    paused_here: bool = False
    lost: bool = False
    """Its connection was lost, and its printer is ours alone."""


class Zpl:
    """See :class:`drivers.contract.Machine`. A verb takes a few times ``answer_wait`` at most, ``start`` the time of
    sending besides. There is no thread: :meth:`next_event` asks."""

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        self._settings, self._name, self._clock, self._opener = settings, settings.name, clock, opener
        self._options = checked(Options, settings.options, settings.name)
        if settings.address.partition(":")[0] not in ("tcp", "replay"):
            raise OurFault(f"machine {self._name}: {settings.address!r} is no address like tcp:printer.local:9100")
        self._ledger = Ledger[says.Job]()
        self._doubts: Memory[says.Watched] = Memory()
        """Attempts of which nobody could say what became."""
        self._counts = True
        """Whether the printer counts its labels, until it says that it does not."""
        self._notes = Notes(settings.notes)
        """Of each attempt, before its first byte leaves: how many labels it has, and what the counter said."""
        self._events: deque[Event] = deque()
        self._status = Status()
        self._known = threading.RLock()
        """Held for moments: a stop comes from another thread."""
        self._talk: Questions | None = None
        """The one connection, while there is one: what a stop speaks its last word on."""
        self._running: _Running | None = None
        self._fault: str | None = None
        self._look_at = 0.0

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """It answers, and is the printer that is configured."""
        if self._running is None:
            self._fault = None
            self._hang_up()
            self._notes.open()
            self._notes.tidy()
            try:
                talk = self._served()
                who = self._identified(talk)
                self._counts = True
                self._note(*self._asked(talk), link=Link.ONLINE, firmware=f"{who.model} {who.firmware}")
            except DriverError:
                self._note(None, [], link=Link.OFFLINE)
                raise
            finally:
                self._hang_up()
            self._look_at = self._clock.monotonic() + self._options.idle_poll
        return self.status()

    def _identified(self, talk: Questions) -> says.Identity:
        who = talk.ask(says.WHO, says.identity, self._options.answer_wait)
        if who is None:
            raise WireFault(
                f"{self._name} does not say what it is (~HI): a print server that sends one way, or no ZPL printer? "
                "Connect to the printer itself, or let a hot folder print"
            )
        if who.dpi != self._options.dpi:
            raise MachineFault(
                f"{self._name} is a {who.model} of {who.dpi} dpi, {self._options.dpi} is configured; mend option dpi"
            )
        return who

    def transfer(self, attempt: str, payload: Payload) -> None:
        """The labels are held here, looked through; nothing is sent."""
        checked_attempt(attempt)
        if self._ledger.knows(attempt):
            return
        data = read_payload(payload)
        if payload.media_type != ZPL:
            raise ArtifactFault(f"{self._name} prints {ZPL}, not {payload.media_type}; render it anew")
        try:
            job = says.job(data)
        except says.ZplError as error:
            raise ArtifactFault(f"{payload.path.name}, {error}") from error
        self._need_connection()
        if self._notes.doubtful(attempt):
            raise MachineFault(f"what {self._name} noted of {attempt} cannot be read: look whether it was printed")
        if self._notes.read(attempt) is not None:  # An earlier process has begun to send it.
            self._ledger.asked[attempt] = None
            return
        self._ledger.hold(attempt, job)

    def start(self, attempt: str) -> StartAnswer:
        """Send it, once. STARTED: the connection has taken every byte."""
        try:
            checked_attempt(attempt)
            if (answer := self._ledger.answer(attempt)) is not None:
                return answer
            if attempt in self._ledger.asked:
                return StartAnswer(Start.UNCERTAIN, "it was sent before, once, and what came of it is not known")
            self._need_connection()
            if self._fault is not None or self._running is not None:
                return StartAnswer(Start.REFUSED, self._fault or f"{self._running.attempt} is not over yet")  # type: ignore[union-attr]
            if attempt not in self._ledger.held:
                return StartAnswer(Start.REFUSED, f"{attempt} was not transferred")
            talk = self._served(record=True)
        except DriverError as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        try:
            why, before = self._ready(talk)
        except WireFault as fault:
            why, before = f"{fault}; does another host use it?", None
        if why is not None:
            self._hang_up()
            return StartAnswer(Start.REFUSED, why)
        return self._send(attempt, talk, before)

    def _ready(self, talk: Questions) -> tuple[str | None, int | None]:
        """Why it must not be sent now, and what the printer's counter says. Raises WireFault."""
        status, flaws = self._asked(talk)
        self._note(status, flaws)
        if status is None:
            return f"{self._name} does not say how it is: {says.prompt(None, flaws) or 'look at the printer'}", None
        if not status.able:
            return f"{self._name} cannot print: {says.prompt(status)}", None
        if not status.empty:
            return f"{self._name} is at work on something else; it is asked again when that is over", None
        return None, self._count(talk)

    def _send(self, attempt: str, talk: Questions, before: int | None) -> StartAnswer:
        job = self._ledger.held[attempt]
        with self._known:
            if self._stopped():
                self._hang_up()
                return StartAnswer(Start.REFUSED, self._stopped() or "")
            watched = says.Watched(job.labels, before)
            try:
                self._notes.write(attempt, {"labels": job.labels, "before": before, "whole": False})
            except MachineFault as fault:
                self._hang_up()
                return StartAnswer(Start.REFUSED, str(fault))
            self._running = running = _Running(attempt, watched, heard_at=self._clock.monotonic())
            self._ledger.ask(attempt)
            self._note(activity=Activity.BUSY)
        try:
            for i in range(0, len(job.data), CHUNK):
                if not self._stopped():
                    talk.tell(job.data[i : i + CHUNK])
            if not self._stopped():  # An answer says that every byte before the question was read.
                status, flaws = self._asked(talk)
                self._note(status, flaws)
                if status is not None or flaws:
                    self._read_whole(running)
        except WireFault as fault:
            self._hang_up()
            self._look_at = 0.0
            running.lost = self._by_counter(running)
            if not running.lost:
                self._doubt(running)
            return StartAnswer(Start.UNCERTAIN, f"{fault}, in the middle of the labels")
        if self._stopped():
            return StartAnswer(Start.UNCERTAIN, self._stopped() or "")
        why = f"all {len(job.data)} bytes were sent, once"
        self._ledger.begin(attempt, why)
        self._look_at = 0.0
        return StartAnswer(Start.STARTED, why)

    def _read_whole(self, running: _Running) -> None:
        """The printer has answered after the last byte. Where no note of it can be kept, a later process knows less."""
        if not running.watched.whole:
            running.watched = replace(running.watched, whole=True)
            note = {"labels": running.watched.labels, "before": running.watched.before, "whole": True}
            try:
                self._notes.write(running.attempt, note)
            except MachineFault as fault:
                _log.warning("%s: %s", self._name, fault)

    def _stopped(self) -> str | None:
        """Read anew each time: a stop comes from another thread."""
        return self._fault

    def _by_counter(self, running: _Running) -> bool:
        """Whether the counter can tell what came out though the connection was lost."""
        return self._options.alone and running.watched.before is not None

    def pause(self, attempt: str) -> None:
        """The label that moves comes out; no other does."""
        self._flag(attempt, says.PAUSE, wanted=True)

    def resume(self, attempt: str) -> None:
        self._flag(attempt, says.START, wanted=False)

    def _flag(self, attempt: str, command: bytes, *, wanted: bool) -> None:
        running = self._in_hand(attempt)
        talk = self._connection_of(running)
        talk.tell(command)
        running.paused_here = wanted
        until = self._clock.monotonic() + self._options.answer_wait
        while True:
            status, flaws = self._asked(talk)
            self._note(status, flaws)
            if status is not None and status.paused is wanted:
                return
            if self._clock.monotonic() >= until:
                raise WireFault(f"{self._name} does not say that it did so; look at the printer")

    def cancel(self, attempt: str) -> None:
        """Everything that waits in the printer is dropped; a label that moves comes out. What came out is told."""
        checked_attempt(attempt)
        if attempt in self._ledger.ended or attempt in self._ledger.given_up or attempt in self._doubts:
            return
        running = self._in_hand(attempt)
        talk = self._connection_of(running)
        running.cancelling = True
        talk.tell(says.CANCEL_ALL + (says.START if running.paused_here else b""))
        self._look_at = 0.0

    def stop(self) -> None:
        """~JA, past what waits to be sent: a label that moves still comes out."""
        with self._known:
            self._fault = "stopped: look at the printer, then connect again"  # Whoever sends stops from here on.
            running, talk = self._running, self._talk or self._reached()
            if talk is not None and talk.last_word(says.CANCEL_ALL):
                told = "what waited in the printer was dropped, and a label that moved came out"
            else:
                told = "that did not reach the printer, which prints on what it has: switch it off by hand"
            self._fault = f"stopped: {told}. Look at it, then connect again"
            if running is not None:
                self._ended(Doubted(running.attempt, "it was stopped from here; look which labels came out"))
            self._events.append(Changed(self.status()))

    def _reached(self) -> Questions | None:
        try:
            return self._open()
        except DriverError:
            return None

    def reconcile(self, attempt: str) -> Evidence:
        try:
            checked_attempt(attempt)
            self._need_connection()
        except WireFault as fault:
            return Evidence(Seen.UNKNOWN, str(fault))
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        running, ledger = self._running, self._ledger
        if running is not None and running.attempt == attempt:
            seen = Seen.PAUSED if self._status.activity is Activity.PAUSED else Seen.RUNNING
            return Evidence(seen, "it was sent, and its end is waited for")
        if attempt in ledger.ended:
            return ledger.ended[attempt]
        if attempt in ledger.given_up:
            return ledger.given_up[attempt]
        if attempt in ledger.held:
            return ledger.give_up(attempt, "it was not started when it was asked for")
        why = "a port that takes bytes remembers no job: look which labels came out"
        return Evidence(Seen.UNKNOWN, why) if attempt in self._doubts else self._noted(attempt, why)

    def _noted(self, attempt: str, why: str) -> Evidence:
        """What an earlier process has written down of an attempt. Without a note nothing of it ever left."""
        note = self._notes.read(attempt)
        if note is None:
            if self._notes.never(attempt):
                return self._ledger.give_up(attempt, "nothing is noted of it, so nothing of it was sent")
            return Evidence(Seen.UNKNOWN, f"this process has not sent it, and {why}")
        labels, before = note.get("labels"), note.get("before")
        told = self._options.alone and self._running is None
        if not told or not isinstance(before, int) or not self._is_last(attempt, before):
            return Evidence(Seen.UNKNOWN, f"an earlier process has sent it, and {why}")
        watched = says.Watched(labels if isinstance(labels, int) else 0, before, whole=note.get("whole") is True)
        self._running = _Running(attempt, watched, heard_at=self._clock.monotonic(), lost=True)
        self._ledger.begin(attempt, "an earlier process has sent it, once")
        self._look_at = 0.0
        self._note(activity=Activity.BUSY)
        return Evidence(Seen.RUNNING, "an earlier process has sent it; the printer's counter will tell")

    def _is_last(self, attempt: str, before: int) -> bool:
        """Whether the counter surely counted labels of no other attempt since. A clock that was set back does not tell
        which was the last one; what the counter said before each does."""
        try:
            keys = self._notes.keys()
        except OSError as error:
            _log.warning("%s: its notes cannot be looked through: %s", self._name, error)
            return False
        counts = [(self._notes.read(key) or {}).get("before") for key in keys if key != attempt]
        return all(isinstance(count, int) and count < before for count in counts)

    def status(self) -> Status:
        running = self._running
        activity = self._status.activity
        progress = running.out / running.watched.labels if running and running.watched.before is not None else None
        return replace(
            self._status,
            activity=Activity.FAULT if self._fault is not None else activity,
            attempt=running.attempt if running is not None else None,
            progress=progress,
            fault=self._fault,
        )

    def next_event(self, timeout: float) -> Event | None:
        """Asks the printer itself, as often as ``poll`` and ``idle_poll`` say."""
        until = self._clock.monotonic() + timeout
        while True:
            if self._events:
                return self._events.popleft()
            now = self._clock.monotonic()
            looks = now >= self._look_at and self._status.firmware is not None
            if looks:  # Which may take longer than until the next one.
                self._look(now)
            left = until - self._clock.monotonic()
            if left <= 0:
                return self._events.popleft() if self._events else None
            if not looks:
                self._clock.sleep(min(left, self._options.poll))

    def close(self) -> None:
        """Give the connection back. What the printer holds goes on, and nobody here learns how it ends."""
        running = self._running
        if running is not None:
            self._doubts[running.attempt] = replace(running.watched, held=False)
        self._running = None
        self._hang_up()
        self._status = Status()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- looking --------------------------------------------------------------------------------------------------

    def _look(self, now: float) -> None:
        """Ask how it is, once, and tell what that changes."""
        if self._fault is not None:
            self._hang_up()
        running = self._running
        self._look_at = now + (self._options.poll if running is not None else self._options.idle_poll)
        try:
            talk = self._talk or self._served()
            status, flaws = self._asked(talk)
            counted = running is not None and running.watched.before is not None and status is not None
            count = self._count(talk) if counted else None
            if running is not None and running.lost and status is not None and status.partial:
                # What was cut off would wait for its end for ever, and nobody else prints here.
                talk.tell(says.CANCEL_ALL if not (status.formats or status.remaining) else b"")
        except WireFault as fault:
            self._hang_up()
            self._lost(running, str(fault))
            return
        if running is None:
            self._hang_up()
        self._note(status, flaws, link=Link.ONLINE if status is not None or flaws else Link.OFFLINE)
        if running is not None and self._running is running:
            self._follow(running, status, flaws, count)

    def _count(self, talk: Questions) -> int | None:
        """Labels that it ever printed; None where it does not count them. Raises WireFault."""
        if not self._counts:
            return None
        count = talk.ask(says.LABEL_COUNT, _counted, self._options.answer_wait)
        self._counts = self._running is not None or (count is not None and count >= 0)
        return count if count is not None and count >= 0 else None

    def _asked(self, talk: Questions) -> tuple[says.HostStatus | None, list[str]]:
        """~HS; and where that is not answered, what is wrong. Raises WireFault."""
        status = talk.ask(says.STATUS, says.host_status, self._options.answer_wait)
        if status is not None:
            return status, []
        return None, talk.ask(says.ERRORS, says.errors, self._options.answer_wait) or []

    def _follow(self, running: _Running, status: says.HostStatus | None, flaws: list[str], count: int | None) -> None:
        now = self._clock.monotonic()
        if status is None:
            if flaws:
                running.heard_at, running.watched = now, replace(running.watched, troubled=True)
            elif now - running.heard_at >= self._options.patience:
                self._ended(Doubted(running.attempt, f"{self._name} answers no more; look which labels came out"))
            return
        running.heard_at = now
        if not running.lost:
            self._read_whole(running)
        if not status.able:
            running.watched = replace(running.watched, troubled=True)
        running.empty_since = (running.empty_since or now) if status.empty else None
        out = count - (running.watched.before or 0) if count is not None else 0
        if running.out < out <= running.watched.labels:
            running.out = out
            self._events.append(Progressed(running.attempt, out / running.watched.labels))
        settled = running.empty_since is not None and now - running.empty_since >= self._options.settle
        if (ending := says.judged(running.watched, status, count, settled)) is not None:
            kind, why = ending
            if running.cancelling:
                self._ended(Cancelled(running.attempt, f"it was cancelled from here; {why}"))
            else:
                self._ended(ENDINGS[kind](running.attempt, why))

    def _lost(self, running: _Running | None, why: str) -> None:
        """The connection went. Alone with the printer, its counter is asked once it is back; else nobody knows."""
        self._note(None, [], link=Link.OFFLINE)
        if running is None or self._running is not running:
            return
        if not running.lost:
            running.heard_at = self._clock.monotonic()  # until now it was not known that nothing is heard
        running.empty_since, running.lost = None, self._by_counter(running)
        if running.lost and self._clock.monotonic() - running.heard_at < self._options.patience:
            return
        self._ended(Doubted(running.attempt, f"{why} while labels were under way; look which came out"))

    def _doubt(self, running: _Running) -> None:
        self._running = None
        self._doubts[running.attempt] = running.watched
        self._ledger.begin(running.attempt, "it was sent, once, and nobody knows what became of it")
        self._note(activity=self._resting())

    def _ended(self, event: Made | Failed | Cancelled | Doubted) -> None:
        with self._known:
            running = self._running
            if running is None or running.attempt != event.attempt:
                return
            self._events.append(event)
            if isinstance(event, Doubted):
                self._doubt(running)
            else:
                self._running = None
                self._ledger.end(event)
                self._note(activity=self._resting())
        if self._fault is None:
            self._hang_up()

    def _resting(self) -> Activity:
        """What it is doing once nothing of ours is under way: a printer that wants something takes no labels."""
        return Activity.PAUSED if self._status.prompt else Activity.IDLE

    def _note(
        self,
        status: says.HostStatus | None = None,
        flaws: list[str] | None = None,
        *,
        link: Link | None = None,
        firmware: str | None = None,
        activity: Activity | None = None,
    ) -> None:
        """Take what was learnt into the status, and tell it where it is news."""
        with self._known:
            was = self._status
            wanted = says.prompt(status, flaws or []) if flaws is not None else was.prompt
            known = replace(was, link=link or was.link, firmware=firmware or was.firmware, prompt=wanted)
            if activity is None and flaws is not None:
                activity = self._activity(status, wanted)
            self._status = replace(known, activity=activity or was.activity)
            if self._status != was or (activity is not None and flaws is None):
                self._events.append(Changed(self.status()))

    def _activity(self, status: says.HostStatus | None, wanted: str | None) -> Activity:
        if self._running is not None:
            return Activity.PAUSED if status is not None and status.paused else Activity.BUSY
        if wanted:
            return Activity.PAUSED
        return Activity.BUSY if status is not None and not status.empty else Activity.IDLE

    # --- the connection -------------------------------------------------------------------------------------------

    def _open(self, *, record: bool = False) -> Questions:
        wire = self._opener(self._settings.address, 0)
        if record and self._settings.recording is not None:
            wire = Recorder(wire, self._settings.recording, self._clock)
        self._talk = Questions(wire, says.Frames(), self._clock)
        return self._talk

    def _served(self, *, record: bool = False) -> Questions:
        """A connection that is served: one is at a time, and another may have to end first. Raises WireFault."""
        until = self._clock.monotonic() + self._options.answer_wait
        while True:
            try:
                talk = self._open(record=record)
                talk.ask(says.STATUS, says.host_status, self._options.answer_wait)
                return talk
            except WireFault:
                self._hang_up()
                if self._clock.monotonic() >= until or self._stopped():
                    raise
            self._clock.sleep(ASK_AGAIN)

    def _hang_up(self) -> None:
        with self._known:  # not while a last word is spoken on it
            talk, self._talk = self._talk, None
            if talk is not None:
                talk.close()

    def _connection_of(self, running: _Running) -> Questions:
        if self._talk is None:
            raise WireFault(f"the connection to {self._name} was lost; end {running.attempt} at the printer itself")
        return self._talk

    def _in_hand(self, attempt: str) -> _Running:
        running = self._running
        if checked_attempt(attempt) != (running.attempt if running is not None else None) or running is None:
            there = running.attempt if running is not None else "nothing"
            raise WrongAttempt(f"{attempt} is not on {self._name}: {there} is; nothing was done")
        return running

    def _need_connection(self) -> None:
        if self._status.firmware is None:
            raise WireFault(f"{self._name} is not connected; connect first")


def _counted(frames: Sequence[str]) -> int | None:
    """The counter, or -1 where the printer says that it has none: that is an answer, too."""
    count = says.label_count(frames)
    return count if count is not None else (-1 if any(frame.startswith('"') for frame in frames) else None)
