"""Recipes of presses: how a piece of paper is printed, on which sheet, and how stickers are cut. Numbers only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Colour, Mm, Name, PositiveMm
from fulfillment.positions import Mend, Unit, Written, closest

MOST_COPIES = 400


class PressSheet(Written):
    """The paper that it is printed on. The jig says where on it the piece lies, its pockets where several do."""

    media: Name
    """The paper's name, as in the machine's trays."""
    width: PositiveMm
    """Extent in x."""
    height: PositiveMm
    """Extent in y."""


class Cut(Written):
    """A line that a cutter follows around each copy of the content."""

    zone: Name | None = None
    """The zone that a shape fills; `content` needs none."""
    shape: Literal["content", "rectangle", "rounded", "ellipse", "heart"] = "content"
    """`content`: the outline of all that is printed on the front, one line around it. The others fill the zone."""
    offset: Annotated[float, Unit("mm"), Field(ge=-50, le=50)] = 2.0
    """By which the line lies outside of that; below 0: within it, so that pictures go on beyond the cut."""
    spot: Annotated[str, Field(max_length=60)] | None = None
    """The spot colour that the cutter follows, by its name in the print profile; none: a thin line in `colour`."""
    colour: Colour = "#b8b8b8"
    """Of a line that scissors follow, where there is no spot."""
    weight: PositiveMm = 0.09
    """Of the line: a quarter of a point."""

    @model_validator(mode="after")
    def _has_its_zone(self) -> Self:
        if self.shape != "content" and self.zone is None:
            raise Mend(f"Of what size is the {self.shape}?", "Add zone: with the zone that it fills.", ("zone",))
        return self


class Repeat(Written):
    """Copies of the content on one piece, from the first at its own place to the right, then away."""

    columns: int = Field(default=1, ge=1, le=40)
    """From left to right."""
    rows: int = Field(default=1, ge=1, le=40)
    """From front to back."""
    x_step: PositiveMm = 1.0
    """From a copy to the next one to the right."""
    y_step: PositiveMm = 1.0
    """From a copy to the next one behind it."""

    @property
    def steps(self) -> tuple[tuple[float, float], ...]:
        return tuple(
            (column * self.x_step, row * self.y_step) for row in range(self.rows) for column in range(self.columns)
        )


class PressRecipe(Written):
    """How one kind of paper is printed."""

    type: Literal["press"]
    """A page."""
    profile: Name
    """The print profile, by its name (docs/press.md)."""
    sheet: PressSheet
    """The paper in the tray."""
    line_width: PositiveMm = 0.1
    """Of lines that have no width of their own, and what letters and drawings must not be finer than."""
    ink: Colour = "#000000"
    """Of texts and drawings, where neither the field nor the customer's choice (`ink`) says one. Black stays black."""
    inks: Mapping[Name, Colour] = Field(default_factory=dict)
    """The same by field."""
    grounds: Mapping[Literal["front", "back"], Colour] = Field(default_factory=dict)
    """A colour under everything, over the bleed too."""
    repeat: Repeat = Repeat()
    """Several copies of the content on one piece."""
    cut: Cut | None = None
    """Around each copy."""
    white: Annotated[str, Field(max_length=60)] | None = None
    """The spot colour that is laid under each copy on what is not white, as far as its cut; none: paper is white."""
    choke: Mm = 0.15
    """By which it ends before the cut, so that none is seen beside it."""


def unknown(recipe: PressRecipe, at: Name, fields: Collection[str], zones: Collection[str]) -> Iterator[Mend]:
    """Names that the product does not have."""
    for name in recipe.inks:
        if name not in fields:
            mend = closest(name, fields, "Fields are")
            yield Mend(f"No field is called {name!r}.", mend, ("recipes", at, "inks", name))
    if recipe.cut is not None and recipe.cut.zone is not None and recipe.cut.zone not in zones:
        mend = closest(recipe.cut.zone, zones, "Zones are")
        yield Mend(f"No zone is called {recipe.cut.zone!r}.", mend, ("recipes", at, "cut", "zone"))
    if recipe.white is not None and recipe.cut is None:
        yield Mend("White reaches as far as a cut, and there is none.", "Add cut:.", ("recipes", at, "white"))
    if len(recipe.repeat.steps) > MOST_COPIES:
        yield Mend(f"At most {MOST_COPIES} copies are made.", "Use fewer.", ("recipes", at, "repeat"))
