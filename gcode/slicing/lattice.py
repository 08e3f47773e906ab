"""Straight parallel lines that fill an area, joined along its edge. mm, degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line, Transform, bounds_of
from gcode.slicing.areas import Area, Fence, contours
from gcode.slicing.link import Chain, Ends, lengths_along, linked
from gcode.units import FloatArray

LEAST: Final = 0.02
"""mm: a shorter line is none."""
LEAST_WEDGE: Final = 4.0
"""Spacings: a shorter way along the edge has no open wedge beside it."""
WEDGE: Final = 0.6
"""Spacings that such a way leads away from the line beside it, at least."""
EDGE: Final = 0.2
"""Spacings inside of an area's edge that its outermost lines lie: nearer to a side that is nearly parallel to them they
would be so short that a wedge stays open beside them."""


def fitted(area: Area, spacing: float, angle: float, most: float) -> list[Chain]:
    """As many lines as fit ``spacing`` best, from one edge of the area to the other."""
    lines = [Transform.rotate(-angle)(line) for line in contours(area)]
    box = bounds_of(lines)
    if box is None:
        return []
    tall = box.height - 2 * EDGE * spacing
    count = max(1, round(tall / spacing) + 1) if tall > spacing / 2 else 1
    step = tall / (count - 1) if count > 1 else 1.0
    first = box.y0 + EDGE * spacing if count > 1 else box.y0 + box.height / 2
    return _filled(lines, first, step, count, angle, most, (LEAST_WEDGE * spacing, WEDGE * spacing))


def regular(area: Area, spacing: float, angle: float, most: float) -> list[Chain]:
    """Lines at whole multiples of ``spacing`` from the origin, so that lines of all areas and layers lie in line."""
    lines = [Transform.rotate(-angle)(line) for line in contours(area)]
    box = bounds_of(lines)
    if box is None:
        return []
    low, high = math.ceil(box.y0 / spacing), math.floor(box.y1 / spacing)
    return _filled(lines, low * spacing, spacing, high - low + 1, angle, most)


def runs(area: Area, spacing: float, angle: float) -> FloatArray:
    """(n, 2, 2): begin and end of each piece of lines across the area, not joined."""
    lines = [Transform.rotate(-angle)(line) for line in contours(area)]
    box = bounds_of(lines)
    if box is None:
        return np.empty((0, 2, 2))
    count = max(1, math.ceil(box.height / spacing))
    found, _ = _runs(lines, box.y0 + box.height / count / 2, box.height / count, count)
    return Transform.rotate(angle)(found.reshape(-1, 2)).reshape(-1, 2, 2)


def _filled(
    lines: Sequence[Line],
    first: float,
    step: float,
    count: int,
    angle: float,
    most: float,
    wedge: tuple[float, float] | None = None,
) -> list[Chain]:
    found, ends = _runs(lines, first, step, count)
    back = Transform.rotate(angle)
    return [Chain(back(one.points), one.links) for one in linked(list(found), lines, ends, most, wedge)]


def _runs(lines: Sequence[Line], first: float, step: float, count: int) -> tuple[FloatArray, Ends]:
    """The pieces of level lines inside of contours, the lowest first, and where on the contours they end."""
    fence = Fence(lines)
    start, end, contour = fence.start, fence.end, fence.contour
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    begin = np.clip(np.ceil((low - first) / step).astype(np.int64), 0, count)
    times = np.clip(np.ceil((high - first) / step).astype(np.int64), 0, count) - begin
    edge = np.repeat(np.arange(len(start)), times)
    row = begin[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times)
    y = first + row * step
    share = (y - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    x = start[edge, 0] + share * (end[edge, 0] - start[edge, 0])
    order = np.lexsort((x, row))
    points = np.stack([x, y], axis=1)[order].reshape(-1, 2, 2)
    rulers = [lengths_along(line) for line in lines]
    ruler = np.concatenate([one[:-1] for one in rulers])
    along = (ruler[edge] + share * np.hypot(*(end - start).T)[edge])[order].reshape(-1, 2)
    on = contour[edge][order].reshape(-1, 2)
    kept = points[:, 1, 0] - points[:, 0, 0] > LEAST
    return points[kept], Ends(on[kept].ravel(), along[kept].ravel())
