"""From motion to engraved grooves: how deep a turning bit goes below the surface of the piece, and how wide.

A V-bit of ``angle`` degrees is twice its depth times the tangent of half the angle wide; with 0 degrees it is an end
mill of ``diameter``. A bit that does not turn cuts nothing, and is counted by the firmware. Units: mm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from simulators.beads import NONE, POWER, Array, Beads, Json, Row, sample, worked
from simulators.motion import Block
from simulators.picture import Look, Region, groove

STEP = 0.1
"""Longest sample along a cut, mm."""
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Mill:
    measure: ClassVar[str] = "removed"
    settling: ClassVar[float] = 0.0
    angle: float = 60.0
    diameter: float = 3.175
    surface: float = 0.0
    """Z of the surface of the piece."""
    deepest: float = 3.0
    """Where the picture is darkest."""

    def row(self, block: Block) -> Row:
        return worked(block)

    def leaves(self, made: Row) -> float:
        """mm3 below the surface, as if nothing had been there before."""
        if made[POWER] <= 0 or not made[8]:
            return 0.0
        near, far = self.surface - made[3], self.surface - made[6]
        if max(near, far) <= LEAST:
            return 0.0
        length = math.hypot(made[4] - made[1], made[5] - made[2])
        pieces = max(1, math.ceil(length / STEP))
        depths = [max(0.0, near + (index + 0.5) / pieces * (far - near)) for index in range(pieces)]
        plunge = max(0.0, far) * self._width(max(0.0, far)) * STEP if length < LEAST else 0.0
        return sum(depth * self._area(depth) for depth in depths) * length / pieces + plunge

    def _width(self, depth: float) -> float:
        return min(self.diameter, 2 * depth * math.tan(math.radians(self.angle) / 2)) if self.angle else self.diameter

    def _area(self, depth: float) -> float:
        """Cross-section over depth."""
        return self._width(depth) * (0.5 if self.angle else 1.0)

    def mark(self, made: Row) -> Row:
        return made[1:7]

    def facts(self, rows: Sequence[Row], now: float) -> Json:  # noqa: ARG002
        cuts = self._cuts(rows)
        return {
            "removed": round(sum(map(self.leaves, rows)), 4),
            "cut": round(float(np.linalg.norm((cuts.end - cuts.start)[:, :2], axis=1).sum()), 4),
            "depth": round(float(cuts.volume.max()), 4) if len(cuts) else 0.0,
        }

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        deep = [made for made in rows if self.leaves(made) > 0]
        points = [
            {"points": [[round(value, 4) for value in made[1:4]], [round(value, 4) for value in made[4:7]]]}
            for made in deep
        ]
        return {**self.facts(rows, now), "paths": points}

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image:  # noqa: ARG002
        return groove(self._cuts(rows), self.deepest, look, region, density)

    def _cuts(self, rows: Sequence[Row]) -> Beads:
        """Samples below the surface; ``volume`` is their depth."""
        turning = [made for made in rows if made[POWER] > 0 and made[8] and min(made[3], made[6]) < self.surface]
        if not turning:
            return NONE
        moves = np.asarray(turning, dtype=np.float64)
        cut = sample(moves, np.maximum(1, np.ceil(moves[:, 8] / STEP)).astype(np.int64))
        depth: Array = self.surface - (cut.start[:, 2] + cut.end[:, 2]) / 2
        below = depth > LEAST
        width = np.full(len(depth), self.diameter)
        if self.angle:
            width = np.minimum(width, 2 * depth * math.tan(math.radians(self.angle) / 2))
        fields = (cut.start, cut.end, depth, cut.begun, cut.ended, width)
        start, end, depth, begun, ended, width = (values[below] for values in fields)
        return Beads(start, end, depth, begun, ended, width)
