"""A body as layers of beads. Equal layers are computed once: in a body, and, with a memory, ever."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeVar

from gcode.slicing.beads import Layer
from gcode.slicing.blocks import Block, block
from gcode.slicing.bridges import Overhang
from gcode.slicing.fill import Rooms
from gcode.slicing.plan import Frame, Window, frame, plan, window
from gcode.slicing.profile import Profile
from gcode.slicing.sections import sections
from gcode.slicing.solid import Solid

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)

KEPT: Final = 500
"""Layers that a memory holds: with rows and bytes some 250 kB each at most, mostly far less."""


class Memory:
    """Layers that were computed before, by all that they depend on. What was not asked for longest is forgotten first.

    Kept by whoever slices again and again; what comes out is the same with and without it, byte for byte.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._layers: OrderedDict[bytes, Layer] = OrderedDict()
        self._frames: OrderedDict[bytes, Frame] = OrderedDict()
        self._rooms = Rooms(most)
        self._blocks: OrderedDict[bytes, Block | None] = OrderedDict()
        self._bytes: OrderedDict[Hashable, bytes] = OrderedDict()
        self._most = most
        self.computed = 0
        """Layers that were not known."""

    def layer(self, window: Window) -> Layer:
        """The layer in these surroundings; computed if it is not known."""
        alias = window.digest()
        layer = _found(self._layers, alias)
        if layer is not None:
            return layer
        framed = self._framed(window)
        around = window.surroundings(framed)
        layer = _found(self._layers, around.digest)
        if layer is None:
            self.computed += 1
            layer = plan(window, around, framed, self._rooms)
            self._keep(self._layers, around.digest, layer)
        self._keep(self._layers, alias, layer)
        return layer

    def _framed(self, window: Window) -> Frame:
        own = window.own
        digest = window.fingerprint + own.digest + repr((window.first, own.height)).encode()
        framed = _found(self._frames, digest)
        if framed is None:
            framed = frame(own, window.profile)
            self._keep(self._frames, digest, framed)
        return framed

    def block(self, layer: Layer, profile: Profile) -> Block | None:
        """The rows of a layer."""
        if layer.digest not in self._blocks:
            self._keep(self._blocks, layer.digest, block(layer, profile))
        return self._blocks[layer.digest]

    def bytes_of(self, key: Hashable, write: Callable[[], bytes]) -> bytes:
        """What was written under this key, which says all that it depends on."""
        data = _found(self._bytes, key)
        if data is None:
            data = write()
            self._keep(self._bytes, key, data)
        return data

    def _keep(self, known: OrderedDict[_K, _T], digest: _K, value: _T) -> None:
        known[digest] = value
        # Layers are kept twice, by what they follow from and by all that is around them.
        while len(known) > self._most * (2 if known is self._layers else 1):
            known.popitem(last=False)


def _found(known: OrderedDict[_K, _T], digest: _K) -> _T | None:
    value = known.get(digest)
    if value is not None:
        known.move_to_end(digest)
    return value


@dataclass(frozen=True, slots=True)
class Lean:
    """An overhang with its layer."""

    layer: int
    z: float
    """mm over the body's lowest point."""
    place: Overhang

    def __str__(self) -> str:
        one = self.place
        return (
            f"{one.area:g} mm2 at {one.x:g}, {one.y:g} mm, {self.z:g} mm up, stand out {one.reach:g} mm over nothing: "
            "turn the part, cut it flat there, or have it sliced with supports"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sliced:
    """A body's layers, the lowest first, in its own coordinates. ``tops``: the upper side of each, from its lowest
    point."""

    layers: tuple[Layer, ...]
    tops: tuple[float, ...]
    profile: Profile
    overhangs: tuple[Lean, ...]

    @property
    def volume(self) -> float:
        """mm3 that are laid."""
        return sum(layer.volume for layer in self.layers)


def slice_solid(solid: Solid, profile: Profile, memory: Memory | None = None) -> Sliced:
    """The layers of a body. Raises SolidError where it crosses itself, or has too many layers."""
    known = memory if memory is not None else Memory()
    fingerprint = hashlib.sha256(repr(profile).encode()).digest()
    cuts = list(sections(solid, profile))
    layers = [known.layer(window(cuts, number, profile, fingerprint)) for number in range(len(cuts))]
    overhangs = tuple(
        Lean(number, cuts[number].z, place) for number, layer in enumerate(layers) for place in layer.overhangs
    )
    return Sliced(tuple(layers), tuple(cut.z for cut in cuts), profile, overhangs)
