"""All layers of a program against all layers of the bodies: sentences with layer, place and amount, and numbers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from gcode.slicing.check.cells import TooMuch
from gcode.slicing.check.compare import Compared, compare
from gcode.slicing.check.laid import BESIDE, BLOCK, Beads, Reader
from gcode.slicing.check.wanted import Bodies, Piece, box
from gcode.slicing.profile import Profile
from gcode.units import BoolArray

NEAR_Z: Final = 0.02
"""mm by which a layer's height may differ: rounding."""
BRIDGED: Final = 0.5
"""Share by which bridges may take more than their place: some slicers lay them as round threads."""
MOST: Final = 2
"""Times as many layers as bodies have are compared."""
SHOWN: Final = 40
"""Layers of the wrong height, or lacking, that are told one by one at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still the body. Shares 0 to 1; mm, mm2."""

    wall: float = 0.97
    """Of each layer's walls that is covered, at least."""
    skin: float = 0.95
    """Of its skins. In letters, where lines are a few mm long, many end in a corner that they do not fill."""
    gap: float = 3.0
    """The largest uncovered place: 7 mm of a bead. Where walls meet at a sharp angle, good slicers leave 1 mm2; beside
    a wall that runs almost as the lines do, a sliver of twice as much."""
    beyond: float = 0.5
    """What may lie outside, in a layer."""
    farthest: float = 0.6
    """mm from the body, of anything."""
    flow: float = 0.12
    """By how much the mean thickness of what is solid may differ in a layer."""
    looked: float = 15.0
    """mm2 of a layer that say something about flow."""
    volume: float = 0.08
    """By how much a layer's volume may lie outside of what it takes at least and at most."""
    small: float = 2.0
    """mm2: so much of a layer may be uncovered, and so much its volume differ, in any case: corners, tips."""
    total: float = 0.07
    """By how much the whole may lie outside of that."""
    overfull: float = 3.0


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: where it is worst, and in how many layers it is."""

    code: str
    layer: int
    """From 1; 0 for the whole."""
    text: str
    amount: float
    count: int = 1

    def __str__(self) -> str:
        more = f" ({self.count} layers have this)" if self.count > 1 else ""
        return f"{f'layer {self.layer}: ' if self.layer else ''}{self.text}{more}"


@dataclass(slots=True)
class Printed:
    """What was found. ``wrong`` is empty where the program prints the bodies."""

    faults: dict[str, Fault] = field(default_factory=dict)
    layers: int = 0
    wall: float = 1.0
    skin: float = 1.0
    gap: float = 0.0
    beyond: float = 0.0
    farthest: float = 0.0
    flow: tuple[float, float] = (1.0, 1.0)
    volume: float = 0.0
    """mm3 of the part."""
    least: float = 0.0
    most: float = 0.0
    bridged: float = 0.0
    """Of that, what comments say is laid over nothing."""
    beside: float = 0.0
    unread: int = 0

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(str(fault) for fault in self.faults.values())

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.faults)

    def body(self) -> dict[str, Any]:
        """For a manifest. mm, mm2, mm3; shares of the worst layer."""
        return {
            "layers": self.layers,
            "walls": round(self.wall, 4),
            "skins": round(self.skin, 4),
            "uncovered": round(self.gap, 2),
            "beyond": round(self.beyond, 2),
            "farthest": round(self.farthest, 2),
            "flow": [round(one, 3) for one in self.flow],
            "volume": round(self.volume, 2),
            "expected": [round(self.least, 2), round(self.most, 2)],
            "bridged": round(self.bridged, 2),
            "beside": round(self.beside, 2),
            "unread": self.unread,
        }

    def tell(self, code: str, layer: int, amount: float, text: str) -> None:
        known = self.faults.get(code)
        if known is None:
            self.faults[code] = Fault(code, layer, text, amount)
        else:
            worst = known if known.amount >= amount else Fault(code, layer, text, amount)
            self.faults[code] = Fault(code, worst.layer, worst.text, worst.amount, known.count + 1)


def printed(
    data: bytes,
    pieces: Sequence[Piece],
    profile: Profile,
    *,
    surface: float = 0.0,
    limits: Limits = LIMITS,
    block: int = BLOCK,
) -> Printed:
    """Whether a program prints these bodies. ``surface``: Z of the bed. ``block``: bytes read at once.

    The profile says heights, widths, filament, how many layers and walls are solid, density, and what lies around the
    first layer. Raises SolidError for a body that cannot be cut.
    """
    return _Check(pieces, profile, limits, surface).run(Reader(data, profile.filament_area, block))


class _Check:
    def __init__(self, pieces: Sequence[Piece], profile: Profile, limits: Limits, surface: float) -> None:
        if not pieces:
            raise ValueError("there is no body to hold the program against: name at least one")
        self._pieces, self._profile, self._limits, self._surface = pieces, profile, limits, surface
        self._boxes = np.array([box(piece) for piece in pieces])
        self._found = Printed()
        self._flows: list[float] = []
        self._left = 0
        self._known: dict[bytes, Compared] = {}
        density = profile.infill.density
        self._spacing = profile.widths.sparse / density if 0 < density < 1 else math.inf

    def run(self, reader: Reader) -> Printed:
        found = self._found
        missing = set(range(len(self._pieces)))
        for number, (where, runs) in enumerate(self._passes(reader)):
            if number >= len(self._pieces):
                found.tell("endless", 0, 1.0, "first layers are laid more often than there are bodies")
                break
            missing -= set(where)
            self._pass(Bodies([self._pieces[one] for one in where], self._profile), runs)
        for one in sorted(missing):
            found.tell("body", 0, 1.0, f"nothing is laid where body {one + 1} is to be")
        if reader.slanted:
            found.tell("slanted", 0, 1.0, f"{reader.slanted} beads are laid while Z changes: layers must be flat")
        found.unread = reader.unread
        if self._flows:
            found.flow = (min(self._flows), max(self._flows))
        off = max(found.volume - found.most - BRIDGED * found.bridged, found.least - found.volume)
        if off > self._limits.total * found.most:
            found.tell(
                "total",
                0,
                off,
                f"{found.volume:.0f} mm3 are laid, the body takes {found.least:.0f} to {found.most:.0f}",
            )
        return found

    def _passes(self, reader: Reader) -> Iterator[tuple[list[int], Iterator[Beads]]]:
        """Bodies printed together, and their layers: a new pass begins where a first layer follows a higher one."""
        runs = _Ahead(reader.layers())
        while (first := runs.look()) is not None:
            yield self._touched(first), self._until(runs)

    def _until(self, runs: _Ahead) -> Iterator[Beads]:
        low = self._surface + self._profile.first_height + NEAR_Z
        highest = -math.inf
        while (beads := runs.look()) is not None:
            z = float(beads.z[0])
            if z <= low < highest:
                return
            part = beads.role != BESIDE
            if part.any():
                highest = max(highest, z)
            runs.take()
            yield beads

    def _touched(self, beads: Beads) -> list[int]:
        """Bodies in whose box something of this layer lies; all, where nothing does."""
        middle = (beads.start + beads.end) / 2
        x, y = middle[:, :1], middle[:, 1:]
        box = self._boxes
        inside = (x >= box[:, 0]) & (x <= box[:, 2]) & (y >= box[:, 1]) & (y <= box[:, 3])
        found: list[int] = np.flatnonzero(inside.any(axis=0)).tolist()
        return found or list(range(len(self._pieces)))

    def _pass(self, bodies: Bodies, runs: Iterator[Beads]) -> None:
        tops = np.array(bodies.tops) + self._surface
        seen = np.zeros(len(tops), dtype=bool)
        last = -1
        self._left = MOST * len(tops) + SHOWN
        for beads in runs:
            self._found.beside += float(beads.volume[beads.role == BESIDE].sum())
            if (beads.role == BESIDE).all():
                continue
            if self._left == 0:
                self._found.tell(
                    "endless", 0, 1.0, "far more layers are laid than the bodies have: the rest was not read"
                )
                break
            self._left -= 1
            z = float(beads.z[0])
            number = int(np.argmin(np.abs(tops - z)))
            self._placed(number, z, float(tops[number]), seen, last)
            last, seen[number] = number, True
            self._layer(beads, bodies, number)
        self._absent(seen, tops, bodies)

    def _placed(self, number: int, z: float, top: float, seen: BoolArray, last: int) -> None:
        found = self._found
        found.layers += 1
        if abs(z - top) > NEAR_Z:
            found.tell("height", number + 1, abs(z - top), f"it lies at {z:g} mm, {top:g} mm is its height")
        elif seen[number]:
            found.tell("twice", number + 1, 1.0, f"the layer at {top:g} mm is laid more than once")
        elif number < last:
            found.tell(
                "order", number + 1, float(last - number), f"it is laid after layer {last + 1}, which is above it"
            )

    def _absent(self, seen: BoolArray, tops: np.ndarray[Any, Any], bodies: Bodies) -> None:
        for number in np.flatnonzero(~seen)[:SHOWN].tolist():
            self._found.tell("missing", number + 1, 1.0, f"nothing is laid at {tops[number]:g} mm")
            self._found.least += bodies.layer(number).least
            self._found.most += bodies.layer(number).most

    def _layer(self, beads: Beads, bodies: Bodies, number: int) -> None:
        wanted = bodies.layer(number)
        columns = (beads.start, beads.end, beads.volume, beads.role)
        key = hashlib.sha256(wanted.key + b"".join(column.tobytes() for column in columns)).digest()
        if key not in self._known:
            try:
                self._known[key] = compare(beads, wanted, self._spacing)
            except TooMuch as error:
                self._found.tell("endless", number + 1, 1.0, str(error))
                return
        one = self._known[key]
        self._labels(beads, number)
        self._judged(one, number + 1)
        self._volume(one, number + 1, wanted.least, wanted.most, wanted.height)

    def _labels(self, beads: Beads, number: int) -> None:
        """What is laid under a body's label lies where that body is: or cancelling one would stop another."""
        for label in np.unique(beads.label[(beads.label >= 0) & (beads.role != BESIDE)]).tolist():
            if label >= len(self._pieces):
                self._found.tell(
                    "label", number + 1, 1.0, f"label {label} is of no body: there are {len(self._pieces)}"
                )
                continue
            mine = beads.only((beads.label == label) & (beads.role != BESIDE))
            middle = (mine.start + mine.end) / 2
            box = self._boxes[label]
            outside = (middle < box[:2] - 1.0).any(axis=1) | (middle > box[2:] + 1.0).any(axis=1)
            if outside.any() and (number or not self._profile.adhesion.skirt + self._profile.adhesion.brim):
                x, y = middle[outside][0].tolist()
                text = f"label {label} is said where another body is, or none: at {x:.1f}, {y:.1f} mm"
                self._found.tell("label", number + 1, float(mine.volume[outside].sum()), text)

    def _judged(self, one: Compared, layer: int) -> None:
        found, limits = self._found, self._limits
        found.wall, found.skin = min(found.wall, one.wall), min(found.skin, one.skin)
        found.gap, found.beyond = max(found.gap, one.gap), max(found.beyond, one.beyond)
        found.farthest = max(found.farthest, one.farthest)
        checks = (
            (
                "walls",
                1 - one.wall if one.bare[0] > limits.small else 0.0,
                1 - limits.wall,
                f"only {one.wall:.1%} of its walls are covered",
            ),
            (
                "skins",
                1 - one.skin if one.bare[1] > limits.small else 0.0,
                1 - limits.skin,
                f"only {one.skin:.1%} of its solid skins are covered",
            ),
            ("gap", one.gap, limits.gap, f"nothing covers {one.gap:.1f} mm2 {_at(one.gap_at)}"),
            ("hollow", one.hollow, limits.gap, f"the infill lacks around {one.hollow:.1f} mm2 {_at(one.hollow_at)}"),
            ("beyond", one.beyond, limits.beyond, f"{one.beyond:.1f} mm2 lie outside of the body, {_far(one)}"),
            ("far", one.farthest, limits.farthest, f"material lies outside of the body, {_far(one)}"),
            (
                "overfull",
                one.overfull,
                limits.overfull,
                f"far more than a layer is laid over {one.overfull:.1f} mm2 {_at(one.overfull_at)}",
            ),
            (
                "inside",
                one.inside,
                limits.gap,
                f"{one.inside:.1f} mm2 of what is said to lie beside the body lie in it",
            ),
        )
        for code, amount, limit, text in checks:
            if amount > limit:
                found.tell(code, layer, amount, text)

    def _volume(self, one: Compared, layer: int, least: float, most: float, height: float) -> None:
        found, limits = self._found, self._limits
        found.bridged += one.bridged
        found.volume, found.least, found.most = found.volume + one.volume, found.least + least, found.most + most
        if one.looked >= limits.looked:
            self._flows.append(one.flow)
            if abs(one.flow - 1) > limits.flow:
                found.tell("flow", layer, abs(one.flow - 1), f"solid places get {one.flow:.0%} of their material")
        slack = limits.small * height
        most += BRIDGED * one.bridged
        off = max(one.volume - most, least - one.volume)
        if off > limits.volume * most + slack:
            text = f"{one.volume:.1f} mm3 are laid, {least:.1f} to {most:.1f} mm3 are its volume"
            found.tell("volume", layer, off, text)


class _Ahead:
    """Layers, of which the next can be looked at."""

    def __init__(self, layers: Iterator[Beads]) -> None:
        self._layers, self._next = layers, next(layers, None)

    def look(self) -> Beads | None:
        return self._next

    def take(self) -> None:
        self._next = next(self._layers, None)


def _at(place: tuple[float, float]) -> str:
    return f"at {place[0]:.1f}, {place[1]:.1f} mm"


def _far(one: Compared) -> str:
    return f"up to {one.farthest:.2f} mm from it, {_at(one.farthest_at)}"
