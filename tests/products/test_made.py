"""Every product's example, from its file to the piece: rendered, passed, run on the simulator of a machine that fits,
and what the simulator says it made, held against the design. It reads the bytes by itself; it is the judge here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity

from fulfillment import personalization
from fulfillment.catalog import FOLDER, MillRecipe, Product, load
from fulfillment.config import Factory, Machine, load_factory
from fulfillment.designs import design, material_of
from fulfillment.example import order
from fulfillment.fields import Craft
from fulfillment.gallery import machine_for
from fulfillment.offline import Done, rendered
from fulfillment.planning import specification
from fulfillment.rehearsal import blank, rehearsal
from gcode.carve import opened
from gcode.design import Design
from gcode.geometry import Bounds, Transform
from gcode.proof import Marks
from gcode.stitches.areas import covered
from gcode.units import FloatArray
from gcode.verify import lines_made
from gcode.verify_tone import tone_made

from .printed import assert_printed, model, specified

SHIPPED = Path(__file__).parents[2] / "config.yaml"
ELSEWHERE = {"photo-plaque"}
"""Minutes of dots: tests/laser holds rasters against the simulator dot by dot."""
PRODUCTS = sorted(
    name
    for name, product in load(FOLDER)[0].products.items()
    if name not in ELSEWHERE and not any(one.process == "press" for one in product.route.values())
)
"""What is printed on paper is held against its design in test_on_paper."""
ROW = 0.6
SHIFT = Transform.move(2.0, 2.0)


@pytest.fixture(scope="module")
def factory() -> Factory:
    return load_factory(SHIPPED)


def designed(factory: Factory, product: Product, operation: str, row: float) -> tuple[Design, float]:
    """The example's design, and the width of a line."""
    said = order(product)
    data = {name: file.read_bytes() for name, file in said.files.items()}
    found = personalization.check(product, said.texts, said.options, data)
    assert not isinstance(found, list), found
    resolved = {"texts": found.texts, "photos": {}, "options": found.options, "parameters": found.parameters}
    spec = specification(factory, product.name, operation, resolved)
    width = float(product.recipes[material_of(spec).kind].line_width)  # type: ignore[union-attr]
    return design(spec, data, Craft(width, row)), width


def marks(piece: Mapping[str, Any], machine: Machine, product: Product, width: float, height: float | None) -> Marks:
    """The record's paths on the piece. Beads are as wide as their volume and height make them."""
    starts, ends, widths = [], [], []
    for path in piece["paths"]:
        points = np.array(path["points"])
        if path.get("lifted") or len(points) < 2:
            continue
        way = np.linalg.norm(np.diff(points, axis=0), axis=1)
        real = way > 1e-6
        starts.append(points[:-1][real])
        ends.append(points[1:][real])
        laid = np.array(path["volumes"])[real] / way[real] / height if height else np.full(real.sum(), width)
        widths.append(laid)
    start, end = (surface(np.vstack(points)[:, :2], machine, product) for points in (starts, ends))
    return Marks(start, end, np.concatenate(widths))


def surface(points: FloatArray, machine: Machine, product: Product) -> FloatArray:
    """Places in the machine as places on the piece."""
    piece, jig = product.piece, product.jig
    if piece.diameter is not None and machine.laser is not None and machine.laser.rotary is not None:
        return machine.laser.rotary.roll(piece.diameter, piece.height, jig.x, jig.y).to_surface(points)
    return points - [jig.x, jig.y]


def made(factory: Factory, product: Product, folder: Path) -> list[tuple[Done, Machine, Mapping[str, Any]]]:
    said = order(product)
    data = {name: file.read_bytes() for name, file in said.files.items()}
    found = []
    for done in rendered(factory, product.name, said, data, folder):
        machine = machine_for(factory, done)
        assert machine is not None, f"no simulated machine of the shipped factory does {done.made.needs.process}"
        with rehearsal(machine, ["--speed", "max", *blank(product, machine)]) as rehearsed:
            assert rehearsed.run(done.artifact, done.made.media_type, ticket=done.made.needs.ticket) is None
            found.append((done, machine, rehearsed.room.record()["piece"]))
    return found


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_the_simulator_made_is_what_was_designed(name: str, factory: Factory, tmp_path: Path) -> None:
    product = factory.catalog[name]
    assert product.example.fields, "every product has an example"
    results = made(factory, product, tmp_path)
    assert results
    for done, machine, piece in results:
        assert done.proof is not None and done.proof.read_bytes().startswith(b"\x89PNG")
        manifest = json.loads(done.manifest.read_text())
        assert manifest["fidelity"], "the bytes were held against the design"
        if product.body and done.made.needs.process == "fdm":
            wanted = model(specified(factory, product, done.operation, tmp_path), tmp_path)
            assert_printed(piece, wanted, *product.jig.at(1))
        else:
            look(factory, product, machine, done, piece)


def grooves(piece: Mapping[str, Any], recipe: MillRecipe, product: Product) -> Marks:
    """What the bit took away, as wide as the record's depths make it."""
    ends = np.array([path["points"] for path in piece["paths"]])
    fine = [np.linspace(start, end, max(2, round(10 * float(np.hypot(*(end - start)[:2]))))) for start, end in ends]
    start, end = np.vstack([line[:-1] for line in fine]), np.vstack([line[1:] for line in fine])
    depth = product.piece.thickness - (start[:, 2] + end[:, 2]) / 2
    jig = [product.jig.x, product.jig.y]
    return Marks(start[:, :2] - jig, end[:, :2] - jig, 2 * np.maximum(depth, 0) * recipe.carving().slope)


def look_carved(factory: Factory, product: Product, done: Done, piece: Mapping[str, Any], recipe: MillRecipe) -> None:
    """By area: a groove is as wide as it is deep."""
    content, width = designed(factory, product, done.operation, ROW)
    taken = opened(grooves(piece, recipe, product))
    wanted = shapely.union_all([covered(one, width) for one in content.drawings])
    assert wanted.intersection(taken.buffer(0.05)).area > 0.98 * wanted.area
    assert taken.difference(wanted.buffer(0.05)).area < 0.02 * taken.area
    beside = shapely.affinity.translate(wanted, 2.0, 2.0)
    assert beside.intersection(taken).area < 0.6 * wanted.area, "a design 2 mm beside it is another one"


def look(factory: Factory, product: Product, machine: Machine, done: Done, piece: Mapping[str, Any]) -> None:
    recipe = product.recipes.get(factory.config.material(done.made.needs.material or "").kind)
    if isinstance(recipe, MillRecipe):
        look_carved(factory, product, done, piece, recipe)
        return
    content, width = designed(factory, product, done.operation, float(getattr(recipe, "pitch", ROW)))
    height = getattr(recipe, "height", None)
    if height is not None:
        height *= recipe.fill  # type: ignore[union-attr]
    found = marks(piece, machine, product, width, height)
    if product.pour:
        found = found.turned(product.piece.width)
    for tone in content.tones:
        if height is not None:
            like = tone_made(tone, found, recipe.pitch, recipe.bead(1.0).coverage)  # type: ignore[union-attr]
            assert like.similarity > 0.85, like
    box = Bounds(0, 0, product.piece.width, product.piece.height)
    lines = lines_made(content.drawings, found, max(width, 0.5), box)
    assert lines.coverage > 0.95, lines
    other = lines_made([one.moved(SHIFT) for one in content.drawings], found, max(width, 0.5), box)
    body = product.pour or content.tones
    if content.drawings and not body:
        assert other.coverage < lines.coverage - 0.1, "a design 2 mm beside it is another one"
