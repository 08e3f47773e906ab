"""Words in their zone: as large as they go, or refused."""

from __future__ import annotations

import unicodedata
from typing import Final

from fulfillment.catalog import TextField
from fulfillment.fields.craft import Craft, Refused, sentence
from fulfillment.typefaces import TYPEFACES, forms, typeface
from gcode import text
from gcode.design import Drawing, Zone
from gcode.fonts import named
from gcode.handwriting import written

FILLED: Final = 8
"""Heights of capitals, in lines of the tool, at which the stems of filled letters are as wide as one line."""
PICTURE: Final = 20
"""The same for emoji, whose lines are finer."""


def lay(value: str, field: TextField, zone: Zone, craft: Craft) -> Drawing:
    """The words, with room for half a line's width at each side. Raises Refused."""
    rule = rule_of(field, craft)
    try:
        if TYPEFACES[field.font].written:
            laid = written(value, forms(field.font), zone, rule, craft.seed)
        else:
            laid = text.fit(value, typeface(field.font), zone, rule)
    except text.TextRefused as error:
        raise _refused(field, error, rule.min_height) from None
    if fine := too_fine(laid, craft):
        raise _cannot_be_made(field, fine)
    return laid.drawing


def too_fine(laid: text.Laid, craft: Craft) -> tuple[str, ...]:
    """Letters and emoji whose own lines are finer than the tool's."""
    width = craft.line_width
    letters = laid.filled if laid.height < FILLED * width else ()
    return letters + (laid.pictures if laid.height < PICTURE * width else ())


def rule_of(field: TextField, craft: Craft) -> text.Fit:
    """How the product wants its text, in letters that the process can show."""
    strokes = TYPEFACES[field.font].strokes is not None
    least = max(field.min_height, craft.least_height, 0.0 if strokes else FILLED * craft.line_width)
    return text.Fit(
        min_height=least,
        max_height=max(field.max_height, least),
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
        return _cannot_be_made(field, error.missing)
    if error.code == "too-small":
        reason = f"{field.title} is too long: its letters would be lower than {height:g} mm, too small to read."
        return Refused(reason, f"Please {error.mend}.")
    return Refused(sentence(error.reason), sentence(error.mend))


def _cannot_be_made(field: TextField, characters: tuple[str, ...]) -> Refused:
    reason = f"{field.title} has characters that cannot be made here: {shown(characters)} ."
    return Refused(reason, "Please write it without them.")


def shown(characters: tuple[str, ...]) -> str:
    """Characters as their customer knows them; by name where they have no look of their own."""
    return " ".join(c if len(c) > 1 or (c.isprintable() and not _leans(c)) else named(c) for c in characters[:8])


def _leans(character: str) -> bool:
    """Whether it shows on another character only."""
    return unicodedata.category(character)[0] in "MC"
