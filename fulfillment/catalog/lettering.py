"""Fields that letters are made of: words as their customer writes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fulfillment.catalog.words import Name, PositiveMm, Title
from fulfillment.positions import Unit, Written

Lettering = Literal[
    "stroke", "stroke-serif", "stroke-script", "sans", "sans-bold", "serif", "script", "calligraphy", "handwriting"
]
"""Typefaces by name (`fulfillment.typefaces`): those of strokes are single lines, the others are areas to be filled."""


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
