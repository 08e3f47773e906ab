"""Words that stand in a cake, on a bar and on sticks: one piece, of one thickness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fulfillment.cad.template import Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies


def zone(values: Values) -> Zone:
    """The words, above the bar and the sticks."""
    edge = values["bolder"]
    return Zone("content", edge, values["stick-length"] + values["bar"] + edge, values["width"], values["height"])


def grow(given: Given) -> Bodies:
    from gcode.shaping.areas import grown
    from gcode.shaping.topper import Sticks, topper

    if given.area is None:
        raise ShapeError("A topper is made of its words.", "Please send some.")
    sticks = Sticks(round(given["sticks"]), given["stick-length"], given["stick-width"])
    return topper(grown(given.area, given["bolder"]), given["thickness"], given["bar"], sticks)


TEMPLATE: Final = Template(
    title="Cake topper",
    parameters={
        "width": Parameter(title="Width of the words", unit="mm", minimum=40, maximum=180, step=1, default=120),
        "height": Parameter(title="Height of the words", unit="mm", minimum=15, maximum=100, step=1, default=45),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.6, maximum=6, step=0.2, default=2.4),
        "bolder": Parameter(title="Bolder by", unit="mm", minimum=0, maximum=2, step=0.1, default=0.4),
        "bar": Parameter(title="Height of the bar", unit="mm", minimum=2, maximum=10, step=0.5, default=4),
        "sticks": Parameter(title="Sticks", minimum=1, maximum=3, step=1, default=2),
        "stick-length": Parameter(title="Length of the sticks", unit="mm", minimum=30, maximum=120, step=1, default=70),
        "stick-width": Parameter(title="Width of the sticks", unit="mm", minimum=2, maximum=8, step=0.5, default=4),
    },
    rules=(
        Rule(
            value="stick-length",
            at_least=Bound(of="height"),
            because="It would tip over.",
        ),
        Rule(
            value="stick-width",
            at_least=Bound(of="stick-length", times=0.04),
            because="Sticks that thin and long break.",
        ),
    ),
    zone=zone,
    styles=("outline",),
    grow=grow,
)
