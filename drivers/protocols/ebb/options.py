"""What can be set about a pen plotter behind an EiBotBoard. mm, mm/s, mm/s2, s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SERVO_LOW, SERVO_HIGH = 9855, 27831
"""Pulses at 0 and at 100 percent, in units of 83.3 ns: 0.8 and 2.3 ms, what an AxiDraw's pen lift can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    kinematics: Literal["axidraw", "cartesian"] = "axidraw"
    """``axidraw``: both motors pull one belt (their sum is x, their difference y), as on AxiDraw, H-bot and CoreXY."""
    home: Literal["back-left", "front-left"] = "back-left"
    """The corner where the carriage stands when the motors are switched on, seen from the person. From the back, as on
    an AxiDraw, the machine's y runs towards the person, and the driver turns it: else every piece would be mirrored."""
    steps: float = 80.0
    """Steps of a motor to the millimetre, at 1/16 step."""
    speed: float = 150.0
    """The fastest that anything moves, and the speed of moves that say none."""
    acceleration: float = 1000.0
    corner: float = 0.03
    """How far a corner may be thought rounded: what speed it is taken at follows from it."""
    pen_up: float = 60.0
    """Percent of the servo's way."""
    pen_down: float = 30.0
    pen_delay: float = 0.3
    """How long the pen takes from one to the other."""
    least_power: int = 250
    """The least reading of the motors' supply (the second value of QC). USB alone stays below it, 9 V are above."""
    silence: float = 2.0
    """An answer that takes longer than it may, by so much, is lost."""
    poll: float = 0.5
    """Between two looks at the button and at the power."""
    start_wait: float = 20.0
    """How long :meth:`start` waits for the board to take the first motion."""

    def __post_init__(self) -> None:
        for name in ("steps", "speed", "acceleration", "corner", "silence", "poll", "start_wait"):
            if not 0 < getattr(self, name) < 1e6:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be above 0")
        if not (0 <= self.pen_up <= 100 and 0 <= self.pen_down <= 100):
            raise ValueError("pen_up and pen_down are percent of the servo's way: write 0 to 100")
        if self.pen_up == self.pen_down:
            raise ValueError("pen_up and pen_down are the same place: the pen would draw all its travels")
        if not 0 <= self.pen_delay <= 10:
            raise ValueError(f"pen_delay is {self.pen_delay} s: write 0 to 10")

    def servo(self, percent: float) -> int:
        """A place of the pen in the board's own units."""
        return round(SERVO_LOW + (SERVO_HIGH - SERVO_LOW) * percent / 100)

    @property
    def delay(self) -> int:
        """``pen_delay`` in ms."""
        return max(1, round(self.pen_delay * 1000))
