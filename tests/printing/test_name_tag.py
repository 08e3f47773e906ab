"""The printed tag: from a customer's name to bytes, needs and proof, or to a sentence."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fulfillment import profiles
from fulfillment.catalog import FOLDER, Catalog, load
from fulfillment.config import Machine, Material
from fulfillment.machines import preflight
from fulfillment.processes import BODY, Made, Problems, Spec
from fulfillment.render.work import process
from gcode.units import PER_MINUTE

from .tags import LIMITS, printer, shipped

MATERIAL = Material(name="pla-petrol", kind="pla", colour="#2f6f73")
PROFILES, _ = profiles.load(profiles.SHIPPED)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    found, problems = load(FOLDER)
    assert problems == []
    return found


def render(catalog: Catalog, name: str, *machines: Machine) -> Made:
    spec = Spec(
        "fdm",
        catalog["name-tag"],
        "print",
        {"name": name},
        {"colour": "petrol"},
        {},
        machines or (printer(),),
        {MATERIAL.name: MATERIAL},
        profiles=PROFILES,
    )
    return process("fdm").render(spec, {BODY: shipped(spec.product)})


def test_the_same_name_gives_the_same_bytes_and_another_gives_others(catalog: Catalog) -> None:
    one, again, other = (render(catalog, name) for name in ("Ada", "Ada", "Bob"))
    assert (one.data, one.manifest, one.proof) == (again.data, again.manifest, again.proof)
    assert one.data != other.data and one.proof != other.proof


def test_it_passes_its_machine_and_no_smaller_one(catalog: Catalog) -> None:
    made = render(catalog, "Zoë & Jürgen")
    assert preflight(printer(), made.data, made.needs) == []
    assert made.needs.traits == {"nozzle": 0.4, "e_area": 2.405}
    assert made.needs.heat == {"nozzle": (185.0, 235.0), "bed": (20.0, 70.0)}
    small = printer(envelope={"x": 100, "y": 60, "z": 210})
    assert any(
        "reach" in text or "outside" in text or "leaves" in text for text in preflight(small, made.data, made.needs)
    )
    cold = printer(limits=LIMITS | {"nozzle_temperature": 200})
    assert preflight(cold, made.data, made.needs)


def test_the_tag_weighs_what_it_should(catalog: Catalog) -> None:
    manifest = render(catalog, "Ada").manifest
    plate = (70 * 24 - (4 - np.pi) * 4**2 - np.pi * 2**2) * 1.6
    assert plate < manifest["body"]["volume"] < plate + 58 * 18 * 0.6
    used = manifest["materials"]["pla-petrol"]
    assert manifest["body"]["volume"] * 0.98 < used["volume"] < manifest["body"]["volume"] * 1.03, "and a skirt"
    assert used["filament"] == pytest.approx(used["volume"] / 2.405, abs=0.1)
    assert "mass" not in used, "nobody has said how heavy it is"
    assert manifest["fidelity"]["walls"] > 0.97 and manifest["fidelity"]["layers"] == 11


def test_the_name_stands_out_in_the_proof(catalog: Catalog) -> None:
    picture = np.asarray(Image.open(io.BytesIO(render(catalog, "Ada").proof or b"")).convert("RGB")).astype(int)
    bare = np.asarray(Image.open(io.BytesIO(render(catalog, ".").proof or b"")).convert("RGB")).astype(int)
    assert picture.shape == bare.shape, "the same view, whatever the name"
    rows, columns = np.nonzero(np.abs(picture - bare).sum(axis=2) > 60)
    assert len(rows) > 3000
    height, width = picture.shape[:2]
    assert columns.min() > 0.15 * width, "the hole's side stays as it is"
    assert 0.15 * height < rows.mean() < 0.85 * height


def test_what_cannot_be_printed_is_said(catalog: Catalog) -> None:
    with pytest.raises(Problems) as refused:
        render(catalog, "Ada ក")
    (problem,) = refused.value.problems
    assert problem["field"] == "name" and "ក" in problem["reason"]
    with pytest.raises(Problems, match="too small to read"):
        render(catalog, "Wolfeschlegelsteinhausen")
    with pytest.raises(Problems, match=r"nozzles is called 0\.35\.yaml"):
        render(catalog, "Ada", printer(nozzle=0.35))
    with pytest.raises(Problems, match="heats pla-petrol to 210 degC"):
        render(catalog, "Ada", printer(limits=LIMITS | {"nozzle_temperature": 200}))


def test_the_first_layer_is_laid_slowly(catalog: Catalog) -> None:
    lines = render(catalog, "Ada").data.decode().splitlines()
    marks = [index for index, line in enumerate(lines) if line.startswith(";LAYER:")]
    fastest = [
        max(float(word[1:]) for line in part for word in line.split() if word[0] == "F" and line.startswith("G1 X"))
        for part in (lines[marks[0] : marks[1]], lines[marks[1] : marks[2]])
    ]
    assert fastest[0] < 0.6 * fastest[1] <= 60 * PER_MINUTE
