"""How a part is printed: every number of a slice, as values that were checked. mm, mm/s, s, degrees.

A width is that of the rectangle that has the bead's section: volume = width x height x length, and neighbours lie one
width apart. So what is filled is filled exactly, whatever shape a bead takes between its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ProfileError(ValueError):
    """A profile says what cannot be printed. The text names the value, its range and the mend."""


class Role(StrEnum):
    """What a bead is for. Slow down, cool and check by it."""

    OUTER = "outer wall"
    INNER = "inner wall"
    OVERHANG = "overhang wall"
    """A piece of a wall with nothing under it: laid as slowly, and cooled as much, as a bridge."""
    GAP = "gap"
    """A single bead where the part is too thin for a wall on both sides, or between walls."""
    TOP = "top"
    SOLID = "solid"
    SPARSE = "sparse"
    BRIDGE = "bridge"
    BRIM = "brim"
    SKIRT = "skirt"


class Pattern(StrEnum):
    """Of sparse infill."""

    RECTILINEAR = "rectilinear"
    """Lines of one direction in a layer, across those of the next."""
    GRID = "grid"
    """Lines of both directions in every layer."""
    GYROID = "gyroid"


class Seam(StrEnum):
    """Where a wall begins and ends."""

    REAR = "rear"
    CORNER = "corner"
    """In the sharpest corner, rather in one that points inwards, rather at the rear."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Of beads."""

    outer: float = 0.45
    inner: float = 0.45
    solid: float = 0.45
    sparse: float = 0.45
    first: float = 0.5
    """Of all beads of the first layer."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """Of beads by role, and between them."""

    outer: float = 30.0
    inner: float = 60.0
    gap: float = 30.0
    top: float = 40.0
    solid: float = 60.0
    sparse: float = 80.0
    bridge: float = 30.0
    """Also of walls with nothing under them."""
    first: float = 20.0
    """The most in the first layer, whatever the role: it must stick."""
    travel: float = 150.0
    z: float = 10.0
    least: float = 10.0
    """To which a layer is slowed down at most, so that it cools."""

    def of(self, role: Role, first: bool) -> float:
        speed: float = getattr(self, _SPEED[role])
        return min(speed, self.first) if first else speed


_SPEED: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.OUTER: "outer",
        Role.INNER: "inner",
        Role.OVERHANG: "bridge",
        Role.GAP: "gap",
        Role.TOP: "top",
        Role.SOLID: "solid",
        Role.SPARSE: "sparse",
        Role.BRIDGE: "bridge",
        Role.BRIM: "first",
        Role.SKIRT: "first",
    }
)


@dataclass(frozen=True, slots=True)
class Cooling:
    """The fan as a share of its full speed, and the time that a layer takes at least."""

    fan: float = 1.0
    fan_least: float = 0.35
    """For layers that take ``fan_full_below`` or longer."""
    fan_bridge: float = 1.0
    fan_from: int = 1
    """The first layer, counted from 0, with the fan on."""
    fan_full_below: float = 60.0
    """A layer that takes ``least_time`` has the full fan, one that takes this long the least."""
    least_time: float = 8.0


@dataclass(frozen=True, slots=True)
class Retraction:
    """What is drawn back before the nozzle crosses what is outside of the part."""

    length: float = 0.8
    """mm of filament; 0 for none."""
    speed: float = 35.0
    hop: float = 0.0
    """mm by which the nozzle rises on such a way."""
    least_travel: float = 1.5
    """mm: a shorter way oozes nothing that is seen."""


@dataclass(frozen=True, slots=True)
class Infill:
    """Of what lies inside walls and skins."""

    pattern: Pattern = Pattern.RECTILINEAR
    density: float = 0.2
    """0 to 1; 1 makes everything solid."""
    angle: float = 45.0
    """Of lines, in even layers; 90 degrees more in odd ones."""
    least_area: float = 15.0
    """mm2: a smaller place between skins is filled solidly."""


@dataclass(frozen=True, slots=True)
class Adhesion:
    """What helps the first layer to stick."""

    brim: float = 0.0
    """mm of brim around the part."""
    brim_gap: float = 0.1
    """Between brim and part."""
    skirt: int = 0
    """Lines around everything, which prime the nozzle."""
    skirt_distance: float = 3.0


@dataclass(frozen=True, slots=True)
class Profile:
    """One nozzle laying one filament in one quality."""

    nozzle: float = 0.4
    filament: float = 1.75
    """Its diameter."""
    height: float = 0.2
    first_height: float = 0.2
    widths: Widths = field(default_factory=Widths)
    perimeters: int = 2
    top_layers: int = 5
    bottom_layers: int = 4
    infill: Infill = field(default_factory=Infill)
    speeds: Speeds = field(default_factory=Speeds)
    max_flow: float = 11.0
    """mm3/s that the hot end melts: beads that would need more are laid slower."""
    cooling: Cooling = field(default_factory=Cooling)
    retraction: Retraction = field(default_factory=Retraction)
    adhesion: Adhesion = field(default_factory=Adhesion)
    elephant_foot: float = 0.1
    """mm by which the first layer is smaller on each side: it is pressed flat and spreads."""
    seam: Seam = Seam.CORNER
    outer_first: bool = False
    """Outer walls before inner ones: true to size, worse over nothing."""
    overhang: float = 50.0
    """Degrees off the vertical that a wall may lean out by itself."""
    max_bridge: float = 30.0
    """mm that a bead spans with nothing below it."""
    bridge_flow: float = 0.95
    """Share of a bead's section that is laid over nothing: pulled straight, it does not sag."""

    def __post_init__(self) -> None:
        _check(self, "the profile", RANGES)
        for part, ranges in PARTS.items():
            _check(getattr(self, part), part, ranges)
        if self.first_height > 0.8 * self.nozzle or self.height > 0.8 * self.nozzle:
            worst = max(self.first_height, self.height)
            raise ProfileError(
                f"layers of {worst:g} mm with a nozzle of {self.nozzle:g} mm: at most 0.8 of the nozzle hold together"
            )
        for one in fields(self.widths):
            width = getattr(self.widths, one.name)
            if not 0.6 * self.nozzle <= width <= 2.5 * self.nozzle:
                raise ProfileError(
                    f"widths.{one.name} is {width:g} mm with a nozzle of {self.nozzle:g} mm: write "
                    f"{0.6 * self.nozzle:g} to {2.5 * self.nozzle:g}"
                )
        if self.cooling.fan_least > self.cooling.fan:
            raise ProfileError("cooling.fan_least is more than cooling.fan: the least fan is at most the full one")
        if self.cooling.fan_full_below < self.cooling.least_time:
            raise ProfileError("cooling.fan_full_below is less than cooling.least_time: the fan would never be full")

    @property
    def filament_area(self) -> float:
        """mm2: E = volume / this."""
        return math.pi * self.filament**2 / 4

    @property
    def least_bead(self) -> float:
        """mm: what is narrower is not laid, as nothing would come out of the nozzle evenly."""
        return 0.25 * self.nozzle

    def reach(self, height: float) -> float:
        """mm by which a layer of this height may stand out over the one below."""
        return height * math.tan(math.radians(self.overhang))


_Ranges = Mapping[str, tuple[float, float]]
_SHARE: Final = (0.0, 1.0)
_RATE: Final = (0.1, 2000.0)
RANGES: Final[_Ranges] = {
    "nozzle": (0.1, 2.0),
    "filament": (1.0, 4.0),
    "height": (0.02, 1.6),
    "first_height": (0.02, 1.6),
    "perimeters": (0, 50),
    "top_layers": (0, 1000),
    "bottom_layers": (0, 1000),
    "max_flow": (0.1, 500.0),
    "elephant_foot": (0.0, 1.0),
    "overhang": (0.0, 85.0),
    "max_bridge": (0.0, 500.0),
    "bridge_flow": (0.5, 1.5),
}
"""What each number of a profile may be, for who reads them from files."""
PARTS: Final[Mapping[str, _Ranges]] = {
    "widths": {one.name: (0.05, 5.0) for one in fields(Widths)},
    "speeds": {one.name: _RATE for one in fields(Speeds)},
    "cooling": {
        "fan": _SHARE,
        "fan_least": _SHARE,
        "fan_bridge": _SHARE,
        "fan_from": (0, 10_000),
        "fan_full_below": (0.0, 3600.0),
        "least_time": (0.0, 600.0),
    },
    "retraction": {"length": (0.0, 20.0), "speed": _RATE, "hop": (0.0, 10.0), "least_travel": (0.0, 100.0)},
    "infill": {"density": _SHARE, "angle": (-360.0, 360.0), "least_area": (0.0, 1e6)},
    "adhesion": {"brim": (0.0, 50.0), "brim_gap": (0.0, 5.0), "skirt": (0, 20), "skirt_distance": (0.0, 50.0)},
}
"""The same of its parts, by the part's name."""


def _check(values: object, name: str, ranges: _Ranges) -> None:
    for key, (low, high) in ranges.items():
        value = getattr(values, key)
        if not (math.isfinite(value) and low <= value <= high):
            raise ProfileError(f"{key} of {name} is {value:g}: write {low:g} to {high:g}")
