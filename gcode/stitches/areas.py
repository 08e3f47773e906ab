"""What a drawing covers, as shapes: outlines by the non-zero rule, and strokes in the width of a line."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from gcode.design import Drawing
from gcode.geometry import Line, without_repeats
from gcode.hatch import region

LEAST: float = 0.05
"""mm2: what is smaller is no shape but what rounding left."""


def covered(drawing: Drawing, width: float) -> BaseGeometry:
    """The surface under a drawing whose strokes are ``width`` mm wide."""
    parts: list[BaseGeometry] = [filled([outline for outline in drawing.outlines if len(outline) > 2])]
    lines = [without_repeats(line) for line in drawing.strokes]
    parts += [shapely.LineString(line).buffer(width / 2) for line in lines if len(line) > 1]
    return shapely.union_all(parts)


def filled(outlines: Sequence[Line]) -> BaseGeometry:
    """What outlines fill by the non-zero rule."""
    if not outlines:
        return shapely.Polygon()
    rings = [shapely.LinearRing(contour) for contour in region(outlines).to_polygons() if len(contour) > 2]
    return shapely.make_valid(shapely.build_area(shapely.GeometryCollection(rings)))


def shapes(surface: BaseGeometry) -> list[shapely.Polygon]:
    """The surface in pieces that hang together, without crumbs."""
    parts = shapely.get_parts(surface).tolist()
    return [part for part in parts if isinstance(part, shapely.Polygon) and part.area > LEAST]
