"""How each kind of field becomes content of a design. A new kind is one file here and one line in FIELDS.

A field's module has a pure function ``lay(value, field, zone, craft)``: what the customer sent, laid out in mm. It runs
in a render worker, under its limits of time and memory, and raises Refused for what the customer must mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from fulfillment.fields.craft import Craft, Refused
from gcode.design import Content, Zone

__all__ = ["FIELDS", "Craft", "Refused", "laid"]

FIELDS: Mapping[str, str] = {
    "code": "fulfillment.fields.code",
    "drawing": "fulfillment.fields.drawing",
    "model": "fulfillment.fields.model",
    "monogram": "fulfillment.fields.monogram",
    "photo": "fulfillment.fields.photo",
    "serial": "fulfillment.fields.serial",
    "text": "fulfillment.fields.text",
}
"""Modules by the catalog's ``type`` of the field."""


class Lays(Protocol):
    def lay(self, value: Any, field: Any, zone: Zone, craft: Craft) -> Content: ...


def laid(value: str | bytes, field: Any, zone: Zone, craft: Craft) -> Content:
    """The content of one field. ``value`` is the customer's text, or the bytes of a file. Raises Refused."""
    return cast(Lays, import_module(FIELDS[field.type])).lay(value, field, zone, craft)
