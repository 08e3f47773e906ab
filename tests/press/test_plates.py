"""Plates as Ghostscript separates them: which ink lies where, and where none of it may."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import shapely
import shapely.affinity
from PIL import Image

from fulfillment.catalog.press import Cut
from fulfillment.press.colour import Colours
from fulfillment.press.piece import laid_out
from fulfillment.press.profiles import Black
from fulfillment.processes import press

PROCESS = ("Cyan", "Magenta", "Yellow", "Black")
SCALE = 10.0


def covered(plate: np.ndarray, area: shapely.Geometry, least: float = 0.5) -> float:
    """The share of points of an area of a sheet (mm from its lower left corner) that have ink."""
    x0, y0, x1, y1 = area.bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, 0.1), np.arange(y0, y1, 0.1)), axis=-1).reshape(-1, 2)
    inside = grid[shapely.contains_xy(area, grid)]
    rows = (plate.shape[0] - inside[:, 1] * SCALE).astype(int)
    return float((plate[rows, (inside[:, 0] * SCALE).astype(int)] >= least).mean())


def edge_of(spec, files):  # type: ignore[no-untyped-def]
    """What a cutter leaves of the first copy."""
    recipe = spec.product.recipes["vinyl"]
    profile = spec.press[recipe.profile]
    return laid_out(spec, files, recipe, Colours(profile, spec.press.file(profile))).edge


@pytest.fixture(scope="module")
def stickers(shop):  # type: ignore[no-untyped-def]
    """The file, and where its six stickers are cut on the sheet."""
    spec, files = shop.spec("sticker-sheet")
    recipe = spec.product.recipes["vinyl"]
    jig, first = spec.product.jig, edge_of(spec, files)
    edges = [shapely.affinity.translate(first, jig.x + x, jig.y + y) for x, y in recipe.repeat.steps]
    return shop.made("sticker-sheet").data, edges, recipe


def test_white_lies_under_each_sticker_and_nowhere_else(stickers, plates) -> None:  # type: ignore[no-untyped-def]
    data, edges, recipe = stickers
    found = plates(data)
    assert set(found.inks) == {*PROCESS, "White", "CutContour"}
    white, whole = found.inks["White"], shapely.union_all(edges)
    assert covered(white, whole.buffer(-recipe.choke - 0.1)) == 1.0, (
        "letters and lines are printed over it, not cut out"
    )
    # Registration marks are on every plate, outside of the pieces.
    beside = whole.buffer(3.0).difference(whole.buffer(0.05))
    assert covered(white, beside, 0.02) == 0.0


def test_the_knife_s_line_is_on_its_own_plate_alone(stickers, plates) -> None:  # type: ignore[no-untyped-def]
    data, edges, _ = stickers
    found = plates(data)
    cut = found.inks["CutContour"]
    for edge in edges:
        points = [edge.exterior.interpolate(at) for at in np.arange(0, edge.length, 0.7)]
        for point in points:
            column, row = int(point.x * SCALE), int(cut.shape[0] - point.y * SCALE)
            assert cut[row - 1 : row + 2, column - 1 : column + 2].max() > 0.9
    whole = shapely.union_all(edges)
    assert covered(cut, whole.buffer(-0.2), 0.02) == 0.0, "a line, not an area"
    # Between the artwork and the cut there is nothing but white: none of the line's magenta is on a process plate.
    ring = whole.buffer(0.3).difference(whole.buffer(-0.3))
    for ink in PROCESS:
        assert covered(found.inks[ink], ring, 0.02) == 0.0, ink


def test_artwork_is_printed_over_white_and_keeps_its_own_plates(stickers, plates) -> None:  # type: ignore[no-untyped-def]
    data, edges, _ = stickers
    found = plates(data)
    art = found.inks["Cyan"] > 0.5
    inside = np.zeros_like(art)
    for edge in edges:
        x0, y0, x1, y1 = edge.bounds
        rows = slice(int(art.shape[0] - y1 * SCALE), int(art.shape[0] - y0 * SCALE))
        inside[rows, int(x0 * SCALE) : int(x1 * SCALE)] = True
    art &= inside
    assert art.sum() > 1000
    assert found.inks["White"][art].min() == 1.0


@pytest.mark.parametrize("choice", ["black", "berry"])
def test_black_text_is_black_ink_alone(choice: str, shop, plates) -> None:  # type: ignore[no-untyped-def]
    made = shop.made("photo-card", options={"ink": choice}, recipe={"profile": "coated"})
    back = plates(made.data, 2)
    message = {ink: back.on(ink, 31, 21.5, 179, 126.5) for ink in PROCESS}
    inked = {ink: float((plate > 0.3).mean()) for ink, plate in message.items()}
    if choice == "black":
        assert inked["Black"] > 0.02 and all(inked[ink] == 0.0 for ink in PROCESS[:3])
    else:
        assert inked["Magenta"] > 0.02, "a coloured ink is a mixture, and the same page shows it"


def test_black_text_over_a_photo_leaves_the_photo_on_its_plates(shop, plates) -> None:  # type: ignore[no-untyped-def]
    """Overprint: where letters lie, the photo's own inks are still there, so that no light edge is seen beside them."""
    pages = []
    for words in ("We sat by the lake", "."):
        spec, files = shop.spec(
            "photo-card", {"message": words}, options={"ink": "black"}, recipe={"profile": "coated"}
        )
        zones = dict(spec.product.zones)
        zones["message"] = zones["message"].model_copy(update={"side": "front"})
        product = spec.product.model_construct(**{**dict(spec.product), "zones": zones})
        pages.append(plates(press.render(replace(spec, product=product), files).data))
    box = (46, 36.5, 164, 111.5)
    letters = pages[0].on("Black", *box) - pages[1].on("Black", *box) > 0.3
    assert letters.sum() > 500
    for ink in PROCESS[:3]:
        assert np.abs(pages[0].on(ink, *box) - pages[1].on(ink, *box)).max() < 0.02, ink


def test_thick_black_is_rich_and_within_the_limit(shop, plates) -> None:  # type: ignore[no-untyped-def]
    more = {"options": {"ink": "black"}, "recipe": {"profile": "coated"}}
    for rich_from, percent in ((2.0, 1.0), (0.3, 2.0)):
        made = shop.made("photo-card", {"message": "NOW"}, profile={"black": Black(rich_from=rich_from)}, **more)
        found = plates(made.data, 2)
        box = (40, 30, 170, 120)
        black = found.on("Black", *box) > 0.95
        assert black.sum() > 500
        total = sum(found.on(ink, *box) for ink in PROCESS)
        assert np.median(total[black]) == pytest.approx(percent, abs=0.03), "40 + 30 + 30 + 100 %, or black alone"


def test_ink_of_photos_is_limited_and_measured(shop, plates) -> None:  # type: ignore[no-untyped-def]
    """The darkest of a photo has 300 % by the press's file; a profile that allows less gets less, everywhere."""

    rng = np.random.default_rng(7)
    dark = Image.fromarray((rng.random((75, 100, 3)) * [60, 45, 50]).astype(np.uint8)).resize((1000, 750))
    out = io.BytesIO()
    dark.save(out, "PNG")
    most = {}
    for limit in (300.0, 220.0):
        made = shop.made(
            "photo-card", files={"photo": out.getvalue()}, recipe={"profile": "coated"}, profile={"ink_limit": limit}
        )
        found = plates(made.data)
        total = sum(found.on(ink, 30, 20, 180, 128) for ink in PROCESS)
        most[limit] = float(np.percentile(total, 99.9)) * 100
        assert made.manifest["ink"]["most"] <= limit + 3
        assert most[limit] <= limit + 8, "noise of the JPEG"
        assert abs(made.manifest["ink"]["most"] - most[limit]) < 15, "what the manifest says is what the plates have"
    assert most[300.0] > 230 > most[220.0]


@pytest.mark.parametrize(
    ("shape", "inside"), [("ellipse", 0.785), ("heart", 0.6), ("rectangle", 1.0), ("rounded", 0.97)]
)
def test_shapes_fill_their_zone(shape: str, inside: float, shop) -> None:  # type: ignore[no-untyped-def]
    cut = Cut(shape=shape, zone="art", offset=1.0, spot="CutContour")  # type: ignore[arg-type]
    zone = shop.factory.catalog["sticker-sheet"].zones["art"]
    edge = edge_of(*shop.spec("sticker-sheet", recipe={"cut": cut}))
    box = shapely.box(zone.x - 1, zone.y - 1, zone.x + zone.width + 1, zone.y + zone.height + 1)
    assert edge.bounds == pytest.approx(box.bounds, abs=0.01)
    assert edge.area / box.area == pytest.approx(inside, abs=0.06)


def test_what_lies_apart_is_cut_out_as_one_piece(shop) -> None:  # type: ignore[no-untyped-def]
    """Words far below a drawing: the line goes around both, and no nearer to either than it should."""
    spec, files = shop.spec("sticker-sheet")
    zones = dict(spec.product.zones)
    zones["art"] = zones["art"].model_copy(update={"y": 60.0})
    product = spec.product.model_construct(**{**dict(spec.product), "zones": zones})
    near, far = edge_of(spec, files), edge_of(replace(spec, product=product), files)
    assert isinstance(far, shapely.Polygon) and not far.interiors
    assert far.bounds[3] == pytest.approx(near.bounds[3] + 46, abs=0.1)
