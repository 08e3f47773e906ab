"""A photo to be held against the light, as thicknesses of one material: flat, or standing in a curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fulfillment.cad.template import Given, Lit, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies


def zone(values: Values) -> Zone:
    """The picture, inside of its frame; of a curved one unrolled."""
    return Zone("content", values["frame"], values["frame"], values["width"], values["height"])


def lit(values: Values) -> Lit:
    from gcode.shaping.lithophane import Curve

    width, height = (values[side] + 2 * values["frame"] for side in ("width", "height"))
    curve = Curve(width, values["curve"], values["thickest"])
    return Lit(width, height, curve.unrolled if values["curve"] else lambda points: points[:, :2])


def grow(given: Given) -> Bodies:
    from gcode.shaping.lithophane import lithophane

    if given.tone is None:
        raise ShapeError("A lithophane is made of a photo.", "Please send one.")
    if given.area is not None:
        raise ShapeError("A lithophane has no face for lines.", "Please leave all but the photo out.")
    thick = given["thinnest"], given["thickest"]
    return lithophane(given.tone, given.line_width, *thick, given["frame"], given["curve"])


TEMPLATE: Final = Template(
    title="Lithophane",
    parameters={
        "width": Parameter(title="Width of the picture", unit="mm", minimum=30, maximum=200, step=1, default=80),
        "height": Parameter(title="Height of the picture", unit="mm", minimum=30, maximum=200, step=1, default=60),
        "thinnest": Parameter(title="Thickness of white", unit="mm", minimum=0.6, maximum=1.6, step=0.1, default=0.8),
        "thickest": Parameter(title="Thickness of black", unit="mm", minimum=1.6, maximum=5, step=0.1, default=2.8),
        "frame": Parameter(title="Frame", unit="mm", minimum=0, maximum=10, step=0.5, default=3),
        "curve": Parameter(title="Curve", unit="degrees", minimum=0, maximum=180, step=30, default=0),
    },
    rules=(
        Rule(
            value="thickest",
            at_least=Bound(of="thinnest", plus=1),
            because="Light and shade would look the same.",
        ),
    ),
    zone=zone,
    styles=("relief",),
    lit=lit,
    grow=grow,
)
