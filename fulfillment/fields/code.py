"""A QR code in its zone: its dark squares as outlines, with its quiet edge, or refused where they would be too small.

What it says is only ever squares; what a factory's own scanner makes of it is refused before (see personalization).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import segno
from segno import DataOverflowError

from fulfillment.catalog import CodeField
from fulfillment.fields.craft import Craft, Refused
from gcode.design import Drawing, Zone
from gcode.geometry import Line

LINES: Final = 2
"""Lines of the tool that a square needs at least: one for its edge to either side."""
SHORTER: Final = "Please shorten it, or choose a larger piece."

Corner = tuple[int, int]


def lay(value: str, field: CodeField, zone: Zone, craft: Craft) -> Drawing:
    """The code in the middle of its zone, as large as it goes. Raises Refused."""
    try:
        # A code that has room left corrects more for nothing.
        symbol = segno.make(value, error=field.correction, micro=False, boost_error=True)
    except DataOverflowError:
        raise Refused(f"{field.title} has {len(value)} characters: no code holds them.", SHORTER) from None
    dark = [[bool(cell) for cell in row] for row in symbol.matrix]
    count = len(dark) + 2 * field.quiet
    module = min(zone.width, zone.height) / count
    least = max(field.min_module, LINES * craft.line_width)
    if module < least:
        reason = (
            f"{field.title} would have squares of {module:.2f} mm; they can be read from {least:.2f} mm on,"
            f" and its {count} of them have {min(zone.width, zone.height):g} mm."
        )
        raise Refused(reason, SHORTER)
    left = zone.x + (zone.width - len(dark) * module) / 2
    top = zone.y + (zone.height + len(dark) * module) / 2
    return Drawing(outlines=tuple(_placed(ring, left, top, module) for ring in contours(dark)))


def _placed(ring: Sequence[Corner], left: float, top: float, module: float) -> Line:
    corners = np.array(ring, dtype=np.float64)
    return np.stack([left + corners[:, 0] * module, top - corners[:, 1] * module], axis=1)


def contours(dark: Sequence[Sequence[bool]]) -> list[list[Corner]]:
    """The edges of all dark cells as closed contours, (column, row) of their corners, rows downwards.

    Dark lies on the same side all along, so that the non-zero rule fills what is dark and leaves holes bare. Where two
    dark cells meet at a corner only, they stay apart.
    """
    edges = _edges(dark)
    # From left to right: a corner where two contours meet is never the leftmost of the one that is traced first.
    return [_traced(start, edges) for start in sorted(edges) if edges[start]]


def _traced(start: Corner, edges: dict[Corner, set[Corner]]) -> list[Corner]:
    """The contour that begins at a corner; its edges are taken out."""
    ring, at = [start], edges[start].pop()
    came = (at[0] - start[0], at[1] - start[1])
    while at != start:
        right = (at[0] - came[1], at[1] + came[0])  # with rows downwards; of two ways this one keeps to the same cell
        to = right if right in edges[at] else next(iter(edges[at]))
        turn = (to[0] - at[0], to[1] - at[1])
        if turn != came:
            ring.append(at)
        edges[at].remove(to)
        at, came = to, turn
    return ring


def _edges(dark: Sequence[Sequence[bool]]) -> dict[Corner, set[Corner]]:
    """Each edge between dark and light, from corner to corner, with the dark to its right."""
    rows, columns = len(dark), len(dark[0])

    def is_dark(column: int, row: int) -> bool:
        return 0 <= row < rows and 0 <= column < columns and dark[row][column]

    edges: dict[Corner, set[Corner]] = {}
    for row in range(rows):
        for column in range(columns):
            if not dark[row][column]:
                continue
            corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
            beside = ((column, row - 1), (column + 1, row), (column, row + 1), (column - 1, row))
            for side, neighbour in enumerate(beside):
                if not is_dark(*neighbour):
                    edges.setdefault(corners[side], set()).add(corners[(side + 1) % 4])
    return edges
