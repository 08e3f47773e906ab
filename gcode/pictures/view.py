"""Which tube is seen at each pixel: parallel rays that come from above, so that they meet higher layers first.

Layers are drawn from the highest down, and a pixel keeps what it has: no later layer can stand in front of it. Most of
a body is inside, and is left out as soon as a few points of a tube are found hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.pictures.tubes import Tubes
from gcode.units import BoolArray, FloatArray, IntArray

AROUND: Final = 1.75
"""Radians from its top to which a tube is drawn on each side: all that is seen from above."""
ANGLES: Final = 256
LEAST_AROUND: Final = 7
"""Points around a tube, however small it is: one of them looks up, two look aside."""
FLATNESS: Final = 0.4
"""Of a tube's section: 1 for an ellipse, towards 0 for a box with round corners."""
AT_ONCE: Final = 1_000_000
"""Points of tubes: some 100 MB."""
SHARP: Final = 0.9
"""Cosine of a turn from which a tube gets a round end before the next one."""
DENSE: Final = 0.8
"""Pixels between two points of a tube: no ray slips through."""


def _outline() -> tuple[FloatArray, FloatArray]:
    """Sine and cosine of angles around a tube, whose places on its outline are about as far from each other."""
    angle = np.linspace(0.0, AROUND, 20_000)
    sine, cosine = np.sin(angle), np.cos(angle)
    way = np.hypot(np.diff(2 * _rounded(sine)), np.diff(_rounded(cosine)))
    far = np.concatenate([[0.0], np.cumsum(way)])
    half = np.interp(np.linspace(0.0, far[-1], ANGLES // 2), far, angle)
    whole = np.concatenate([-half[::-1], half])
    return np.sin(whole), np.cos(whole)


def _rounded(value: FloatArray, power: float = FLATNESS) -> FloatArray:
    rounded: FloatArray = np.sign(value) * np.abs(value) ** power
    return rounded


_SINE, _COSINE = _outline()
_ASIDE: Final = _rounded(_SINE).astype(np.float32)
"""A tube's outline by angle, as shares of its half width; and of its half height."""
_UP: Final = _rounded(_COSINE).astype(np.float32)
_FACING_ASIDE: Final = _rounded(_SINE, 2 - FLATNESS)
_FACING_UP: Final = _rounded(_COSINE, 2 - FLATNESS)


@dataclass(frozen=True, slots=True)
class Camera:
    """Parallel rays. ``turn``: degrees by which the body is turned to the left; ``rise``: of the camera above the bed,
    90 looks straight down. ``scale``: pixels a mm; ``x`` and ``y``: the picture's lower left corner, on its plane."""

    turn: float
    rise: float
    scale: float
    x: float
    y: float
    columns: int
    rows: int

    def turned(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points or directions of the plane as they lie in front of the camera: to the right, and away."""
        c, s = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return x * c - y * s, x * s + y * c

    def back(self, right: FloatArray, away: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The reverse of ``turned``."""
        c, s = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return right * c + away * s, away * c - right * s

    @property
    def sine(self) -> float:
        return math.sin(math.radians(self.rise))

    @property
    def cosine(self) -> float:
        return math.cos(math.radians(self.rise))

    def pixels(self, right: FloatArray, away: FloatArray, z: FloatArray) -> IntArray:
        """The number of each turned point's pixel, row 0 at the top; -1 outside of the picture."""
        column = np.floor((right - self.x) * self.scale).astype(np.int32)
        row = np.floor((away * self.sine + z * self.cosine - self.y) * self.scale).astype(np.int32)
        inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        at: IntArray = np.where(inside, (self.rows - 1 - row) * self.columns + column, -1)
        return at


def extent(tubes: Tubes, turn: float, rise: float) -> tuple[float, float]:
    """How wide and how high the tubes are on a camera's plane, mm; at least 1."""
    left, low, right, high = _edges(tubes, Camera(turn, rise, 1.0, 0.0, 0.0, 1, 1))
    return max(right - left, 1.0), max(high - low, 1.0)


def _edges(tubes: Tubes, camera: Camera) -> tuple[float, float, float, float]:
    """Left, low, right and high, on the camera's plane."""
    points = np.concatenate([tubes.start, tubes.end])
    right, away = camera.turned(points[:, 0], points[:, 1])
    tops, bottoms, up = np.tile(tubes.top, 2), np.tile(tubes.top - tubes.height, 2), away * camera.sine
    low, high = float((up + bottoms * camera.cosine).min()), float((up + tops * camera.cosine).max())
    return float(right.min()), low, float(right.max()), high


def framing(tubes: Tubes, turn: float, rise: float, columns: int, rows: int, margin: float) -> Camera:
    """A camera whose picture holds all of the tubes in its middle. ``margin``: share of the picture left at each
    side."""
    left, low, right, high = _edges(tubes, Camera(turn, rise, 1.0, 0.0, 0.0, columns, rows))
    free = 1 - 2 * margin
    scale = min(columns * free / max(right - left, 1.0), rows * free / max(high - low, 1.0))
    x, y = (left + right) / 2 - columns / scale / 2, (low + high) / 2 - rows / scale / 2
    return Camera(turn, rise, scale, x, y, columns, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What each pixel shows, row by row. ``which`` is -1 where it is the bed."""

    which: npt.NDArray[np.int32]
    """The tube."""
    z: FloatArray
    """Of what is seen; of the bed 0."""
    around: npt.NDArray[np.uint8]
    """Where on the tube: a number of an angle."""

    def normals(self, tubes: Tubes, pixels: IntArray) -> FloatArray:
        """Where the surface looks at these pixels, which show tubes: (3, n), in the body's own directions."""
        tube, angle = self.which[pixels], self.around[pixels]
        x, y = _ways(tubes)
        aside, up = _FACING_ASIDE[angle] / tubes.width[tube], _FACING_UP[angle] / tubes.height[tube]
        size = np.maximum(np.hypot(aside, up), 1e-9)
        aside /= size
        return np.stack([-y[tube] * aside, x[tube] * aside, up / size])


def look(tubes: Tubes, camera: Camera) -> Seen:
    """The picture's pixels, as flat columns."""
    return _Drawing(tubes, camera).run()


def _ways(tubes: Tubes) -> tuple[FloatArray, FloatArray]:
    """The direction of each tube."""
    way = (tubes.end - tubes.start).T
    x, y = way / np.maximum(np.hypot(*way), 1e-9)
    return x, y


def _capped(tubes: Tubes) -> BoolArray:
    """Which tubes end, or turn sharply, and so have round ends; others go on in the next."""
    x, y = _ways(tubes)
    joins = np.zeros(len(tubes), dtype=bool)
    joins[:-1] = (tubes.end[:-1] == tubes.start[1:]).all(axis=1) & (x[:-1] * x[1:] + y[:-1] * y[1:] > SHARP)
    before = np.concatenate([[False], joins[:-1]])
    ends: BoolArray = ~(joins & before)
    return ends


class _Drawing:
    """Knows which pixels are taken, and by what."""

    def __init__(self, tubes: Tubes, camera: Camera) -> None:
        count = camera.columns * camera.rows
        self._camera = camera
        self._which = np.full(count, -1, dtype=np.int32)
        self._z = np.full(count, -np.inf, dtype=np.float32)
        self._around = np.zeros(count, dtype=np.uint8)
        self._top, self._half, self._width = tubes.top, tubes.height / 2, tubes.width
        x, y = _ways(tubes)
        self._x, self._y = camera.turned(x, y)
        self._start = camera.turned(tubes.start[:, 0], tubes.start[:, 1])
        self._end = camera.turned(tubes.end[:, 0], tubes.end[:, 1])
        self._length = np.hypot(*(tubes.end - tubes.start).T)
        dense = camera.scale / DENSE
        self._along = np.clip(np.ceil(self._length * dense), 1, 20_000).astype(np.int64)
        self._across = np.clip(np.ceil((tubes.width + 2 * tubes.height) * dense), LEAST_AROUND, 64).astype(np.int64)
        # Round ends: so many points more, before the first and behind the last.
        self._cap = np.where(_capped(tubes), np.ceil(tubes.width / 2 * dense), 0).astype(np.int64)

    def run(self) -> Seen:
        levels = np.round(self._top, 2)
        for layer in np.split(np.arange(len(levels)), np.flatnonzero(np.diff(levels)) + 1)[::-1]:
            for some in self._portions(layer[self._in_sight(layer)]):
                self._draw(some)
        self._close()
        return Seen(self._which, np.where(self._which >= 0, self._z, 0.0), self._around)

    def _in_sight(self, layer: IntArray) -> BoolArray:
        """Tubes of which one of nine points, on top and at both sides, is not hidden yet."""
        found = np.zeros(len(layer), dtype=bool)
        half, low = self._width[layer] / 2, self._top[layer] - self._half[layer]
        aside = ((0.0, self._top[layer]), (-half, low), (half, low))
        for share in (0.0, 0.5, 1.0):
            right, away = (
                a[layer] * (1 - share) + b[layer] * share for a, b in zip(self._start, self._end, strict=True)
            )
            for off, z in aside:
                at = self._camera.pixels(right - self._y[layer] * off, away + self._x[layer] * off, z)
                found |= (at >= 0) & (self._which[at] < 0)
        return found

    def _portions(self, chosen: IntArray) -> Iterator[IntArray]:
        """Tubes whose points are few enough to be worked on at once."""
        points = (self._along[chosen] + 1 + 2 * self._cap[chosen]) * self._across[chosen]
        parts = np.cumsum(points) // AT_ONCE
        yield from (part for part in np.split(chosen, np.flatnonzero(np.diff(parts)) + 1) if len(part))

    def _draw(self, chosen: IntArray) -> None:
        """The points of tubes of one layer, where nothing is in front of them; of two at one pixel, the higher one."""
        lines, tip, place = self._lines(chosen)
        across = self._across[lines]
        of = np.repeat(np.arange(len(lines)), across)
        lane = np.arange(len(of)) - np.repeat(np.cumsum(across) - across, across)
        angle = lane * (ANGLES - 1) // np.repeat(across - 1, across)
        thin = np.sqrt(np.maximum(1 - tip * tip, 0.0))
        side = _ASIDE[angle] * (self._width[lines] / 2 * thin)[of]
        half = self._half[lines]
        level = (self._top[lines] - half)[of] + _UP[angle] * (half * thin)[of]
        x, y = self._x[lines], self._y[lines]
        right = (self._start[0][lines] + x * place)[of] - y[of] * side
        away = (self._start[1][lines] + y * place)[of] + x[of] * side
        pixel = self._camera.pixels(right, away, level)
        free = np.flatnonzero((pixel >= 0) & (self._which[pixel] < 0))
        pixel, level = pixel[free], level[free].astype(np.float32)
        np.maximum.at(self._z, pixel, level)
        wins = level == self._z[pixel]
        pixel, winners = pixel[wins], free[wins]
        self._which[pixel], self._around[pixel] = lines[of[winners]], angle[winners]

    def _close(self) -> None:
        """Gaps of one or two pixels between tubes show the tube beside them: beads melt together, and what is seen
        through there is as fine as the drawing itself."""
        rows, columns = self._camera.rows, self._camera.columns
        for turn in range(4):
            free = np.pad((self._which < 0).reshape(rows, columns), ((1, 2), (1, 2)), constant_values=True)
            here = free[1:-2, 1:-2]
            if turn % 2:
                between = here & ~free[:-3, 1:-2] & ~(free[2:-1, 1:-2] & free[3:, 1:-2])
            else:
                between = here & ~free[1:-2, :-3] & ~(free[1:-2, 2:-1] & free[1:-2, 3:])
            at = np.flatnonzero(between)
            for plane in (self._which, self._z, self._around):
                plane[at] = plane[at - (columns if turn % 2 else 1)]

    def _lines(self, chosen: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Places along tubes: the tube of each, how far out in a round end it is (0 to 1), and mm from the start."""
        steps = self._along[chosen] + 1 + 2 * self._cap[chosen]
        tube = np.repeat(chosen, steps)
        at = np.arange(len(tube)) - np.repeat(np.cumsum(steps) - steps, steps) - self._cap[tube]
        along = self._along[tube]
        out = np.maximum(np.maximum(-at, at - along), 0)
        tip = out / np.maximum(self._cap[tube], 1)
        place = np.clip(at / along, 0.0, 1.0) * self._length[tube] + np.sign(at) * tip * self._width[tube] / 2
        return tube, tip, place
