"""What the factory calls a unit, in letters: laid out as a customer's words are."""

from __future__ import annotations

from fulfillment.catalog import SerialField, TextField
from fulfillment.fields import text
from fulfillment.fields.craft import Craft
from gcode.design import Drawing, Zone


def lay(value: str, field: SerialField, zone: Zone, craft: Craft) -> Drawing:
    """The words in one line. Raises Refused."""
    words = TextField(
        type="text",
        title=field.title,
        zone=field.zone,
        min_height=field.min_height,
        max_height=field.max_height,
        lines=1,
        align=field.align,
    )
    return text.lay(value, words, zone, craft)
