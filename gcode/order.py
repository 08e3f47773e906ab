"""A short order of strokes: the nearest end next, then 2-opt. Each stroke may be drawn from either end.

Bounded by a count of improvements, never by a clock, so the same strokes always give the same order. Strokes without
length are as good as any other: a change is taken only if it shortens the way by more than a rounding error, so no loop
is endless.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.units import FloatArray

LEAST_GAIN: Final = 1e-9
MAX_SWEEPS: Final = 30
MAX_TWO_OPT: Final = 4_000
"""Above this many strokes only the nearest-end order is made: 2-opt looks at every pair."""


def travel(lines: Sequence[Line], start: tuple[float, float] = (0.0, 0.0)) -> float:
    """mm of way between strokes drawn in this order."""
    here, total = np.asarray(start, dtype=np.float64), 0.0
    for line in lines:
        total += float(np.hypot(*(line[0] - here)))
        here = line[-1]
    return total


def ordered(lines: Sequence[Line], start: tuple[float, float] = (0.0, 0.0)) -> list[Line]:
    """The same strokes, some of them reversed, in an order with little way between them. Empty lines are left out."""
    filled = [line for line in lines if len(line)]
    if len(filled) < 2:
        return filled
    ends = np.array([[line[0], line[-1]] for line in filled])
    tour = _nearest(ends, np.asarray(start, dtype=np.float64))
    if len(filled) <= MAX_TWO_OPT:
        _two_opt(tour, ends, np.asarray(start, dtype=np.float64))
    return [filled[index] if side == 0 else filled[index][::-1] for index, side in tour]


def _nearest(ends: FloatArray, here: FloatArray) -> list[tuple[int, int]]:
    """Always on to the nearest end that is left."""
    left = np.ones(len(ends), dtype=bool)
    tour = []
    for _ in range(len(ends)):
        distance = np.hypot(ends[:, :, 0] - here[0], ends[:, :, 1] - here[1])
        distance[~left] = np.inf
        index, side = divmod(int(np.argmin(distance)), 2)
        left[index] = False
        tour.append((index, side))
        here = ends[index, 1 - side]
    return tour


def _two_opt(tour: list[tuple[int, int]], ends: FloatArray, start: FloatArray) -> None:
    """Reverse stretches of the tour, in place, while that shortens it; at most MAX_SWEEPS times through."""
    for _ in range(MAX_SWEEPS):
        better = False
        for begin in range(len(tour)):
            enter = np.array([ends[i, side] for i, side in tour])
            leave = np.array([ends[i, 1 - side] for i, side in tour])
            before = start if begin == 0 else leave[begin - 1]
            after = np.vstack([enter[begin + 1 :], [[np.nan, np.nan]]])
            old = np.hypot(*(enter[begin] - before)) + np.nan_to_num(np.hypot(*(after - leave[begin:]).T))
            new = np.hypot(*(leave[begin:] - before).T) + np.nan_to_num(np.hypot(*(after - enter[begin]).T))
            gain = old - new
            best = int(np.argmax(gain))
            if gain[best] > LEAST_GAIN:
                stretch = tour[begin : begin + best + 1]
                tour[begin : begin + best + 1] = [(i, 1 - side) for i, side in reversed(stretch)]
                better = True
        if not better:
            return
