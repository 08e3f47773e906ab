"""A drawing as one area, and what is done with areas on the way to a body. mm.

Curves are chords already. Offsets here are round: they are borders around content, not ways of a tool.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType, Manifold, OpType
from shapely import LinearRing, LineString, MultiPolygon, Polygon, simplify, union_all

from gcode.design import Drawing
from gcode.geometry import length, signed
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import Area

DETAIL: Final = 0.01
"""mm: points of content that change its edge by less are left out."""
SMOOTH: Final = 0.02
"""mm by which chords of round corners that are drawn around content are off."""
TOUCH: Final = 0.001
"""mm by which the edges of content draw back from each other."""
SHORT: Final = 4.0
"""Widths that the edge of a hairline is long at least: what is shorter is the tip of a corner."""
SPECK: Final = 0.001
"""mm2: what is smaller is no part of a letter."""


def area_of(drawings: Sequence[Drawing], width: float) -> Area:
    """Outlines of each drawing by the non-zero rule, and strokes of this width in mm, as one area. Raises ShapeError.

    An outline that crosses itself encloses what its turns do; one that has no surface is no content.
    """
    found = CrossSection()
    for drawing in drawings:
        if not all(np.isfinite(line).all() for line in (*drawing.outlines, *drawing.strokes)):
            raise ShapeError("The drawing has points that are not finite.", "Please draw it anew.")
        outlines = [np.ascontiguousarray(line, dtype=np.float64) for line in drawing.outlines if len(line) > 2]
        found = found + CrossSection(outlines, FillRule.NonZero) if outlines else found
    strokes = [
        LineString(line).buffer(width / 2, quad_segs=4)
        for drawing in drawings
        for line in drawing.strokes
        if len(line) > 1
    ]
    if strokes:
        found = found + section(union_all(strokes))
    # Two letters that touch in one point would be a body whose surface does so, which is not closed for a slicer.
    apart = thinned(found, DETAIL).offset(-2 * TOUCH, JoinType.Miter, 3.0).offset(TOUCH, JoinType.Miter, 3.0)
    if apart.area() < SPECK:
        raise ShapeError("The content has no surface that could be built.", "Please send one with lines or areas.")
    # Offsets leave edges that are shorter than CAD kernels can tell two points apart by.
    return thinned(apart, TOUCH)


def section(shape: Any) -> Area:
    """shapely's polygons as an area."""
    found: list[Polygon] = list(shape.geoms) if isinstance(shape, MultiPolygon) else [shape]
    rings = [np.asarray(ring.coords)[:-1] for piece in found for ring in (piece.exterior, *piece.interiors)]
    return CrossSection(rings, FillRule.EvenOdd)


def grown(area: Area, distance: float) -> Area:
    """The area with a band of this width in mm around it, round at its corners; below 0 it shrinks."""
    if not distance:
        return area
    segments = math.ceil(math.pi / math.acos(1 - min(1.0, SMOOTH / abs(distance))) / 4) * 4
    return thinned(area.offset(distance, JoinType.Round, circular_segments=segments), DETAIL)


def filled(area: Area) -> Area:
    """The area without its holes."""
    rings = [max(piece.to_polygons(), key=signed) for piece in pieces(area)]
    return CrossSection(rings, FillRule.Positive)


def closed(area: Area, gap: float) -> Area:
    """The area with gaps narrower than this, in mm, bridged."""
    return thinned(area + grown(grown(area, gap / 2), -gap / 2), DETAIL)


def thinned(area: Area, off: float) -> Area:
    """The area without points that lie no further than this, in mm, off the line between those that stay.

    Clipper's own way to simplify moves whole straight edges: it took 2 % off a wall of 1 mm.
    """
    rings = [np.asarray(simplify(LinearRing(ring), off).coords)[:-1] for ring in area.to_polygons() if len(ring) > 2]
    return CrossSection([ring for ring in rings if len(ring) > 2], FillRule.Positive)


def stout(area: Area, width: float) -> Area:
    """The area with its hairlines as wide as this, in mm: what is narrower than a bead would not be laid at all, and
    letters would lack their thin strokes."""
    firm = area.offset(-width / 2, JoinType.Miter, 3.0).offset(width / 2, JoinType.Miter, 3.0)
    thick = []
    for hair in pieces(area - firm):
        # Of a strip, twice its area by its length round is how wide it is. What is as short as wide is a corner.
        round_it = sum(length(np.vstack([ring, ring[:1]])) for ring in hair.to_polygons())
        if round_it > SHORT * width:
            thick.append(grown(hair, max(width - 2 * hair.area() / round_it, 0.0) / 2))
    return thinned(Area.batch_boolean([area, *thick], OpType.Add), DETAIL) if thick else area


def mirrored(area: Area, x: float) -> Area:
    """The area turned over at the upright line at ``x``."""
    return area.mirror((1.0, 0.0)).translate((2 * x, 0.0))


def disc(x: float, y: float, radius: float) -> Area:
    return CrossSection.circle(radius, 96).translate((x, y))


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Area:
    return CrossSection.square((x1 - x0, y1 - y0)).translate((x0, y0))


def pieces(area: Area) -> list[Area]:
    """Its connected parts, from left to right: in an order that does not depend on how they were found."""
    found = [piece for piece in area.decompose() if piece.area() > SPECK]
    return sorted(found, key=lambda piece: tuple(piece.bounds()))


def prism(area: Area, low: float, high: float) -> Manifold:
    """The area from height ``low`` to ``high``."""
    return Manifold.extrude(area, high - low).translate((0.0, 0.0, low))
