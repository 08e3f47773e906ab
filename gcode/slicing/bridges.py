"""What a layer has nothing under it for: spans that beads bridge, in which direction, and overhangs that they cannot.

A place is bridged where lines across it rest on the layer below at both ends. What leans out further than the profile
allows and rests on one side only, or on none, needs supports: that is told, with the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from gcode.slicing.areas import CRUMB, Area, Fence, contours, offset, opened, parts, polygons
from gcode.slicing.lattice import runs
from gcode.slicing.profile import Profile
from gcode.units import FloatArray

ANCHOR: Final = 2.0
"""mm that a bridge's lines go on over what holds them."""
HELD: Final = 0.75
"""Share of a bridge's lines, by length, that must be held at both ends."""
DIRECTIONS: Final = 12
"""Looked at beside those of the place's own sides."""
STEP: Final = 0.1
"""mm beyond a line's end at which is looked whether something is below."""


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """Lines over nothing."""

    area: Area
    """With what holds it."""
    angle: float
    span: float
    """mm of the longest line."""


@dataclass(frozen=True, slots=True)
class Overhang:
    """A place that needs a support. In the body's coordinates, mm and mm2."""

    x: float
    y: float
    area: float
    reach: float
    """How far it stands out over what is below."""


def over_nothing(area: Area, below: Area, height: float, profile: Profile) -> tuple[list[Bridge], list[Overhang]]:
    """The bridges and the overhangs of a layer, by the layer below."""
    reach = profile.reach(height)
    free = area - below
    far = opened(free - offset(below, reach), CRUMB)
    bridges: list[Bridge] = []
    overhangs: list[Overhang] = []
    if far.area() < CRUMB:
        return bridges, overhangs
    for part in parts(free):
        if (part ^ far).area() < CRUMB:
            continue
        bridge = _bridge(part, below, profile.widths.solid)
        if bridge is not None and bridge.span <= profile.max_bridge:
            bridges.append(bridge)
        else:
            overhangs.append(_overhang(part, below))
    return bridges, overhangs


def _bridge(part: Area, below: Area, width: float) -> Bridge | None:
    """The direction with the shortest lines that are held at both ends, if there is one.

    Long lines count most: across a corner every line is short.
    """
    if below.is_empty():
        return None
    support = Fence(contours(below))
    best: tuple[int, float, float] | None = None
    for angle in _directions(part):
        lines = runs(part, max(width, 0.02 * float(np.ptp(np.reshape(part.bounds(), (2, 2)), axis=0).max())), angle)
        if not len(lines):
            continue
        held, lengths = _held(lines, support)
        share = float(lengths[held].sum() / lengths.sum())
        if share < HELD:
            continue
        typical = float((lengths[held] ** 2).sum() / lengths[held].sum())
        rank = (-round(10 * share), round(typical, 3), float(lengths[held].max()))
        if best is None or rank < best:
            best, found = rank, angle
    if best is None:
        return None
    return Bridge(offset(part, ANCHOR), found, best[2])


def _directions(part: Area) -> list[float]:
    """Degrees: along the sides of the narrowest rectangle around the place, and all round."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygons([part])))
    own = []
    if len(corners) >= 4:
        side = corners[1] - corners[0]
        first = float(np.degrees(np.arctan2(side[1], side[0]))) % 180.0
        own = [round(first, 3), round((first + 90.0) % 180.0, 3)]
    return own + [180.0 * number / DIRECTIONS for number in range(DIRECTIONS)]


def _held(lines: FloatArray, support: Fence) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], FloatArray]:
    """Which lines have something below both ends, and the length of each."""
    way = lines[:, 1] - lines[:, 0]
    lengths = np.hypot(way[:, 0], way[:, 1])
    ahead = way / lengths[:, None] * STEP
    return support.holds(lines[:, 0] - ahead) & support.holds(lines[:, 1] + ahead), lengths


def _overhang(part: Area, below: Area) -> Overhang:
    x0, y0, x1, y1 = part.bounds()
    reach = 0.0
    if below.is_empty():
        reach = float(np.hypot(x1 - x0, y1 - y0))
    else:
        points = shapely.points(np.vstack(contours(part)))
        under = polygons(parts(below))
        reach = float(shapely.distance(under, points).max())
    return Overhang(round((x0 + x1) / 2, 2), round((y0 + y1) / 2, 2), round(part.area(), 2), round(reach, 2))
