"""A tone as rows of runs: its lightness on the grid of a laser's lines, as dots or as power.

One value of the grid is as wide as two lines are apart, so that dots are square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from gcode.design import Tone
from gcode.dither import DITHERS, GREYSCALE, Grid, Raster
from gcode.recipe import Place, RecipeError
from gcode.scan import Row, Scan, moves
from gcode.toolpath import Toolpath
from gcode.units import FloatArray

LEVELS: Final = 64
"""Steps of power in greyscale: more than wood shows apart; neighbours of one step become one move."""
MAX_VALUES: Final = 40_000_000
"""Of a grid: 4 m x 100 mm at 10 lines/mm."""


@dataclass(frozen=True, slots=True, eq=False)
class Bitmap:
    """Shares of full power on a grid over a rectangle of the piece; row 0 is the top edge. mm."""

    power: Grid
    x: float
    y: float
    width: float
    height: float


def bitmap(tone: Tone, raster: Raster) -> Bitmap:
    """The tone on the grid of lines. Raises RecipeError where that is too fine for its size."""
    columns, rows = (max(1, round(side / raster.interval)) for side in (tone.width, tone.height))
    if columns * rows > MAX_VALUES:
        raise RecipeError(f"{columns} x {rows} values are too many, {MAX_VALUES} are allowed: widen the interval")
    lightness = resampled(tone.lightness, columns, rows)
    darkness = np.clip(lightness if raster.light else 1 - lightness, 0, 1) ** np.float32(raster.gamma)
    if raster.dither == GREYSCALE:
        steps = np.rint(darkness * LEVELS) / LEVELS
        power = np.where(steps > 0, raster.min_power + (raster.power - raster.min_power) * steps, 0.0)
    else:
        power = DITHERS[raster.dither](darkness) * raster.power
    if tone.mask is not None:
        power = np.where(tone.holds(*tone.cells(rows, columns)), power, 0.0)
    return Bitmap(power.astype(np.float32), tone.x, tone.y, tone.width, tone.height)


def resampled(lightness: Grid, columns: int, rows: int) -> Grid:
    """Each value the mean of what it covers; where there is less than one value for it, between them by lines."""
    if lightness.shape == (rows, columns):
        return lightness
    image = Image.fromarray(np.ascontiguousarray(lightness, dtype=np.float32))
    shrunk = image.resize((min(columns, image.width), min(rows, image.height)), Image.Resampling.BOX)
    return np.asarray(shrunk.resize((columns, rows), Image.Resampling.BILINEAR), dtype=np.float32)


def rows(picture: Bitmap) -> list[Row]:
    """The rows that have something to burn, the lowest first: runs of one power, from the first to the last lit."""
    count, columns = picture.power.shape
    pitch, line = picture.width / columns, picture.height / count
    found = []
    for row in range(count - 1, -1, -1):
        power = picture.power[row]
        lit = np.flatnonzero(power)
        if not len(lit):
            continue
        first, last = int(lit[0]), int(lit[-1]) + 1
        cuts = np.flatnonzero(np.diff(power[first:last])) + 1 + first
        edges: FloatArray = np.concatenate([[first], cuts, [last]]) * pitch
        starts = np.concatenate([[first], cuts])
        y = picture.y + picture.height - (row + 0.5) * line
        found.append(Row((picture.x, y), (1.0, 0.0), edges, power[starts].astype(np.float64)))
    return found


def burnt(tone: Tone, raster: Raster, scan: Scan, place: Place) -> Toolpath:
    """The moves that burn a tone into a piece at ``place``. The same values always give the same moves."""
    return moves(rows(bitmap(tone, raster)), scan, place)
