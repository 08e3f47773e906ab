"""Areas and beads on a grid of square cells: which cells an area has, and how much material each gets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from manifold3d import CrossSection, FillRule

from gcode.slicing.areas import Area, contours, parts
from gcode.slicing.check.laid import Beads
from gcode.units import BoolArray, FloatArray, IntArray

MAX_CELLS: Final = 6_000_000
"""Of a layer; larger ones have coarser cells."""
AT_ONCE: Final = 500_000
"""Points of beads."""
MAX_POINTS: Final = 60_000_000
"""Of a layer: some 600 m of bead. No bed has room for more."""
_JOIN: Final = 0.01
MOST_ALONG: Final = 20_000
MOST_ACROSS: Final = 64


class TooMuch(ValueError):
    """More is laid in a layer than any bed has room for."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells from the lower left corner."""

    x: float
    y: float
    cell: float
    columns: int
    rows: int

    @classmethod
    def over(cls, low: tuple[float, float], high: tuple[float, float], cell: float) -> Self:
        wide, tall = high[0] - low[0], high[1] - low[1]
        cell = max(cell, math.sqrt(wide * tall / MAX_CELLS))
        return cls(low[0], low[1], cell, math.ceil(wide / cell) + 1, math.ceil(tall / cell) + 1)

    def mask(self, area: Area) -> BoolArray:
        """Cells whose middles lie in the area."""
        steps = np.zeros((self.rows, self.columns + 1), dtype=np.int32)
        lines = contours(area)
        if not lines:
            return np.zeros((self.rows, self.columns), dtype=bool)
        a = (np.vstack(lines) - (self.x, self.y)) / self.cell - 0.5
        b = (np.vstack([np.roll(line, -1, axis=0) for line in lines]) - (self.x, self.y)) / self.cell - 0.5
        low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
        first = np.clip(np.ceil(low), 0, self.rows).astype(np.int64)
        count = np.clip(np.ceil(high), 0, self.rows).astype(np.int64) - first
        which = np.repeat(np.arange(len(a)), count)
        row = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which]
        slope = (b[:, 0] - a[:, 0]) / np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
        column = np.clip(np.ceil(a[which, 0] + (row - a[which, 1]) * slope[which]), 0, self.columns).astype(np.int64)
        np.add.at(steps, (row, column), np.where(a[which, 1] > b[which, 1], 1, -1))
        inside: BoolArray = np.cumsum(steps, axis=1)[:, :-1] > 0
        return inside

    def middles(self, cells: BoolArray) -> FloatArray:
        row, column = np.nonzero(cells)
        return np.stack([self.x + (column + 0.5) * self.cell, self.y + (row + 0.5) * self.cell], axis=1)


def spread(beads: Beads, height: float, cell: float) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """x and y of points all over the beads, at most a cell apart, and the volume at each. Raises TooMuch."""
    step = beads.end - beads.start
    length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)
    width = beads.volume / (length * height)
    along = np.clip(np.ceil(length / cell), 1, MOST_ALONG).astype(np.int64)
    across = np.clip(np.ceil(width / cell), 1, MOST_ACROSS).astype(np.int64)
    count = along * across
    done = np.cumsum(count)
    if len(count) and done[-1] > MAX_POINTS:
        raise TooMuch("more is laid in this layer than any bed has room for")
    side = np.minimum(width, MOST_ACROSS * cell) / length / across
    ahead, aside = step / along[:, None], np.stack([-step[:, 1] * side, step[:, 0] * side], axis=1)
    corner = beads.start + ahead / 2 - aside * ((across - 1) / 2)[:, None]
    share = beads.volume / count
    begin = 0
    while begin < len(count):
        end = max(begin + 1, int(np.searchsorted(done, done[begin] + AT_ONCE)))
        some = slice(begin, end)
        times = count[some]
        number = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        lane = number // np.repeat(along[some], times)
        number -= lane * np.repeat(along[some], times)
        x, y = (
            np.repeat(corner[some, axis], times)
            + np.repeat(ahead[some, axis], times) * number
            + np.repeat(aside[some, axis], times) * lane
            for axis in (0, 1)
        )
        yield x, y, np.repeat(share[some], times)
        begin = end


def cell_of(grid: Grid, x: FloatArray, y: FloatArray) -> IntArray:
    """The number of each point's cell; -1 outside of the grid."""
    across, up = (x - grid.x) / grid.cell, (y - grid.y) / grid.cell
    good = (across >= 0) & (across < grid.columns) & (up >= 0) & (up < grid.rows)
    if not good.all():
        across, up = np.where(good, across, 0.0), np.where(good, up, 0.0)
    at: IntArray = up.astype(np.int64) * grid.columns + across.astype(np.int64)
    return at if good.all() else np.where(good, at, -1)


def boxed(values: FloatArray, reach: int) -> FloatArray:
    """The mean over a square of 2 x reach + 1 cells around each; beyond the grid there is nothing."""
    size = 2 * reach + 1
    for _ in range(2):
        if reach == 1:
            summed = values.copy()
            summed[1:] += values[:-1]
            summed[:-1] += values[1:]
        else:
            running = np.cumsum(np.pad(values, ((reach + 1, reach), (0, 0))), axis=0)
            summed = running[size:] - running[:-size]
        values = summed.T
    mean: FloatArray = values / size**2
    return mean


def blob(grid: Grid, cells: BoolArray) -> tuple[float, tuple[float, float]]:
    """The largest piece of cells that hang together: mm2, and the middle of its box."""
    rows = np.flatnonzero(cells.any(axis=1))
    if not len(rows):
        return 0.0, (0.0, 0.0)
    below = int(rows[0])
    edges = np.diff(np.pad(cells[below : rows[-1] + 1], ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, begin = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    row = row + below
    # A little larger, so that cells that touch at a corner hang together.
    x0, x1, y0, y1 = begin - _JOIN, end + _JOIN, row - _JOIN, row + 1 + _JOIN
    corners = np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1).reshape(-1, 4, 2)
    found = parts(CrossSection(list(corners), FillRule.NonZero))
    worst = max(found, key=lambda part: part.area(), default=None)
    if worst is None:
        return 0.0, (0.0, 0.0)
    left, low, right, high = worst.bounds()
    middle = (grid.x + (left + right) / 2 * grid.cell, grid.y + (low + high) / 2 * grid.cell)
    return worst.area() * grid.cell**2, middle
