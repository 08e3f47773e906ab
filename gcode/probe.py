"""Uneven surfaces: the machine measures the piece itself, and its firmware follows the heights that it found.

A program stays the bytes that were approved. It says where to measure, and when to follow; the heights are the piece's
own, and are never written into it. So far this is Marlin's bilinear bed leveling (marlinfw.org: G29 for
AUTO_BED_LEVELING_BILINEAR, M420):

- ``G29 J1`` forgets what was measured before. A G29 that could not be done leaves an older map in place, some without
  an ``Error:``; with that map gone, M420 S1 fails aloud.
- ``G29 L R F B`` measures a rectangle, ``Z`` is added to each height: less the surface's nominal height, so that the
  map holds only by how much the piece differs, and every Z of the program keeps its meaning.
- ``M420 S1 Z0`` follows the map at every height. Without Z0 firmwares let it fade out, by default 10 mm over the bed,
  which is below the top of a pastry.
- ``M420 S0`` follows it no more: beside the piece, where the nozzle is primed and wiped, a jig is flat.

Lengths in mm, times in s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.parse import Program, code_of
from gcode.toolpath import Kind, Toolpath
from gcode.units import BoolArray, IntArray

MEASURE: Final = code_of("G29")
FOLLOW: Final = code_of("M420")
LEAST: Final = 10.0
"""The shortest side of a rectangle that is measured: firmwares divide it by their grid."""
STEP: Final = 1.0
"""The rectangle's sides are rounded outwards to this."""
SAFE: Final = 3.0
"""Between the highest place of a surface and the probe, when measuring begins."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What measures heights on a machine, and how its firmware was built."""

    x: float = 0.0
    """Where it touches, as seen from the nozzle."""
    y: float = 0.0
    drop: float = 0.0
    """How far above the place that it touches the nozzle then is."""
    points: tuple[int, int] = (3, 3)
    """Of the firmware's grid."""
    clearance: float = 5.0
    """By how much it is raised between two points."""
    top: float = 3.0
    """How high over the bed a surface may be until the firmware takes the touch for a fault."""
    seconds: float = 5.0
    """That one point takes, with the way to it."""

    def misfits(self, surface: float, unevenness: float) -> Iterator[str]:
        """Why it cannot measure a surface of this height that differs by ``unevenness`` up and down."""
        if surface + unevenness > self.top:
            yield (
                f"the surface may be {surface + unevenness:g} mm high, and the firmware takes a touch above "
                f"{self.top:g} mm for a fault"
            )
        if 2 * unevenness > self.clearance:
            yield f"it rises by {self.clearance:g} mm between points, less than from the lowest place to the highest"
        if (self.x or self.y) and 2 * unevenness > self.drop:
            yield f"the nozzle beside it is only {self.drop:g} mm higher than what it touches, and could meet the piece"

    def from_height(self, surface: float, unevenness: float) -> float:
        """Z of the nozzle from which measuring may begin."""
        return surface + unevenness + SAFE + self.drop


@dataclass(frozen=True, slots=True)
class Survey:
    """What is measured before anything is laid: a rectangle in machine coordinates."""

    x0: float
    y0: float
    x1: float
    y1: float
    surface: float
    """Nominal Z of the surface."""
    height: float
    """Z from which it begins, and to which it returns."""


def area(toolpath: Toolpath, room: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The rectangle over all that is laid while the map is followed, within ``room`` (x0, y0, x1, y1 of the piece).

    Raises ValueError where nothing is laid, or where the piece is too small to be measured.
    """
    # All ways in the plane: where a line begins is where the travel before it ends.
    at = _followed(toolpath) & ~np.isnan(toolpath.x)
    if not (at & (toolpath.kind == Kind.LINE)).any():
        raise ValueError("nothing is laid on the piece: there is nothing to measure for")
    sides = []
    for column, low, high in ((toolpath.x, room[0], room[2]), (toolpath.y, room[1], room[3])):
        if high - low < LEAST:
            raise ValueError(f"a piece of {high - low:g} mm is too small to be measured, {LEAST:g} mm are needed")
        low, high = math.ceil(low * 10 - 1e-9) / 10, math.floor(high * 10 + 1e-9) / 10  # F is written with one decimal.
        least, most = float(np.nanmin(column[at])), float(np.nanmax(column[at]))
        short = max(0.0, LEAST - (most - least)) / 2
        least, most = (math.floor((least - short) / STEP) * STEP, math.ceil((most + short) / STEP) * STEP)
        least, most = max(least, low), min(most, high)
        if most - least < LEAST:
            least, most = max(low, most - LEAST), min(high, least + LEAST)
        sides.append((least, most))
    (x0, x1), (y0, y1) = sides
    return x0, y0, x1, y1


def _followed(toolpath: Toolpath) -> BoolArray:
    """Rows at which the map is followed."""
    switch = toolpath.kind == Kind.FOLLOW
    latest = np.maximum.accumulate(np.where(switch, np.arange(len(toolpath)), 0))
    followed: BoolArray = np.nan_to_num(toolpath.s[latest]) * switch[latest] > 0
    return followed


@dataclass(frozen=True, slots=True, eq=False)
class Measuring:
    """Where a program measures and follows: places among its commands."""

    measures: IntArray
    """G29 that measure."""
    forgets: IntArray
    """G29 that forget."""
    followed: BoolArray
    """For each command, whether a map is followed from then on."""
    whole: BoolArray
    """For each command, whether that was said by M420 S1 Z0: at every height."""

    @property
    def any(self) -> bool:
        return bool(len(self.measures) or len(self.forgets) or self.followed.any())


def measuring(program: Program) -> Measuring:
    """As Marlin takes it: measuring switches following on, forgetting and homing switch it off."""
    code, jettison = program.code, ~np.isnan(program.word("J"))
    measures, forgets = (code == MEASURE) & ~jettison, (code == MEASURE) & jettison
    said = (code == FOLLOW) & ~np.isnan(program.word("S"))
    home = code == code_of("G28")
    events = measures | forgets | said | home
    on = measures | (said & (np.nan_to_num(program.word("S")) > 0))
    latest = np.maximum.accumulate(np.where(events, np.arange(len(code)), -1))
    if not len(code):
        return Measuring(np.flatnonzero(measures), np.flatnonzero(forgets), events, events)
    followed = (latest >= 0) & on[latest]
    whole = followed & (said & (program.word("Z") == 0))[latest]
    return Measuring(np.flatnonzero(measures), np.flatnonzero(forgets), followed, whole)


def seconds(program: Program, probe: Probe | None) -> float:
    """That measuring takes: as long as a point takes on this machine, for each point of its grid."""
    if probe is None:
        return 0.0
    return len(measuring(program).measures) * probe.points[0] * probe.points[1] * probe.seconds
