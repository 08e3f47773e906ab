"""Bodies on a bed as the bytes of a program: layer by layer, or one body after the other.

Each body keeps its number: the firmware is told whose turn it is (M486), so that one that failed can be left out while
the others go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from gcode.dialects import Command, Dialect, Setup
from gcode.slicing.adhesion import skirt
from gcode.slicing.areas import Area, Fence
from gcode.slicing.beads import Layer, Step, bead
from gcode.slicing.blocks import Block, block, fan_line, written
from gcode.slicing.fill import speed_of
from gcode.slicing.neighbours import apart
from gcode.slicing.profile import Cooling, Profile, Role
from gcode.slicing.slicer import Memory, Sliced
from gcode.units import PER_MINUTE, FloatArray
from gcode.write import command_line

SAFE: Final = 2.0
"""mm over what is below on the way to the very first bead, and over bodies that are done."""

LEAST_FAN: Final = 0.02
"""Share of a fan's speed: below it none turns, and some firmwares take an S up to 1 for a share."""


NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
"""Of a body: a code of the shop's, never what somebody wrote."""


class PlateError(ValueError):
    """Bodies that cannot be printed together as asked. The text says which, and the mend."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A body and where its own origin lies on the bed, in machine coordinates. mm."""

    body: Sliced
    x: float = 0.0
    y: float = 0.0
    name: str = ""
    """Said in a comment beside its number, where bodies are labelled."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another filament from this height on."""

    z: float
    """mm over the bed: the first layer that is wholly above it is the first of the new filament."""
    tool: int | None = None
    """The tool that has it; None: a person puts it in (M600)."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What stands around the nozzle, for bodies that are printed one after the other. mm."""

    radius: float
    """From the nozzle, of what would hit a body that is done."""
    height: float
    """Under the gantry: only the last body may be taller."""


@dataclass(frozen=True, slots=True)
class Plate:
    """How bodies are printed together."""

    changes: tuple[Change, ...] = ()
    one_by_one: Clearance | None = None
    """Each body wholly before the next; None: layer by layer."""
    labels: bool = False
    surface: float = 0.0
    """Z of the bed."""


def program(
    bodies: Sequence[Placed],
    dialect: Dialect,
    setup: Setup,
    plate: Plate | None = None,
    memory: Memory | None = None,
) -> bytes:
    """The program that prints the bodies. Raises PlateError, and DialectError for a word outside the dialect.

    All bodies have one profile. The same bodies give the same bytes, with and without a memory.
    """
    plan = plate or Plate()
    _check(bodies, plan)
    bodies = _apart(bodies)
    stamp = f"; {setup.stamp}\n".encode("ascii") if setup.stamp else b""
    out = [stamp + b"\n".join(command_line(command, dialect) for command in dialect.start(setup))]
    if dialect.absolute_extrusion:
        out.append(b"\n" + command_line(Command("M82"), dialect))
    if plan.labels:
        out.append(b"\n" + command_line(Command("M486", (("T", float(len(bodies))),)), dialect))
        out += [f"\n;OBJECT:{number} {one.name}".encode("ascii") for number, one in enumerate(bodies) if one.name]
    out += _Writer(bodies, dialect, plan, memory or Memory()).run(setup.fan)
    out += [b"\n" + command_line(command, dialect) for command in dialect.end(setup)]
    return b"".join(out) + b"\n"


def _check(bodies: Sequence[Placed], plate: Plate) -> None:
    if not bodies:
        raise PlateError("there is no body to print: place at least one")
    if any(one.body.profile != bodies[0].body.profile for one in bodies):
        raise PlateError("bodies of different profiles on one bed: slice them with one profile, or print them apart")
    for body in bodies:
        if body.name and not NAME.fullmatch(body.name):
            raise PlateError(f"{body.name[:40]!r} is no name of a body: letters, digits, - and _ alone, at most 40")
    if len(bodies) > 1000:
        raise PlateError(f"{len(bodies)} bodies on one bed, 1000 are allowed: print them apart")
    if plate.one_by_one is None:
        return
    if plate.changes and len(bodies) > 1:
        raise PlateError("filament is changed at a height, and bodies are printed one by one: print layer by layer")
    clear, boxes = plate.one_by_one, [_box(one) for one in bodies]
    for (a, one), (b, other) in combinations(enumerate(boxes), 2):
        gap = max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3])
        if gap < clear.radius:
            raise PlateError(
                f"bodies {a + 1} and {b + 1} are {max(gap, 0.0):.1f} mm apart, the tool needs {clear.radius:g} mm "
                "around it: print them layer by layer, or farther apart"
            )
    for number, one_body in enumerate(bodies[:-1]):
        tall = one_body.body.tops[-1]
        if tall > clear.height:
            raise PlateError(
                f"body {number + 1} is {tall:g} mm tall, {clear.height:g} mm are free under the gantry: print it last, "
                "or print layer by layer"
            )


def _apart(bodies: Sequence[Placed]) -> list[Placed]:
    """The bodies, with brims that leave their neighbours alone."""
    places = [(one.x, one.y) for one in bodies]
    layers = apart([one.body.layers[0] for one in bodies], places, bodies[0].body.profile)
    return [
        one
        if layer is one.body.layers[0]
        else replace(one, body=replace(one.body, layers=(layer, *one.body.layers[1:])))
        for one, layer in zip(bodies, layers, strict=True)
    ]


def _box(one: Placed) -> tuple[float, float, float, float]:
    boxes = np.array([layer.within.bounds() for layer in one.body.layers if not layer.within.is_empty()])
    (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(x0 + one.x), float(y0 + one.y), float(x1 + one.x), float(y1 + one.y)


class _Writer:
    """Knows where the nozzle is, which fan is on and whose turn it is, while layers are written one after the other."""

    def __init__(self, bodies: Sequence[Placed], dialect: Dialect, plate: Plate, memory: Memory) -> None:
        self._bodies, self._dialect, self._plate, self._memory = bodies, dialect, plate, memory
        self._profile: Profile = bodies[0].body.profile
        self._here: FloatArray | None = None
        self._fan = -1.0
        self._turn = -1
        self._left = sorted(plate.changes, key=lambda change: change.z)

    def run(self, fan: float) -> Iterator[bytes]:
        self._fan = fan
        order = _one_by_one if self._plate.one_by_one else _by_layer
        for turn in order(self._bodies):
            yield from self._layer(turn)
        if self._plate.labels:
            yield self._command(Command("M486", (("S", -1.0),)))

    def _layer(self, turn: list[tuple[int, int]]) -> Iterator[bytes]:
        """One height: (body, layer) of each that has it."""
        profile = self._profile
        number = turn[0][1]
        top = self._bodies[turn[0][0]].body.tops[number]
        height = profile.height if number else profile.first_height
        yield from self._changed(top - height)
        blocks = [(body, self._bodies[body].body.layers[at]) for body, at in turn]
        found = [(body, layer, rows) for body, layer in blocks if (rows := self._block(layer)) is not None]
        if not found:
            return
        laying, moving = sum(rows.laying for *_, rows in found), sum(rows.moving for *_, rows in found)
        slow, seconds = slowed(laying, moving, profile)
        yield f"\n;LAYER:{number}\n;Z:{top:g}\n;HEIGHT:{height:g}".encode("ascii")
        fan = fan_of(number, seconds, profile.cooling)
        if fan != self._fan:
            yield b"\n" + fan_line(fan, self._dialect)
            self._fan = fan
        z = self._plate.surface + top
        if number == 0 and profile.adhesion.skirt and self._here is None:
            yield from self._skirt(z)
        for body, layer, rows in found:
            yield from self._part(body, layer, rows, z, slow, fan)

    def _block(self, layer: Layer) -> Block | None:
        return self._memory.block(layer, self._profile)

    def _part(self, body: int, layer: Layer, rows: Block, z: float, slow: float, fan: float) -> Iterator[bytes]:
        """One body's part of a layer."""
        one, profile = self._bodies[body], self._profile
        if self._plate.labels and self._turn != body:
            yield self._command(Command("M486", (("S", float(body)),)))
            self._turn = body
        offset = np.array([one.x, one.y])
        yield self._way(rows.start + offset, z, rows.fence, offset)
        bridge = profile.cooling.fan_bridge if rows.bridge.any() else fan
        hop = z if profile.retraction.hop else 0.0
        key = (layer.digest, one.x, one.y, hop, slow, fan, bridge, profile.speeds.least, self._dialect.name)
        yield self._memory.bytes_of(
            (*key, self._dialect.absolute_extrusion),
            lambda: written(
                rows,
                self._dialect,
                x=one.x,
                y=one.y,
                z=hop,
                slow=slow,
                fans=(fan, bridge),
                least=profile.speeds.least,
            ),
        )
        self._here = rows.end + offset

    def _way(self, to: FloatArray, z: float, fence: Fence, offset: FloatArray) -> bytes:
        """To a layer's first bead: drawn back where the way leaves the part. ``fence``: of what the body covers."""
        profile, here = self._profile, self._here
        lift, travel = profile.speeds.z * PER_MINUTE, profile.speeds.travel * PER_MINUTE
        over, leaves = z, False
        if here is None:
            over = z + SAFE
        elif self._plate.one_by_one is not None and self._begins(z):
            over, leaves = self._plate.surface + max(one.body.tops[-1] for one in self._bodies) + SAFE, True
        elif float(np.hypot(*(to - here))) >= profile.retraction.least_travel:
            leaves = bool(fence.crosses((here - offset)[None], (to - offset)[None])[0])
            over += profile.retraction.hop if leaves else 0.0
        words = [Command("G0", (("Z", over), ("F", lift)))]
        words.append(Command("G0", (("X", float(to[0])), ("Y", float(to[1])), ("F", travel))))
        if over != z:
            words.append(Command("G0", (("Z", z), ("F", lift))))
        if leaves and profile.retraction.length:
            back, again = drawn(profile, self._dialect)
            words = [*back, *words, *again]
        return b"".join(b"\n" + command_line(word, self._dialect) for word in words)

    def _begins(self, z: float) -> bool:
        """Whether this is another body's first layer."""
        return abs(z - self._plate.surface - self._profile.first_height) < 1e-9

    def _changed(self, bottom: float) -> Iterator[bytes]:
        """The filament that a layer at this height wants."""
        while self._left and self._left[0].z <= bottom + 1e-6:
            change = self._left.pop(0)
            yield self._command(Command("M600") if change.tool is None else Command(f"T{change.tool}"))

    def _skirt(self, z: float) -> Iterator[bytes]:
        profile = self._profile
        areas = [one.body.layers[0].within.translate((one.x, one.y)) for one in self._bodies]
        width, height = profile.widths.first, profile.first_height
        speed = speed_of(Role.SKIRT, width, height, profile, first=True)
        beads = [bead(Role.SKIRT, line, width, height, speed) for line in skirt(areas, profile)]
        layer = Layer(tuple(Step(one, np.empty((0, 2)), False) for one in beads), b"", Area())
        rows = block(layer, profile)
        if rows is None:
            return
        yield self._way(rows.start, z, rows.fence, np.zeros(2))
        yield written(
            rows, self._dialect, x=0.0, y=0.0, z=0.0, slow=1.0, fans=(self._fan, self._fan), least=profile.speeds.least
        )
        self._here = rows.end

    def _command(self, command: Command) -> bytes:
        return b"\n" + command_line(command, self._dialect)


def _by_layer(bodies: Sequence[Placed]) -> Iterator[list[tuple[int, int]]]:
    """All bodies at one height, then at the next; each other one in the opposite order, for shorter ways."""
    for number in range(max(len(one.body.layers) for one in bodies)):
        here = [(body, number) for body, one in enumerate(bodies) if number < len(one.body.layers)]
        yield here if number % 2 == 0 else here[::-1]


def _one_by_one(bodies: Sequence[Placed]) -> Iterator[list[tuple[int, int]]]:
    for body, one in enumerate(bodies):
        for number in range(len(one.body.layers)):
            yield [(body, number)]


def slowed(laying: float, moving: float, profile: Profile) -> tuple[float, float]:
    """The share of its speed at which a layer is laid so that it takes its least time, and the seconds it then takes.

    Beads have their least speed: a layer that is small enough still takes less.
    """
    least = profile.cooling.least_time
    if laying + moving >= least or laying <= 0:
        return 1.0, laying + moving
    share = round(laying / max(least - moving, laying), 3)
    return share, laying / share + moving


def fan_of(number: int, seconds: float, cooling: Cooling) -> float:
    """The fan of a layer by the time that it takes, as a share."""
    if number < cooling.fan_from:
        return 0.0
    span = cooling.fan_full_below - cooling.least_time
    late = min(max((seconds - cooling.least_time) / span, 0.0), 1.0) if span > 0 else 1.0
    share = cooling.fan + (cooling.fan_least - cooling.fan) * late
    return round(share, 2) if share >= LEAST_FAN else 0.0


def drawn(profile: Profile, dialect: Dialect) -> tuple[list[Command], list[Command]]:
    """Filament drawn back, and given again."""
    length, speed = profile.retraction.length, ("F", profile.retraction.speed * PER_MINUTE)
    if dialect.absolute_extrusion:
        return [Command("G92", (("E", 0.0),)), Command("G1", (("E", -length), speed))], [
            Command("G1", (("E", 0.0), speed))
        ]
    return [Command("G1", (("E", -length), speed))], [Command("G1", (("E", length), speed))]
