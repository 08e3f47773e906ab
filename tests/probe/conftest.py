"""Two icing printers that are alike but for a probe, an order for a slab of gingerbread, and a simulated printer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fulfillment.catalog import FOLDER, Product, load
from fulfillment.config import Machine, Material
from fulfillment.processes import Made, Spec
from fulfillment.render.work import process
from tests.conformance.rigs.common import Simulated

LIMITS = {
    "speed": {"x": 150, "y": 150, "z": 10, "e": 5},
    "acceleration": 1000,
    "flow": 40,
    "cold_extrusion": True,
}
PROBE = {"x": 28, "drop": 4, "columns": 7, "rows": 5, "top": 25, "seconds": 4}
ICING = Material(name="icing-royal", kind="icing", colour="#f6f1e7")
BLANK = ("--piece", "40,40,140,100,6", "--surface-z", "10")
MOTION = ("--max-feedrate", "150,150,10,5", "--accel", "1000", "--max-accel", "1000,1000,1000,1000")
BUILT = ("--probe", "28,0,-4", "--grid", "7x5", "--probe-tolerance", "25")
"""How the simulated firmware is built: as PROBE says."""


def machine(name: str, **more: Any) -> Machine:
    values = {
        "name": name, "driver": "marlin", "address": f"/dev/{name}", "processes": ["extrude-food"], "nozzle": 1,
        "envelope": {"x": 220, "y": 220, "z": 60}, "e_area": 314, "limits": LIMITS, "material": ICING.name, **more,
    }  # fmt: skip
    return Machine.model_validate_json(json.dumps(values))


class Kitchen:
    """``without`` has no probe, and is otherwise like ``measuring``."""

    measuring = machine("icing-1", probe=PROBE)
    without = machine("icing-2")
    low = machine("icing-3", probe=PROBE | {"top": 3})
    """Its firmware is as Marlin comes."""
    machine = staticmethod(machine)

    def __init__(self) -> None:
        found, problems = load(FOLDER)
        assert problems == []
        self.product = found["gingerbread"]

    @property
    def flat(self) -> Product:
        """The same slab, believed to be flat."""
        return self.product.model_copy(update={"piece": self.product.piece.model_copy(update={"unevenness": 0.0})})

    def render(self, *machines: Machine, product: Product | None = None, words: str = "Merry Christmas Ada") -> Made:
        product = product or self.product
        materials = {ICING.name: ICING}
        spec = Spec("extrude-food", product, "ice", {"name": words}, {"icing": "white"}, {}, machines, materials)
        return process("extrude-food").render(spec, {})


@pytest.fixture(scope="session")
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture(scope="session")
def approved(kitchen: Kitchen) -> bytes:
    """The program of the example, for a machine with a probe."""
    return kitchen.render(kitchen.measuring).data


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """``simulated("--seed", "4", built=BUILT, speed="max")``: a printer with a slab that is uneven by 2 mm."""
    running: list[Simulated] = []

    def start(*arguments: str, built: tuple[str, ...] = BUILT, speed: str = "max") -> Simulated:
        words = ["--speed", speed, "--min-temp", "0", "--e-area", "314", "--envelope", "220x220x60", "--lag", "0.3"]
        link = str(tmp_path / f"port{len(running)}")
        slab = ("--unevenness", "2", *BLANK, *MOTION)
        running.append(Simulated("marlin", "--link", link, *words, *slab, *built, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()
