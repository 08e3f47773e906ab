"""Strokes that must wait for others: a part comes loose when its outline is cut, so what is inside is cut before.

The order without this rule is mended: a stroke that is too early waits for the last one that it waits for. Then strokes
are moved, and stretches reversed, only where that keeps the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.order.closed import is_closed
from gcode.units import BoolArray, FloatArray, IntArray

Path = list[tuple[int, bool]]
"""Strokes by index as they are drawn, and whether each is drawn from its last point."""

MOST_MENDED: Final = 2_000
"""Above this many strokes nothing is moved after the mending: each stroke is compared with each."""
SWEEPS: Final = 4


def inner_first(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """(inner, outer) for each line inside a closed one, as ``ordered`` takes them: the smallest around it only, as
    that one waits for the next. Lines that cross are taken by their first point; closed ones of equal bounds are not
    inside each other."""
    closed = [index for index, line in enumerate(lines) if is_closed(line)]
    if not closed:
        return []
    low = np.array([lines[index].min(axis=0) for index in closed])
    high = np.array([lines[index].max(axis=0) for index in closed])
    size = np.prod(high - low, axis=1)
    by_size = np.argsort(size, kind="stable")
    pairs = []
    for index, line in enumerate(lines):
        if not len(line):
            continue
        mine_low, mine_high = line.min(axis=0), line.max(axis=0)
        around = ((low <= mine_low) & (high >= mine_high)).all(axis=1) & (size > np.prod(mine_high - mine_low))
        for which in by_size[around[by_size]].tolist():
            if closed[which] != index and _holds(lines[closed[which]], line[0]):
                pairs.append((index, closed[which]))
                break
    return pairs


def _holds(outline: Line, point: FloatArray) -> bool:
    """By the even-odd rule."""
    x0, y0, x1, y1 = outline[:-1, 0], outline[:-1, 1], outline[1:, 0], outline[1:, 1]
    crosses = (y0 > point[1]) != (y1 > point[1])
    at = x0[crosses] + (point[1] - y0[crosses]) / (y1[crosses] - y0[crosses]) * (x1[crosses] - x0[crosses])
    return bool(np.count_nonzero(at > point[0]) & 1)


def mended(path: Path, before: Sequence[tuple[int, int]]) -> Path:
    """The path in which each stroke waits until all that go before it are drawn.

    Raises ``ValueError`` where strokes wait for each other in a circle.
    """
    waits_for: dict[int, set[int]] = {}
    then: dict[int, list[int]] = {}
    for first, second in before:
        waits_for.setdefault(second, set()).add(first)
        then.setdefault(first, []).append(second)
    result: Path = []
    waiting: dict[int, bool] = {}
    for stroke in path:
        ready = [stroke]
        while ready:
            index, back = ready.pop()
            if waits_for.get(index):
                waiting[index] = back
                continue
            result.append((index, back))
            for other in then.get(index, []):
                waits_for[other].discard(index)
                if not waits_for[other] and other in waiting:
                    ready.append((other, waiting.pop(other)))
    if waiting:
        raise ValueError(
            f"strokes {sorted(waiting)[:10]} wait for each other in a circle; none of them can be drawn first"
        )
    return result


def shortened(path: Path, ends: FloatArray, before: Sequence[tuple[int, int]], start: FloatArray | None) -> Path:
    """Strokes of a pair moved, and stretches reversed, while that is shorter and every stroke still waits.

    ``ends``: (n, 2, 2). At most SWEEPS times through.
    """
    if not 2 <= len(path) <= MOST_MENDED:
        return path
    pairs = np.array(before, dtype=np.int64).reshape(-1, 2)
    least = 1e-12 * float(np.ptp(ends)) + 1e-9
    names, bound = np.array(path, dtype=np.int64), np.unique(pairs).tolist()
    for _ in range(SWEEPS):
        better = False
        for stroke in bound:
            names, moved = _moved(names, ends, pairs, stroke, start, least)
            better |= moved
        for begin in range(len(path)):
            better |= _reversed(names, ends, pairs, begin, start, least)
        if not better:
            break
    return [(int(index), bool(back)) for index, back in names]


def _way(a: FloatArray, b: FloatArray) -> FloatArray:
    """Distances; 0 from or to nowhere."""
    return np.nan_to_num(np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]))


def _stops(names: IntArray, ends: FloatArray, start: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Where the tool leaves before each gap, and where it enters after it; one gap more than strokes."""
    nowhere = np.full((1, 2), np.nan)
    leave = np.vstack([nowhere if start is None else start[None, :], ends[names[:, 0], 1 - names[:, 1]]])
    return leave, np.vstack([ends[names[:, 0], names[:, 1]], nowhere])


def _moved(
    names: IntArray, ends: FloatArray, pairs: IntArray, stroke: int, start: FloatArray | None, least: float
) -> tuple[IntArray, bool]:
    """One stroke where it fits best, either way round, behind all that it waits for and before all that wait for it."""
    at = int(np.flatnonzero(names[:, 0] == stroke)[0])
    rest = np.delete(names, at, axis=0)
    place = np.empty(len(names), dtype=np.int64)
    place[rest[:, 0]] = np.arange(len(rest))
    first = int(place[pairs[pairs[:, 1] == stroke, 0]].max(initial=-1)) + 1
    last = int(place[pairs[pairs[:, 0] == stroke, 1]].min(initial=len(rest)))
    leave, enter = (stops[first : last + 1] for stops in _stops(rest, ends, start))
    without = _way(leave, enter)
    costs = np.stack([_way(leave, ends[stroke, back]) + _way(ends[stroke, 1 - back], enter) for back in (0, 1)])
    costs -= without
    back, best = divmod(int(costs.argmin()), last + 1 - first)
    if costs[back, best] > costs[names[at, 1], at - first] - least:
        return names, False
    return np.insert(rest, first + best, [stroke, back], axis=0), True


def _reversed(
    names: IntArray, ends: FloatArray, pairs: IntArray, begin: int, start: FloatArray | None, least: float
) -> bool:
    """The best reversal of strokes from ``begin`` on that holds no pair; done in place."""
    place = np.empty(len(names), dtype=np.int64)
    place[names[:, 0]] = np.arange(len(names))
    starts: BoolArray = place[pairs[:, 0]] >= begin
    end = int(place[pairs[starts, 1]].min(initial=len(names)))
    leave, enter = _stops(names, ends, start)
    old = _way(leave[begin], enter[begin]) + _way(leave[begin + 1 : end + 1], enter[begin + 1 : end + 1])
    new = _way(leave[begin], leave[begin + 1 : end + 1]) + _way(enter[begin], enter[begin + 1 : end + 1])
    gain = old - new
    best = int(gain.argmax())
    if gain[best] <= least:
        return False
    stretch = slice(begin, begin + best + 1)
    names[stretch] = names[stretch][::-1]
    names[stretch, 1] = 1 - names[stretch, 1]
    return True
