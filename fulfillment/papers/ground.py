"""What all blocks of a paper share: words, styles and pictures, its scale and its side of reading. Points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.lib.units import mm

from fulfillment.papers import models
from fulfillment.papers.filling import Words
from fulfillment.papers.items import Text
from fulfillment.papers.models import AnyBlock, Style
from fulfillment.typeset import Face, Set, fitted, written

UNBOUND: Final = 1e6


@dataclass(frozen=True, slots=True)
class Room:
    """How wide something is, and how high it may be at most: on a page by itself, and on the one that is begun."""

    width: float
    height: float
    left: float = UNBOUND


@dataclass(frozen=True, slots=True)
class Ground:
    """What all blocks of a paper share."""

    words: Words
    styles: Mapping[str, Style]
    pictures: Mapping[str, tuple[int, int]]
    """The pictures that there are: pixels of each."""
    scale: float = 1.0
    rtl: bool = False
    smaller: int = 0
    """How many of each style's larger sizes are passed over."""

    def pt(self, size: float) -> float:
        """mm of a template as points on this paper."""
        return size * mm * self.scale

    def shown(self, block: AnyBlock) -> bool:
        return (block.when is None or self._has(block.when)) and not (block.unless and self._has(block.unless))

    def _has(self, name: str) -> bool:
        return name in self.pictures or self.words.has(name)

    def side(self, align: str) -> str:
        """start and end as left and right."""
        ends = {"start": "right" if self.rtl else "left", "end": "left" if self.rtl else "right", "text": "start"}
        return ends.get(align, align)

    def set(self, text: str, style: str, width: float, what: str, *, most: float = UNBOUND) -> Set:
        """A text at the largest size of its style that fits. Raises PaperError."""
        look = self.styles[style]
        face = Face(look.font)
        sizes = tuple(size * self.scale for size in look.sizes[min(self.smaller, len(look.sizes) - 1) :])
        ready = written(text, face, what)
        return fitted(ready, face, sizes, width, most, spacing=look.spacing, what=what, rtl=self.rtl)

    def text(self, found: Set, style: str, width: float, align: str) -> Text:
        return Text(0.0, 0.0, found, width, self.side(align), self.styles[style].colour)


def said(text: str) -> str:
    """What a text of a template is about, for a person: its first fact."""
    names = [name for name in models.PLACEHOLDER.findall(text) if not name.startswith("@")]
    return f"The paper's {names[0].removeprefix(models.ITEM).replace('_', ' ')}" if names else "A text of the template"


def beside(free: float, side: str) -> float:
    return free * {"left": 0.0, "centre": 0.5, "right": 1.0}[side]


def across(shares: Sequence[float], width: float, gap: float, rtl: bool) -> Iterator[tuple[float, float]]:
    """(x, width) of each column; from the right where reading begins there."""
    free, whole, x = width - gap * (len(shares) - 1), sum(shares), 0.0
    for share in shares:
        wide = free * share / whole
        yield (width - x - wide if rtl else x), wide
        x += wide + gap
