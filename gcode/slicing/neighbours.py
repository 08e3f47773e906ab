"""Brims of bodies that stand near to each other: none lies on a neighbour, nor on its brim."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import shapely

from gcode.slicing.adhesion import without_holes
from gcode.slicing.areas import Area, offset, parts, polygons
from gcode.slicing.beads import Bead, Layer, Step
from gcode.slicing.plan import in_order, joined
from gcode.slicing.profile import Profile, Role
from gcode.units import FloatArray

SHORT: Final = 3.0
"""Widths: a shorter piece of a brim holds nothing."""
_NOTHING: Final = np.empty((0, 2))


def apart(first: Sequence[Layer], places: Sequence[tuple[float, float]], profile: Profile) -> list[Layer]:
    """The first layers of bodies at these places, with their brims cut where a neighbour, or the brim of one with a
    lower number, is in the way. Layers in whose way nothing is stay the same."""
    brim, width = profile.adhesion.brim, profile.widths.first
    if not brim or len(first) < 2:
        return list(first)
    gap = profile.adhesion.brim_gap + width / 2
    areas = [layer.within.translate(place) for layer, place in zip(first, places, strict=True)]
    outsides = [without_holes(area) for area in areas]
    # Lines of the next one lie beside the last line of this one's.
    brims = [offset(outside, gap + brim) - outside for outside in outsides]
    found = []
    for number, near in enumerate(_near(areas, 2 * (gap + brim))):
        others = [offset(areas[one], gap) for one in near] + [brims[one] for one in near if one < number]
        found.append(_without(first[number], brims[number] ^ _sum(others), places[number], profile))
    return found


def _near(areas: Sequence[Area], reach: float) -> list[list[int]]:
    """Of each area those that lie so near to it, by their boxes."""
    boxes = np.array([area.bounds() if not area.is_empty() else (np.inf,) * 4 for area in areas])
    found = []
    for number, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        meets = (boxes[:, 0] < x1 + reach) & (boxes[:, 2] > x0 - reach)
        meets &= (boxes[:, 1] < y1 + reach) & (boxes[:, 3] > y0 - reach)
        found.append([one for one in np.flatnonzero(meets).tolist() if one != number])
    return found


def _sum(areas: Sequence[Area]) -> Area:
    total = Area()
    for area in areas:
        total = total + area
    return total


def _without(layer: Layer, taken: Area, place: tuple[float, float], profile: Profile) -> Layer:
    if taken.is_empty():
        return layer
    back = taken.translate((-place[0], -place[1]))
    closed = polygons(parts(back))
    shapely.prepare(closed)
    beads = [step.bead for step in layer.steps if step.bead.role is Role.BRIM]
    left = [piece for bead in beads for piece in _cut(bead, closed, profile)]
    rest = [step for step in layer.steps if step.bead.role is not Role.BRIM]
    if rest:
        rest[0] = Step(rest[0].bead, _NOTHING, retract=bool(left))
    told = hashlib.sha256(layer.digest + b"".join(bead.points.tobytes() for bead in left))
    return replace(layer, steps=(*joined(in_order(left, []), None, None, profile), *rest), digest=told.digest())


def _cut(bead: Bead, taken: shapely.Geometry, profile: Profile) -> list[Bead]:
    line = shapely.LineString(bead.points)
    if not shapely.intersects(taken, line):
        return [bead]
    left = shapely.line_merge(shapely.difference(line, taken))
    width = profile.widths.first
    pieces: list[FloatArray] = [shapely.get_coordinates(piece) for piece in shapely.get_parts(left)]
    return [
        replace(bead, points=piece, widths=np.full(len(piece) - 1, bead.widths[0]))
        for piece in pieces
        if len(piece) > 1 and float(np.hypot(*np.diff(piece, axis=0).T).sum()) > SHORT * width
    ]
