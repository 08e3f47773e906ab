"""A short order of strokes: which comes next, from which end, and where closed ones begin.

The shortest links first (greedy), exchanges of two and three links (2-opt, or-opt and what lies between), then kicks:
iterated local search. All of it on lists of near ends, so that memory grows with the number of strokes, not with its
square. Bounded by counts, never by a clock, and seeded: the same strokes always give the same order.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.order.closed import begins, is_closed, rotated
from gcode.order.greedy import chained
from gcode.order.near import nearest
from gcode.order.nested import Path, inner_first, mended, shortened
from gcode.order.search import Near, kicked, settled
from gcode.order.tour import Tour
from gcode.units import FloatArray, IntArray

__all__ = ["EFFORT", "inner_first", "ordered", "travel"]

EFFORT: Final = 2
"""Kicks for each stroke."""
FEWEST_KICKS: Final = 20
FEW: Final = 8
"""Up to so many strokes all ends are near."""
NEIGHBOURS: Final = 8
"""Near ends that are looked at, of each end."""
MOST_KICKS: Final = 20_000
MOST_SEARCHED: Final = 20_000
"""Above this many strokes only the greedy order is made."""
FARTHEST: Final = 1e9
"""mm from 0; no machine is larger, and sums of larger numbers lose what is compared here."""


def travel(lines: Sequence[Line], start: tuple[float, float] | None = (0.0, 0.0)) -> float:
    """mm of way between strokes drawn in this order; with the way from ``start`` to the first, if there is one."""
    filled = [line for line in lines if len(line)]
    leave = np.array([line[-1] for line in filled]).reshape(-1, 2)
    enter = np.array([line[0] for line in filled]).reshape(-1, 2)
    if start is None:
        leave, enter = leave[:-1], enter[1:]
    else:
        leave = np.vstack([start, leave])[:-1]
    return float(np.hypot(*(enter - leave).T).sum())


def ordered(
    lines: Sequence[Line],
    start: tuple[float, float] | None = (0.0, 0.0),
    *,
    before: Sequence[tuple[int, int]] = (),
    effort: float = EFFORT,
    seed: int = 0,
) -> list[Line]:
    """The same strokes in an order with little way from ``start`` (None: from anywhere) through all of them.

    Open strokes may be drawn from either end; closed ones keep their direction, and begin at any of their points.
    Empty lines are left out. ``before``: pairs of indexes into ``lines``; the first of each is drawn before the second
    (``inner_first`` gives those of outlines inside each other). ``effort``: kicks for each stroke; 0 for a quick order.

    Raises ``ValueError`` where a point is not finite or farther than FARTHEST, where ``before`` names no such line, and
    where strokes wait for each other in a circle.
    """
    numbers = [number for number, line in enumerate(lines) if len(line)]
    filled = [lines[number] for number in numbers]
    if not filled:
        return []
    here = None if start is None else np.asarray(start, dtype=np.float64)
    _check(filled, here)
    pairs = _pairs(before, numbers, len(lines))
    path: Path = [(index, False) for index in range(len(filled))]
    kicks = min(max(int(effort * len(filled)), FEWEST_KICKS), MOST_KICKS) if effort > 0 else 0
    some_closed = any(map(is_closed, filled))
    tour = None
    for rounds_left in (1, 0) if some_closed else (0,):
        ends = np.array([[line[0], line[-1]] for line in filled])
        tour = _toured(ends, here, tour, seed=seed, kicks=0 if rounds_left else kicks)
        path = _path(tour, len(filled))
        if pairs:
            path = mended(path, pairs)
            path = path if rounds_left else shortened(path, ends, pairs, here)
        if some_closed:
            filled = _begun(filled, path, here)
    return [filled[index][::-1] if back and not is_closed(filled[index]) else filled[index] for index, back in path]


def _check(filled: Sequence[Line], here: FloatArray | None) -> None:
    for number, line in enumerate(filled):
        if not (np.abs(line) <= FARTHEST).all():
            raise ValueError(f"stroke {number + 1} has a point that is not finite or over {FARTHEST:g} mm away")
    if here is not None and not (np.abs(here) <= FARTHEST).all():
        raise ValueError(f"the start is not finite or over {FARTHEST:g} mm away")


def _pairs(before: Sequence[tuple[int, int]], numbers: Sequence[int], count: int) -> list[tuple[int, int]]:
    """The pairs, by index into the lines that are not empty."""
    for first, second in before:
        if not (0 <= first < count and 0 <= second < count):
            raise ValueError(f"there are {count} strokes, and {first} is to be drawn before {second}; count from 0")
    index = {number: at for at, number in enumerate(numbers)}
    return [(index[first], index[second]) for first, second in before if first in index and second in index]


def _toured(ends: FloatArray, here: FloatArray | None, known: Tour | None, *, kicks: int, seed: int) -> Tour:
    """A short way through the ends. ``known``: a way through the same strokes, some of which began elsewhere."""
    count = len(ends)
    nowhere = 2 * count + (here is not None)
    points = ends.reshape(-1, 2)
    if here is not None:
        points = np.vstack([points, here, here])
    found = nearest(points[:nowhere], np.arange(nowhere) // 2, NEIGHBOURS)
    order, further = chained(points, found, nowhere if here is not None else -1)
    if here is None:
        order += [nowhere, nowhere + 1]
    places = [complex(x, y) for x, y in points.tolist()]
    near = _all_near(places, nowhere) if count <= FEW else _near(found, further)
    places += [0j] * (2 * count + 2 - len(places))
    near += [[]] * (2 * count + 2 - len(near))
    tour = Tour(order if known is None else known.order, places, nowhere)
    if count <= MOST_SEARCHED:
        least = 1e-9 + 1e-12 * float(np.abs(points).max())
        settled(tour, near, tour.order, least)
        kicked(tour, near, kicks, least, seed)
    return tour


def _near(found: tuple[IntArray, FloatArray], further: Sequence[tuple[int, int, float]]) -> list[Near]:
    near = [list(zip(ways, others, strict=True)) for others, ways in zip(*map(np.ndarray.tolist, found), strict=True)]
    for node, other, way in further:
        if (way, other) not in near[node]:
            insort(near[node], (way, other))
    return near


def _all_near(places: Sequence[complex], nowhere: int) -> list[Near]:
    """Of a few strokes every end is near every other, and nowhere, where the way ends, is near them all."""
    nodes = range((nowhere | 1) + 1)
    return [
        sorted((0.0 if max(a, b) >= nowhere else abs(places[a] - places[b]), b) for b in nodes if a // 2 != b // 2)
        for a in nodes
    ]


def _path(tour: Tour, count: int) -> Path:
    """From the stroke that is not drawn (its first end is where the way begins) once round."""
    at = tour.place[2 * count]
    if at & 1:
        nodes = tour.order[at + 1 :] + tour.order[: at - 1]
    else:
        nodes = (tour.order[at + 2 :] + tour.order[:at])[::-1]
    return [(node // 2, bool(node & 1)) for node in nodes[::2]]


def _begun(filled: Sequence[Line], path: Path, here: FloatArray | None) -> list[Line]:
    found = begins(filled, path, here)
    return [rotated(line, found[index]) if is_closed(line) else line for index, line in enumerate(filled)]
