"""Clips that cut nothing: Figma and its like put one of the page's size around everything.

A clip that cuts something is refused as any other: what it leaves of a line or a curve is for its customer to see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from fulfillment.drawings.shapes import Shape
from fulfillment.drawings.units import length
from fulfillment.drawings.xml import Element
from gcode.geometry import Bounds, Transform, bounds_of

SLACK: Final = 0.01
"""Share of its longer side by which a clip's edge may be crossed, as a page's may."""
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")]*)['\"]?\s*\)")
_PLAIN: Final = frozenset(("x", "y", "width", "height", "fill", "id", "class"))
"""What may be said of a rectangle that is its clip's all."""


def rectangle(value: str, named: Mapping[str, Element]) -> Bounds | None:
    """The clip that a property refers to, where it is one upright rectangle in the element's own coordinates."""
    found = _REFERENCE.fullmatch(value.strip())
    clip = named.get(found[1]) if found else None
    if clip is None or clip.tag != "clipPath" or len(clip.children) != 1 or clip.attributes.keys() - {"id", "class"}:
        return None
    (shape,) = clip.children
    if shape.tag != "rect" or shape.attributes.keys() - _PLAIN or "%" in "".join(shape.attributes.values()):
        return None
    sides = (length(shape.attributes.get(name, "0"), str(shape)) for name in ("x", "y", "width", "height"))
    x, y, width, height = sides
    return Bounds(x, y, x + width, y + height)


def cuts_nothing(clip: Bounds, shapes: Sequence[Shape], place: Transform) -> bool:
    """Whether all of these shapes lie inside of a clip. ``place`` puts the clip's coordinates on the page."""
    way = np.array([[place.a, place.c], [place.b, place.d]])
    box = bounds_of([shape.curves.cubics.reshape(-1, 2) for shape in shapes])
    if box is None:
        return True
    if not np.isfinite(way).all() or abs(np.linalg.det(way)) < 1e-12:
        return False
    points = np.concatenate([shape.curves.cubics.reshape(-1, 2) for shape in shapes]) - (place.e, place.f)
    inside = bounds_of([np.linalg.solve(way, points.T).T])
    return inside is not None and clip.holds(inside, slack=max(clip.width, clip.height) * SLACK)
