"""Curves that were digitized coarsely, drawn as they were meant: corners stay corners, and straight lines straight."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np

from gcode.geometry import Line

CORNER: Final = math.cos(math.radians(50))
"""A turn that is sharper is a corner."""
LONG: Final = 2.2
"""Times as long as its neighbour: a straight piece that a curve begins from."""


def smoothed(line: Line, tolerance: float) -> Line:
    """Through the same points, by arcs (cubic, one for each piece) drawn to the tolerance."""
    if len(line) < 3:
        return line
    closed = bool(np.allclose(line[0], line[-1]))
    steps = np.diff(line, axis=0)
    lengths = np.hypot(*steps.T)
    if lengths.min() < 1e-9:
        return line
    ways = steps / lengths[:, None]
    begins, ends = ways.copy(), ways.copy()
    joints = [*pairwise(range(len(ways))), *([(len(ways) - 1, 0)] if closed else [])]
    for before, after in joints:
        if ways[before] @ ways[after] < CORNER:
            continue
        ends[before] = begins[after] = _through(ways[before], ways[after], lengths[before], lengths[after])
    parts = [line[:1]]
    for start, end, begin, arrive, length in zip(line[:-1], line[1:], begins, ends, lengths, strict=True):
        parts.append(_arc(start, end, begin * length, arrive * length, tolerance))
    return np.vstack(parts)


def _through(before: Line, after: Line, one: float, other: float) -> Line:
    """The direction at a point between two pieces of these directions and lengths."""
    if max(one, other) > LONG * min(one, other):
        return before if one > other else after
    way = before * one + after * other
    found: Line = way / np.hypot(*way)
    return found


def _arc(start: Line, end: Line, begin: Line, arrive: Line, tolerance: float) -> Line:
    """Points after the first one."""
    off = float(np.hypot(*(begin - arrive))) / 8
    count = max(1, math.ceil(math.sqrt(off / tolerance)))
    t = (np.arange(1, count + 1) / count)[:, None]
    points: Line = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * begin
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * arrive
    )
    return points
