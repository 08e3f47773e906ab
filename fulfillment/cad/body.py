"""A body as parts, with the names and colours that files and screens show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gcode.units import FloatArray, IntArray

if TYPE_CHECKING:
    from gcode.slicing.solid import Solid

PLAIN: Final = "#b0b0b0"
"""Of a part that no colour was chosen for."""


class Shape(Protocol):
    """What a file tells of a part."""

    @property
    def name(self) -> str: ...

    @property
    def colour(self) -> str: ...

    @property
    def vertices(self) -> FloatArray: ...

    @property
    def faces(self) -> IntArray: ...


class Shapes(Protocol):
    """What a file tells of a body."""

    @property
    def name(self) -> str: ...

    @property
    def parts(self) -> Sequence[Shape]: ...


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a body, where it lies together with the others. ``colour``: "#rrggbb"."""

    name: str
    solid: Solid
    """For the slicer."""
    colour: str = PLAIN
    exact: float | None = None
    """mm3 of the body before its curves became chords, where somebody knows it."""

    @property
    def vertices(self) -> FloatArray:
        """(n, 3), mm."""
        return self.solid.vertices

    @property
    def faces(self) -> IntArray:
        """(m, 3) corners, counter-clockwise seen from outside."""
        return self.solid.faces

    @property
    def volume(self) -> float:
        """mm3."""
        return self.solid.volume if self.exact is None else self.exact


@dataclass(frozen=True, eq=False)
class Built:
    """All parts of a body, where they lie together. ``step``: the exact body, where it was asked for."""

    name: str
    parts: tuple[Part, ...]
    step: bytes | None = None

    @property
    def volume(self) -> float:
        """mm3."""
        return sum(part.volume for part in self.parts)
