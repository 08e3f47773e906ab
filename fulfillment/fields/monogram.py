"""A monogram in its zone: as large as it goes, or refused."""

from __future__ import annotations

from fulfillment.catalog import MonogramField
from fulfillment.fields.craft import Craft, Refused, sentence
from fulfillment.fields.text import FILLED, shown
from fulfillment.typefaces import TYPEFACES, typeface
from gcode.design import Drawing, Zone
from gcode.monogram import Frame, Layout, Rule, monogram
from gcode.text import TextRefused


def lay(value: str, field: MonogramField, zone: Zone, craft: Craft) -> Drawing:
    """The letters and their frame, with room for half a line's width at each side. Raises Refused."""
    strokes = TYPEFACES[field.font].strokes is not None
    least = max(field.min_height, craft.height, craft.least_height if strokes else FILLED * craft.line_width)
    rule = Rule(
        min_height=least,
        layout=Layout(field.layout),
        frame=Frame(field.frame),
        gap=craft.line_width,
        margin=craft.line_width / 2,
    )
    try:
        laid = monogram(value, typeface(field.font), zone, rule)
    except TextRefused as error:
        raise _refused(field, error) from None
    if laid.filled and laid.height < FILLED * craft.line_width:
        raise Refused(f"{field.title} has letters that are too fine here: {shown(laid.filled)} .", "Please change it.")
    return laid.drawing


def _refused(field: MonogramField, error: TextRefused) -> Refused:
    """Why it cannot be made, for its customer."""
    if error.missing:
        reason = f"{field.title} has characters that cannot be made here: {shown(error.missing)} ."
        return Refused(reason, "Please write it without them.")
    if error.code == "letters":
        return Refused(f"{field.title} is made of two or three letters.", "Please write two or three.")
    return Refused(f"{field.title} cannot be made: {sentence(error.reason)}", sentence(error.mend))
