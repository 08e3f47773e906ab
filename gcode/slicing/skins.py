"""What of a layer's inside is solid, because the part ends above or below it, and what is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gcode.slicing.areas import CRUMB, Area, offset, opened, parts
from gcode.slicing.bridges import Bridge
from gcode.slicing.profile import Profile, Role
from gcode.slicing.sections import Section

SEEN: Final = 0.5
"""mm2 of a solid place that nothing lies on, above which it is a top."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What is to be filled in one way; it may have several pieces."""

    role: Role
    area: Area
    angle: float = 0.0
    """Of a bridge's lines."""


def covered(sections: Sequence[Section], wanted: int, own: Section) -> Area | None:
    """What all of these layers cover; None where each covers what ``own`` does. Nothing where there are too few."""
    if len(sections) < wanted:
        return Area()
    different = {section.digest: section.area for section in sections[:wanted] if section.digest != own.digest}
    if not different:
        return None
    first, *rest = different.values()
    for area in rest:
        first = first ^ area
    return first


def sparse_of(inside: Area, deep: Area | None, profile: Profile) -> Area:
    """What of a layer's inside is sparse. ``deep``: what lies deep enough within the part; None: all of it."""
    if profile.infill.density >= 1:
        return Area()
    places = opened(inside if deep is None else inside ^ deep, 2 * profile.widths.sparse)
    return Area.compose([part for part in parts(places) if part.area() >= profile.infill.least_area])


def skins(inside: Area, sparse: Area, seen: Area, bridges: Sequence[Bridge], profile: Profile) -> list[Place]:
    """The places of what lies inside of walls. ``seen``: what nothing lies on."""
    # What is narrower than half a bead is what a sparse place's corners lost by being opened.
    solid = opened(inside - sparse, profile.widths.sparse / 2)
    found: list[Place] = []
    for bridge in bridges:
        found.append(Place(Role.BRIDGE, solid ^ bridge.area, bridge.angle))
        solid = solid - bridge.area
    tops: list[Area] = []
    others: list[Area] = []
    for part in parts(solid):
        top = (part ^ seen).area() > SEEN
        (tops if top else others).append(part)
    found += [Place(Role.TOP, Area.compose(tops)), Place(Role.SOLID, Area.compose(others))]
    if profile.infill.density > 0:
        found.append(Place(Role.SPARSE, sparse))
    return [place for place in found if not place.area.is_empty()]


def deep(above: Sequence[Section], below: Sequence[Section], own: Section, profile: Profile) -> Area | None:
    """What lies deep enough within the part to be sparse: covered by so many layers above and below.

    Skins go on a wall's thickness into what is covered, so that walls that lean stay closed.
    """
    over = covered(above, profile.top_layers, own)
    under = covered(below, profile.bottom_layers, own)
    if over is None or under is None:
        both = under if over is None else over
    else:
        both = over ^ under
    if both is None or both.area() < CRUMB:
        return both
    return offset(both, -profile.perimeters * profile.widths.inner)
