"""Words that stand in a cake: letters on a bar, on sticks with a point. Printed lying. mm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from manifold3d import CrossSection, FillRule

from gcode.shaping.areas import DETAIL, grown, prism, rectangle, thinned
from gcode.shaping.dress import BODY, Bodies
from gcode.shaping.joined import baseline, check_strength, joined
from gcode.slicing.areas import Area

DEEP: Final = 0.4
"""Of the bar's height by which letters sink into it."""
NECK: Final = 1.6
"""mm: how wide what joins dots and accents is."""
REACH: Final = 9.0
"""mm that something may be away from the rest."""
WEAK: Final = 1.0
"""mm: letters that are narrower somewhere break when the cake is carried."""

AIR: Final = 1.5
"""mm between a stick and the tail of a letter."""
STEP: Final = 0.5
"""mm by which places of sticks are tried."""
BELOW: Final = 1000.0
"""mm: below, and above, everything."""
TIP: Final = 0.8
"""mm: half of the width of a stick's point."""


@dataclass(frozen=True, slots=True)
class Sticks:
    """What goes into the cake."""

    count: int
    length: float
    width: float


def topper(area: Area, thickness: float, bar: float, sticks: Sticks) -> Bodies:
    """Words on a bar of this height, all of one thickness. Raises ShapeError where they would fall apart."""
    return {BODY: prism(outline(area, bar, sticks), 0.0, thickness)}


def outline(area: Area, bar: float, sticks: Sticks) -> Area:
    """What a topper covers. Raises ShapeError."""
    x0, _, x1, _ = area.bounds()
    top = baseline(area) + DEEP * bar
    beam = rectangle(x0, top - bar, x1, top)
    words = joined(area, beam, NECK, REACH)
    check_strength(words, WEAK)
    tails = area ^ rectangle(x0, -BELOW, x1, top - bar)
    found = words
    for number in range(sticks.count):
        middle = x0 + (x1 - x0) * (2 * number + 1) / (2 * sticks.count)
        found = found + _stick(
            _beside(tails, middle, (x1 - x0) / (4 * sticks.count), sticks), top - bar / 2, sticks, bar
        )
    # Corners as round as a nozzle makes them anyway; slits too narrow for it are closed.
    return thinned(grown(grown(found, 0.1), -0.1), DETAIL)


def _beside(tails: Area, x: float, most: float, sticks: Sticks) -> float:
    """The place next to ``x``, at most so far away, where a stick hides no letter's tail; ``x`` where there is none."""
    half = sticks.width / 2 + AIR
    for step in range(int(most / STEP)):
        for there in (x + step * STEP, x - step * STEP):
            if (tails ^ rectangle(there - half, -BELOW, there + half, BELOW)).is_empty():
                return there
    return x


def _stick(x: float, top: float, sticks: Sticks, bar: float) -> Area:
    """From the bar down, its last part a point."""
    half, end = sticks.width / 2, top - bar / 2 - sticks.length
    point = end + 2 * sticks.width
    side = [(half, top), (half, point), (TIP, end)]
    corners = [*((x - out, y) for out, y in side), *((x + out, y) for out, y in reversed(side))]
    return CrossSection([corners], FillRule.NonZero)
