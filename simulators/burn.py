"""From motion to scorched wood: the energy that a laser leaves on each spot.

A laser of ``watts`` burns a spot of ``spot`` mm. What it leaves on an area is its power times the time that the spot
was there: twice the speed, half the energy. A constant laser (M3) therefore burns deeper where the machine slows down,
at corners and at the ends of lines; one that follows the speed (M4) burns evenly. At rest it scorches.
A laser's electronics answer late: after ``lag`` seconds, when the head is further on its way.
Darkness rises with the energy per area: half of what can be had at ``dose`` J/mm2, three quarters at twice that.
Units: mm, s, W, J.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from simulators.beads import FOLLOWS, POWER, PROGRAMMED, Array, Json, Row, sample, whereabouts, worked
from simulators.motion import Block
from simulators.picture import Look, Region, burn

STEP = 0.1
"""Longest sample along a line, mm; of a spot that is smaller than two of them, half the spot."""


@dataclass(frozen=True, slots=True)
class Laser:
    measure: ClassVar[str] = "energy"
    settling: ClassVar[float] = 0.0
    watts: float = 5.0
    spot: float = 0.15
    dose: float = 0.4
    lag: float = 0.0

    def row(self, block: Block) -> Row:
        return worked(block)

    def leaves(self, made: Row) -> float:
        seconds = made[13] + made[14] + made[15]
        if made[FOLLOWS]:
            return self.watts * made[POWER] * made[8] / made[PROGRAMMED] if made[PROGRAMMED] > 0 else 0.0
        return self.watts * made[POWER] * seconds

    def mark(self, made: Row) -> Row:
        return (*made[1:7], made[POWER], made[FOLLOWS], made[PROGRAMMED])

    def facts(self, rows: Sequence[Row], now: float) -> Json:  # noqa: ARG002  (it leaves nothing behind)
        moving = [made for made in rows if made[8] > 0]
        still = [made for made in rows if not made[8]]
        return {
            "energy": round(sum(map(self.leaves, rows)), 4),
            "burnt": round(sum(made[8] for made in moving if made[POWER] > 0), 4),
            "at_rest": round(sum(made[14] for made in still if made[POWER] > 0), 4),
            "travel": round(sum(made[8] for made in moving if made[POWER] <= 0), 4),
        }

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        return {**self.facts(rows, now), "paths": self._paths(rows)}

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image:  # noqa: ARG002
        places, energy = self.spots(rows)
        return burn(places, energy, self.spot, self.dose, look, region, density)

    def spots(self, rows: Sequence[Row]) -> tuple[Array, Array]:
        """Places and what is left there."""
        lit = [made for made in rows if made[POWER] > 0 and self.leaves(made) > 0]
        if not lit:
            return np.zeros((0, 2)), np.zeros(0)
        moves = np.asarray(lit, dtype=np.float64)
        cut = sample(moves, np.maximum(1, np.ceil(moves[:, 8] / min(STEP, self.spot / 2))).astype(np.int64))
        of = moves[cut.index]
        dynamic = of[:, 8] * cut.share / np.maximum(of[:, PROGRAMMED], 1e-9)
        seconds = np.where(of[:, FOLLOWS] > 0, dynamic, cut.ended - cut.begun)
        still = of[:, 8] <= 0
        seconds = np.where(still, of[:, 14], seconds)
        places = ((cut.start + cut.end) / 2)[:, :2]
        if self.lag > 0:
            places = whereabouts(rows, (cut.begun + cut.ended) / 2 + self.lag)
        return places, self.watts * of[:, POWER] * seconds

    def _paths(self, rows: Sequence[Row]) -> list[Json]:
        """Lines that were burnt, joined where they touch at one power: points, power, and energy in J."""
        paths: list[Json] = []
        for made in rows:
            if made[POWER] <= 0:
                continue
            start, end = [round(value, 4) for value in made[1:4]], [round(value, 4) for value in made[4:7]]
            power = round(made[POWER], 4)
            last = paths[-1] if paths else None
            if last is not None and last["points"][-1] == start and last["power"] == power:
                last["points"].append(end)
                last["energy"] = round(last["energy"] + self.leaves(made), 6)
            else:
                paths.append({"points": [start, end], "power": power, "energy": round(self.leaves(made), 6)})
        return paths
