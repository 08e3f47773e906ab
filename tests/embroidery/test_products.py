"""Towel and backpack: from an order to the bytes of a machine, and to what the simulated machine sews."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fulfillment.catalog import Catalog
from fulfillment.config import Machine
from fulfillment.embroidery import FORMATS, read
from fulfillment.machines import offer_of, preflight
from fulfillment.processes import Made, Problems
from fulfillment.rehearsal import rehearsal
from jobs.fits import misfits

Render = Callable[..., Made]
NewMachine = Callable[..., Machine]


@pytest.fixture(scope="module")
def towel(render: Render) -> Made:
    return render(monogram="AL", name="Ada Lovelace")


def test_the_manifest_says_what_a_person_wants_to_know(towel: Made) -> None:
    manifest, pattern = towel.manifest, read(towel.data, "application/x-dst")
    assert (manifest["stitches"], manifest["trims"]) == (pattern.stitches, pattern.trims)
    assert manifest["colour_changes"] == 0
    assert 60 < manifest["seconds"] < 900
    assert manifest["materials"]["thread-navy"]["length"] == pytest.approx(pattern.length * 1.35, rel=0.01)
    width, height = manifest["extent"]
    assert 60 < width < 125 and 60 < height < 90
    assert manifest["fidelity"]["thread"]["coverage"] > 0.99
    assert towel.proof is not None and towel.proof.startswith(b"\x89PNG")


def test_the_same_order_gives_the_same_bytes(towel: Made, render: Render) -> None:
    again = render(monogram="AL", name="Ada Lovelace")
    assert (again.data, again.proof) == (towel.data, towel.proof)


@pytest.mark.parametrize("extension", FORMATS)
def test_each_machine_gets_its_own_format(
    extension: str, render: Render, make_machine: NewMachine, towel: Made
) -> None:
    machine = make_machine(extension)
    made = render(monogram="AL", name="Ada Lovelace", machines=(machine,))
    kind = FORMATS[extension]
    assert made.needs.media_type == kind.media_type and made.data.startswith(kind.begins)
    assert made.manifest["stitches"] == towel.manifest["stitches"]
    assert misfits(offer_of(machine, []), made.needs) == []
    assert preflight(machine, made.data, made.needs) == []
    for other in FORMATS.keys() - {extension}:
        assert "does not take" in misfits(offer_of(make_machine(other), []), made.needs)[0].text


def test_a_file_fits_hoops_of_its_own_size(towel: Made, make_machine: NewMachine) -> None:
    """Its origin is the hoop's middle: in another hoop it would be sewn beside its place."""
    larger = make_machine(hoop=300.0)
    assert "hoop" in misfits(offer_of(larger, []), towel.needs)[0].text
    smaller = make_machine(hoop=60.0)
    assert any("larger than the hoop" in said for said in preflight(smaller, towel.data, towel.needs))


def test_the_thread_that_was_chosen_is_needed_and_shown(render: Render, towel: Made) -> None:
    gold = render(monogram="AL", name="Ada Lovelace", options={"thread": "gold"})
    assert (gold.needs.material, towel.needs.material) == ("thread-gold", "thread-navy")
    assert np.allclose(_marked(gold.proof), _marked(towel.proof), atol=3)
    pixels = np.asarray(Image.open(io.BytesIO(gold.proof or b"")))
    assert (np.abs(pixels.astype(int) - (0xC8, 0x9B, 0x3C)).sum(axis=2) < 60).sum() > 5000


def _marked(proof: bytes | None) -> tuple[float, float]:
    """The middle of what is darker than the towel, px."""
    grey = np.asarray(Image.open(io.BytesIO(proof or b"")).convert("L"), dtype=float)[40:-40, 40:-40]
    rows, columns = np.nonzero(grey < 200)
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"monogram": "AL", "name": "Ada Augusta King Lovelace"}, "name", "too long"),
        ({"monogram": "Aꦄ"}, "monogram", "cannot be made"),
    ],
)
def test_what_thread_cannot_show_is_refused_with_its_field(
    fields: dict[str, str], field: str, said: str, render: Render
) -> None:
    with pytest.raises(Problems) as refused:
        render(**fields)
    assert [problem["field"] for problem in refused.value.problems] == [field]
    assert said in refused.value.problems[0]["reason"]


def test_letters_lower_than_the_recipe_allows_are_refused(catalog: Catalog, render: Render) -> None:
    """Whatever the product's own field says."""
    product = catalog["backpack"]
    recipe = product.recipes["polyester-40"].model_copy(update={"letter": 30.0})
    small = product.model_copy(update={"recipes": {"polyester-40": recipe}})
    assert render("backpack", monogram="Alexandra").manifest["stitches"] > 500
    with pytest.raises(Problems, match="30 mm"):
        _with(render, catalog, small)("backpack", monogram="Alexandra")


def _with(render: Render, catalog: Catalog, product: Any) -> Render:
    """The same, with another product of that name."""
    from fulfillment.processes import Spec
    from fulfillment.processes.embroider import render as embroider
    from tests.embroidery.conftest import GOLD, machine

    def made(_: str, **fields: str) -> Made:
        options = {"backpack": "petrol", "thread": "gold"}
        return embroider(
            Spec("embroider", product, "embroider", fields, options, {}, (machine(),), {GOLD.name: GOLD}), {}
        )

    return made


def test_no_machine_for_it_is_said(render: Render, make_machine: NewMachine) -> None:
    with pytest.raises(Problems, match="extension"):
        render(monogram="AL", machines=(make_machine(".dst", options={}),))


# --- as made ------------------------------------------------------------------------------------------------------


@pytest.fixture
def simulated(make_machine: NewMachine) -> Machine:
    return make_machine(simulator={"kind": "embroidery", "args": ["--speed", "max", "--envelope", "200x200"]}, options={
        "extension": ".dst", "poll": 0.05})  # fmt: skip


@pytest.mark.journey
def test_the_simulated_machine_sews_what_the_proof_shows(
    towel: Made, render: Render, simulated: Machine, catalog: Catalog, tmp_path: Path
) -> None:
    artifact = tmp_path / "towel.dst"
    artifact.write_bytes(towel.data)
    piece, jig = catalog["towel"].piece, catalog["towel"].jig
    lies = f"{jig.x:g},{jig.y:g},{piece.width:g},{piece.height:g}"
    region = f"{jig.x - 4:g},{jig.y - 4:g},{jig.x + piece.width + 4:g},{jig.y + piece.height + 4:g}"
    extra = ["--piece", lies, "--mark-colour", "#1f3a6d", "--surface-colour", "#f4f1ea"]
    with rehearsal(simulated, extra) as rehearsed:
        assert rehearsed.run(artifact, "application/x-dst") is None
        picture = Image.open(io.BytesIO(rehearsed.room.picture(**{"region": region, "px-per-mm": "8"})))
        record = rehearsed.room.record()["piece"]
    assert record["outcome"]["good"] and record["stitches"] == towel.manifest["stitches"]
    shown, other = (
        _dark(Image.open(io.BytesIO(one.proof or b""))) for one in (towel, render(monogram="LA", name="Ada"))
    )
    made = _dark(picture)
    assert made.shape == shown.shape
    assert (made & shown).sum() / (made | shown).sum() > 0.93
    assert (made & other).sum() / (made | other).sum() < 0.6


def _dark(picture: Image.Image) -> np.ndarray:
    """Where thread is, on the piece."""
    grey = np.asarray(picture.convert("L"), dtype=float)[40:-40, 40:-40]
    return grey < 150


@pytest.mark.journey
@pytest.mark.parametrize(("fault", "said"), [("thread-break@line=500", "error"), ("bobbin-empty@line=500", None)])
def test_what_goes_wrong_at_the_machine_is_told_or_seen(
    fault: str, said: str | None, towel: Made, simulated: Machine, tmp_path: Path
) -> None:
    artifact = tmp_path / "towel.dst"
    artifact.write_bytes(towel.data)
    with rehearsal(simulated, ["--fault", fault]) as rehearsed:
        why = rehearsed.run(artifact, "application/x-dst")
        record = rehearsed.room.record()["piece"]
    assert (why is None) == (said is None) and (said or "") in (why or "")
    assert 300 < record["stitches"] < towel.manifest["stitches"]
