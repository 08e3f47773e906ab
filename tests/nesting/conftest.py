from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
import shapely

from gcode.nesting.outline import Outline
from gcode.nesting.pack import Bed, Nest

ROUNDED = 0.002
"""mm: places are rounded to a micrometre."""


class Exact:
    """What shapely says of a nest, which it was not found by."""

    def shapes(self, outlines: Sequence[Outline], found: Nest) -> list[shapely.Polygon]:
        pairs = zip(outlines, found.places, strict=True)
        return [shapely.Polygon(place.put(outline.line)) for outline, place in pairs if place is not None]

    def wrong(self, outlines: Sequence[Outline], found: Nest, bed: Bed) -> list[str]:
        """Every rule that is broken."""
        shapes = self.shapes(outlines, found)
        room = shapely.box(bed.x0, bed.y0, bed.x1, bed.y1).buffer(ROUNDED - bed.margin, join_style="mitre")
        out = [f"{number} lies outside" for number, shape in enumerate(shapes) if not room.contains(shape)]
        for (one, a), (other, b) in combinations(enumerate(shapes), 2):
            if a.distance(b) < bed.spacing - ROUNDED or a.buffer(-ROUNDED).intersects(b):
                out.append(f"{one} and {other} are {a.distance(b):g} mm apart")
        for keep_out in bed.keep_outs:
            there = shapely.Polygon(keep_out.line)
            out += [
                f"{n} lies on a keep-out" for n, s in enumerate(shapes) if s.distance(there) < bed.spacing - ROUNDED
            ]
        return out


@pytest.fixture(scope="session")
def exact() -> Exact:
    return Exact()


def shelf(sizes: Sequence[tuple[float, float]], bed: Bed) -> int:
    """How many boxes a plain packer places, row by row, the tallest first, each turned to lie flat."""
    room = bed.x1 - bed.x0 - 2 * bed.margin, bed.y1 - bed.y0 - 2 * bed.margin
    flat = sorted(((max(size), min(size)) for size in sizes), key=lambda size: -size[1])
    count, x, y, row = 0, 0.0, 0.0, 0.0
    for width, height in flat:
        if x + width > room[0] + 1e-9:
            x, y, row = 0.0, y + row + bed.spacing, 0.0
        if y + height > room[1] + 1e-9 or width > room[0] + 1e-9:
            continue
        count, x, row = count + 1, x + width + bed.spacing, max(row, height)
    return count


@pytest.fixture(name="shelf")
def the_shelf() -> object:
    return shelf
