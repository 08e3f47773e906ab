"""What a machine's axes, feeder and heaters may be asked for."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Celsius, Flow, Speed
from fulfillment.positions import Mend, Unit, Written

Acceleration = Annotated[float, Unit("mm/s2"), Field(gt=0, le=100_000)]


class AxisSpeeds(Written):
    x: Speed
    """Speed limit of x."""
    y: Speed
    """Speed limit of y."""
    z: Speed
    """Speed limit of z."""
    e: Speed | None = None
    """Speed limit of the feeder; none: it has no feeder."""


class AxisJerks(Written):
    x: Speed
    """Jump in speed of x."""
    y: Speed
    """Jump in speed of y."""
    z: Speed
    """Jump in speed of z."""
    e: Speed
    """Jump in speed of the feeder."""


class AxisAccelerations(Written):
    x: Acceleration | None = None
    """Highest acceleration of x."""
    y: Acceleration | None = None
    """Highest acceleration of y."""
    z: Acceleration | None = None
    """Highest acceleration of z."""
    e: Acceleration | None = None
    """Highest acceleration of the feeder."""


class Limits(Written):
    """What preflight holds every program against."""

    speed: AxisSpeeds
    """The highest speed by axis."""
    acceleration: Acceleration
    """The highest acceleration."""
    jerk: Speed = 8
    """The jump in speed of one axis that it takes at a corner without slowing down (Marlin's classic jerk)."""
    jerks: AxisJerks | None = None
    """Where axes differ in it; takes the place of jerk."""
    junction_deviation: Annotated[float, Unit("mm"), Field(gt=0, le=1)] | None = None
    """How far beside a corner it may be taken to pass (Marlin M205 J, grbl $11); takes the place of jerk."""
    square_corner: Speed | None = None
    """The speed at which it takes a right angle (Klipper square_corner_velocity); takes the place of jerk."""
    cruise: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of a short move that is run at an even speed, with square_corner (Klipper minimum_cruise_ratio)."""
    accelerations: AxisAccelerations | None = None
    """Where axes accelerate less than acceleration."""
    travel_acceleration: Acceleration | None = None
    """Of ways that lay nothing; none: the same."""
    retract_acceleration: Acceleration | None = None
    """Of the feeder alone; none: the same."""
    flow: Flow | None = None
    """The most volume a second that the machine can lay down."""
    nozzle_temperature: Celsius = 0
    """The hottest that the nozzle may be set; 0: it has no heater."""
    bed_temperature: Celsius = 0
    """The hottest that the bed may be set; 0: it has no heater."""
    cold_extrusion: bool = False
    """Whether it may extrude without heat (frosting, clay)."""

    @model_validator(mode="after")
    def _one_rule_of_corners(self) -> Self:
        if self.junction_deviation is not None and self.square_corner is not None:
            raise Mend(
                "junction_deviation and square_corner are rules of two firmwares for the same corners.",
                "Keep square_corner for Klipper, junction_deviation for Marlin and grbl.",
                ("square_corner",),
            )
        return self
