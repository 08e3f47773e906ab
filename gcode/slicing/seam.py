"""Where a wall begins and ends: the spot that shows is put where it shows least.

It follows from the contour alone, so that equal layers have equal seams, one over the other.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.slicing.profile import Seam
from gcode.units import FloatArray

SHARP: Final = math.radians(30.0)
"""A contour that turns by less at a point has no corner there."""


def begun(contour: Line, seam: Seam) -> Line:
    """The contour closed, from its seam round to its seam. Material lies to its left."""
    first = int(np.lexsort(_RANKS[seam](contour))[-1])
    turned = np.roll(contour, -first, axis=0)
    return np.vstack([turned, turned[:1]])


def _rear(contour: Line) -> tuple[FloatArray, ...]:
    """Sort keys, the last counts most: the greatest y, of those the greatest x."""
    return contour[:, 0], contour[:, 1]


def _corner(contour: Line) -> tuple[FloatArray, ...]:
    """Corners that point inwards hide a seam in the part; those that point outwards at least have an edge there."""
    before, after = contour - np.roll(contour, 1, axis=0), np.roll(contour, -1, axis=0) - contour
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    inwards, outwards = turn < -SHARP, turn > SHARP
    score: FloatArray = np.where(inwards, 2.0 - turn / np.pi, np.where(outwards, 1.0 + turn / np.pi, 0.0))
    rounded: FloatArray = np.round(score, 1)
    return *_rear(contour), rounded


_RANKS: Final = {Seam.REAR: _rear, Seam.CORNER: _corner}
