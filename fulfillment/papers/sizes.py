"""Sizes of paper by the names that templates, trays and printers use. mm, upright."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SIZES: Final[Mapping[str, tuple[float, float]]] = {
    "a6": (105.0, 148.0),
    "a5": (148.0, 210.0),
    "a4": (210.0, 297.0),
    "letter": (215.9, 279.4),
    "half-letter": (139.7, 215.9),
    "4x6": (101.6, 152.4),
}
"""Width and height of each."""
