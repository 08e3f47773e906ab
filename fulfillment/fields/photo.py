"""A photo in its zone: as tones, where the process can show any."""

from __future__ import annotations

from dataclasses import replace

from fulfillment.catalog import PhotoField
from fulfillment.fields.craft import Craft, Refused, sentence
from fulfillment.photos import PhotoError, open_photo
from gcode import photo
from gcode.design import Tone, Zone
from gcode.mask import contour


def lay(value: bytes, field: PhotoField, zone: Zone, craft: Craft) -> Tone:
    """The photo cropped to its zone, its contrast stretched. Raises Refused."""
    if craft.row is None:
        reason = f"{field.title} is a photo, and this operation makes lines only."
        raise Refused(reason, "Take the field out of the product's operation.")
    try:
        grey = open_photo(value)
    except PhotoError as error:
        raise Refused(error.reason, error.mend) from None
    if found := photo.quality(photo.crop(photo.grey_of(grey), zone.width / zone.height), zone, craft.row):
        raise Refused(sentence(found[0].reason), sentence(found[0].mend))
    tone = photo.tone(grey, zone, craft.row)
    if field.mask is None:
        return tone
    return replace(tone, mask=contour(field.mask, zone.x, zone.y, zone.width, zone.height))
