"""Files read back by other programs: OCCT's readers, PrusaSlicer where it is installed, and the formats' own words."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree
from manifold3d import Error, Manifold, Mesh64

from fulfillment.cad import Built, Part, Wish, Workshop
from fulfillment.cad.files import WRITERS
from gcode.design import Drawing
from gcode.slicing.solid import Solid

HERE = Path(__file__).parent
SQUARE = np.array([(20.0, 8.0), (28, 8), (28, 16), (20, 16)])
CORE = {"m": "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"}
EXACT = 1e-3
NAMES = ["body", "content"]
COLOURS = {"body": "#2f6f73", "content": "#ffcc00"}


@pytest.fixture(scope="module")
def built(workshop: Workshop) -> Built:
    """A petrol tag with a yellow square on it."""
    return workshop.build(Wish("tag", {}, Drawing(outlines=(SQUARE,)), "layer", colours=COLOURS, step=True))


@pytest.fixture
def read_back(tmp_path: Path, cadquery: Path | None) -> Callable[[str, bytes], list[dict[str, Any]]]:
    def read(kind: str, data: bytes) -> list[dict[str, Any]]:
        path = tmp_path / f"any.{kind}"
        path.write_bytes(data)
        environment = {**os.environ, **({"PYTHONPATH": str(cadquery)} if cadquery else {})}
        command = [sys.executable, str(HERE / "read_back.py"), kind, str(path)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        found: list[dict[str, Any]] = json.loads(said.splitlines()[-1])
        return found

    return read


def test_step_has_names_colours_mm_and_the_exact_volume(built: Built, read_back: Callable[..., Any]) -> None:
    assert built.step
    plate, square = read_back("step", built.step)
    assert [plate["name"], square["name"]] == NAMES
    assert plate["volume"] == pytest.approx(built.parts[0].volume, rel=1e-6)
    assert square["volume"] == pytest.approx(built.parts[1].volume, rel=1e-6)
    assert plate["size"] == pytest.approx([70, 24, 1.6], abs=1e-3)
    assert plate["colour"][:3] == pytest.approx([0x2F / 255, 0x6F / 255, 0x73 / 255], abs=1e-3)
    assert square["colour"][:3] == pytest.approx([1, 0.8, 0], abs=1e-3)
    assert b"SI_UNIT(.MILLI.,.METRE.)" in built.step
    assert b"1970-01-01" in built.step


def test_stl_has_all_of_it(built: Built, read_back: Callable[..., Any]) -> None:
    data = WRITERS["model/stl"](built)
    (found,) = read_back("stl", data)
    assert found["volume"] == pytest.approx(built.volume, rel=EXACT)
    rows = np.frombuffer(data, np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")]), offset=84)
    assert len(rows) == struct.unpack_from("<I", data, 80)[0] == sum(len(part.faces) for part in built.parts)
    assert np.linalg.norm(rows["normal"], axis=1) == pytest.approx(1, abs=1e-5)
    assert not data.startswith(b"solid")


def test_glb_has_metres_and_y_up_for_who_knows_and_names_and_colours(
    built: Built, read_back: Callable[..., Any]
) -> None:
    data = WRITERS["model/gltf-binary"](built)
    plate, square, whole = read_back("glb", data)
    assert plate["volume"] == pytest.approx(built.parts[0].volume, rel=EXACT)
    assert square["volume"] == pytest.approx(built.parts[1].volume, rel=EXACT)
    assert whole["size"] == pytest.approx([70, 24, 2.4], abs=1e-3)
    magic, version, length, size = struct.unpack_from("<4sIII", data)
    assert (magic, version, length, length % 4, size % 4) == (b"glTF", 2, len(data), 0, 0)
    scene = json.loads(data[20 : 20 + size])
    assert [scene[kind][n]["name"] for kind in ("nodes", "meshes", "materials") for n in (0, 1)] == NAMES * 3
    yellow = scene["materials"][1]["pbrMetallicRoughness"]["baseColorFactor"]
    assert yellow == pytest.approx([1, 0.603827, 0, 1])


def test_3mf_has_names_colours_mm_and_closed_objects(built: Built) -> None:
    with zipfile.ZipFile(io.BytesIO(WRITERS["model/3mf"](built))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    assert model.get("unit") == "millimeter"
    bases = model.findall(".//m:base", CORE)
    assert {base.get("name"): base.get("displaycolor") for base in bases} == {"body": "#2F6F73", "content": "#FFCC00"}
    *objects, whole = model.findall(".//m:object", CORE)
    assert [one.get("name") for one in objects] == NAMES
    assert [bases[int(one.get("pindex"))].get("name") for one in objects] == NAMES
    assert [one.get("objectid") for one in whole.findall(".//m:component", CORE)] == [one.get("id") for one in objects]
    assert [item.get("objectid") for item in model.findall(".//m:item", CORE)] == [whole.get("id")]
    for one, part in zip(objects, built.parts, strict=True):
        corners = [[float(vertex.get(axis)) for axis in "xyz"] for vertex in one.findall(".//m:vertex", CORE)]
        faces = [[int(face.get(f"v{n}")) for n in (1, 2, 3)] for face in one.findall(".//m:triangle", CORE)]
        found = Manifold(Mesh64(np.array(corners), np.array(faces, dtype=np.uint64)))
        assert found.status() == Error.NoError
        assert found.volume() == pytest.approx(part.volume, rel=EXACT)


if shutil.which("prusa-slicer"):  # one more reader, where there happens to be one

    @pytest.mark.parametrize(("kind", "suffix"), [("model/3mf", "3mf"), ("model/stl", "stl")])
    def test_prusa_slicer_finds_closed_bodies_of_this_size(
        built: Built, tmp_path: Path, kind: str, suffix: str
    ) -> None:
        path = tmp_path / f"any.{suffix}"
        path.write_bytes(WRITERS[kind](built))
        command = ["prusa-slicer", "--info", str(path)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
        told = [line.split(" = ") for line in said.splitlines() if " = " in line]
        volume = sum(float(value) for key, value in told if key == "volume")
        assert volume == pytest.approx(built.volume, rel=EXACT)
        assert {value for key, value in told if key == "manifold"} == {"yes"}
        assert max(float(value) for key, value in told if key == "size_x") == pytest.approx(70, abs=1e-3)


def test_names_are_written_as_text_and_never_as_markup() -> None:
    vertices = np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
    faces = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)])
    built = Built("a", (Part('<&">', Solid.of(vertices, faces), "#000000"),))
    with zipfile.ZipFile(io.BytesIO(WRITERS["model/3mf"](built))) as archive:
        model = ElementTree.fromstring(archive.read("3D/3dmodel.model"))
    assert model.findall(".//m:object", CORE)[0].get("name") == '<&">'
