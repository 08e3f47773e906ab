"""Recipes: how a kind of material is laid down. Numbers only; what they mean is :class:`gcode.recipe.Bead`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from fulfillment.catalog.words import Celsius, Flow, Mm, PositiveMm, Seconds, Speed
from fulfillment.positions import Mend, Unit, Written
from gcode.recipe import Bead, RecipeError
from gcode.recipe import Prime as PrimeLine
from gcode.recipe import Wipe as WipeLine

V = TypeVar("V")

Feeder = Literal["syringe", "pump"]

NO_BEAD = {"type", "bed_temperature", "held", "bed_held", "feeder"}
"""Fields of a recipe that say nothing of its bead."""


def possible(make: Callable[[], V], *at: str) -> V:
    """What is made of a recipe's numbers. Raises Mend where they contradict each other; ``at``: the key to look at."""
    try:
        return make()
    except RecipeError as error:
        text = str(error)
        raise Mend(f"{text[0].upper()}{text[1:]}.", "One of these numbers is a slip.", at) from None


class Window(Written):
    """Temperatures between which a material can be worked."""

    min: Celsius
    """The coldest."""
    max: Celsius
    """The hottest."""

    @model_validator(mode="after")
    def _wide(self) -> Self:
        if not self.min < self.max:
            raise Mend("The window has no width.", "Write a min below its max.", ("max",))
        return self


class Recipe(Written):
    """The bead of one kind of material. At constant flow the speed sets its width: speed = flow / (width * height)."""

    type: Literal["bead"] = "bead"
    """What the recipe is for; a bead where it does not say."""
    nozzle: PositiveMm
    """Inner diameter of the nozzle that the recipe was made with."""
    height: PositiveMm
    """Height of the nozzle over the surface, which is the height of the bead."""
    flow: Flow
    """Volume laid down in a second, constant within a zone."""
    width_min: PositiveMm
    """The narrowest bead of a photo, for its lightest tone: laid fastest."""
    width_max: PositiveMm
    """The widest bead of a photo, for its darkest tone: laid slowest."""
    pitch: PositiveMm
    """Distance between the rows of a photo."""
    line_width: PositiveMm
    """Width of the beads of lettering."""
    min_speed: Speed
    """The slowest that a bead may be laid."""
    max_speed: Speed
    """The fastest that a bead may be laid without tearing."""
    travel: Speed
    """Speed of moves that lay nothing."""
    bed_temperature: Celsius | None = None
    """Temperature of the bed or griddle; none for what needs no warmth below."""
    temperature: Celsius | None = None
    """Nozzle temperature; none for what is laid down cold."""
    held: Window | None = None
    """The window that the nozzle is held in: reached before anything is laid, kept until the end."""
    bed_held: Window | None = None
    """The window that the bed or griddle is held in, in the same way."""
    fill: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of a bead's width x height that is pressed out: chocolate and batter run to the rest by themselves."""
    feeder: Feeder | None = None
    """What presses it out; none: whatever the machine has."""
    clearance: Mm = 5.0
    """Height over the surface on moves that lay nothing."""
    stop_ahead: Mm = 0.0
    """Length before the end of a bead at which the pump stops: what is in the nozzle lays the rest."""
    retract: Annotated[float, Unit("mm3"), Field(ge=0, le=1000)] = 0.0
    """Volume drawn back at the end of a bead and given again before the next."""
    settle: Seconds = 0.0
    """Rest where a bead ends, before the nozzle lifts."""
    relief: Annotated[float, Unit("mm3"), Field(ge=0, le=1000)] = 0.0
    """Volume drawn back at the very end, so that the nozzle does not drip on its way to park."""
    layers: Annotated[int, Field(ge=1, le=40)] = 1
    """Layers of lettering, one on the other: letters that stand out, or that are lifted off as a piece of their own."""
    layer_rest: Seconds = 0.0
    """Rest until a layer bears the next one."""

    def bead(self, e_area: float) -> Bead:
        """The bead on a machine whose feeder pushes ``e_area`` mm2. Raises RecipeError where the numbers contradict."""
        return Bead(e_area=e_area, **self.model_dump(exclude=NO_BEAD))

    @property
    def heat(self) -> dict[str, tuple[float, float]]:
        """The window of each heater that must be held in one, by the heater's name."""
        windows = {"nozzle": self.held, "bed": self.bed_held}
        return {heater: (window.min, window.max) for heater, window in windows.items() if window is not None}

    @model_validator(mode="after")
    def _held_where_it_is_set(self) -> Self:
        for key, target in (("held", "temperature"), ("bed_held", "bed_temperature")):
            window: Window | None = getattr(self, key)
            degrees: float | None = getattr(self, target)
            if window is None:
                continue
            if degrees is None or not window.min <= degrees <= window.max:
                said = "is missing" if degrees is None else f"{degrees:g} degC lies outside of it"
                mend = f"Write a {target} from {window.min:g} to {window.max:g} degC."
                raise Mend(f"{key} is a window, and {target} {said}.", mend, (key,))
        return self

    @model_validator(mode="after")
    def _possible(self) -> Self:
        bead = possible(lambda: self.bead(e_area=1.0))
        if not self.min_speed <= bead.speed(self.line_width) <= self.max_speed:
            speed = bead.speed(self.line_width)
            text = f"Lettering of this width needs {speed:.1f} mm/s, outside min_speed to max_speed."
            raise Mend(text, "Change line_width, the flow, or the speeds.", ("line_width",))
        return self


Across = Annotated[float, Unit("mm"), Field(ge=-1000, le=1000)]


class Prime(Written):
    """A line beside the piece that fills the nozzle before the first bead."""

    x0: Across
    """Where it begins."""
    y0: Across
    """Where it begins."""
    x1: Across
    """Where it ends."""
    y1: Across
    """Where it ends."""
    extra: Annotated[float, Unit("mm3"), Field(ge=0, le=10_000)] = 0.0
    """Volume pressed out on the spot before the line."""

    def line(self) -> PrimeLine:
        return PrimeLine(**self.model_dump())


class Wipe(Written):
    """A line beside the piece over which the nozzle is drawn at the end, laying nothing: an edge that clears it."""

    x0: Across
    """Where it begins."""
    y0: Across
    """Where it begins."""
    x1: Across
    """Where it ends."""
    y1: Across
    """Where it ends."""

    def line(self) -> WipeLine:
        return WipeLine(**self.model_dump())


class Pour(Written):
    """The machine pours the piece itself, over what it drew; turned over, the drawing is seen."""

    width: PositiveMm
    """Width of the rows that fill it."""
    pitch: PositiveMm
    """Distance between the rows."""
    rest: Seconds
    """Time that the drawing browns before it is poured over."""
    bake: Seconds = 0
    """Time that all of it bakes on before the heat is turned off."""
