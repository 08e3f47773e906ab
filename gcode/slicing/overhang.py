"""Pieces of walls that have nothing under them: they are laid as bridges are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from gcode.slicing.areas import Area, Fence, offset
from gcode.slicing.beads import LEAST_STEP, Bead
from gcode.slicing.profile import Profile, Role
from gcode.units import BoolArray, FloatArray

NEAR: Final = 0.02
"""mm that a wall's middle may be nearer to the edge than half a bead: contours are simplified."""
SHORT: Final = 0.5
"""mm: a shorter piece over nothing needs no slowing down."""


def carried_by(below: Area, height: float, profile: Profile) -> Area:
    """Where the middles of walls may be over the layer below."""
    return offset(below, max(profile.reach(height) - profile.widths.outer / 2, 0.0))


def leans(own: Area, carried: Area, profile: Profile) -> bool:
    """Whether any wall's middle may lie beyond what is carried: mostly none does, and no wall need be looked at."""
    return not (offset(own, NEAR - profile.widths.outer / 2) - carried).is_empty()


def parted(beads: Sequence[Bead], carried: Fence, profile: Profile) -> list[Bead]:
    """Walls, those with a piece that leans out further than the profile lets them cut where that begins and ends."""
    found: list[Bead] = []
    for bead in beads:
        if bead.role in (Role.OUTER, Role.INNER):
            found += _parted(bead, carried, min(bead.speed, profile.speeds.bridge))
        else:
            found.append(bead)
    return found


def _parted(bead: Bead, carried: Fence, speed: float) -> list[Bead]:
    points, widths = _cut(bead, carried)
    free = ~carried.holds((points[1:] + points[:-1]) / 2)
    lengths = np.hypot(*np.diff(points, axis=0).T)
    if float(lengths[free].sum()) < SHORT:
        return [bead]
    free = _without_short(free, lengths)
    ends = [0, *(np.flatnonzero(np.diff(free)) + 1).tolist(), len(free)]
    return [
        replace(bead, role=Role.OVERHANG, speed=speed, points=points[begin : end + 1], widths=widths[begin:end])
        if free[begin]
        else replace(bead, points=points[begin : end + 1], widths=widths[begin:end])
        for begin, end in pairwise(ends)
    ]


def _cut(bead: Bead, carried: Fence) -> tuple[FloatArray, FloatArray]:
    """The bead with points where it comes from what is carried to what is not, and the widths of its pieces."""
    begin, end = bead.points[:-1], bead.points[1:]
    shares = np.sort(carried.crossed(begin, end), axis=1)
    piece, which = np.nonzero(~np.isnan(shares))
    cuts = begin[piece] + shares[piece, which][:, None] * (end - begin)[piece]
    order = np.argsort(np.concatenate([np.arange(len(begin)), piece]), kind="stable")
    points = np.vstack([np.concatenate([begin, cuts])[order], bead.points[-1:]])
    widths = np.concatenate([bead.widths, bead.widths[piece]])[order]
    far = np.hypot(*np.diff(points, axis=0).T) >= LEAST_STEP
    far[-1] = True
    return np.vstack([points[:1], points[1:][far]]), widths[far]


def _without_short(free: BoolArray, lengths: FloatArray) -> BoolArray:
    """Neighbouring pieces of one kind that are short together become the other kind."""
    ends = [0, *(np.flatnonzero(np.diff(free)) + 1).tolist(), len(free)]
    smooth = free.copy()
    for begin, end in pairwise(ends):
        if float(lengths[begin:end].sum()) < SHORT:
            smooth[begin:end] = ~free[begin:end]
    return smooth
