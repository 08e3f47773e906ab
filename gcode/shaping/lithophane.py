"""A photo to be seen with light behind it: dark places are thick. mm.

Flat ones lie on the bed, picture up. Curved ones stand on it around an upright axis, picture outside: printed as they
are used, and their layers follow the picture's rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gcode.design import Tone
from gcode.shaping.dress import BODY, Bodies
from gcode.shaping.sheet import between, grid, level
from gcode.units import FloatArray

LEAN: Final = math.tan(math.radians(40.0))
"""mm that a standing picture may get thicker for each mm upwards: what leans out further droops."""

LYING: Final = 1.5
"""Beads a cell of a picture that lies is wide: an island in a layer that is smaller is a speck."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A sheet bent around an upright axis, in front of which one stands (looking along y). Its smooth side goes round
    ``degrees`` of a circle; nothing of it lies below 0 in x or y."""

    width: float
    """Of the sheet, unrolled."""
    degrees: float
    thickest: float

    @property
    def turn(self) -> float:
        """Radians."""
        return math.radians(self.degrees)

    @property
    def radius(self) -> float:
        return self.width / self.turn

    @property
    def axis(self) -> tuple[float, float]:
        reach = self.radius + self.thickest
        return reach * math.sin(min(self.turn, math.pi) / 2), reach

    def bent(self, x: FloatArray, z: FloatArray, thick: FloatArray) -> FloatArray:
        """(rows, columns, 3) points so far from the smooth side, over places of the unrolled sheet."""
        angle, (across, along) = x / self.radius - self.turn / 2, self.axis
        out = self.radius + thick
        height = np.broadcast_to(z[:, None], out.shape)
        found: FloatArray = np.stack([across + out * np.sin(angle), along - out * np.cos(angle), height], 2)
        return found

    def unrolled(self, points: FloatArray) -> FloatArray:
        """Where points (n, 3) lie on the unrolled sheet, (n, 2)."""
        across, along = self.axis
        angle = np.arctan2(points[:, 0] - across, along - points[:, 1])
        found: FloatArray = np.column_stack([(angle + self.turn / 2) * self.radius, points[:, 2]])
        return found


def lithophane(tone: Tone, bead: float, thinnest: float, thickest: float, frame: float, curve: float) -> Bodies:
    """The photo as thicknesses, in a frame this wide (0: none) of the greatest. ``curve``: degrees of a turn that it
    goes round; 0: flat. The frame's lower left corner lies at the origin, of a curved one unrolled."""
    found = grid(tone, bead if curve else LYING * bead)
    # Beyond its mask a photo is frame.
    dark = np.where(found.held, found.values, 1.0)
    found = replace(found, values=thinnest + (thickest - thinnest) * dark)
    framed = found.bordered(frame, thickest) if frame else found
    if not curve:
        return {BODY: level(framed, framed.values, 0.0)}
    x, z = framed.x - framed.x[0], framed.y - framed.y[0]
    around = Curve(float(x[-1]), curve, thickest)
    thick = leaning(framed.values, z)
    return {BODY: between(around.bent(x, z, thick), around.bent(x, z, np.zeros(thick.shape)))}


def leaning(thick: FloatArray, z: FloatArray) -> FloatArray:
    """Thicknesses of rows at these heights, less where they would lean out too far over the row below."""
    slack = (LEAN * (z - z[0]))[:, None]
    found: FloatArray = np.minimum.accumulate(thick - slack, axis=0) + slack
    return found
