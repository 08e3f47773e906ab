"""What both kinds of files are read into: shapes with their paint, and what one drawing comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fulfillment.drawings.curves import Curves
from gcode.geometry import Bounds, Line, bounds_of

Colour = tuple[int, int, int]
Cap = Literal["round", "square", "flat"]
Join = Literal["round", "mitre", "bevel"]


@dataclass(frozen=True, slots=True)
class Pencil:
    """How a line is painted. ``width`` in mm."""

    colour: Colour
    width: float = 0.0
    cap: Cap = "flat"
    join: Join = "mitre"
    mitre: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One element in mm, y up. ``name`` is for a person."""

    name: str
    curves: Curves
    fill: Colour | None = None
    even_odd: bool = False
    pencil: Pencil | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says, before it is seen what of it is covered by what."""

    shapes: tuple[Shape, ...]
    notes: tuple[str, ...]
    edge: Bounds | None = None
    """Of the page, beyond which nothing of it is seen; None: it has no page."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line as it is seen; a closed one repeats its first point."""

    line: Line
    pencil: Pencil


@dataclass(frozen=True, slots=True, eq=False)
class FileDrawing:
    """A customer's drawing in mm, y up, at the place where its file has it.

    ``outlines``: closed contours, filled by the non-zero rule, none of which crosses another.
    ``notes``: what was decided in reading it, and what is not kept, in sentences.
    """

    strokes: tuple[Stroke, ...]
    outlines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> Bounds:
        found = bounds_of((*(stroke.line for stroke in self.strokes), *self.outlines))
        assert found  # noqa: S101  (a file without anything in it is refused)
        return found
