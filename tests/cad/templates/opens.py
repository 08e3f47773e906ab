"""Is a face and no body."""

from __future__ import annotations

from fulfillment.cad.template import Given, Template
from gcode.design import Zone

TEMPLATE = Template(title="T", parameters={}, zone=lambda _: Zone("content", 0, 0, 10, 10), styles=("raised",))


def build(given: Given) -> dict[str, object]:
    import cadquery as cq

    return {"body": cq.Face.makePlane(10, 10)}
