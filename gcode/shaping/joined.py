"""Letters that stand alone: what would fall out of them is joined to the rest, or the reason told why not. mm."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from manifold3d import CrossSection

from gcode.shaping.areas import grown, pieces, rectangle, section
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import Area, polygons

INTO: Final = 0.5
"""Of the least width of necks, that one reaches into what it joins."""
STOUT: Final = 0.6
"""Of the greatest width of what is joined, that its neck is wide."""
CORE: Final = 0.8
"""Of half of that width, that a neck begins away from the edge: so it stands in the middle of a slanted accent, too."""
WEAK: Final = 2.0
"""mm2: a piece that hangs on something too thin is one if it is larger than this; smaller ones are serifs and tips."""
MOST: Final = 100
"""Pieces that are joined: far more than a line of words has dots and accents."""
STRIPS: Final = 60
"""Of the height of words, in which ink is counted."""
MUCH: Final = 0.5
"""Of the ink at the fullest heights, that is on the line that letters stand on."""


def joined(area: Area, main: Area, neck: float, reach: float) -> Area:
    """The area and its ``main`` part as one piece: what does not touch it is joined to the nearest part that does, by
    a neck so wide and at most ``reach`` long. Raises ShapeError, with the place of what is too far away."""
    whole, *loose = _apart(area + main, main)
    if len(loose) > MOST:
        reason = f"There are {len(loose)} pieces that stand alone, {MOST} can be joined."
        raise ShapeError(reason, "Please send something simpler.")
    for _ in range(len(loose)):
        if not loose:
            break
        near = [shapely.distance(polygons([whole]), polygons([piece])) for piece in loose]
        at = int(np.argmin(near))
        piece = loose.pop(at)
        if near[at] > reach:
            x, y = _middle(piece)
            reason = f"What is at {x:.0f}, {y:.0f} mm is {near[at]:.1f} mm away from the rest, and would fall out."
            raise ShapeError(reason, f"Please leave it out, or move it nearer than {reach:g} mm.")
        whole, *loose = _apart(whole + piece + _neck(whole, piece, neck) + _all(loose), main)
    if loose:
        raise ShapeError("The letters could not be joined.", "Please choose another typeface.")
    return whole


def check_strength(area: Area, least: float) -> None:
    """Raises ShapeError where the piece falls apart when all that is narrower than ``least`` mm breaks."""
    firm = [piece for piece in pieces(grown(area, -least / 2)) if grown(piece, least / 2).area() > WEAK]
    if len(firm) != 1:
        reason = f"The letters are narrower than {least:g} mm somewhere, and would break there."
        raise ShapeError(reason, "Please choose a bolder typeface, or a larger size.")


def _apart(area: Area, main: Area) -> list[Area]:
    """Pieces, the one with most of ``main`` first."""
    return sorted(pieces(area), key=lambda piece: -(piece ^ main).area())


def _all(areas: list[Area]) -> Area:
    return Area.compose(areas) if areas else CrossSection()


def _neck(whole: Area, piece: Area, least: float) -> Area:
    """A strip between the two where they are nearest, as stout as the piece."""
    shape = polygons([piece])
    reach = float(shapely.length(shapely.maximum_inscribed_circle(shape, tolerance=0.01)))
    core = shapely.buffer(shape, -CORE * reach)
    line = shapely.shortest_line(polygons(pieces(whole)), shape if core.is_empty else core)
    (x0, y0), (x1, y1) = shapely.get_coordinates(line).tolist()
    width = max(least, 2 * STOUT * reach)
    far = float(np.hypot(x1 - x0, y1 - y0)) or 1.0
    dx, dy = (x1 - x0) / far * INTO * least, (y1 - y0) / far * INTO * least
    return section(shapely.LineString([(x0 - dx, y0 - dy), (x1, y1)]).buffer(width / 2, cap_style="flat"))


def _middle(area: Area) -> tuple[float, float]:
    x0, y0, x1, y1 = area.bounds()
    return (x0 + x1) / 2, (y0 + y1) / 2


def baseline(area: Area) -> float:
    """The height that most of the letters stand on: below it there are only tails, which have little ink. Letters of
    a script are all one piece, so it is told by how much ink is at each height."""
    x0, y0, x1, y1 = area.bounds()
    heights = np.linspace(y0, y1, STRIPS + 1)
    strips = zip(heights[:-1].tolist(), heights[1:].tolist(), strict=True)
    ink = np.array([(area ^ rectangle(x0, low, x1, high)).area() for low, high in strips])
    return float(heights[int(np.argmax(ink >= MUCH * np.quantile(ink, 0.9)))])
