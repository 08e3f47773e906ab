"""Cylinders under a flat machine: the design lies on the unrolled surface, and a rotary turns the piece in place of Y.

On the unrolled surface x goes round the cylinder from seam to seam, y along its axis. Looked at from the tool, "up" on
the piece points along the machine's X, so that letters are turned and never mirrored. The turning axis counts in units
of its own: degrees of a chuck, or whatever a roller's motor takes for a turn. A speed is that of the spot over the
surface: it is kept by saying each move's own feed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from gcode.dialects import Dialect
from gcode.geometry import Bounds
from gcode.parse import Program
from gcode.recipe import Motion, RecipeError
from gcode.toolpath import Kind, Toolpath, repeats_removed
from gcode.trace import Trace, carried
from gcode.units import FloatArray

SLACK = 1e-6


class RotaryError(ValueError):
    """Something does not go round the cylinder. The text says what, and the mend."""


@dataclass(frozen=True, slots=True)
class Roll:
    """A cylinder in a machine: the unrolled surface in mm, and where the machine's axes take it."""

    diameter: float
    length: float
    """Along the axis."""
    per_mm: float
    """Units of the turning axis for a mm of the piece's surface."""
    along: float = 0.0
    """X of the piece's lower edge."""
    around: float = 0.0
    """Y of its seam, in the axis's units."""
    reverse: bool = False
    """The axis turns the other way round."""

    def __post_init__(self) -> None:
        for name in ("diameter", "length", "per_mm"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise RecipeError(f"the rotary's {name} is {getattr(self, name)}: it must be above 0")

    @property
    def circumference(self) -> float:
        return math.pi * self.diameter

    @property
    def turn(self) -> float:
        """Units of the axis for one turn of the piece."""
        return self.circumference * self.per_mm

    def to_machine(self, points: FloatArray) -> FloatArray:
        x, y = points[:, 0], points[:, 1]
        way = x if self.reverse else self.circumference - x
        return np.stack([self.along + y, self.around + way * self.per_mm], axis=1)

    def to_surface(self, points: FloatArray) -> FloatArray:
        way = (points[:, 1] - self.around) / self.per_mm
        x = way if self.reverse else self.circumference - way
        return np.stack([x, points[:, 0] - self.along], axis=1)

    def motion(self, motion: Motion) -> Motion:
        """What the machine can follow, as the unrolled surface has it: its x is the turning axis."""
        along, around, *rest = motion.max_feed
        share = min(1.0, 1 / self.per_mm)
        return replace(
            motion,
            acceleration=motion.acceleration * share,
            jerk=motion.jerk * share,
            max_feed=(around / self.per_mm, along, rest[0], rest[1]),
        )


def per_mm(turn: float, diameter: float, roller: float | None = None) -> float:
    """Units of an axis for a mm of a piece's surface.

    ``turn``: its units for a turn of what it drives: the chuck that holds the piece (of this ``diameter``), or rollers
    of the diameter ``roller`` on which the piece lies, where its own does not matter.
    """
    driven = diameter if roller is None else roller
    if not (turn > 0 and driven > 0):
        raise RecipeError(f"a turn of {turn:g} units round {driven:g} mm: both must be above 0")
    return turn / (math.pi * driven)


def on_surface(toolpath: Toolpath, roll: Roll) -> None:
    """Everything that works stays between the seam and the seam, and on the cylinder. Raises RotaryError."""
    x, y = carried(toolpath.x), carried(toolpath.y)
    # The run-up of a row is a line without power: it may go where no surface is.
    works = (toolpath.kind == Kind.LINE) & ~(carried(toolpath.s) == 0)
    if not works.any():
        return
    touched = works | np.concatenate([works[1:], [False]])
    box = Bounds(*(float(v) for v in (x[touched].min(), y[touched].min(), x[touched].max(), y[touched].max())))
    if box.width > roll.circumference + SLACK:
        raise RotaryError(
            f"the design goes {box.width:.1f} mm round a cylinder of {roll.circumference:.1f} mm and would be made "
            "over itself: make it narrower"
        )
    if box.x0 < -SLACK or box.x1 > roll.circumference + SLACK:
        raise RotaryError(
            f"the design goes from {box.x0:.1f} to {box.x1:.1f} mm round the cylinder and crosses the seam (0 and "
            f"{roll.circumference:.1f} mm): move it, or turn the seam away"
        )
    if box.y0 < -SLACK or box.y1 > roll.length + SLACK:
        raise RotaryError(
            f"the design goes from {box.y0:.1f} to {box.y1:.1f} mm along a cylinder of {roll.length:.1f} mm: move it"
        )


def rolled(toolpath: Toolpath, roll: Roll) -> Toolpath:
    """A toolpath on the unrolled surface as the machine's axes make it. Raises RotaryError (see :func:`on_surface`)."""
    on_surface(toolpath, roll)
    flat = np.stack([np.nan_to_num(carried(toolpath.x)), np.nan_to_num(carried(toolpath.y))], axis=1)
    machine = roll.to_machine(flat)
    moves = ~(np.isnan(toolpath.x) & np.isnan(toolpath.y))
    way = np.hypot(*np.diff(flat, axis=0, prepend=flat[:1]).T)
    turned = np.hypot(*np.diff(machine, axis=0, prepend=machine[:1]).T)
    share = np.divide(turned, way, out=np.ones(len(way)), where=way > 0)
    cuts = toolpath.kind == Kind.LINE
    feed = np.where(cuts, carried(toolpath.f) * share, toolpath.f)
    columns = {column.name: getattr(toolpath, column.name) for column in fields(Toolpath)}
    columns |= {
        "x": np.where(moves, machine[:, 0], np.nan),
        "y": np.where(moves, machine[:, 1], np.nan),
        "f": repeats_removed(feed),
    }
    return Toolpath(**columns)


@dataclass(frozen=True, slots=True)
class Unrolled(Dialect):
    """A dialect whose programs are read on the unrolled surface: for proofs, and for what is held against a design."""

    roll: Roll = Roll(1.0, 1.0, 1.0)

    def trace(self, program: Program) -> Trace:
        # Not super(): a class with slots is made anew, and would not find itself.
        moves = Dialect.trace(self, program)
        start, end = moves.start.copy(), moves.end.copy()
        start[:, :2], end[:, :2] = self.roll.to_surface(start[:, :2]), self.roll.to_surface(end[:, :2])
        turned = np.hypot(*(moves.end - moves.start)[:, :2].T)
        way = np.hypot(*(end - start)[:, :2].T)
        share = np.divide(way, turned, out=np.ones(len(way)), where=turned > 0)
        return replace(moves, start=start, end=end, feed=moves.feed * share)


def unrolled(dialect: Dialect, roll: Roll) -> Unrolled:
    """The dialect as its programs look on the unrolled surface."""
    return Unrolled(**{column.name: getattr(dialect, column.name) for column in fields(Dialect)}, roll=roll)
