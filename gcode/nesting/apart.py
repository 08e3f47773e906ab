"""Where one outline may not lie because of another: the no-fit polygon, as the places of a grid in it. mm.

The no-fit polygon of a standing outline A and a moving one B is A widened by B turned around (a Minkowski sum): where
B's corner lies in it, the two overlap. With A widened by the spacing first, it holds every place that is too near. Only
places are rounded to the grid, never shapes, so that what fits exactly is found.

The sum is never built as a polygon. The convolution of two closed lines (each edge of one at those corners of the other
that it touches on its way round) winds around a place as often as the two outlines have pieces in common there (Guibas,
Ramshaw and Stolfi, "A kinetic framework for computational geometry", 1983). So it is enough to count how often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType

from gcode.geometry import Line, signed
from gcode.units import BoolArray, FloatArray, IntArray

TOUCH: Final = 1e-6
"""mm: so much nearer is allowed, as places that touch must not be lost to rounding."""
MITRE: Final = 2.0
"""Spacings that a mitre may stand out: corners are kept apart by a little more than asked for, never by less."""
ANGLE: Final = 9
"""Decimals of an edge's direction, in radians."""
WHOLE: Final = round(2 * np.pi, ANGLE)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Places of a grid, as a picture: rows by y, columns by x, the first of them at ``row``, ``column``."""

    row: int
    column: int
    places: BoolArray


def widened(line: Line, spacing: float) -> Line:
    """All that is nearer than the spacing to what a line encloses, without holes."""
    wide = CrossSection([np.ascontiguousarray(line)], FillRule.NonZero).offset(spacing - TOUCH, JoinType.Miter, MITRE)
    return max(wide.to_polygons(), key=signed)


def no_fit(standing: Line, moving: Line, step: float) -> Taken:
    """The places of a grid, from 0, 0 on, where ``moving`` would overlap ``standing``; both run to the left.

    A place is where the point 0, 0 of ``moving`` comes to lie.
    """
    begin, end = convolution(standing, -moving)
    low_x, low_y = np.ceil(begin.min(axis=0) / step).astype(int).tolist()
    high_x, high_y = np.floor(begin.max(axis=0) / step).astype(int).tolist()
    rows, columns = max(0, high_y - low_y + 1), max(0, high_x - low_x + 1)
    heights = (low_y + np.arange(rows)) * step
    b, e = begin[:, 1, None], end[:, 1, None]
    edge, row = np.nonzero((b <= heights) != (e <= heights))
    rise = end[edge, 1] - begin[edge, 1]
    x = begin[edge, 0] + (heights[row] - begin[edge, 1]) / rise * (end[edge, 0] - begin[edge, 0])
    column = np.clip(np.ceil(x / step - low_x), 0, columns).astype(np.int64)
    # What runs to the left goes down where a row enters it.
    flat = np.bincount(row * (columns + 1) + column, weights=-np.sign(rise), minlength=rows * (columns + 1))
    turns = np.cumsum(np.rint(flat).astype(np.int64).reshape(rows, columns + 1), axis=1)
    return Taken(low_y, low_x, turns[:, :-1] > 0)


def convolution(one: Line, other: Line) -> tuple[Line, Line]:
    """The edges of the convolution of two closed lines that run to the left, each from where to where.

    Where edges are parallel, the other line counts as turned to the left by a hair.
    """
    a, b = (np.roll(line, -1, axis=0) - line for line in (one, other))
    headings = [_heading(a), _heading(b)]
    known = np.unique(np.concatenate(headings))
    # Numbers in place of angles: comparing them is exact, and so the convolution is closed.
    own, its = (2 * np.searchsorted(known, heading) + hair for hair, heading in enumerate(headings))
    mine = _passed(own, headings[0], its, 2 * len(known))
    theirs = _passed(its, headings[1], own, 2 * len(known))
    begins, ends = [], []
    for corners, steps, line, passed in ((one, b, other, mine), (other, a, one, theirs)):
        corner, edge = np.nonzero(passed)
        start = corners[corner] + line[edge]
        finish = start + steps[edge]
        back = (passed[corner, edge] < 0)[:, None]
        begins.append(np.where(back, finish, start))
        ends.append(np.where(back, start, finish))
    return np.vstack(begins), np.vstack(ends)


def _heading(steps: Line) -> FloatArray:
    """Angles of 0 to less than a turn, rounded so that what is parallel is equal."""
    heading = np.round(np.arctan2(steps[:, 1], steps[:, 0]) % (2 * np.pi), ANGLE)
    heading[heading >= WHOLE] = 0.0
    return heading


def _passed(own: IntArray, heading: FloatArray, its: IntArray, whole: int) -> IntArray:
    """For each corner of one line and each edge of the other: 1 where the one turns left past the edge's direction
    there, -1 where it turns right past it, 0 where it does not pass it."""
    before = np.roll(own, 1)
    left = (heading - np.roll(heading, 1)) % (2 * np.pi) < np.pi
    first, last = np.where(left, before, own), np.where(left, own, before)
    within = (its[None] - first[:, None]) % whole < ((last - first) % whole)[:, None]
    passed: IntArray = np.where(within, np.where(left, 1, -1)[:, None], 0)
    return passed


class Apart:
    """No-fit places of pairs of outlines, computed once for each."""

    def __init__(self, step: float, spacing: float) -> None:
        self.pairs = 0
        """How many were computed."""
        self._step, self._spacing = step, spacing
        self._known: dict[tuple[bytes, bytes], Taken] = {}
        self._wide: dict[bytes, Line] = {}

    def between(self, standing: Line, moving: Line) -> Taken:
        """Where ``moving`` is too near to ``standing``."""
        mine = standing.tobytes()
        key = (mine, moving.tobytes())
        if key not in self._known:
            if mine not in self._wide:
                self._wide[mine] = widened(standing, self._spacing)
            self.pairs += 1
            self._known[key] = no_fit(self._wide[mine], moving, self._step)
        return self._known[key]
