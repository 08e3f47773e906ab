"""Printed pieces side by side: each as it would be alone, in the place that the record keeps, under its own label."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fulfillment.catalog import Jig, Plate, Product
from fulfillment.printing.plating import _each
from fulfillment.processes import Made, Problems, Spec, fdm
from fulfillment.render.work import render_all
from gcode.slicing.alone import alone
from gcode.slicing.check.laid import BESIDE, Beads, Reader, joined
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.solid import Solid

Three = tuple[list[Spec], Made]


def beads(data: bytes) -> Beads:
    """What is laid of the part, in its order."""
    found = joined(list(Reader(data, 2.405).layers()))
    return found.only(found.role != BESIDE)


def wanted(plates: Any, spec: Spec, place: dict[str, Any]) -> tuple[Piece, Any]:
    machines, how = fdm.chosen(spec, next(iter(spec.materials.values())))
    profile = fdm.fitted(how.profile, machines)
    (solid,) = _each([spec], [plates.files(spec)], profile)
    turned = Solid.from_manifold(solid.manifold.rotate((0.0, 0.0, place["turn"]))) if place["turn"] else solid
    return Piece(turned, place["x"], place["y"]), profile


def test_each_has_its_place_its_label_and_its_verdict(three: Three) -> None:
    specs, made = three
    places = made.manifest["places"]
    assert sorted(places) == ["1", "2", "3"]
    assert [place["object"] for place in places.values()] == [0, 1, 2]
    text = made.data.decode()
    assert "\nM486 T3\n" in text
    assert [f"\n;OBJECT:{number} {spec.label}\n" in text for number, spec in enumerate(specs)] == [True] * 3
    each = made.manifest["pieces"]
    assert [one["label"] for one in each] == [spec.label for spec in specs]
    assert all(one["fidelity"]["walls"] > 0.97 and one["fidelity"]["beyond"] == 0.0 for one in each)
    assert "Ada" not in text


def test_boxes_are_apart_and_on_the_bed(three: Three) -> None:
    _, made = three
    boxes = [place["box"] for place in made.manifest["places"].values()]
    for a, b in combinations(boxes, 2):
        gap = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])
        assert gap >= 4.0 - 0.01
    x0, y0, _, x1, y1, _ = made.manifest["bounds"]
    assert x0 >= 5.0 and y0 >= 5.0 and x1 <= 245.0 and y1 <= 205.0, "the skirt lies within the margin, too"


def test_a_piece_is_laid_as_it_would_be_alone(plates: Any, three: Three) -> None:
    specs, made = three
    for spec, place in list(zip(specs, made.manifest["places"].values(), strict=True))[:2]:
        assert place["turn"] == 0.0
        mine, single = beads(alone(made.data, place["object"])), beads(plates.alone(spec).data)
        shift = np.array([place["x"] - 40.0, place["y"] - 40.0])
        assert len(mine) == len(single)
        assert np.abs(mine.start - single.start - shift).max() < 0.0021
        assert np.abs(mine.end - single.end - shift).max() < 0.0021
        assert mine.volume.sum() == pytest.approx(single.volume.sum(), rel=1e-4)


def test_the_objects_make_up_the_whole(three: Three) -> None:
    _, made = three
    whole, parts = beads(made.data), [beads(alone(made.data, number)) for number in range(3)]
    assert len(whole) == sum(len(part) for part in parts)
    assert set(np.unique(whole.label).tolist()) == {0, 1, 2}


def test_its_needs_are_those_of_a_piece_so_that_pieces_find_each_other(plates: Any, three: Three) -> None:
    specs, made = three
    one, other = plates.alone(specs[0]), plates.alone(specs[1])
    assert one.needs == other.needs == made.needs
    assert one.manifest["together"] == other.manifest["together"] == made.manifest["together"]
    by_itself = plates.tag.model_copy(update={"jig": Jig(x=40, y=40)})
    assert "together" not in plates.alone(replace(specs[0], product=by_itself)).manifest


def test_the_same_pieces_give_the_same_bytes(plates: Any, three: Three) -> None:
    specs, made = three
    again = plates.made(specs)
    assert (again.data, again.proof, dict(again.manifest)) == (made.data, made.proof, dict(made.manifest))
    assert dict(again.extras) == dict(made.extras)


def test_a_fault_in_one_object_is_told_of_that_one(plates: Any, three: Three) -> None:
    specs, made = three
    lines = made.data.split(b"\n")
    begin = [at for at, line in enumerate(lines) if line == b"M486 S1"][4]
    spoilt = b"\n".join(lines[: begin + 20] + lines[begin + 220 :])
    for spec, place in zip(specs, made.manifest["places"].values(), strict=True):
        piece, profile = wanted(plates, spec, place)
        found = printed(alone(spoilt, place["object"]), [piece], profile)
        assert bool(found.wrong) == (place["object"] == 1), found.wrong


def test_what_finds_no_room_has_no_place(plates: Any) -> None:
    small = plates.printer(envelope={"x": 95, "y": 72, "z": 100})
    made = plates.made(plates.specs(["Ada", "Zoe", "Kim"], machine=small))
    assert "1" in made.manifest["places"]
    assert 1 <= len(made.manifest["places"]) < 3
    assert b"M486 T%d\n" % len(made.manifest["places"]) in made.data


def test_pieces_are_turned_where_that_makes_room(plates: Any) -> None:
    narrow = plates.printer(envelope={"x": 72, "y": 95, "z": 100})
    turned = plates.made(plates.specs(["Ada", "Zoe"], machine=narrow))
    assert len(turned.manifest["places"]) == 2
    assert {place["turn"] for place in turned.manifest["places"].values()} <= {90.0, 270.0}
    upright = plates.on_a_bed(plates.tag, turns="none")
    with pytest.raises(Problems, match="No piece fits the bed"):
        plates.made(plates.specs(["Ada", "Zoe"], upright, narrow))
    # A turned piece is drawn upright from the plate's own bytes, as it was approved.
    seen = Image.open(io.BytesIO(turned.extras["piece-1.png"]))
    assert seen.width > 2 * seen.height


def test_a_bed_that_takes_none_is_refused(plates: Any) -> None:
    tiny = plates.printer(envelope={"x": 60, "y": 50, "z": 100})
    with pytest.raises(Problems, match="No piece fits the bed"):
        plates.made(plates.specs(["Ada", "Zoe"], machine=tiny))


def test_other_products_with_the_same_profile_lie_beside_them(plates: Any) -> None:
    badge = plates.tag.model_copy(update={"name": "badge", "title": "Badge"})
    specs = plates.specs(["Ada", "Zoe"])
    made = plates.made([specs[0], replace(specs[1], product=badge)])
    assert len(made.manifest["places"]) == 2


def test_pieces_with_another_profile_are_refused(plates: Any) -> None:
    def fine(product: Product) -> Product:
        assert product.body is not None
        return product.model_copy(update={"body": product.body.model_copy(update={"profile": "fine"})})

    specs = plates.specs(["Ada", "Zoe"])
    with pytest.raises(Problems, match=r"Piece U-0002XY: .*another profile"):
        plates.made([specs[0], replace(specs[1], product=fine(plates.tag))])


def test_pieces_of_another_material_are_refused(plates: Any) -> None:
    specs = plates.specs(["Ada", "Zoe"])
    white = plates.tag.options["colour"].choices["petrol"].model_copy(update={"material": "pla-white"})
    colour = plates.tag.options["colour"].model_copy(update={"choices": {"petrol": white}})
    other = plates.tag.model_copy(update={"options": {"colour": colour}})
    materials = {
        **specs[1].materials,
        "pla-white": specs[1].materials["pla-petrol"].model_copy(update={"name": "pla-white"}),
    }
    with pytest.raises(Problems, match=r"Piece U-0002XY: It is of pla-white, unlike the first"):
        plates.made([specs[0], replace(specs[1], product=other, materials=materials)])


def test_whose_piece_cannot_be_made_is_said(plates: Any) -> None:
    specs = plates.specs(["Ada", "Zoe"])
    long = replace(specs[1], fields={"name": "Maximiliane Wilhelmine Charlotte Auguste"})
    with pytest.raises(Problems, match="Piece U-0002XY: "):
        plates.made([specs[0], long])


def test_the_render_worker_knows_who_makes_plates(plates: Any, tmp_path: Any) -> None:
    pinned = replace(plates.specs(["Ada"])[0], process="embroider")
    with pytest.raises(Problems, match="one piece at a time"):
        render_all([pinned, pinned], tmp_path)


def test_the_rules_of_a_plate() -> None:
    assert Plate(turns="half").degrees == (0.0, 180.0)
    with pytest.raises(ValueError, match="32"):
        Plate(max=33)
    with pytest.raises(ValueError, match="side by side"):
        Jig(x=0, y=0, bed=Plate(), pockets={"columns": 2, "x_step": 90})  # type: ignore[arg-type]
