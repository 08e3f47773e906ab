"""A plate with round corners and a hole at its left, and content on it: raised, sunk, or of another colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

MARGIN: Final = 3.0
"""mm between content and the plate's edge."""
LIP: Final = 2.0
"""mm of plate that stay round the hole."""


def zone(values: Values) -> Zone:
    """To the right of the hole, where there is one."""
    hole = values["hole"]
    left = LIP + hole + MARGIN if hole else MARGIN
    return Zone("content", left, MARGIN, values["width"] - left - MARGIN, values["height"] - 2 * MARGIN)


TEMPLATE: Final = Template(
    title="Tag",
    parameters={
        "width": Parameter(title="Width", unit="mm", minimum=25, maximum=150, step=0.5, default=70),
        "height": Parameter(title="Height", unit="mm", minimum=12, maximum=80, step=0.5, default=24),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.2, maximum=6, step=0.2, default=1.6),
        "radius": Parameter(title="Corner radius", unit="mm", minimum=1, maximum=20, default=4),
        "chamfer": Parameter(title="Chamfer", unit="mm", minimum=0, maximum=1.4, default=0.4),
        "hole": Parameter(title="Hole", unit="mm", minimum=0, maximum=10, default=4),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=2, step=0.2, default=0.8),
    },
    rules=(
        Rule(
            value="radius",
            at_most=Bound(of="height", times=0.5, plus=-0.1),
            because="The corners of one side would meet.",
        ),
        Rule(
            value="radius",
            at_most=Bound(of="width", times=0.5, plus=-0.1),
            because="The corners of one side would meet.",
        ),
        Rule(
            value="chamfer",
            at_most=Bound(of="radius", times=0.9),
            because="It would take the round out of the corners.",
        ),
        Rule(
            value="hole",
            at_most=Bound(of="height", plus=-2 * LIP),
            because="The plate would be too thin around its hole.",
        ),
        Rule(
            value="chamfer",
            at_most=Bound(of="thickness", times=0.5),
            because="The edge would be sharp.",
        ),
        Rule(
            value="relief",
            at_most=Bound(of="thickness", plus=-0.4),
            because="Sunk words would go through.",
        ),
    ),
    zone=zone,
    styles=STYLES,
    parts=("body", "content"),
    top=lambda values: values["thickness"],
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    thickness, hole = given["thickness"], given["hole"]
    body = solids.plate(given["width"], given["height"], thickness, given["radius"], given["chamfer"])
    if hole:
        body = solids.without(body, [solids.cylinder(LIP + hole / 2, given["height"] / 2, hole / 2, thickness)])
    return solids.dressed(body, given, thickness, given["relief"])
