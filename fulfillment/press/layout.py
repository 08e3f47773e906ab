"""Where pieces lie on sheets: places, their backs, and the boxes of a page. mm, y up, from the sheet's lower left.

A sheet is turned over its long edge, as printers do it: a portrait sheet like a leaf of a book, a landscape sheet like
a calendar. So that a piece's back stands upright behind its front, it is turned by half on a landscape sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gcode.geometry import Bounds, Transform


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper in the tray. ``media`` is its name."""

    media: str
    width: float
    height: float

    @property
    def bounds(self) -> Bounds:
        return Bounds(0.0, 0.0, self.width, self.height)

    @property
    def portrait(self) -> bool:
        return self.width <= self.height


@dataclass(frozen=True, slots=True)
class Place:
    """One piece on one side of a sheet."""

    trim: Bounds
    """Where it is cut."""
    onto: Transform
    """From the piece to the sheet."""
    bleed: Bounds
    """How far it may be printed: beyond its trim, and no farther than half of the way to a neighbour."""


def grown(box: Bounds, by: float, up: float | None = None) -> Bounds:
    up = by if up is None else up
    return Bounds(box.x0 - by, box.y0 - up, box.x1 + by, box.y1 + up)


def around(boxes: Sequence[Bounds]) -> Bounds:
    """The smallest rectangle around all of them."""
    low, high = (
        (min(b.x0 for b in boxes), min(b.y0 for b in boxes)),
        (max(b.x1 for b in boxes), max(b.y1 for b in boxes)),
    )
    return Bounds(*low, *high)


def front(x: float, y: float, size: tuple[float, float], bleed: tuple[float, float]) -> Place:
    """A piece whose lower left corner lies at ``x``, ``y``; ``bleed``: to its sides, and up and down."""
    trim = Bounds(x, y, x + size[0], y + size[1])
    return Place(trim, Transform.move(x, y), grown(trim, *bleed))


def back(place: Place, sheet: Sheet) -> Place:
    """The same piece where it lies on the turned sheet."""
    trim, bleed = turned(place.trim, sheet), turned(place.bleed, sheet)
    if sheet.portrait:
        return Place(trim, Transform.move(trim.x0, trim.y0), bleed)
    return Place(trim, Transform(a=-1.0, d=-1.0, e=trim.x1, f=trim.y1), bleed)


def turned(box: Bounds, sheet: Sheet) -> Bounds:
    """Where a rectangle lies once the sheet is turned over its long edge."""
    if sheet.portrait:
        return Bounds(sheet.width - box.x1, box.y0, sheet.width - box.x0, box.y1)
    return Bounds(box.x0, sheet.height - box.y1, box.x1, sheet.height - box.y0)
