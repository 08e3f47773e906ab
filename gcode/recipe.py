"""How a material is laid: the bead of one nozzle and the line that primes it. Numbers of recipes, never of orders."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gcode.toolpath import NAN


class RecipeError(ValueError):
    """A recipe contradicts itself. The text names the fields and the mend."""


@dataclass(frozen=True, slots=True)
class Bead:
    """One nozzle laying one material at one height. mm, mm/s, mm3/s, mm2, degrees C.

    A bead is taken as a rectangle: its cross-section is ``fill`` x width x height, so a speed gives a width at a
    constant flow.
    """

    nozzle: float
    height: float
    """Of the nozzle over the surface, and of the bead."""
    width_min: float
    width_max: float
    pitch: float
    """Between the rows of a photo. A ``width_max`` a little above it lets dark places close."""
    flow: float
    e_area: float
    """Cross-section of the filament or of the syringe's plunger: E = volume / e_area."""
    line_width: float
    """Of lettering and outlines."""
    travel: float
    min_speed: float
    max_speed: float
    stop_ahead: float
    """The pump stops this far before a line ends; the round end of the bead fills up to half a line width."""
    retract: float
    """mm3 drawn back after a line and given again before the next: flow x lag of the pump is its pressure."""
    clearance: float
    """Above the surface between lines."""
    retract_flow: float = 300.0
    """mm3/s of drawing back and giving again: fast, so that little is laid meanwhile."""
    settle: float = 0.0
    """Seconds to wait where a line ends, so that the thread breaks."""
    temperature: float | None = None
    """None: the material is not heated."""
    fill: float = 1.0
    """Share of the cross-section that is pressed out: chocolate and batter run to the rest by themselves."""
    relief: float = 0.0
    """mm3 drawn back at the very end, so that the nozzle does not drip on its way to park."""
    layers: int = 1
    """Of lettering, one on the other, each ``height`` higher."""
    layer_rest: float = 0.0
    """Seconds until a layer bears the next."""

    def __post_init__(self) -> None:
        for name in (
            "nozzle",
            "height",
            "width_min",
            "pitch",
            "flow",
            "e_area",
            "travel",
            "min_speed",
            "line_width",
            "retract_flow",
        ):
            if not getattr(self, name) > 0:
                raise RecipeError(f"the bead's {name} is {getattr(self, name)}: it must be above 0")
        if not 0 < self.fill <= 1:
            raise RecipeError(f"fill is {self.fill}: a share above 0 and at most 1 is pressed out")
        if not self.width_min < self.width_max:
            raise RecipeError(f"width_min {self.width_min} must be below width_max {self.width_max} mm")
        if self.speed(self.width_max) < self.min_speed or self.speed(self.width_min) > self.max_speed:
            slow, fast = self.speed(self.width_max), self.speed(self.width_min)
            raise RecipeError(
                f"a flow of {self.flow} mm3/s needs {slow:.1f} to {fast:.1f} mm/s for {self.width_max} to "
                f"{self.width_min} mm, the bead allows {self.min_speed} to {self.max_speed}: "
                "change the flow, the widths or the speeds"
            )
        if min(self.stop_ahead, self.retract, self.clearance, self.settle, self.relief) < 0:
            raise RecipeError("stop_ahead, retract, clearance, settle and relief must not be negative")

    def speed(self, width: float) -> float:
        """mm/s at which the constant flow lays this width."""
        return self.flow / (width * self.height * self.fill)

    def e_per_mm(self, width: float) -> float:
        """mm of E for each mm of a line of this width."""
        return width * self.height * self.fill / self.e_area

    @property
    def coverage(self) -> tuple[float, float]:
        """The smallest and largest share of the surface that rows can cover."""
        return self.width_min / self.pitch, min(1.0, self.width_max / self.pitch)


@dataclass(frozen=True, slots=True)
class Prime:
    """A line beside the piece that fills the nozzle, in the piece's coordinates. mm."""

    x0: float
    y0: float
    x1: float
    y1: float
    extra: float = 0.0
    """mm3 pressed out on the spot before the line."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """A line beside the piece over which the nozzle is drawn at the end, laying nothing. In the piece's coordinates."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the piece lies: the jig's corner in machine coordinates, and the height of the piece's surface. mm."""

    x: float = 0.0
    y: float = 0.0
    surface: float = 0.0


@dataclass(frozen=True, slots=True)
class Motion:
    """How a machine accelerates, as far as paths and estimates depend on it. mm/s2, and mm/s of velocity jump at a
    corner.

    What a corner may be taken at is said by one of three rules: ``square_corner`` (Klipper) if it is not None, else
    ``junction_deviation`` (grbl, Marlin), else ``jerks`` or ``jerk`` (Marlin's classic jerk).
    """

    acceleration: float = 500.0
    """Of moves that lay material, and the most of any."""
    jerk: float = 8.0
    max_feed: tuple[float, float, float, float] = (NAN, NAN, NAN, NAN)
    """mm/s of X, Y, Z, E; NaN: no limit known."""
    jerks: tuple[float, float, float, float] | None = None
    """By axis, in the place of ``jerk``."""
    junction_deviation: float | None = None
    """mm between a corner and the circle through which it would be taken."""
    square_corner: float | None = None
    """mm/s through a right angle."""
    cruise: float = 0.5
    """Share of a short move that runs at an even speed, where square_corner rules."""
    max_acceleration: tuple[float, float, float, float] = (NAN, NAN, NAN, NAN)
    """Of X, Y, Z, E; NaN: no limit known."""
    travel_acceleration: float | None = None
    """Of moves that lay nothing; None: as others."""
    retract_acceleration: float | None = None
    """Of moves of E alone; None: as others."""


@dataclass(frozen=True, slots=True)
class Burn:
    """A laser burning lines into one material. mm, mm/s."""

    power: float
    """0..1 of what the laser can do."""
    speed: float
    line_width: float
    """Of what the spot burns."""
    passes: int = 1
    """How often everything is gone over."""

    def __post_init__(self) -> None:
        if not 0 < self.power <= 1:
            raise RecipeError(f"the laser's power is {self.power:g}: it must be above 0 and at most 1")
        _above_nothing(self, "speed", "line_width", "passes")


@dataclass(frozen=True, slots=True)
class Pen:
    """A pen drawing lines. mm, mm/s, s."""

    speed: float
    travel: float
    """With the pen up, where the machine does not go as fast as it can by itself."""
    line_width: float
    up: float = 0.3
    """0..1 of a servo's way, where the machine's servo is set by the program."""
    down: float = 0.7
    settle: float = 0.2
    """Until such a servo has done its way."""

    def __post_init__(self) -> None:
        _above_nothing(self, "speed", "travel", "line_width")
        if not (0 <= self.up <= 1 and 0 <= self.down <= 1 and self.up != self.down):
            raise RecipeError(f"the pen is up at {self.up:g} and down at {self.down:g}: write two places from 0 to 1")
        if not self.settle >= 0:
            raise RecipeError(f"the pen settles in {self.settle:g} s: it must not be negative")


@dataclass(frozen=True, slots=True)
class Carving:
    """A bit and how it is led. mm, mm/s, degrees."""

    angle: float
    """Between the flanks of a V-bit; 0: an end mill."""
    diameter: float
    """Of the bit where it is widest."""
    depth: float
    """Of strokes."""
    max_depth: float
    """Of anything."""
    step: float
    """The most that is taken off in one pass."""
    stepover: float
    """Between two ways over a floor."""
    feed: float
    plunge: float
    """Speed straight down."""
    safe: float
    """Height over the surface between cuts."""

    def __post_init__(self) -> None:
        for name in ("diameter", "depth", "max_depth", "step", "stepover", "feed", "plunge", "safe"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise RecipeError(f"the carving's {name} is {getattr(self, name)}: it must be above 0")
        if not 0 <= self.angle < 170:
            raise RecipeError(f"an angle of {self.angle:g} degrees between the flanks: write 0 to 170")
        if self.depth > self.max_depth:
            raise RecipeError(f"strokes of {self.depth:g} mm are deeper than max_depth {self.max_depth:g} mm")
        if self.angle and self.width(self.max_depth) > self.diameter + 1e-9:
            raise RecipeError(
                f"{self.max_depth:g} mm deep the groove would be {2 * self.radius:.2f} mm wide, the bit has "
                f"{self.diameter:g} mm: lower max_depth"
            )

    def width(self, depth: float) -> float:
        """Of the groove at this depth."""
        return 2 * depth * self.slope if self.angle else self.diameter

    @property
    def slope(self) -> float:
        """Half of the width for a mm of depth."""
        return math.tan(math.radians(self.angle) / 2)

    @property
    def radius(self) -> float:
        """Half the width of the widest groove."""
        return self.max_depth * self.slope if self.angle else self.diameter / 2


def _above_nothing(recipe: Burn | Pen, *names: str) -> None:
    for name in names:
        if not getattr(recipe, name) > 0:
            raise RecipeError(f"the {type(recipe).__name__.lower()}'s {name} is {getattr(recipe, name)}: write more")
