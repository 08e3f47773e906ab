"""Recipes of a spindle: how a bit engraves strokes and carves filled shapes into one kind of material. Numbers only."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.recipes import possible
from fulfillment.catalog.words import PositiveMm, Seconds, Speed
from fulfillment.positions import Written
from gcode.recipe import Carving


class MillRecipe(Written):
    """How a spindle carves one kind of material."""

    type: Literal["mill"]
    """A cut by a turning bit."""
    angle: Annotated[float, Field(ge=0, lt=170)]
    """Between the flanks of the V-bit, in degrees; 0: an end mill."""
    diameter: PositiveMm
    """Of the bit where it is widest."""
    depth: PositiveMm
    """Depth of strokes."""
    max_depth: PositiveMm
    """The deepest that anything is carved; filled shapes that are wider have a floor there."""
    step: PositiveMm = 1.0
    """The most that is taken off in one pass."""
    stepover: PositiveMm = 0.5
    """Between two ways over a floor."""
    feed: Speed
    """Speed of the bit in the material."""
    plunge: Speed
    """Speed straight down."""
    safe: PositiveMm = 3.0
    """Height over the surface between cuts."""
    spindle: Annotated[float, Field(gt=0, le=30_000)]
    """Revolutions a minute."""
    spin_up: Annotated[Seconds, Field(gt=0, le=60)] = 3.0
    """Until the spindle has its speed."""

    def carving(self) -> Carving:
        return Carving(**self.model_dump(exclude={"type", "spindle", "spin_up"}))

    @property
    def line_width(self) -> float:
        """Of strokes, where they meet the surface. mm."""
        how = self.carving()
        return how.width(how.depth)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        possible(self.carving)
        return self
