"""Fields that letters are made of: words as their customer writes them, and monograms."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Name, PositiveMm, Title
from fulfillment.positions import Mend, Unit, Written

Lettering = Literal[
    "stroke",
    "stroke-serif",
    "stroke-script",
    "sans",
    "sans-bold",
    "serif",
    "script",
    "calligraphy",
    "handwriting",
    "hand",
]
"""Typefaces by name (`fulfillment.typefaces`): those of strokes are single lines, the others are areas to be filled.
`hand` is written by a pen: single lines, no two letters alike, and another hand for every unit."""
HAND: Final = "hand"


class Arc(Written):
    radius: Annotated[float, Unit("mm"), Field(gt=0, le=5000)]
    """Of the circle of the base line."""
    bend: Literal["up", "down"] = "up"
    """`up`: the middle is highest. `down`: the middle is lowest."""


class TextField(Written):
    type: Literal["text"]
    """A text that the customer writes."""
    title: Title
    """What the shop's page calls it."""
    zone: Name
    """The zone that it fills."""
    required: bool = True
    """Whether a piece can be made without it."""
    min_height: PositiveMm
    """Height of the capitals below which the text is refused instead of shrunk."""
    max_characters: int = Field(default=40, ge=1, le=500)
    """Length at most, in characters."""
    max_height: PositiveMm = 1000
    """Height of the capitals beyond which a short text is not enlarged."""
    lines: int = Field(default=3, ge=1, le=40)
    """Lines at most that a text is broken into, where that makes its letters larger."""
    line_breaks: bool = False
    """Whether the customer may break lines, which are then kept."""
    align: Literal["left", "centre", "right"] = "centre"
    """Where lines begin that are shorter than the longest; text written from the right is aligned as in a mirror."""
    vertical: Literal["bottom", "centre", "top"] = "centre"
    """Where the text stands in a zone that is higher."""
    font: Lettering = "stroke"
    """The typeface. What it lacks is drawn by others that have it."""
    tracking: float = Field(default=0.0, ge=-0.2, le=5.0)
    """More between the letters than they have by themselves, in heights of a capital; letters that touch stay so."""
    arc: Arc | None = None
    """Along an arc of a circle, in the middle of the zone; none: straight. The text is then broken only where its
    customer breaks it."""

    @model_validator(mode="after")
    def _a_hand_writes_straight(self) -> Self:
        if self.font == HAND and (self.arc is not None or self.tracking):
            key = "arc" if self.arc is not None else "tracking"
            raise Mend("Handwriting keeps its own line and its own gaps.", f"Leave out {key}.", (key,))
        return self


class MonogramField(Written):
    type: Literal["monogram"]
    """Two or three letters as one figure."""
    title: Title
    """What the shop's page calls it."""
    zone: Name
    """The zone that it fills."""
    required: bool = True
    """Whether a piece can be made without it."""
    min_height: PositiveMm
    """Height of its smallest letter below which it is refused instead of shrunk."""
    layout: Literal["row", "classic", "circle", "diamond", "stacked", "interlocked"] = "classic"
    """`classic`: the middle one of three is larger. `circle`, `diamond`: stretched to fill it. `stacked`: two above
    each other, the third beside them. `interlocked`: over and under each other."""
    frame: Literal["none", "circle", "double", "diamond", "square"] = "none"
    """A line around the letters; `double`: two circles."""
    font: Lettering = "serif"
    """The typeface."""

    @property
    def max_characters(self) -> int:
        """Letters, and the dots or spaces that people write between them."""
        return 6
