"""What is laid in a layer: beads, and the ways between them. Nothing of it knows where the part lies, nor how high.

Coordinates are those of the body, in its plane. A layer can be written anywhere, at any height, and kept for the next
body that has the same layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.slicing.areas import Area
from gcode.slicing.bridges import Overhang
from gcode.slicing.profile import Role
from gcode.units import FloatArray

LEAST_STEP: Final = 0.01
"""mm between two points of a bead."""


@dataclass(frozen=True, slots=True, eq=False)
class Bead:
    """One line of material. mm, mm/s."""

    role: Role
    points: Line
    """A closed bead repeats its first point."""
    widths: FloatArray
    """Of each piece between two points: one fewer than these. Volume is width x height x length."""
    height: float
    speed: float

    @property
    def lengths(self) -> FloatArray:
        steps: FloatArray = np.hypot(*np.diff(self.points, axis=0).T)
        return steps

    @property
    def volume(self) -> float:
        """mm3."""
        return float((self.lengths * self.widths).sum()) * self.height

    @property
    def closed(self) -> bool:
        return len(self.points) > 3 and bool((self.points[0] == self.points[-1]).all())


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A bead and the way to it from the end of the one before."""

    bead: Bead
    way: Line
    """Points between the bead before and this one: a way round, inside of the part; empty for a straight one."""
    retract: bool
    """The way crosses what is outside: draw back, and rise where the profile says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer of one body, as it is laid."""

    steps: tuple[Step, ...]
    digest: bytes
    """Of all that the layer follows from. Layers with the same digest are the same."""
    within: Area
    """What the body covers in this layer."""
    overhangs: tuple[Overhang, ...] = ()
    """Places with nothing under them that beads cannot bridge."""

    @property
    def beads(self) -> tuple[Bead, ...]:
        return tuple(step.bead for step in self.steps)

    @property
    def volume(self) -> float:
        """mm3 that are laid."""
        return sum(step.bead.volume for step in self.steps)


def bead(role: Role, points: Line, width: float | FloatArray, height: float, speed: float) -> Bead:
    """A bead without steps that a program's digits would lose; its volume stays."""
    widths = np.full(len(points) - 1, width) if isinstance(width, float) else np.asarray(width, dtype=np.float64)
    steps = np.hypot(*np.diff(points, axis=0).T)
    if len(points) > 2 and steps.min() < LEAST_STEP:
        kept = _apart(points)
        volumes = np.concatenate([[0.0], np.cumsum(steps * widths)])
        points = points[kept]
        widths = np.diff(volumes[kept]) / np.maximum(np.hypot(*np.diff(points, axis=0).T), 1e-9)
    return Bead(role, points, widths, height, speed)


def _apart(points: Line) -> list[int]:
    """Which points are far enough from the one before; the first and the last always are."""
    kept = [0]
    x, y = points[0].tolist()
    for number, (a, b) in enumerate(points[1:].tolist(), start=1):
        if math.hypot(a - x, b - y) >= LEAST_STEP:
            kept.append(number)
            x, y = a, b
    last = len(points) - 1
    if kept[-1] != last:
        kept[max(1, len(kept) - 1) :] = [last]
    return kept
