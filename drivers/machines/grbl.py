"""A machine with GRBL 1.1 or grblHAL on a serial port: laser engravers, CNC routers, pen plotters with a servo.

It is fed from here (:mod:`drivers.fed`). What is different here: the firmware checks a program before it may start,
and a single byte resets it past every queue, which switches the tool off.

Nothing in this file makes a laser safe. A host that hangs, a cable that is pulled or a process that is killed leaves
what stands in the machine's own buffers to be burnt, and M3 burns on where it stands. That takes an interlock in
hardware.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.addresses import open_wire
from drivers.contract import Clock, DriverError, MachineFault, NotSupported, OurFault, Settings, StartAnswer
from drivers.fed import Fed, Firmware
from drivers.memory import Memory
from drivers.options import checked
from drivers.protocols.grbl import (
    Answered,
    Began,
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
from drivers.service import Box, Facts, checked_box
from drivers.transport import Port
from drivers.wires import Wire

SERVICE_WAIT = 120.0
"""Seconds that a technician's lines may take; homing and frames have limits of their own."""

FASTEST_FRAME = 1000.0
"""mm/s that a frame may be asked for; the firmware holds it below its own limits."""

_X, _Z = 0, 2


class Grbl(Fed[Engine, Program, Answered]):
    """See :class:`drivers.fed.Fed` for the verbs.

    ``connect`` resets a board that does not reset when its port opens, unless it is at work. ``transfer`` takes as long
    as the firmware takes to check the program, an 8-bit GRBL about a second for 400 lines; a machine that is busy or
    locked cannot check, and then ``start`` has it homed and checked where that is due, before its own time begins.
    ``pause`` holds; ``cancel`` holds, and resets when the machine stands still. The byte of ``stop`` goes out at once.
    A technician's verbs take at most :data:`SERVICE_WAIT` or their own limit.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        options = self._options = checked(Options, settings.options, settings.name)
        self._checked = Memory[DriverError | None]()
        """Held attempts that the firmware has seen, and what it found."""
        self._prepared: str | None = None
        firmware = Firmware(
            engine=lambda: Engine(options, settings.envelope),
            program=program,
            baud=options.baud,
            greeting=options.boot_wait + options.reset_wait + options.greeting + 2 * ANSWER_WAIT,
            start_wait=options.start_wait,
            mute="did not get past its greeting; look at cable and baud rate",
        )
        notes: dict[type, Callable[[Any], None]] = {
            Rehearsed: self._note_rehearsed,
            Prepared: self._note_prepared,
            Began: self._note_began,
            Withdrawn: self._note_refused,
            Answered: self._note_answered,
        }
        super().__init__(settings, clock, opener, firmware, notes)

    def _latched(self) -> str | None:
        """A machine that must be homed by hand shows a fault, and no new connection mends that."""
        halted = self._engine.state is State.HALTED
        return self.status().fault if halted else self._fault

    def _hold(self, attempt: str, program: Program) -> None:
        super()._hold(attempt, program)
        if not self._options.dry_run or self._port is None or not self._port.open or not self._engine.can_check:
            return
        try:
            self._port.call(lambda now: self._engine.rehearse(attempt, program, now), bytes)
            self._wait(None, lambda: attempt in self._checked)
            fault = self._checked[attempt]
        except DriverError as error:
            fault = error
        if fault is not None:
            self._ledger.give_up(attempt, str(fault))
            raise fault

    def _begin(self, attempt: str, program: Program, now: float) -> bytes:
        return self._engine.begin(attempt, program, now, rehearsed=attempt in self._checked)

    def _await_begin(self, attempt: str) -> StartAnswer:
        # Each step before the first line has a limit of its own.
        self._wait(None, lambda: self._ledger.answer(attempt) is not None or self._prepared == attempt)
        return super()._await_begin(attempt)

    def _halt(self, port: Port) -> tuple[str, bool]:
        """0x18, from this thread and past every queue: the firmware switches the tool off and drops its buffers."""
        engine = self._engine
        self._fault = "emergency stop: the machine was reset past every queue"
        engine.part(self._fault)
        taken = port.last_word(RESET)
        self._heard(port, engine.stopped, lambda: engine.stop_confirmed)
        confirmed = engine.stop_confirmed
        told = "the firmware has confirmed it"
        if not confirmed:
            told = "the firmware did not confirm it" if taken else "the wire took no byte"
            told += ", so the port was closed; switch it off by hand"
        return f"{self._fault}; {told}. Look at the machine, and connect again when it is safe", confirmed

    def _part(self, port: Port) -> str:
        """The machine is reset, which switches its tool off."""
        why = "the port was closed while it ran, and the machine was reset; what is fed is not resumed"
        if port.open and self._engine.at_work:
            self._engine.part(why)
            port.last_word(RESET)
        return why

    def _note_rehearsed(self, event: Rehearsed) -> None:
        self._checked[event.attempt] = None

    def _note_prepared(self, event: Prepared) -> None:
        self._prepared = event.attempt

    def _note_refused(self, event: Withdrawn) -> None:
        self._ledger.give_up(event.attempt, str(event.fault))
        self._checked[event.attempt] = event.fault

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
        return self._ask(lambda now: self._engine.serve(lines, limit, now))
