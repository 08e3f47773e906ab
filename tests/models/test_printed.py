"""From a customer's model to the program that prints it: by ours, with supports by PrusaSlicer, or told why not."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from manifold3d import Manifold

from fulfillment.designs import material_of
from fulfillment.processes import Made, Problems, Spec, fdm
from fulfillment.slicers.prusa import PROGRAM
from gcode.slicing.check.laid import BESIDE, PART, Reader
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.solid import Solid
from jobs.artifacts import ArtifactStore

from .conftest import PRINTER, Change, Specify, as_stl, untouched

with_prusaslicer = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="prusa-slicer is not installed")
MIDDLE = (125.0, 105.0)
"""Of the room that the product gives its models on the bed."""


def made(spec: Spec, store: ArtifactStore) -> Made:
    return fdm.render(spec, {field: store.get(digest) for field, digest in spec.files.items()})


def refused(spec: Spec, store: ArtifactStore) -> dict[str, str]:
    with pytest.raises(Problems) as found:
        made(spec, store)
    (problem,) = found.value.problems
    return problem


def by(slicer: str) -> Change:
    return lambda product: product["body"].update(slicer=slicer)


def test_it_stands_in_the_middle_of_its_room_as_it_was_drawn(
    block: bytes, specified: Specify, store: ArtifactStore
) -> None:
    found = made(specified(block), store)
    x0, y0, _, x1, y1, z1 = found.manifest["bounds"]
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx(MIDDLE, abs=0.1)
    assert z1 == 6.0
    assert found.manifest["slicer"] == {"name": "own", "supports": False}
    assert found.manifest["body"] == {
        "size": [20.0, 10.0, 6.0],
        "unit": "millimeter",
        "triangles": 12,
        "volume": 1200.0,
    }
    assert found.manifest["notes"] == ["The file says no unit: it was taken to be drawn in mm."]
    assert found.proof is not None and found.proof.startswith(b"\x89PNG")


def test_the_unit_that_was_said_counts_and_one_too_large_says_what_there_is_room_for(
    block: bytes, specified: Specify, store: ArtifactStore
) -> None:
    found = made(specified(as_stl(Manifold.cube((1.0, 0.5, 0.3))), {"unit": "inch"}), store)
    assert found.manifest["body"]["size"] == [25.4, 12.7, 7.62]
    assert found.manifest["notes"] == []
    assert refused(specified(block, {"unit": "cm"}), store) == {
        "field": "model",
        "reason": "Model is 200 x 100 x 60 mm in x, y and z; there is room for 120 x 120 x 120.",
        "mend": "Please make it smaller, or look whether its unit is right.",
    }


def test_what_would_fit_turned_is_told_so(specified: Specify, store: ArtifactStore) -> None:
    def narrow(product: dict[str, Any]) -> None:
        product["zones"]["bed"]["width"] = 15

    long = specified(as_stl(Manifold.cube((20.0, 10.0, 6.0))), change=narrow)
    assert refused(long, store)["mend"] == "Please turn it by a quarter where it was drawn: then it fits."


def test_a_body_too_large_for_every_bed_is_told_with_the_beds(
    block: bytes, specified: Specify, store: ArtifactStore
) -> None:
    small = {**PRINTER, "envelope": {"x": 120, "y": 210, "z": 210}}
    found = refused(specified(block, machines=[small]), store)
    assert found["reason"] == (
        "It is 20 x 10 x 6 mm, and would end at 135 x 110 x 6 mm on its bed: too large for every bed "
        "(printer-1 120 x 210 x 210)."
    )
    both = made(specified(block, machines=[small, {**PRINTER, "name": "printer-2", "address": "printer-2.tty"}]), store)
    assert both.needs.reach is not None and both.needs.reach[0] >= 135, "the small one is not asked for it"


@pytest.mark.parametrize("config", [{}, {"slicers": {}}])
def test_ours_refuses_what_leans_out_too_far_with_the_places(
    config: dict[str, Any], tee: bytes, specified: Specify, store: ArtifactStore
) -> None:
    change = by("own") if not config else untouched
    found = refused(specified(tee, change=change, **config), store)
    assert found["field"] == "model"
    assert "10.2 mm up, at x 5.0, y 6.0 mm, 120.0 mm2 stand out 10.0 mm over nothing" in found["reason"]
    assert "10.2 mm up, at x 25.0, y 6.0 mm" in found["reason"]
    assert "lean out by 50 degrees at most" in found["mend"]


def test_a_slicer_that_the_factory_has_not_is_told(block: bytes, specified: Specify, store: ArtifactStore) -> None:
    found = refused(specified(block, change=by("prusaslicer"), slicers={}), store)
    assert found["reason"] == "This factory has no prusaslicer."


@with_prusaslicer
def test_with_supports_it_passes_all_that_ours_pass(tee: bytes, specified: Specify, store: ArtifactStore) -> None:
    spec = specified(tee)
    found = made(spec, store)
    said = found.manifest["slicer"]
    assert (said["name"], said["supports"]) == ("PrusaSlicer", True) and said["version"]
    assert found.manifest["fidelity"]["beside"] > 200, "supports under the arms, and a skirt"
    assert found.data.startswith(b"; ") and b"generated" not in found.data
    material = material_of(spec)
    assert found.needs.material == material.name and found.needs.heat == {"nozzle": (185.0, 235.0), "bed": (20.0, 70.0)}
    x0, _, _, x1, _, z1 = found.manifest["bounds"]
    assert (x0 + x1) / 2 == pytest.approx(MIDDLE[0], abs=0.6) and z1 == pytest.approx(14.0)
    under = [layer for layer in Reader(found.data, 2.405).layers() if 4.0 < layer.z[0] < 8.0]
    assert any(((layer.role == BESIDE) & (layer.end[:, 0] < 118.0)).any() for layer in under), "under an arm"


@with_prusaslicer
def test_the_same_model_gives_the_same_bytes_from_both(
    tee: bytes, block: bytes, specified: Specify, store: ArtifactStore
) -> None:
    for data in (tee, block):
        assert made(specified(data), store).data == made(specified(data), store).data


@with_prusaslicer
def test_a_machine_that_runs_klipper_gets_what_it_takes(tee: bytes, specified: Specify, store: ArtifactStore) -> None:
    machine = {**PRINTER, "driver": "moonraker", "address": "http://127.0.0.1:7125"}
    found = made(specified(tee, machines=[machine]), store)
    assert found.needs.dialect == "klipper-fdm" and found.manifest["slicer"]["supports"]


@with_prusaslicer
def test_a_program_of_another_body_does_not_pass(tee: bytes, specified: Specify, store: ArtifactStore) -> None:
    spec = specified(tee, change=by("prusaslicer"))
    machines, how = fdm.chosen(spec, material_of(spec))
    profile = fdm.fitted(how.profile, machines)
    _, solid = fdm.shape(spec, {"model": tee}, profile)
    data = made(spec, store).data
    assert not printed(data, [Piece(solid, 65.0, 45.0)], profile).wrong
    wider = Solid.of(solid.vertices * np.array([1.03, 1.0, 1.0]), solid.faces)
    assert printed(data, [Piece(wider, 65.0, 45.0)], profile).wrong


@with_prusaslicer
def test_a_key_that_the_slicer_does_not_know_is_named(tee: bytes, specified: Specify, store: ArtifactStore) -> None:
    config = {"prusaslicer": {"settings": {"support_material_stile": "snug"}}}
    found = refused(specified(tee, slicers=config), store)
    assert "has no setting 'support_material_stile'" in found["reason"]
    assert found["mend"].startswith("Write 'support_material_style'.")


def test_a_role_holds_from_layer_to_layer_until_another_is_said() -> None:
    said = b"G1 Z0.2\n;TYPE:Support material\nG1 X1 E1\n;LAYER_CHANGE\nG1 Z0.4\nG1 X2 E1\n;TYPE:Perimeter\nG1 X3 E1\n"
    roles = [layer.role.tolist() for layer in Reader(b"M83\n" + said, 2.405).layers()]
    assert roles == [[BESIDE], [BESIDE, PART]]
    silent = said.replace(b";TYPE:Support material\n", b"").replace(b";TYPE:Perimeter\n", b"")
    assert [layer.role.tolist() for layer in Reader(b"M83\n" + silent, 2.405).layers()] == [[BESIDE], [PART, PART]]
