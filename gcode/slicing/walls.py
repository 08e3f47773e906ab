"""Walls: rings of beads along the edge of a part, and single beads where two sides of a ring have no room.

A ring's centre line lies half a bead inside of what is left. Where its sides would come nearer to each other than
``NEAREST`` beads, it is left out there: what remains there is filled by one bead along its middle, as wide as there is
room (``gcode.slicing.middle``), be it a thin wall or a gap between walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.slicing.areas import RESOLUTION, Area, contours, offset, opened
from gcode.slicing.link import lengths_along
from gcode.slicing.profile import Profile
from gcode.units import FloatArray

NEAREST: Final = 0.8
"""Bead widths between the centre lines of a ring's two sides, at least: so up to 1.8 widths are one bead, and two lie a
fifth over each other at most."""


SHARED: Final = (0.85, 1.2)
"""Of its width that a ring's bead may have: beads of a ring share the volume of what they fill, so that two sides of a
wall that is a little thinner or thicker than they are neither press into each other nor leave a slit."""


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """A contour along which a bead is laid; it does not repeat its first point."""

    number: int
    """0 for the outermost."""
    line: Line
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """Of one connected area."""

    nests: tuple[tuple[Ring, ...], ...]
    """Rings with those that lie next to them further in, the outermost first."""
    gaps: Area
    """What rings have no room for."""
    inside: Area
    """What is left for skins and infill."""


def walls(area: Area, profile: Profile, *, first: bool) -> Walls:
    """The walls of a connected area, and what they leave."""
    rings: list[list[Ring]] = []
    gaps: list[Area] = []
    left = area
    for number in range(profile.perimeters):
        width = profile.widths.first if first else profile.widths.inner if number else profile.widths.outer
        if left.is_empty():
            break
        centre = opened(offset(left, -width / 2), NEAREST * width).simplify(RESOLUTION)
        lines, inner = contours(centre), opened(offset(centre, -width / 2), profile.least_bead)
        gap = opened(left - offset(centre, width / 2), profile.least_bead)
        way = sum(float(lengths_along(line)[-1]) for line in lines)
        share = (left.area() - inner.area() - gap.area()) / (way * width) if way else 1.0
        each = round(width * min(max(share, SHARED[0]), SHARED[1]), 4)
        rings.append([Ring(number, line, each) for line in lines])
        gaps.append(gap)
        left = inner
    width = profile.widths.first if first else profile.widths.solid
    inside = opened(left, width)
    gaps.append(opened(left - inside, profile.least_bead))
    return Walls(_nests(rings), Area.compose([gap for gap in gaps if not gap.is_empty()]), inside)


def _nests(rings: Sequence[Sequence[Ring]]) -> tuple[tuple[Ring, ...], ...]:
    nests: list[list[Ring]] = []
    tails: list[tuple[int, Line]] = []
    for group in rings:
        latest: list[tuple[int, Line]] = []
        for ring in group:
            nest = _next_to(ring.line, tails)
            if nest is None:
                nest = len(nests)
                nests.append([])
            nests[nest].append(ring)
            latest.append((nest, ring.line))
        tails = latest
    return tuple(map(tuple, nests))


def _next_to(line: Line, others: Sequence[tuple[int, Line]]) -> int | None:
    """The nest of the nearest of other rings."""
    away = [(float(_distances(line[0], other).min()), nest) for nest, other in others]
    return min(away)[1] if away else None


def _distances(point: FloatArray, contour: Line) -> FloatArray:
    """To each edge of a contour."""
    edge = np.roll(contour, -1, axis=0) - contour
    size = np.maximum((edge * edge).sum(axis=1), 1e-12)
    share = np.clip(((point - contour) * edge).sum(axis=1) / size, 0.0, 1.0)
    gap = contour + share[:, None] * edge - point
    distances: FloatArray = np.hypot(gap[:, 0], gap[:, 1])
    return distances
