"""Shapes that a picture is cut to, and how rows run in them. mm, y up; contours do not repeat their first point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcode.geometry import Line, rectangle
from gcode.units import BoolArray, FloatArray

SMOOTH: Final = 0.02
"""mm by which a straight piece may be off its curve."""
CORNER: Final = 0.2
"""Radius of round corners, as a share of the shorter side."""

Span = tuple[float, float]
"""From x to x, of one row."""


def _ellipse(width: float, height: float) -> Line:
    side = max(width, height)
    return rectangle(0.0, 0.0, side, side, side / 2) * [width / side, height / side]


def _rounded(width: float, height: float) -> Line:
    return rectangle(0.0, 0.0, width, height, min(width, height) * CORNER)


def _heart(width: float, height: float) -> Line:
    """x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, stretched to its rectangle."""
    points = max(64, math.ceil(math.pi * math.sqrt(max(width, height) / SMOOTH)))
    t = np.linspace(0.0, 2 * math.pi, points, endpoint=False)
    x, y = -16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    line = np.column_stack([x, y]) - [x.min(), y.min()]
    return np.asarray(line / line.max(axis=0) * [width, height])


MASKS: Final[Mapping[str, Callable[[float, float], Line]]] = {
    "ellipse": _ellipse,
    "rounded": _rounded,
    "heart": _heart,
}
"""By name, each as a contour that fills a rectangle of this width and height at the origin."""


def contour(name: str, x: float, y: float, width: float, height: float) -> Line:
    """The mask of that name in a rectangle."""
    line: Line = MASKS[name](width, height) + np.array([x, y])
    return line


def within(shape: Line | BaseGeometry, x: FloatArray, y: FloatArray) -> BoolArray:
    """Which points lie within a contour, or what :func:`inset` left of it."""
    area = shapely.Polygon(shape) if isinstance(shape, np.ndarray) else shape
    shapely.prepare(area)
    inside: BoolArray = shapely.contains_xy(area, x, y)
    return inside


def inset(mask: Line, margin: float) -> BaseGeometry:
    """What lies at least ``margin`` within: several parts of it, or nothing."""
    return shapely.Polygon(mask).buffer(-margin)


def spans(mask: Line, margin: float, ys: Sequence[float]) -> list[list[Span]]:
    """Of each row at height y, the pieces whose points lie at least ``margin`` within, from left to right."""
    inner = inset(mask, margin)
    if inner.is_empty:
        return [[] for _ in ys]
    x0, _, x1, _ = inner.bounds
    rows = shapely.intersection(inner, shapely.linestrings([[(x0 - 1, y), (x1 + 1, y)] for y in ys]))
    return [
        sorted((part.bounds[0], part.bounds[2]) for part in shapely.get_parts(row) if part.length > 0) for row in rows
    ]


def chains(rows: Sequence[Sequence[Span]]) -> list[list[tuple[int, Span]]]:
    """Rows put together so that one line can run through each chain: a chain ends where its place splits or joins."""
    found: list[list[tuple[int, Span]]] = []
    open_now: list[list[tuple[int, Span]]] = []
    for number, row in enumerate(rows):
        going: list[list[tuple[int, Span]]] = []
        for span in row:
            below = [chain for chain in open_now if _over(chain[-1][1], span)]
            alone = len(below) == 1 and sum(_over(below[0][-1][1], other) for other in row) == 1
            chain = below[0] if alone else []
            if not alone:
                found.append(chain)
            chain.append((number, span))
            going.append(chain)
        open_now = going
    return found


def _over(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
