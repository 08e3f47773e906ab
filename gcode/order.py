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
MAX_TWO_OPT: Final = 2_000
"""Above this many strokes only the nearest-end order is made: 2-opt looks at every pair, again and again."""
MAX_NEAREST: Final = 20_000
"""Above this many strokes they stay as given."""


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
    if not 2 <= len(filled) <= MAX_NEAREST:
        return filled
    ends = np.array([[line[0], line[-1]] for line in filled])
    tour = _nearest(ends, np.asarray(start, dtype=np.float64))
    if len(filled) <= MAX_TWO_OPT:
        tour = _two_opt(tour, ends, np.asarray(start, dtype=np.float64))
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


def _two_opt(tour: list[tuple[int, int]], ends: FloatArray, start: FloatArray) -> list[tuple[int, int]]:
    """Stretches of the tour reversed while that shortens it; at most MAX_SWEEPS times through."""
    names = np.array(tour)
    enter, leave = ends[names[:, 0], names[:, 1]], ends[names[:, 0], 1 - names[:, 1]]
    count = len(tour)
    onward = _onward(enter, leave)
    for _ in range(MAX_SWEEPS):
        better = False
        for begin in range(count):
            before = start if begin == 0 else leave[begin - 1]
            old = float(np.hypot(*(enter[begin] - before))) + onward[begin:]
            new = np.hypot(*(leave[begin:] - before).T)
            new[:-1] += np.hypot(*(enter[begin + 1 :] - enter[begin]).T)
            gain = old - new
            best = int(np.argmax(gain))
            if gain[best] > LEAST_GAIN:
                stretch = slice(begin, begin + best + 1)
                names[stretch] = names[stretch][::-1]
                names[stretch, 1] = 1 - names[stretch, 1]
                enter[stretch], leave[stretch] = leave[stretch][::-1].copy(), enter[stretch][::-1].copy()
                onward = _onward(enter, leave)
                better = True
        if not better:
            break
    return [(int(name), int(side)) for name, side in names]


def _onward(enter: FloatArray, leave: FloatArray) -> FloatArray:
    """The way from each stroke's end to the next one's begin; 0 after the last."""
    return np.append(np.hypot(*(enter[1:] - leave[:-1]).T), 0.0)
