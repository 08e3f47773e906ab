"""What is done so that the first layer sticks, and comes out as large as it should: brim, skirt, elephant's foot."""

from __future__ import annotations

from collections.abc import Sequence

from gcode.geometry import Line, signed
from gcode.slicing.areas import Area, area_of, closed, contours, offset, opened
from gcode.slicing.profile import Profile


def pressed(area: Area, profile: Profile) -> Area:
    """The first layer, smaller by what it spreads. What is too narrow for that stays as it is."""
    by = profile.elephant_foot
    if not by:
        return area
    narrow = area - opened(area, 2 * by + profile.widths.first)
    return offset(area, -by) + opened(narrow, profile.least_bead)


def brim(area: Area, profile: Profile) -> list[Line]:
    """Closed lines around the outside of an area, the outermost first."""
    width = profile.widths.first
    count = max(0, round(profile.adhesion.brim / width))
    outside = without_holes(area)
    rings = []
    for number in reversed(range(count)):
        grown = without_holes(offset(outside, profile.adhesion.brim_gap + (number + 0.5) * width))
        rings += [closed(line) for line in contours(grown)]
    return rings


def skirt(areas: Sequence[Area], profile: Profile) -> list[Line]:
    """Closed lines around everything, the outermost first."""
    width, adhesion = profile.widths.first, profile.adhesion
    around = Area.batch_hull(list(areas)) if areas else Area()
    away = adhesion.skirt_distance + (adhesion.brim + adhesion.brim_gap if adhesion.brim else 0.0)
    rings = [offset(around, away + (number + 0.5) * width) for number in reversed(range(adhesion.skirt))]
    return [closed(line) for ring in rings for line in contours(ring)]


def without_holes(area: Area) -> Area:
    """What its outer contours enclose."""
    return area_of([line for line in contours(area) if signed(line) > 0])
