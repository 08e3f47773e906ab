"""Builds a part that it did not declare."""

from __future__ import annotations

from fulfillment.cad.template import Given, Template
from gcode.design import Zone

TEMPLATE = Template(title="T", parameters={}, zone=lambda _: Zone("content", 0, 0, 10, 10), styles=("raised",))


def build(given: Given) -> dict[str, object]:
    return {"handle": object()}
