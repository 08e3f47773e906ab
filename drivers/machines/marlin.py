"""A machine with a Marlin firmware on a serial port: 3D printers, frosting extruders, plotters, some lasers.

The fence of a serial machine is its port. It is opened exclusively, there is one sender, and closing it ends the
attempt: the machine holds no file, so nothing of an attempt can move after its sender is gone but what is already
queued in the planner. A serial print is never resumed after its link was lost.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from drivers.addresses import open_wire
from drivers.contract import (
    Activity,
    Cancelled,
    Clock,
    DriverError,
    Event,
    Evidence,
    Failed,
    Link,
    MachineFault,
    Made,
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
from drivers.memory import Memory
from drivers.options import checked
from drivers.payloads import read_payload
from drivers.protocols.marlin import Answered, Began, Engine, Options, Program, Warned, Withdrawn, program
from drivers.protocols.marlin.facts import facts
from drivers.protocols.marlin.talk import asks, spoken
from drivers.recording import Recorder
from drivers.service import Box, Facts, checked_box
from drivers.transport import Port
from drivers.wires import Wire

_log = logging.getLogger(__name__)

HELD = 4
"""Transferred attempts that are kept in memory; the oldest that was not started makes room."""

STOP_WAIT = 1.0
"""Seconds that the firmware may take to confirm an emergency stop before the port is closed as well."""

SERVICE_WAIT = 120.0
"""Seconds that a technician's line, or a home, may take."""

FASTEST_FRAME = 1000.0
"""mm/s that a frame may be asked for; the firmware holds it below its own limits."""

FRAME_HEIGHT = 30.0
"""mm above the origin at which a frame is traced, or as high as the envelope allows: over jigs and pieces."""


class Marlin:
    """The shell around the engine; see :class:`drivers.contract.Machine` for the verbs.

    Longest times: ``connect`` boot_wait + greeting, ``start`` start_wait, ``stop`` :data:`STOP_WAIT`, a technician's
    verbs :data:`SERVICE_WAIT`, others the time of one writing.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        self._settings, self._clock, self._opener = settings, clock, opener
        self._options = checked(Options, settings.options, settings.name)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._told = threading.Condition()
        self._engine = Engine(self._options, settings.envelope)
        self._port: Port | None = None
        self._held: dict[str, Program] = {}
        self._began = Memory[str]()
        self._ended = Memory[Evidence]()
        self._given_up = Memory[Evidence]()
        self._fault: str | None = None
        self._answer: Answered | None = None

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected. Opening the port resets many boards; that is waited for, and is not needed."""
        if self._port is not None and self._port.open and self.status().fault is None:
            return self.status()
        self.close()
        self._fault = None
        wire = self._opener(self._settings.address, self._options.baud)
        if self._settings.recording is not None:
            wire = Recorder(wire, self._settings.recording, self._clock)
        self._engine = Engine(self._options, self._settings.envelope)
        self._port = Port(wire, self._engine, self._clock, self._tell, self._settings.name)
        self._wait(self._options.boot_wait + self._options.greeting, self._settled)
        status = self._engine.status
        if status.link is Link.CONNECTING and status.activity is Activity.IDLE:
            self.close()
            raise MachineFault(
                f"{self._settings.name} does not answer as Marlin does; look at the baud rate ({self._options.baud}) "
                "and at the firmware, and reset it if it was stopped"
            )
        if status.link is Link.OFFLINE:
            self.close()
            raise WireFault(f"the link to {self._settings.name} broke while it was greeted; look at cable and power")
        if status.fault is not None:
            self.close()
            raise MachineFault(f"{self._settings.name}: {status.fault}")
        return status

    def _settled(self) -> bool:
        status = self._engine.status
        return status.link is not Link.CONNECTING or (self._port is not None and not self._port.open)

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Check the artifact and hold its lines here: the machine itself holds nothing."""
        checked_attempt(attempt)
        if attempt in self._held or attempt in self._began or attempt in self._ended:
            return
        if attempt in self._given_up:
            raise OurFault(f"{attempt} was given up ({self._given_up[attempt].why}); make a new attempt")
        lines = program(read_payload(payload))
        if len(self._held) >= HELD:
            self._give_up(next(iter(self._held)), "it made room for a later one")
        self._held[attempt] = lines

    def _give_up(self, attempt: str, why: str) -> Evidence:
        del self._held[attempt]
        self._given_up[attempt] = Evidence(Seen.ABSENT, f"it never started and its lines were dropped: {why}")
        return self._given_up[attempt]

    def start(self, attempt: str) -> StartAnswer:
        """Feed the first line and wait until the machine has taken it."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        if self._engine.attempt == attempt or attempt in self._ended:
            return self._await_begin(attempt)
        if attempt not in self._held:
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred, or was given up")
        try:
            lines = self._held[attempt]
            self._port_now().call(lambda now: self._engine.begin(attempt, lines, now), bytes)
        except DriverError as error:
            # Nothing of the program goes out before its preamble was answered, and that cannot have been yet.
            return StartAnswer(Start.REFUSED, str(error))
        return self._await_begin(attempt)

    def _await_begin(self, attempt: str) -> StartAnswer:
        self._wait(self._options.start_wait, lambda: self._engine.attempt != attempt or attempt in self._began)
        if attempt in self._began:
            return StartAnswer(Start.STARTED, self._began[attempt])
        if attempt in self._given_up:
            return StartAnswer(Start.REFUSED, self._given_up[attempt].why)
        if attempt in self._ended:
            return StartAnswer(Start.UNCERTAIN, self._ended[attempt].why)
        try:
            if self._port_now().call(lambda _: self._engine.withdraw(attempt)):
                return StartAnswer(Start.REFUSED, self._give_up(attempt, "the machine did not answer").why)
        except WireFault as fault:
            return StartAnswer(Start.UNCERTAIN, str(fault))
        return StartAnswer(Start.UNCERTAIN, "its first line was sent and is not acknowledged")

    def pause(self, attempt: str) -> None:
        """Paused when the queued motion is over; ``status`` and an event tell."""
        self._attempt_verb(self._engine.pause, attempt)

    def resume(self, attempt: str) -> None:
        """Go on at the next line. Where the machine waits for a person, that is the answer to it."""
        self._attempt_verb(self._engine.resume, attempt)

    def cancel(self, attempt: str) -> None:
        """Stop feeding, stop the motion if the firmware can, switch off; Cancelled follows when that is done."""
        if checked_attempt(attempt) not in self._ended:
            self._attempt_verb(self._engine.cancel, attempt)

    def _attempt_verb(self, verb: Callable[[str, float], bytes], attempt: str) -> None:
        checked_attempt(attempt)
        if self._engine.attempt is None and self._port is None:
            raise WrongAttempt(f"{attempt} is not on {self._settings.name}: it is not connected; nothing was done")
        self._port_now().call(lambda now: verb(attempt, now), bytes)

    def stop(self) -> None:
        """M112. Without EMERGENCY_PARSER it waits behind the queue, so then the port is closed too."""
        port, engine = self._port, self._engine
        if port is None or not port.open:
            self._fault = "stopped while it was not connected: switch it off by hand; connect again when it is safe"
            return
        try:
            at_once = engine.immediate_stop
            port.call(lambda _: engine.emergency(), bytes, timeout=STOP_WAIT)
            self._wait(STOP_WAIT, lambda: engine.halt_confirmed or not port.open)
            confirmed = engine.halt_confirmed
        except DriverError as error:
            _log.warning("emergency stop of %s: %s", self._settings.name, error)
            at_once = confirmed = False
        how = "M112 went past the queue" if at_once else "M112 had to wait behind the queue (no EMERGENCY_PARSER)"
        told = (
            "the firmware has confirmed it" if confirmed else "the firmware did not confirm it, so the port was closed"
        )
        self._fault = f"emergency stop: {how}; {told}. Look at the machine, reset it, connect again"
        if not confirmed:
            port.close(self._fault)

    def reconcile(self, attempt: str) -> Evidence:
        """What is known, and a fence: an attempt that is not running cannot start any more.

        An attempt that this object never saw (an earlier process had it) is told as FAILED once the port is ours: its
        sender is gone and a serial print is not resumed. Whether it had begun, no serial machine can say: a caller
        whose journal shows that no start was ordered may take that as "never started". Without the port: UNKNOWN.
        """
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        if attempt in self._ended:
            return self._ended[attempt]
        status = self._engine.status
        if self._engine.attempt == attempt:
            seen = Seen.PAUSED if status.activity is Activity.PAUSED else Seen.RUNNING
            begun = "" if attempt in self._began else "; its first line is not acknowledged yet"
            return Evidence(seen, f"its lines are being fed from here{begun}")
        if attempt in self._began:  # It ends at this moment: the port's thread is about to tell how.
            self._wait(STOP_WAIT, lambda: attempt in self._ended)
            return self._ended.get(attempt) or Evidence(Seen.UNKNOWN, "it was fed from here, and its end was not told")
        if attempt in self._held:
            return self._give_up(attempt, "it was reconciled")
        if attempt in self._given_up:
            return self._given_up[attempt]
        if self._port is None or not self._port.open:
            return Evidence(Seen.UNKNOWN, "the port is not ours, so its old sender may still be at work; connect first")
        self._given_up[attempt] = Evidence(
            Seen.FAILED,
            "this process never fed it, and its old sender has lost the port; a serial print is not resumed. "
            "If no start of it was ever ordered, it never began",
        )
        return self._given_up[attempt]

    def status(self) -> Status:
        status = self._engine.status
        return status if self._fault is None else replace(status, activity=Activity.FAULT, fault=self._fault)

    def next_event(self, timeout: float) -> Event | None:
        try:
            return self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Give the port back. What runs has failed by that."""
        port, self._port = self._port, None
        if port is not None:
            port.close("the port was closed while it ran; a serial print is not resumed")

    # --- what a technician asks: see drivers.service ------------------------------------------------------------------

    def facts(self) -> Facts:
        """M115, M503 and M211: identity and limits. Moves nothing."""
        return facts(self._serve(b"M115", b"M503", b"M211").lines)

    def asks(self, line: str) -> bool:
        return asks(line)

    def console(self, line: str) -> list[str]:
        """One line, and what the firmware says until it is done."""
        answer = self._serve(spoken(line))
        if answer.refused is not None:
            raise MachineFault(f"the firmware refuses {line.strip()!r}: {answer.refused}")
        return list(answer.lines)

    def home(self) -> None:
        """G28: every axis, wherever the tool is."""
        self._do(b"G28")

    def nudge(self) -> None:
        """Z up by 1 mm and back, at 5 mm/s."""
        self._do(b"G21", b"G91", b"G1 Z1 F300", b"G1 Z-1 F300", b"M400", b"G90")

    def frame(self, box: Box, speed: float) -> None:
        """Home, go up to :data:`FRAME_HEIGHT`, and trace the box there: the tool is over whatever lies on the bed."""
        envelope = self._settings.envelope
        x0, y0, x1, y1 = checked_box(box, envelope)
        if not 0 < speed <= FASTEST_FRAME:
            raise OurFault(f"a frame is traced at more than 0 and at most {FASTEST_FRAME:g} mm/s, not {speed:g}")
        height = min(FRAME_HEIGHT, envelope[2] if envelope else FRAME_HEIGHT)
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
        lines = [b"G0 X%.3f Y%.3f F%.0f" % (x, y, speed * 60) for x, y in corners]
        self._do(b"G21", b"G90", b"G28", b"G0 Z%.3f F300" % height, *lines, b"M400")

    def _do(self, *lines: bytes) -> None:
        answer = self._serve(*lines)
        if answer.refused is not None:
            raise MachineFault(f"the firmware refuses it: {answer.refused}")

    def _serve(self, *lines: bytes) -> Answered:
        """Have the lines done, one after the other, and return what was said. Raises what kept them from it."""
        port = self._port_now()
        port.call(lambda now: self._engine.talk(lines, now), bytes)
        self._wait(SERVICE_WAIT, lambda: self._answered_to(lines) or not port.open)
        self._wait(STOP_WAIT, lambda: self._answered_to(lines))  # A port that closes tells it at its end.
        if not self._answered_to(lines) or self._answer is None:
            prompt = self.status().prompt
            waits = f"it says that it waits: {prompt}" if prompt else "it is still at work"
            raise WireFault(f"{self._settings.name} was not done after {SERVICE_WAIT:g} s; {waits}")
        if self._answer.fault is not None:
            raise self._answer.fault
        return self._answer

    def _answered_to(self, lines: tuple[bytes, ...]) -> bool:
        """Whether the last answer is to these very lines, not to earlier ones that were given up."""
        return self._answer is not None and self._answer.asked is lines

    # --- the port's thread tells --------------------------------------------------------------------------------------

    def _tell(self, event: Event | Began | Withdrawn | Warned | Answered) -> None:
        with self._told:
            note = _NOTES.get(type(event))
            if note is not None:
                note(self, event)
            if not isinstance(event, Began | Withdrawn | Warned | Answered):
                self._events.put(event)
            self._told.notify_all()

    def _note_began(self, event: Began) -> None:
        self._began[event.attempt] = "the machine has taken its first line"
        self._held.pop(event.attempt, None)

    def _note_withdrawn(self, event: Withdrawn) -> None:
        if event.attempt in self._held:
            self._give_up(event.attempt, event.why)

    def _note_warned(self, event: Warned) -> None:
        _log.warning("%s, attempt %s: %s", self._settings.name, event.attempt, event.why)

    def _note_end(self, event: Made | Failed | Cancelled) -> None:
        self._held.pop(event.attempt, None)
        self._ended[event.attempt] = Evidence(Seen.MADE if isinstance(event, Made) else Seen.FAILED, event.why)

    def _note_answered(self, event: Answered) -> None:
        self._answer = event

    def _wait(self, seconds: float, until: Callable[[], bool]) -> None:
        with self._told:
            self._told.wait_for(until, seconds)

    def _port_now(self) -> Port:
        if self._port is None:
            raise WireFault(f"{self._settings.name} is not connected; connect first")
        return self._port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_NOTES: Mapping[type, Callable[[Marlin, Any], None]] = {
    Began: Marlin._note_began,
    Withdrawn: Marlin._note_withdrawn,
    Warned: Marlin._note_warned,
    Answered: Marlin._note_answered,
    Made: Marlin._note_end,
    Failed: Marlin._note_end,
    Cancelled: Marlin._note_end,
}
