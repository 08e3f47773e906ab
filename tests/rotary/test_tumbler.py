"""The tumbler: engraved by a laser with a rotary and by no other, and proved on its unrolled surface."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fulfillment import personalization
from fulfillment.catalog import Piece
from fulfillment.cli import ful
from fulfillment.config import Factory
from fulfillment.machines import offer_of
from fulfillment.planning import specification
from fulfillment.processes import Problems, Spec, engrave
from jobs.fits import misfits

CONFIG = Path(__file__).parents[2] / "config.yaml"


def _spec(factory: Factory, product: str = "tumbler", **texts: str) -> Spec:
    entry = factory.catalog[product]
    found = personalization.check(entry, texts, {}, {})
    assert not isinstance(found, list)
    resolved = {"texts": found.texts, "photos": {}, "options": found.options, "parameters": found.parameters}
    return specification(factory, product, "engrave", resolved)


def test_it_is_made_by_the_laser_with_the_rotary_and_by_no_other(factory: Factory) -> None:
    tumbler, pick = (
        engrave.render(_spec(factory, text="Ada"), {}),
        engrave.render(_spec(factory, "pet-tag", name="Ada", phone="555 0100"), {}),
    )
    assert (tumbler.needs.dialect, pick.needs.dialect) == ("grbl-rotary", "grbl-laser")
    config = factory.config
    for made, can, cannot in ((tumbler, "laser-2", "laser-1"), (pick, "laser-1", "laser-2")):
        material = config.material(made.needs.material or "")
        offers = {
            name: offer_of(config.machine(name).model_copy(update={"material": material.name}), config.materials)
            for name in (can, cannot)
        }
        assert misfits(offers[can], made.needs) == []
        assert misfits(offers[cannot], made.needs)


def test_the_text_stands_in_its_zone_in_degrees(factory: Factory) -> None:
    made = engrave.render(_spec(factory, text="Ada"), {})
    zone, per_degree = factory.catalog["tumbler"].zones["front"], 360 / (np.pi * 73)
    x0, y0, _, x1, y1, _ = made.manifest["bounds"]
    assert 40 + zone.y <= x0 < x1 <= 40 + zone.y + zone.height
    assert 360 - (zone.x + zone.width) * per_degree - 0.01 <= y0 < y1 <= 360 - zone.x * per_degree + 0.01
    assert made.manifest["frame"] == pytest.approx([x0, y0, x1, y1], abs=12)


def test_the_proof_is_of_the_unrolled_surface(factory: Factory) -> None:
    made = engrave.render(_spec(factory, text="Ada"), {})
    assert made.proof is not None
    image = np.asarray(Image.open(io.BytesIO(made.proof)).convert("L"), dtype=int)
    piece, zone = factory.catalog["tumbler"].piece, factory.catalog["tumbler"].zones["front"]
    assert image.shape == pytest.approx(((piece.height + 8) * 8, (piece.width + 8) * 8), abs=2)
    rows, columns = np.nonzero(image[80:-80, 80:-80] > 140)
    x, y = (columns + 80) / 8 - 4, piece.height + 4 - (rows + 80) / 8
    assert len(x)
    assert zone.x <= x.min() < x.max() <= zone.x + zone.width
    assert zone.y <= y.min() < y.max() <= zone.y + zone.height


def test_without_a_rotary_it_is_told_what_is_missing(factory: Factory) -> None:
    spec = _spec(factory, text="Ada")
    flat = tuple(machine for machine in spec.machines if machine.name == "laser-1")
    with pytest.raises(Problems, match="has a rotary"):
        engrave.render(replace(spec, machines=flat), {})


def test_a_cylinder_is_as_wide_as_it_is_round() -> None:
    with pytest.raises(ValueError, match=r"is not 200 mm round"):
        Piece(width=200, height=120, thickness=1, diameter=73, colour="#27474e")


def test_it_is_rendered_by_its_command(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        ful, ["--config", str(CONFIG), "render", "tumbler", "--text", "text=Ada", "--out", str(tmp_path)]
    )
    assert told.exit_code == 0, told.output
    manifest = json.loads((tmp_path / "engrave.manifest.json").read_text())
    assert manifest["rotary"]["turn"] == 360.0
    assert manifest["fidelity"]


def test_a_test_piece_is_flat_and_asks_for_a_bed(tmp_path: Path) -> None:
    words = ["--config", str(CONFIG), "grid", "laser-2", "bamboo", "--out", str(tmp_path)]
    told = CliRunner().invoke(ful, words)
    assert told.exit_code == 1, told.output
    assert "no laser over a flat bed" in told.output
