"""The ends near each end, without a matrix of all distances and however they are spread.

Points that are near in the plane are near along a space-filling curve, unless a seam of the curve lies between them. So
the neighbours of a point are looked for a few places before and after it on several Hilbert curves, turned against each
other: a seam of one is seldom a seam of the next. Unlike the cells of a grid this minds neither heaps (text) nor rows
(hatch): the work is the same for each point.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gcode.units import FloatArray, IntArray

BITS: Final = 16
"""Of each coordinate on a curve: points closer than 1/65,536 of the drawing share a place, and that is no harm."""
TURNS: Final = np.array([[0.0], [0.6], [1.1]])
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
    x, y = np.ascontiguousarray(points.T)
    everyone = np.arange(len(points))
    orders = None if len(points) <= FEW else np.argsort(_curves(x, y), axis=1, kind="stable")
    places = None if orders is None else np.argsort(orders, axis=1)
    found, far = [], []
    for begin in range(0, len(points), BLOCK):
        mine = everyone[begin : begin + BLOCK]
        if orders is None or places is None:
            seen = np.tile(everyone, (len(mine), 1))
        else:
            around = [_around(order)[place[mine]] for order, place in zip(orders, places, strict=True)]
            seen = np.sort(np.hstack(around), axis=1)
        distance = np.hypot(x[seen] - x[mine, None], y[seen] - y[mine, None])
        distance[:, 1:][seen[:, 1:] == seen[:, :-1]] = np.inf
        distance[group[seen] == group[mine, None]] = np.inf
        best = np.argsort(distance, axis=1, kind="stable")[:, :count]
        found.append(np.take_along_axis(seen, best, axis=1))
        far.append(np.take_along_axis(distance, best, axis=1))
    return np.concatenate(found), np.concatenate(far)


def _around(order: IntArray) -> IntArray:
    """At each place of a curve what lies around it."""
    return sliding_window_view(np.pad(order, SPAN, mode="edge"), 2 * SPAN + 1)


def _curves(x: FloatArray, y: FloatArray) -> IntArray:
    """The place of each point along Hilbert curves over their square, one a turn: (turns, n)."""
    cosine, sine = np.cos(TURNS), np.sin(TURNS)
    across, up = x * cosine - y * sine, x * sine + y * cosine
    across, up = across - across.min(axis=1, keepdims=True), up - up.min(axis=1, keepdims=True)
    size = np.maximum(across.max(axis=1, keepdims=True), up.max(axis=1, keepdims=True))
    scale = (2**BITS - 1) / np.where(size > 0, size, 1.0)
    return _hilbert((across * scale).astype(np.int64), (up * scale).astype(np.int64))


def _hilbert(x: IntArray, y: IntArray) -> IntArray:
    """The place of whole coordinates of BITS bits along a Hilbert curve."""
    place = np.zeros_like(x)
    for bit in range(BITS - 1, -1, -1):
        right, up = (x >> bit) & 1, (y >> bit) & 1
        place = (place << 2) | ((3 * right) ^ up)
        mask = (1 << bit) - 1
        flip = (right & ~up) * mask
        x, y = (x & mask) ^ flip, (y & mask) ^ flip
        swap = (up - 1) & (x ^ y)
        x, y = x ^ swap, y ^ swap
    return place
