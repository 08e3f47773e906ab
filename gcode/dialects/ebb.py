"""The pen plotter behind an EiBotBoard. The board knows no G-code: its driver reads this and plans the motion itself.

M3 puts the pen down and M5 takes it up; how far, and how long that takes, is set up in the driver.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from gcode.dialects.model import CODES, Command, Dialect, Range, Setup, table
from gcode.parse import Program, code_of
from gcode.toolpath import Kind
from gcode.trace import switched
from gcode.units import PER_MINUTE, BoolArray

_ORIGIN: Final = (0.0, 0.0)
_POSITION: Final = Range(-1000.0, 1000.0)
_MOVE: Final = {"X": _POSITION, "Y": _POSITION, "F": Range(0.1, 60_000.0)}
_DOWN, _UP = code_of("M3"), code_of("M5")
PEN_DELAY: Final = 0.3
"""Seconds of putting the pen down or taking it up, as the driver waits for unless it is told otherwise."""


def _start(_: Setup) -> tuple[Command, ...]:
    return Command("G21"), Command("G90"), Command("M5")


def _end(setup: Setup) -> tuple[Command, ...]:
    x, y = setup.park or _ORIGIN
    back = Command("G0", (("X", x), ("Y", y), ("F", setup.travel * PER_MINUTE)))
    return Command("M5"), back, Command("M2")


def _touches(program: Program) -> BoolArray:
    return switched(program.code, (_DOWN,), (_UP,))


EBB: Final = Dialect(
    name="EiBotBoard, pen",
    commands=table({"G0": _MOVE, "G1": _MOVE, "G21": {}, "G90": {}, "M2": {}, "M3": {}, "M5": {}}),
    decimals=MappingProxyType({"X": 3, "Y": 3, "F": 1}),
    start=_start,
    end=_end,
    last="M2",
    home=None,
    codes=MappingProxyType({**CODES, Kind.DOWN: "M3", Kind.UP: "M5"}),
    rapid_marks=True,
    tool="pen",
    works=_touches,
    off="M5",
    switch=PEN_DELAY,
)
