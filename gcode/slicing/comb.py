"""Ways between beads: straight where they stay inside of the part, round its holes and bays where that is not far.

Only a way that has to leave the part is one on which material is drawn back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line, length
from gcode.slicing.areas import Area, contours, crossings, offset
from gcode.slicing.link import lengths_along
from gcode.units import FloatArray

INSIDE: Final = 0.45
"""Of a bead's width that ways stay inside of the edge: on the middle of the outer wall, where they also begin."""
FAR: Final = 3.0
"""Times the straight way: a longer way round is not gone."""
MOST: Final = 40.0
"""mm: nor one that is longer than this and the straight one together."""
MOST_POINTS: Final = 400
"""Of a way round before it is pulled straight."""

_NOTHING: Final = np.empty((0, 2))


def ways(island: Area, width: float, begins: FloatArray, ends: FloatArray) -> list[Line | None]:
    """For each pair of places within an island the points between them, none for a straight way; None where the way
    has to leave the island."""
    if not len(begins):
        return []
    around = contours(offset(island, -INSIDE * width))
    if not around:
        return [_NOTHING] * len(begins)
    cross: list[bool] = crossings(around, begins, ends).any(axis=1).tolist()  # type: ignore[assignment]
    return [
        _round(begin, end, around) if crosses else _NOTHING
        for begin, end, crosses in zip(begins, ends, cross, strict=True)
    ]


def _round(begin: FloatArray, end: FloatArray, around: Sequence[Line]) -> Line | None:
    """Along each contour in the way, the shorter side of it, then pulled straight."""
    number = np.repeat(np.arange(len(around)), [len(line) for line in around])
    rulers = [lengths_along(line) for line in around]
    starts = np.concatenate([ruler[:-1] for ruler in rulers])
    hit = np.flatnonzero(crossings(around, begin[None], end[None])[0])
    points, shares = _meeting(begin, end, around, hit)
    order = np.argsort(shares, kind="stable")
    pieces: list[Line] = [begin[None]]
    at = 0
    while at < len(order):
        first = order[at]
        contour = int(number[hit[first]])
        same = [place for place in range(at, len(order)) if number[hit[order[place]]] == contour]
        last = order[same[-1]]
        along = [
            float(starts[hit[one]] + np.hypot(*(points[one] - np.vstack(around)[hit[one]]))) for one in (first, last)
        ]
        pieces.append(_shorter(around[contour], rulers[contour], along[0], along[1], points[first], points[last]))
        at = same[-1] + 1
    path = np.vstack([*pieces, end[None]])
    if len(path) > MOST_POINTS:
        return None
    pulled = _pulled(path, around)
    straight = float(np.hypot(*(end - begin)))
    if length(pulled) > min(FAR * straight + 2.0, straight + MOST):
        return None
    return pulled[1:-1]


def _meeting(
    begin: FloatArray, end: FloatArray, around: Sequence[Line], hit: np.ndarray
) -> tuple[FloatArray, FloatArray]:
    """Where the straight way meets these edges, and after which share of it."""
    start = np.vstack(around)[hit]
    edge = np.vstack([np.roll(line, -1, axis=0) for line in around])[hit] - start
    way = end - begin
    bend = way[0] * edge[:, 1] - way[1] * edge[:, 0]
    shares = ((start - begin)[:, 0] * edge[:, 1] - (start - begin)[:, 1] * edge[:, 0]) / bend
    return begin + shares[:, None] * way, shares


def _shorter(contour: Line, ruler: FloatArray, begin: float, end: float, enter: FloatArray, leave: FloatArray) -> Line:
    ahead = (end - begin) % ruler[-1]
    forwards = ahead <= ruler[-1] - ahead
    low, way = (begin, ahead) if forwards else (end, ruler[-1] - ahead)
    places = (ruler[:-1] - low) % ruler[-1]
    between = np.flatnonzero((places > 0) & (places < way))
    between = between[np.argsort(places[between], kind="stable")]
    points = contour[between] if forwards else contour[between][::-1]
    return np.vstack([enter[None], points, leave[None]])


def _pulled(path: Line, around: Sequence[Line]) -> Line:
    """From each point to the farthest that can be reached straight."""
    kept, at = [0], 0
    while at < len(path) - 1:
        later = path[at + 2 :]
        free = ~crossings(around, np.repeat(path[at][None], len(later), axis=0), later).any(axis=1)
        reached = np.flatnonzero(free)
        at = at + 2 + int(reached[-1]) if len(reached) else at + 1
        kept.append(at)
    return path[kept]
