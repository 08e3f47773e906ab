"""Recipes: how a kind of material is laid down. Data only; the process that reads it knows how."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Celsius, Flow, Mm, PositiveMm, Seconds, Speed
from fulfillment.positions import Mend, Written


class Lines(Written):
    """One way to lay beads: the bead's width follows from speed at the recipe's constant flow."""

    pitch: PositiveMm
    """Distance between the centres of neighbouring beads."""
    width_min: PositiveMm
    """The narrowest bead: the lightest tone of a photo, laid at the highest speed."""
    width_max: PositiveMm
    """The widest bead: the darkest tone, laid at the lowest speed."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.width_min > self.width_max:
            raise Mend("width_min is greater than width_max.", "Exchange the two.")
        return self


class Recipe(Written):
    """A bead of one kind of material. At constant ``flow``: speed = flow / (width * height)."""

    nozzle: PositiveMm
    """Inner diameter of the nozzle that the recipe was made with."""
    height: PositiveMm
    """Height of the nozzle over the surface, which is the height of a bead."""
    flow: Flow
    """Volume a second that the machine lays down, constant within a zone."""
    lean: float = Field(default=1.0, gt=0.5, le=1.2)
    """Factor on the volume; chocolate wants 0.8 to 0.9."""
    speed_min: Speed
    """The slowest that a bead may be laid."""
    speed_max: Speed
    """The fastest that a bead may be laid without tearing."""
    travel: Speed
    """Speed of moves that lay nothing."""
    temperature: Celsius | None = None
    """Nozzle temperature; none for what is laid down cold."""
    lift: Mm = 5.0
    """Height over the surface on travel moves."""
    prime: Mm = 0.0
    """Plunger travel that builds up pressure before the first bead."""
    relief: Mm = 0.0
    """Plunger travel drawn back at the end of a bead, so that it does not string."""
    stop_early: Mm = 0.0
    """Length before the end of a bead at which the plunger stops: the pressure left lays the rest."""
    dwell: Seconds = 0.0
    """Rest at the end of a bead before the nozzle lifts."""
    photo: Lines
    """Beads of a photo."""
    text: Lines
    """Beads of text: width_min is the narrowest stroke that holds."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.speed_min > self.speed_max:
            raise Mend("speed_min is greater than speed_max.", "Exchange the two.")
        for name, lines in (("photo", self.photo), ("text", self.text)):
            slow = self.flow / (lines.width_max * self.height)
            fast = self.flow / (lines.width_min * self.height)
            if slow < self.speed_min - 1e-9 or fast > self.speed_max + 1e-9:
                text = f"At this flow the beads need {slow:.3g} to {fast:.3g} mm/s, outside speed_min to speed_max."
                raise Mend(text, "Change the flow, the widths, or the speeds.", (name,))
        return self
