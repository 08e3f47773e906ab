"""Sees that the content cannot be made."""

from __future__ import annotations

from fulfillment.cad.errors import refused
from fulfillment.cad.template import Given, Template
from gcode.design import Zone

TEMPLATE = Template(title="T", parameters={}, zone=lambda _: Zone("content", 0, 0, 10, 10), styles=("raised",))


def build(given: Given) -> dict[str, object]:
    raise refused("width", "It is too narrow.", "Please make it wider.")
