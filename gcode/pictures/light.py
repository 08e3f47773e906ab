"""What is seen, in light: a lamp, its shadow, and less light in corners and beside walls.

Shadows and corners are read from a map of heights, the view from straight above: whatever camera looks at the body,
the light falls on it in the same way.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gcode.blur import blurred
from gcode.pictures.tubes import Tubes
from gcode.pictures.view import Camera, Seen, look
from gcode.units import FloatArray, IntArray

MAP: Final = 420
"""Cells along the longer side of the map."""
SHADE: Final = 0.5
"""How much of the lamp a shadow leaves."""
REACHES: Final = ((0.8, 0.55), (3.0, 0.45))
"""mm around a place that take light from it where they are higher, and how much of it."""
AMBIENT: Final = 0.7
"""What corners may lose of their light at most."""
HALF: Final = 0.55
"""What a wall hides of the sky at most, however high it is: the other half stays."""
SHADOW: Final = 0.9
"""How long a shadow is at most, as a share of what throws it."""
SOFT: Final = 0.4
"""mm by which a shadow's edge is soft."""
ASIDE: Final = 2.5
"""Cells off a wall."""
OFF: Final = 0.12
"""mm off the surface, from where a place looks around: it does not shade itself."""


class Light:
    """The light on one body that stands on a bed at height ``bed``, for one camera. ``lamp``: where the light comes
    from, as the camera sees it: right, away, up."""

    def __init__(self, tubes: Tubes, camera: Camera, lamp: tuple[float, float, float], bed: float) -> None:
        self._tubes, self._camera, self._bed = tubes, camera, bed
        x, y = camera.back(np.array(lamp[0]), np.array(lamp[1]))
        way = np.array([float(x), float(y), lamp[2]])
        self._lamp = way / np.linalg.norm(way)
        self._heights = _Heights(tubes, bed, self._lamp)
        x, y = camera.back(np.array(0.0), np.array(-camera.cosine))
        half = self._lamp + np.array([float(x), float(y), camera.sine])
        self._half = half / np.linalg.norm(half)

    def facing(self, seen: Seen, pixels: IntArray) -> tuple[FloatArray, FloatArray]:
        """How much these pixels, which show tubes, look at the lamp, 0 to 1, and how much they mirror it."""
        normal = seen.normals(self._tubes, pixels)
        lamp, half = ((way[:, None] * normal).sum(axis=0) for way in (self._lamp, self._half))
        mirrored = np.maximum(half, 0.0)
        for _ in range(4):
            mirrored *= mirrored
        return np.maximum(lamp, 0.0), mirrored

    def around(self, seen: Seen, pixels: IntArray) -> tuple[FloatArray, FloatArray]:
        """What these pixels get of the lamp, 0 to 1, and of the light from everywhere."""
        camera = self._camera
        hit = seen.which[pixels] >= 0
        right = np.asarray(camera.x + (pixels % camera.columns + 0.5) / camera.scale, dtype=np.float64)
        up = np.asarray(camera.y + (camera.rows - pixels // camera.columns - 0.5) / camera.scale, dtype=np.float64)
        z: FloatArray = np.where(hit, seen.z[pixels], self._bed)
        away: FloatArray = (up - z * camera.cosine) / camera.sine
        x, y = camera.back(right, away)
        normal = seen.normals(self._tubes, pixels[hit])
        x[hit] += normal[0] * ASIDE * self._heights.cell
        y[hit] += normal[1] * ASIDE * self._heights.cell
        z += OFF
        dark = self._heights.shadow(x, y, z)
        return 1 - (1 - SHADE) * dark, 1 - AMBIENT * (1 - self._heights.open_(x, y, z))


class _Heights:
    """Heights over the bed on square cells, seen from above, with room around."""

    def __init__(self, tubes: Tubes, bed: float, lamp: FloatArray) -> None:
        low, high = tubes.box()
        room = 2.0 + SHADOW * float(high[2] - bed)
        wide, deep = high[:2] - low[:2] + 2 * room
        self.cell = float(max(wide, deep) / MAP)
        self._columns, self._rows = math.ceil(wide / self.cell), math.ceil(deep / self.cell)
        self._x, self._y = float(low[0] - room), float(low[1] - room)
        above = Camera(0.0, 90.0, 1 / self.cell, self._x, self._y, self._columns, self._rows)
        heights = np.maximum(look(tubes, above).z, bed).reshape(self._rows, self._columns)
        self._means = [blurred(heights, max(reach / self.cell / 2, 0.5)).ravel() for reach, _ in REACHES]
        self._dark = _shadow(heights, self.cell, lamp).ravel()

    def _cells(self, x: FloatArray, y: FloatArray) -> IntArray:
        column = np.clip((x - self._x) / self.cell, 0, self._columns - 1).astype(np.int32)
        row = np.clip((y - self._y) / self.cell, 0, self._rows - 1).astype(np.int32)
        cells: IntArray = (self._rows - 1 - row) * self._columns + column
        return cells

    def open_(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        """How much of the sky a place sees: 1 on a plain, less beside what is higher."""
        cells, found = self._cells(x, y), np.ones(len(z))
        for (reach, weight), mean in zip(REACHES, self._means, strict=True):
            higher = np.maximum(mean[cells] - z, 0.0)
            found -= weight * np.minimum(higher / (higher + reach / 2), HALF)
        return found

    def shadow(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        """How much of the lamp is hidden, 0 to 1, softly at the shadow's edge."""
        inside = (x > self._x) & (x < self._x + self._columns * self.cell)
        inside &= (y > self._y) & (y < self._y + self._rows * self.cell)
        dark = np.clip((self._dark[self._cells(x, y)] - z) / SOFT, 0.0, 1.0)
        return np.where(inside, dark, 0.0)


def _shadow(heights: FloatArray, cell: float, lamp: FloatArray) -> FloatArray:
    """How high the shadow reaches over each cell: of what is one step away, then two, then four..."""
    flat = float(np.hypot(lamp[0], lamp[1]))
    right, down, climb = float(lamp[0]) / flat, -float(lamp[1]) / flat, float(lamp[2]) / flat
    dark, step, tall = heights, 1.0, float(heights.max() - heights.min())
    while step * cell * climb < tall:
        dark = np.maximum(dark, _moved(dark, right * step, down * step) - step * cell * climb)
        step *= 2
    return dark


def _moved(picture: FloatArray, right: float, down: float) -> FloatArray:
    """At each cell the value so many cells away, between cells in proportion; at the edges that of the edge."""
    rows, columns = picture.shape
    moved = picture
    for axis, size, far in ((1, columns, right), (0, rows, down)):
        at = np.clip(np.arange(size) + far, 0, size - 1)
        low = np.minimum(at.astype(np.int64), size - 2)
        share = at - low
        if axis == 0:
            share = share[:, None]
        moved = np.take(moved, low, axis) * (1 - share) + np.take(moved, low + 1, axis) * share
    return moved
