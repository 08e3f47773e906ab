"""Never comes back, and neither does what it started."""

from __future__ import annotations

import subprocess

from fulfillment.cad.template import Given, Template
from gcode.design import Zone

TEMPLATE = Template(title="T", parameters={}, zone=lambda _: Zone("content", 0, 0, 10, 10), styles=("raised",))


def build(given: Given) -> dict[str, object]:
    subprocess.Popen(["sleep", "600"])
    while True:
        pass
