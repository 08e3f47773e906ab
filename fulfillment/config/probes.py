"""What a food printer measures surfaces with. Numbers of how the machine and its firmware were built."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fulfillment.catalog.words import Mm, PositiveMm
from fulfillment.positions import Unit, Written
from gcode.probe import Probe as Measures

Beside = Annotated[float, Unit("mm"), Field(ge=-200, le=200)]
Points = Annotated[int, Field(ge=2, le=50)]


class Probe(Written):
    """A probe for uneven pieces. The firmware is Marlin with AUTO_BED_LEVELING_BILINEAR."""

    x: Beside = 0.0
    """Where it touches, seen from the nozzle (NOZZLE_TO_PROBE_OFFSET)."""
    y: Beside = 0.0
    """Where it touches, seen from the nozzle."""
    drop: Mm = 0.0
    """How far above the place that it touches the nozzle then is: the same offset in Z, without its sign."""
    columns: Points
    """Points of the grid in x (GRID_MAX_POINTS_X). From one to the next a surface is taken as straight."""
    rows: Points
    """Points of the grid in y (GRID_MAX_POINTS_Y)."""
    clearance: PositiveMm = 5.0
    """By how much it rises between points (Z_CLEARANCE_BETWEEN_PROBES): at most half of it a piece may be uneven."""
    top: PositiveMm
    """How high over the bed a surface may be (Z_PROBE_ERROR_TOLERANCE; in older firmware Z_CLEARANCE_BETWEEN_PROBES): a
    touch above it is taken for a fault. As Marlin comes this is 3 mm, which is less than any piece."""
    seconds: Annotated[float, Unit("s"), Field(gt=0, le=120)] = 5.0
    """Time that a point takes, with the way to it: for the estimate."""

    def measures(self) -> Measures:
        return Measures(self.x, self.y, self.drop, (self.columns, self.rows), self.clearance, self.top, self.seconds)

    @property
    def trait(self) -> str:
        """What a program that was made for it needs of another machine."""
        beside = f", {self.x:g} and {self.y:g} mm beside and {self.drop:g} mm below the nozzle"
        beside = beside if self.x or self.y or self.drop else ""
        return f"{self.columns} x {self.rows}, up to {self.top:g} mm high{beside}"
