"""Areas of a layer and what is done with them: one place where offsets have their joins. mm.

An area is manifold3d's ``CrossSection`` (Clipper2), whose outer contours run to the left and holes to the right.
Offsets are mitred: walls keep their corners. Round joins would cut them off by a fifth of a bead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import shapely
from manifold3d import CrossSection, FillRule, JoinType

from gcode.geometry import Line
from gcode.units import BoolArray, FloatArray

Area: TypeAlias = CrossSection

MITRE: Final = 3.0
"""Widths that a mitre may stand out; Slic3r and its descendants use the same."""
RESOLUTION: Final = 0.005
"""mm: contours are simplified to this, a fortieth of a layer's height; no printer steps finer."""
GRID: Final = 4
"""Decimals of mm to which contours are rounded, so that equal layers have equal bytes."""
CRUMB: Final = 0.01
"""mm2: what is smaller is no area but what rounding left."""


def area_of(contours: Sequence[Line]) -> Area:
    """What the contours enclose."""
    filled = [np.ascontiguousarray(line, dtype=np.float64) for line in contours if len(line) > 2]
    return CrossSection(filled, FillRule.Positive) if filled else CrossSection()


def offset(area: Area, by: float) -> Area:
    """Wider by so many mm on each side; a negative width shrinks it."""
    return area.offset(by, JoinType.Miter, MITRE) if by and not area.is_empty() else area


def opened(area: Area, width: float) -> Area:
    """Without what is narrower than ``width``."""
    return offset(offset(area, -width / 2), width / 2)


def contours(area: Area) -> list[Line]:
    """Closed contours that do not repeat their first point."""
    found: list[Line] = [line for line in area.to_polygons() if len(line) > 2]
    return found


def parts(area: Area, least: float = CRUMB) -> list[Area]:
    """The pieces that hang together, without crumbs, in a fixed order: by their lower left corner."""
    found = [part for part in area.decompose() if part.area() > least]
    return sorted(found, key=lambda part: part.bounds())


def settled(area: Area) -> tuple[Area, bytes]:
    """The area on the grid, and what tells it from every other area."""
    rounded = []
    for line in contours(area.simplify(RESOLUTION)):
        points = np.round(line, GRID) + 0.0
        first = int(np.lexsort((points[:, 1], points[:, 0]))[0])
        rounded.append(np.roll(points, -first, axis=0))
    rounded.sort(key=lambda points: (*points[0].tolist(), len(points)))
    digest = hashlib.sha256(b"".join(len(points).to_bytes(4, "big") + points.tobytes() for points in rounded))
    return area_of(rounded), digest.digest()


def polygon(part: Area) -> shapely.Polygon:
    """A piece that hangs together as shapely's polygon."""
    lines = contours(part)
    outer = max(range(len(lines)), key=lambda number: signed(lines[number]))
    return shapely.Polygon(lines[outer], [line for number, line in enumerate(lines) if number != outer])


def signed(line: Line) -> float:
    """The area inside a closed contour; negative where it runs to the right."""
    x, y = line[:, 0], line[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


def edges(lines: Sequence[Line]) -> tuple[FloatArray, FloatArray]:
    """Begin and end of every edge of closed contours, in their order."""
    if not lines:
        return np.empty((0, 2)), np.empty((0, 2))
    return np.vstack(lines), np.vstack([np.roll(line, -1, axis=0) for line in lines])


def holds(lines: Sequence[Line], points: FloatArray) -> BoolArray:
    """Which points lie inside, by the even-odd rule."""
    start, end = edges(lines)
    x, y = points[:, :1], points[:, 1:]
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    inside: BoolArray = np.count_nonzero(spans & (at > x), axis=1) % 2 == 1
    return inside


def crossings(lines: Sequence[Line], begin: FloatArray, finish: FloatArray) -> BoolArray:
    """(n, m): which of n straight ways cross which of m edges of the contours."""
    start, end = edges(lines)
    way = (finish - begin)[:, None, :]
    from_begin = start[None, :, :] - begin[:, None, :]
    edge = (end - start)[None, :, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = way[..., 0] * edge[..., 1] - way[..., 1] * edge[..., 0]
        along = (from_begin[..., 0] * edge[..., 1] - from_begin[..., 1] * edge[..., 0]) / bend
        across = (from_begin[..., 0] * way[..., 1] - from_begin[..., 1] * way[..., 0]) / bend
    found: BoolArray = (along > 0) & (along < 1) & (across >= 0) & (across < 1)
    return found


def closed(line: Line) -> Line:
    """A contour that repeats its first point."""
    return np.vstack([line, line[:1]])
