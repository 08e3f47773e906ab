"""Screens of machines and of their print servers: how large the pictures are that they show of a program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

MOST: Final = 8
"""Pictures in one program."""
SMALLEST: Final = 8
LARGEST: Final = 1024
"""Pixels of a side."""

_SIZE: Final = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")


class ScreenError(ValueError):
    """No size of a picture. The text says what to write."""


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Pixels of a picture."""

    width: int
    height: int

    @classmethod
    def read(cls, text: str) -> Self:
        """``400x300``. Raises ScreenError."""
        found = _SIZE.fullmatch(text)
        if found is None:
            raise ScreenError(f"{text[:40]!r} is no size of a thumbnail: write pixels such as 400x300")
        size = cls(int(found[1]), int(found[2]))
        if not all(SMALLEST <= side <= LARGEST for side in (size.width, size.height)):
            raise ScreenError(f"a thumbnail of {size} pixels: each side has {SMALLEST} to {LARGEST}")
        return size

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"
