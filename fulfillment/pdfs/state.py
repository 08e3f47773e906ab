"""What holds while a page is drawn: colours, matrix and font, and the stream of operators that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from fulfillment.pdfs import spaces
from fulfillment.pdfs.spaces import Space
from fulfillment.pdfs.values import Key, Thing
from gcode.geometry import Transform

CMYK: Final = frozenset({"DeviceCMYK", "ICCCMYK"})


@dataclass(frozen=True, slots=True)
class Ink:
    """What is painted with: a space, the amounts as far as they are numbers, and perhaps a pattern."""

    space: Space = spaces.GRAY
    amounts: tuple[float, ...] = ()
    pattern: str = ""
    operator: str = ""
    """That set it; empty: it is the black that a page begins with."""

    @property
    def percent(self) -> float:
        """Of all inks, where it says four of them."""
        mixed = self.space.leaves and self.space.leaves <= CMYK and self.space.channels == len(self.amounts) == 4
        return sum(min(max(amount, 0.0), 1.0) for amount in self.amounts) * 100 if mixed else 0.0


@dataclass(slots=True)
class State:
    ctm: Transform = field(default_factory=Transform)
    """From the units of the stream that runs to points on the paper."""
    fill: Ink = field(default_factory=Ink)
    stroke: Ink = field(default_factory=Ink)
    font: Thing = None
    label: str = ""
    """Of the font."""
    size: float = 1.0
    stretch: float = 1.0
    mode: int = 0
    """How letters are painted (Tr)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A stream of operators that runs."""

    resources: Thing
    name: str
    """Such as "form /Fm1"; empty for the page's own."""
    base: Transform
    """The matrix that it began with, which patterns are laid out in."""
    inside: frozenset[Key] = frozenset()
    """It and those that draw it."""

    def of(self, word: str) -> str:
        return f"{word} in {self.name}" if self.name else word

    @property
    def said(self) -> str:
        return self.name or "contents"
