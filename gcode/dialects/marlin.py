"""Marlin: heat and extrusion. E is relative (M83), G4 P counts milliseconds.

A food printer may measure the surface (G29, M420: see ``gcode.probe``). Plastic is laid on a bed, whose own map is the
firmware's business.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gcode.dialects.model import CODES, Command, Dialect, Range, Setup, table
from gcode.probe import Survey
from gcode.toolpath import Kind
from gcode.units import MS_PER_S, PER_MINUTE

_POSITION: Final = Range(-1000.0, 1000.0)
_FEED: Final = Range(0.1, 60_000.0)
_MOVE: Final = {"X": _POSITION, "Y": _POSITION, "Z": _POSITION, "E": Range(-200.0, 200.0), "F": _FEED}
_HEAT: Final = {"S": Range(0.0, 300.0), "R": Range(0.0, 300.0)}
_BED_HEAT: Final = {"S": Range(0.0, 250.0), "R": Range(0.0, 250.0)}
"""A griddle is a bed, too; what one machine's bed may take are its own limits."""

_MARLIN: Final = {
    "G0": _MOVE,
    "G1": _MOVE,
    "G4": {"P": Range(0.0, 600_000.0), "S": Range(0.0, 600.0)},
    "G21": {},
    "G28": {},
    "G90": {},
    "G91": {},
    "G92": {"E": Range(-10_000.0, 10_000.0)},
    "M82": {},
    "M83": {},
    "M84": {},
    "M104": _HEAT,
    "M106": {"S": Range(0.0, 255.0), "P": Range(0.0, 3.0)},
    "M107": {"P": Range(0.0, 3.0)},
    "M109": _HEAT,
    "M140": _BED_HEAT,
    "M190": _BED_HEAT,
    "M204": {"P": Range(10.0, 20_000.0), "R": Range(10.0, 20_000.0), "T": Range(10.0, 20_000.0)},
    "M220": {"S": Range(100.0, 100.0)},
    "M221": {"S": Range(100.0, 100.0)},
    "M302": {"P": Range(0.0, 1.0)},
    "M400": {},
}
_SURVEY: Final = {
    "G29": {
        **dict.fromkeys("LRFB", _POSITION),
        "Z": Range(-500.0, 0.0),
        "J": Range(1.0, 1.0),
    },
    "M420": {"S": Range(0.0, 1.0), "Z": Range(0.0, 0.0)},
}
TOOLS: Final = 16
_BODIES: Final[dict[str, dict[str, Range]]] = {
    "M486": {"S": Range(-1.0, 999.0), "T": Range(1.0, 1000.0)},
    "M600": {},
    **{f"T{tool}": {} for tool in range(TOOLS)},
}
"""Which body is laid, of how many, so that one can be left out; another filament, by hand or from another tool."""
_FORGET: Final = Command("G29", (("J", 1.0),))


def _marlin_start(setup: Setup) -> tuple[Command, ...]:
    commands = [
        Command("G21"),
        Command("G90"),
        Command("M83"),
        Command("M220", (("S", 100.0),)),
        Command("M221", (("S", 100.0),)),
    ]
    if setup.acceleration is not None:
        commands.append(Command("M204", tuple((letter, setup.acceleration) for letter in "PRT")))
    if setup.cold_extrusion:
        commands.append(Command("M302", (("P", 1.0),)))
    if setup.bed_temperature is not None:
        commands.append(Command("M140", (("S", setup.bed_temperature),)))
    if setup.tool_temperature is not None:
        commands.append(Command("M104", (("S", setup.tool_temperature),)))
    commands.append(Command("G28"))
    if setup.survey is not None:
        commands += _survey(setup.survey, setup.rising)
    wait = "R" if setup.exact else "S"  # S waits for warmth only
    if setup.bed_temperature is not None:
        commands.append(Command("M190", ((wait, setup.bed_temperature),)))
    if setup.tool_temperature is not None:
        commands.append(Command("M109", ((wait, setup.tool_temperature),)))
    fan = Command("M106", (("S", float(round(setup.fan * 255))),)) if setup.fan > 0 else Command("M107")
    return (*commands, fan, Command("G92", (("E", 0.0),)))


def _survey(survey: Survey, rising: float) -> tuple[Command, ...]:
    """Measure from a safe height, and before it is waited for heat, so that nothing drips. Following what was found is
    switched on and off again, as a firmware that could not measure fails at that aloud, before anything is pressed
    out. The tool is then over the last point, and rises first."""
    sides = zip("LRFB", (survey.x0, survey.x1, survey.y0, survey.y1), strict=True)
    up = Command("G0", (("Z", survey.height), ("F", rising * PER_MINUTE)))
    measure = Command("G29", (*sides, ("Z", -survey.surface)))
    on, off = Command("M420", (("S", 1.0), ("Z", 0.0))), Command("M420", (("S", 0.0),))
    return up, _FORGET, measure, on, off, up


def _marlin_end(setup: Setup) -> tuple[Command, ...]:
    commands: list[Command] = []
    if setup.relief > 0:
        commands.append(Command("G1", (("E", -setup.relief), ("F", setup.relief_speed * PER_MINUTE))))
    if setup.lift is not None:
        commands.append(Command("G0", (("Z", setup.lift), ("F", setup.rising * PER_MINUTE))))
    if setup.park is not None:
        commands.append(Command("G0", (("X", setup.park[0]), ("Y", setup.park[1]), ("F", setup.travel * PER_MINUTE))))
    if setup.survey is not None:
        commands.append(_FORGET)
    commands += [Command("M400"), Command("M104", (("S", 0.0),)), Command("M140", (("S", 0.0),)), Command("M107")]
    if setup.cold_extrusion:
        commands.append(Command("M302", (("P", 0.0),)))
    return (*commands, Command("M84"))


def _marlin(name: str, extrusion_decimals: int, more: dict[str, dict[str, Range]]) -> Dialect:
    return Dialect(
        name=name,
        commands=table(_MARLIN | more),
        decimals=MappingProxyType({"X": 3, "Y": 3, "Z": 3, "E": extrusion_decimals, "F": 1, "P": 0, "S": 1}),
        start=_marlin_start,
        end=_marlin_end,
        last="M84",
        dwell_per_second=MS_PER_S,
        codes=MappingProxyType({**CODES, Kind.FOLLOW: "M420"} if more else CODES),
    )


MARLIN_FOOD: Final = _marlin("Marlin, syringe", 5, _SURVEY)
"""E is the way of a plunger of some 300 mm2: five decimals are 0.003 mm3."""
MARLIN_FDM: Final = replace(_marlin("Marlin, filament", 5, {}), commands=table(_MARLIN | _BODIES))
