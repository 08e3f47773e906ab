"""Recipes of a laser: how lines, fills, photos and cuts are burnt into one kind of material. Numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.recipes import possible
from fulfillment.catalog.words import Mm, PositiveMm, Speed
from fulfillment.positions import Written
from gcode.dither import Raster
from gcode.recipe import Burn

Power = Annotated[float, Field(gt=0, le=1)]
Passes = Annotated[int, Field(ge=1, le=50)]
Dither = Literal["floyd-steinberg", "stucki", "jarvis", "atkinson", "ordered", "halftone", "greyscale"]


class Fill(Written):
    """Outlines filled by lines side by side."""

    interval: PositiveMm
    """Distance between the lines."""
    angle: Annotated[float, Field(ge=-180, le=180)] = 0.0
    """Direction of the lines in degrees; 0: along x."""
    cross: bool = False
    """Whether lines at a right angle to these follow."""
    inset: Mm | None = None
    """How far from the outline the lines end; none: half a line's width, so that the burn ends on it."""
    outline: bool = True
    """Whether the outline is burnt as a line, too."""
    power: Power | None = None
    """Share of the laser's full power; none: that of lines."""
    speed: Speed | None = None
    """Speed of the spot; none: that of lines."""


class PhotoBurn(Written):
    """Photos as rows of dots, or of power."""

    interval: PositiveMm
    """Distance between the rows, and the width of a dot."""
    dither: Dither = "floyd-steinberg"
    """How tones become dots; greyscale: each place has a power of its own."""
    power: Power | None = None
    """Share of the laser's full power for dots and for black; none: that of lines."""
    min_power: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """In greyscale: the power of the lightest tone that leaves a mark."""
    speed: Speed | None = None
    """Speed of the spot; none: that of lines. Rows with many dots are slower where the controller asks for it."""
    gamma: Annotated[float, Field(ge=0.2, le=5)] = 1.0
    """Above 1 lightens the middle tones, for a spot that is wider than a dot."""
    bidirectional: bool = True
    """Whether rows are burnt to and fro; it needs the laser's table of offsets."""


class Cut(Written):
    """Contours cut through."""

    power: Power = 1.0
    """Share of the laser's full power."""
    speed: Speed
    """Speed of the spot."""
    passes: Passes = 1
    """How often each contour is gone over before the next one."""
    kerf: Mm = 0.0
    """Width of what the beam takes away: the way lies half of it outside of the part."""
    tabs: Annotated[int, Field(ge=0, le=100)] = 0
    """Bridges that hold the part, for each contour."""
    tab: PositiveMm = 0.5
    """Length of a bridge."""


class LaserRecipe(Written):
    """How a laser burns one kind of material."""

    type: Literal["laser"]
    """A burn."""
    power: Power
    """Share of the laser's full power."""
    speed: Speed
    """Speed of the spot."""
    line_width: PositiveMm
    """Width of a line that is burnt."""
    passes: Passes = 1
    """How often every line is gone over."""
    fill: Fill | None = None
    """How outlines are filled; none: they are burnt as lines."""
    photo: PhotoBurn | None = None
    """How photos are burnt; none: they are not."""
    cut: Cut | None = None
    """How the piece is cut out of its sheet; none: it is not."""
    air: bool = True
    """Whether air is blown at the spot, on machines that can."""

    def burn(self) -> Burn:
        """Of lines."""
        return Burn(self.power, self.speed, self.line_width, self.passes)

    def raster(self, photo: PhotoBurn, *, light: bool) -> Raster:
        """Of photos. ``light``: the mark is lighter than the surface."""
        most = photo.power or self.power
        return Raster(photo.interval, photo.dither, most, photo.min_power, photo.gamma, light)

    @property
    def dose(self) -> float:
        """Share of full power by s/mm2 from which a place is as dark as this recipe makes any: for the proof."""
        return min(self._doses())

    def _doses(self) -> Iterator[float]:
        yield self.power / (self.speed * self.line_width)
        for section in (self.fill, self.photo):
            if section is not None:
                yield (section.power or self.power) / ((section.speed or self.speed) * section.interval)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        photo = self.photo
        if photo is not None:
            possible(lambda: self.raster(photo, light=False), "photo")
        return self
