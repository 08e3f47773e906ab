"""Where a piece has surface, and which content does not stay on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from gcode.design import Content, Tone, lines_of
from gcode.geometry import Line

EDGE: Final = "edge"


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """mm, in the piece's coordinates. The contours do not repeat their first point."""

    edge: Line
    openings: Mapping[str, Line] = field(default_factory=dict)
    """By what they are called in a sentence."""


def strays(content: Content, surface: Surface, line_width: float) -> tuple[str, ...]:
    """What the content does not keep clear of: EDGE, or names of openings. Lines count with their width."""
    ink = _ink(content)
    if ink.is_empty:
        return ()
    half = line_width / 2
    found = []
    if not shapely.Polygon(surface.edge).buffer(1e-6 - half).covers(ink):
        found.append(EDGE)
    found += [
        name
        for name, contour in surface.openings.items()
        if shapely.Polygon(contour).buffer(half - 1e-6).intersects(ink)
    ]
    return tuple(found)


def _ink(content: Content) -> BaseGeometry:
    """A tone's mask or rectangle; of a drawing its lines, and what its outlines fill."""
    if isinstance(content, Tone):
        if content.mask is not None:
            return shapely.Polygon(content.mask)
        return shapely.box(content.x, content.y, content.x + content.width, content.y + content.height)
    lines = shapely.MultiLineString(lines_of([content]))
    rings = [shapely.LinearRing(outline) for outline in content.outlines if len(outline) > 2]
    if not rings:
        return lines
    filled = shapely.build_area(shapely.node(shapely.union_all(rings)))
    return shapely.union_all([lines, filled])
