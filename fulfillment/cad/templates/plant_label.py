"""A stake with a point for a flower pot, and a face for words across its upper end. Printed lying."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

MARGIN: Final = 2.5
"""mm between the words and the face's edge."""
CORNER: Final = 3.0
"""mm: radius of the face's corners."""

TIP: Final = 1.0
"""mm: half of the point's width. A sharper one is not printed well, and hurts."""


def zone(values: Values) -> Zone:
    """The face, above the stake."""
    return Zone(
        "content", MARGIN, values["stake"] + MARGIN, values["width"] - 2 * MARGIN, values["height"] - 2 * MARGIN
    )


TEMPLATE: Final = Template(
    title="Plant label",
    parameters={
        "width": Parameter(title="Width of the face", unit="mm", minimum=30, maximum=150, step=1, default=64),
        "height": Parameter(title="Height of the face", unit="mm", minimum=12, maximum=60, step=1, default=20),
        "stake": Parameter(title="Length of the stake", unit="mm", minimum=30, maximum=120, step=1, default=70),
        "stake-width": Parameter(title="Width of the stake", unit="mm", minimum=5, maximum=20, step=0.5, default=8),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.6, maximum=5, step=0.2, default=2.4),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=2, step=0.2, default=0.8),
    },
    rules=(
        Rule(value="stake-width", at_most=Bound(of="width", plus=-8), because="The face must be wider."),
        Rule(
            value="stake-width",
            at_least=Bound(of="stake", times=0.08),
            because="A stake that thin and long breaks.",
        ),
        Rule(value="relief", at_most=Bound(of="thickness", plus=-0.8), because="Sunk words would go through."),
    ),
    zone=zone,
    styles=STYLES,
    parts=("body", "content"),
    top=lambda values: values["thickness"],
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    middle, half, stake = given["width"] / 2, given["stake-width"] / 2, given["stake"]
    thickness = given["thickness"]
    face = solids.moved(solids.plate(given["width"], given["height"], thickness, CORNER), 0.0, stake)
    # The point is as steep as a pencil's, and the stake goes on into the face.
    side = [(half, stake + CORNER), (half, 3 * half), (TIP, 0.0)]
    corners = [*((middle - x, y) for x, y in side), *((middle + x, y) for x, y in reversed(side))]
    leg = solids.polygon(corners, thickness)
    return solids.dressed(solids.joined(face, [leg]), given, thickness, given["relief"])
