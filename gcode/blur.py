"""Pictures seen from afar: a Gaussian, one direction after the other."""

from __future__ import annotations

import numpy as np

from gcode.units import FloatArray


def blurred(picture: FloatArray, sigma: float, *, nothing_around: bool = False) -> FloatArray:
    """``sigma`` in pixels. Beyond its edges the picture goes on as in a mirror, or is 0: nothing lies around it."""
    reach = max(1, round(3.5 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-9)) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if axis == own else (0, 0) for own in (0, 1)]
        wide = np.pad(picture, padding, mode="constant" if nothing_around else "symmetric")
        picture = np.lib.stride_tricks.sliding_window_view(wide, 2 * reach + 1, axis=axis) @ weights
    return picture
