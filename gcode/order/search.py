"""Shorter ways by exchanging two or three links at a time, and kicks out of where that ends.

Every exchange of three links that goes from near end to near end is looked at: stretches reversed (2-opt), moved
(or-opt), and both. Only nodes near a change are looked at again. It ends: each exchange shortens the way by more than a
rounding error, and their number is bounded besides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from gcode.order.tour import Tour

Near = list[tuple[float, int]]
"""How far the neighbours of a node are, and which they are; nearest first. What is infinitely far is none."""
Move = tuple[int, int, int, int] | tuple[int, int]

MOVES_PER_NODE: Final = 50
REACH: Final = 1_000
"""Nodes: how far around a kick the round may change, so that a kick costs the same in a large drawing."""
BATCH: Final = 200
"""Kicks between two looks at where the long links are."""
IDLE: Final = (20, 0.7)
"""Kicks without a gain after which there are no more: at least so many, and so many for each stroke."""
STRETCH: Final = 10
"""Strokes at most in each of the three stretches of a kick: what is changed stays in one neighbourhood."""


def settled(tour: Tour, near: Sequence[Near], nodes: Iterable[int], least: float, reach: int | None = None) -> float:
    """Exchange links around these nodes, and around what that changes, while one exchange gains more than ``least``.

    ``reach``: links farther apart in the round, in nodes, are not exchanged, and the nearest neighbour with which one
    gains is taken: after a kick it pays to be through soon. Returns by how many mm the way is shorter.
    """
    todo = deque(nodes)
    waiting = set(todo)
    total = 0.0
    way, link, soon, reach = tour.way, tour.link, reach is not None, reach or len(tour.order)
    for _ in range(MOVES_PER_NODE * len(tour.order)):
        while todo and not (near[todo[0]] and way[todo[0]] - near[todo[0]][0][0] > least):
            waiting.discard(todo.popleft())
        if not todo:
            break
        node = todo[0]
        gain, move = _best(tour, near, node, least, reach, soon)
        if not move:
            waiting.discard(todo.popleft())
            continue
        total += gain
        touched = (link[node], *move)
        _make(tour, node, move)
        for other in touched:
            if other not in waiting:
                waiting.add(other)
                todo.append(other)
    return total


def kicked(tour: Tour, near: Sequence[Near], kicks: int, least: float, seed: int) -> None:
    """Iterated local search: disturb a neighbourhood, settle it, and take it back if it is longer than before.

    A link is disturbed the more often, the longer it is: between the lines of a hatch there is nothing to be won. Ends
    early where nothing was won for long: a few strokes are soon in their best order.
    """
    strokes = len(tour.order) // 2
    stretch = min(STRETCH, (strokes - 1) // 3)
    if stretch < 1 or kicks < 1:
        return
    random = np.random.Generator(np.random.PCG64(seed))
    lengths = random.integers(1, stretch + 1, (kicks, 3)).tolist()
    idle, patience = 0, max(IDLE[0], IDLE[1] * strokes)
    for first in range(0, kicks, BATCH):
        longer = np.cumsum(np.array(tour.way) + least)
        nodes = np.searchsorted(longer, random.uniform(0, longer[-1], BATCH)).tolist()
        for node, three in zip(nodes, lengths[first : first + BATCH], strict=False):
            tour.log.clear()
            begin = (tour.place[node] + 1) // 2
            gain, touched = tour.kick(begin, three)
            gain += settled(tour, near, touched, least, REACH)
            if gain < 0:
                tour.undo()
                tour.kick(begin, three[::-1])
            idle = 0 if gain > least else idle + 1
            if idle > patience:
                return


def _best(tour: Tour, near: Sequence[Near], a: int, least: float, reach: int, soon: bool) -> tuple[float, Move | None]:
    """The exchange that takes away the link a-b and gains most: links a-b and c-d become a-c and b-d, or with a third
    link, a-b, c-d and e-f become a-c, d-e and b-f. Written out, without a call inside: nearly all time is spent here.
    """
    link, way, place, points, free, count = tour.link, tour.way, tour.place, tour.points, tour.free, len(tour.order)
    b, side, best = link[a], place[a] & 1, least
    first, b_at, b_free, a_way = place[b], points[b], b >= free, way[a]
    sign = 1 if side else -1
    move: Move | None = None
    for a_c, c in near[a]:
        if a_way - a_c <= least:
            break
        d = link[c]
        left = a_way - a_c + way[c]
        closes = (place[c] & 1) == side
        # From b on to c (or, where a-c closes a ring without it, to d) lies the stretch that is turned or moved.
        span = sign * (place[c if closes else d] - first) % count
        if reach < span < count - reach:
            continue
        if closes:
            gain = left if b_free or d >= free else left - abs(b_at - points[d])
            if gain > best:
                best, move = gain, (c, d)
        for d_e, e in near[d]:
            gain = left - d_e
            if gain <= least:
                break
            gain += way[e]
            if gain <= best:
                continue
            f = link[e]
            if not (b_free or f >= free):
                gain -= abs(b_at - points[f])
                if gain <= best:
                    continue
            if e in (a, b, c):
                continue
            along = sign * (place[e] - first) % count
            if reach < along < count - reach:
                continue
            if ((along <= span) == ((place[e] & 1) == side)) if closes else along > span:
                best, move = gain, (c, d, e, f)
        if soon and move:
            break
    return best, move


def _make(tour: Tour, a: int, move: Move) -> None:
    b = tour.link[a]
    if len(move) == 2:
        tour.swap(a, b, *move)
        return
    c, d, e, f = move
    side = tour.place[a] & 1
    if tour.place[c] & 1 == side:
        tour.swap(a, b, c, d)
        tour.swap(d, b, e, f)
    elif tour.place[e] & 1 == side:
        tour.swap(a, b, e, f)
        tour.swap(a, e, c, d)
    else:
        tour.swap(a, b, f, e)
        tour.swap(a, f, c, d)
        tour.swap(f, d, b, e)
