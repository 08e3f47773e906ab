"""What printing refuses, and what it promises: the same bytes anywhere, in every dialect, no bead out of place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fulfillment import profiles
from fulfillment.cad import BUILTIN, Shelf
from fulfillment.catalog import FOLDER, Body, Product, load
from fulfillment.config import Machine, Material
from fulfillment.designs import material_of
from fulfillment.processes import BODY, Problems, Spec, fdm
from fulfillment.render.pool import RenderPool
from fulfillment.render.work import render
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from jobs.artifacts import ArtifactStore

from .tags import LIMITS, printer, shipped

PROFILES, _ = profiles.load(profiles.SHIPPED)
MUSHROOM = '''"""A cap on a stem: nothing under its edge."""

from fulfillment.cad.template import Template
from fulfillment.catalog.parameters import Parameter
from gcode.design import Zone
from manifold3d import Manifold

TEMPLATE = Template(
    title="Mushroom",
    parameters={"cap": Parameter(title="Cap", unit="mm", minimum=5, maximum=40, default=20)},
    zone=lambda values: Zone("content", 0.0, 0.0, 70.0, 24.0),
    styles=("edge",),
    grow=lambda given: {
        "body": Manifold.cylinder(5.0, 4.0).translate((35.0, 12.0, 0.0))
        + Manifold.cylinder(2.0, given["cap"] / 2).translate((35.0, 12.0, 4.9))
    },
)
'''


@pytest.fixture(scope="module")
def tag() -> Product:
    return load(FOLDER)[0]["name-tag"]


@pytest.fixture
def ask(tag: Product) -> Callable[..., Spec]:
    """A specification, with whatever is said in place of the usual."""

    def specify(*machines: Machine, name: str = "Ada", kind: str = "pla", **more: object) -> Spec:
        material = Material(name="pla-petrol", kind=kind, colour="#2f6f73", density=1.24, price=25)
        spec = Spec(
            "fdm", tag, "print", {"name": name}, {"colour": "petrol"}, {}, machines or (printer(),),
            {material.name: material}, profiles=PROFILES,
        )  # fmt: skip
        return replace(spec, **more)  # type: ignore[arg-type]

    return specify


@pytest.fixture(scope="module")
def body(tag: Product) -> bytes:
    return shipped(tag)


def test_a_worker_makes_the_same_bytes_in_the_memory_that_it_has(
    ask: Callable[..., Spec], body: bytes, tmp_path: Path
) -> None:
    store = ArtifactStore(tmp_path)
    spec = ask(files={BODY: store.put(body)})
    pool = RenderPool(1, 1024, 120)
    try:
        first, again = (pool.submit(render, spec, store.folder).result(timeout=240) for _ in range(2))
    finally:
        pool.close()
    assert store.get(first.sha256) == fdm.render(spec, {BODY: body}).data, "another process, with a memory of its own"
    assert again.sha256 == first.sha256, "and layers that were known"
    assert fdm.render(ask(name="Bob"), {BODY: body}).data != store.get(first.sha256)


@pytest.mark.parametrize("driver", ["marlin", "octoprint", "moonraker", "prusalink"])
@pytest.mark.parametrize(("kind", "nozzle"), [("pla", 0.4), ("petg", 0.6), ("tpu", 0.25)])
def test_every_dialect_nozzle_and_material_passes(
    ask: Callable[..., Spec], body: bytes, driver: str, kind: str, nozzle: float
) -> None:
    made = fdm.render(ask(printer(driver=driver, nozzle=nozzle), kind=kind), {BODY: body})
    said = made.manifest
    assert said["profile"]["nozzle"] == nozzle and said["fidelity"]["walls"] > 0.97
    least, most = said["fidelity"]["expected"]
    assert 0.95 * least < said["fidelity"]["volume"] < 1.05 * most
    used = said["materials"]["pla-petrol"]
    assert used["mass"] == pytest.approx(used["volume"] * 1.24e-3, abs=0.01)
    assert used["cost"] == pytest.approx(used["mass"] * 0.025, abs=0.001)
    assert made.needs.heat["nozzle"][0] <= said["profile"]["temperature"] <= made.needs.heat["nozzle"][1]


def test_slow_axes_and_a_weak_feeder_are_kept_to(ask: Callable[..., Spec], body: bytes) -> None:
    slow = LIMITS | {"speed": {"x": 40, "y": 25, "z": 3, "e": 10}, "flow": 2}
    made = fdm.render(ask(printer(limits=slow)), {BODY: body})
    assert made.manifest["seconds"] > 1.5 * fdm.render(ask(), {BODY: body}).manifest["seconds"]


def test_a_bed_that_is_not_heated_is_not_asked_to_be(ask: Callable[..., Spec], body: bytes) -> None:
    cold = printer(limits={**LIMITS, "bed_temperature": 0})
    made = fdm.render(ask(cold), {BODY: body})
    assert b"M190" not in made.data and "bed" not in made.needs.heat
    assert b"M190" in fdm.render(ask(), {BODY: body}).data


def test_what_needs_supports_is_refused_with_where_and_how_far(
    ask: Callable[..., Spec], tag: Product, tmp_path: Path
) -> None:
    (tmp_path / "mushroom.py").write_text(MUSHROOM)
    shelf = Shelf((tmp_path, BUILTIN))
    product = tag.model_copy(update={"body": Body(template="mushroom", values={"cap": 30.0})})
    with pytest.raises(Problems) as refused:
        fdm.render(ask(product=product, shelf=shelf), {})
    (problem,) = refused.value.problems
    assert "without supports" in problem["reason"] and "4.9" in problem["reason"].replace("5.0", "4.9")
    assert "stand out 1" in problem["reason"] and "over nothing" in problem["reason"]
    small = product.model_copy(update={"body": Body(template="mushroom", values={"cap": 8.0})})
    assert fdm.render(ask(product=small, shelf=shelf), {}).manifest["body"]["template"] == "mushroom"


def test_beads_that_are_not_the_body_are_refused_with_numbers(ask: Callable[..., Spec], body: bytes) -> None:
    spec = ask()
    machines, how = fdm.chosen(spec, material_of(spec))
    profile = fdm.fitted(how.profile, machines)
    _, solid = fdm.shape(spec, {BODY: body}, profile)
    data = fdm.render(spec, {BODY: body}).data
    at = [Piece(solid, *spec.product.jig.at(1))]
    assert printed(data, at, profile).wrong == ()
    layers = data.split(b"\n;LAYER:")
    lacking = b"\n;LAYER:".join([*layers[:5], *layers[6:]])
    said = str(fdm.strange(printed(lacking, at, profile)))
    assert re.search(r"not what was designed.*nothing is laid at 1 mm.*expected", said)
    shifted = [Piece(solid, at[0].x + 1.0, at[0].y)]
    said = str(fdm.strange(printed(data, shifted, profile)))
    assert re.search(r"not what was designed.*outside of the body", said)


def test_a_body_that_lacks_or_is_damaged_is_the_factory_s_fault(ask: Callable[..., Spec], body: bytes) -> None:
    for files in ({}, {BODY: body[:-3]}):
        with pytest.raises(Problems, match="The customer did nothing wrong"):
            fdm.render(ask(), files)


def test_the_stamp_tells_colours_apart(ask: Callable[..., Spec], body: bytes) -> None:
    red = Material(name="pla-petrol", kind="pla", colour="#aa0000")
    one, other = fdm.render(ask(), {BODY: body}), fdm.render(ask(materials={"pla-petrol": red}), {BODY: body})
    assert one.data != other.data and one.proof != other.proof
    strip = [np.array(data.split(b"\n", 1)[0]) for data in (one.data, other.data)]
    assert strip[0] != strip[1]


WEDGE = '''"""A plate whose one edge runs almost as the lines do that fill it."""

import numpy as np
from fulfillment.cad.template import Template
from gcode.design import Zone
from manifold3d import CrossSection, Manifold

EDGE = np.array([[0.0, 0.0], [50.0, 0.0], [50.0, 16.0], [0.0, 14.0]])
TEMPLATE = Template(
    title="Wedge",
    parameters={},
    zone=lambda values: Zone("content", 0.0, 0.0, 70.0, 24.0),
    styles=("edge",),
    grow=lambda given: {
        "body": Manifold.extrude(CrossSection([EDGE]), 0.6).rotate([0, 0, 43]).translate([20, 0, 0])
    },
)
'''


def test_lines_that_leave_a_place_bare_are_turned(ask: Callable[..., Spec], tag: Product, tmp_path: Path) -> None:
    (tmp_path / "wedge.py").write_text(WEDGE)
    product = tag.model_copy(update={"body": Body(template="wedge")})
    spec = ask(product=product, shelf=Shelf((tmp_path, BUILTIN)))
    machines, how = fdm.chosen(spec, material_of(spec))
    profile = fdm.fitted(how.profile, machines)
    body, solid = fdm.shape(spec, {}, profile)
    setup = fdm.setup_of(how, profile, solid.high[2], machines)
    at = [Piece(solid, *product.jig.at(1))]
    straight, _ = fdm.programmed(spec, body, solid, profile, setup, machines)
    assert re.search(r"nothing covers \d+\.\d mm2", str(fdm.strange(printed(straight, at, profile))))
    data, _, found = fdm.proved(spec, body, solid, profile, setup, machines)
    assert data != straight and found.gap < 1.0 and printed(data, at, profile).wrong == ()
