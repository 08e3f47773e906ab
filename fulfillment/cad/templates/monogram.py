"""A disc or a plate as wide as high with round corners, a rim around it, and a loop hole where it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

MARGIN: Final = 2.0
"""mm between the rim and the letters' zone."""
ROUND: Final = 1 - 0.5**0.5
"""Of a round corner's radius, that a square in it stays away from the edge."""


def zone(values: Values) -> Zone:
    """The square inside of the rim."""
    inset = values["rim"] + MARGIN
    inset += max(0.0, values["radius"] - inset) * ROUND
    return Zone("content", inset, inset, values["size"] - 2 * inset, values["size"] - 2 * inset)


TEMPLATE: Final = Template(
    title="Monogram",
    parameters={
        "size": Parameter(title="Size", unit="mm", minimum=25, maximum=150, step=1, default=60),
        "radius": Parameter(title="Corner radius", unit="mm", minimum=1, maximum=75, step=0.5, default=30),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.6, maximum=8, step=0.2, default=3),
        "rim": Parameter(title="Width of the rim", unit="mm", minimum=0, maximum=6, step=0.2, default=2.4),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=3, step=0.2, default=1),
    },
    rules=(
        Rule(value="radius", at_most=Bound(of="size", times=0.5), because="That is a full circle already."),
        Rule(value="relief", at_most=Bound(of="thickness", plus=-0.6), because="Sunk letters would go through."),
        Rule(value="rim", at_most=Bound(of="size", times=0.1), because="There would be no room for letters."),
    ),
    zone=zone,
    styles=STYLES,
    parts=("body", "content"),
    top=lambda values: values["thickness"],
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    size, radius, thickness, rim = given["size"], given["radius"], given["thickness"], given["rim"]
    body = solids.plate(size, size, thickness, radius)
    if rim:
        ring = solids.plate(size, size, thickness + given["relief"], radius)
        hollow = solids.plate(size - 2 * rim, size - 2 * rim, thickness + given["relief"] + 1, max(radius - rim, 0.0))
        body = solids.joined(body, [solids.without(ring, [solids.moved(hollow, rim, rim)])])
    return solids.dressed(body, given, thickness, given["relief"])
