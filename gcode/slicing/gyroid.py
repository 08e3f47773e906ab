"""The gyroid: a wavy sheet that is equally stiff in all directions, cut by a layer's plane. mm.

In units where its period is 2 pi it is where sin x cos y + sin y cos z + sin z cos x = 0. In one plane each of its
lines is a function of x, or of y, whichever z makes so: it is solved in closed form, and no line is searched for.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely

from gcode.geometry import Line
from gcode.slicing.areas import Area, contours, parts, polygons
from gcode.slicing.link import Chain, Ends, linked
from gcode.units import FloatArray

LENGTH: Final = 2.43
"""mm of line in a mm2 of plane, times the period: the sheet's surface (3.09 a cell) seen from the side (pi / 4)."""
POINTS: Final = 24
"""Of a line, in a period."""
CRUMB: Final = 0.02
"""Periods: what is shorter is no line."""
NEAR: Final = 1e-6
"""mm from a contour that an end may be and still lies on it."""


def period(width: float, density: float) -> float:
    """mm after which the pattern repeats, so that lines of this width cover this share."""
    return LENGTH * width / density


def layers_of(width: float, density: float, height: float) -> int:
    """After how many layers the pattern repeats: an even number of whole ones, so that layers can be equal."""
    return 2 * max(2, round(period(width, density) / height / 2))


def gyroid(area: Area, width: float, density: float, phase: float, most: float) -> list[Chain]:
    """The lines inside of the area. ``phase``: where in its period the layer lies, 0 to 1."""
    found: list[Chain] = []
    for part in parts(area):
        found += _of_part(part, period(width, density), 2 * math.pi * phase, most)
    return found


def _of_part(part: Area, length: float, z: float, most: float) -> list[Chain]:
    scale = length / (2 * math.pi)
    x0, y0, x1, y1 = (value / scale for value in part.bounds())
    level = abs(math.cos(z)) >= abs(math.sin(z))
    waves = _level(x0, y0, x1, y1, z) if level else _upright(x0, y0, x1, y1, z)
    shape = polygons([part])
    cut = shapely.get_parts(shapely.intersection(shapely.MultiLineString([wave * scale for wave in waves]), shape))
    lines = [shapely.get_coordinates(one) for one in cut if one.length > CRUMB * length]
    around = contours(part)
    return linked(lines, around, _ends(lines, around), most)


def _steps(low: float, high: float) -> FloatArray:
    step = 2 * math.pi / POINTS
    return np.arange(math.floor(low / step), math.ceil(high / step) + 1, dtype=np.float64) * step


def _level(x0: float, y0: float, x1: float, y1: float, z: float) -> list[Line]:
    x = _steps(x0, x1)
    solved = _solved(np.sin(x), np.full_like(x, math.cos(z)), math.sin(z) * np.cos(x), y0, y1)
    return [np.stack([x, y], axis=1) for y in solved]


def _upright(x0: float, y0: float, x1: float, y1: float, z: float) -> list[Line]:
    y = _steps(y0, y1)
    solved = _solved(np.full_like(y, math.sin(z)), np.cos(y), math.cos(z) * np.sin(y), x0, x1)
    return [np.stack([x, y], axis=1) for x in solved]


def _solved(a: FloatArray, b: FloatArray, c: FloatArray, low: float, high: float) -> list[FloatArray]:
    """All v between low and high where a cos v + b sin v + c = 0, by rising v."""
    middle = np.unwrap(np.arctan2(b, a))
    away = np.arccos(np.clip(-c / np.hypot(a, b), -1.0, 1.0))
    found = []
    for branch in (middle - away, middle + away):
        first, last = math.floor((low - branch.max()) / (2 * math.pi)), math.ceil((high - branch.min()) / (2 * math.pi))
        found += [branch + 2 * math.pi * turn for turn in range(first, last + 1)]
    return sorted(found, key=lambda values: float(values.mean()))


def _ends(lines: list[Line], around: list[Line]) -> Ends:
    """Where on the contours lines end."""
    points = np.array([[line[0], line[-1]] for line in lines]).reshape(-1, 2)
    if not len(points):
        return Ends(np.zeros(0, np.int64), np.zeros(0))
    # A ring of shapely's begins where its contour does, so both measure the same way.
    rings, at = [shapely.LinearRing(contour) for contour in around], shapely.points(points)
    away = np.stack([shapely.distance(ring, at) for ring in rings])
    nearest = away.argmin(axis=0)
    along = shapely.line_locate_point(np.array(rings)[nearest], at)
    return Ends(np.where(away.min(axis=0) < NEAR, nearest, -1), along)
