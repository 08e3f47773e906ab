"""Says that it began, waits, and is a cube."""

from __future__ import annotations

import time
from pathlib import Path

from fulfillment.cad.template import Given, Template
from gcode.design import Zone

TEMPLATE = Template(title="T", parameters={}, zone=lambda _: Zone("content", 0, 0, 10, 10), styles=("raised",))


def build(given: Given) -> dict[str, object]:
    from fulfillment.cad import solids

    Path("begun").touch()
    time.sleep(1)
    return {"body": solids.plate(10, 10, 10, 0)}
