"""One layer of a body as it is laid: walls, gaps, skins and infill of each island, in order, and the ways between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np

from gcode.geometry import Line
from gcode.order import ordered
from gcode.slicing.adhesion import brim, pressed
from gcode.slicing.areas import CRUMB, Area, Fence, contours, parts, settled
from gcode.slicing.beads import Bead, Layer, Step, bead
from gcode.slicing.bridges import Bridge, Overhang, over_nothing
from gcode.slicing.comb import Comb
from gcode.slicing.fill import Rooms, Turn, filled, single, speed_of, wide
from gcode.slicing.overhang import carried_by, leans, parted
from gcode.slicing.profile import Profile, Role
from gcode.slicing.seam import begun
from gcode.slicing.sections import Section
from gcode.slicing.skins import Place, deep, skins, sparse_of
from gcode.slicing.walls import Ring, walls
from gcode.units import FloatArray, IntArray

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
        told = self._told(self.turn.number)
        for side in (self.below, self.above):
            told.update(b"|")
            for section in side:
                told.update(section.digest)
        return told.digest()

    def surroundings(self, frame: Frame) -> Surroundings:
        """What of the layers around it matters to this one."""
        own, profile = self.own, self.profile
        sparse = Area()
        if not frame.inside.is_empty():
            sparse = sparse_of(frame.inside, deep(self.above, self.below, own, profile), profile)
        sparse, sparse_digest = settled(sparse)
        turn, seen, seen_digest = self.turn, own.area, b"all"
        if self.above:
            lies_open = self.above[0].digest != own.digest
            seen, seen_digest = settled(own.area - self.above[0].area if lies_open else Area())
        if sparse.is_empty() and not frame.roomy:
            # Every bead follows from the walls: neither lines' direction nor what lies above matters.
            turn, seen, seen_digest = Turn(0), Area(), b""
        below = self.below[0] if self.below else None
        hangs = below is not None and below.digest != own.digest and (own.area - below.area).area() > CRUMB
        told = self._told(turn.number)
        for digest in (sparse_digest, seen_digest, below.digest if below is not None and hangs else b""):
            told.update(b"|" + digest)
        return Surroundings(sparse, seen, below.area if below is not None and hangs else None, turn, told.digest())

    def _told(self, turn: int) -> hashlib._Hash:
        said = repr((self.first, turn, self.own.height)).encode()
        return hashlib.sha256(self.fingerprint + said + self.own.digest)


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What of the layers around a layer matters to it. Layers with the same digest are laid in the same way."""

    sparse: Area
    """What is deep enough within the part to be sparse."""
    seen: Area
    """What nothing lies on."""
    below: Area | None
    """What the layer below covers, where it does not carry all of this one."""
    turn: Turn
    digest: bytes


def window(sections: Sequence[Section], number: int, profile: Profile, fingerprint: bytes) -> Window:
    """The layer of this number among all layers of a body."""
    low, high = max(1, profile.bottom_layers), max(1, profile.top_layers)
    below = tuple(reversed(sections[max(0, number - low) : number]))
    return Window(sections[number], below, tuple(sections[number + 1 : number + 1 + high]), profile, fingerprint)


@dataclass(frozen=True, eq=False)
class Frame:
    """What of a layer follows from its own area alone: islands, each with its walls and what fills gaps in them."""

    islands: tuple[Area, ...]
    walls: tuple[tuple[Bead, ...], ...]
    """Of each island."""
    inside: Area
    """Of all islands."""
    width: float
    """Of lines that would fill it."""
    combs: tuple[Comb, ...] = ()
    """Of each island: layers with these walls have many ways in common."""

    @cached_property
    def roomy(self) -> bool:
        """Whether there is room for lines at all."""
        return not wide(self.inside, self.width).is_empty()

    def owners(self, points: FloatArray) -> IntArray:
        """The number of the island that each point lies in, or next to."""
        owner = np.zeros(len(points), dtype=np.int64)
        for number, island in enumerate(self.islands if len(self.islands) > 1 else ()):
            x0, y0, x1, y1 = island.bounds()
            near = np.flatnonzero(((points >= [x0, y0]) & (points <= [x1, y1])).all(axis=1))
            owner[near[Fence(contours(island)).holds(points[near])]] = number
        return owner


def frame(own: Section, profile: Profile) -> Frame:
    """The islands of a layer and their walls."""
    first = own.number == 0
    islands = parts(pressed(own.area, profile) if first else own.area)
    walled = [walls(island, profile, first=first) for island in islands]
    width = profile.widths.first if first else profile.widths.solid
    bare = Frame(tuple(islands), (), Area.compose([one.inside for one in walled]), width)
    narrow = Area.compose([one.gaps for one in walled])
    gaps = _shared(single(narrow, Role.GAP, profile, own.height, first=first), bare, _middle)
    beads = []
    for one, mine in zip(walled, gaps, strict=True):
        nests = [_nest(nest, own, profile) for nest in one.nests]
        rings = [ring for nest in _sorted(nests, lambda nest: nest[0].points[0], None) for ring in nest]
        beads.append((*rings, *in_order(mine, rings)))
    combs = tuple(Comb(island, profile.widths.outer) for island in islands)
    return Frame(bare.islands, tuple(beads), bare.inside, width, combs)


def _middle(one: Bead) -> FloatArray:
    """A point of a bead that lies well inside of its island."""
    half: FloatArray = one.points[len(one.points) // 2 - 1 :][:2].mean(axis=0)
    return half


def _shared(things: Sequence[_T], frame: Frame, place: Callable[[_T], FloatArray]) -> list[list[_T]]:
    """Things by the island that they lie in."""
    shares: list[list[_T]] = [[] for _ in frame.islands]
    if things:
        for thing, owner in zip(things, frame.owners(np.array([place(one) for one in things])).tolist(), strict=True):
            shares[owner].append(thing)
    return shares


def _nest(nest: Sequence[Ring], own: Section, profile: Profile) -> list[Bead]:
    """Rings within each other: the inner ones first, unless the profile says otherwise."""
    beads = []
    for ring in nest if profile.outer_first else reversed(nest):
        role = Role.INNER if ring.number else Role.OUTER
        speed = speed_of(role, ring.width, own.height, profile, first=own.number == 0)
        beads.append(bead(role, begun(ring.line, profile.seam), ring.width, own.height, speed))
    return beads


def plan(window: Window, around: Surroundings, framed: Frame, rooms: Rooms) -> Layer:
    """The layer, from what it depends on alone. ``framed``: its frame."""
    own, profile = window.own, window.profile
    bridges: list[Bridge] = []
    overhangs: list[Overhang] = []
    if around.below is not None:
        bridges, overhangs = over_nothing(own.area, around.below, own.height, profile)
    steps = _brim(framed, own, profile) if window.first else []
    fills = _fills(skins(framed.inside, around.sparse, around.seen, bridges, profile), window, around.turn, rooms)
    groups = [_shared(beads, framed, _middle) for beads in fills]
    carried = _fence(own, around.below, profile)
    islands = []
    for number, comb in enumerate(framed.combs):
        beads = list(framed.walls[number])
        if carried is not None:
            beads = parted(beads, carried, profile)
        for group in groups:
            beads += in_order(group[number], beads)
        if beads:
            islands.append((comb, beads))
    here = steps[-1].bead.points[-1] if steps else None
    for comb, beads in _sorted(islands, lambda one: one[1][0].points[0], here):
        steps += joined(beads, steps[-1].bead.points[-1] if steps else None, comb, profile)
    return Layer(tuple(steps), around.digest, own.area, tuple(overhangs))


def _fence(own: Section, below: Area | None, profile: Profile) -> Fence | None:
    """Around where walls are carried by the layer below; None where all of them are."""
    if below is None:
        return None
    carried = carried_by(below, own.height, profile)
    return Fence(contours(carried)) if leans(own.area, carried, profile) else None


def _fills(places: Sequence[Place], window: Window, turn: Turn, rooms: Rooms) -> tuple[list[Bead], list[Bead]]:
    """The beads of solid places, and those of sparse ones."""
    solid: list[Bead] = []
    sparse: list[Bead] = []
    for place in places:
        beads = filled(place, turn, window.profile, window.own.height, rooms, first=window.first)
        (sparse if place.role is Role.SPARSE else solid).extend(beads)
    return solid, sparse


def _brim(framed: Frame, own: Section, profile: Profile) -> list[Step]:
    if not profile.adhesion.brim or not framed.islands:
        return []
    width = profile.widths.first
    speed = speed_of(Role.BRIM, width, own.height, profile, first=True)
    rings = brim(Area.compose(list(framed.islands)), profile)
    return joined([bead(Role.BRIM, ring, width, own.height, speed) for ring in rings], None, None, profile)


def in_order(beads: Sequence[Bead], before: Sequence[Bead]) -> list[Bead]:
    """The beads with short ways between them, from where the last one before them ended. Seams stay where they are."""
    if len(beads) < 2:
        return list(beads)
    order = _order([one.points[[0, -1]] for one in beads], before[-1].points[-1] if before else None)
    return [_turned(beads[number]) if back else beads[number] for number, back in order]


def _turned(one: Bead) -> Bead:
    return Bead(one.role, one.points[::-1], one.widths[::-1], one.height, one.speed)


def _sorted(things: Sequence[_T], place: Callable[[_T], FloatArray], here: FloatArray | None) -> list[_T]:
    """With short ways between them, each by one of its places."""
    if len(things) < 2:
        return list(things)
    return [things[number] for number, _ in _order([np.stack([place(thing)] * 2) for thing in things], here)]


def _order(ends: Sequence[Line], here: FloatArray | None) -> list[tuple[int, bool]]:
    """An order with short ways between strokes, each by its number, and whether it is gone from its last point."""
    numbers: dict[tuple[bytes, bytes], list[int]] = {}
    for number, (first, last) in enumerate(ends):
        numbers.setdefault((first.tobytes(), last.tobytes()), []).append(number)
    found = []
    for first, last in ordered(ends, None if here is None else (float(here[0]), float(here[1])), effort=0):
        key = (first.tobytes(), last.tobytes())
        back = not numbers.get(key)
        found.append((numbers[key[::-1] if back else key].pop(0), back))
    return found


def joined(beads: Sequence[Bead], here: FloatArray | None, comb: Comb | None, profile: Profile) -> list[Step]:
    """Beads with the ways to them. Without an island's comb, every way that is long enough is one over nothing."""
    if not beads:
        return []
    begins = np.array([one.points[-1] for one in beads[:-1]]).reshape(-1, 2)
    ends = np.array([one.points[0] for one in beads[1:]]).reshape(-1, 2)
    inside: list[Line | None] = [None] * len(begins)
    if comb is not None and len(begins):
        inside = comb.ways(begins, ends)
    far = np.hypot(*(ends - begins).T) >= profile.retraction.least_travel
    away = here is not None and float(np.hypot(*(beads[0].points[0] - here))) >= profile.retraction.least_travel
    steps = [Step(beads[0], _NOTHING, retract=away)]
    for one, way, long in zip(beads[1:], inside, far.tolist(), strict=True):
        steps.append(Step(one, _NOTHING if way is None or not long else way, retract=way is None and long))
    return steps
