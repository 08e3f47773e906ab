"""Words on a plate that follows their outline, with a loop where they begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.cad.errors import refused
from fulfillment.cad.template import STYLES, Given, Template
from fulfillment.catalog.parameters import Bound, Parameter, Rule, Values
from gcode.design import Zone

GAP: Final = 4.0
"""mm: letters and words that lie nearer together than this share one plate."""


def zone(values: Values) -> Zone:
    """To the right of the loop."""
    border = values["border"]
    left = values["hole"] + 2 * values["loop"] + border
    return Zone("content", left, border + GAP, values["width"], values["height"])


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
)


def build(given: Given) -> Mapping[str, Any]:
    from fulfillment.cad import solids

    if given.area is None:
        raise refused("", "A key ring needs its words.", "Please send some.")
    plate = solids.filled(solids.closed(solids.grown(given.area, given["border"]), GAP))
    if len(solids.pieces(plate)) > 1:
        reason = f"The words lie so far apart that a border of {given['border']:g} mm does not hold them together."
        raise refused("border", reason, "Please choose a wider border, or leave less space between them.")
    left, radius = plate.to_polygons()[0], given["hole"] / 2
    x, y = left[left[:, 0].argmin()]
    # The hole lies beside the plate, so that it never meets the words; the loop around it reaches into the plate.
    loop = solids.disc(x - radius, y, radius + given["loop"]) - solids.disc(x - radius, y, radius)
    outline = solids.closed(plate + loop, 0.4)
    body = solids.together(solids.prism(outline, 0.0, given["thickness"]))
    return solids.dressed(body, given, given["thickness"], given["relief"])
