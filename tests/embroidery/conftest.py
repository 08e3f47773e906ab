"""Letters to be sewn, and the towel rendered for machines that read one format or another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fulfillment.catalog import FOLDER, Catalog, load
from fulfillment.config import Machine, Material
from fulfillment.processes import Made, Spec
from fulfillment.processes.embroider import render as embroider
from fulfillment.typefaces import typeface
from gcode import text
from gcode.design import Drawing, Zone
from gcode.stitches.thread import Thread

Letters = Callable[..., Drawing]
Render = Callable[..., Made]
NAVY = Material(name="thread-navy", kind="polyester-40", colour="#1f3a6d")
GOLD = Material(name="thread-gold", kind="polyester-40", colour="#c89b3c")


def machine(extension: str = ".dst", hoop: float = 200.0, **more: Any) -> Machine:
    values = {
        "name": f"embroidery-{extension[1:]}",
        "driver": "hot-folder",
        "address": "folder",
        "processes": ["embroider"],
        "envelope": {"x": hoop, "y": hoop, "z": 10},
        "material": "thread-navy",
        "options": {"extension": extension},
    }
    return Machine.model_validate_json(json.dumps(values | more))


@pytest.fixture(scope="session")
def make_machine() -> Callable[..., Machine]:
    return machine


@pytest.fixture(scope="session")
def letters() -> Letters:
    """``letters("AL", "serif", 30)``: words in a typeface, mm high, near the origin."""

    def drawn(words: str, font: str = "serif", height: float = 30.0) -> Drawing:
        zone = Zone("front", 0.0, 0.0, 190.0, height * 1.8)
        rule = text.Fit(min_height=2.0, max_height=height, max_lines=1, align=text.Align.LEFT)
        return text.fit(words, typeface(font), zone, rule).drawing

    return drawn


@pytest.fixture(scope="session")
def thread() -> Thread:
    return Thread()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    found, problems = load(FOLDER)
    assert problems == []
    return found


@pytest.fixture(scope="session")
def render(catalog: Catalog) -> Render:
    """``render(monogram="AL", machines=(machine(".pes"),))``: the towel, or another product by ``product``."""

    def made(
        product: str = "towel",
        machines: tuple[Machine, ...] = (machine(),),
        options: Mapping[str, str] | None = None,
        **fields: str,
    ) -> Made:
        chosen = (
            {"towel": "ivory", "thread": "navy"} if product == "towel" else {"backpack": "petrol", "thread": "gold"}
        )
        materials = {material.name: material for material in (NAVY, GOLD)}
        spec = Spec(
            "embroider", catalog[product], "embroider", fields, chosen | dict(options or {}), {}, machines, materials
        )
        return embroider(spec, {})

    return made
