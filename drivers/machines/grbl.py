"""A machine with GRBL 1.1 or grblHAL on a serial port: laser engravers, CNC routers, pen plotters with a servo.

The fence of a serial machine is its port; see :mod:`drivers.machines.marlin`. What is different here: the firmware
checks a program before it may start, and a single byte resets it past every queue, which switches the tool off.

Nothing in this file makes a laser safe. A host that hangs, a cable that is pulled or a process that is killed leaves
what stands in the machine's own buffers to be burnt, and M3 burns on where it stands. That takes an interlock in
hardware.
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
from drivers.ledger import Ledger
from drivers.memory import Memory
from drivers.options import checked
from drivers.payloads import read_payload
from drivers.protocols.grbl import (
    Answered,
    Began,
    Confirmed,
    Engine,
    Options,
    Prepared,
    Program,
    Rehearsed,
    State,
    Withdrawn,
    program,
    talk,
)
from drivers.protocols.grbl.boot import ANSWER_WAIT
from drivers.protocols.grbl.session import RESET
from drivers.recording import Recorder
from drivers.service import Box, Facts, checked_box
from drivers.transport import Port
from drivers.wires import Wire

_log = logging.getLogger(__name__)

STOP_WAIT = 1.0
"""Seconds that the firmware may take to say its banner after an emergency stop. The stop itself waits for nothing."""

SERVICE_WAIT = 120.0
"""Seconds that a technician's lines may take; homing and frames have limits of their own."""

FASTEST_FRAME = 1000.0
"""mm/s that a frame may be asked for; the firmware holds it below its own limits."""

_INTERNAL = Prepared | Began | Rehearsed | Withdrawn | Confirmed | Answered
_X, _Z = 0, 2


class Grbl:
    """The shell around the engine; see :class:`drivers.contract.Machine` for the verbs.

    Longest times: ``connect`` boot_wait + reset_wait + greeting and two seconds; ``transfer`` as long as the firmware
    takes to check the program, an 8-bit GRBL about a second for 400 lines; ``start`` start_wait, and where it is due
    home_wait and that check before it; ``stop`` :data:`STOP_WAIT`, the byte itself goes out at once; a technician's
    verbs :data:`SERVICE_WAIT` or their own limit; others the time of one writing.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        self._settings, self._clock, self._opener = settings, clock, opener
        self._options = checked(Options, settings.options, settings.name)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._told = threading.Condition()
        self._engine = Engine(self._options, settings.envelope)
        self._port: Port | None = None
        self._ledger = Ledger[Program]()
        self._checked = Memory[DriverError | None]()
        """Held attempts that the firmware has seen, and what it found."""
        self._prepared: str | None = None
        self._fault: str | None = None
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected. A board that does not reset when its port opens is reset, unless it is at work."""
        if (
            self._port is not None
            and self._port.open
            and self._fault is None
            and self._engine.state is not State.HALTED
        ):
            return self.status()
        self.close()
        self._fault = None
        wire = self._opener(self._settings.address, self._options.baud)
        if self._settings.recording is not None:
            wire = Recorder(wire, self._settings.recording, self._clock)
        self._engine = Engine(self._options, self._settings.envelope)
        self._port = Port(wire, self._engine, self._clock, self._tell, self._settings.name)
        options = self._options
        self._wait(options.boot_wait + options.reset_wait + options.greeting + 2 * ANSWER_WAIT, self._settled)
        return self._greeted()

    def _settled(self) -> bool:
        status = self._engine.status
        return status.link is not Link.CONNECTING or (self._port is not None and not self._port.open)

    def _greeted(self) -> Status:
        name, status = self._settings.name, self._engine.status
        if status.link is Link.OFFLINE:
            self.close()
            raise WireFault(f"the link to {name} broke while it was greeted; look at cable and power")
        if self._engine.state is State.HALTED or self._fault is not None:
            self.close()
            raise MachineFault(f"{name}: {self._fault or status.fault}")
        if status.link is Link.CONNECTING:
            self.close()
            raise MachineFault(f"{name} did not get past its greeting; look at cable and baud rate")
        return status

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Check the artifact, have the firmware check it where it can now, and hold its lines here.

        A machine that is busy or locked cannot check: then :meth:`start` has it done before the first line.
        """
        checked_attempt(attempt)
        if self._ledger.knows(attempt):
            return
        lines = program(read_payload(payload))
        self._ledger.hold(attempt, lines)
        if not self._options.dry_run or self._port is None or not self._port.open or not self._engine.can_check:
            return
        try:
            self._port.call(lambda now: self._engine.rehearse(attempt, lines, now), bytes)
            self._wait(None, lambda: attempt in self._checked)
            fault = self._checked[attempt]
        except DriverError as error:
            fault = error
        if fault is not None:
            self._ledger.give_up(attempt, str(fault))
            raise fault

    def start(self, attempt: str) -> StartAnswer:
        """Home and check where that is due, feed, and wait until the machine has taken the first line."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        if self._engine.attempt == attempt or attempt in self._ledger.ended:
            return self._await_begin(attempt)
        if attempt not in self._ledger.held:
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred, or was given up")
        lines, rehearsed = self._ledger.held[attempt], attempt in self._checked
        try:
            self._port_now().call(lambda now: self._engine.begin(attempt, lines, now, rehearsed=rehearsed), bytes)
        except DriverError as error:
            # No line of the program goes out before the machine has answered what comes before it.
            return StartAnswer(Start.REFUSED, str(error))
        return self._await_begin(attempt)

    def _await_begin(self, attempt: str) -> StartAnswer:
        ledger = self._ledger

        def over() -> bool:
            return attempt in ledger.began or attempt in ledger.ended or attempt in ledger.given_up

        self._wait(None, lambda: over() or self._prepared == attempt)  # Each step before it has a limit of its own.
        self._wait(self._options.start_wait, over)
        if attempt in ledger.began:
            return StartAnswer(Start.STARTED, ledger.began[attempt])
        if attempt in ledger.given_up:
            return StartAnswer(Start.REFUSED, ledger.given_up[attempt].why)
        if attempt in ledger.ended:
            return StartAnswer(Start.UNCERTAIN, ledger.ended[attempt].why)
        return StartAnswer(Start.UNCERTAIN, "its first line was sent and is not answered")

    def pause(self, attempt: str) -> None:
        """Held; paused when the motion is over. ``status`` and an event tell."""
        self._attempt_verb(self._engine.pause, attempt)

    def resume(self, attempt: str) -> None:
        """Go on, once the machine stands still. Where it waits for a person, that is the answer to it."""
        self._attempt_verb(self._engine.resume, attempt)

    def cancel(self, attempt: str) -> None:
        """Hold, and reset when the machine stands still; Cancelled follows, and says whether it knows where it is."""
        if checked_attempt(attempt) not in self._ledger.ended:
            self._attempt_verb(self._engine.cancel, attempt)

    def _attempt_verb(self, verb: Callable[[str, float], bytes], attempt: str) -> None:
        checked_attempt(attempt)
        if self._engine.attempt is None and self._port is None:
            raise WrongAttempt(f"{attempt} is not on {self._settings.name}: it is not connected; nothing was done")
        self._port_now().call(lambda now: verb(attempt, now), bytes)

    def stop(self) -> None:
        """0x18, from this thread and past every queue: the firmware switches the tool off and drops its buffers."""
        port, engine = self._port, self._engine
        if port is None or not port.open:
            self._fault = "stopped while it was not connected: switch it off by hand; connect again when it is safe"
            return
        self._fault = "emergency stop: the machine was reset past every queue"
        engine.part(self._fault)
        taken = port.last_word(RESET)
        try:
            port.call(engine.stopped, timeout=STOP_WAIT)
            self._wait(STOP_WAIT, lambda: engine.stop_confirmed or not port.open)
        except DriverError as error:
            _log.warning("emergency stop of %s: %s", self._settings.name, error)
        if engine.stop_confirmed:
            told = "the firmware has confirmed it"
        else:
            told = "the firmware did not confirm it" if taken else "the wire took no byte"
            told += ", so the port was closed; switch it off by hand"
        self._fault = f"{self._fault}; {told}. Look at the machine, and connect again when it is safe"
        if not engine.stop_confirmed:
            port.close(self._fault)

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
            begun = "" if attempt in ledger.began else "; its first line is not answered yet"
            return Evidence(Seen.PAUSED if paused else Seen.RUNNING, f"its lines are being fed from here{begun}")
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
        """Give the port back. What runs has failed by that; the machine is reset first, which switches its tool off."""
        port, self._port = self._port, None
        if port is None:
            return
        why = "the port was closed while it ran, and the machine was reset; what is fed is not resumed"
        if port.open and self._engine.at_work:
            self._engine.part(why)
            port.last_word(RESET)
        port.close(why)

    # --- what a technician asks: see drivers.service ------------------------------------------------------------------

    def facts(self) -> Facts:
        """``$I`` and ``$$``: identity, limits and every setting. Moves nothing."""
        self._serve(talk.FACTS, SERVICE_WAIT)
        return self._engine.known.facts(self._engine.sight.work)

    def asks(self, line: str) -> bool:
        return talk.asks(line)

    def console(self, line: str) -> list[str]:
        """One line, and what the firmware says until it is done. A setting that is written is read back."""
        text = talk.spoken(line)
        answer = self._serve((text,), self._options.home_wait if text == talk.HOME else SERVICE_WAIT)
        if answer.refused is not None:
            raise MachineFault(f"the firmware refuses {line.strip()!r}: {answer.refused}")
        return list(answer.lines)

    def home(self) -> None:
        """``$H``."""
        if self._engine.attempt is None and self._engine.state is State.IDLE and not self._engine.known.homes:
            raise NotSupported(f"{self._settings.name} cannot home: it has $22=0, and no switches as far as it says")
        self._do((talk.HOME,), self._options.home_wait)

    def nudge(self) -> None:
        """Z up by 1 mm and back, or X where there is no Z; down and back where up would meet the switch."""
        self._check_unlocked()
        envelope, known = self._settings.envelope, self._engine.known
        has_z = envelope[_Z] > 0 if envelope is not None else self._options.tool == "spindle"
        axis = _Z if has_z else _X
        up = not known.homes or talk.room_above(axis, self._engine.sight.machine, known.top, known.number(27) or 0.0)
        self._do(talk.nudge(axis, up), SERVICE_WAIT)

    def frame(self, box: Box, speed: float) -> None:
        """Once around the box by jogs, with the tool switched off before."""
        x0, y0, x1, y1 = checked_box(box, self._settings.envelope)
        if not 0 < speed <= FASTEST_FRAME:
            raise OurFault(f"a frame is traced at more than 0 and at most {FASTEST_FRAME:g} mm/s, not {speed:g}")
        self._check_unlocked()
        way = 2 * (x1 - x0 + y1 - y0) + x1 + y1
        self._do(talk.frame(box, speed), SERVICE_WAIT + 2 * way / speed)

    def _check_unlocked(self) -> None:
        if self._engine.locked:
            raise MachineFault(f"{self._settings.name} is locked until it has homed; home it first")

    def _do(self, lines: tuple[bytes, ...], limit: float) -> None:
        answer = self._serve(lines, limit)
        if answer.refused is not None:
            raise MachineFault(f"the firmware refuses it: {answer.refused}")

    def _serve(self, lines: tuple[bytes, ...], limit: float) -> Answered:
        """Have the lines done, one after the other, and return what was said. Raises what kept them from it."""
        port = self._port_now()
        port.call(lambda now: self._engine.serve(lines, limit, now), bytes)
        answer = self._answers.get()  # The engine ends it at its limit, and with the wire.
        if answer.fault is not None:
            raise answer.fault
        return answer

    # --- the port's thread tells --------------------------------------------------------------------------------------

    def _tell(self, event: Event | _INTERNAL) -> None:
        with self._told:
            note = _NOTES.get(type(event))
            if note is not None:
                note(self, event)
            if not isinstance(event, _INTERNAL):
                self._events.put(event)
            self._told.notify_all()

    def _note_rehearsed(self, event: Rehearsed) -> None:
        self._checked[event.attempt] = None

    def _note_prepared(self, event: Prepared) -> None:
        self._prepared = event.attempt

    def _note_began(self, event: Began) -> None:
        self._ledger.begin(event.attempt, "the machine has taken its first line")

    def _note_withdrawn(self, event: Withdrawn) -> None:
        self._ledger.give_up(event.attempt, str(event.fault))
        self._checked[event.attempt] = event.fault

    def _note_end(self, event: Made | Failed | Cancelled) -> None:
        self._ledger.end(event)

    def _note_answered(self, event: Answered) -> None:
        self._answers.put(event)

    def _wait(self, seconds: float | None, until: Callable[[], bool]) -> None:
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


_NOTES: Mapping[type, Callable[[Grbl, Any], None]] = {
    Rehearsed: Grbl._note_rehearsed,
    Prepared: Grbl._note_prepared,
    Began: Grbl._note_began,
    Withdrawn: Grbl._note_withdrawn,
    Answered: Grbl._note_answered,
    Made: Grbl._note_end,
    Failed: Grbl._note_end,
    Cancelled: Grbl._note_end,
}
