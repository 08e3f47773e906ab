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


def radius(values: Values) -> float:
    """mm, of the corners."""
    return values["size"] / 2 * values["roundness"] / 100


def zone(values: Values) -> Zone:
    """The square inside of the rim."""
    inset = values["rim"] + MARGIN
    inset += max(0.0, radius(values) - inset) * ROUND
    return Zone("content", inset, inset, values["size"] - 2 * inset, values["size"] - 2 * inset)


TEMPLATE: Final = Template(
    title="Monogram",
    parameters={
        "size": Parameter(title="Size", unit="mm", minimum=25, maximum=150, step=1, default=60),
        "roundness": Parameter(title="Roundness", unit="%", minimum=5, maximum=100, step=5, default=100),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.6, maximum=8, step=0.2, default=3),
        "rim": Parameter(title="Width of the rim", unit="mm", minimum=0, maximum=6, step=0.2, default=2.4),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=3, step=0.2, default=1),
    },
    rules=(
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

    size, corner, thickness, rim = given["size"], radius(given.values), given["thickness"], given["rim"]
    body = solids.plate(size, size, thickness, corner)
    if rim:
        tall, inner = thickness + given["relief"], size - 2 * rim
        ring = solids.plate(size, size, tall, corner)
        hollow = solids.plate(inner, inner, tall + 1, max(corner - rim, 0.0))
        body = solids.joined(body, [solids.without(ring, [solids.moved(hollow, rim, rim)])])
    return solids.dressed(body, given, thickness, given["relief"])
