"""One layer of a body as it is laid: walls, gaps, skins and infill of each island, in order, and the ways between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from gcode.geometry import Line
from gcode.order import ordered
from gcode.slicing.adhesion import brim, pressed
from gcode.slicing.areas import CRUMB, Area, parts, settled
from gcode.slicing.beads import Bead, Layer, Step, bead
from gcode.slicing.bridges import Bridge, Overhang, over_nothing
from gcode.slicing.comb import ways
from gcode.slicing.fill import Turn, filled, single, speed_of
from gcode.slicing.profile import Profile, Role
from gcode.slicing.seam import begun
from gcode.slicing.sections import Section
from gcode.slicing.skins import SEEN, deep, skins
from gcode.slicing.walls import walls
from gcode.units import FloatArray

_NOTHING: Final = np.empty((0, 2))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A layer with all that it depends on: the layers around it, and how it is printed."""

    own: Section
    below: tuple[Section, ...]
    """The nearest first, as many as skins and bridges look at; fewer near the bed."""
    above: tuple[Section, ...]
    profile: Profile
    fingerprint: bytes
    """Of the profile."""

    @property
    def first(self) -> bool:
        return self.own.number == 0

    @property
    def turn(self) -> Turn:
        return Turn.of(self.own.number, self.profile)

    def digest(self) -> bytes:
        """Layers with the same digest are laid in the same way."""
        told = self._told()
        for side in (self.below, self.above):
            told.update(b"|")
            for section in side:
                told.update(section.digest)
        return told.digest()

    def surroundings(self) -> Surroundings:
        """What of the layers around it matters to this one."""
        own, profile = self.own, self.profile
        cover = deep(self.above, self.below, own, profile)
        seen: Area | None = own.area
        if self.above:
            seen = None if self.above[0].digest == own.digest else own.area - self.above[0].area
        below = self.below[0] if self.below else None
        hangs = below is not None and below.digest != own.digest and (own.area - below.area).area() > CRUMB
        cover, cover_digest = (None, b"") if cover is None else settled(cover ^ own.area)
        seen, seen_digest = (None, b"") if seen is None or seen.area() < SEEN else settled(seen)
        told = self._told()
        for digest in (cover_digest, seen_digest, below.digest if below is not None and hangs else b""):
            told.update(b"|" + digest)
        return Surroundings(cover, seen, below.area if below is not None and hangs else None, told.digest())

    def _told(self) -> hashlib._Hash:
        said = repr((self.first, self.turn.number, self.own.height)).encode()
        return hashlib.sha256(self.fingerprint + said + self.own.digest)


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What of the layers around a layer matters to it. Layers with the same digest are laid in the same way."""

    cover: Area | None
    """What is deep enough within the part to be sparse; None: all of it."""
    seen: Area | None
    """What nothing lies on."""
    below: Area | None
    """What the layer below covers, where it does not carry all of this one."""
    digest: bytes


def window(sections: Sequence[Section], number: int, profile: Profile, fingerprint: bytes) -> Window:
    """The layer of this number among all layers of a body."""
    low, high = max(1, profile.bottom_layers), max(1, profile.top_layers)
    below = tuple(reversed(sections[max(0, number - low) : number]))
    return Window(sections[number], below, tuple(sections[number + 1 : number + 1 + high]), profile, fingerprint)


@dataclass(frozen=True, slots=True, eq=False)
class Island:
    """A connected area with its walls and what fills the gaps between them: it depends on the area alone."""

    area: Area
    walls: tuple[Bead, ...]
    inside: Area


def islands(own: Section, profile: Profile) -> tuple[Island, ...]:
    """The islands of a layer, each with its walls."""
    first = own.number == 0
    return tuple(_island(part, own, profile) for part in parts(pressed(own.area, profile) if first else own.area))


def _island(area: Area, own: Section, profile: Profile) -> Island:
    first = own.number == 0
    walled = walls(area, profile, first=first)
    beads: list[Bead] = []
    nests = [_nest(nest, own, profile) for nest in walled.nests()]
    for nest in _sorted(nests, lambda nest: nest[0].points[0], None):
        beads += nest
    beads += _in_order(single(walled.gaps, Role.GAP, profile, own.height, first=first), beads)
    return Island(area, tuple(beads), walled.inside)


def _nest(nest: Sequence[tuple[int, Line]], own: Section, profile: Profile) -> list[Bead]:
    """Rings within each other: the inner ones first, unless the profile says otherwise."""
    first = own.number == 0
    beads = []
    for number, line in nest if profile.outer_first else reversed(nest):
        role = Role.INNER if number else Role.OUTER
        width = profile.widths.first if first else profile.widths.inner if number else profile.widths.outer
        speed = speed_of(role, width, own.height, profile, first=first)
        beads.append(bead(role, begun(line, profile.seam), width, own.height, speed))
    return beads


def plan(window: Window, around: Surroundings, framed: Sequence[Island]) -> Layer:
    """The layer, from what it depends on alone. ``framed``: its islands."""
    own, profile = window.own, window.profile
    bridges: list[Bridge] = []
    overhangs: list[Overhang] = []
    if around.below is not None:
        bridges, overhangs = over_nothing(own.area, around.below, own.height, profile)
    steps: list[Step] = []
    if window.first and profile.adhesion.brim > 0:
        width, speed = profile.widths.first, profile.speeds.first
        area = Area.compose([island.area for island in framed])
        steps += _joined(
            [bead(Role.BRIM, ring, width, own.height, speed) for ring in brim(area, profile)], None, None, profile
        )
    begun_at = steps[-1].bead.points[-1] if steps else None
    for island in _sorted([one for one in framed if one.walls or not one.inside.is_empty()], _beginning, begun_at):
        beads = list(island.walls)
        for place in skins(island.inside, around.cover, around.seen, bridges, profile):
            beads += _in_order(filled(place, window.turn, profile, own.height, first=window.first), beads)
        steps += _joined(beads, steps[-1].bead.points[-1] if steps else None, island.area, profile)
    return Layer(tuple(steps), around.digest, own.area, tuple(overhangs))


def _beginning(island: Island) -> FloatArray:
    if island.walls:
        first: FloatArray = island.walls[0].points[0]
        return first
    x0, y0, _, _ = island.inside.bounds()
    return np.array([x0, y0])


def _in_order(beads: Sequence[Bead], before: Sequence[Bead]) -> list[Bead]:
    """The beads with short ways between them, from where the last one before them ended. Seams stay where they are."""
    if len(beads) < 2:
        return list(beads)
    here = before[-1].points[-1] if before else None
    marks = [one.points[[0, -1]] for one in beads]
    which = {id(mark): number for number, mark in enumerate(marks)}
    start = None if here is None else (float(here[0]), float(here[1]))
    found = []
    for mark in ordered(marks, start, effort=0):
        number = which.get(id(mark))
        found.append(beads[number] if number is not None else _turned(beads[which[id(mark.base)]]))
    return found


def _turned(one: Bead) -> Bead:
    return Bead(one.role, one.points[::-1], one.widths[::-1], one.height, one.speed)


def _sorted(things: Sequence[_T], place: Callable[[_T], FloatArray], here: FloatArray | None) -> list[_T]:
    """With short ways between them, each by one of its places."""
    if len(things) < 2:
        return list(things)
    marks = [np.repeat(place(thing)[None], 2, axis=0) for thing in things]
    which = {id(mark): number for number, mark in enumerate(marks)}
    start = None if here is None else (float(here[0]), float(here[1]))
    return [things[which[id(mark) if id(mark) in which else id(mark.base)]] for mark in ordered(marks, start, effort=0)]


def _joined(beads: Sequence[Bead], here: FloatArray | None, island: Area | None, profile: Profile) -> list[Step]:
    """Beads with the ways to them. Without an island, every way that is long enough is one over nothing."""
    if not beads:
        return []
    begins = np.array([one.points[-1] for one in beads[:-1]]).reshape(-1, 2)
    ends = np.array([one.points[0] for one in beads[1:]]).reshape(-1, 2)
    inside: list[Line | None] = [None] * len(begins)
    if island is not None:
        inside = ways(island, profile.widths.outer, begins, ends)
    far = np.hypot(*(ends - begins).T) >= profile.retraction.least_travel
    away = here is not None and float(np.hypot(*(beads[0].points[0] - here))) >= profile.retraction.least_travel
    steps = [Step(beads[0], _NOTHING, retract=away)]
    for one, way, long in zip(beads[1:], inside, far.tolist(), strict=True):
        steps.append(Step(one, _NOTHING if way is None or not long else way, retract=way is None and long))
    return steps
