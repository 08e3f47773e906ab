"""Rows of runs as the moves of a laser: a spot that passes over each row at one speed and is lit on the way.

The spot is at speed before it is lit, and still at speed when it has gone dark (overscan). Rows are passed to and fro;
what the laser's electronics and the belts lag behind is then seen as teeth, and is made good from a table of offsets by
speed. A row never asks for more lines a second than the controller takes: its speed is lowered instead, and its power
with it, so that the same energy falls on each millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gcode.geometry import Bounds
from gcode.recipe import Motion, Place, RecipeError
from gcode.toolpath import Kind, Toolpath, repeats_removed
from gcode.units import FloatArray

MARGIN: Final = 1.1
"""Overscan over what speeding up takes: belts settle."""
DECIMALS: Final = 3
"""Of a position in the program."""
LINE_BYTES: Final = 16
"""Bytes on the wire of a line such as ``G1X100.125S1000``, with its end."""
SPEED_STEP: Final = 0.5
"""mm/s: a lowered speed is a multiple of this where it is more."""
LEAST_WAY: Final = 0.002
"""mm: a shorter run would be a move without length in the program's decimals."""


@dataclass(frozen=True, slots=True)
class Controller:
    """How much a machine's controller takes in. GRBL 1.1 on an 8-bit board at 115200 baud parses 400 to 500 lines a
    second and plans 15 blocks ahead; its wire carries 11,520 bytes a second."""

    lines: float = 400.0
    """A second, in the long run."""
    bytes: float = 10_000.0
    """A second, in the long run."""
    ahead: int = 15
    """Blocks that it plans ahead: it must be able to stop within them, and they bridge a dense stretch."""

    def __post_init__(self) -> None:
        if not (self.lines > 0 and self.bytes > 0 and self.ahead >= 1):
            raise RecipeError("a controller takes more than 0 lines and bytes a second, and plans 1 block or more")

    @property
    def rate(self) -> float:
        """Lines a second of a raster."""
        return min(self.lines, self.bytes / LINE_BYTES)


@dataclass(frozen=True, slots=True)
class Offsets:
    """How far the burn lies behind where it was asked for, by speed: mm/s to mm, between them by straight lines.

    Half the distance between the ends of a row burnt to the right and of one burnt to the left. Beyond the fastest
    that was measured it stays what it was.
    """

    table: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        speeds = [speed for speed, _ in self.table]
        if speeds != sorted(set(speeds)) or any(speed <= 0 for speed in speeds):
            raise RecipeError("the speeds of a table of offsets rise from line to line, and all are above 0")

    def at(self, speed: float) -> float:
        speeds, offsets = ([0.0, *(pair[column] for pair in self.table)] for column in (0, 1))
        return float(np.interp(speed, speeds, offsets))


@dataclass(frozen=True, slots=True)
class Scan:
    """How rows are passed over. mm/s, and S at full power."""

    speed: float
    full: float
    motion: Motion = field(default_factory=Motion)
    controller: Controller = field(default_factory=Controller)
    offsets: Offsets = field(default_factory=Offsets)
    bidirectional: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Runs along a straight line. ``edges``: n + 1 rising mm from ``origin`` along ``heading``; ``power``: n shares of
    full power, of which the first and the last are above 0."""

    origin: tuple[float, float]
    heading: tuple[float, float]
    edges: FloatArray
    power: FloatArray


def row_speed(row: Row, scan: Scan) -> float:
    """mm/s of a row: the recipe's, or what axes and controller allow where that is less.

    The controller must keep up with the row as a whole, a dense stretch of it must be bridged by what its planner
    holds, and at no place may the spot be too fast to stop within the blocks that are planned.
    """
    axes = np.abs(np.array(row.heading))
    limits = np.array(scan.motion.max_feed[:2])
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = float(np.nanmin([scan.speed, *np.where(axes > 1e-9, limits / axes, np.inf)]))
    rate, ahead, runs = scan.controller.rate, scan.controller.ahead, len(row.power)
    most = speed
    if runs > ahead:
        most = min(most, rate * float(row.edges[-1] - row.edges[0]) / runs)
    if runs >= ahead:
        shortest = float((row.edges[ahead:] - row.edges[:-ahead]).min())
        most = min(most, math.sqrt(2 * scan.motion.acceleration * shortest))
    if most >= speed and behind(row.edges, speed, rate) <= ahead:
        return speed
    low, high = 1, max(1, math.floor(most / SPEED_STEP))
    while low < high:
        middle = (low + high + 1) // 2
        keeps_up = behind(row.edges, middle * SPEED_STEP, rate) <= ahead
        low, high = (middle, high) if keeps_up else (low, middle - 1)
    return min(low * SPEED_STEP, speed)


def behind(edges: FloatArray, speed: float, rate: float) -> float:
    """By how many lines the controller falls behind at most: each run is a line, and it takes ``rate`` a second."""
    due = np.arange(len(edges)) - rate * edges / speed
    return float((due - np.minimum.accumulate(due)).max())


def overscan(speed: float, motion: Motion) -> float:
    """mm before and behind a row in which the spot comes to speed and to rest."""
    return MARGIN * speed * speed / (2 * motion.acceleration)


def moves(rows: Sequence[Row], scan: Scan, place: Place) -> Toolpath:
    """The moves over all rows in their order: a travel to each, dark until the first run, and dark after the last."""
    parts = [_passed(row, scan, place, -1 if scan.bidirectional and n % 2 else 1) for n, row in enumerate(rows)]
    if not parts:
        return Toolpath.rows(Kind.TRAVEL, 0)
    kind = np.concatenate([part[0] for part in parts])
    x, y, f, s = (np.concatenate([part[column] for part in parts]) for column in range(1, 5))
    travel = kind == Kind.TRAVEL
    power = repeats_removed(s)
    power[travel] = 0.0  # in so many words, even where it was 0 before
    nothing = np.full(len(kind), np.nan)
    return Toolpath(kind, _said(x, travel), _said(y, travel), nothing, nothing, repeats_removed(f), nothing, power)


def _said(values: FloatArray, travel: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray:
    """A coordinate only where it changes, and on every travel."""
    said = repeats_removed(values)
    return np.where(travel, values, said)


def _passed(
    row: Row, scan: Scan, place: Place, direction: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], FloatArray, FloatArray, FloatArray, FloatArray]:
    """One row: kind, x, y, f and s of its moves."""
    speed = row_speed(row, scan)
    edges, power = (row.edges, row.power) if direction > 0 else (row.edges[::-1], row.power[::-1])
    keep = np.abs(np.diff(edges)) >= LEAST_WAY
    ends, power = edges[1:][keep], power[keep]
    run_up = direction * overscan(speed, scan.motion)
    along = np.concatenate([[edges[0] - run_up, edges[0]], ends, [ends[-1] + run_up]]) - direction * scan.offsets.at(
        speed
    )
    x = np.round(place.x + row.origin[0] + row.heading[0] * along, DECIMALS)
    y = np.round(place.y + row.origin[1] + row.heading[1] * along, DECIMALS)
    # A laser in M4 gives its S at the F of the line: a row that is slower than its recipe gets as much less.
    lit = np.maximum(np.rint(power * scan.full * speed / scan.speed), power > 0)
    s = np.concatenate([[0.0, 0.0], lit, [0.0]])
    f = np.full(len(along), speed)
    f[0] = np.nan
    kind = np.full(len(along), int(Kind.LINE), dtype=np.uint8)
    kind[0] = int(Kind.TRAVEL)
    return kind, x, y, f, s


def reach(toolpath: Toolpath) -> Bounds | None:
    """The rectangle that all moves stay in, run-up included: what is framed. None where nothing moves."""
    if not len(toolpath) or np.isnan(toolpath.x).all():
        return None
    (x0, x1), (y0, y1) = ((float(np.nanmin(c)), float(np.nanmax(c))) for c in (toolpath.x, toolpath.y))
    return Bounds(x0, y0, x1, y1)
