"""A body cut into layers: what each covers, in the middle of its height.

Contours are settled on a grid, so that layers of a body whose walls are upright are equal byte for byte, and a layer is
told from all others by a digest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.slicing.areas import RESOLUTION, Area, contours, on_grid, settled
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid, SolidError
from gcode.units import FloatArray, IntArray

MAX_LAYERS: Final = 20_000
OVERLAP: Final = 0.002
"""Share of a layer that may be covered twice, or lie inside out, before the body is said to cross itself: thin joints
of bodies that only touch are less."""
UPRIGHT: Final = 1e-9
"""mm that a wall may lean for each mm of its height and still be upright: what is left of rounding."""
LEAST_OVERLAP: Final = 0.05
"""mm2 of that: less is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One layer of a body."""

    number: int
    z: float
    """Of its upper side, over the body's lowest point."""
    height: float
    area: Area
    digest: bytes


def layer_tops(solid: Solid, profile: Profile) -> FloatArray:
    """The upper side of each layer over the body's lowest point: the nearest whole number of layers, at least one.

    Raises SolidError where there are too many.
    """
    tall = solid.high[2] - solid.low[2]
    count = 1 + max(0, math.floor((tall - profile.first_height) / profile.height + 0.5 + 1e-6))
    if count > MAX_LAYERS:
        raise SolidError(f"{count} layers of {profile.height:g} mm, {MAX_LAYERS} are allowed: print thicker layers")
    tops: FloatArray = np.round(profile.first_height + profile.height * np.arange(count), 6)
    return tops


def sections(solid: Solid, profile: Profile) -> Iterator[Section]:
    """The layers from below. Raises SolidError where the body crosses itself or a layer is empty."""
    tops, low = layer_tops(solid, profile), solid.low[2]
    bottoms = np.concatenate([[0.0], tops[:-1]])
    # What ends within the last layer is cut below its end.
    middles = np.minimum((tops + bottoms) / 2, bottoms + (solid.high[2] - low - bottoms) / 2)
    numbers = _changes(solid, low + middles)
    cuts = [solid.manifold.slice(height) for height in (low + middles[numbers]).tolist()]
    _check_crossing(solid, low, middles[numbers], [float(cut.area()) for cut in cuts])
    first = contours(cuts[0].simplify(RESOLUTION))
    if not first:
        raise SolidError("nothing of the body is in the first layer: it stands on a point; cut it flat")
    area, digest = on_grid(first)
    changed = dict(zip(numbers[1:].tolist(), cuts[1:], strict=True))
    for number, top in enumerate(tops.tolist()):
        if number in changed:
            area, digest = settled(changed[number])
        yield Section(number, top, profile.height if number else profile.first_height, area, digest)


def _changes(solid: Solid, heights: FloatArray) -> IntArray:
    """The numbers of layers that may differ from the one below: all but those in which the same triangles are cut,
    each of them upright."""
    z = np.sort(solid.vertices[:, 2])
    corners_between = np.searchsorted(z, heights[1:], side="right") - np.searchsorted(z, heights[:-1], side="left")
    same = corners_between == 0
    if same.any():
        same &= _leaning(solid, heights[1:]) == 0
    return np.flatnonzero(np.concatenate([[True], ~same]))


def _leaning(solid: Solid, heights: FloatArray) -> IntArray:
    """How many triangles that are not upright each plane cuts."""
    a, b, c = (solid.vertices[solid.faces[:, corner]] for corner in range(3))
    normal = np.cross(b - a, c - a)
    leans = np.abs(normal[:, 2]) > UPRIGHT * np.sqrt((normal * normal).sum(axis=1))
    tall = np.stack([a[leans, 2], b[leans, 2], c[leans, 2]])
    begun = np.searchsorted(np.sort(tall.min(axis=0)), heights, side="right")
    done = np.searchsorted(np.sort(tall.max(axis=0)), heights, side="left")
    return np.asarray(begun - done)


def _check_crossing(solid: Solid, low: float, heights: FloatArray, found: Sequence[float]) -> None:
    """What contours go round in each layer is what they enclose: nothing twice, and nothing inside out."""
    for height, wound, enclosed in zip(heights.tolist(), _wound(solid, low + heights).tolist(), found, strict=True):
        if abs(wound - enclosed) > max(OVERLAP * enclosed, LEAST_OVERLAP):
            raise SolidError(
                f"the body crosses itself {height:.2f} mm above its lowest point: {abs(wound - enclosed):.2f} mm2 of "
                "that layer lie in it twice or inside out; unite its parts where they were drawn"
            )


def _wound(solid: Solid, heights: FloatArray) -> FloatArray:
    """At each height, the area counted as often as contours go round it: what bodies cover twice counts twice.

    Of each triangle that a plane cuts, the cut's part of the area by the shoelace rule; no contour is put together.
    """
    corners = solid.vertices[solid.faces]
    z = corners[:, :, 2]
    # A corner in a plane counts as below it, as for ``Manifold.slice``.
    first = np.searchsorted(heights, z.min(axis=1), side="left")
    count = np.searchsorted(heights, z.max(axis=1), side="left") - first
    sums = np.zeros(len(heights))
    cut = np.flatnonzero(count > 0)
    for begin in range(0, len(cut), _BLOCK):
        some = cut[begin : begin + _BLOCK]
        which = np.repeat(some, count[some])
        offset = np.arange(len(which)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
        layer = first[which] + offset
        sums += np.bincount(layer, _shoelace(corners[which], heights[layer]), minlength=len(heights))
    return sums


_BLOCK: Final = 20_000
"""Triangles at once, so that memory stays bounded by layers x this."""


def _shoelace(corners: FloatArray, height: FloatArray) -> FloatArray:
    """Half the cross product of both ends of the cut through each triangle, in the direction of the contour."""
    above = corners[:, :, 2] > height[:, None]
    enter, leave = np.zeros((2, len(corners), 2))
    for one in range(3):
        a, b = corners[:, one], corners[:, (one + 1) % 3]
        rising, falling = ~above[:, one] & above[:, (one + 1) % 3], above[:, one] & ~above[:, (one + 1) % 3]
        crosses = rising | falling
        share = (height - a[:, 2]) / np.where(crosses, b[:, 2] - a[:, 2], 1.0)
        point = a[:, :2] + share[:, None] * (b[:, :2] - a[:, :2])
        enter[falling], leave[rising] = point[falling], point[rising]
    total: FloatArray = (enter[:, 0] * leave[:, 1] - leave[:, 0] * enter[:, 1]) / 2
    return total
