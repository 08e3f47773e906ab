"""What a template declares. Importing one costs no cadquery: pages and checks ask it for its parameters.

A template is a file with a value ``TEMPLATE`` and a pure function ``build(given) -> {part: cadquery shape}``. The
function imports cadquery itself, as only the worker calls it. What grows out of its content needs no ``build``: its
``TEMPLATE.grow`` makes it without cadquery. mm; x to the right, y up, the body stands on z = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from fulfillment.cad.errors import CadRefused, Conflict, refused
from fulfillment.catalog.parameters import Parameter, Rule, Values, conflicts
from fulfillment.positions import closest
from gcode.design import Drawing, Tone, Zone
from gcode.geometry import Bounds
from gcode.units import FloatArray

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies
    from gcode.slicing.areas import Area

MAX_POINTS: Final = 20_000
"""Of a drawing: more than a page of text has, and a CAD kernel still joins them within seconds."""
SLACK: Final = 0.01
"""mm that content may lie beyond its zone: the chords of its curves."""

STYLES: Final = ("raised", "sunk", "layer", "inlaid")
"""How ``gcode.shaping.dress`` puts content on a face: part of the body, cut into it, standing on it as a part with a
colour of its own, or let into it as such."""


@dataclass(frozen=True, slots=True)
class Lit:
    """A picture that is seen with light behind it. ``unrolled``: where points (n, 3) of the body lie in it, (n, 2)."""

    width: float
    height: float
    unrolled: Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Template:
    """``zone`` follows from the parameters. ``styles``: ways in which content meets the body, the usual one first;
    none: the template takes no content. ``parts``: names of what may come out, each of which has a colour.

    Content either goes on the level face at the height ``top``, as high or deep as the parameter ``relief`` says, or
    the whole body grows out of it.
    """

    title: str
    parameters: Mapping[str, Parameter]
    zone: Callable[[Values], Zone]
    rules: tuple[Rule, ...] = ()
    styles: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("body",)
    top: Callable[[Values], float] | None = None
    """mm over the bed; None: nothing can be put on it."""
    relief: str = "relief"
    lit: Callable[[Values], Lit] | None = None
    """Of what is looked at against the light; None: it is looked at from above."""
    grow: Callable[[Given], Bodies] | None = None
    """What makes the whole body, content and all, without cadquery. Raises ShapeError. None: a bare body is built by
    ``build`` of the same file, in a CAD worker, and knows nothing of the content."""

    def checked(self, values: Values) -> Values:
        """All parameters, with defaults where none was given. Raises CadRefused with all that is wrong."""
        wrong = list(self._wrong(values))
        if wrong:
            raise CadRefused(wrong)
        defaults = {name: one.default for name, one in self.parameters.items() if one.default is not None}
        whole = {name: float({**defaults, **values}[name]) for name in self.parameters}
        broken = [
            Conflict(name, reason, mend) for _, name, reason, mend in conflicts(self.parameters, self.rules, whole)
        ]
        if broken:
            raise CadRefused(broken)
        return whole

    def _wrong(self, values: Values) -> Iterator[Conflict]:
        for name in values.keys() - self.parameters.keys():
            mend = closest(name, self.parameters, "Parameters are")
            yield Conflict(name, f"{self.title} has no parameter {name[:40]!r}.", mend)
        for name, one in self.parameters.items():
            value = values.get(name, one.default)
            if value is None:
                yield Conflict(name, f"{one.title} is not given.", "Please set it.")
            elif not math.isfinite(value):
                yield Conflict(name, f"{one.title} is {value}, which is no number to build with.", "Please set it.")
            elif why := one.wrong(value):
                yield Conflict(name, f"{one.title} {why}", "Please choose another value.")

    def checked_style(self, style: str, content: object) -> str:
        """The style that is meant; "" means the usual one. ``content``: None where there is none. Raises CadRefused."""
        if content is None:
            if style:
                raise refused("", f"Nothing was sent that could be {style[:40]}.", "Please send some content.")
            return ""
        if not self.styles:
            raise refused("", f"{self.title} takes no content.", "Please leave it out.")
        if style and style not in self.styles:
            mend = closest(style, self.styles, "Styles are")
            raise refused("", f"{self.title} has no style {style[:40]!r}.", mend)
        return style or self.styles[0]

    def check_drawing(self, drawing: Drawing, values: Values) -> None:
        """Raises CadRefused where the drawing is empty, too fine, not finite, or not in the zone of these values."""
        bounds, count = drawing.bounds, sum(map(len, (*drawing.strokes, *drawing.outlines)))
        if bounds is None:
            raise refused("", "There is nothing in the drawing.", "Please send one with lines or letters.")
        if count > MAX_POINTS:
            reason = f"The drawing has {count:,} points, {MAX_POINTS:,} can be built."
            raise refused("", reason, "Please send a simpler one.")
        if not all(map(math.isfinite, (bounds.x0, bounds.y0, bounds.x1, bounds.y1))):
            raise refused("", "The drawing has points that are not finite.", "Please draw it anew.")
        self._check_place(bounds, values)

    def check_tone(self, tone: Tone, values: Values) -> None:
        """Raises CadRefused where the photo is not finite, or not in the zone of these values."""
        if not np.isfinite(tone.lightness).all():
            raise refused("", "The photo has values that are no numbers.", "Please send it anew.")
        self._check_place(tone.bounds, values)

    def _check_place(self, bounds: Bounds, values: Values) -> None:
        zone = self.zone(values)
        if not zone.bounds.holds(bounds, SLACK):
            reason = (
                f"The content spans x {bounds.x0:.2f} to {bounds.x1:.2f} and y {bounds.y0:.2f} to {bounds.y1:.2f} mm, "
                f"beyond its zone of {zone.width:.2f} x {zone.height:.2f} mm at {zone.x:.2f}, {zone.y:.2f}."
            )
            raise refused("", reason, "Lay it out in the zone of these parameters.")


@dataclass(frozen=True, slots=True)
class Given:
    """What ``build`` and ``grow`` get: checked values, and the content: lines as an area that does not cross itself, or
    a photo."""

    values: Values
    zone: Zone
    style: str = ""
    area: Area | None = field(default=None, compare=False)
    tone: Tone | None = field(default=None, compare=False)
    line_width: float = 0.45
    """mm that one bead is wide: nothing finer can be printed."""

    def __getitem__(self, name: str) -> float:
        return self.values[name]


class TemplateFile(Protocol):
    """The module of a template."""

    TEMPLATE: Template

    def build(self, given: Given) -> Mapping[str, Any]: ...
