"""What a machine's laser is, and what operators found out about it. All of it is theirs to edit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.catalog.laser import LaserRecipe
from fulfillment.catalog.words import Name, Speed
from fulfillment.positions import Mend, Unit, Written
from gcode.scan import Controller, Offsets


class ScanOffset(Written):
    """How far burns lie behind at one speed."""

    speed: Speed
    """Speed of the spot."""
    offset: Annotated[float, Unit("mm"), Field(ge=-5, le=5)]
    """Half the distance between the ends of a row burnt to the right and of one burnt to the left."""


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
        return {"laser": self.kind, "scan offsets": table or "none"}

    @model_validator(mode="after")
    def _speeds_rise(self) -> Self:
        for number, (one, other) in enumerate(pairwise(self.offsets), start=1):
            if other.speed <= one.speed:
                raise Mend("The speeds of the offsets do not rise.", "Sort them, each once.", ("offsets", number))
        return self
