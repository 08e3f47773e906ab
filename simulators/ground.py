"""The top of a real piece: not flat, and what a nozzle does that comes too near to it or stays too far above.

The bumps are a sum of a few soft hills and hollows from a seed, as wide as those of baked dough, stretched so that the
highest and the deepest place on the piece are exactly as far from its nominal surface as was said.

Between a nozzle and the surface there is a *gap*. A bead of cross-section A would be round with a diameter of
2 sqrt(A / pi) if nothing pressed it. Where the gap is far below that, the nozzle ploughs through what it lays, and
where there is none, through the piece: it *scrapes*. Where the gap is larger than the round bead is thick, nothing
presses it on: it *falls*, stays round, and lies where it happens to fall. Units: mm, mm3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulators.beads import Array, Json
from simulators.picture import Plate

HILLS = 7
WIDTHS = (24.0, 40.0)
"""mm of a hill from its middle to where it is steepest."""
TRIES = 60
"""Places along each side at which the highest and the deepest are looked for."""
NEAR, FAR = 0.3, 1.5
"""Gaps at which a bead begins to be scraped and to fall, in diameters of the round bead."""
PRESSED = 0.3
"""mm: what is laid under a nozzle that scrapes is squeezed out of a gap of this height."""
WANDER, WAVE, WIDEST = 0.7, 7.0, 3.0
"""How far a falling bead strays to either side for each mm of gap too much, how long a turn is, and the most of it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies under the tool. ``surface``: nominal Z of the piece's top; ``plate``: where the piece is, none: all
    over; ``most``: how far its top rises and sinks."""

    surface: float
    plate: Plate | None = None
    most: float = 0.0
    seed: int = 0
    _hills: Array = field(init=False, repr=False, compare=False)
    """x, y, width and height of each, the last already stretched."""
    _middle: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        x, y, width, height = self._box()
        dice = np.random.Generator(np.random.PCG64(self.seed))
        places = dice.uniform(0.0, 1.0, (HILLS, 2)) * [width, height] + [x, y]
        wide, high = dice.uniform(*WIDTHS, HILLS), dice.choice([-1.0, 1.0], HILLS) * dice.uniform(0.4, 1.0, HILLS)
        object.__setattr__(self, "_hills", np.column_stack([places, wide, high]))
        object.__setattr__(self, "_middle", 0.0)
        across, along = np.meshgrid(np.linspace(x, x + width, TRIES), np.linspace(y, y + height, TRIES))
        raw = self._raw(across.ravel(), along.ravel())
        low, top = float(raw.min()), float(raw.max())
        stretch = 2 * self.most / (top - low)
        object.__setattr__(self, "_hills", np.column_stack([places, wide, high * stretch]))
        object.__setattr__(self, "_middle", (low + top) / 2 * stretch)

    def _box(self) -> tuple[float, float, float, float]:
        plate = self.plate
        return (plate.x, plate.y, plate.width, plate.height) if plate else (0.0, 0.0, 200.0, 200.0)

    def _raw(self, x: Array, y: Array) -> Array:
        px, py, wide, high = self._hills.T
        away = (x[:, None] - px) ** 2 + (y[:, None] - py) ** 2
        raw: Array = (high * np.exp(-away / (2 * wide**2))).sum(axis=1)
        return raw - self._middle

    def on(self, x: Array, y: Array) -> NDArray[np.bool_]:
        """Which places are on the piece."""
        x0, y0, width, height = self._box()
        if self.plate is None:
            return np.ones(len(x), dtype=bool)
        inside: NDArray[np.bool_] = (x >= x0) & (x <= x0 + width) & (y >= y0) & (y <= y0 + height)
        return inside

    def bumps(self, x: Array, y: Array) -> Array:
        """mm over the nominal surface; 0 beside the piece, where a jig is as high as it."""
        return np.where(self.on(x, y), self._raw(x, y), 0.0)

    def top(self, x: float, y: float) -> float:
        """Z of what a probe meets: the piece, or the bed beside it."""
        at_x, at_y = np.array([x]), np.array([y])
        return self.surface + float(self._raw(at_x, at_y)[0]) if self.on(at_x, at_y)[0] else 0.0


@dataclass(frozen=True, slots=True)
class Laid:
    """Beads over the ground: the gap under the nozzle, and which of them it spoilt. One value a sample."""

    gap: Array
    on: NDArray[np.bool_]
    """On the piece, and not at rest."""
    scraped: NDArray[np.bool_]
    fallen: NDArray[np.bool_]
    round: float
    """Diameter of the bead if nothing pressed it."""

    def facts(self, length: Array) -> Json:
        """mm of beads on the piece, how much of it is spoilt, and the gaps: least, mean, most."""
        gaps = self.gap[self.on]
        return {
            "laid": round(float(length[self.on].sum()), 2),
            "scraped": round(float(length[self.scraped].sum()), 2),
            "fallen": round(float(length[self.fallen].sum()), 2),
            "gap": [round(float(value), 4) for value in (gaps.min(), gaps.mean(), gaps.max())] if len(gaps) else [],
        }


def laid(ground: Ground, start: Array, end: Array, volume: Array) -> Laid:
    """How samples of beads lie. What is laid above another layer is not judged apart: this knows one layer."""
    middle = (start + end) / 2
    gap = middle[:, 2] - ground.surface - ground.bumps(middle[:, 0], middle[:, 1])
    length = np.linalg.norm(end - start, axis=1)
    moving = np.linalg.norm((end - start)[:, :2], axis=1) > 1e-6
    on = ground.on(middle[:, 0], middle[:, 1]) & moving
    thick = 2 * math.sqrt(_typical(volume[on] / length[on], volume[on]) / math.pi) if on.any() else 0.0
    return Laid(gap, on, on & (gap < NEAR * thick), on & (gap > FAR * thick), thick)


def _typical(areas: Array, weights: Array) -> float:
    """The cross-section that half of the material is laid below: bead's ends thin out, and are none of the bead."""
    order = np.argsort(areas)
    return float(areas[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def strayed(lies: Laid, start: Array, end: Array) -> tuple[Array, Array]:
    """Where the samples come to lie: those that fall stray from their line to either side."""
    steps = (end - start)[:, :2]
    length = np.linalg.norm(steps, axis=1)
    aside = np.column_stack([-steps[:, 1], steps[:, 0]]) / np.maximum(length, 1e-9)[:, None]
    swing = np.where(lies.fallen, np.minimum(WANDER * (lies.gap - FAR * lies.round), WIDEST), 0.0)
    way = np.cumsum(length)
    moved_start, moved_end = start.copy(), end.copy()
    for places, at in ((moved_start, way - length), (moved_end, way)):
        places[:, :2] += aside * (swing * np.sin(2 * math.pi * at / WAVE))[:, None]
    return moved_start, moved_end
