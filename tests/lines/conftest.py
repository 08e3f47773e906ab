"""A shop with a laser and two pen plotters, and what its customers want on coasters and cards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fulfillment.catalog import FOLDER, Catalog, load
from fulfillment.config import Machine, Material
from fulfillment.processes import Made, Spec
from fulfillment.render.work import process

LIMITS = {"speed": {"x": 200, "y": 150, "z": 10}, "acceleration": 1000}
Render = Callable[..., Made]


def machine(name: str, driver: str, does: str, material: str) -> Machine:
    return Machine.model_validate_json(
        Machine(
            name=name,
            driver=driver,
            address=f"/dev/{name}",
            processes=frozenset({does}),
            envelope={"x": 300, "y": 210, "z": 40},
            limits=LIMITS,
            material=material,
        ).model_dump_json()
    )


MACHINES = {
    "laser": machine("laser-1", "grbl", "engrave", "bamboo"),
    "ebb": machine("plotter-1", "ebb", "plot", "ink-blue"),
    "grbl": machine("plotter-2", "grbl", "plot", "ink-black"),
}
MATERIALS = {
    material.name: material
    for material in (
        Material(name="bamboo", kind="bamboo", colour="#5a3413"),
        Material(name="ink-blue", kind="gel-pen", colour="#1f3a93"),
        Material(name="ink-black", kind="gel-pen", colour="#222222"),
    )
}
WORK = {"engrave": ("bamboo-coaster", {"wood": "bamboo"}), "draw": ("note-card", {"ink": "blue"})}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    found, problems = load(FOLDER)
    assert problems == []
    return found


@pytest.fixture
def render(catalog: Catalog) -> Render:
    """``render("engrave", {"words": "Ada"}, machines=("laser",))``: an operation of one of the two products."""

    def make(
        operation: str, fields: dict[str, str], machines: tuple[str, ...] = ("laser", "ebb", "grbl"), **more: object
    ) -> Made:
        name, options = WORK[operation]
        product = more.get("product", catalog[name])
        does = catalog[name].route[operation].process or ""
        able = tuple(MACHINES[one] for one in machines if does in MACHINES[one].processes)
        chosen = more.get("options", options)
        materials = more.get("materials", MATERIALS)
        spec = Spec(does, product, operation, fields, chosen, {}, able, materials)  # type: ignore[arg-type]
        return process(does).render(spec, more.get("files", {}))  # type: ignore[arg-type]

    return make


@pytest.fixture
def shop() -> dict[str, Machine]:
    return MACHINES


@pytest.fixture
def materials() -> dict[str, Material]:
    return MATERIALS
