"""Lines, bounds and transforms in the plane. mm; y up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from gcode.units import BoolArray, FloatArray

Line = FloatArray
"""An (n, 2) array of points."""


@dataclass(frozen=True, slots=True)
class Bounds:
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def around(self, points: FloatArray) -> BoolArray:
        """Which of the points lie in it or on its edge."""
        x, y = points[..., 0], points[..., 1]
        found: BoolArray = (x >= self.x0) & (x <= self.x1) & (y >= self.y0) & (y <= self.y1)
        return found

    def holds(self, other: Bounds, slack: float = 1e-6) -> bool:
        return (
            other.x0 >= self.x0 - slack
            and other.y0 >= self.y0 - slack
            and other.x1 <= self.x1 + slack
            and other.y1 <= self.y1 + slack
        )


def bounds_of(lines: Iterable[Line]) -> Bounds | None:
    """The smallest rectangle around all points; None where there are none."""
    filled = [line for line in lines if len(line)]
    if not filled:
        return None
    low = np.min([line.min(axis=0) for line in filled], axis=0)
    high = np.max([line.max(axis=0) for line in filled], axis=0)
    return Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


@dataclass(frozen=True, slots=True)
class Transform:
    """An affine map: x' = a x + c y + e, y' = b x + d y + f (SVG's letters)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @classmethod
    def move(cls, x: float, y: float) -> Self:
        return cls(e=x, f=y)

    @classmethod
    def scale(cls, factor: float, vertical: float | None = None) -> Self:
        return cls(a=factor, d=factor if vertical is None else vertical)

    @classmethod
    def rotate(cls, degrees: float) -> Self:
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return cls(cosine, sine, -sine, cosine)

    def then(self, after: Transform) -> Transform:
        """This map first, ``after`` second."""
        return Transform(
            after.a * self.a + after.c * self.b,
            after.b * self.a + after.d * self.b,
            after.a * self.c + after.c * self.d,
            after.b * self.c + after.d * self.d,
            after.a * self.e + after.c * self.f + after.e,
            after.b * self.e + after.d * self.f + after.f,
        )

    def __call__(self, line: Line) -> Line:
        x, y = line[:, 0], line[:, 1]
        return np.stack([self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f], axis=1)


def length(line: Line) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum()) if len(line) > 1 else 0.0


def signed(line: Line) -> float:
    """The area inside a closed contour, which does not repeat its first point; negative where it runs to the right."""
    x, y = line[:, 0], line[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


def without_repeats(line: Line, least: float = 1e-6) -> Line:
    """The line without points that lie on the point before (they have no direction, and firmwares divide by it)."""
    if len(line) < 2:
        return line
    moved = np.hypot(*np.diff(line, axis=0).T) > least
    kept: Line = line[np.concatenate([[True], moved])]
    return kept


def split_at(line: Line, distance: float) -> tuple[Line, Line]:
    """The line cut at a way from its start; the second part is empty where the line ends before."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if distance >= along[-1]:
        return line, line[:0]
    index = int(np.searchsorted(along, distance, side="right")) - 1
    share = (distance - along[index]) / steps[index]
    point = line[index] + share * (line[index + 1] - line[index])
    return without_repeats(np.vstack([line[: index + 1], point])), without_repeats(
        np.vstack([point, line[index + 1 :]])
    )


def resampled(line: Line, step: float) -> Line:
    """Points at even distances of at most ``step`` along each straight piece; corners are kept."""
    if len(line) < 2:
        return line
    steps = np.hypot(*np.diff(line, axis=0).T)
    pieces = np.maximum(1, np.ceil(steps / step - 1e-9)).astype(int)
    start = np.repeat(line[:-1], pieces, axis=0)
    delta = np.repeat(np.diff(line, axis=0), pieces, axis=0)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    points = start + delta * (nth / np.repeat(pieces, pieces))[:, None]
    return np.vstack([points, line[-1:]])


def _chords(radius: float, turn: float, tolerance: float) -> int:
    flat = 2 * math.acos(max(-1.0, 1 - tolerance / radius)) if radius > tolerance else math.pi / 2
    return max(1, math.ceil(abs(turn) / flat))


def arc(centre: tuple[float, float], radius: float, begin: float, turn: float, tolerance: float = 0.02) -> Line:
    """Points of an arc from angle ``begin`` over ``turn`` radians, chords at most ``tolerance`` off."""
    angles = begin + np.linspace(0.0, turn, _chords(radius, turn, tolerance) + 1)
    return np.stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)], axis=1)


def rectangle(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Line:
    """A rectangle with round corners as a contour."""
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    if radius <= 0:
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64)
    quarter = np.pi / 2
    corners = ((x1, y0, -1), (x1, y1, 0), (x0, y1, 1), (x0, y0, 2))
    inwards = [(x - radius if x == x1 else x + radius, y - radius if y == y1 else y + radius) for x, y, _ in corners]
    return np.vstack(
        [arc(at, radius, turn * quarter, quarter) for at, (_, _, turn) in zip(inwards, corners, strict=True)]
    )


def bezier(points: FloatArray, tolerance: float) -> Line:
    """A quadratic (3 points) or cubic (4) curve as a line at most ``tolerance`` off, its first point left out."""
    degree = len(points) - 1
    bend = np.abs(np.diff(points, n=2, axis=0)).max() if degree > 1 else 0.0
    count = (
        max(1, math.ceil(math.sqrt(degree * (degree - 1) * math.sqrt(2) * bend / (8 * tolerance)))) if bend > 0 else 1
    )
    t = np.linspace(0.0, 1.0, min(count, 256) + 1)[1:, None]
    weights = [math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(degree + 1)]
    return np.asarray(sum(weight * point for weight, point in zip(weights, points, strict=True)))
