"""A machine with a Marlin firmware on a serial port: 3D printers, frosting extruders, plotters, some lasers.

It is fed from here (:mod:`drivers.fed`). What is different here: an emergency stop may have to wait behind the queue,
and a start that the machine does not answer can be taken back as long as no line of it was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from drivers.addresses import open_wire
from drivers.contract import (
    Clock,
    MachineFault,
    OurFault,
    Settings,
    Start,
    StartAnswer,
    WireFault,
    WrongAttempt,
    checked_attempt,
)
from drivers.fed import Fed, Firmware
from drivers.options import checked
from drivers.protocols.marlin import Answered, Began, Engine, Options, Program, Warned, Withdrawn, program
from drivers.protocols.marlin.facts import facts
from drivers.protocols.marlin.talk import asks, spoken
from drivers.service import Box, Facts, checked_box
from drivers.transport import Port
from drivers.wires import Wire

_log = logging.getLogger(__name__)

SERVICE_WAIT = 120.0
"""Seconds that a technician's line, or a home, may take."""

LEAVING_WAIT = 60.0
"""Seconds that the firmware may take to leave an object out: the lines that it has already are done first."""

FASTEST_FRAME = 1000.0
"""mm/s that a frame may be asked for; the firmware holds it below its own limits."""

FRAME_HEIGHT = 30.0
"""mm above the origin at which a frame is traced, or as high as the envelope allows: over jigs and pieces."""


class Marlin(Fed[Engine, Program, Answered]):
    """See :class:`drivers.fed.Fed` for the verbs.

    Opening the port resets many boards; ``connect`` waits for that and does not need it. ``pause`` takes until the
    queued motion is over; ``cancel`` stops the motion if the firmware can. A technician's verbs take at most
    :data:`SERVICE_WAIT`.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        options = checked(Options, settings.options, settings.name)
        firmware = Firmware(
            engine=lambda: Engine(options, settings.envelope),
            program=program,
            baud=options.baud,
            greeting=options.boot_wait + options.greeting,
            start_wait=options.start_wait,
            mute=f"does not answer as Marlin does; look at the baud rate ({options.baud}) "
            "and at the firmware, and reset it if it was stopped",
            answered="acknowledged",
        )
        notes = {
            Began: self._note_began,
            Withdrawn: self._note_withdrawn,
            Warned: self._note_warned,
            Answered: self._note_answered,
        }
        super().__init__(settings, clock, opener, firmware, notes)

    def _begin(self, attempt: str, program: Program, now: float) -> bytes:
        return self._engine.begin(attempt, program, now)

    def _unanswered(self, attempt: str) -> StartAnswer:
        """What has not left is taken back, and then it is sure that it never will."""
        try:
            if self._port_now().call(lambda _: self._engine.withdraw(attempt)):
                return StartAnswer(Start.REFUSED, self._ledger.give_up(attempt, "the machine did not answer").why)
        except WireFault as fault:
            return StartAnswer(Start.UNCERTAIN, str(fault))
        return super()._unanswered(attempt)

    def _halt(self, port: Port) -> tuple[str, bool]:
        """M112. Without EMERGENCY_PARSER it waits behind the queue, so then the port is closed too."""
        engine = self._engine
        at_once = engine.immediate_stop
        heard = self._heard(port, lambda _: engine.emergency(), lambda: engine.halt_confirmed, bytes)
        confirmed = heard and engine.halt_confirmed
        how = "M112 went past the queue"
        if not (heard and at_once):
            how = "M112 had to wait behind the queue (no EMERGENCY_PARSER)"
        told = "has confirmed it" if confirmed else "did not confirm it, so the port was closed"
        return f"emergency stop: {how}; the firmware {told}. Look at the machine, reset it, connect again", confirmed

    def _part(self, port: Port) -> str:  # noqa: ARG002  It has no last word: its queue runs empty.
        return "the port was closed while it ran; a serial print is not resumed"

    def _note_warned(self, event: Warned) -> None:
        _log.warning("%s, attempt %s: %s", self._name, event.attempt, event.why)

    def leave_out(self, attempt: str, number: int) -> None:
        """M486 P: the lines that the firmware has already, some dozens at most, are still laid."""
        checked_attempt(attempt)
        if self._engine.attempt is None and self._port is None:
            raise WrongAttempt(f"{attempt} is not on {self._name}: it is not connected; nothing was done")
        asked = (b"%d" % number,)
        self._ask(
            lambda now: self._engine.leave_out(attempt, number, asked, now),
            LEAVING_WAIT,
            mine=lambda answer: answer.asked is asked,
        )

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
        return self._ask(
            lambda now: self._engine.talk(lines, now), SERVICE_WAIT, mine=lambda answer: answer.asked is lines
        )
