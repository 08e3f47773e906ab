"""A cutter for cookies in the shape of a drawing: a wall around its outer edge, on a rim for the hand.

It stands on its rim. The cookie that it cuts looks as the drawing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fulfillment.cad.template import Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies
    from gcode.slicing.areas import Area


def zone(values: Values) -> Zone:
    """The cookie. The wall and its rim lie around it."""
    return Zone("content", values["rim"], values["rim"], values["size"], values["size"])


def grow(given: Given) -> Bodies:
    from gcode.shaping.cutter import cutter

    area, middle = _cookie(given)
    return cutter(area, middle, given["wall"], given["rim"], given["rim-height"], given["height"])


TEMPLATE: Final = Template(
    title="Cookie cutter",
    parameters={
        "size": Parameter(title="Size", unit="mm", minimum=30, maximum=150, step=1, default=80),
        "height": Parameter(title="Height", unit="mm", minimum=8, maximum=30, step=0.2, default=14),
        "wall": Parameter(title="Wall", unit="mm", minimum=0.4, maximum=3, default=0.9),
        "rim": Parameter(title="Rim", unit="mm", minimum=1, maximum=10, default=4),
        "rim-height": Parameter(title="Height of the rim", unit="mm", minimum=0.8, maximum=6, step=0.2, default=2),
    },
    rules=(
        Rule(value="rim", at_least=Bound(of="wall", plus=0.5), because="It would not hold the wall."),
        Rule(value="rim-height", at_most=Bound(of="height", plus=-6), because="It would not cut through the dough."),
    ),
    zone=zone,
    styles=("edge",),
    grow=grow,
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids
    from gcode.shaping.cutter import bands

    flat, upright = bands(*_cookie(given), given["wall"], given["rim"])
    rim = solids.prism(flat, 0.0, given["rim-height"])
    wall = solids.prism(upright, given["rim-height"], given["height"])
    return {"body": solids.joined(rim[0], [*rim[1:], *wall])}


def _cookie(given: Given) -> tuple[Area, float]:
    """What it cuts, and the upright line that the cutter is its mirror image at."""
    if given.area is None:
        raise ShapeError("A cutter needs the shape that it cuts.", "Please send a drawing.")
    return given.area, given.zone.x + given.zone.width / 2
