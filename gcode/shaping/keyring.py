"""A plate that follows the outline of words, with a loop where they begin. mm."""

from __future__ import annotations

from typing import Final

from gcode.shaping.areas import closed, disc, filled, grown, pieces
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import Area

GAP: Final = 4.0
"""mm: letters and words that lie nearer together than this share one plate."""
NECK: Final = 0.4
"""mm: narrower notches between loop and plate are filled."""


def plate(area: Area, border: float, hole: float, loop: float) -> Area:
    """What the plate covers: a border around the words, and beside it a hole this wide in a loop this wide. Raises
    ShapeError where the words do not hang together."""
    found = filled(closed(grown(area, border), GAP))
    if len(pieces(found)) > 1:
        reason = f"The words lie so far apart that a border of {border:g} mm does not hold them together."
        raise ShapeError(reason, "Please choose a wider border, or leave less space between them.", "border")
    left, radius = found.to_polygons()[0], hole / 2
    x, y = left[left[:, 0].argmin()].tolist()
    # The hole lies beside the plate, so that it never meets the words; the loop around it reaches into the plate.
    ring = disc(x - radius, y, radius + loop) - disc(x - radius, y, radius)
    return closed(found + ring, NECK)
