"""Pictures of what a program prints, from its bytes alone: from above in scale, and from its front corner.

The same bytes and colours give the same PNG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from gcode.blur import blurred
from gcode.pictures.light import Light
from gcode.pictures.tubes import Tubes
from gcode.pictures.view import Camera, Seen, extent, framing, look
from gcode.proof import MAX_PIXELS, Colour, Pixels, ProofError
from gcode.units import FloatArray, IntArray

OVERSAMPLE: Final = 2
AT_ONCE: Final = 250_000
"""Pixels that light falls on at once: some 200 MB."""
TABLE: Final[Colour] = (245, 245, 242)
TURN: Final = -28.0
"""Degrees by which a body is turned to show its front corner."""
RISE: Final = 38.0
ABOVE: Final = (-0.45, 0.55, 0.85)
"""Where the light comes from, as the camera sees it (right, away, up): on a picture from above from its upper left, or
what is raised would look sunk."""
BESIDE: Final = (-0.6, -0.35, 0.85)
SKY: Final = 0.5
"""Light from everywhere, as a share."""
LAMP: Final = 0.75
GLOSS: Final = 0.1
DEEP: Final = 0.32
"""How much darker the lowest place that is seen is than the highest, on a picture from above: words of the body's own
colour are read by it. Half as much from the front, where their sides are seen."""
DARK: Final = 50
"""Of 255: a colour whose brightest part is darker is drawn as bright as this, or it would have no shape."""
BRIGHT: Final = 240
"""Of 255: brighter ones are drawn so, and have room for their lights."""
FLATTEST: Final = 0.4
"""The least height of a view, as a share of its width; and the most."""
TALLEST: Final = 1.0


def from_above(
    tubes: Tubes, box: tuple[float, float, float, float], px_per_mm: float, colours: Sequence[Colour]
) -> Pixels:
    """What lies in a box (x0, y0, x1, y1, mm) as RGB, row 0 at the top. Raises ProofError where that is too large."""
    columns, rows = round((box[2] - box[0]) * px_per_mm), round((box[3] - box[1]) * px_per_mm)
    return _drawn(tubes, Camera(0.0, 90.0, px_per_mm, box[0], box[1], columns, rows), ABOVE, colours, deep=DEEP)


def from_the_front(tubes: Tubes, columns: int, colours: Sequence[Colour]) -> Pixels:
    """The whole body on its bed, seen from its front corner, as RGB; as high as the body asks. Raises ProofError."""
    if not len(tubes):
        raise ProofError("nothing is laid: there is nothing to draw")
    wide, high = extent(tubes, TURN, RISE)
    rows = round(columns * min(max(high / wide, FLATTEST), TALLEST))
    return _drawn(tubes, _corner(tubes, columns, rows, 0.06), BESIDE, colours, deep=DEEP / 2)


def alone(tubes: Tubes, columns: int, rows: int, colours: Sequence[Colour]) -> Pixels:
    """The same as RGBA, with nothing around the body: for screens of any colour."""
    return _drawn(tubes, _corner(tubes, columns, rows, 0.03), BESIDE, colours, alone=True, deep=DEEP / 2)


def _corner(tubes: Tubes, columns: int, rows: int, margin: float) -> Camera:
    if not len(tubes):
        raise ProofError("nothing is laid: there is nothing to draw")
    return framing(tubes, TURN, RISE, columns, rows, margin)


def _drawn(
    tubes: Tubes,
    camera: Camera,
    lamp: tuple[float, float, float],
    colours: Sequence[Colour],
    *,
    alone: bool = False,
    deep: float = 0.0,
) -> Pixels:
    """Edges are drawn OVERSAMPLE times as fine as asked; light, which has no edges, once a pixel."""
    columns, rows, fine = camera.columns, camera.rows, OVERSAMPLE
    if not 0 < columns * rows * fine**2 <= MAX_PIXELS:
        raise ProofError(f"a picture of {columns} x {rows} pixels is too large, or has none")
    if not len(tubes):
        raise ProofError("nothing is laid: there is nothing to draw")
    camera = replace(camera, scale=camera.scale * fine, columns=columns * fine, rows=rows * fine)
    seen, light = look(tubes, camera), Light(tubes, camera, lamp, float(tubes.box()[0][2]))
    palette = np.array([_shown(colour) for colour in colours])
    own = palette[np.minimum(tubes.colour, len(palette) - 1)]
    tint = _ByHeight.of(seen, deep)
    step = max(1, AT_ONCE // columns)
    bands = [
        _band(seen, light, camera, own, tint, range(begin, min(begin + step, rows))) for begin in range(0, rows, step)
    ]
    body, share, bed = (np.concatenate(parts) for parts in zip(*bands, strict=True))
    if alone:
        whole = np.column_stack([body / np.maximum(share, 1e-9)[:, None], share * 255])
    else:
        ground = blurred(bed.reshape(rows, columns), 1.2).ravel() * (1 - share)
        whole = body + ground[:, None] * np.array(TABLE)
    pixels: Pixels = np.rint(whole).astype(np.uint8).reshape(rows, columns, -1)
    return pixels


def _band(
    seen: Seen, light: Light, camera: Camera, own: FloatArray, tint: _ByHeight, rows: range
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of some rows: what tubes give to each pixel (n, 3), which share of it they take, and how bright the bed is."""
    fine, columns = OVERSAMPLE, camera.columns // OVERSAMPLE
    first, size = rows.start * fine * camera.columns, len(rows) * columns
    direct, sky = light.around(seen, _highest(seen, rows, columns))
    hit = np.flatnonzero(seen.which[first : rows.stop * fine * camera.columns] >= 0)
    whole = hit // camera.columns // fine * columns + hit % camera.columns // fine
    hit += first
    facing, mirrored = light.facing(seen, hit)
    bright = (SKY + LAMP * facing * direct[whole]) * sky[whole] * tint(seen.z[hit])
    gloss = GLOSS * mirrored * direct[whole] * sky[whole]
    colour = own[seen.which[hit]].T
    body = [
        np.bincount(whole, np.minimum(one * bright + (255 - one) * gloss, 255), minlength=size) / fine**2
        for one in colour
    ]
    share = np.bincount(whole, minlength=size) / fine**2
    return np.stack(body, axis=1), share, (SKY + (1 - SKY) * direct) * sky


@dataclass(frozen=True, slots=True)
class _ByHeight:
    """How much darker or brighter a place is for its height, where places differ by a layer or more."""

    low: float
    high: float
    deep: float

    @classmethod
    def of(cls, seen: Seen, deep: float) -> Self:
        z = seen.z[seen.which >= 0]
        some = z[:: max(1, len(z) // 100_000)]
        low, high = (float(one) for one in np.quantile(some, (0.02, 0.998))) if len(z) else (0.0, 0.0)
        return cls(low, high, deep if high - low > 0.05 else 0.0)

    def __call__(self, z: FloatArray) -> FloatArray:
        shares: FloatArray = np.clip((z - self.low) / max(self.high - self.low, 0.3), 0.0, 1.0)
        return 1 + self.deep * (shares - 0.6)


def _highest(seen: Seen, rows: range, columns: int) -> IntArray:
    """Of each pixel's finer ones the one that shows the highest place: no gap between beads."""
    fine, wide = OVERSAMPLE, columns * OVERSAMPLE
    part = slice(rows.start * fine * wide, rows.stop * fine * wide)
    z = np.where(seen.which[part] >= 0, seen.z[part], -np.inf).reshape(len(rows), fine, columns, fine)
    best = z.transpose(0, 2, 1, 3).reshape(len(rows) * columns, fine**2).argmax(axis=1)
    row, column = np.divmod(np.arange(len(rows) * columns), columns)
    down, right = np.divmod(best, fine)
    pixels: IntArray = ((row + rows.start) * fine + down) * wide + column * fine + right
    return pixels


def _shown(colour: Colour) -> FloatArray:
    """A colour that light and shade can be seen on: itself, but where it is nearly black or white."""
    own = np.array(colour, dtype=np.float64)
    brightest = float(own.max())
    if brightest > BRIGHT:
        return own * BRIGHT / brightest
    shown: FloatArray = own + max(0.0, DARK - brightest)
    return shown
