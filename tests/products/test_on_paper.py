"""Every product that is printed on paper, from its file to the page: another reader's picture of the finished page,
held against the example's outlines, point by point, and against its photo."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import shapely
import shapely.affinity
from PIL import Image, ImageOps
from skimage.metrics import structural_similarity

from fulfillment import personalization
from fulfillment.catalog import FOLDER, PdfField, PhotoField, PressRecipe, Product, load
from fulfillment.config import Factory, load_factory
from fulfillment.designs import design
from fulfillment.example import order
from fulfillment.fields import Craft
from fulfillment.offline import rendered
from fulfillment.planning import specification
from gcode.stitches.areas import covered

SHIPPED = Path(__file__).parents[2] / "config.yaml"
PRINTED = sorted(
    name
    for name, product in load(FOLDER)[0].products.items()
    if any(one.process == "press" for one in product.route.values())
)
SCALE = 6.0
"""Pixels a mm."""


@pytest.fixture(scope="module")
def factory() -> Factory:
    return load_factory(SHIPPED)


def sides(data: bytes, product: Product, recipe: PressRecipe) -> dict[str, np.ndarray]:
    """The two sides of the piece as it lies on its sheet, in greys 0 to 1."""
    document, found = pypdfium2.PdfDocument(data), {}
    for number, side in enumerate(("front", "back")[: len(document)]):
        picture = document[number].render(scale=SCALE * 25.4 / 72).to_pil().convert("L")
        if side == "back":
            picture = ImageOps.flip(ImageOps.mirror(picture)) if recipe.sheet.width > recipe.sheet.height else picture
            assert recipe.sheet.width > recipe.sheet.height, "a portrait sheet's back lies elsewhere"
        x, y = product.jig.x, product.jig.y
        left, top = x * SCALE, picture.height - (y + product.piece.height) * SCALE
        cut = picture.crop((left, top, left + product.piece.width * SCALE, top + product.piece.height * SCALE))
        found[side] = np.asarray(cut, dtype=np.float64) / 255
    return found


@pytest.mark.parametrize("name", PRINTED)
def test_the_page_shows_what_was_designed(name: str, factory: Factory, tmp_path: Path) -> None:
    product = factory.catalog[name]
    said = order(product)
    assert said.files or said.texts, "every product has an example"
    data = {field: file.read_bytes() for field, file in said.files.items()}
    (done,) = list(rendered(factory, name, said, data, tmp_path))
    assert done.made.manifest["fidelity"], "the bytes were held against the design"
    recipe = product.recipes[factory.config.material(done.made.needs.material or "").kind]
    assert isinstance(recipe, PressRecipe)
    page = sides(done.artifact.read_bytes(), product, recipe)
    photos = {field for field, one in product.fields.items() if isinstance(one, PhotoField)}
    pages = {field for field, one in product.fields.items() if isinstance(one, PdfField)}
    for field in pages & data.keys():
        assert_page(page["front"], data[field])
    for field in photos & data.keys():
        assert_photo(page, product, field, data[field])
    assert_letters(factory, product, page, {one: two for one, two in data.items() if one not in photos | pages}, recipe)


def assert_photo(page: dict[str, np.ndarray], product: Product, field: str, data: bytes) -> None:
    """The middle of the zone shows the middle of the photo: SSIM, and less of the photo's mirror image."""
    box = product.zones[product.fields[field].zone]
    seen = page[box.side]
    high = seen.shape[0]
    top, left = round(high - (box.y + box.height) * SCALE), round(box.x * SCALE)
    shown = seen[top : top + round(box.height * SCALE), left : left + round(box.width * SCALE)]
    photo = Image.open(io.BytesIO(data)).convert("L")
    wanted = ImageOps.fit(photo, shown.shape[::-1], Image.Resampling.LANCZOS)
    # The photo goes on beyond a zone at the trim: a middle quarter is the same to half a mm.
    rows, columns = (slice(size * 3 // 8, size * 5 // 8) for size in shown.shape)
    cut, like = shown[rows, columns], np.asarray(wanted, dtype=np.float64)[rows, columns] / 255
    found = max(_alike(cut, np.roll(like, (up, across), (0, 1))) for up in range(-12, 13, 2) for across in (-6, 0, 6))
    other = _alike(cut, like[:, ::-1])
    assert found > 0.75
    assert other < found - 0.05, "its mirror image is another photo"


def assert_page(seen: np.ndarray, data: bytes) -> None:
    """The piece shows the customer's page, trimmed; its mirror image, and the page 4 mm beside, are others."""
    page = pypdfium2.PdfDocument(data)[0]
    picture = page.render(scale=SCALE * 25.4 / 72).to_pil().convert("L")
    left, low, right, high = (value / 72 * 25.4 * SCALE for value in page.get_trimbox())
    trim = picture.crop((left, picture.height - high, right, picture.height - low))
    wanted = np.asarray(trim.resize(seen.shape[::-1]), dtype=np.float64) / 255
    assert _alike(seen, wanted) > 0.95
    assert _alike(seen, wanted[:, ::-1]) < 0.9
    assert _alike(seen, np.roll(wanted, 24, 0)) < 0.95


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    small = [np.asarray(Image.fromarray((a * 255).astype(np.uint8)).reduce(3)) for a in (one, other)]
    return float(structural_similarity(*small, data_range=255))


def assert_letters(
    factory: Factory, product: Product, page: dict[str, np.ndarray], files: dict[str, bytes], recipe: PressRecipe
) -> None:
    """Points well within letters and lines are inked, points around them are not, and 3 mm beside it is otherwise."""
    said = order(product)
    found = personalization.check(product, said.texts, said.options, {**files, **_photos(product)})
    assert not isinstance(found, list), found
    resolved = {"texts": found.texts, "photos": {}, "options": found.options, "parameters": found.parameters}
    if not found.texts and not files:
        return
    operation = next(name for name, one in product.route.items() if one.process == "press")
    content = design(
        specification(factory, product.name, operation, resolved), files, Craft(recipe.line_width, fills=True)
    )
    for layer in content.layers:
        side = page[product.zones[layer.zone.name].side]
        area = covered(layer.content, recipe.line_width)
        inner, around = area.buffer(-0.12), area.buffer(0.6).difference(area.buffer(0.15))
        letters, paper = _values(side, inner), _values(side, around)
        assert np.median(paper) - np.median(letters) > 0.2, "letters are darker than what is around them"
        middle = (np.median(paper) + np.median(letters)) / 2
        assert (letters < middle).mean() > 0.98 and (paper > middle).mean() > 0.98
        beside = _values(side, shapely.affinity.translate(inner, 3.0, 3.0))
        assert (beside < middle).mean() < 0.7, "a design 3 mm beside it is another one"


def _photos(product: Product) -> dict[str, bytes]:
    said = order(product)
    return {name: path.read_bytes() for name, path in said.files.items()}


def _values(side: np.ndarray, area: shapely.Geometry) -> np.ndarray:
    """Lightness at points spread over an area."""
    x0, y0, x1, y1 = area.bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, 0.1), np.arange(y0, y1, 0.1)), axis=-1).reshape(-1, 2)
    inside = grid[shapely.contains_xy(area, grid)]
    rows = np.clip((side.shape[0] - inside[:, 1] * SCALE).astype(int), 0, side.shape[0] - 1)
    columns = np.clip((inside[:, 0] * SCALE).astype(int), 0, side.shape[1] - 1)
    found: np.ndarray = side[rows, columns]
    return found


def test_each_of_them_has_a_machine(factory: Factory) -> None:
    """A press that holds its paper, so that an order of it is not stuck."""
    for name in PRINTED:
        product = factory.catalog[name]
        for recipe in product.recipes.values():
            assert isinstance(recipe, PressRecipe)
            assert any(
                "press" in machine.processes and recipe.sheet.media in (machine.media or ())
                for machine in factory.config.machines
            ), name
