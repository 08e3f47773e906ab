"""Several orders on one sheet, two sides of it: what lies where, whose it is, and that front and back meet."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment.catalog import Jig, Pockets
from fulfillment.catalog.press import PressSheet
from fulfillment.press.layout import Sheet, back, front, turned
from fulfillment.press.marks import crops
from fulfillment.press.profiles import Marks
from fulfillment.processes import Problems, press
from gcode.geometry import Bounds

UNITS = ("U-7F3K2QXM", "U-22222222", "U-ABCDEFGH", "U-9999999Z")
NAMES = ("Ada", "Grace", "Alan", "Katherine")


def gang(shop, media: str = "a3", landscape: bool = True, pieces: int = 4):  # type: ignore[no-untyped-def]
    """Four photo cards of four orders on A3, each with its own message and its own patch of colour in the photo."""
    made = []
    for number in range(pieces):
        grey = np.full((1400, 1900, 3), 200, dtype=np.uint8)
        grey[300:1100, 300:1600] = [(220, 40, 40), (40, 160, 60), (40, 60, 200), (230, 180, 30)][number]
        out = io.BytesIO()
        Image.fromarray(grey).save(out, "PNG")
        words = {"message": f"{NAMES[number]} WWW\n.\n."}
        made.append(shop.spec("photo-card", words, files={"photo": out.getvalue()}, unit=UNITS[number]))
    width, height = (420.0, 297.0) if landscape else (297.0, 420.0)
    sheet = PressSheet(media=media, width=width, height=height)
    columns = 2 if landscape else 1
    rows = 2 if landscape else 3
    pockets = Pockets(columns=columns, rows=rows, x_step=168, y_step=128)
    jig = Jig(x=50, y=30, pockets=pockets)
    specs = []
    for number, (spec, _) in enumerate(made):
        recipes = {kind: one.model_copy(update={"sheet": sheet}) for kind, one in spec.product.recipes.items()}
        product = spec.product.model_copy(update={"recipes": recipes, "jig": jig})
        specs.append(replace(spec, product=product, pocket=number + 1))
    return specs, [files for _, files in made]


@pytest.mark.parametrize("landscape", [True, False])
def test_front_and_back_of_each_piece_meet_when_the_sheet_is_turned(landscape: bool, shop, rendered) -> None:  # type: ignore[no-untyped-def]
    count = 4 if landscape else 3
    specs, files = gang(shop, landscape=landscape, pieces=count)
    made = press.together(specs, files)
    assert made.needs.ticket["sides"] == "two-sided-long-edge"
    # Turned over its long edge: a landscape sheet over its upper edge, a portrait sheet over its left one.
    first, second = rendered(made.data, 0, 100.0), rendered(made.data, 1, 100.0)
    flip = Image.Transpose.FLIP_TOP_BOTTOM if landscape else Image.Transpose.FLIP_LEFT_RIGHT
    through = np.asarray(second.transpose(flip).convert("L"))
    saturated = np.ptp(np.asarray(first).astype(int), axis=2) > 60
    scale, high = 100 / 25.4, first.height
    for spec in specs:
        x, y = spec.product.jig.at(spec.pocket)
        rows = slice(round(high - (y + 105) * scale), round(high - y * scale))
        columns = slice(round(x * scale), round((x + 148) * scale))
        patch, letters = saturated[rows, columns], through[rows, columns] < 128
        assert patch.mean() > 0.3 and letters.mean() > 0.001, "each piece has its photo in front, its words behind"
        middle = np.argwhere(letters).mean(axis=0) / letters.shape
        assert middle[0] == pytest.approx(0.5, abs=0.25), "its words lie behind its own photo"
        first_row, *_, last_row = np.flatnonzero(letters.any(axis=1))
        share = (np.argwhere(letters)[:, 0].mean() - first_row) / (last_row - first_row)
        assert share < 0.4, "its first line, the only one of weight, is above: the back stands upright"
        edge = letters.copy()
        edge[20:-20, 20:-20] = False
        assert not edge.any()


def test_marks_of_both_sides_are_where_the_piece_is_cut(shop, rendered) -> None:  # type: ignore[no-untyped-def]
    specs, files = gang(shop)
    made = press.together(specs, files)
    first, second = (np.asarray(rendered(made.data, page, 254.0).convert("L")) < 128 for page in (0, 1))
    second = second[::-1]
    x, y = specs[0].product.jig.at(1)
    for page in (first, second):
        row, column = round(page.shape[0] - (y - 6.0) * 10), round(x * 10)
        assert page[row, column - 1 : column + 2].any(), "a mark stands below the lower left corner"
        assert not page[row, column + 8 : column + 60].any()


def test_each_place_says_whose_it_is(shop, rendered) -> None:  # type: ignore[no-untyped-def]
    specs, files = gang(shop)
    made = press.together(specs, files)
    for page in (0, 1):
        picture = rendered(made.data, page, 400.0)
        codes = [one for one in zxingcpp.read_barcodes(picture) if one.text in UNITS]
        assert {one.text for one in codes} == set(UNITS)
        scale = 400 / 25.4
        for spec, unit in zip(specs, UNITS, strict=True):
            (code,) = [one for one in codes if one.text == unit]
            x, y = spec.product.jig.at(spec.pocket)
            high = picture.height
            at = code.position.top_left
            if page == 1:  # as seen through the sheet
                assert y + 105 < (297 - (high - at.y) / scale) + 30
                continue
            assert x - 5 < at.x / scale < x + 148 and y - 25 < (high - at.y) / scale < y, "below its own piece"


def test_a_piece_in_its_place_is_the_piece_alone(shop) -> None:  # type: ignore[no-untyped-def]
    """What the manifest says of each is what it says of one that is made by itself."""
    specs, files = gang(shop)
    together = press.together(specs, files).manifest["pieces"]
    alone = press.render(replace(specs[2], pocket=1), files[2]).manifest
    assert [one["unit"] for one in together] == list(UNITS)
    assert together[2]["photos"]["photo"]["ppi"] == alone["photos"]["photo"]["ppi"]
    assert together[2]["fidelity"]["lines"]["coverage"] > 0.97


def test_what_is_wrong_with_one_names_its_place(shop) -> None:  # type: ignore[no-untyped-def]
    specs, files = gang(shop)
    out = io.BytesIO()
    Image.new("RGB", (700, 600), "red").save(out, "PNG")
    files[1] = {"photo": out.getvalue()}
    with pytest.raises(Problems) as refused:
        press.together(specs, files)
    (problem,) = refused.value.problems
    assert problem["field"] == "photo" and "In pocket 2" in problem["reason"] and "ppi" in problem["reason"]


def test_a_sheet_that_is_too_small_is_the_factory_s_matter(shop) -> None:  # type: ignore[no-untyped-def]
    small = PressSheet(media="a6", width=148, height=105)
    with pytest.raises(Problems, match="beyond its sheet of 148 x 105 mm"):
        shop.made("photo-card", recipe={"sheet": small})


side = st.floats(20, 400)


@given(side, side, side, side, st.floats(5, 100), st.floats(5, 100))
@settings(max_examples=200)
def test_turning_a_sheet_twice_is_no_turn(width, height, x, y, w, h) -> None:  # type: ignore[no-untyped-def]
    sheet = Sheet("any", width, height)
    box = Bounds(x, y, x + w, y + h)
    again = turned(turned(box, sheet), sheet)
    assert (again.x0, again.y0, again.x1, again.y1) == pytest.approx((box.x0, box.y0, box.x1, box.y1))
    place = front(x, y, (w, h), (3.0, 3.0))
    behind = back(place, sheet)
    corners = behind.onto(np.array([[0.0, 0.0], [w, h]]))
    assert corners.min(axis=0) == pytest.approx([behind.trim.x0, behind.trim.y0])
    assert corners.max(axis=0) == pytest.approx([behind.trim.x1, behind.trim.y1])


@given(st.integers(1, 4), st.integers(1, 4), st.floats(0, 20), st.floats(0, 20), st.floats(0, 5), st.floats(0, 1))
@settings(max_examples=100)
def test_no_mark_is_printed_on_any_piece(columns, rows, gap_x, gap_y, bleed, offset) -> None:  # type: ignore[no-untyped-def]
    sheet = Sheet("any", 400.0, 400.0)
    across, up = (min(bleed, gap / 2) for gap in (gap_x, gap_y))
    places = [
        front(40 + i * (50 + gap_x), 40 + j * (40 + gap_y), (50.0, 40.0), (across, up))
        for i in range(columns)
        for j in range(rows)
    ]
    lines = crops([p.trim for p in places], [p.bleed for p in places], sheet, Marks(offset=offset))
    for line in lines:
        (x0, y0), (x1, y1) = line.min(axis=0), line.max(axis=0)
        for place in places:
            box = place.bleed
            assert x1 <= box.x0 + 1e-6 or x0 >= box.x1 - 1e-6 or y1 <= box.y0 + 1e-6 or y0 >= box.y1 - 1e-6
    if gap_x > 12 and gap_y > 12:
        assert len(lines) >= 4 * (columns + rows), "every piece has marks where there is room"
