"""Ways between beads: straight where they stay inside of the part, round its holes and bays where that is not far.

Only a way that has to leave the part is one on which material is drawn back.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from gcode.geometry import Line, length
from gcode.slicing.areas import Area, Fence, contours, offset
from gcode.slicing.link import lengths_along
from gcode.units import FloatArray, IntArray

INSIDE: Final = 0.45
"""Of a bead's width that ways stay inside of the edge: on the middle of the outer wall, where they also begin."""
COARSE: Final = 0.05
"""mm that a way may be off the line along which it goes round."""
FAR: Final = 3.0
"""Times the straight way: a longer way round is not gone."""
MOST: Final = 40.0
"""mm: nor one that is longer than this and the straight one together."""
SHORTER: Final = 1.6
"""Times a way that is pulled straight, by which the way along the edge is hardly ever longer."""
AHEAD: Final = 24
"""Points of a way round that are looked at from each point, for a short cut."""
MOST_POINTS: Final = 400
"""Of a way round before it is pulled straight."""
MOST_KNOWN: Final = 1000
"""Ways round that an island remembers."""

_NOTHING: Final = np.empty((0, 2))


class Comb:
    """Ways within one island. Those that go round something are remembered."""

    def __init__(self, island: Area, width: float) -> None:
        self._island, self._width = island, width
        self._gone: dict[bytes, Line | None] = {}

    @cached_property
    def _edge(self) -> Fence:
        return Fence(contours(self._island))

    def ways(self, begins: FloatArray, ends: FloatArray) -> list[Line | None]:
        """For each pair of places the points between them, none for a straight way; None where the way has to leave
        the island."""
        leaves = self._edge.crosses(begins, ends)
        return [
            self._known(begin, end) if leave else _NOTHING
            for begin, end, leave in zip(begins, ends, leaves.tolist(), strict=True)
        ]

    @cached_property
    def _lines(self) -> list[Line]:
        """Along which ways go round."""
        return contours(offset(self._island, -INSIDE * self._width).simplify(COARSE))

    @cached_property
    def _fence(self) -> Fence:
        return Fence(self._lines)

    @cached_property
    def _rulers(self) -> list[FloatArray]:
        return [lengths_along(line) for line in self._lines]

    @cached_property
    def _first(self) -> IntArray:
        """The number of each line's first edge."""
        return np.cumsum([0, *(len(line) for line in self._lines)])

    def _known(self, begin: FloatArray, end: FloatArray) -> Line | None:
        key = begin.tobytes() + end.tobytes()
        if key not in self._gone and len(self._gone) < MOST_KNOWN:
            self._gone[key] = self._round(begin, end)
        return self._gone[key] if key in self._gone else self._round(begin, end)

    def _round(self, begin: FloatArray, end: FloatArray) -> Line | None:
        """Along each contour in the way, the shorter side of it, then pulled straight."""
        shares = self._fence.crossed(begin[None], end[None])[0]
        hit = np.flatnonzero(~np.isnan(shares))
        hit = hit[np.argsort(shares[hit], kind="stable")]
        points = begin + shares[hit][:, None] * (end - begin)
        owner = self._fence.contour[hit].tolist()
        pieces: list[Line] = [begin[None]]
        at = 0
        while at < len(hit):
            last = len(owner) - 1 - owner[::-1].index(owner[at])
            pieces.append(self._along(owner[at], hit[[at, last]], points[[at, last]]))
            at = last + 1
        path = np.vstack([*pieces, end[None]])
        straight = float(np.hypot(*(end - begin)))
        most = min(FAR * straight + 2.0, straight + MOST)
        if len(path) > MOST_POINTS or length(path) > SHORTER * most:
            return None
        path = self._pulled(path)
        if length(path) > most or self._edge.crosses(path[:-1], path[1:]).any():
            return None
        return path[1:-1]

    def _along(self, contour: int, edges: IntArray, points: FloatArray) -> Line:
        """From one point on a contour to another, the shorter way round."""
        line, ruler = self._lines[contour], self._rulers[contour]
        gaps = points - self._fence.start[edges]
        enter, leave = (ruler[edges - self._first[contour]] + np.hypot(gaps[:, 0], gaps[:, 1])).tolist()
        ahead = (leave - enter) % ruler[-1]
        forwards = ahead <= ruler[-1] - ahead
        low, way = (enter, ahead) if forwards else (leave, ruler[-1] - ahead)
        places = (ruler[:-1] - low) % ruler[-1]
        between = np.flatnonzero((places > 0) & (places < way))
        between = between[np.argsort(places[between], kind="stable")]
        corners = line[between] if forwards else line[between][::-1]
        return np.vstack([points[:1], corners, points[1:]])

    def _pulled(self, path: Line) -> Line:
        """From each point to the farthest that can be reached straight."""
        kept, at = [0], 0
        while at < len(path) - 1:
            later = path[at + 2 : at + 2 + AHEAD]
            fence = self._fence.beside(path[at : at + 2 + AHEAD])
            # A chord between two corners of a hole crosses nothing, and yet lies in the hole.
            free = fence.holds((path[at] + later) / 2)
            free &= ~fence.crosses(path[at][None], later)
            reached = np.flatnonzero(free)
            at = at + 2 + int(reached[-1]) if len(reached) else at + 1
            kept.append(at)
        return path[kept]
