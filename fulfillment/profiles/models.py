"""What a file of profiles may say: the numbers of a :class:`gcode.slicing.profile.Profile`, and a material's heat.

A file says only what it knows; what is not said comes from the files that are looked at before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, PlainValidator, model_validator

from fulfillment.catalog.recipes import Window
from fulfillment.catalog.words import Celsius, Title
from fulfillment.positions import Mend, Unit, Written, refuse
from gcode.slicing.profile import PARTS, RANGES, Pattern, Seam

MM: Final = Unit("mm")


@dataclass(frozen=True, slots=True)
class OfNozzle:
    """A length as a share of the nozzle's diameter."""

    share: float


def _length(value: object) -> float | OfNozzle:
    if isinstance(value, str) and value.strip().endswith("%"):
        number = value.strip().removesuffix("%").strip()
        if not number.replace(".", "", 1).isdigit() or len(number) > 6:
            raise Mend(f"{value[:40]!r} is no share of the nozzle.", "Write it such as '50 %', or in mm.")
        return OfNozzle(float(number) / 100)
    read = MM.read(value)
    if isinstance(read, bool) or not isinstance(read, int | float):
        raise Mend("A length is expected here.", "Write it in mm, or as a share of the nozzle's diameter: '50 %'.")
    return float(read)


Length = Annotated[float | OfNozzle, PlainValidator(_length)]
"""mm, or a share of the nozzle's diameter such as "50 %"."""
Path = Annotated[float, MM]
Rate = Annotated[float, Unit("mm/s")]
Time = Annotated[float, Unit("s")]


class Part(Written):
    """Keys whose ranges are those of a profile."""

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = RANGES

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        refuse(self._beyond())
        return self

    def _beyond(self) -> Iterator[Mend]:
        for name in sorted(self.model_fields_set & self.ranges.keys()):
            value, (low, high) = getattr(self, name), self.ranges[name]
            if isinstance(value, int | float) and not low <= value <= high:
                yield Mend(f"{name} is {value:g}.", f"Write {low:g} to {high:g}.", (name,))


class Widths(Part):
    """Of beads: mm, or shares of the nozzle's diameter. 60 to 250 % can be laid."""

    ranges = PARTS["widths"]

    outer: Length | None = None
    """Of outer walls."""
    inner: Length | None = None
    """Of inner walls."""
    solid: Length | None = None
    """Of solid infill, top and bottom."""
    sparse: Length | None = None
    """Of sparse infill."""
    first: Length | None = None
    """Of all beads of the first layer."""


class Speeds(Part):
    """Of beads by what they are for, and between them. A machine's own limits and the flow may slow them down."""

    ranges = PARTS["speeds"]

    outer: Rate | None = None
    """Of outer walls."""
    inner: Rate | None = None
    """Of inner walls."""
    gap: Rate | None = None
    """Of single beads in what is narrow."""
    top: Rate | None = None
    """Of what is seen from above."""
    solid: Rate | None = None
    """Of solid infill."""
    sparse: Rate | None = None
    """Of sparse infill."""
    bridge: Rate | None = None
    """Of beads with nothing under them."""
    first: Rate | None = None
    """The most in the first layer."""
    travel: Rate | None = None
    """Between beads."""
    z: Rate | None = None
    """Up and down."""
    least: Rate | None = None
    """To which a layer is slowed down at most, so that it cools."""


class Cooling(Part):
    """Shares of the fan's full speed, and the time that a layer takes at least."""

    ranges = PARTS["cooling"]

    fan: float | None = None
    """For layers that take `least_time` or less, 0 to 1."""
    fan_least: float | None = None
    """For layers that take `fan_full_below` or longer."""
    fan_bridge: float | None = None
    """For beads with nothing under them."""
    fan_from: int | None = None
    """The first layer with the fan on, counted from 0."""
    fan_full_below: Time | None = None
    """A layer that takes this long has the least fan."""
    least_time: Time | None = None
    """That a layer takes at least."""


class Retraction(Part):
    """What is drawn back before the nozzle crosses what is outside of the part."""

    ranges = PARTS["retraction"]

    length: Path | None = None
    """Of filament; 0: none."""
    speed: Rate | None = None
    """Of the filament."""
    hop: Path | None = None
    """By which the nozzle rises on such a way."""
    least_travel: Path | None = None
    """A shorter way is gone without it."""


class Infill(Part):
    """Of what lies inside walls and skins."""

    ranges = PARTS["infill"]

    pattern: Pattern | None = None
    """Its lines: rectilinear, grid or gyroid."""
    density: float | None = None
    """0 to 1; 1 makes everything solid."""
    angle: float | None = None
    """Of lines in even layers, degrees."""
    least_area: Annotated[float, Unit("mm2")] | None = None
    """A smaller place is filled solidly."""


class Adhesion(Part):
    """What helps the first layer to stick."""

    ranges = PARTS["adhesion"]

    brim: Path | None = None
    """Of brim around the part."""
    brim_gap: Path | None = None
    """Between brim and part."""
    skirt: int | None = None
    """Lines around everything, which prime the nozzle."""
    skirt_distance: Path | None = None
    """From the part."""


class Settings(Part):
    """What every file may say."""

    inherits: str | None = Field(default=None, max_length=40)
    """Another file of the same folder, by its name, whose keys count where this one says nothing. A factory's own file
    that inherits its own name takes the shipped one."""
    title: Title | None = None
    """What screens call it."""
    height: Length | None = None
    """Of layers: mm, or a share of the nozzle's diameter; at most 80 %."""
    first_height: Length | None = None
    """Of the first layer."""
    widths: Widths = Widths()
    """Of beads."""
    perimeters: int | None = None
    """Walls."""
    top_layers: int | None = None
    """Solid layers below what is seen from above."""
    bottom_layers: int | None = None
    """Solid layers above what is seen from below."""
    infill: Infill = Infill()
    """Of what lies inside walls and skins."""
    speeds: Speeds = Speeds()
    """Of beads, and between them."""
    max_flow: Annotated[float, Unit("mm3/s")] | None = None
    """What is melted in a second; of nozzle, quality, material and machine the least counts."""
    cooling: Cooling = Cooling()
    """Fan, and time for a layer."""
    retraction: Retraction = Retraction()
    """Before ways outside of the part."""
    adhesion: Adhesion = Adhesion()
    """Brim and skirt."""
    elephant_foot: Path | None = None
    """By which the first layer is smaller on each side."""
    seam: Seam | None = None
    """Where walls begin: rear, or in a corner."""
    outer_first: bool | None = None
    """Outer walls before inner ones."""
    overhang: float | None = None
    """Degrees off the vertical that a wall may lean out by itself."""
    max_bridge: Path | None = None
    """That a bead spans with nothing below it."""
    bridge_flow: float | None = None
    """Share of a bead that is laid over nothing."""


class OfNozzles(Settings):
    """A nozzle: `nozzles/<its diameter in mm>.yaml`."""


class Quality(Settings):
    """A quality, which a product names: `qualities/<name>.yaml`."""


class Filament(Settings):
    """A kind of material: `materials/<kind>.yaml`, by the kind that config.yaml says of a material."""

    temperature: Celsius | None = None
    """Of the nozzle."""
    bed_temperature: Celsius | None = None
    """Of the bed."""
    window: Window | None = None
    """Temperatures of the nozzle that this material may be laid at: a program that leaves them is refused."""
    bed_window: Window | None = None
    """The same of the bed."""


Folder = Literal["qualities", "nozzles", "materials"]
FOLDERS: Final[Mapping[Folder, type[Settings]]] = {"qualities": Quality, "nozzles": OfNozzles, "materials": Filament}
"""Folders in the order in which their files are looked at: what a later one says counts."""
