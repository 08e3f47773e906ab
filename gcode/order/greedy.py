"""A first way through all strokes: the shortest link that is left, wherever it joins two different chains of strokes.

About as quick as "always on to the nearest end", and shorter: nothing is passed by that must be fetched at the end.
"""

from __future__ import annotations

import numpy as np

from gcode.order.near import nearest
from gcode.units import FloatArray, IntArray

FEW = 6
"""Near ends of other chains that are looked at, once the chains have grown."""

EVEN = 1e-6
"""Links as long as each other, but for this part of the drawing's size, are taken from left to right: so all left ends
of a hatch are linked in pairs first, then the right ends of those pairs, and it is drawn back and forth."""


def chained(
    points: FloatArray, near: tuple[IntArray, FloatArray], last: int
) -> tuple[list[int], list[tuple[int, int, float]]]:
    """All nodes in the order of a short way that begins with node ``last``; -1: with any. And the further neighbours
    that were found for the ends of chains: a node, its neighbour, and how far that is.

    Nodes n and n ^ 1 are the two ends of a stroke; ``near`` is what ``nearest`` finds for them, and nothing is linked
    to ``last``. Each time through, the two chains that are nearest to each other at least are joined, so it ends.
    """
    count = len(points)
    across = np.empty(count, dtype=np.int64)
    across[np.lexsort((points[:, 1], points[:, 0]))] = np.arange(count)
    alike = EVEN * float(np.ptp(points, axis=0).max()) or 1.0
    free = np.flatnonzero(np.arange(count) != last)
    mine, other, way = np.repeat(free, near[0].shape[1]), near[0][free].ravel(), near[1][free].ravel()
    # Of two that are near each other the link is asked for once.
    once = (across[mine] < across[other]) | (near[0][other] != mine[:, None]).all(axis=1)
    mine, other, way = mine[once], other[once], way[once]
    link, far = [-1] * count, [node ^ 1 for node in range(count)]
    further: list[tuple[int, int, float]] = []
    for _ in range(count):
        usable = np.isfinite(way) & (other != last)
        mine, other, way = mine[usable], other[usable], way[usable]
        shortest = np.lexsort((across[mine], np.round(way / alike)))
        _join(mine[shortest], other[shortest], link, far)
        free = free[np.array(link)[free] < 0]
        if len(free) <= (2 if last < 0 else 1):
            break
        found, ways = nearest(points[free], np.minimum(free, np.array(far)[free]), FEW)
        mine, other, way = np.repeat(free, found.shape[1]), free[found].ravel(), ways.ravel()
        further += zip(mine.tolist(), other.tolist(), way.tolist(), strict=True)
    return _walked(link, int(free[0]) if last < 0 else last), further


def _join(mine: IntArray, other: IntArray, link: list[int], far: list[int]) -> None:
    """Links made in this order; ``far`` is the other end of the chain that a node ends."""
    for a, b in zip(mine.tolist(), other.tolist(), strict=True):
        if link[a] < 0 and link[b] < 0 and far[a] != b:
            link[a], link[b] = b, a
            x, y = far[a], far[b]
            far[x], far[y] = y, x


def _walked(link: list[int], begin: int) -> list[int]:
    order, node = [], begin
    while node >= 0:
        order += [node, node ^ 1]
        node = link[node ^ 1]
    return order
