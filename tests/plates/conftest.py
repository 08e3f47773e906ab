"""Plates of printed tags, as the planner would have them rendered, for a printer on a serial line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from fulfillment import profiles
from fulfillment.catalog import FOLDER, Jig, Plate, Product, load
from fulfillment.config import Machine, Material
from fulfillment.printing.plating import together
from fulfillment.processes import BODY, Made, Spec
from fulfillment.render.work import process
from tests.printing.tags import printer, shipped

MATERIAL = Material(name="pla-petrol", kind="pla", colour="#2f6f73")


class Plates:
    """``specs``, and what becomes of them."""

    def __init__(self) -> None:
        catalog, problems = load(FOLDER)
        assert not [problem for problem in problems if "name-tag" in str(problem)], problems
        self.tag = self.on_a_bed(catalog["name-tag"])
        self._alone: dict[tuple[str, bool], Made] = {}
        self.profiles, _ = profiles.load(profiles.SHIPPED)

    @staticmethod
    def on_a_bed(product: Product, **rules: Any) -> Product:
        return product.model_copy(update={"jig": Jig(x=40, y=40, bed=Plate(**rules))})

    def printer(self, **more: object) -> Machine:
        serial = {
            "name": "plates-1",
            "driver": "marlin",
            "address": "/dev/none",
            "simulator": {"kind": "marlin", "args": ("--envelope", "250x210x210")},
        }
        return printer(**(serial | more))

    def specs(self, names: Sequence[str], product: Product | None = None, machine: Machine | None = None) -> list[Spec]:
        """A specification of each name, in the order in which they are urgent."""
        alone = Spec(
            "fdm",
            product or self.tag,
            "print",
            options={"colour": "petrol"},
            machines=(machine or self.printer(),),
            materials={MATERIAL.name: MATERIAL},
            profiles=self.profiles,
        )
        return [
            replace(alone, fields={"name": name}, pocket=number, label=f"U-{number:04d}XY")
            for number, name in enumerate(names, 1)
        ]

    def files(self, spec: Spec) -> dict[str, bytes]:
        return {BODY: shipped(spec.product)}

    def made(self, specs: Sequence[Spec]) -> Made:
        return together(specs, [self.files(spec) for spec in specs])

    def alone(self, spec: Spec) -> Made:
        """As it is rendered before it waits for company."""
        key = (spec.fields["name"], spec.product.jig.bed is None)
        if key not in self._alone:
            self._alone[key] = process("fdm").render(replace(spec, pocket=1, label=""), self.files(spec))
        return self._alone[key]


@pytest.fixture(scope="session")
def plates() -> Plates:
    return Plates()


@pytest.fixture(scope="session")
def three(plates: Plates) -> tuple[list[Spec], Made]:
    """A plate of three tags."""
    specs = plates.specs(["Ada", "Zoë", "Kim"])
    return specs, plates.made(specs)
