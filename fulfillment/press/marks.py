"""What is printed beside pieces: trim marks, targets, patches, and whose piece it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import segno

from fulfillment.press.layout import Sheet, grown
from fulfillment.press.profiles import Marks
from fulfillment.typefaces import typeface
from gcode import text
from gcode.design import Drawing, Zone
from gcode.geometry import Bounds, Line, Transform, arc, rectangle

LEAST: Final = 1.5
"""mm: a shorter mark is left out."""
CODE_HEIGHT: Final = 2.0
"""mm of the capitals of a unit's code."""
CODE_WIDTH: Final = 30.0
INDENT: Final = 8.0
"""mm from the bleed's left edge to the code: trim marks stand before it."""
MODULE: Final = 0.34
"""mm of a square of a QR code: eight dots at 600 dpi."""
QUIET: Final = 4
"""Squares of paper around a QR code."""
TARGET: Final = 2.5
"""mm of a registration target's radius."""
PATCH: Final = 5.0
"""mm of a side of a patch."""
EDGE: Final = 3.0
"""mm along the sheet's edge that most printers leave bare."""

Segment = tuple[tuple[float, float], tuple[float, float]]


def crops(trims: Sequence[Bounds], bleeds: Sequence[Bounds], sheet: Sheet, marks: Marks) -> list[Line]:
    """Two lines at each corner of each piece, none of them in what may be printed of a piece."""
    found: dict[Segment, None] = {}
    page = sheet.bounds
    for trim, own in zip(trims, bleeds, strict=True):
        others = [bleed for bleed in bleeds if bleed is not own]
        for x in (trim.x0, trim.x1):
            down = _reach((own.y0 - marks.offset, x), -1, 1, others, page, marks.length)
            up = _reach((own.y1 + marks.offset, x), 1, 1, others, page, marks.length)
            for a, b in (down, up):
                found[(x, a), (x, b)] = None
        for y in (trim.y0, trim.y1):
            left = _reach((own.x0 - marks.offset, y), -1, 0, others, page, marks.length)
            right = _reach((own.x1 + marks.offset, y), 1, 0, others, page, marks.length)
            for a, b in (left, right):
                found[(a, y), (b, y)] = None
    return [np.array(segment) for segment in found if np.abs(np.subtract(*segment)).max() >= LEAST]


def _reach(
    begin: tuple[float, float], way: int, axis: int, others: Sequence[Bounds], page: Bounds, length: float
) -> tuple[float, float]:
    """From where to where a mark goes along an axis (0: x): to the page's edge at most, and half of the way to a
    neighbour, whose own marks come towards it. ``begin``: where along the axis, and where across it."""
    start, across = begin
    room = abs((page.x0, page.x1, page.y0, page.y1)[2 * axis + (way > 0)] - start)
    for other in others:
        along, beside = ((other.x0, other.x1), (other.y0, other.y1))[:: -1 if axis else 1]
        near, far = along if way > 0 else along[::-1]
        if beside[0] < across < beside[1] and (far - start) * way > 0:
            room = min(room, max((near - start) * way, 0.0) / 2)
    return start, start + way * min(length, room)


def targets(whole: Bounds, sheet: Sheet) -> list[Line]:
    """Crosses in circles at the middle of each side, where the sheet has room for them."""
    middle = ((whole.x0 + whole.x1) / 2, (whole.y0 + whole.y1) / 2)
    away = TARGET + 1.0
    centres = (
        (whole.x0 - away, middle[1]),
        (whole.x1 + away, middle[1]),
        (middle[0], whole.y0 - away),
        (middle[0], whole.y1 + away),
    )
    lines: list[Line] = []
    for x, y in centres:
        if not sheet.bounds.holds(Bounds(x - TARGET, y - TARGET, x + TARGET, y + TARGET)):
            continue
        lines.append(arc((x, y), TARGET * 0.6, 0.0, 360.0))
        lines.append(np.array([[x - TARGET, y], [x + TARGET, y]]))
        lines.append(np.array([[x, y - TARGET], [x, y + TARGET]]))
    return lines


def patches(whole: Bounds, sheet: Sheet, count: int) -> list[Line]:
    """Squares for the press's eye in a row above everything, right of the middle; none where there is no room."""
    y, x = whole.y1 + 1.0, (whole.x0 + whole.x1) / 2 + 2 * TARGET + 1.0
    side = min(PATCH, sheet.height - y - EDGE, (whole.x1 - x) / count)
    if side < 2.0:
        return []
    return [rectangle(x + number * side, y, x + (number + 1) * side, y + side) for number in range(count)]


@lru_cache(maxsize=512)
def _symbol(content: str) -> tuple[tuple[Line, ...], float]:
    """A QR code at the origin, a rectangle for each run of dark squares, and the side of all of them in mm. Both sides
    of a sheet ask for it."""
    matrix = segno.make(content, error="m", micro=False).matrix
    lines: list[Line] = []
    for number, row in enumerate(matrix):
        start, top = 0, (len(matrix) - number) * MODULE
        while start < len(row):
            end = start
            while end < len(row) and row[end]:
                end += 1
            if end > start:
                lines.append(rectangle(start * MODULE, top - MODULE, end * MODULE, top))
            start = end + 1
    return tuple(lines), len(matrix) * MODULE


@lru_cache(maxsize=512)
def _letters(content: str) -> Drawing:
    """A code in letters, its lower left corner at the origin."""
    zone = Zone("code", 0.0, 0.0, CODE_WIDTH, CODE_HEIGHT * 1.1)
    rule = text.Fit(
        min_height=CODE_HEIGHT * 0.8,
        max_height=CODE_HEIGHT,
        max_lines=1,
        align=text.Align.LEFT,
        vertical=text.Vertical.BOTTOM,
    )
    return text.fit(content, typeface("sans-bold"), zone, rule).drawing


def slug(content: str, bleed: Bounds, others: Sequence[Bounds], sheet: Sheet) -> tuple[Line, ...]:
    """The unit's code below its piece, and a QR code beside it where both have room between the pieces."""
    inner = grown(sheet.bounds, -EDGE)
    symbol, side = _symbol(content)
    quiet, x = QUIET * MODULE, bleed.x0 + INDENT
    room = Bounds(x, bleed.y0 - 2 * quiet - side, x + side + 2 * quiet, bleed.y0)
    found: list[Line] = []
    y = bleed.y0 - 1.0 - CODE_HEIGHT
    words = _letters(content)
    wide = words.bounds.width if words.bounds else 0.0
    # On a narrow piece the letters would stand in its neighbour's marks.
    if room.x1 + wide <= bleed.x1 and _free(room, others, inner):
        found += map(Transform.move(x + quiet, room.y0 + quiet), symbol)
        x, y = room.x1, bleed.y0 - quiet - CODE_HEIGHT
    words = words.moved(Transform.move(x, y))
    box = words.bounds
    if box is None or not _free(grown(box, 0.3), others, inner):
        return tuple(found)
    return (*found, *words.outlines)


def _free(box: Bounds, others: Sequence[Bounds], inner: Bounds) -> bool:
    apart = all(box.x1 <= o.x0 or o.x1 <= box.x0 or box.y1 <= o.y0 or o.y1 <= box.y0 for o in others)
    return apart and inner.holds(box)
