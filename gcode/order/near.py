"""The ends near each end, without a matrix of all distances and however they are spread.

Points that are near in the plane are near along a space-filling curve, unless a seam of the curve lies between them. So
the neighbours of a point are looked for a few places before and after it on several Hilbert curves, turned against each
other: a seam of one is seldom a seam of the next. Unlike the cells of a grid this minds neither heaps (text) nor rows
(hatch): the work is the same for each point.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gcode.units import FloatArray, IntArray

BITS: Final = 16
"""Of each coordinate on a curve: points closer than 1/65,536 of the drawing share a place, and that is no harm."""
TURNS: Final = (0.0, 0.6, 1.1)
"""Radians by which the curves are turned."""
SPAN: Final = 5
"""Places looked at before and after each point, on each curve."""
FEW: Final = 100
"""Up to so many points each is compared with each."""
BLOCK: Final = 20_000
"""Points looked at together: bounds the memory, whatever the drawing."""


def nearest(points: FloatArray, group: IntArray, count: int) -> tuple[IntArray, FloatArray]:
    """Up to ``count`` neighbours of each point, nearest first, and how far they are; points of its own group are none.

    A distance of infinity says that there is no further neighbour. Each point gets one at least where its own group
    has no more than two points and there are others.
    """
    few = len(points) <= FEW
    orders = [] if few else [np.argsort(_hilbert(_turned(points, turn)), kind="stable") for turn in TURNS]
    places = [np.empty_like(order) for order in orders]
    for order, place in zip(orders, places, strict=True):
        place[order] = np.arange(len(points))
    steps = np.array([step for step in range(-SPAN, SPAN + 1) if step])
    found, far = [], []
    for begin in range(0, len(points), BLOCK):
        mine = np.arange(begin, min(begin + BLOCK, len(points)))
        at = [np.clip(place[mine][:, None] + steps, 0, len(points) - 1) for place in places]
        if few:
            seen = np.tile(mine, (len(mine), 1))
        else:
            seen = np.sort(np.hstack([order[places] for order, places in zip(orders, at, strict=True)]), axis=1)
        offset = points[seen] - points[mine][:, None, :]
        distance = np.hypot(offset[..., 0], offset[..., 1])
        distance[:, 1:][seen[:, 1:] == seen[:, :-1]] = np.inf
        distance[group[seen] == group[mine][:, None]] = np.inf
        best = np.argsort(distance, axis=1, kind="stable")[:, :count]
        found.append(np.take_along_axis(seen, best, axis=1))
        far.append(np.take_along_axis(distance, best, axis=1))
    return np.concatenate(found), np.concatenate(far)


def _turned(points: FloatArray, angle: float) -> FloatArray:
    cosine, sine = np.cos(angle), np.sin(angle)
    turned: FloatArray = points @ np.array([[cosine, sine], [-sine, cosine]])
    return turned


def _hilbert(points: FloatArray) -> IntArray:
    """The place of each point along a Hilbert curve over their square."""
    low = points.min(axis=0)
    size = float((points.max(axis=0) - low).max()) or 1.0
    x, y = ((points - low) / size * (2**BITS - 1)).astype(np.int64).T
    place = np.zeros(len(points), dtype=np.int64)
    for bit in range(BITS - 1, -1, -1):
        right, up = (x >> bit) & 1, (y >> bit) & 1
        place = (place << 2) | ((3 * right) ^ up)
        mask = (1 << bit) - 1
        flip = np.where((up == 0) & (right == 1), mask, 0)
        x, y = (x & mask) ^ flip, (y & mask) ^ flip
        x, y = np.where(up == 0, y, x), np.where(up == 0, x, y)
    return place
