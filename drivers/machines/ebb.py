"""A pen plotter behind an EiBotBoard (EBB) on a serial port: AxiDraw, EggBot and their kind.

The board plans no motion: this driver does, and feeds it steps. The fence is the port, as with every machine that is
fed; see :mod:`drivers.machines.marlin`. What stands in the board when its host is gone is some 50 ms of motion: it ends
by itself, but the pen stays where it is until somebody connects or lifts it.

The origin is where the carriage stands when the motors are switched on, at the first connection after a power-up. No
switch tells where that is: a person puts the carriage into its home corner before. It stays the origin as long as the
motors stay on and the board is not restarted, and then nothing is drawn until somebody has looked.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np

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
from drivers.ledger import Ledger
from drivers.options import checked
from drivers.payloads import read_payload
from drivers.protocols.ebb import (
    FAREWELL,
    Answered,
    Began,
    Engine,
    Frame,
    Limits,
    Options,
    Path,
    Program,
    Withdrawn,
    program,
)
from drivers.recording import Recorder
from drivers.service import Box, Facts, checked_box, checked_line
from drivers.transport import Port
from drivers.wires import Wire

_log = logging.getLogger(__name__)

BAUD = 115200
"""A USB device has none; the port must be given one."""

STOP_WAIT = 1.0
"""Seconds that the board may take to answer the last word."""

GREETING_WAIT = 15.0
"""Seconds for the greeting; each of its answers has a limit of its own."""

NUDGE_SPEED = 20.0

_INTERNAL = Began | Withdrawn | Answered


class Ebb:
    """The shell around the engine; see :class:`drivers.contract.Machine` for the verbs.

    Longest times: ``connect`` :data:`GREETING_WAIT`, ``transfer`` the time of planning (a second for some 100,000
    moves), ``start`` start_wait, ``stop`` :data:`STOP_WAIT`, ``close`` that and pen_delay, a technician's verbs as
    long as they move, others the time of one writing.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        self._settings, self._clock, self._opener = settings, clock, opener
        self._options = checked(Options, settings.options, settings.name)
        at_the_back = self._options.home == "back-left"
        depth = settings.envelope[1] if at_the_back and settings.envelope is not None else None
        self._frame = Frame(self._options.steps, self._options.kinematics == "axidraw", depth)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._told = threading.Condition()
        self._engine = Engine(self._options, self._frame)
        self._port: Port | None = None
        self._ledger = Ledger[Program]()
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._fault: str | None = None

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected: the pen goes up, and nothing else moves."""
        if self._port is not None and self._port.open and self.status().fault is None:
            return self.status()
        if self._options.home == "back-left" and self._settings.envelope is None:
            raise MachineFault(f"{self._settings.name} is at home at the back: add its envelope, whose y is the front")
        self.close()
        self._fault = None
        wire = self._opener(self._settings.address, BAUD)
        if self._settings.recording is not None:
            wire = Recorder(wire, self._settings.recording, self._clock)
        self._engine = Engine(self._options, self._frame)
        self._port = Port(wire, self._engine, self._clock, self._tell, self._settings.name)
        self._wait(GREETING_WAIT, self._settled)
        status, why = self._engine.status, self._engine.fault
        if status.link is Link.ONLINE and why is None:
            return status
        self.close()
        if why is not None:
            raise MachineFault(f"{self._settings.name}: {why}")
        if status.link is Link.OFFLINE:
            raise WireFault(f"the link to {self._settings.name} broke while it was greeted; look at cable and power")
        raise MachineFault(f"{self._settings.name} did not get past its greeting; look at cable and power")

    def _settled(self) -> bool:
        status = self._engine.status
        return status.link is not Link.CONNECTING or (self._port is not None and not self._port.open)

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Check the artifact, plan its motion, and hold it here: the board itself holds nothing."""
        checked_attempt(attempt)
        if self._ledger.knows(attempt):
            return
        options = self._options
        limits = Limits(options.speed, options.acceleration, options.corner)
        self._ledger.hold(attempt, program(read_payload(payload), limits, self._frame))

    def start(self, attempt: str) -> StartAnswer:
        """Look whether it has power and knows its origin, begin, and wait until the board has taken a motion."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        if self._engine.attempt == attempt or attempt in self._ledger.ended:
            return self._await_begin(attempt)
        if attempt not in self._ledger.held:
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred, or was given up")
        planned = self._ledger.held[attempt]
        try:
            self._port_now().call(lambda now: self._engine.begin(attempt, planned, now), bytes)
        except DriverError as error:
            # No motion goes out before the board has answered what comes before it.
            return StartAnswer(Start.REFUSED, str(error))
        return self._await_begin(attempt)

    def _await_begin(self, attempt: str) -> StartAnswer:
        ledger = self._ledger
        self._wait(
            self._options.start_wait,
            lambda: attempt in ledger.began or attempt in ledger.ended or attempt in ledger.given_up,
        )
        if attempt in ledger.began:
            return StartAnswer(Start.STARTED, ledger.began[attempt])
        if attempt in ledger.given_up:
            return StartAnswer(Start.REFUSED, ledger.given_up[attempt].why)
        if attempt in ledger.ended:
            return StartAnswer(Start.UNCERTAIN, ledger.ended[attempt].why)
        return StartAnswer(Start.UNCERTAIN, "its first motion was sent and is not answered")

    def pause(self, attempt: str) -> None:
        """Paused when it stands still and the pen is up; ``status`` and an event tell."""
        self._attempt_verb(self._engine.pause, attempt)

    def resume(self, attempt: str) -> None:
        """The pen goes where it was, and the line goes on."""
        self._attempt_verb(self._engine.resume, attempt)

    def cancel(self, attempt: str) -> None:
        """Stop the motion, lift the pen; Cancelled follows when that is done. The carriage stays where it is."""
        if checked_attempt(attempt) not in self._ledger.ended:
            self._attempt_verb(self._engine.cancel, attempt)

    def _attempt_verb(self, verb: Callable[[str, float], bytes], attempt: str) -> None:
        checked_attempt(attempt)
        if self._engine.attempt is None and self._port is None:
            raise WrongAttempt(f"{attempt} is not on {self._settings.name}: it is not connected; nothing was done")
        self._port_now().call(lambda now: verb(attempt, now), bytes)

    def stop(self) -> None:
        """ES and pen up, from this thread and past all that waits: at most the motion of some 50 ms still comes."""
        if self._port is None or not self._port.open:
            self._fault = "stopped while it was not connected: switch it off by hand; connect again when it is safe"
            return
        self._fault = "emergency stop: the motion was stopped and the pen lifted"
        told = "the board has confirmed it" if self._last_word(self._fault) else "the board did not confirm it"
        self._fault = f"{self._fault}; {told}. Look at the machine, and connect again when it is safe"
        if not self._engine.parted:
            self._port.close(self._fault)

    def _last_word(self, why: str) -> bool:
        """End the motion and lift the pen, whatever is under way; nothing is said after it. Whether it was answered."""
        port, engine = self._port, self._engine
        if port is None or not port.open:
            return False
        engine.parting = why
        port.last_word(FAREWELL)
        try:
            port.call(engine.stopped, timeout=STOP_WAIT)
            self._wait(STOP_WAIT, lambda: engine.parted or not port.open)
        except DriverError as error:
            _log.warning("%s: %s", self._settings.name, error)
        return engine.parted

    def reconcile(self, attempt: str) -> Evidence:
        """What is known, and a fence: an attempt that is not running cannot start any more.

        An attempt that this object never saw is told as FAILED once the port is ours, as with every machine that is
        fed: its sender is gone. Without the port: UNKNOWN.
        """
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        ledger = self._ledger
        if attempt in ledger.ended:
            return ledger.ended[attempt]
        if self._engine.attempt == attempt:
            paused = self._engine.status.activity is Activity.PAUSED
            begun = "" if attempt in ledger.began else "; its first motion is not answered yet"
            return Evidence(Seen.PAUSED if paused else Seen.RUNNING, f"its motion is fed from here{begun}")
        if attempt in ledger.began:  # It ends at this moment: the port's thread is about to tell how.
            self._wait(STOP_WAIT, lambda: attempt in ledger.ended)
            return ledger.ended.get(attempt) or Evidence(Seen.UNKNOWN, "it was fed from here, and its end was not told")
        if attempt in ledger.held:
            return ledger.give_up(attempt, "it was reconciled")
        if attempt in ledger.given_up:
            return ledger.given_up[attempt]
        if self._port is None or not self._port.open:
            return Evidence(Seen.UNKNOWN, "the port is not ours, so its old sender may still be at work; connect first")
        return ledger.disown(attempt)

    def status(self) -> Status:
        status = self._engine.status
        return status if self._fault is None else replace(status, activity=Activity.FAULT, fault=self._fault)

    def next_event(self, timeout: float) -> Event | None:
        try:
            return self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Lift the pen and give the port back. What runs has failed by that."""
        why = "the port was closed while it ran, and the pen was lifted; what is fed is not resumed"
        down = self._engine.desk.down
        if self._engine.parting is None and self._last_word(why) and down:
            # Whoever closes it may switch it off next, and then the pen stays where it has got to.
            self._clock.sleep(self._options.pen_delay)
        port, self._port = self._port, None
        if port is not None:
            port.close(why)

    # --- what a technician asks: see drivers.service ------------------------------------------------------------------

    def facts(self) -> Facts:
        """Firmware, power, motors and place; the speeds are those of the options. Moves nothing."""
        said = self._ask(self._engine.facts)
        named = dict(line.split(": ", 1) for line in said)
        options, engine = self._options, self._engine
        x, y = engine.desk.point
        named["origin"] = "where the carriage stood when the motors were switched on"
        named["place"] = f"x {x:.2f} mm, y {y:.2f} mm"
        return Facts(
            firmware=engine.desk.firmware,
            envelope=self._settings.envelope,
            speeds=(options.speed, options.speed),
            accelerations=(options.acceleration, options.acceleration),
            capabilities=named,
        )

    def asks(self, line: str) -> bool:
        """The queries of the board begin with Q, and V is one."""
        name = line.strip().partition(",")[0].upper()
        return name == "V" or (len(name) == 2 and name.startswith("Q") and name != "QB")

    def console(self, line: str) -> list[str]:
        text = checked_line(line).encode("ascii", "replace")
        return list(self._ask(lambda now: self._engine.say(text, now)))

    def home(self) -> None:
        """Back to the origin with the pen up: to where the carriage stood when the motors were switched on.

        There is no switch: the board goes by the steps that it counted since.
        """
        self._visit(lambda _x, _y: [self._frame.point((0, 0))], self._options.speed)

    def nudge(self) -> None:
        """1 mm along x and back with the pen up, towards the middle of the table."""
        middle = self._settings.envelope[0] / 2 if self._settings.envelope is not None else 0.0
        self._visit(lambda x, y: [(x - 1 if x > middle else x + 1, y), (x, y)], NUDGE_SPEED)

    def frame(self, box: Box, speed: float) -> None:
        """Once around a box with the pen up, and back to the origin."""
        x0, y0, x1, y1 = checked_box(box, self._settings.envelope)
        if not speed > 0:
            raise OurFault(f"a frame is traced at more than 0 mm/s, not {speed:g}")
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        self._visit(lambda _x, _y: [*corners, self._frame.point((0, 0))], speed)

    def _visit(self, points: Callable[[float, float], list[tuple[float, float]]], speed: float) -> None:
        """Follow points, which are asked for when it is known where the pen is."""

        def way(x: float, y: float) -> Path:
            found = np.array(points(x, y))
            return Path(found, np.full(len(found), speed))

        self._ask(lambda now: self._engine.visit(way, now))

    def _ask(self, verb: Callable[[float], bytes]) -> tuple[str, ...]:
        """Have something done and return what was said. Raises what kept it from being done."""
        self._port_now().call(verb, bytes)
        answer = self._answers.get()  # The engine ends it at its limit, and with the wire.
        if answer.fault is not None:
            raise answer.fault
        return answer.lines

    # --- the port's thread tells --------------------------------------------------------------------------------------

    def _tell(self, event: Event | _INTERNAL) -> None:
        with self._told:
            note = _NOTES.get(type(event))
            if note is not None:
                note(self, event)
            if not isinstance(event, _INTERNAL):
                self._events.put(event)
            self._told.notify_all()

    def _note_began(self, event: Began) -> None:
        self._ledger.begin(event.attempt, "the board has taken its first motion")

    def _note_withdrawn(self, event: Withdrawn) -> None:
        self._ledger.give_up(event.attempt, event.why)

    def _note_end(self, event: Made | Failed | Cancelled) -> None:
        self._ledger.end(event)

    def _note_answered(self, event: Answered) -> None:
        self._answers.put(event)

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


_NOTES: Mapping[type, Callable[[Ebb, Any], None]] = {
    Began: Ebb._note_began,
    Withdrawn: Ebb._note_withdrawn,
    Answered: Ebb._note_answered,
    Made: Ebb._note_end,
    Failed: Ebb._note_end,
    Cancelled: Ebb._note_end,
}
