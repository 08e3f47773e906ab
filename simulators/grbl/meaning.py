"""What a block means, or the error that refuses it (gcode.c, step 3). Nothing is done here, and no state changes.

Lengths in mm and feeds in mm/min, in machine coordinates: what the firmware computes before it executes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from simulators.grbl.store import ORIGIN, SYSTEMS, Point
from simulators.grbl.words import Claim, Modal, Refused, Words

INCH = 25.4
NUMBER_MOST = 10_000_000
PLANES: Mapping[str, tuple[int, int, int]] = {"G17": (0, 1, 2), "G18": (2, 0, 1), "G19": (1, 2, 0)}
ARCS = ("G2", "G3")
JOGGED = frozenset(("distance", "units", "action"))
"""The groups that a jog may use."""


@dataclass(slots=True)
class Parser:
    """The state that blocks build on. ``position``: where the last one ends."""

    modal: Modal = Modal()  # noqa: RUF009  (frozen)
    feed: float = 0.0
    speed: float = 0.0
    tool: int = 0
    position: Point = ORIGIN
    system: Point = ORIGIN
    shift: Point = ORIGIN
    """G92."""
    length: float = 0.0
    """G43.1."""

    def offset(self, system: Point | None = None) -> Point:
        """Machine minus work coordinates."""
        x, y, z = system if system is not None else self.system
        dx, dy, dz = self.shift
        return x + dx, y + dy, z + dz + self.length


@dataclass(frozen=True, slots=True)
class Arc:
    """In the plane of ``axes`` around a centre; ``axes[2]`` is the one along which it may climb."""

    axes: tuple[int, int, int]
    centre: tuple[float, float]
    radius: float
    clockwise: bool


@dataclass(slots=True)
class Meaning:
    modal: Modal
    claim: Claim
    action: str
    feed: float
    speed: float
    tool: int
    number: int
    system: Point
    """The work coordinate system that holds from this block on."""
    moves: bool = False
    """It has axis words, and a motion takes them."""
    target: Point = ORIGIN
    place: Point = ORIGIN
    """G28, G30: where it ends; G10: the new data; G92: the new offset."""
    stored: str = ""
    """G10: which system."""
    dwell: float = 0.0
    arc: Arc | None = None


@dataclass(slots=True)
class _Case:
    """One block on its way to a meaning."""

    words: Words
    parser: Parser
    coordinates: Mapping[str, Point]
    jog: bool
    axes: frozenset[int]
    xyz: list[float]
    unused: set[str] = field(default_factory=set)


def resolve(words: Words, parser: Parser, coordinates: Mapping[str, Point], jog: bool) -> Meaning:
    """Raises :class:`Refused`."""
    if jog:
        motion = words.modal.motion if "motion" in words.groups else "G1"
        words.modal = replace(words.modal, motion=motion, feed="G94")
    values, modal = words.values, words.modal
    axes = frozenset(index for index, letter in enumerate("XYZ") if letter in values)
    if axes and words.claim is Claim.NONE:
        words.claim = Claim.MOTION
    if values.get("N", 0) > NUMBER_MOST:
        raise Refused(27)
    unit = INCH if modal.units == "G20" else 1.0
    case = _Case(words, parser, coordinates, jog, axes, [values.get(letter, 0.0) * unit for letter in "XYZ"])
    case.unused = set(values) - set("NF" if jog else "NFST")
    meaning = Meaning(
        modal,
        words.claim,
        words.action,
        _feed(case),
        values.get("S", parser.speed),
        int(values.get("T", parser.tool)),
        int(values.get("N", 0)),
        coordinates[modal.system] if "system" in words.groups else parser.system,
    )
    if words.action == "G4":
        if "P" not in values:
            raise Refused(28)
        meaning.dwell = values["P"]
        case.unused.discard("P")
    if words.claim is Claim.LENGTH and modal.length == "G43.1" and axes != {2}:
        raise Refused(37)
    ACTIONS.get(words.action, _aim)(case, meaning)
    _motion(case, meaning)
    if meaning.claim is not Claim.NONE:
        case.unused -= set("XYZ")
    if case.unused:
        raise Refused(36)
    if jog and (words.groups - JOGGED or words.action not in ("", "G53") or not axes):
        raise Refused(16)
    return meaning


def _feed(case: _Case) -> float:
    """mm/min; in G93 one over minutes."""
    words, modal = case.words, case.words.modal
    given = words.values.get("F")
    unit = INCH if modal.units == "G20" else 1.0
    if case.jog:
        if given is None:
            raise Refused(22)
        return given * unit
    if modal.feed == "G93":
        if given is None and words.claim is Claim.MOTION and modal.motion not in ("G0", "G80"):
            raise Refused(22)
        return given or 0.0
    if case.parser.modal.feed == "G93":  # it was undefined, and what comes is taken as it is
        return given or 0.0
    return case.parser.feed if given is None else given * unit


def _aim(case: _Case, meaning: Meaning) -> None:
    """The target of the axis words, by distance mode and offsets."""
    position = list(case.parser.position)
    if meaning.claim is not Claim.LENGTH:
        offset = case.parser.offset(meaning.system)
        for axis in case.axes:
            value = case.xyz[axis]
            if meaning.action == "G53":
                position[axis] = value
            elif meaning.modal.distance == "G90":
                position[axis] = value + offset[axis]
            else:
                position[axis] += value
    else:
        position[2] = case.xyz[2]
    meaning.target = (position[0], position[1], position[2])
    if meaning.action == "G53" and meaning.modal.motion not in ("G0", "G1"):
        raise Refused(30)


def _go_home(case: _Case, meaning: Meaning) -> None:
    """G28, G30: by way of the axis words, if any, to the stored place."""
    _aim(case, meaning)
    place = list(case.coordinates[meaning.action])
    if case.axes:
        for axis in {0, 1, 2} - case.axes:
            place[axis] = case.parser.position[axis]
    else:
        meaning.claim = Claim.NONE
    meaning.place = (place[0], place[1], place[2])


def _set_data(case: _Case, meaning: Meaning) -> None:
    """G10 L2 and L20."""
    values = case.words.values
    if not case.axes:
        raise Refused(26)
    if "P" not in values and "L" not in values:
        raise Refused(28)
    index, how = int(values.get("P", 0)), int(values.get("L", 0))
    if index > len(SYSTEMS):
        raise Refused(29)
    if how not in (2, 20) or (how == 2 and "R" in values):
        raise Refused(20)
    case.unused -= {"L", "P"}
    meaning.stored = SYSTEMS[index - 1] if index else meaning.modal.system
    data = list(case.coordinates[meaning.stored])
    parser = case.parser
    for axis in case.axes:
        data[axis] = case.xyz[axis]
        if how == 20:
            data[axis] = parser.position[axis] - parser.shift[axis] - case.xyz[axis]
            data[axis] -= parser.length if axis == 2 else 0.0
    meaning.place = (data[0], data[1], data[2])


def _shift(case: _Case, meaning: Meaning) -> None:
    """G92."""
    if not case.axes:
        raise Refused(26)
    parser = case.parser
    shift = list(parser.shift)
    for axis in case.axes:
        shift[axis] = parser.position[axis] - meaning.system[axis] - case.xyz[axis]
        shift[axis] -= parser.length if axis == 2 else 0.0
    meaning.place = (shift[0], shift[1], shift[2])


ACTIONS: Mapping[str, Callable[[_Case, Meaning], None]] = {
    "G10": _set_data,
    "G28": _go_home,
    "G30": _go_home,
    "G92": _shift,
}


def _motion(case: _Case, meaning: Meaning) -> None:
    motion = meaning.modal.motion
    if motion == "G80":
        if case.axes:
            raise Refused(31)
        return
    if meaning.claim is not Claim.MOTION:
        return
    if motion != "G0" and meaning.feed == 0:
        raise Refused(22)
    if motion in ("G0", "G1"):
        if not case.axes:
            meaning.claim = Claim.NONE
    elif not case.axes:
        raise Refused(26)
    elif motion in ARCS:
        meaning.arc = _arc(case, meaning)
    elif meaning.target == case.parser.position:
        raise Refused(33)
    meaning.moves = meaning.claim is Claim.MOTION


def _arc(case: _Case, meaning: Meaning) -> Arc:
    values, position, target = case.words.values, case.parser.position, meaning.target
    axes = PLANES[meaning.modal.plane]
    first, second, _ = axes
    clockwise = meaning.modal.motion == "G2"
    unit = INCH if meaning.modal.units == "G20" else 1.0
    if not case.axes & {first, second}:
        raise Refused(32)
    x, y = target[first] - position[first], target[second] - position[second]
    if "R" in values:
        case.unused.discard("R")
        if target == position:
            raise Refused(33)
        offset = _by_radius(x, y, values["R"] * unit, clockwise)
        return Arc(
            axes, (position[first] + offset[0], position[second] + offset[1]), abs(values["R"]) * unit, clockwise
        )
    if not {"IJK"[first], "IJK"[second]} & set(values):
        raise Refused(35)
    case.unused -= set("IJK")
    i, j = values.get("IJK"[first], 0.0) * unit, values.get("IJK"[second], 0.0) * unit
    radius = math.hypot(i, j)
    off = abs(math.hypot(x - i, y - j) - radius)
    if off > 0.5 or (off > 0.005 and off > 0.001 * radius):
        raise Refused(33)
    return Arc(axes, (position[first] + i, position[second] + j), radius, clockwise)


def _by_radius(x: float, y: float, radius: float, clockwise: bool) -> tuple[float, float]:
    """From the start to the centre. A negative radius asks for the longer way round."""
    square = 4 * radius * radius - x * x - y * y
    chord = math.hypot(x, y)
    if square < 0 or chord == 0:
        raise Refused(34)
    height = math.sqrt(square) / chord
    if clockwise == (radius > 0):
        height = -height
    return (x - y * height) / 2, (y + x * height) / 2
