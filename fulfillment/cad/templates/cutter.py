"""A cutter for cookies in the shape of a drawing: a wall around its outer edge, on a rim for the hand.

It stands on its rim. The cookie that it cuts looks as the drawing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.errors import refused
from fulfillment.cad.template import Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

NARROWEST: Final = 3.0
"""mm: dough breaks where it is narrower, and stays in the cutter."""


def zone(values: Values) -> Zone:
    """The cookie. The wall and its rim lie around it."""
    return Zone("content", values["rim"], values["rim"], values["size"], values["size"])


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
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    if given.area is None:
        raise refused("", "A cutter needs the shape that it cuts.", "Please send a drawing.")
    shapes = solids.pieces(given.area)
    if len(shapes) > 1:
        reason = f"The drawing has {len(shapes)} shapes that do not touch; a cutter has one edge."
        raise refused("", reason, "Please join them, or send one of them.")
    # It is printed on its rim and used the other way up: what the cookie shows is the cutter's mirror image.
    cookie = solids.mirrored(solids.filled(given.area), given.zone.x + given.zone.width / 2)
    if len(solids.pieces(solids.grown(cookie, -NARROWEST / 2))) != 1:
        reason = f"The shape is narrower than {NARROWEST:g} mm somewhere: dough would break there."
        raise refused("", reason, "Please draw it wider there, or choose a larger size.")
    rim = solids.prism(solids.grown(cookie, given["rim"]) - cookie, 0.0, given["rim-height"])
    wall = solids.prism(solids.grown(cookie, given["wall"]) - cookie, given["rim-height"], given["height"])
    return {"body": solids.joined(rim[0], [*rim[1:], *wall])}
