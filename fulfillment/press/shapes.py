"""Where stickers are cut, and where white is laid under them. mm of the piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from fulfillment.catalog.press import Cut
from fulfillment.press.guests import Placed
from fulfillment.press.pictures import Picture
from gcode.design import Drawing, Zone
from gcode.geometry import Line, rectangle
from gcode.hatch import region
from gcode.mask import contour

SMOOTH: Final = 0.03
"""mm by which a cut may be off the outline that it follows: a knife cannot do better."""
ROUND: Final = 4.0
"""mm of the radius of corners that point inwards: vinyl tears from sharp ones."""
STEPS: Final = 24
"""Tries to join what lies apart: each bridges gaps of a few mm more."""
Content = Drawing | Picture | Placed


def area(content: Content, line_width: float) -> BaseGeometry:
    """What is printed of a content."""
    if not isinstance(content, Drawing):
        return shapely.Polygon(content.edge)
    parts: list[BaseGeometry] = [
        shapely.LineString(line).buffer(line_width / 2) for line in content.strokes if len(line) > 1
    ]
    if content.outlines:
        rings = [shapely.Polygon(ring) for ring in region(content.outlines).to_polygons() if len(ring) > 2]
        whole: BaseGeometry = shapely.Polygon()
        for ring in sorted(rings, key=lambda ring: -ring.area):  # holes lie in what is larger
            whole = whole.symmetric_difference(ring)
        parts.append(whole)
    return shapely.union_all(parts)


def edge(cut: Cut, zone: Zone | None, contents: Sequence[Content], line_width: float) -> BaseGeometry:
    """What a cut leaves of the material: one part, without holes. Empty where nothing was sent."""
    if cut.shape == "content" or zone is None:
        return joined(shapely.union_all([area(one, line_width) for one in contents]), cut.offset)
    box = zone.inset(-cut.offset)
    if cut.shape == "rectangle":
        return shapely.Polygon(rectangle(box.x, box.y, box.x + box.width, box.y + box.height))
    return shapely.Polygon(contour(cut.shape, box.x, box.y, box.width, box.height))


def joined(printed: BaseGeometry, offset: float) -> BaseGeometry:
    """The outline at this distance. Parts that lie apart are bridged: a sticker is one piece."""
    if printed.is_empty:
        return printed
    bridge = offset + ROUND
    for _ in range(STEPS):
        shape: BaseGeometry = printed.buffer(bridge).buffer(offset - bridge)
        if isinstance(shape, shapely.Polygon):
            return _smooth(shape)
        bridge = bridge * 1.25 + 0.2
    return _smooth(printed.convex_hull.buffer(offset))


def _smooth(shape: shapely.Polygon) -> BaseGeometry:
    """Without holes, and without the points of letters that nobody could cut."""
    return shapely.Polygon(shape.exterior).simplify(SMOOTH)


def rings(shape: BaseGeometry) -> list[Line]:
    """The closed contours of a shape, none of them repeating its first point; holes run the other way round."""
    found: list[Line] = []
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon) and not part.is_empty:
            turned = shapely.geometry.polygon.orient(part)
            found += [np.asarray(ring.coords)[:-1] for ring in (turned.exterior, *turned.interiors)]
    return found
