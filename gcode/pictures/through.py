"""What is printed, seen with light behind it: how thick it is at each place, summed up from its beads. mm.

The light that comes through a thickness t is exp(-t / DEPTH): what reflections within the plastic do beyond that, and
the light's own unevenness, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image

from gcode.blur import blurred
from gcode.pictures.tubes import FUSED, Tubes
from gcode.proof import Pixels, ProofError
from gcode.units import FloatArray

DEPTH: Final = 1.1
"""mm of white filament behind which a third of the light is left: lithophanes of 0.8 to 3 mm have all greys."""
GAMMA: Final = 2.2
"""Of screens."""
LIGHT: Final = (255.0, 244.0, 222.0)
"""What a warm lamp shows as where nothing is in its way but the thinnest place."""
DARK: Final = (38.0, 36.0, 34.0)
"""Around the piece: the room is dim."""
CELL: Final = 0.2
"""mm that thickness is summed up over, unless layers are thicker: a bead is hardly told apart."""
STEP: Final = 0.5
"""Of a cell: pieces of beads that are laid into it at once."""
MOST: Final = 2_000_000
"""Cells, and pixels."""
SPREAD: Final = 0.4
"""Of a bead's width: the deviation of a blur that is as wide as a bead."""

Unrolled = Callable[[FloatArray], FloatArray]
"""Where points (n, 3) of the body lie in the picture, (n, 2): to the right and up."""


def thickness(printed: Tubes, unrolled: Unrolled, width: float, height: float, cell: float = CELL) -> FloatArray:
    """mm of material behind each cell of a picture, the lowest row first. ``printed``: in the body's coordinates."""
    columns, rows = max(1, round(width / cell)), max(1, round(height / cell))
    if columns * rows > MOST:
        raise ProofError(f"a picture of {width:.0f} x {height:.0f} mm is too large to be drawn")
    way = np.hypot(*(printed.end - printed.start).T)
    count = np.maximum(1, np.ceil(way / (STEP * cell))).astype(np.int64)
    owner = np.repeat(np.arange(len(printed)), count)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    flat = printed.start[owner] + share[:, None] * (printed.end - printed.start)[owner]
    middle = (printed.top - printed.height / 2)[owner]
    volume = (way * printed.width / FUSED * printed.height / count)[owner]
    places = unrolled(np.column_stack([flat, middle])) * [columns / width, rows / height] - 0.5
    found = np.zeros((rows + 1) * (columns + 1))
    corner = np.floor(places).astype(np.int64)
    within = places - corner
    for up, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        x, y = corner[:, 0] + right, corner[:, 1] + up
        part = np.abs(1 - right - within[:, 0]) * np.abs(1 - up - within[:, 1])
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        at = (y * (columns + 1) + x)[inside]
        found += np.bincount(at, weights=(volume * part)[inside], minlength=len(found))
    spread: FloatArray = found.reshape(rows + 1, columns + 1)[:-1, :-1] / (width / columns * height / rows)
    return spread


def through(
    printed: Tubes, unrolled: Unrolled, width: float, height: float, px_per_mm: float = 8.0, margin: float = 3.0
) -> Pixels:
    """The picture as RGB, row 0 at the top, with so much room around it. Raises ProofError."""
    if not len(printed):
        raise ProofError("nothing is laid: there is nothing to draw")
    cell = max(CELL, float(np.median(printed.height)))
    # Volume is summed up along the middle of beads, and they are as wide as they are.
    bead = float(np.median(printed.width)) / FUSED
    thick = blurred(thickness(printed, unrolled, width, height, cell), SPREAD * bead / cell)
    light = np.exp(-(thick - np.quantile(thick, 0.01)) / DEPTH)
    shown = np.clip(light, 0.0, 1.0) ** (1 / GAMMA)
    edge = math.ceil(margin * px_per_mm)
    columns, rows = round(width * px_per_mm), round(height * px_per_mm)
    if (columns + 2 * edge) * (rows + 2 * edge) > 4 * MOST:
        raise ProofError(f"a picture of {width:.0f} x {height:.0f} mm is too large to be drawn")
    large = Image.fromarray(shown[::-1].astype(np.float32)).resize((columns, rows), Image.Resampling.BILINEAR)
    pixels = np.empty((rows + 2 * edge, columns + 2 * edge, 3), dtype=np.uint8)
    pixels[:] = DARK
    pixels[edge:-edge, edge:-edge] = np.clip(np.asarray(large)[..., None] * LIGHT, 0, 255).astype(np.uint8)
    return pixels
