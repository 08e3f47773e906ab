"""A line of text along an arc of a circle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from gcode.design import Drawing
from gcode.fonts import Cluster, Shaped
from gcode.geometry import Line, resampled

STEP: Final = 0.08
"""Cap heights: pieces of what is bent (letters that touch) rather than turned."""
ROUND: Final = math.radians(320)
"""Of a circle, at most: its end must not run into its beginning."""
CROWDED: Final = 0.65
"""Of a radius, what is left at the inner side of the letters: below that they run into each other."""


class Bend(StrEnum):
    UP = "up"
    """The middle is highest: letters stand on the circle."""
    DOWN = "down"
    """The middle is lowest: letters stand in the circle."""


@dataclass(frozen=True, slots=True)
class Arc:
    """``radius`` of the circle of the first base line, mm."""

    radius: float
    bend: Bend = Bend.UP

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius) and self.radius > 0):
            raise ValueError(f"an arc has a radius above 0 mm, not {self.radius}")


def bent(lines: tuple[Shaped, ...], radius: float, bend: Bend, spacing: float) -> Drawing | None:
    """Lines in cap heights, below each other on circles around one point; None where they do not go on them."""
    strokes: list[Line] = []
    outlines: list[Line] = []
    side = 1 if bend is Bend.UP else -1
    for number, line in enumerate(lines):
        drawing = line.drawing
        bounds = drawing.bounds
        if bounds is None:
            continue
        around = radius - side * number * spacing
        inner = around + (bounds.y0 if bend is Bend.UP else -bounds.y1)
        if around <= 0 or inner < CROWDED * around or bounds.width > ROUND * around:
            return None
        middle = (bounds.x0 + bounds.x1) / 2
        for cluster in line.clusters:
            put = _put(cluster, middle, side * around)
            strokes += put.strokes
            outlines += put.outlines
    return Drawing(tuple(strokes), tuple(outlines))


def _put(cluster: Cluster, middle: float, radius: float) -> Drawing:
    """A cluster on its circle, whose centre is (0, 0); a negative radius: the letters stand inside of it."""
    half = cluster.advance / 2
    at = (cluster.x + half - middle) / radius

    def turned(line: Line) -> Line:
        x, y = line[:, 0] - half, line[:, 1] + radius
        angle = np.full(len(line), at)
        if cluster.joined:
            angle, x = at + x / radius, np.zeros(len(line))
        sine, cosine = np.sin(angle), np.cos(angle)
        return np.stack([x * cosine + y * sine, y * cosine - x * sine], axis=1)

    def ready(line: Line, *, closed: bool) -> Line:
        if not cluster.joined:
            return turned(line)
        return turned(resampled(np.vstack([line, line[:1]]), STEP)[:-1] if closed else resampled(line, STEP))

    return Drawing(
        tuple(ready(line, closed=False) for line in cluster.drawing.strokes),
        tuple(ready(line, closed=True) for line in cluster.drawing.outlines),
    )
