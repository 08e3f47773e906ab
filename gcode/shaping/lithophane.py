"""A photo to be seen with light behind it: dark places are thick. mm.

Flat ones lie on the bed, picture up. Curved ones stand on it around an upright axis, picture outside: printed as they
are used, and their layers follow the picture's rows.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from manifold3d import Manifold

from gcode.design import Tone
from gcode.shaping.dress import BODY, Bodies
from gcode.shaping.sheet import Grid, between, grid, level
from gcode.units import FloatArray

LEAN: Final = math.tan(math.radians(40.0))
"""mm that a standing picture may get thicker for each mm upwards: what leans out further droops."""

LYING: Final = 1.5
"""Beads a cell of a picture that lies is wide: an island in a layer that is smaller is a speck."""


def lithophane(tone: Tone, bead: float, thinnest: float, thickest: float, frame: float, curve: float) -> Bodies:
    """The photo as thicknesses, in a frame this wide (0: none) of the greatest. ``curve``: degrees of a turn that it
    goes round; 0: flat. The frame's lower left corner lies at the origin, of a curved one unrolled."""
    found = grid(tone, bead if curve else LYING * bead)
    # Beyond its mask a photo is frame.
    dark = np.where(found.held, found.values, 1.0)
    found = replace(found, values=thinnest + (thickest - thinnest) * dark)
    framed = found.bordered(frame, thickest) if frame else found
    return {BODY: _curved(framed, curve) if curve else level(framed, framed.values, 0.0)}


def _curved(flat: Grid, degrees: float) -> Manifold:
    """Around an axis along z, in front of which one stands (looking along y)."""
    width, turn = float(flat.x[-1] - flat.x[0]), math.radians(degrees)
    radius = width / turn
    angle = (flat.x - flat.x[0]) / radius - turn / 2
    thick = leaning(flat.values, flat.y)
    outer = _bent(angle, flat.y - flat.y[0], radius + thick)
    inner = _bent(angle, flat.y - flat.y[0], np.full(thick.shape, radius))
    shift = np.concatenate([outer, inner]).reshape(-1, 3).min(axis=0)
    return between(outer - shift, inner - shift)


def _bent(angle: FloatArray, z: FloatArray, radius: FloatArray) -> FloatArray:
    found: FloatArray = np.stack(
        [radius * np.sin(angle), -radius * np.cos(angle), np.broadcast_to(z[:, None], radius.shape)], 2
    )
    return found


def leaning(thick: FloatArray, z: FloatArray) -> FloatArray:
    """Thicknesses of rows at these heights, less where they would lean out too far over the row below."""
    slack = (LEAN * (z - z[0]))[:, None]
    found: FloatArray = np.minimum.accumulate(thick - slack, axis=0) + slack
    return found
