"""Print profiles: what a press wants of a page, as files that an operator edits. Values only; no colour is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Mm, PositiveMm, Title
from fulfillment.positions import Mend, Written

Percent = Annotated[float, Field(ge=0, le=100)]
Four = tuple[Percent, Percent, Percent, Percent]
"""Cyan, magenta, yellow and black, each 0 to 100."""
SpotName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.+-]*$")]
"""As the shop's cutter or press knows it; All and None are not its own."""
IccName = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*\.icc$")]
MOST_SPOTS = 12


class Colour(Written):
    """In what a page is painted."""

    space: Literal["cmyk", "rgb"] = "rgb"
    """`cmyk`: inks of the press that `icc` describes. `rgb`: sRGB, and the printer mixes its inks itself."""
    icc: IccName | None = None
    """The file that describes the press, in the folder of ICC files; needed for cmyk, and none for rgb."""
    condition: Annotated[str, Field(max_length=80)] = "sRGB"
    """The printing condition by its registered name, such as FOGRA39."""
    intent: Literal["perceptual", "relative", "saturation", "absolute"] = "perceptual"
    """How colours are treated that the press cannot print; absolute keeps the white of the photo, too."""

    @model_validator(mode="after")
    def _described(self) -> Self:
        if self.space == "cmyk" and self.icc is None:
            raise Mend("Inks are mixed for a press, and no file describes it.", "Add icc: with its file.", ("icc",))
        if self.space == "rgb" and self.icc is not None:
            raise Mend("A page in rgb is sRGB.", "Take icc out, or write space: cmyk.", ("icc",))
        return self


class Marks(Written):
    """What is printed outside of the trim."""

    crop: bool = True
    """Lines that say where a piece is cut."""
    registration: bool = False
    """Targets by which plates are laid over each other."""
    bar: bool = False
    """Patches by which the press is set."""
    code: bool = True
    """The unit's short code beside each piece, and its QR code where there is room."""
    offset: Mm = 0.5
    """Between the bleed and a mark."""
    length: PositiveMm = 5.0
    """Of a line; less where a neighbour is near."""
    weight: PositiveMm = 0.09
    """Of a line: a quarter of a point."""


class Black(Written):
    """Black is no mixture like others."""

    pure: bool = True
    """Whether black letters are black ink alone and print over what lies under them: no press registers four plates
    well enough for small letters."""
    rich: Four = (40, 30, 30, 100)
    """The inks of large black areas: black ink alone looks grey there."""
    rich_from: PositiveMm = 2.0
    """Thickness of a stem or shape from which it is such an area."""


class Resolution(Written):
    """Of photos as they are placed, in pixels an inch."""

    good: Annotated[float, Field(ge=36, le=2400)] = 300
    """From here on nothing is said; what is finer by half is made smaller."""
    least: Annotated[float, Field(ge=36, le=2400)] = 150
    """Below this the order is held; from here to `good` it is warned."""
    quality: Annotated[int, Field(ge=50, le=100)] = 92
    """Of the JPEG in the page."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.least > self.good:
            raise Mend("Photos below good are warned, and below least held.", "Write least below good.", ("least",))
        return self


class Spot(Written):
    """An ink of its own plate."""

    cmyk: Four
    """What screens, and presses without it, show in its place."""
    overprint: bool = True
    """Whether what lies under it stays on its own plates."""


class PrintProfile(Written):
    """One press with its paper: `<name>.yaml`."""

    inherits: str | None = Field(default=None, max_length=40)
    """Another profile, by its name, whose keys count where this one says nothing. A factory's own file that inherits
    its own name takes the shipped one."""
    title: Title = "Print profile"
    """What screens call it."""
    standard: Literal["pdf-x-4", "pdf"] = "pdf"
    """What the file says that it is: PDF/X-4 for presses (cmyk only), or a plain PDF with an output intent."""
    bleed: Mm = 3.0
    """How far pictures go on beyond the trim."""
    marks: Marks = Marks()
    """What is printed outside of the trim."""
    colour: Colour = Colour()
    """In what a page is painted."""
    ink_limit: Annotated[float, Field(ge=100, le=400)] = 300
    """Percent of all inks in one place; what is more is taken from cyan, magenta and yellow."""
    black: Black = Black()
    """How black is made."""
    spots: Annotated[Mapping[SpotName, Spot], Field(max_length=MOST_SPOTS)] = Field(default_factory=dict)
    """Inks of their own plates, by the name that the press or cutter knows."""
    resolution: Resolution = Resolution()
    """Of photos."""
    transparency: bool = False
    """Whether the finished file may hold transparent parts; what is made here has none."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.standard == "pdf-x-4" and self.colour.space != "cmyk":
            mend = "Write standard: pdf, or colour: { space: cmyk }."
            raise Mend("PDF/X-4 asks for the profile of a press.", mend, ("standard",))
        for name in self.spots:
            if name in ("All", "None", "Cyan", "Magenta", "Yellow", "Black"):
                raise Mend(f"{name} is an ink that every file has.", "Give the spot another name.", ("spots", name))
        if sum(self.black.rich) > self.ink_limit:
            text = f"Rich black has {sum(self.black.rich):g} % of ink, the limit is {self.ink_limit:g} %."
            raise Mend(text, "Lower one of the two.", ("black",))
        return self
