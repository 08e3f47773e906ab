"""Filled shapes as hatch, and shapes cut out: insets and kerf, inner contours before outer ones, tabs that hold a part.

Outlines are closed contours that do not repeat their first point, filled by the non-zero rule. Offsets come from
Clipper2 (by manifold3d) with round joins: mitres would cut off slivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType

from gcode.geometry import Line, Transform, bounds_of, length, split_at, without_repeats
from gcode.order import ordered
from gcode.scan import Row
from gcode.units import BoolArray, FloatArray

SEGMENTS: Final = 48
"""Of a full circle, in round joins."""
LEAST_RUN: Final = 0.02
"""mm: a shorter piece of hatch is no mark that anybody sees."""
MAX_LINES: Final = 200_000
"""Lines of one hatch: more is a slip in the interval."""


class HatchError(ValueError):
    """A shape that cannot be filled or cut as asked: what, and the mend."""


def region(outlines: Sequence[Line]) -> CrossSection:
    """What the outlines enclose, by the non-zero rule."""
    filled = [np.ascontiguousarray(line, dtype=np.float64) for line in outlines if len(line) > 2]
    return CrossSection(filled, FillRule.NonZero) if filled else CrossSection()


def grown(outlines: Sequence[Line], by: float) -> tuple[Line, ...]:
    """The outlines of the same shape, wider by so many mm on each side; a negative width shrinks it.

    Outer contours run to the left, holes to the right. What is too narrow to shrink is gone.
    """
    shape = region(outlines)
    found: list[Line] = (shape.offset(by, JoinType.Round, 2.0, SEGMENTS) if by else shape).to_polygons()
    return tuple(found)


def slender(outlines: Sequence[Line], width: float) -> tuple[Line, ...]:
    """The outlines of those parts of the shape that are narrower than ``width``: an inset of half of it loses them.

    What a corner loses by being rounded is no part.
    """
    shape = region(outlines)
    opened = shape.offset(-width / 2, JoinType.Round, 2.0, SEGMENTS).offset(width / 2, JoinType.Round, 2.0, SEGMENTS)
    parts = [part for part in (shape - opened).decompose() if part.area() > width * width]
    return tuple(line for part in parts for line in part.to_polygons())


def hatched(outlines: Sequence[Line], interval: float, *, angle: float = 0.0, inset: float = 0.0) -> list[Row]:
    """Rows that fill the shape, the lowest first: lines ``interval`` mm apart at ``angle`` degrees.

    ``inset``: mm that the lines end before the outline, half a spot, so that the burn ends on it.
    """
    if not interval > 0:
        raise HatchError(f"an interval of {interval:g} mm between lines: write one above 0")
    turned = [Transform.rotate(-angle)(line) for line in grown(outlines, -inset)]
    bounds = bounds_of(turned)
    if bounds is None:
        return []
    # Lines stand on a lattice through the piece's corner, so that shapes side by side are filled by the same lines.
    first, last = int(np.ceil(bounds.y0 / interval - 0.5)), int(np.floor(bounds.y1 / interval - 0.5))
    if last - first >= MAX_LINES:
        raise HatchError(f"{last - first + 1} lines of hatch, {MAX_LINES} are allowed: widen the interval")
    line, along = _crossings(turned, interval)
    heading = Transform.rotate(angle)(np.array([[1.0, 0.0], [0.0, 1.0]]))
    rows = []
    for number in np.unique(line).tolist():
        edges = _merged(along[line == number].reshape(-1, 2))
        if len(edges):
            power = np.ones(len(edges) * 2 - 1)
            power[1::2] = 0.0
            origin = heading[1] * (number + 0.5) * interval
            rows.append(
                Row(
                    (float(origin[0]), float(origin[1])),
                    (float(heading[0, 0]), float(heading[0, 1])),
                    edges.ravel(),
                    power,
                )
            )
    return rows


def _crossings(
    contours: Sequence[Line], interval: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], FloatArray]:
    """Where contours cross the lattice's lines: the line's number and the place along it, in that order.

    Each line is entered and left in turn: the contours of a region do not cross.
    """
    start = np.vstack(contours)
    end = np.vstack([np.roll(contour, -1, axis=0) for contour in contours])
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.ceil(low / interval - 0.5).astype(np.int64)
    count = np.maximum(np.ceil(high / interval - 0.5).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(start)), count)
    number = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = ((number + 0.5) * interval - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    along = start[edge, 0] + share * (end[edge, 0] - start[edge, 0])
    order = np.lexsort((along, number))
    return number[order], along[order]


def _merged(pieces: FloatArray) -> FloatArray:
    """Pieces of one line: those that nearly touch are one, those that are hardly there are none."""
    gap = np.concatenate([[True], pieces[1:, 0] - pieces[:-1, 1] > LEAST_RUN])
    starts = pieces[gap, 0]
    ends = pieces[np.concatenate([np.flatnonzero(gap)[1:] - 1, [len(pieces) - 1]]), 1]
    joined: FloatArray = np.stack([starts, ends], axis=1)
    return joined[joined[:, 1] - joined[:, 0] > LEAST_RUN]


def strokes(rows: Sequence[Row]) -> list[Line]:
    """The lit runs of rows as lines, to and fro: for a tool that is lifted between them."""
    lines: list[Line] = []
    for number, row in enumerate(rows):
        lit = np.flatnonzero(row.power > 0)
        ends = np.stack([row.edges[lit], row.edges[lit + 1]], axis=1)
        points = np.array(row.origin) + ends[:, :, None] * np.array(row.heading)
        lines += list(points) if number % 2 == 0 else [line[::-1] for line in points[::-1]]
    return lines


def nested(outlines: Sequence[Line]) -> list[list[Line]]:
    """Contours by how many others they lie in, the innermost first: cut in that order, nothing falls out too early."""
    depth = [
        sum(inside(other, line[0]) for place, other in enumerate(outlines) if place != own)
        for own, line in enumerate(outlines)
    ]
    levels = sorted(set(depth), reverse=True)
    return [[line for line, level in zip(outlines, depth, strict=True) if level == one] for one in levels]


def inside(outline: Line, point: FloatArray) -> bool:
    """Whether a point lies in an outline (a ray to the right crosses it an odd number of times)."""
    start, end = outline, np.roll(outline, -1, axis=0)
    spans: BoolArray = (start[:, 1] > point[1]) != (end[:, 1] > point[1])
    start, end = start[spans], end[spans]
    share = (point[1] - start[:, 1]) / (end[:, 1] - start[:, 1])
    return int(np.count_nonzero(start[:, 0] + share * (end[:, 0] - start[:, 0]) > point[0])) % 2 == 1


def cuts(
    outlines: Sequence[Line], kerf: float, *, tabs: int = 0, tab: float = 0.0, start: tuple[float, float] = (0.0, 0.0)
) -> list[list[Line]]:
    """Shapes cut out: each contour as its lines (one that is closed, or as many as it has tabs), inner before outer.

    ``kerf``: mm that the beam takes away; the way lies half of it outside of the part. ``tabs``: bridges of ``tab``
    mm for each contour, evenly along it. Raises HatchError where the tabs would leave nothing to cut.
    """
    found: list[list[Line]] = []
    for level in nested(grown(outlines, kerf / 2)):
        closed = ordered([np.vstack([line, line[:1]]) for line in level], start)
        found += [tabbed(line, tabs, tab) for line in closed]
    return found


def tabbed(closed: Line, tabs: int, tab: float) -> list[Line]:
    """A closed line in as many open ones as it has tabs between them."""
    if not tabs or not tab:
        return [closed]
    whole = length(closed)
    if tabs * tab * 2 > whole:
        raise HatchError(
            f"{tabs} tabs of {tab:g} mm on {whole:.1f} mm leave less than half to cut: write fewer or less"
        )
    piece = whole / tabs
    lines: list[Line] = []
    # The first tab lies across the line's beginning, so that no cut begins at a tab's edge twice.
    _, rest = split_at(closed, tab / 2)
    for _ in range(tabs):
        cut, rest = split_at(rest, piece - tab)
        _, rest = split_at(rest, tab) if length(rest) > tab else (rest, rest[:0])
        lines.append(without_repeats(cut))
    return lines
