"""A cutter for dough around the outer edge of a drawing. mm.

It is printed on its rim and used the other way up: what the dough shows is the cutter's mirror image, so the cutter is
the drawing's.
"""

from __future__ import annotations

from typing import Final

from gcode.shaping.areas import filled, grown, mirrored, pieces, prism
from gcode.shaping.dress import BODY, Bodies
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import Area

NARROWEST: Final = 3.0
"""mm: dough breaks where it is narrower, and stays in the cutter."""


def cutter(area: Area, x: float, wall: float, rim: float, rim_height: float, height: float) -> Bodies:
    """A wall so wide and high around the drawing turned over at ``x``, on a rim for the hand. Raises ShapeError."""
    flat, upright = bands(area, x, wall, rim)
    return {BODY: prism(flat, 0.0, rim_height) + prism(upright, 0.0, height)}


def bands(area: Area, x: float, wall: float, rim: float) -> tuple[Area, Area]:
    """What the rim and the wall cover. Raises ShapeError."""
    # What lies inside of the outer edge, such as an eye, is no shape of its own.
    whole = filled(area)
    shapes = pieces(whole)
    if len(shapes) > 1:
        reason = f"The drawing has {len(shapes)} shapes that do not touch; a cutter has one edge."
        raise ShapeError(reason, "Please join them, or send one of them.")
    cookie = mirrored(whole, x)
    if len(pieces(grown(cookie, -NARROWEST / 2))) != 1:
        reason = f"The shape is narrower than {NARROWEST:g} mm somewhere: dough would break there."
        raise ShapeError(reason, "Please draw it wider there, or choose a larger size.")
    return grown(cookie, rim) - cookie, grown(cookie, wall) - cookie
