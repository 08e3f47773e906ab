"""What a customer's drawing may cost, and how it is refused.

These limits are counts, so that the same file is refused everywhere and always. What is small and still takes long (a
scribble that crosses itself a million times) meets the bounds of time and memory in SECONDS and MEMORY.
"""

from __future__ import annotations

import math
from typing import Final

from fulfillment.refusal import Refusal

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 64
"""Groups, blocks and uses inside of each other."""
MAX_ELEMENTS: Final = 5_000
"""Elements or entities, each counted as often as it is used."""
MAX_SEGMENTS: Final = 30_000
"""Straight or curved pieces of lines, each counted as often as it is used."""
MAX_POINTS: Final = 300_000
"""Points of all lines once their curves are broken into straight pieces."""
MAX_NUMBER: Final = 1_000_000.0
"""Of a coordinate, in the file's unit, to either side of 0."""
MAX_RULES: Final = 1_000
"""Rules of an SVG's style sheets."""
MEMORY: Final = 300_000_000
"""Bytes of address space that reading one drawing may take on top of what the process has."""
SECONDS: Final = 2
"""Of processor time that reading one drawing may take."""


class DrawingError(Refusal):
    """A drawing that cannot be used."""


SIMPLER: Final = "Please send a simpler one: take out what is not seen, and simplify its paths."


def too_much(what: str) -> DrawingError:
    """The refusal of a drawing beyond a limit. ``what``: such as "more than 10,000 elements"."""
    return DrawingError(f"The drawing has {what}.", SIMPLER)


def number(text: str, where: str) -> float:
    """A finite number of a size that a drawing may have. Raises DrawingError."""
    try:
        value = float(text)
    except ValueError:
        raise DrawingError(
            f"{where} has {text[:40]!r} where a number is expected.", "Please save it anew as plain SVG or DXF."
        ) from None
    return checked(value, text, where)


def checked(value: float, text: str, where: str) -> float:
    """The value, where it is finite and not beyond MAX_NUMBER. Raises DrawingError."""
    if not math.isfinite(value):
        raise DrawingError(f"{where} has the number {text[:40]!r}, which is not finite.", "Please draw it anew.")
    if abs(value) > MAX_NUMBER:
        raise DrawingError(
            f"{where} has the number {text[:40]!r}; at most {MAX_NUMBER:,.0f} is taken.",
            "Please draw it nearer to the origin, or in a larger unit.",
        )
    return value
