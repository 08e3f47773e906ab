"""Words on a plate that follows their outline, with a loop where they begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies
    from gcode.slicing.areas import Area

ROOM: Final = 4.0
"""mm above and below the words, for the border and the loop."""


def zone(values: Values) -> Zone:
    """To the right of the loop."""
    border = values["border"]
    left = values["hole"] + 2 * values["loop"] + border
    return Zone("content", left, border + ROOM, values["width"], values["height"])


def grow(given: Given) -> Bodies:
    from gcode.shaping.areas import prism
    from gcode.shaping.dress import dressed

    area, plate = _flat(given)
    thickness = given["thickness"]
    return dressed(prism(plate, 0.0, thickness), area, given.style, thickness, given["relief"])


TEMPLATE: Final = Template(
    title="Key ring",
    parameters={
        "width": Parameter(title="Width of the words", unit="mm", minimum=20, maximum=120, step=1, default=60),
        "height": Parameter(title="Height of the words", unit="mm", minimum=8, maximum=40, step=0.5, default=14),
        "border": Parameter(title="Border", unit="mm", minimum=1.2, maximum=6, step=0.1, default=2.5),
        "thickness": Parameter(title="Thickness", unit="mm", minimum=1.6, maximum=5, step=0.2, default=2.4),
        "relief": Parameter(title="Relief", unit="mm", minimum=0.2, maximum=2, step=0.2, default=0.8),
        "hole": Parameter(title="Hole", unit="mm", minimum=3, maximum=8, step=0.5, default=4),
        "loop": Parameter(title="Width of the loop", unit="mm", minimum=1.6, maximum=5, step=0.1, default=2.4),
    },
    rules=(Rule(value="relief", at_most=Bound(of="thickness", plus=-0.8), because="Sunk words would go through."),),
    zone=zone,
    styles=STYLES,
    parts=("body", "content"),
    grow=grow,
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    _, plate = _flat(given)
    return solids.dressed(
        solids.together(solids.prism(plate, 0.0, given["thickness"])), given, given["thickness"], given["relief"]
    )


def _flat(given: Given) -> tuple[Area, Area]:
    """The words, and the plate under them."""
    from gcode.shaping.keyring import plate

    if given.area is None:
        raise ShapeError("A key ring needs its words.", "Please send some.")
    return given.area, plate(given.area, given["border"], given["hole"], given["loop"])
