"""Satin columns: stitches from side to side across a strand, as far as its shape reaches there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcode.geometry import Line, resampled, without_repeats
from gcode.stitches.pattern import EMPTY, divided
from gcode.stitches.thread import Thread
from gcode.units import FloatArray

FINE: Final = 0.08
"""mm between the places of a strand at which its width is looked up."""
REACH: Final = 1.3
"""A stitch reaches over the circle inside of the shape by this much at most: at a fork it would cross into another
strand."""
FAN: Final = 8.0
"""Times that the outer side of a bend is longer than its middle at most, as far as stitches follow it."""
INSET: Final = 0.45
"""mm by which underlay stays inside of its column's edges."""
NARROW: Final = 2.0
"""mm: columns up to this width have a line of stitches as underlay, wider ones a zigzag."""
PITCH: Final = 2.0
"""mm along a column from one side of the zigzag to the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A strand with its edges: points on the left and on the right for each of its own."""

    middle: Line
    left: Line
    right: Line

    @property
    def width(self) -> float:
        """In its widest place, mm."""
        return float(np.hypot(*(self.left - self.right).T).max()) if len(self.left) else 0.0

    def surface(self) -> BaseGeometry:
        """What its stitches lie on."""
        if len(self.middle) < 2:
            return shapely.Polygon()
        every = max(1, int(0.2 / FINE))
        index = np.unique(np.append(np.arange(0, len(self.left), every), len(self.left) - 1))
        left, right = self.left[index], self.right[index]
        corners = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
        return shapely.union_all(shapely.convex_hull(shapely.multipoints(corners)))


def column(line: Line, area: shapely.Polygon, thread: Thread) -> Column:
    """The column of a strand, or of a part of it, made wider by what the thread pulls."""
    middle = resampled(without_repeats(line), FINE)
    if len(middle) < 2:
        return Column(EMPTY, EMPTY, EMPTY)
    normal = _normals(middle)
    inner = np.maximum(shapely.distance(area.boundary, shapely.points(middle)), 0.05)
    inner = np.where(shapely.contains_xy(area, middle), inner, 0.05)
    # At its ends a strand comes to the edge of its shape: there the width of a little earlier holds.
    inner = _held(inner, middle)
    sides = [_reached(middle, normal * sign, inner * REACH, area) for sign in (1.0, -1.0)]
    least = thread.narrowest / 2
    left, right = (np.maximum(_smooth(side) + thread.pull / 2, least)[:, None] for side in sides)
    return Column(middle, middle + normal * left, middle - normal * right)


def _held(radius: FloatArray, line: Line) -> FloatArray:
    """Radii of which none is smaller than those around it, over as far as those reach."""
    held = radius.copy()
    step = max(float(np.hypot(*np.diff(line, axis=0).T).mean()), 1e-6)
    for ends in (slice(None), slice(None, None, -1)):
        view = held[ends]
        best, spent = 0.0, 0
        for index in range(len(view)):
            if view[index] >= best or spent * step > 1.5 * best:
                best, spent = float(view[index]), 0
            else:
                spent += 1
                view[index] = best
    return held


def _normals(line: Line, over: float = 0.6) -> FloatArray:
    """To the left of a line, as seen over a stretch of it."""
    reach = max(1, round(over / FINE))
    number = np.arange(len(line))
    closed = len(line) > 2 * reach and np.allclose(line[0], line[-1])
    if closed:
        ring = line[:-1]
        way = ring[(number + reach) % len(ring)] - ring[(number - reach) % len(ring)]
    else:
        way = line[np.minimum(number + reach, len(line) - 1)] - line[np.maximum(number - reach, 0)]
    size = np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    normals: FloatArray = np.stack([-way[:, 1], way[:, 0]], axis=1) / size
    return normals


def _reached(points: Line, way: FloatArray, most: FloatArray, area: shapely.Polygon) -> FloatArray:
    """How far it is from each point to the edge of the shape, at most ``most``."""
    rays = shapely.linestrings(np.stack([points, points + way * most[:, None]], axis=1))
    hits = shapely.intersection(rays, area.boundary)
    distance = shapely.distance(shapely.points(points), hits)
    inside = shapely.contains_xy(area, points)
    found: FloatArray = np.where(inside, np.where(np.isnan(distance), most, distance), 0.0)
    return found


def _smooth(width: FloatArray, reach: int = 3) -> FloatArray:
    """Without single places that look through a gap: the middle one of its neighbours, then their mean."""
    padded = np.pad(width, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    middle = np.median(windows, axis=1)
    mean: FloatArray = np.lib.stride_tricks.sliding_window_view(np.pad(middle, 1, mode="edge"), 3).mean(axis=1)
    return mean


def stitches(column: Column, thread: Thread) -> Line:
    """To and fro across the column, from its first place to its last."""
    if len(column.middle) < 2:
        return EMPTY
    steps = [np.hypot(*np.diff(line, axis=0).T) for line in (column.left, column.right, column.middle)]
    # The outer side of a bend sets the pace, within bounds: around a sharp corner stitches are a fan from one place.
    pace = np.minimum(np.maximum.reduce(steps), FAN * steps[2] + 1e-9)
    way = np.concatenate([[0.0], np.cumsum(pace)])
    count = max(2, math.ceil(way[-1] / (thread.spacing / 2)) + 1)
    at = np.linspace(0.0, way[-1], count)
    left, right = (
        np.stack([np.interp(at, way, side[:, axis]) for axis in (0, 1)], axis=1) for side in (column.left, column.right)
    )
    to_and_fro = np.where((np.arange(count) % 2 == 0)[:, None], left, right)
    return divided(to_and_fro, thread.longest)


def underlay(column: Column, thread: Thread) -> Line:
    """What is sewn first: a line along the middle, or a zigzag inside of a wide column."""
    if len(column.middle) < 2:
        return EMPTY
    if not thread.underlay or column.width <= NARROW + thread.pull:
        return running(column.middle, thread.run)
    half = np.hypot(*(column.left - column.right).T) / 2 - thread.pull / 2
    share = np.clip((half - INSET) / np.maximum(half, 1e-9), 0.0, 1.0)[:, None]
    left, right = (column.middle + (side - column.middle) * share for side in (column.left, column.right))
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(column.middle, axis=0).T))])
    count = max(2, math.ceil(way[-1] / PITCH) + 1)
    index = np.clip(np.searchsorted(way, np.linspace(0.0, way[-1], count)), 0, len(way) - 1)
    zigzag = np.where((np.arange(count) % 2 == 0)[:, None], left[index], right[index])
    return divided(np.vstack([column.middle[:1], zigzag, column.middle[-1:]]), thread.longest)


def running(line: Line, stitch: float) -> Line:
    """Stitches along a line, none longer than ``stitch``, evenly spaced between its corners."""
    line = without_repeats(line, 1e-3)
    if len(line) < 2:
        return EMPTY
    turns = np.concatenate([[True], _turns(line) > math.radians(40), [True]])
    corners = np.flatnonzero(turns)
    points = [line[:1]]
    for start, end in pairwise(corners.tolist()):
        part = line[start : end + 1]
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(part, axis=0).T))])
        at = np.linspace(0.0, way[-1], max(1, math.ceil(way[-1] / stitch)) + 1)[1:]
        points.append(np.stack([np.interp(at, way, part[:, axis]) for axis in (0, 1)], axis=1))
    return np.vstack(points)


def _turns(line: Line) -> FloatArray:
    ways = np.diff(line, axis=0)
    angles = np.arctan2(ways[:, 1], ways[:, 0])
    turned: FloatArray = np.abs((np.diff(angles) + math.pi) % (2 * math.pi) - math.pi)
    return turned
