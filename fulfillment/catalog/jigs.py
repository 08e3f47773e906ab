"""Where pieces lie on a bed: a jig that holds one, or several in pockets that are made together in one program."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Mm, PositiveMm, Process, Seconds
from fulfillment.positions import Mend, Written

TOGETHER: Final[frozenset[Process]] = frozenset({"extrude-food", "engrave", "plot"})
"""Processes that make the pieces of a jig in one program."""
MOST_POCKETS: Final = 200


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


class Jig(Written):
    """What holds the piece on the bed."""

    x: Mm
    """Left edge of the piece, in machine coordinates; of pockets, in the first one."""
    y: Mm
    """Lower edge of the piece."""
    pockets: Pockets | None = None
    """Several pieces of several orders, made in one program."""

    def at(self, pocket: int) -> tuple[float, float]:
        """Where the piece in a pocket (from 1) has its lower left corner, in machine coordinates."""
        dx, dy = self.pockets.at(pocket) if self.pockets else (0.0, 0.0)
        return self.x + dx, self.y + dy
