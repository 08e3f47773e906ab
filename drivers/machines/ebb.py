"""A pen plotter behind an EiBotBoard (EBB) on a serial port: AxiDraw, EggBot and their kind.

The board plans no motion: this driver does, and feeds it steps (:mod:`drivers.fed`). What stands in the board when its
host is gone is some 50 ms of motion: it ends by itself, but the pen stays where it is until somebody connects or lifts
it.

The origin is where the carriage stands when the motors are switched on, at the first connection after a power-up. No
switch tells where that is: a person puts the carriage into its home corner before. It stays the origin as long as the
motors stay on and the board is not restarted, and then nothing is drawn until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from drivers.addresses import open_wire
from drivers.contract import Clock, MachineFault, OurFault, Settings, Status
from drivers.fed import Fed, Firmware
from drivers.options import checked
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
from drivers.service import Box, Facts, checked_box, checked_line
from drivers.transport import Port
from drivers.wires import Wire

BAUD = 115200
"""A USB device has none; the port must be given one."""

GREETING_WAIT = 15.0
"""Seconds for the greeting; each of its answers has a limit of its own."""

NUDGE_SPEED = 20.0


class Ebb(Fed[Engine, Program, Answered]):
    """See :class:`drivers.fed.Fed` for the verbs.

    At ``connect`` the pen goes up, and nothing else moves. ``transfer`` takes the time of planning, a second for some
    100,000 moves. ``start`` looks first whether the board has power and knows its origin. At ``pause`` the pen goes up,
    at ``resume`` it goes where it was; after ``cancel`` the carriage stays where it is. ``close`` takes what ``stop``
    takes and pen_delay, a technician's verbs as long as they move.
    """

    def __init__(self, settings: Settings, clock: Clock, opener: Callable[[str, int], Wire] = open_wire) -> None:
        options = self._options = checked(Options, settings.options, settings.name)
        at_the_back = options.home == "back-left"
        depth = settings.envelope[1] if at_the_back and settings.envelope is not None else None
        frame = self._frame = Frame(options.steps, options.kinematics == "axidraw", depth)
        limits = Limits(options.speed, options.acceleration, options.corner)
        firmware = Firmware(
            engine=lambda: Engine(options, frame),
            program=lambda data: program(data, limits, frame),
            baud=BAUD,
            greeting=GREETING_WAIT,
            start_wait=options.start_wait,
            mute="did not get past its greeting; look at cable and power",
            feeding="its motion is fed from here",
            taken="the board has taken its first motion",
            first="its first motion",
        )
        notes = {Began: self._note_began, Withdrawn: self._note_withdrawn, Answered: self._note_answered}
        super().__init__(settings, clock, opener, firmware, notes)

    def connect(self) -> Status:
        if self._options.home == "back-left" and self._settings.envelope is None:
            raise MachineFault(f"{self._name} is at home at the back: add its envelope, whose y is the front")
        return super().connect()

    def _begin(self, attempt: str, program: Program, now: float) -> bytes:
        return self._engine.begin(attempt, program, now)

    def _halt(self, port: Port) -> tuple[str, bool]:
        """ES and pen up, from this thread and past all that waits: at most the motion of some 50 ms still comes."""
        self._fault = "emergency stop: the motion was stopped and the pen lifted"
        confirmed = self._last_word(port, self._fault)
        told = "the board has confirmed it" if confirmed else "the board did not confirm it"
        return f"{self._fault}; {told}. Look at the machine, and connect again when it is safe", confirmed

    def _last_word(self, port: Port, why: str) -> bool:
        """End the motion and lift the pen, whatever is under way; nothing is said after it. Whether it was answered."""
        engine = self._engine
        engine.parting = why
        port.last_word(FAREWELL)
        self._heard(port, engine.stopped, lambda: engine.parted)
        return engine.parted

    def _part(self, port: Port) -> str:
        """The pen is lifted."""
        why = "the port was closed while it ran, and the pen was lifted; what is fed is not resumed"
        engine, down = self._engine, self._engine.desk.down
        if port.open and engine.parting is None and self._last_word(port, why) and down:
            # Whoever closes it may switch it off next, and then the pen stays where it has got to.
            self._clock.sleep(self._options.pen_delay)
        return why

    # --- what a technician asks: see drivers.service ------------------------------------------------------------------

    def facts(self) -> Facts:
        """Firmware, power, motors and place; the speeds are those of the options. Moves nothing."""
        said = self._ask(self._engine.facts).lines
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
        return list(self._ask(lambda now: self._engine.say(text, now)).lines)

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
