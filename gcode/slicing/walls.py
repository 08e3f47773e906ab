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
from gcode.slicing.areas import Area, contours, offset, opened
from gcode.slicing.profile import Profile
from gcode.units import FloatArray

NEAREST: Final = 0.8
"""Bead widths between the centre lines of a ring's two sides, at least: so up to 1.8 widths are one bead, and two lie a
fifth over each other at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """Of one connected area."""

    rings: tuple[tuple[Line, ...], ...]
    """Contours by ring, the outermost first; they do not repeat their first point."""
    gaps: Area
    """What rings have no room for."""
    inside: Area
    """What is left for skins and infill."""

    def nests(self) -> list[list[tuple[int, Line]]]:
        """Rings with those that lie next to them further in, the outermost first, each with its number."""
        nests: list[list[tuple[int, Line]]] = []
        tails: list[tuple[int, Line]] = []
        for number, ring in enumerate(self.rings):
            latest: list[tuple[int, Line]] = []
            for line in ring:
                nest = _next_to(line, tails)
                if nest is None:
                    nest = len(nests)
                    nests.append([])
                nests[nest].append((number, line))
                latest.append((nest, line))
            tails = latest
        return nests


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


def walls(area: Area, profile: Profile, *, first: bool) -> Walls:
    """The walls of an area, and what they leave."""
    rings: list[tuple[Line, ...]] = []
    gaps: list[Area] = []
    left = area
    for number in range(profile.perimeters):
        width = profile.widths.first if first else profile.widths.outer if number == 0 else profile.widths.inner
        if left.is_empty():
            break
        near = NEAREST * width
        centre = offset(offset(left, -(width + near) / 2), near / 2)
        rings.append(tuple(contours(centre)))
        gaps.append(opened(left - offset(centre, width / 2), profile.least_bead))
        left = offset(centre, -width / 2)
    width = profile.widths.first if first else profile.widths.solid
    inside = opened(left, width)
    gaps.append(opened(left - inside, profile.least_bead))
    kept = [gap for gap in gaps if not gap.is_empty()]
    return Walls(tuple(ring for ring in rings if ring), Area.compose(kept) if kept else Area(), inside)
