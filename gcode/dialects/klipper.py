"""Klipper: Marlin's words, and fewer of them. What it does not know it passes over with a line that nobody reads.

From Klipper's docs/G-Codes.md and its host software: M109, M190, M104 and M140 know S alone, and take an R as a target
of 0; G4 knows P alone; M204 takes S, or P with T; M302 is unknown, as whether it extrudes cold is said by
``min_extrude_temp`` in its printer.cfg (the driver looks at that when it connects), and so are G29 and M420. Where a
heater is regulated by PID, as is usual, waiting for it waits for cooling, too. M204 stays in force until somebody says
another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gcode.dialects.marlin import MARLIN_FDM, MARLIN_FOOD
from gcode.dialects.model import CODES, Command, Dialect, Range, Setup, table

_KNOWN: Final = {"G4": "P", "M104": "S", "M106": "S", "M107": "", "M109": "S", "M140": "S", "M190": "S"}
"""The words that Klipper reads, where they are fewer than Marlin's."""
_UNKNOWN: Final = frozenset({"M302", "G29", "M420"})


def _klipper(name: str, marlin: Dialect) -> Dialect:
    commands = {code: dict(words) for code, words in marlin.commands.items() if code not in _UNKNOWN}
    for code, letters in _KNOWN.items():
        commands[code] = {letter: words for letter, words in commands[code].items() if letter in letters}
    commands["M204"] = {"S": Range(10.0, 20_000.0)}

    def start(setup: Setup) -> tuple[Command, ...]:
        return tuple(map(_spoken, marlin.start(replace(setup, cold_extrusion=False, exact=False))))

    def end(setup: Setup) -> tuple[Command, ...]:
        return tuple(map(_spoken, marlin.end(replace(setup, cold_extrusion=False, exact=False))))

    return replace(marlin, name=name, commands=table(commands), start=start, end=end, codes=CODES)


def _spoken(command: Command) -> Command:
    """The same in Klipper's words."""
    return Command("M204", (("S", command.words[0][1]),)) if command.code == "M204" else command


KLIPPER_FOOD: Final = _klipper("Klipper, syringe", MARLIN_FOOD)
KLIPPER_FDM: Final = _klipper("Klipper, filament", MARLIN_FDM)
