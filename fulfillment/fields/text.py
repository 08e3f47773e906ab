"""Words in their zone: as large as they go, or refused."""

from __future__ import annotations

from functools import cache

from fulfillment.catalog import TextField
from fulfillment.fields.craft import Craft, Refused, sentence
from gcode import text
from gcode.design import Drawing, Zone
from gcode.fonts import Font
from gcode.strokefont import StrokeFont


@cache
def _font() -> Font:
    return StrokeFont()


def lay(value: str, field: TextField, zone: Zone, craft: Craft) -> Drawing:
    """The words, with room for half a line's width at each side. Raises Refused."""
    rule = text.Fit(
        min_height=field.min_height,
        max_height=field.max_height,
        max_lines=field.lines,
        align=text.Align(field.align),
        margin=craft.line_width / 2,
    )
    try:
        return text.fit(value, _font(), zone, rule).drawing
    except text.TextRefused as error:
        raise _refused(field, error) from None


def _refused(field: TextField, error: text.TextRefused) -> Refused:
    """Why the words cannot be made, for their customer, who knows nothing of fonts and zones."""
    if error.missing:
        reason = f"{field.title} has characters that cannot be made here: {' '.join(error.missing[:8])} ."
        return Refused(reason, "Please write it without them.")
    if error.code == "too-small":
        reason = (
            f"{field.title} is too long: its letters would be lower than {field.min_height:g} mm, too small to read."
        )
        return Refused(reason, f"Please {error.mend}.")
    return Refused(sentence(error.reason), sentence(error.mend))
