"""A design on a body, or a body grown out of a design: no cadquery, no other process, some milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fulfillment.cad.body import Part
from fulfillment.cad.errors import CadFailed, refused
from fulfillment.cad.shelf import Shelf
from fulfillment.cad.template import Given, Template
from fulfillment.catalog.parameters import Values
from gcode.design import Design, Drawing
from gcode.shaping.wrong import ShapeError

if TYPE_CHECKING:
    from gcode.shaping.dress import Bodies
    from gcode.slicing.solid import Solid

WIDTHS: Final = (0.05, 20.0)
"""mm that strokes may be wide."""


def shaped(
    template: str | Template,
    values: Values,
    bare: Solid | None,
    design: Design,
    style: str = "",
    line_width: float = 0.45,
) -> tuple[Part, ...]:
    """The parts of a template's body with a design on it.

    ``template``: itself, or the name of a shipped one. ``bare``: what its ``build`` made of these values, None where
    ``Template.grow`` makes the body. ``design``: laid out in ``Template.zone`` of these values, mm; without any layer
    the bare body comes back. ``style``: how content meets the body, "" as usual. ``line_width``: mm that strokes
    become wide, and hairlines at least: nothing narrower can be printed.

    Raises CadRefused for what the order must change, and CadFailed for a defect of the template. The same arguments
    give the same vertices and faces, in any process.
    """
    declared = Shelf().template(template) if isinstance(template, str) else template
    given = _given(declared, declared.checked(values), design, style, line_width)
    try:
        bodies = declared.grow(given) if declared.grow else _on_face(declared, given, bare)
    except ShapeError as error:
        raise refused(error.parameter, error.reason, error.mend) from None
    return tuple(_part(declared, name, body) for name, body in bodies.items())


def _given(template: Template, values: Values, design: Design, style: str, line_width: float) -> Given:
    """Checked. Raises CadRefused."""
    # Imported here: pages that ask a template for its parameters need no geometry.
    from gcode.shaping.areas import area_of, stout

    low, high = WIDTHS
    if not low <= line_width <= high:
        raise refused("", f"Strokes of {line_width:g} mm cannot be built.", f"Choose {low:g} to {high:g} mm.")
    drawings, tones = design.drawings, design.tones
    if drawings:
        together = Drawing(
            tuple(line for one in drawings for line in one.strokes),
            tuple(line for one in drawings for line in one.outlines),
        )
        template.check_drawing(together, values)
    if len(tones) > 1:
        raise refused("", f"{template.title} takes one photo, there are {len(tones)}.", "Please leave the others out.")
    for tone in tones:
        template.check_tone(tone, values)
    style = template.checked_style(style, design.layers or None)
    try:
        area = stout(area_of(drawings, line_width), line_width) if drawings else None
    except ShapeError as error:
        raise refused(error.parameter, error.reason, error.mend) from None
    return Given(values, template.zone(values), style, area, tones[0] if tones else None, line_width)


def _on_face(template: Template, given: Given, bare: Solid | None) -> Bodies:
    from gcode.shaping.dress import BODY, dressed, embossed

    if bare is None:
        raise CadFailed(f"{template.title} needs its bare body, as its template builds it.")
    bodies: Bodies = {BODY: bare.manifold}
    if given.area is None and given.tone is None:
        return bodies
    if template.top is None:
        raise CadFailed(f"{template.title} does not say at which height its content lies.")
    top, relief = template.top(given.values), given[template.relief]
    if given.tone is not None:
        bodies = embossed(bodies[BODY], given.tone, given.line_width, given.style, top, relief)
    if given.area is not None:
        bodies = dressed(bodies[BODY], given.area, given.style, top, relief)
    return bodies


def _part(template: Template, name: str, body: object) -> Part:
    from gcode.slicing.solid import Solid, SolidError

    try:
        return Part(name, Solid.from_manifold(body))
    except SolidError as error:
        raise CadFailed(f"The part {name!r} of {template.title} is no body: {error}.") from None
