"""Letters that stand on a shelf: printed lying on their backs, their foot upright, and then set on the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fulfillment.cad.template import Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies


def zone(values: Values) -> Zone:
    """The letters; the foot lies under them."""
    return Zone("content", 0.0, values["foot"], values["width"], values["height"])


def grow(given: Given) -> Bodies:
    from gcode.shaping.stand import stand

    if given.area is None:
        raise ShapeError("Nothing was sent that could stand.", "Please send a letter.")
    return stand(given.area, given["thickness"], given["foot"], given["depth"])


TEMPLATE: Final = Template(
    title="Letter stand",
    parameters={
        "width": Parameter(title="Width of the letters", unit="mm", minimum=20, maximum=180, step=1, default=80),
        "height": Parameter(title="Height of the letters", unit="mm", minimum=20, maximum=150, step=1, default=60),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=3, maximum=20, step=0.2, default=6),
        "foot": Parameter(title="Thickness of the foot", unit="mm", minimum=2, maximum=8, step=0.5, default=3),
        "depth": Parameter(title="Depth of the foot", unit="mm", minimum=10, maximum=60, step=1, default=25),
    },
    rules=(
        Rule(value="depth", at_least=Bound(of="height", times=0.3), because="The letters would tip over."),
        Rule(value="depth", at_least=Bound(of="thickness", plus=4), because="The foot must reach beyond the letters."),
    ),
    zone=zone,
    styles=("outline",),
    grow=grow,
)
