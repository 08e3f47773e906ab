"""What stands on a page, as values. Points from the upper left corner of what it stands in, downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fulfillment.typeset import Set


@dataclass(frozen=True, slots=True)
class Item:
    x: float
    y: float

    def at(self, x: float, y: float) -> Item:
        """The same, moved."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, slots=True)
class Text(Item):
    block: Set
    width: float
    align: str
    colour: str


@dataclass(frozen=True, slots=True)
class Panel(Item):
    width: float
    height: float
    ground: str | None
    frame: str | None
    line: float = 0.6
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule(Item):
    width: float
    colour: str


@dataclass(frozen=True, slots=True)
class Photo(Item):
    width: float
    height: float
    name: str
    frame: str | None
    radius: float


@dataclass(frozen=True, slots=True)
class Squares(Item):
    """A code for scanners: rows of dark runs (first, past the last) of a square of ``modules``."""

    side: float
    modules: int
    rows: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Something that stays on one page, as high as ``height``, with room under it."""

    height: float
    items: tuple[Item, ...] = ()
    space: float = 0.0
    stretch: bool = False
    """Whether its first item, a panel, may be made higher."""

    def at(self, x: float, y: float) -> tuple[Item, ...]:
        return tuple(item.at(x, y) for item in self.items)


@dataclass(frozen=True, slots=True)
class Laid:
    """A block: parts under each other, and what is repeated over them on each further page."""

    parts: tuple[Part, ...]
    head: Part | None = None

    @property
    def whole(self) -> Part:
        """All of it as one part."""
        return stacked((self.head, *self.parts) if self.head else self.parts)


def stacked(parts: Iterable[Part]) -> Part:
    """Parts under each other as one; the room under the last one stays under all."""
    items: list[Item] = []
    y = space = 0.0
    for part in parts:
        items += part.at(0.0, y + space)
        y, space = y + space + part.height, part.space
    return Part(y, tuple(items), space)
