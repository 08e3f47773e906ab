"""A flat tag with raised strokes, in layers: perimeters and diagonal rows for the plate, single beads for the words.

A plate with rounded corners is convex, so its rows are cut by a line's two crossings with the outline and nothing more
is needed. Bodies of any shape are the matter of a slicer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line, Transform, arc, length, without_repeats
from gcode.order import ordered
from gcode.recipe import Bead, Motion, Place
from gcode.toolpath import Kind, Toolpath, repeats_removed, settled
from gcode.units import FloatArray

PERIMETERS: Final = 2
OVERLAP: Final = 0.15
"""Of a line's width, by which rows run into the innermost perimeter."""
NEAR: Final = 2.0
"""mm of travel that needs no retraction: less than that oozes nothing."""
FIRST: Final = 0.5
"""Share of the speed at which the first layer is laid: it must stick."""
E_DECIMALS: Final = 5


@dataclass(frozen=True, slots=True)
class Plate:
    """A rectangle with rounded corners, its lower-left corner at the origin. mm."""

    width: float
    height: float
    radius: float
    thickness: float

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.thickness) <= 0 or self.radius < 0:
            raise ValueError(f"a plate has a width, a height and a thickness above 0, and no negative radius: {self}")

    def outline(self, inset: float) -> Line:
        """Closed, counter-clockwise from the lower left, ``inset`` mm inside. Empty where nothing is left."""
        x0, y0, x1, y1 = inset, inset, self.width - inset, self.height - inset
        if x1 <= x0 or y1 <= y0:
            return np.empty((0, 2))
        radius = min(max(self.radius - inset, 0.0), (x1 - x0) / 2, (y1 - y0) / 2)
        if radius == 0:
            corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        else:
            centres = ((x0, y0, 1, 1), (x1, y0, -1, 1), (x1, y1, -1, -1), (x0, y1, 1, -1))
            arcs = [
                arc((x + right * radius, y + up * radius), radius, math.pi + quarter * math.pi / 2, math.pi / 2)
                for quarter, (x, y, right, up) in enumerate(centres)
            ]
            corners = np.vstack(arcs)
        return without_repeats(np.vstack([corners, corners[:1]]))


def rows(outline: Line, pitch: float, degrees: float) -> list[Line]:
    """Parallel rows across a convex closed outline, each the other way than the one before."""
    if len(outline) < 4:
        return []
    turned = Transform.rotate(-degrees)(outline)
    back = Transform.rotate(degrees)
    low, high = float(turned[:, 1].min()), float(turned[:, 1].max())
    count = max(1, math.floor((high - low) / pitch))
    first = low + (high - low - (count - 1) * pitch) / 2
    found: list[Line] = []
    x0, y0, x1, y1 = turned[:-1, 0], turned[:-1, 1], turned[1:, 0], turned[1:, 1]
    for index in range(count):
        y = first + index * pitch
        crosses = (y0 <= y) != (y1 <= y)
        at = x0[crosses] + (y - y0[crosses]) / (y1[crosses] - y0[crosses]) * (x1[crosses] - x0[crosses])
        if len(at) < 2 or at.max() - at.min() < pitch / 2:
            continue
        row = np.array([[at.min(), y], [at.max(), y]])
        found.append(back(row if len(found) % 2 == 0 else row[::-1]))
    return found


class _Printer:
    """Moves being put together: knows heights, the filament and what oozes, not what is printed."""

    def __init__(self, bead: Bead, place: Place, motion: Motion) -> None:
        self._bead, self._to_machine = bead, Transform.move(place.x, place.y)
        self._base = place.surface
        x, y, z, e = motion.max_feed
        self._travel_speed = float(np.nanmin([bead.travel, x, y]))
        self._z_speed = float(np.nanmin([bead.travel, z]))
        self._retract_speed = float(np.nanmin([bead.retract_flow / bead.e_area, e]))
        self._most = float(np.nanmin([bead.max_speed, x, y]))
        self._parts: list[Toolpath] = []
        self._here: FloatArray | None = None
        self._share = 1.0

    def layer(self, number: int) -> None:
        z = self._base + (number + 1) * self._bead.height
        self._share = FIRST if number == 0 else 1.0
        self._parts.append(Toolpath.rows(Kind.TRAVEL, 1, z=z, f=self._z_speed))

    def lay(self, points: Line, width: float) -> None:
        """Travel to the first point and lay the line."""
        at = self._to_machine(points)
        self._travel(at[0])
        bead = self._bead
        steps = np.hypot(*np.diff(at, axis=0).T)
        amounts = settled(steps * bead.e_per_mm(width), E_DECIMALS)
        speed = max(bead.min_speed, min(bead.speed(width), self._most) * self._share)
        once = repeats_removed(np.full(len(steps), speed))
        self._parts.append(Toolpath.rows(Kind.LINE, len(steps), x=at[1:, 0], y=at[1:, 1], e=amounts, f=once))
        self._here = at[-1]

    def _travel(self, to: FloatArray) -> None:
        far = self._here is None or float(np.hypot(*(to - self._here))) > NEAR
        draws = far and self._here is not None and self._bead.retract > 0
        if draws:
            self._pump(-self._bead.retract)
        self._parts.append(Toolpath.rows(Kind.TRAVEL, 1, x=float(to[0]), y=float(to[1]), f=self._travel_speed))
        if draws:
            self._pump(self._bead.retract)

    def _pump(self, volume: float) -> None:
        self._parts.append(Toolpath.rows(Kind.LINE, 1, e=volume / self._bead.e_area, f=self._retract_speed))

    def toolpath(self) -> Toolpath:
        return Toolpath.join(self._parts)


def _plate_layer(plate: Plate, bead: Bead, number: int) -> Iterator[Line]:
    width = bead.line_width
    for ring in range(PERIMETERS):
        outline = plate.outline(width * (ring + 0.5))
        if len(outline) > 1:
            yield outline
    inside = plate.outline(width * (PERIMETERS + 0.5 - OVERLAP))
    yield from rows(inside, width, 45.0 if number % 2 == 0 else -45.0)


def layers(thickness: float, height: float) -> int:
    """How many layers make this thickness, at least one."""
    return max(1, round(thickness / height))


def plan(
    plate: Plate,
    words: Sequence[Line],
    relief: float,
    bead: Bead,
    *,
    motion: Motion | None = None,
    place: Place | None = None,
) -> Toolpath:
    """The moves that print the plate and, on top of it, each stroke as one bead ``relief`` mm high. Deterministic."""
    printer = _Printer(bead, place or Place(), motion or Motion())
    below = layers(plate.thickness, bead.height)
    for number in range(below):
        printer.layer(number)
        for line in _plate_layer(plate, bead, number):
            printer.lay(line, bead.line_width)
    strokes = [line for line in (without_repeats(np.asarray(word, float)) for word in words) if length(line) > 0]
    for number in range(layers(relief, bead.height) if strokes else 0):
        printer.layer(below + number)
        for stroke in ordered(strokes):
            printer.lay(stroke, bead.line_width)
    return printer.toolpath()
