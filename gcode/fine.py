"""What of a drawing is too fine for a tool's line: lines that would run together, and shapes thinner than the line.

Two places of lines are compared where they lie side by side and run nearly the same way: lines that cross or meet are
near each other as well, and that is how they are meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from gcode.design import Drawing, lines_of
from gcode.geometry import Line, resampled
from gcode.stitches.areas import filled
from gcode.units import BoolArray, FloatArray, IntArray

LEAST: Final = 0.5
"""Of a line's width: the narrowest gap and the thinnest shape that are still told apart. A line is 15 % off at most."""
SAME: Final = 0.1
"""Widths: nearer than this it is one line that was drawn twice."""
ALONG: Final = 0.85
"""Cosine of the angle under which two lines run nearly the same way."""
SIDEWAYS: Final = 0.7
"""Sine of the angle from the one to the other: what lies ahead is no neighbour."""
ROUND: Final = 4.0
"""Widths of way along one line within which it may come near itself: a dot is no gap."""
STEP: Final = 0.4
"""Widths between two points of a line."""
MAX_POINTS: Final = 400_000
LOOKED_AT: Final = 20_000
"""Points of all lines, and how many of them, evenly spread, are compared with the others."""


@dataclass(frozen=True, slots=True)
class Fine:
    """How much of a drawing is too fine, 0 to 1 of the length of its lines, and a place of it in mm."""

    share: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)


NOTHING: Final = Fine()


@dataclass(frozen=True, slots=True)
class Fineness:
    crowded: Fine = NOTHING
    """Lines with less room between them than LEAST of a line: they run together."""
    slender: Fine = NOTHING
    """Filled shapes thinner than LEAST of a line: they are made more than twice as thick."""


def fineness(drawing: Drawing, width: float, *, fills: bool) -> Fineness:
    """``fills``: the tool fills what outlines hold, and does not follow them as lines."""
    if not fills:
        return Fineness(_found(_beside(lines_of([drawing]), width * (1 + LEAST), width)))
    strokes = _beside(lines_of([Drawing(drawing.strokes)]), width * (1 + LEAST), width)
    edges = _beside(lines_of([Drawing(outlines=drawing.outlines)]), width * LEAST, width)
    if not len(edges.middle):
        return Fineness(_found(strokes))
    inside: BoolArray = shapely.contains_xy(filled(drawing.outlines), edges.middle[:, 0], edges.middle[:, 1])
    crowded = max(_found(strokes), _found(edges, ~inside), key=lambda found: found.share)
    return Fineness(crowded, _found(edges, inside))


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Places that have a neighbour: which of those looked at, and the middle between the two."""

    which: IntArray
    middle: FloatArray
    of: int
    """Places that were looked at."""


def _found(pairs: _Pairs, chosen: BoolArray | None = None) -> Fine:
    which, middle = (pairs.which, pairs.middle) if chosen is None else (pairs.which[chosen], pairs.middle[chosen])
    if not len(which):
        return NOTHING
    x, y = middle[len(middle) // 2].tolist()
    return Fine(len(np.unique(which)) / pairs.of, (x, y))


def _beside(lines: Sequence[Line], reach: float, width: float) -> _Pairs:
    """Places of lines that have another one beside them within ``reach``."""
    if not lines:
        return _Pairs(np.empty(0, dtype=np.int64), np.empty((0, 2)), 1)
    total = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines)
    sampled = [resampled(line, max(STEP * min(width, reach), total / MAX_POINTS)) for line in lines]
    points = np.vstack([(line[1:] + line[:-1]) / 2 for line in sampled])
    steps = np.vstack([np.diff(line, axis=0) for line in sampled])
    length = np.hypot(*steps.T)
    line = np.repeat(np.arange(len(sampled)), [len(one) - 1 for one in sampled])
    way, heading = np.cumsum(length), steps / np.maximum(length, 1e-12)[:, None]
    looked = np.arange(0, len(points), max(1, -(-len(points) // LOOKED_AT)))
    tree = shapely.STRtree(np.asarray(shapely.points(points)).tolist())
    at, other = tree.query(shapely.points(points[looked]), predicate="dwithin", distance=reach)
    one = looked[at]
    between = points[other] - points[one]
    far = np.hypot(*between.T)
    apart = (line[one] != line[other]) | (np.abs(way[one] - way[other]) > ROUND * width)
    along = np.abs((heading[one] * heading[other]).sum(axis=1)) > ALONG
    across = np.abs(heading[one][:, 0] * between[:, 1] - heading[one][:, 1] * between[:, 0]) > SIDEWAYS * far
    chosen = apart & along & across & (far > SAME * width)
    return _Pairs(at[chosen], points[one][chosen] + between[chosen] / 2, len(looked))
