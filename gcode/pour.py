"""A body that the machine pours itself, over what it drew: the outline first, then rows that fill it (a pancake).

What is drawn first bakes longest and is seen when the body is turned over: so drawings are mirrored, and they rest
until they have browned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.design import Drawing
from gcode.geometry import Line, Transform, arc, without_repeats

OVERLAP: Final = 0.25
"""Of a row's width, by which rows run into the outline: batter closes the rest."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Pour:
    """``lines`` in their order, each ``width`` mm wide. ``rest``: seconds between the drawings and the first line;
    ``bake``: seconds after the last."""

    lines: tuple[Line, ...]
    width: float
    rest: float = 0.0
    bake: float = 0.0


def pour(body: Plate, width: float, pitch: float, rest: float = 0.0, bake: float = 0.0) -> Pour:
    """The outline of a body and the rows that fill it, as one path each. ValueError where it is too small for them."""
    outline, inner = body.outline(width / 2), body.outline(width * (1 - OVERLAP))
    inside = rows(inner, _even(inner, pitch), 0.0) if len(inner) else []
    if not inside:
        raise ValueError(f"a body of {body.width} x {body.height} mm has no room for rows of {width} mm: enlarge it")
    return Pour((outline, np.vstack(inside)), width, rest, bake)


def _even(outline: Line, pitch: float) -> float:
    """The pitch, or a little less, at which whole rows fill an outline from edge to edge."""
    height = float(np.ptp(outline[:, 1]))
    return height / math.ceil(height / pitch) * (1 - 1e-9)


def mirrored(drawings: Sequence[Drawing], width: float) -> list[Drawing]:
    """Drawings as they must lie on a body ``width`` mm wide to be read when it is turned over."""
    turn = Transform(a=-1.0, e=width)
    return [drawing.moved(turn) for drawing in drawings]
