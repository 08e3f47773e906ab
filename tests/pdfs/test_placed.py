"""A customer's page on a sheet lies where it shall, however it is turned, and brings nothing but what it draws."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from fulfillment.pdfs import PAPERS, Page, PdfRefused, look_at, preflight
from fulfillment.press.placed import Guest, lying, placed
from gcode.geometry import Bounds
from tests.pdfs.press_page import BLEED, MM, RULES, TRIM, mended, saved

TRIM_AT = Bounds(30.0, 40.0, 30.0 + TRIM[0], 40.0 + TRIM[1])
CLIP = Bounds(TRIM_AT.x0 - BLEED, TRIM_AT.y0 - BLEED, TRIM_AT.x1 + BLEED, TRIM_AT.y1 + BLEED)


def sheet() -> bytes:
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(200 * MM, 200 * MM))
    return saved(pdf)


def guest(data: bytes, size: tuple[float, float] = TRIM) -> Guest:
    page = look_at(data).pages[0]
    trim = Bounds(TRIM_AT.x0, TRIM_AT.y0, TRIM_AT.x0 + size[0], TRIM_AT.y0 + size[1])
    clip = Bounds(trim.x0 - BLEED, trim.y0 - BLEED, trim.x1 + BLEED, trim.y1 + BLEED)
    return Guest(data, page, lying(page, size, BLEED), trim, clip)


def coloured(data: bytes) -> tuple[float, float, float, float]:
    """mm of what is not white on the first page: left, low, right, high."""
    scale = 4.0 * 25.4 / 72
    with pypdfium2.PdfDocument(data) as document:
        picture = document[0].render(scale=scale).to_pil().convert("L").point(lambda value: 255 if value < 250 else 0)
    box = picture.getbbox()
    assert box is not None
    left, top, right, bottom = (value / 4 for value in box)
    return left, 200 - bottom, right, 200 - top


def test_a_page_lies_with_its_trim_over_its_place_and_bleeds(good: bytes) -> None:
    data = placed(sheet(), [guest(good)])
    assert coloured(data) == pytest.approx((CLIP.x0, CLIP.y0, CLIP.x1, CLIP.y1), abs=0.5)
    found = look_at(data)
    assert [(font.name, font.embedded) for font in found.fonts] == [("NotoSans-Regular", True)]
    assert found.images[0].where.object.endswith("in form /Guest0")
    assert found.images[0].ppi == pytest.approx((300, 300), abs=1)
    assert placed(sheet(), [guest(good)]) == data


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("unit", [1.0, 1.4])
def test_a_turned_page_lies_as_it_is_looked_at(good: bytes, turn: int, unit: float) -> None:
    def turned(pdf: Pdf) -> None:
        page = pdf.pages[0].obj
        page.Rotate, page.UserUnit = turn, unit

    data = mended(good, turned)
    size = (TRIM[0] * unit, TRIM[1] * unit)
    one = guest(data, size[::-1] if turn % 180 else size)
    wide, high = one.trim.width, one.trim.height
    wanted = (30 - BLEED, 40 - BLEED, min(200, 30 + wide + BLEED), min(200, 40 + high + BLEED))
    assert coloured(placed(sheet(), [one])) == pytest.approx(wanted, abs=0.5)


def test_nothing_but_what_it_draws_comes_along(good: bytes) -> None:
    def laden(pdf: Pdf) -> None:
        script = Dictionary(Type=Name.Action, S=Name.JavaScript, JS=String("app.alert(1)"))
        pdf.Root.OpenAction = script
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=script)
        pdf.pages[0].Annots = Array([pdf.make_indirect(link)])
        pdf.pages[0].obj.AA = Dictionary(O=script)
        pdf.pages[0].obj.PieceInfo = Dictionary(Secret=String("app.alert(2)"))

    data = placed(sheet(), [guest(mended(good, laden))])
    assert preflight(data, replace(PAPERS, links=False)).ok
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not any(b"app.alert" in one.unparse(resolved=True) for one in pdf.objects)


def test_a_page_without_a_trim_is_cut_inside_of_its_edges_and_that_is_said(good: bytes) -> None:
    def bare(pdf: Pdf) -> None:
        for key in ("/TrimBox", "/BleedBox"):
            del pdf.pages[0].obj[key]

    page = look_at(mended(good, bare)).pages[0]
    found = lying(page, TRIM, BLEED)
    assert found.notes == ("The page says no trim: it is cut 3 mm inside of its edges.",)
    own = look_at(good).pages[0].trim
    assert own is not None
    assert [found.trim.x0, found.trim.y1] == pytest.approx([own.x0, own.y1], abs=0.01)


def test_another_size_is_refused_and_a_page_without_bleed_is_told(good: bytes) -> None:
    page = look_at(good).pages[0]
    for size, mend in (((90.0, 60.0), "make it that size"), (TRIM[::-1], "turn it by a quarter")):
        with pytest.raises(PdfRefused, match=mend) as refused:
            lying(page, size, BLEED)
        assert (refused.value.page, refused.value.object) == (1, "TrimBox")
    tight: Page = replace(page, bleed=page.trim)
    assert "there may be white" in lying(tight, TRIM, BLEED).notes[0]
    assert RULES.trim == TRIM
