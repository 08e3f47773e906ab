"""RepRapFirmware: Marlin's words with two differences that matter to us.

From the Duet documentation's G-code dictionary: M204 takes P (while printing) and T (travels), and no R; bodies are
labelled by M486 and left out by the firmware itself. A fan's S up to 1 is a share, above 1 it is of 255, so that
``M106 S1`` would be the full fan: shares below 2 of 255 are not written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gcode.dialects.marlin import MARLIN_FDM
from gcode.dialects.model import Command, Range, Setup, table

_COMMANDS: Final = {code: dict(words) for code, words in MARLIN_FDM.commands.items()}
_COMMANDS["M204"] = {letter: Range(10.0, 20_000.0) for letter in "PT"}
_COMMANDS["M106"] = {"S": Range(2.0, 255.0), "P": Range(0.0, 3.0)}


def _start(setup: Setup) -> tuple[Command, ...]:
    return tuple(map(_spoken, MARLIN_FDM.start(setup)))


def _spoken(command: Command) -> Command:
    """The same in RepRapFirmware's words."""
    if command.code == "M204":
        return Command("M204", tuple(word for word in command.words if word[0] != "R"))
    return command


REPRAP_FDM: Final = replace(MARLIN_FDM, name="RepRapFirmware, filament", commands=table(_COMMANDS), start=_start)
