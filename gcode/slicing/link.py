"""Lines of infill joined along the edge of what they fill: one long bead instead of many, each with a way to it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.units import FloatArray, IntArray

SAME: Final = 1e-4
"""mm: points that are nearer to each other are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where lines end on contours: rows 2k and 2k + 1 are those of line k."""

    contour: IntArray
    """-1 for an end that lies on none."""
    along: FloatArray
    """mm from the contour's first point."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Lines joined to one."""

    points: Line
    links: FloatArray
    """Of each piece: mm of the whole way along a contour that it belongs to; 0 for a piece of a line itself."""


def lengths_along(contour: Line) -> FloatArray:
    """For each point of a contour and its first one again, mm from the first."""
    steps = np.hypot(*(np.roll(contour, -1, axis=0) - contour).T)
    along: FloatArray = np.concatenate([[0.0], np.cumsum(steps)])
    return along


def linked(
    lines: Sequence[Line], contours: Sequence[Line], ends: Ends, most: float, wedge: tuple[float, float] | None = None
) -> list[Chain]:
    """The lines in the same order, joined where the next end along a contour is at most ``most`` mm away.

    Each way along a contour is gone once, and each line laid once. ``wedge``: ways along a contour that join nothing
    are chains of their own if they are longer than the first and lead farther from their lines than the second, in mm.
    """
    edge = _Edge(lines, contours, ends, most)
    used = [False] * len(lines)
    chains: list[Chain] = []
    for first in range(len(lines)):
        if used[first]:
            continue
        used[first] = True
        pieces, gaps, end = [lines[first]], [0.0], 2 * first + 1
        while True:
            ways = [way for way in edge.neighbours[end] if not used[way[1] // 2]]
            if not ways:
                break
            gap, other, forwards = min(ways)
            used[other // 2] = True
            line = lines[other // 2]
            pieces += [edge.way(end, other, forwards), line if other % 2 == 0 else line[::-1]]
            gaps += [gap, 0.0]
            end = other ^ 1
        chains.append(_chained(pieces, gaps))
    if wedge is not None:
        chains += edge.wedges(*wedge)
    return [chain for chain in chains if len(chain.points) > 1]


class _Edge:
    """The contours between the ends of lines."""

    def __init__(self, lines: Sequence[Line], contours: Sequence[Line], ends: Ends, most: float) -> None:
        self._lines, self._contours = lines, contours
        self._gone: set[tuple[int, int]] = set()
        self._rulers = [lengths_along(contour).tolist() for contour in contours]
        self._places = ends.along.tolist()
        self._on = ends.contour.tolist()
        self.neighbours: list[list[tuple[float, int, bool]]] = [[] for _ in ends.contour]
        """Of each end: how far the ends before and behind it on its contour are, which they are, and in which
        direction."""
        for number, ruler in enumerate(self._rulers):
            on = np.flatnonzero(ends.contour == number)
            if len(on) < 2:
                continue
            order = on[np.argsort(ends.along[on], kind="stable")]
            gaps = np.diff(ends.along[order], append=ends.along[order[0]] + ruler[-1])
            for end, other, gap in zip(order.tolist(), np.roll(order, -1).tolist(), gaps.tolist(), strict=True):
                if gap <= most:
                    self.neighbours[end].append((gap, other, True))
                    self.neighbours[other].append((gap, end, False))

    def way(self, end: int, other: int, forwards: bool) -> Line:
        """The contour's points strictly between two ends."""
        self._gone.add((end, other) if forwards else (other, end))
        on = self._on[end]
        return _along(self._contours[on], self._rulers[on], self._places[end], self._places[other], forwards)

    def wedges(self, least: float, away: float) -> list[Chain]:
        """The ways that were not gone, where they leave a wedge open between the contour and the lines."""
        found = []
        for end, ways in enumerate(self.neighbours):
            for gap, other, forwards in ways:
                if not forwards or gap <= least or (end, other) in self._gone:
                    continue
                line = self._lines[end // 2]
                way = np.vstack([self._at(end), self.way(end, other, forwards), self._at(other)])
                step = line[-1] - line[0]
                far = np.abs((way - line[0]) @ np.array([-step[1], step[0]])).max() / max(float(np.hypot(*step)), SAME)
                if far > away:
                    found.append(_chained([way[:1], way[1:-1], way[-1:]], [0.0, gap, 0.0]))
        return found

    def _at(self, end: int) -> Line:
        line = self._lines[end // 2]
        return line[-1:] if end % 2 else line[:1]


def _chained(pieces: Sequence[Line], gaps: Sequence[float]) -> Chain:
    """Lines and, between each two of them, the points of the way along a contour."""
    # The piece that leads to a point of a way, and from a way's end to the next line, belongs to the way.
    counts = [len(piece) for piece in pieces]
    points, of = np.vstack(pieces), np.repeat(gaps, counts)
    firsts = np.cumsum(counts)[1:-1:2]
    of[firsts] = gaps[1::2]
    links = of[1:]
    moved = np.hypot(*np.diff(points, axis=0).T) > SAME
    return Chain(points[np.concatenate([[True], moved])], links[moved])


def _along(contour: Line, ruler: list[float], begin: float, end: float, forwards: bool) -> Line:
    """The contour's points strictly between two places, in the direction gone."""
    if not forwards:
        return _along(contour, ruler, end, begin, True)[::-1]
    first, last = bisect_right(ruler, begin, 0, len(contour)), bisect_left(ruler, end, 0, len(contour))
    if begin <= end:
        return contour[first:last]
    return np.vstack([contour[first:], contour[:last]])
