"""What a drawing covers, told by shapely alone: the judge must not share code with the judged."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
from shapely import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

Ring = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def winding(rings: Iterable[Ring], x: float, y: float) -> int:
    """How often contours go round a point, by the angle that they turn: the non-zero rule in one line."""
    turns = 0.0
    for ring in rings:
        angle = np.arctan2(*(np.vstack([ring, ring[:1]]) - (x, y)).T[::-1])
        steps = np.diff(angle)
        turns += float(((steps + np.pi) % (2 * np.pi) - np.pi).sum())
    return round(turns / (2 * np.pi))


def surface(rings: Iterable[Ring]) -> BaseGeometry:
    """The surface of contours of which none crosses another: a ring within a ring is a hole."""
    empty: BaseGeometry = Polygon()
    return reduce(lambda whole, ring: whole.symmetric_difference(Polygon(ring)), rings, empty)


def lines(strokes: Iterable[Ring]) -> MultiLineString:
    return MultiLineString([LineString(stroke) for stroke in strokes])
