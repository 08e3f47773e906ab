"""Recipes: how a kind of material is laid down. Numbers only; what they mean is :class:`gcode.recipe.Bead`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Celsius, Flow, Mm, PositiveMm, Seconds, Speed
from fulfillment.positions import Mend, Unit, Written
from gcode.recipe import Bead, RecipeError
from gcode.recipe import Prime as PrimeLine


class Recipe(Written):
    """The bead of one kind of material. At constant flow the speed sets its width: speed = flow / (width * height)."""

    type: Literal["bead"] = "bead"
    """What the recipe is for; a bead where it does not say."""
    nozzle: PositiveMm
    """Inner diameter of the nozzle that the recipe was made with."""
    height: PositiveMm
    """Height of the nozzle over the surface, which is the height of the bead."""
    flow: Flow
    """Volume laid down in a second, constant within a zone."""
    width_min: PositiveMm
    """The narrowest bead of a photo, for its lightest tone: laid fastest."""
    width_max: PositiveMm
    """The widest bead of a photo, for its darkest tone: laid slowest."""
    pitch: PositiveMm
    """Distance between the rows of a photo."""
    line_width: PositiveMm
    """Width of the beads of lettering."""
    min_speed: Speed
    """The slowest that a bead may be laid."""
    max_speed: Speed
    """The fastest that a bead may be laid without tearing."""
    travel: Speed
    """Speed of moves that lay nothing."""
    bed_temperature: Celsius | None = None
    """Temperature of the bed or griddle; none for what needs no warmth below."""
    temperature: Celsius | None = None
    """Nozzle temperature; none for what is laid down cold."""
    clearance: Mm = 5.0
    """Height over the surface on moves that lay nothing."""
    stop_ahead: Mm = 0.0
    """Length before the end of a bead at which the pump stops: what is in the nozzle lays the rest."""
    retract: Annotated[float, Unit("mm3"), Field(ge=0, le=1000)] = 0.0
    """Volume drawn back at the end of a bead and given again before the next."""
    settle: Seconds = 0.0
    """Rest where a bead ends, before the nozzle lifts."""

    def bead(self, e_area: float) -> Bead:
        """The bead on a machine whose feeder pushes ``e_area`` mm2. Raises RecipeError where the numbers contradict."""
        return Bead(e_area=e_area, **self.model_dump(exclude={"type", "bed_temperature"}))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            bead = self.bead(e_area=1.0)
        except RecipeError as error:
            text = str(error)
            raise Mend(f"{text[0].upper()}{text[1:]}.", "One of these numbers is a slip.") from None
        if not self.min_speed <= bead.speed(self.line_width) <= self.max_speed:
            speed = bead.speed(self.line_width)
            text = f"Lettering of this width needs {speed:.1f} mm/s, outside min_speed to max_speed."
            raise Mend(text, "Change line_width, the flow, or the speeds.", ("line_width",))
        return self


Across = Annotated[float, Unit("mm"), Field(ge=-1000, le=1000)]


class Prime(Written):
    """A line beside the piece that fills the nozzle before the first bead."""

    x0: Across
    """Where it begins."""
    y0: Across
    """Where it begins."""
    x1: Across
    """Where it ends."""
    y1: Across
    """Where it ends."""
    extra: Annotated[float, Unit("mm3"), Field(ge=0, le=10_000)] = 0.0
    """Volume pressed out on the spot before the line."""

    def line(self) -> PrimeLine:
        return PrimeLine(**self.model_dump())
