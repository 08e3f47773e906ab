"""GRBL 1.1 and grblHAL: a laser in laser mode ($32=1), and a pen whose servo hangs on the spindle's output.

S runs from 0 to 1000 ($30=1000, $31=0). G0 takes no speed. G4 P counts seconds. The driver homes or the operator sets
the origin; no program does.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gcode.dialects.model import CODES, Command, Dialect, Range, Setup, table
from gcode.parse import Program, code_of
from gcode.toolpath import Kind
from gcode.trace import carried, switched
from gcode.units import BoolArray

S_FULL: Final = 1000.0
"""S of full power, and of a servo at the end of its way ($30)."""

_ORIGIN: Final = (0.0, 0.0)
_POSITION: Final = Range(-1000.0, 1000.0)
_PLACE: Final = {"X": _POSITION, "Y": _POSITION}
_FEED: Final = Range(0.1, 60_000.0)
_POWER: Final = Range(0.0, S_FULL)
_MODES: Final[dict[str, dict[str, Range]]] = {"G17": {}, "G21": {}, "G90": {}, "G94": {}, "M2": {}}
_DECIMALS: Final = MappingProxyType({"X": 3, "Y": 3, "F": 1, "P": 3, "S": 1})
_LINE_BYTES: Final = 79
"""LINE_BUFFER_SIZE less its end: a longer line is refused as a whole, with error:14."""

M3, M4, M5 = code_of("M3"), code_of("M4"), code_of("M5")


def _modes() -> tuple[Command, ...]:
    return tuple(Command(code) for code in ("G21", "G90", "G17", "G94"))


def _parked(setup: Setup) -> tuple[Command, ...]:
    """Back to the origin, and the end. M2 also switches the spindle's output off, so it comes behind the way back."""
    x, y = setup.park or _ORIGIN
    return Command("G0", (("X", x), ("Y", y))), Command("M2")


def _laser_start(setup: Setup) -> tuple[Command, ...]:
    # M5 first: whatever the machine was left with is off. M4 burns only while it moves, less where it moves slower.
    air = (Command("M8"),) if setup.air else ()
    return Command("M5"), *_modes(), *air, Command("M4", (("S", 0.0),))


def _laser_end(setup: Setup) -> tuple[Command, ...]:
    # The air goes first: behind the last M5 nothing but the way back may stand.
    air = (Command("M9"),) if setup.air else ()
    return *air, Command("M5"), *_parked(setup)


def _burns(program: Program) -> BoolArray:
    lit: BoolArray = switched(program.code, (M3, M4), (M5,)) & (np.nan_to_num(carried(program.word("S"))) > 0)
    return lit


GRBL_LASER: Final = Dialect(
    name="GRBL, laser",
    commands=table(
        {
            **_MODES,
            "G0": {**_PLACE, "S": Range(0.0, 0.0)},
            "G1": {**_PLACE, "F": _FEED, "S": _POWER},
            "M4": {"S": Range(0.0, 0.0)},
            "M5": {},
            # Coolant's output blows the air. M7 is left out: GRBL has it only where it was compiled in.
            "M8": {},
            "M9": {},
        }
    ),
    decimals=_DECIMALS,
    start=_laser_start,
    end=_laser_end,
    last="M2",
    home=None,
    line_bytes=_LINE_BYTES,
    rapid=True,
    tool="laser",
    full=S_FULL,
    works=_burns,
    off="M5",
)

GRBL_ROTARY: Final = replace(GRBL_LASER, name="GRBL, laser over a rotary")
"""Y turns a cylinder, in units of the rotary's own: a program for the flat bed must never run here, nor the reverse."""

RPM: Final = 30_000.0
"""Of a spindle, at most."""


def _mill_start(setup: Setup) -> tuple[Command, ...]:
    # Up before anything turns or moves, and no cut before the spindle has its speed.
    up = Command("G0", (("Z", setup.lift or 0.0),))
    spin = Command("M3", (("S", setup.spindle),)), Command("G4", (("P", setup.settle),))
    return Command("M5"), *_modes(), up, *spin


def _mill_end(setup: Setup) -> tuple[Command, ...]:
    return Command("G0", (("Z", setup.lift or 0.0),)), Command("M5"), *_parked(setup)


def _turns(program: Program) -> BoolArray:
    turning: BoolArray = switched(program.code, (M3,), (M5,)) & (np.nan_to_num(carried(program.word("S"))) > 0)
    return turning


GRBL_MILL: Final = Dialect(
    name="GRBL, spindle",
    commands=table(
        {
            **_MODES,
            "G0": {**_PLACE, "Z": _POSITION},
            "G1": {**_PLACE, "Z": _POSITION, "F": _FEED},
            "G4": {"P": Range(0.0, 60.0)},
            "M3": {"S": Range(0.0, RPM)},
            "M5": {},
        }
    ),
    decimals=MappingProxyType({**_DECIMALS, "Z": 3}),
    start=_mill_start,
    end=_mill_end,
    last="M2",
    home=None,
    line_bytes=_LINE_BYTES,
    rapid=True,
    tool="spindle",
    works=_turns,
    off="M5",
    plunges=True,
)
"""A spindle over a bed: Z is the height over the bed, S its revolutions a minute ($30 is the highest)."""


def _lift(setup: Setup) -> tuple[Command, ...]:
    return Command("M3", (("S", setup.pen_up),)), Command("G4", (("P", setup.settle),))


def _pen_start(setup: Setup) -> tuple[Command, ...]:
    return *_modes(), *_lift(setup)


def _pen_end(setup: Setup) -> tuple[Command, ...]:
    return *_lift(setup), *_parked(setup)


def _touches(program: Program) -> BoolArray:
    """Which S is up differs from servo to servo; a program begins by saying it, before it moves."""
    said = np.where(program.code == M3, program.word("S"), np.nan)
    given = said[~np.isnan(said)]
    now = carried(said)
    down: BoolArray = ~np.isnan(now) & (now != given[0]) if len(given) else np.zeros(len(program), dtype=bool)
    return down


GRBL_PEN: Final = Dialect(
    name="GRBL, pen",
    commands=table(
        {
            **_MODES,
            "G0": _PLACE,
            "G1": {**_PLACE, "F": _FEED},
            "G4": {"P": Range(0.0, 10.0)},
            "M3": {"S": _POWER},
        }
    ),
    decimals=_DECIMALS,
    start=_pen_start,
    end=_pen_end,
    last="M2",
    home=None,
    line_bytes=_LINE_BYTES,
    codes=MappingProxyType({**CODES, Kind.DOWN: "M3", Kind.UP: "M3"}),
    rapid=True,
    rapid_marks=True,
    tool="pen",
    full=S_FULL,
    works=_touches,
    off="M3",
)
