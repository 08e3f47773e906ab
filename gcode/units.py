"""The house units, and the factors at their border: mm, s, mm/s, degrees C inside; a machine's own units outside."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PER_MINUTE: Final = 60.0
"""Multiply mm/s by this to get the mm/min of an F word."""
MS_PER_S: Final = 1000.0
