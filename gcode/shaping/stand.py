"""Letters that stand by themselves on a foot. They are printed lying on their backs, the foot upright: mm."""

from __future__ import annotations

from typing import Final

from gcode.shaping.areas import prism, rectangle
from gcode.shaping.dress import BODY, Bodies
from gcode.shaping.joined import check_strength, joined
from gcode.slicing.areas import Area

DEEP: Final = 0.5
"""Of the foot's thickness by which letters sink into it."""
NECK: Final = 3.0
"""mm: how wide what joins dots and accents is."""
REACH: Final = 20.0
WEAK: Final = 1.6
"""mm: letters that are narrower somewhere break."""


def stand(area: Area, thickness: float, foot: float, depth: float) -> Bodies:
    """Letters this thick on a foot of this thickness and depth. Raises ShapeError where they would fall apart."""
    x0, y0, x1, _ = area.bounds()
    # Under the lowest letter: what has a tail keeps it, and the others get a neck.
    under = rectangle(x0, y0 - (1 - DEEP) * foot, x1, y0 + DEEP * foot)
    words = joined(area, under, NECK, REACH)
    check_strength(words, WEAK)
    return {BODY: prism(words, 0.0, thickness) + prism(under, 0.0, depth)}
