"""A test piece: squares burnt at every power and speed of a range, with their values beside them. mm, mm/s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gcode.design import Drawing, Zone
from gcode.fonts import Font
from gcode.geometry import rectangle
from gcode.hatch import hatched
from gcode.recipe import Burn, Place, RecipeError
from gcode.scan import Scan, moves
from gcode.strokes import burnt
from gcode.text import Align, Fit, fit
from gcode.toolpath import Toolpath

LETTER: Final = 2.5
"""Height of the largest label's capitals."""
SMALLEST: Final = 0.8
"""Of the smallest."""
MOST: Final = 20
"""Squares in a row or a column."""
GAP: Final = 2.0
"""Between squares."""
MARGIN: Final = 14.0
"""For the labels, to the left and below."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns of rising power, rows of rising speed from below."""

    powers: tuple[float, ...]
    """Shares of the laser's full power."""
    speeds: tuple[float, ...]
    side: float = 8.0
    """Of a square."""
    interval: float = 0.1
    """Between its lines."""

    def __post_init__(self) -> None:
        if not (1 <= len(self.powers) <= MOST and 1 <= len(self.speeds) <= MOST):
            raise RecipeError(f"a grid has 1 to {MOST} powers and speeds, not {len(self.powers)} x {len(self.speeds)}")
        if not all(0 < power <= 1 for power in self.powers) or not all(speed > 0 for speed in self.speeds):
            raise RecipeError("powers of a grid are above 0 and at most 1, speeds above 0 mm/s")
        if not (self.side > 2 * self.interval > 0):
            raise RecipeError(f"squares of {self.side:g} mm hold no lines {self.interval:g} mm apart: enlarge them")

    @property
    def size(self) -> tuple[float, float]:
        """Of the test piece: what is burnt, and as much room around it as its labels have."""
        across, up = (MARGIN + count * (self.side + GAP) for count in (len(self.powers), len(self.speeds)))
        return across + GAP, up + GAP

    def corner(self, column: int, row: int) -> tuple[float, float]:
        """The lower left corner of a square."""
        return MARGIN + column * (self.side + GAP), MARGIN + row * (self.side + GAP)


def labels(grid: Grid, font: Font, title: str) -> list[Drawing]:
    """Powers in % below the columns, speeds in mm/s beside the rows, and what they are under all of it."""
    found = []
    rule = Fit(SMALLEST, LETTER, max_lines=1)
    for column, power in enumerate(grid.powers):
        x, _ = grid.corner(column, 0)
        found.append(fit(f"{100 * power:.4g}", font, Zone("power", x, MARGIN - 5.0, grid.side, 3.5), rule).drawing)
    for row, speed in enumerate(grid.speeds):
        _, y = grid.corner(0, row)
        zone = Zone("speed", 2.0, y, MARGIN - 4.0, grid.side)
        found.append(fit(f"{speed:.4g}", font, zone, replace(rule, align=Align.RIGHT)).drawing)
    foot = Zone("title", 2.0, 2.0, grid.size[0] - 4.0, 5.0)
    found.append(fit(title, font, foot, Fit(SMALLEST, LETTER, max_lines=2, align=Align.LEFT)).drawing)
    return found


def plan(grid: Grid, writing: Sequence[Drawing], burn: Burn, scan: Scan, place: Place) -> Toolpath:
    """The moves: labels by the burn that is known to be read, then the squares, the faintest first.

    A square that burns through would move what lies beside it: it comes last.
    """
    parts = [burnt(writing, burn, scan.full, place, scan.motion)]
    squares = [(power, speed, c, r) for c, power in enumerate(grid.powers) for r, speed in enumerate(grid.speeds)]
    for power, speed, column, row in sorted(squares, key=lambda square: square[0] / square[1]):
        x, y = grid.corner(column, row)
        outline = rectangle(x, y, x + grid.side, y + grid.side)
        rows = [replace(one, power=np.full(len(one.power), power)) for one in hatched([outline], grid.interval)]
        parts.append(moves(rows, replace(scan, speed=speed), place))
    return Toolpath.join(parts)
