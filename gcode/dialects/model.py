"""What a firmware takes, as values: an allow-list of commands with the range of each word, and a program's two ends.

Every command is built from typed values. Nothing a customer wrote can enter one: there is no field for text, and
:class:`Command` holds numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from gcode.parse import Program
from gcode.probe import Survey
from gcode.toolpath import Kind
from gcode.trace import G0, Trace, trace
from gcode.units import PER_MINUTE, BoolArray


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
    exact: bool = False
    """Wait for what is too hot to cool down, too."""
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
    rise: float | None = None
    """mm/s of Z, where it is slower; None: that of the parking move."""
    fan: float = 0.0
    """0..1 after the start."""
    pen_up: float = 0.0
    """S of a pen's servo that is up."""
    settle: float = 0.0
    """Seconds that a pen takes to come up, or a spindle to come to its speed."""
    spindle: float = 0.0
    """Revolutions of a spindle a minute."""
    survey: Survey | None = None
    """What is measured before anything is laid; the map is thrown away at the end."""
    air: bool = False
    """Blow air at the spot while the laser is on."""
    stamp: str = ""
    """Small letters and digits for a comment in the first line: what the bytes are for, where they do not say it."""

    @property
    def rising(self) -> float:
        """mm/s of Z."""
        return self.travel if self.rise is None else min(self.rise, self.travel)

    def __post_init__(self) -> None:
        if self.stamp and not (self.stamp.isascii() and self.stamp.isalnum()):
            raise DialectError(f"the stamp {self.stamp!r} is no digest: a comment holds nothing that was written")


CODES: Final[Mapping[Kind, str]] = MappingProxyType({Kind.TRAVEL: "G0", Kind.LINE: "G1", Kind.DWELL: "G4"})
"""Rows of a toolpath as commands, where nothing is put down and taken up."""


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
    """The command after which the machine knows where it is; None where the operator or the driver sets the origin."""
    absolute_extrusion: bool = False
    dwell_per_second: float = 1.0
    """What one second is in a G4 P word: 1000 where P counts milliseconds."""
    feed_per_mm_s: float = PER_MINUTE
    """What one mm/s is in an F word."""
    line_bytes: int = 90
    arcs: frozenset[str] = field(default_factory=frozenset)
    codes: Mapping[Kind, str] = field(default_factory=lambda: CODES)
    """How each kind of row is written."""
    rapid: bool = False
    """G0 takes no speed: it goes as fast as the axes can."""
    rapid_marks: bool = False
    """What works marks on G0 as well: a pen that is down draws, however it is moved; a laser is off."""
    plunges: bool = False
    """The tool works all the time, and marks the piece where it goes into it: what is a way is above the surface."""
    tool: str = "tool"
    """What marks the piece, in a finding's words."""
    full: float | None = None
    """S of the laser's full power, or of a pen's servo at the end of its way; None: a program does not say it."""
    works: Callable[[Program], BoolArray] | None = None
    """For each command, whether the tool marks what it passes from then on; None: material is laid by E."""
    off: str | None = None
    """The command by which the tool is off for good; None: nothing needs to be switched off."""
    switch: float = 0.0
    """Seconds that the machine itself waits whenever the tool is put down or taken up."""

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

    def trace(self, program: Program) -> Trace:
        """Where a program moves the tool."""
        return trace(
            program, feed_per_mm_s=self.feed_per_mm_s, dwell_per_second=self.dwell_per_second, rapid=self.rapid
        )

    def marks(self, program: Program, moves: Trace) -> BoolArray:
        """Which moves leave something on the piece."""
        if self.works is None:
            return moves.lays
        flat = np.abs(moves.end[:, :2] - moves.start[:, :2]).sum(axis=1) > 0
        marks: BoolArray = self.works(program)[moves.index] & flat
        if not self.rapid_marks:
            marks &= program.code[moves.index] != G0
        return marks


def table(commands: dict[str, dict[str, Range]]) -> Mapping[str, Mapping[str, Range]]:
    """An allow-list that nobody can change."""
    return MappingProxyType({code: MappingProxyType(words) for code, words in commands.items()})
