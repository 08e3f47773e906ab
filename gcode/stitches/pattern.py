"""Seams: where a needle goes in, one point after the other, and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Bounds, Line, bounds_of
from gcode.stitches.thread import GRID
from gcode.units import FloatArray

EMPTY: Final = np.empty((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Seam:
    """Points in mm that are sewn without a break. ``trimmed``: the thread is cut behind the last of them."""

    points: Line
    trimmed: bool = True

    @property
    def stitches(self) -> FloatArray:
        """Their lengths, mm."""
        lengths: FloatArray = np.hypot(*np.diff(self.points, axis=0).T)
        return lengths


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Everything that is sewn in one hooping, in its order."""

    seams: tuple[Seam, ...]
    changes: int = 0
    """Changes of colour."""

    @property
    def stitches(self) -> int:
        """Times that the needle goes in."""
        return sum(len(seam.points) for seam in self.seams)

    @property
    def trims(self) -> int:
        return sum(seam.trimmed for seam in self.seams)

    @property
    def bounds(self) -> Bounds | None:
        return bounds_of(seam.points for seam in self.seams)

    @property
    def length(self) -> float:
        """mm of stitches, seen from above."""
        return float(sum(seam.stitches.sum() for seam in self.seams))

    @property
    def floats(self) -> list[tuple[float, tuple[float, float]]]:
        """Threads that lie loose over the cloth between two seams: length in mm, and where they begin."""
        found = []
        for seam, after in zip(self.seams, self.seams[1:], strict=False):
            if not seam.trimmed:
                (x0, y0), (x1, y1) = seam.points[-1], after.points[0]
                found.append((float(np.hypot(x1 - x0, y1 - y0)), (float(x0), float(y0))))
        return found

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Where every stitch begins and ends."""
        if not self.seams:
            return EMPTY, EMPTY
        start = np.vstack([seam.points[:-1] for seam in self.seams])
        end = np.vstack([seam.points[1:] for seam in self.seams])
        return start, end

    def moved(self, x: float, y: float) -> Pattern:
        by = np.array([x, y])
        return Pattern(tuple(Seam(seam.points + by, seam.trimmed) for seam in self.seams), self.changes)


def on_grid(points: Line, shortest: float) -> Line:
    """Points on the files' grid, without those nearer to the one before than the shortest stitch."""
    points = np.round(points / GRID) * GRID
    if len(points) < 2:
        return points
    kept, last = [0], points[0]
    for index in range(1, len(points)):
        if np.hypot(*(points[index] - last)) >= shortest - 1e-9:
            kept.append(index)
            last = points[index]
    if kept[-1] != len(points) - 1 and len(kept) > 1:
        kept[-1] = len(points) - 1  # the end is where the shape ends
        if len(kept) > 2 and np.hypot(*(points[kept[-1]] - points[kept[-2]])) < shortest - 1e-9:
            del kept[-2]
    return points[kept]


def divided(points: Line, longest: float) -> Line:
    """No stitch longer than ``longest``: those that are have more points on their way, by turns not in one line."""
    if len(points) < 2:
        return points
    most = longest - 1.5 * GRID
    steps = np.hypot(*np.diff(points, axis=0).T)
    if not (steps > most).any():
        return points
    made: list[Sequence[float] | FloatArray] = [points[0]]
    for number, (start, end, step) in enumerate(zip(points[:-1], points[1:], steps, strict=True)):
        parts = int(np.ceil(step / most))
        if parts > 1:
            # A third of a part to and fro: holes that stand in one line would cut the column in two.
            shift = (0.0, 0.17, -0.17)[number % 3] if (step / parts) * 1.34 <= most else 0.0
            made += [start + (end - start) * (part + shift) / parts for part in range(1, parts)]
        made.append(end)
    return np.vstack(made)
