"""What a program says of the machine's accelerations, jerks and speeds, move by move.

Sources: Marlin's documentation of M201, M203, M204, M205 and M220; Klipper's docs/G-Codes.md, which knows M204 and M220
alone; the Duet documentation's G-code dictionary, whose M203 and M566 count mm/min. grbl is told by settings, never by
a program.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from gcode.parse import Program, code_of
from gcode.recipe import Motion
from gcode.trace import carried
from gcode.units import PER_MINUTE, FloatArray, IntArray

AXES: Final = "XYZE"
PRINT, TRAVEL, RETRACT, DEVIATION, RATE = "print", "travel", "retract", "deviation", "rate"


class Firmware(StrEnum):
    MARLIN = "marlin"
    KLIPPER = "klipper"
    REPRAP = "reprap"
    GRBL = "grbl"


_Words = Mapping[str, Mapping[str, tuple[tuple[str, ...], float]]]


def _axes(setting: str, factor: float = 1.0) -> Mapping[str, tuple[tuple[str, ...], float]]:
    return {letter: ((f"{setting} {letter}",), factor) for letter in AXES}


_RATE: Final[_Words] = {"M220": {"S": ((RATE,), 0.01)}}
_BOTH: Final = (PRINT, TRAVEL)
SETTINGS: Final[Mapping[Firmware, _Words]] = MappingProxyType(
    {
        Firmware.MARLIN: {
            **_RATE,
            "M201": _axes("acceleration"),
            "M203": _axes("feed"),
            "M204": {"S": (_BOTH, 1.0), "P": ((PRINT,), 1.0), "T": ((TRAVEL,), 1.0), "R": ((RETRACT,), 1.0)},
            "M205": {**_axes("jerk"), "J": ((DEVIATION,), 1.0)},
        },
        Firmware.KLIPPER: {**_RATE, "M204": {"S": (_BOTH, 1.0), "P": (_BOTH, 1.0)}},
        Firmware.REPRAP: {
            **_RATE,
            "M201": _axes("acceleration"),
            "M203": _axes("feed", 1 / PER_MINUTE),
            "M204": {"S": (_BOTH, 1.0), "P": ((PRINT,), 1.0), "T": ((TRAVEL,), 1.0)},
            "M205": _axes("jerk"),
            "M566": _axes("jerk", 1 / PER_MINUTE),
        },
        Firmware.GRBL: {},
    }
)
"""Of each firmware: the command and its letters, the settings that each changes, and the factor to the house unit."""


def firmware_of(motion: Motion) -> Firmware:
    """The firmware that has such a rule of corners, where nobody names another."""
    return Firmware.MARLIN if motion.square_corner is None else Firmware.KLIPPER


class Said:
    """The settings in force, over the pieces of a program: those that it has said, else the machine's own."""

    def __init__(self, firmware: Firmware) -> None:
        self._words = [
            (code_of(name), letter, settings, factor)
            for name, letters in SETTINGS[firmware].items()
            for letter, (settings, factor) in letters.items()
        ]
        self._now: dict[str, float] = {}

    def at(self, program: Program, index: IntArray) -> dict[str, FloatArray]:
        """For the commands ``index`` of the next piece: each setting that the program has ever said, NaN before."""
        said: dict[str, FloatArray] = {}
        codes = set(np.unique(program.code).tolist())
        for code, letter, settings, factor in self._words:
            if code not in codes or letter not in program.words:
                continue
            values = np.where(program.code == code, program.word(letter) * factor, np.nan)
            for setting in settings:
                before = said.get(setting)
                said[setting] = values if before is None else np.where(np.isnan(values), before, values)
        found: dict[str, FloatArray] = {}
        for setting in said.keys() | self._now.keys():
            known = self._now.get(setting, np.nan)
            column = carried(said[setting]) if setting in said else np.full(len(program), np.nan)
            column = np.where(np.isnan(column), known, column)
            found[setting] = column[index]
            if len(column):
                self._now[setting] = float(column[-1])
        return found
