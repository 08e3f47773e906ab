"""A place filled by beads, by its role. The beads of a solid place share its volume exactly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.slicing.areas import Area, contours, offset, opened, parts
from gcode.slicing.beads import Bead, bead
from gcode.slicing.gyroid import gyroid, layers_of
from gcode.slicing.lattice import fitted, regular
from gcode.slicing.link import Chain
from gcode.slicing.middle import middles
from gcode.slicing.profile import Pattern, Profile, Role
from gcode.slicing.skins import Place
from gcode.slicing.walls import NEAREST
from gcode.units import FloatArray

OVERLAP: Final = 0.2
"""Of a bead's width by which infill runs into walls, so that they hold together."""
LINK: Final = 4.0
"""Widths: lines of a solid place whose ends are nearer along its edge are joined by a bead like themselves."""
LONG_LINK: Final = 60.0
"""Widths: those whose ends are this near by a thin one."""
WEDGE: Final = 0.5
"""Of a bead's width that such a thin one has."""
SPARSE_LINK: Final = 2.0
"""Distances of their lines: those of sparse places whose ends are nearer along the edge are joined."""
SHARED: Final = (0.75, 1.25)
"""Of the width that was asked for: how far beads of a solid place may be narrower or wider, to fill it exactly."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What of a layer's number matters to its infill."""

    number: int

    @classmethod
    def of(cls, number: int, profile: Profile) -> Turn:
        """Equal for layers that are filled in the same way."""
        infill = profile.infill
        wavy = infill.pattern is Pattern.GYROID and 0 < infill.density < 1
        return cls(number % (_repeats(profile) if wavy else 2))

    @property
    def odd(self) -> bool:
        return self.number % 2 == 1


def _repeats(profile: Profile) -> int:
    return layers_of(profile.widths.sparse, profile.infill.density, profile.height)


@dataclass(frozen=True, slots=True)
class Room:
    """A solid place parted into what lines fill and what single beads do, whatever direction the lines have."""

    wide: tuple[Area, ...]
    narrow: tuple[Bead, ...]


class Rooms:
    """Solid places that were parted before: those of the next layer differ in the direction of lines alone."""

    def __init__(self, most: int = 200) -> None:
        self._known: OrderedDict[tuple[Profile, float, bool, bytes], Room] = OrderedDict()
        self._most = most

    def of(self, area: Area, profile: Profile, height: float, first: bool) -> Room:
        key = (profile, height, first, b"|".join(line.tobytes() for line in contours(area)))
        room = self._known.get(key)
        if room is None:
            room = self._known[key] = _parted(area, profile, height, first)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return room


def _parted(area: Area, profile: Profile, height: float, first: bool) -> Room:
    hatched = wide(area, profile.widths.first if first else profile.widths.solid)
    narrow = opened(area - hatched, profile.least_bead)
    return Room(tuple(parts(hatched)), tuple(single(narrow, Role.GAP, profile, height, first=first)))


def filled(place: Place, turn: Turn, profile: Profile, height: float, rooms: Rooms, *, first: bool) -> list[Bead]:
    """The beads of a place."""
    return _FILLS[place.role](place, turn, profile, height, first, rooms)


def speed_of(role: Role, width: float, height: float, profile: Profile, *, first: bool) -> float:
    """By role, and slower where the hot end would not melt as much."""
    return float(min(profile.speeds.of(role, first), profile.max_flow / (width * height)))


def single(area: Area, role: Role, profile: Profile, height: float, *, first: bool) -> list[Bead]:
    """Beads along the middle of narrow places."""
    width = profile.widths.first if first else profile.widths.solid
    found = middles(area, profile.least_bead, (1 + NEAREST) * width * 1.1)
    return [
        bead(
            role,
            line.points,
            line.widths,
            height,
            speed_of(role, float(line.widths.max()), height, profile, first=first),
        )
        for line in found
    ]


def wide(area: Area, width: float) -> Area:
    """Where there is room for two beads side by side: it is filled by lines, the rest by single beads."""
    return opened(area, (1 + NEAREST) * width)


def _solid(place: Place, turn: Turn, profile: Profile, height: float, first: bool, rooms: Rooms) -> list[Bead]:
    width = profile.widths.first if first else profile.widths.solid
    angle = profile.infill.angle + (90.0 if turn.odd else 0.0)
    room = rooms.of(place.area, profile, height, first)
    beads = list(room.narrow)
    for part in room.wide:
        beads += _hatched(part, place.role, angle, width, 1.0, profile, height, first)
    return beads


def _bridge(place: Place, _turn: Turn, profile: Profile, height: float, first: bool, _rooms: Rooms) -> list[Bead]:
    width, flow = profile.widths.solid, profile.bridge_flow
    found = [
        _hatched(part, Role.BRIDGE, place.angle, width, flow, profile, height, first) for part in parts(place.area)
    ]
    return [one for beads in found for one in beads]


def _hatched(
    part: Area, role: Role, angle: float, width: float, flow: float, profile: Profile, height: float, first: bool
) -> list[Bead]:
    """Lines side by side that share the volume of what they fill.

    A long way along the edge closes the wedge between the edge and the lines, which is half as wide as a line.
    """
    chains = fitted(_within(part, width), width, angle, LONG_LINK * width)
    shares = [np.where(chain.links > LINK * width, WEDGE, 1.0) for chain in chains]
    way = sum(float((_steps(chain) * share).sum()) for chain, share in zip(chains, shares, strict=True))
    if way <= 0:
        return []
    each = float(np.clip(part.area() / way, SHARED[0] * width, SHARED[1] * width)) * flow
    speed = speed_of(role, each, height, profile, first=first)
    return [bead(role, chain.points, each * share, height, speed) for chain, share in zip(chains, shares, strict=True)]


def _steps(chain: Chain) -> FloatArray:
    steps: FloatArray = np.hypot(*np.diff(chain.points, axis=0).T)
    return steps


def _sparse(place: Place, turn: Turn, profile: Profile, height: float, first: bool, _rooms: Rooms) -> list[Bead]:
    width = profile.widths.first if first else profile.widths.sparse
    area = _within(place.area, width)
    chains = _PATTERNS[profile.infill.pattern](area, width, turn, profile)
    speed = speed_of(Role.SPARSE, width, height, profile, first=first)
    return [bead(Role.SPARSE, chain.points, width, height, speed) for chain in chains]


def _within(area: Area, width: float) -> Area:
    """Where centre lines may go."""
    return offset(area, -width * (0.5 - OVERLAP))


def _rectilinear(area: Area, width: float, turn: Turn, profile: Profile) -> list[Chain]:
    spacing = width / profile.infill.density
    return regular(area, spacing, profile.infill.angle + (90.0 if turn.odd else 0.0), SPARSE_LINK * spacing)


def _grid(area: Area, width: float, _turn: Turn, profile: Profile) -> list[Chain]:
    spacing = 2 * width / profile.infill.density
    one, other = profile.infill.angle, profile.infill.angle + 90.0
    return [chain for angle in (one, other) for chain in regular(area, spacing, angle, SPARSE_LINK * spacing)]


def _gyroid(area: Area, width: float, turn: Turn, profile: Profile) -> list[Chain]:
    repeats = _repeats(profile)
    spacing = width / profile.infill.density
    return gyroid(area, width, profile.infill.density, turn.number / repeats, SPARSE_LINK * spacing)


_Fill = Callable[[Place, Turn, Profile, float, bool, Rooms], list[Bead]]
_FILLS: Final[Mapping[Role, _Fill]] = {
    Role.TOP: _solid,
    Role.SOLID: _solid,
    Role.BRIDGE: _bridge,
    Role.SPARSE: _sparse,
}
_PATTERNS: Final[Mapping[Pattern, Callable[[Area, float, Turn, Profile], list[Chain]]]] = {
    Pattern.RECTILINEAR: _rectilinear,
    Pattern.GRID: _grid,
    Pattern.GYROID: _gyroid,
}
