"""What a firmware takes: its allowed commands with the range of each word, and how a program begins and ends.

Every command is built from typed values. Nothing a customer wrote can enter one: there is no field for text, and
:class:`Command` holds numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gcode.units import MS_PER_S, PER_MINUTE


class DialectError(ValueError):
    """A command outside its dialect was about to be written: a defect of ours or of a recipe."""


@dataclass(frozen=True, slots=True)
class Range:
    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Command:
    """One line: ``code`` such as ``G28`` and its words. A word without a value (``G28 X``) is not writable."""

    code: str
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """The typed values from which a program's beginning and end are built. None: the machine has no such thing."""

    tool_temperature: float | None = None
    bed_temperature: float | None = None
    cold_extrusion: bool = False
    """Allow the feeder to move without heat (a syringe). The end of the program takes the permission back."""
    acceleration: float | None = None
    """mm/s2 of all moves, as the toolpath was planned for; None leaves the machine's own."""
    relief: float = 0.0
    """mm of E drawn back at the end, so that the nozzle does not drip on its way to park."""
    relief_speed: float = 1.0
    lift: float | None = None
    """Z in mm to which the tool rises before it parks."""
    park: tuple[float, float] | None = None
    travel: float = 80.0
    """mm/s of the parking move."""
    fan: float = 0.0
    """0..1 after the start."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A firmware's language. ``commands`` is the allow-list: what is not in it does not reach the machine."""

    name: str
    commands: Mapping[str, Mapping[str, Range]]
    decimals: Mapping[str, int]
    start: Callable[[Setup], tuple[Command, ...]]
    end: Callable[[Setup], tuple[Command, ...]]
    last: str | None = None
    """The command that ends every program: nothing may follow it, and it may not be missing."""
    home: str | None = "G28"
    """The command after which the machine knows where it is; None where the operator sets the origin."""
    absolute_extrusion: bool = False
    dwell_per_second: float = 1.0
    """What one second is in a G4 P word: 1000 where P counts milliseconds."""
    feed_per_mm_s: float = PER_MINUTE
    """What one mm/s is in an F word."""
    line_bytes: int = 90
    arcs: frozenset[str] = field(default_factory=frozenset)

    def check(self, command: Command) -> Command:
        """The command itself, or DialectError with what is wrong about it."""
        words = self.commands.get(command.code)
        if words is None:
            raise DialectError(f"{command.code} is not a command of {self.name}; allowed: {', '.join(self.commands)}")
        for letter, value in command.words:
            if letter not in words:
                raise DialectError(f"{command.code} of {self.name} takes no {letter} word")
            if not math.isfinite(value) or value not in words[letter]:
                low, high = words[letter].low, words[letter].high
                raise DialectError(f"{command.code} {letter}{value:g} is outside {low:g} to {high:g} of {self.name}")
        return command


def _table(commands: dict[str, dict[str, Range]]) -> Mapping[str, Mapping[str, Range]]:
    return MappingProxyType({code: MappingProxyType(words) for code, words in commands.items()})


_POSITION: Final = Range(-1000.0, 1000.0)
_FEED: Final = Range(0.1, 60_000.0)
_MOVE: Final = {"X": _POSITION, "Y": _POSITION, "Z": _POSITION, "E": Range(-200.0, 200.0), "F": _FEED}
_HEAT: Final = {"S": Range(0.0, 300.0), "R": Range(0.0, 300.0)}
_BED_HEAT: Final = {"S": Range(0.0, 130.0), "R": Range(0.0, 130.0)}

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
    if setup.bed_temperature is not None:
        commands.append(Command("M190", (("S", setup.bed_temperature),)))
    if setup.tool_temperature is not None:
        commands.append(Command("M109", (("S", setup.tool_temperature),)))
    fan = Command("M106", (("S", float(round(setup.fan * 255))),)) if setup.fan > 0 else Command("M107")
    return (*commands, fan, Command("G92", (("E", 0.0),)))


def _marlin_end(setup: Setup) -> tuple[Command, ...]:
    commands: list[Command] = []
    if setup.relief > 0:
        commands.append(Command("G1", (("E", -setup.relief), ("F", setup.relief_speed * PER_MINUTE))))
    if setup.lift is not None:
        commands.append(Command("G0", (("Z", setup.lift), ("F", setup.travel * PER_MINUTE))))
    if setup.park is not None:
        commands.append(Command("G0", (("X", setup.park[0]), ("Y", setup.park[1]), ("F", setup.travel * PER_MINUTE))))
    commands += [Command("M400"), Command("M104", (("S", 0.0),)), Command("M140", (("S", 0.0),)), Command("M107")]
    if setup.cold_extrusion:
        commands.append(Command("M302", (("P", 0.0),)))
    return (*commands, Command("M84"))


def _marlin(name: str, extrusion_decimals: int) -> Dialect:
    return Dialect(
        name=name,
        commands=_table(_MARLIN),
        decimals=MappingProxyType({"X": 3, "Y": 3, "Z": 3, "E": extrusion_decimals, "F": 1, "P": 0, "S": 1}),
        start=_marlin_start,
        end=_marlin_end,
        last="M84",
        dwell_per_second=MS_PER_S,
    )


MARLIN_FOOD: Final = _marlin("Marlin, syringe", 5)
"""E is the way of a plunger of some 300 mm2: five decimals are 0.003 mm3."""
MARLIN_FDM: Final = _marlin("Marlin, filament", 5)

DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType({"marlin-food": MARLIN_FOOD, "marlin-fdm": MARLIN_FDM})
"""Every dialect by the name that configuration uses."""
