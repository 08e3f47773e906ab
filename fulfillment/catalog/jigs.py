"""Where pieces lie on a bed: one at its place, several in the pockets of a jig, or side by side on a plate."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Mm, PositiveMm, Process, Seconds
from fulfillment.positions import Mend, Written

TOGETHER: Final[frozenset[Process]] = frozenset({"extrude-food", "engrave", "plot", "press"})
"""Processes that make the pieces of a jig in one program."""
PLATED: Final[frozenset[Process]] = frozenset({"fdm"})
"""Processes that make pieces side by side on a bare bed, wherever there is room."""
MOST_POCKETS: Final = 200
MOST_ON_A_PLATE: Final = 32
"""Marlin can leave out so many of the objects of a program."""


class Pockets(Written):
    """A grid of places for like pieces. The first is at the jig's own place; they count to the right, then away."""

    columns: int = Field(default=1, ge=1, le=50)
    """Places from left to right."""
    rows: int = Field(default=1, ge=1, le=50)
    """Places from front to back."""
    x_step: PositiveMm = 1.0
    """From a place to the next one to the right."""
    y_step: PositiveMm = 1.0
    """From a place to the next one behind it."""
    wait: Seconds = 900.0
    """How long the first piece waits for company; then a jig that is not full is begun."""

    @property
    def count(self) -> int:
        return self.columns * self.rows

    def at(self, pocket: int) -> tuple[float, float]:
        """Where a pocket (from 1) lies, in mm from the first one. Raises ValueError for one that is not there."""
        if not 1 <= pocket <= self.count:
            raise ValueError(f"there is no pocket {pocket}: the jig has {self.count}")
        row, column = divmod(pocket - 1, self.columns)
        return column * self.x_step, row * self.y_step

    @model_validator(mode="after")
    def _few(self) -> Self:
        if not 2 <= self.count <= MOST_POCKETS:
            mend = "Leave out `pockets` for a jig that holds one piece."
            raise Mend(f"A jig has 2 to {MOST_POCKETS} pockets, this one has {self.count}.", mend, ("columns",))
        return self


class Plate(Written):
    """Pieces of several orders side by side on a bare bed, of other products too where material, nozzle and profile are
    the same. Where each lies and how it is turned is found when the plate is made."""

    wait: Seconds = 900.0
    """How long the first piece waits for company; then a plate that is not full is begun."""
    max: int = Field(default=12, ge=2, le=MOST_ON_A_PLATE)
    """Pieces on one plate. What finds no room beside them waits for the next one."""
    spacing: PositiveMm = 4.0
    """Between pieces."""
    margin: Mm = 5.0
    """Along the border of the bed, and around what is laid beside the pieces (skirt, brim)."""
    turns: Literal["none", "half", "quarter"] = "quarter"
    """How a piece may be turned to find room."""

    @property
    def count(self) -> int:
        return self.max

    @property
    def degrees(self) -> tuple[float, ...]:
        """The turns that may be tried."""
        return {"none": (0.0,), "half": (0.0, 180.0), "quarter": (0.0, 90.0, 180.0, 270.0)}[self.turns]


class Jig(Written):
    """What holds the piece on the bed."""

    x: Mm
    """Left edge of the piece, in machine coordinates; of pockets, in the first one."""
    y: Mm
    """Lower edge of the piece."""
    pockets: Pockets | None = None
    """Several pieces of several orders, made in one program."""
    bed: Plate | None = None
    """Several pieces of several orders, printed side by side wherever there is room; then `x` and `y` are the place of
    a piece that is printed alone."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.pockets and self.bed:
            raise Mend("Pieces lie in pockets, or side by side on the bed.", "Leave out one of them.", ("bed",))
        return self

    def at(self, pocket: int) -> tuple[float, float]:
        """Where the piece in a pocket (from 1) has its lower left corner, in machine coordinates."""
        dx, dy = self.pockets.at(pocket) if self.pockets else (0.0, 0.0)
        return self.x + dx, self.y + dy
