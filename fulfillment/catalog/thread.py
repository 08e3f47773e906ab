"""Recipes of embroidery: how one kind of thread is sewn onto one kind of cloth. Numbers only."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.recipes import possible
from fulfillment.catalog.words import Mm, PositiveMm
from fulfillment.positions import Written
from gcode.stitches.thread import Thread


class ThreadRecipe(Written):
    """How one kind of thread is sewn."""

    type: Literal["thread"]
    """Stitches."""
    speed: Annotated[int, Field(ge=100, le=2000)]
    """Stitches a minute."""
    line_width: PositiveMm
    """Width in which the strokes of a single-stroke typeface, and lines of drawings, are sewn."""
    letter: PositiveMm
    """Height of the capitals below which thread closes the inside of letters: smaller text is refused."""
    thread_width: PositiveMm = 0.4
    """Of the thread as it lies on the cloth."""
    spacing: PositiveMm = 0.36
    """Between two rows of a fill, and two stitches on one side of a satin column: less is denser."""
    stitch: PositiveMm = 3.5
    """Length of a fill's stitches."""
    run: PositiveMm = 2.0
    """Length of running stitches."""
    pull: Mm = 0.3
    """By how much the thread draws the cloth together: columns and rows are sewn so much longer. More for pile."""
    narrowest: PositiveMm = 1.0
    """Width of the narrowest satin column: narrower shapes are widened, narrower lines are running stitches."""
    widest: PositiveMm = 7.0
    """Width of the widest satin column: wider shapes are filled with rows."""
    longest: PositiveMm = 7.0
    """Length of the longest stitch."""
    shortest: PositiveMm = 0.3
    """Length of the shortest stitch."""
    trim: PositiveMm = 2.5
    """A jump longer than this is cut off."""
    angle: Annotated[float, Field(ge=-180, le=180)] = 45.0
    """Direction of a fill's rows in degrees; 0: along x."""
    underlay: bool = True
    """Whether fills and wide columns are sewn over a wide-meshed layer, so that they do not sink into the cloth."""

    def thread(self) -> Thread:
        values = self.model_dump(exclude={"type", "speed", "line_width", "letter", "thread_width"})
        return Thread(width=self.thread_width, **values)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        possible(self.thread)
        return self
