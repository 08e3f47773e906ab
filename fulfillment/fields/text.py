"""Words in their zone: as large as they go, or refused."""

from __future__ import annotations

import unicodedata

from fulfillment.catalog import TextField
from fulfillment.fields.craft import Craft, Refused, sentence
from fulfillment.typefaces import typeface
from gcode import text
from gcode.design import Drawing, Zone
from gcode.fonts import named


def lay(value: str, field: TextField, zone: Zone, craft: Craft) -> Drawing:
    """The words, with room for half a line's width at each side. Raises Refused."""
    rule = rule_of(field, craft)
    try:
        return text.fit(value, typeface(field.font), zone, rule).drawing
    except text.TextRefused as error:
        raise _refused(field, error, rule.min_height) from None


def rule_of(field: TextField, craft: Craft) -> text.Fit:
    """How the product wants its text, in letters that the process can show."""
    return text.Fit(
        min_height=max(field.min_height, craft.least_height),
        max_height=max(field.max_height, craft.least_height),
        max_lines=field.lines,
        align=text.Align(field.align),
        vertical=text.Vertical(field.vertical),
        tracking=field.tracking,
        arc=text.Arc(field.arc.radius, text.Bend(field.arc.bend)) if field.arc else None,
        margin=craft.line_width / 2,
    )


def _refused(field: TextField, error: text.TextRefused, height: float) -> Refused:
    """Why the words cannot be made, for their customer, who knows nothing of fonts and zones."""
    if error.missing:
        reason = f"{field.title} has characters that cannot be made here: {shown(error.missing)} ."
        return Refused(reason, "Please write it without them.")
    if error.code == "too-small":
        reason = f"{field.title} is too long: its letters would be lower than {height:g} mm, too small to read."
        return Refused(reason, f"Please {error.mend}.")
    return Refused(sentence(error.reason), sentence(error.mend))


def shown(characters: tuple[str, ...]) -> str:
    """Characters as their customer knows them; by name where they have no look of their own."""
    return " ".join(c if c.isprintable() and not _leans(c) else named(c) for c in characters[:8])


def _leans(character: str) -> bool:
    """Whether it shows on another character only."""
    return unicodedata.category(character)[0] in "MC"
