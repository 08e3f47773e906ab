"""Codes for scanners as dark runs. Points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import segno
from reportlab.lib.units import mm

from fulfillment.papers.items import Squares
from fulfillment.typeset import PaperError

MAX_QR_BYTES: Final = 120
MODULE: Final = 0.33 * mm
"""The least dark square that a hand scanner reads off cheap paper."""


@lru_cache(maxsize=64)
def squares(text: str, side: float, what: str = "The code") -> Squares:
    """A QR code as runs of dark modules; the page around it is its quiet zone. Raises PaperError."""
    size = len(text.encode())
    if not 0 < size <= MAX_QR_BYTES:
        reason = f"{what} for the scanner has {size} bytes."
        raise PaperError(reason, f"1 to {MAX_QR_BYTES} can be read at this size.")
    matrix = segno.make(text, error="m", micro=False).matrix
    if side / len(matrix) < MODULE - 1e-6:
        mend = f"Shorten it, or make the code {math.ceil(len(matrix) * MODULE / mm)} mm large."
        raise PaperError(f"{what} is too fine to be read at {side / mm:.0f} mm.", mend)
    return Squares(0.0, 0.0, side, len(matrix), tuple(tuple(_runs(row)) for row in matrix))


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(row):
        end = start
        while end < len(row) and row[end]:
            end += 1
        if end > start:
            yield start, end
        start = end + 1
