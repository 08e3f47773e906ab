"""What a machine's laser is, and what operators found out about it. All of it is theirs to edit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.catalog.laser import LaserRecipe
from fulfillment.catalog.words import Name, PositiveMm, Speed
from fulfillment.positions import Mend, Unit, Written
from gcode.rotary import Roll, per_mm
from gcode.scan import Controller, Offsets


class ScanOffset(Written):
    """How far burns lie behind at one speed."""

    speed: Speed
    """Speed of the spot."""
    offset: Annotated[float, Unit("mm"), Field(ge=-5, le=5)]
    """Half the distance between the ends of a row burnt to the right and of one burnt to the left."""


class Rotary(Written):
    """What turns a cylinder under the laser, in place of the Y axis."""

    turn: Annotated[float, Field(gt=0, le=100_000)]
    """What Y moves for one turn of the chuck or of the rollers, in its own units: 360 where it counts degrees."""
    roller: PositiveMm | None = None
    """Diameter of the rollers that the piece lies on; none: a chuck holds it."""
    reverse: bool = False
    """Whether it turns the other way: letters would be mirrored."""

    def roll(self, diameter: float, length: float, along: float, around: float) -> Roll:
        """A piece of this diameter and length in it; ``along`` and ``around``: where it begins, in axes' units."""
        return Roll(diameter, length, per_mm(self.turn, diameter, self.roller), along, around, self.reverse)


class Laser(Written):
    """The laser of an engraver."""

    kind: Name
    """What it is, such as diode-10w: a program is made for all lasers of one kind and one table of offsets."""
    air: bool = False
    """Whether its M8 blows air at the spot."""
    lines_per_second: Annotated[float, Field(ge=10, le=100_000)] = 400
    """Lines that its controller takes in; an 8-bit GRBL 400 to 500. Rows that would ask for more are burnt slower."""
    blocks_ahead: Annotated[int, Field(ge=1, le=1000)] = 15
    """Moves that its controller plans ahead; GRBL 15, grblHAL 35."""
    offsets: tuple[ScanOffset, ...] = Field(default=(), max_length=50)
    """By rising speed; between them by straight lines. None: rows burnt to and fro are not moved against each other."""
    rotary: Rotary | None = None
    """What turns a cylinder in it; such a laser makes cylinders only, until the rotary is taken out."""
    presets: Mapping[Name, LaserRecipe] = Field(default_factory=dict)
    """How this laser burns each kind of material; it takes the place of the products' own recipes for that kind."""

    def controller(self) -> Controller:
        return Controller(lines=self.lines_per_second, ahead=self.blocks_ahead)

    def table(self) -> Offsets:
        return Offsets(tuple((one.speed, one.offset) for one in self.offsets))

    @property
    def traits(self) -> Mapping[str, str]:
        """What a program that was made for it needs of another machine."""
        table = " ".join(f"{one.speed:g}:{one.offset:g}" for one in self.offsets)
        traits = {"laser": self.kind, "scan offsets": table or "none"}
        if self.rotary is not None:
            way = " reversed" if self.rotary.reverse else ""
            on = f"rollers of {self.rotary.roller:g} mm" if self.rotary.roller else "chuck"
            traits["rotary"] = f"{on}, {self.rotary.turn:g} a turn{way}"
        return traits

    @model_validator(mode="after")
    def _speeds_rise(self) -> Self:
        for number, (one, other) in enumerate(pairwise(self.offsets), start=1):
            if other.speed <= one.speed:
                raise Mend("The speeds of the offsets do not rise.", "Sort them, each once.", ("offsets", number))
        return self
