"""Areas of a layer and what is done with them: one place where offsets have their joins. mm.

An area is manifold3d's ``CrossSection`` (Clipper2), whose outer contours run to the left and holes to the right.
Offsets are mitred: walls keep their corners. Round joins would cut them off by a fifth of a bead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import shapely
from manifold3d import CrossSection, FillRule, JoinType

from gcode.geometry import Line, signed
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
    """Without what is narrower than ``width``.

    A flat tip that is narrower grows back pointed, so what lies beyond the area is taken away.
    """
    grown = offset(offset(area, -width / 2), width / 2)
    return grown if grown.is_empty() else grown ^ area


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
    return on_grid(contours(area.simplify(RESOLUTION)))


def on_grid(lines: Sequence[Line]) -> tuple[Area, bytes]:
    """The area inside of contours, rounded, and what tells it from every other area."""
    rounded = []
    for line in lines:
        points = np.round(line, GRID) + 0.0
        first = int(np.lexsort((points[:, 1], points[:, 0]))[0])
        rounded.append(np.concatenate([points[first:], points[:first]]))
    rounded.sort(key=lambda points: (*points[0].tolist(), len(points)))
    digest = hashlib.sha256(b"".join(len(points).to_bytes(4, "big") + points.tobytes() for points in rounded))
    return area_of(rounded), digest.digest()


def polygons(pieces: Sequence[Area]) -> shapely.MultiPolygon:
    """Pieces that each hang together, as shapely knows them."""
    rings: list[Line] = []
    owner: list[int] = []
    for number, piece in enumerate(pieces):
        # The outer contour runs to the left and holes to the right; shapely wants it first.
        lines = sorted(contours(piece), key=lambda line: -signed(line)) if piece.num_contour() > 1 else contours(piece)
        rings += lines
        owner += [number] * len(lines)
    if not rings:
        return shapely.MultiPolygon()
    numbers = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    closed_rings: Any = shapely.linearrings(np.vstack(rings), indices=numbers)
    shapes: Any = shapely.polygons(closed_rings, indices=owner)
    whole: shapely.MultiPolygon = shapely.multipolygons(shapes)
    return whole


class Fence:
    """Closed contours as edges, for many questions about the same ones."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.start: FloatArray = np.vstack(lines) if lines else np.empty((0, 2))
        """Of each edge, contour by contour."""
        self.end: FloatArray = (
            np.vstack([np.concatenate([line[1:], line[:1]]) for line in lines]) if lines else np.empty((0, 2))
        )
        self.contour = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        """The number of each edge's contour."""
        self._step = self.end - self.start

    def beside(self, path: FloatArray) -> Fence:
        """The edges that matter to places within the box of a path: those in it, and to its right, where ``holds``
        counts."""
        (x0, y0), (_, y1) = path.min(axis=0), path.max(axis=0)
        low, high = np.minimum(self.start[:, 1], self.end[:, 1]), np.maximum(self.start[:, 1], self.end[:, 1])
        chosen = (low <= y1) & (high >= y0) & (np.maximum(self.start[:, 0], self.end[:, 0]) >= x0)
        few = Fence(())
        few.start, few.end, few.contour, few._step = (
            column[chosen] for column in (self.start, self.end, self.contour, self._step)
        )
        return few

    def holds(self, points: FloatArray) -> BoolArray:
        """Which points lie inside, by the even-odd rule."""
        x, y = points[:, :1], points[:, 1:]
        spans = (self.start[:, 1] > y) != (self.end[:, 1] > y)
        slope = self._step[:, 0] / np.where(self._step[:, 1] == 0, 1.0, self._step[:, 1])
        at = self.start[:, 0] + (y - self.start[:, 1]) * slope
        inside: BoolArray = np.count_nonzero(spans & (at > x), axis=1) % 2 == 1
        return inside

    def crossed(self, begin: FloatArray, finish: FloatArray) -> FloatArray:
        """(n, m): after which share of each of n straight ways each of m edges is crossed; NaN where it is not."""
        way, step = (finish - begin)[:, None, :], self._step
        gap = self.start - begin[:, None, :]
        bend = way[..., 0] * step[:, 1] - way[..., 1] * step[:, 0]
        bend[bend == 0] = np.nan
        along = (gap[..., 0] * step[:, 1] - gap[..., 1] * step[:, 0]) / bend
        across = (gap[..., 0] * way[..., 1] - gap[..., 1] * way[..., 0]) / bend
        met = (along > 0) & (along < 1) & (across >= 0) & (across < 1)
        shares: FloatArray = np.where(met, along, np.nan)
        return shares

    def crosses(self, begin: FloatArray, finish: FloatArray) -> BoolArray:
        """Which of n straight ways cross anything."""
        return np.asarray((~np.isnan(self.crossed(begin, finish))).any(axis=1), dtype=np.bool_)


def closed(line: Line) -> Line:
    """A contour that repeats its first point."""
    return np.vstack([line, line[:1]])
