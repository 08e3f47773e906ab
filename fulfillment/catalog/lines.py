"""Recipes of tools that lay nothing down: the line of a pen, and which recipe a written one is. Numbers only."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from fulfillment.catalog.laser import LaserRecipe
from fulfillment.catalog.mill import MillRecipe
from fulfillment.catalog.press import PressRecipe
from fulfillment.catalog.recipes import Recipe, possible
from fulfillment.catalog.thread import ThreadRecipe
from fulfillment.catalog.words import PositiveMm, Seconds, Speed
from fulfillment.positions import Written
from gcode.recipe import Pen

Share = Annotated[float, Field(ge=0, le=1)]


class PenRecipe(Written):
    """How one kind of pen draws lines."""

    type: Literal["pen"]
    """A pen."""
    speed: Speed
    """Speed of the pen on the paper."""
    travel: Speed
    """Speed with the pen up."""
    line_width: PositiveMm
    """Width of a line that is drawn."""
    up: Share = 0.3
    """Share of the servo's way where the pen is up, on machines whose servo is set by the program."""
    down: Share = 0.7
    """Share of the servo's way where the pen touches the paper, on the same machines."""
    settle: Annotated[Seconds, Field(le=10)] = 0.2
    """Rest until such a servo has done its way."""

    def pen(self) -> Pen:
        return Pen(**self.model_dump(exclude={"type"}))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        possible(self.pen)
        return self


def _type(recipe: Any) -> str:
    """A recipe that does not say what it is lays a bead."""
    return str(recipe.get("type", "bead") if isinstance(recipe, dict) else getattr(recipe, "type", "bead"))


AnyRecipe = Annotated[
    Annotated[Recipe, Tag("bead")]
    | Annotated[LaserRecipe, Tag("laser")]
    | Annotated[MillRecipe, Tag("mill")]
    | Annotated[PenRecipe, Tag("pen")]
    | Annotated[PressRecipe, Tag("press")]
    | Annotated[ThreadRecipe, Tag("thread")],
    Discriminator(_type),
]
