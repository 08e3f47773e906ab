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
from gcode.geometry import Line, Transform
from gcode.tag import Plate, rows

OVERLAP: Final = 0.25
"""Of a row's width, by which rows run into the outline: batter closes the rest."""


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
