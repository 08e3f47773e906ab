"""A bridge that holds a cable to a desk or a wall: a screw on either side, a name over the cable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

ROOF: Final = 2.4
"""mm of body over the cable; sunk words leave 0.8 of them."""
SEAT: Final = 3.0
"""mm of body under a screw's head."""
EDGE: Final = 2.0
"""mm of body around a screw's head."""
HEAD: Final = 2.0
"""Times a screw's size that its head is wide."""
LOOSE: Final = 0.4
"""mm by which holes are wider than what goes through."""
MARGIN: Final = 1.5
"""mm between the name and the edges in front and at the back."""


def ear(values: Values) -> float:
    """mm at either end that belong to a screw."""
    return HEAD * values["screw"] + LOOSE + 2 * EDGE


def top(values: Values) -> float:
    """mm: as high as cable and screws need, in steps that layers of 0.2 mm have."""
    return math.ceil(5 * max(values["cable"] + ROOF, values["screw"] + SEAT) - 1e-6) / 5


def zone(values: Values) -> Zone:
    """Between the screws."""
    return Zone("content", ear(values), MARGIN, values["length"], values["depth"] - 2 * MARGIN)


TEMPLATE: Final = Template(
    title="Cable tidy",
    parameters={
        "cable": Parameter(title="Cable diameter", unit="mm", minimum=2, maximum=15, step=0.5, default=6),
        "screw": Parameter(title="Screw size", unit="mm", minimum=2.5, maximum=6, step=0.5, default=3.5),
        "length": Parameter(title="Length of the name", unit="mm", minimum=15, maximum=100, step=1, default=40),
        "depth": Parameter(title="Depth", unit="mm", minimum=8, maximum=40, step=1, default=18),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=1.6, step=0.2, default=0.6),
    },
    rules=(
        Rule(
            value="cable",
            at_most=Bound(of="length", plus=-4),
            because="The cable would meet the screws.",
        ),
        Rule(
            value="screw",
            at_most=Bound(of="depth", times=1 / HEAD, plus=-(EDGE + LOOSE / 2)),
            because="The screw's head would stand out at the front.",
        ),
        Rule(
            value="screw",
            at_least=Bound(of="cable", times=0.25),
            because="Screws that small do not hold a cable that thick.",
        ),
    ),
    zone=zone,
    styles=STYLES,
    parts=("body", "content"),
    top=top,
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    end, depth, height, cable = ear(given.values), given["depth"], top(given.values), given["cable"]
    width = 2 * end + given["length"]
    body = solids.plate(width, depth, height, EDGE, 0.6)
    holes = []
    for x in (end / 2, width - end / 2):
        holes.append(solids.cylinder(x, depth / 2, (given["screw"] + LOOSE) / 2, height))
        head = solids.cylinder(x, depth / 2, (HEAD * given["screw"] + LOOSE) / 2, height)
        holes.append(solids.moved(head, 0.0, 0.0, SEAT))
    # Open below, and slanted under the roof: printed as it lies, only its middle is laid over nothing.
    half, slant = cable / 2, cable / 4
    edge = [(-half, -1.0), (-half, cable - slant), (-slant, cable), (slant, cable), (half, cable - slant), (half, -1.0)]
    groove = solids.across([(width / 2 + x, z) for x, z in edge], depth)
    return solids.dressed(solids.without(body, [*holes, groove]), given, height, given["relief"])
