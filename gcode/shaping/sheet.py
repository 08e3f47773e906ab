"""A photo as a body: a grid of heights with a back, closed all round. mm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from manifold3d import Manifold, Mesh64
from PIL import Image

from gcode.design import Tone
from gcode.slicing.solid import MAX_TRIANGLES
from gcode.units import BoolArray, FloatArray

MOST_CELLS: Final = MAX_TRIANGLES // 5
"""Of a photo: each has two triangles in front and two at the back, and there are sides."""
AVERAGE: Final = Image.Resampling.BOX


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Values of a photo at the crossings of upright lines ``x`` and level lines ``y``, both rising."""

    x: FloatArray
    y: FloatArray
    values: FloatArray
    """(len(y), len(x)): the first row is the lowest."""
    held: BoolArray
    """Of the same shape: what lies within the photo's mask."""

    def bordered(self, width: float, value: float) -> Grid:
        """With a border of this width and value around it."""
        x0, x1, y0, y1 = self.x[0], self.x[-1], self.y[0], self.y[-1]
        x = np.concatenate([[x0 - width, x0], self.x[1:-1], [x1, x1 + width]])
        y = np.concatenate([[y0 - width, y0], self.y[1:-1], [y1, y1 + width]])
        values = np.full((len(y), len(x)), value)
        values[2:-2, 2:-2] = self.values[1:-1, 1:-1]
        held = np.zeros(values.shape, dtype=np.bool_)
        held[2:-2, 2:-2] = self.held[1:-1, 1:-1]
        return Grid(x, y, values, held)


def grid(tone: Tone, cell: float) -> Grid:
    """A photo's darkness, 0 (white) to 1 (black), in the middle of each cell and along its edge. Cells are this wide,
    or wider where the body would have more triangles than are allowed; a bead cannot print finer ones than itself."""
    cell = max(cell, math.sqrt(tone.width * tone.height / MOST_CELLS))
    columns, rows = (max(2, round(side / cell)) for side in (tone.width, tone.height))
    small = Image.fromarray(np.asarray(tone.lightness, dtype=np.float32)).resize((columns, rows), AVERAGE)
    dark = 1.0 - np.clip(np.asarray(small, dtype=np.float64)[::-1], 0.0, 1.0)
    x, y = _lines(tone.x, tone.width, columns), _lines(tone.y, tone.height, rows)
    across, up = np.meshgrid(x, y)
    return Grid(x, y, np.pad(dark, 1, mode="edge"), tone.holds(across, up))


def _lines(start: float, length: float, cells: int) -> FloatArray:
    middles = (np.arange(cells) + 0.5) * (length / cells)
    found: FloatArray = start + np.concatenate([[0.0], middles, [length]])
    return found


def between(front: FloatArray, back: FloatArray) -> Manifold:
    """The body between two sheets of (rows, columns, 3) points. Seen from the front, columns run to the right and rows
    upwards."""
    rows, columns = front.shape[:2]
    points = np.concatenate([front.reshape(-1, 3), back.reshape(-1, 3)])
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (corner.ravel() for corner in (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]))
    over = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    edge = np.concatenate([at[0, :-1], at[:-1, -1], at[-1, :0:-1], at[:0:-1, 0]])
    after = np.roll(edge, -1)
    behind = rows * columns
    sides = [np.stack([after, edge, edge + behind], 1), np.stack([after, edge + behind, after + behind], 1)]
    faces = np.concatenate([over, over[:, ::-1] + behind, *sides])
    return Manifold(Mesh64(vert_properties=points, tri_verts=faces.astype(np.uint64)))


def level(found: Grid, heights: FloatArray, floor: float) -> Manifold:
    """The body from a floor to these heights over the grid; the floor may lie above them."""
    x, y = np.meshgrid(found.x, found.y)
    upper, lower = np.stack([x, y, heights], 2), np.stack([x, y, np.full(x.shape, floor)], 2)
    return between(upper, lower) if heights.max() > floor else between(lower, upper)
