"""Finished files: boxes, intents, names and dates, as other programs read them; and the same bytes every time."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

from fulfillment.pdfs import Rules, preflight
from fulfillment.pdfs.rules import CMYK, GRAY
from fulfillment.press.profiles import Black
from fulfillment.processes import press

PRODUCTS = ("photo-card", "poster", "your-poster", "sticker-sheet", "edible-sheet")


@pytest.mark.parametrize("product", PRODUCTS)
def test_other_programs_find_nothing_wrong(product: str, shop, qpdf, boxes) -> None:  # type: ignore[no-untyped-def]
    made = shop.made(product)
    assert "No syntax or stream encoding errors" in qpdf(made.data)
    entry = shop.factory.catalog[product]
    pages = boxes(made.data)
    assert len(pages) == made.needs.ticket["pages"] == made.manifest["pages"]
    for page in pages:
        media, bleed, trim = page["MediaBox"], page["BleedBox"], page["TrimBox"]
        assert media[:2] == (0, 0) and media[2:] == pytest.approx(
            (made.needs.ticket["width"], made.needs.ticket["height"]), abs=0.01
        )
        assert trim[2] - trim[0] == pytest.approx(entry.piece.width, abs=0.01)
        assert trim[3] - trim[1] == pytest.approx(entry.piece.height, abs=0.01)
        by = [a - b for a, b in zip(trim[:2] + bleed[2:], bleed[:2] + trim[2:], strict=True)]
        wanted = shop.factory.press[entry.recipes[next(iter(entry.recipes))].profile].bleed
        assert by == pytest.approx([wanted] * 4, abs=0.01)
        assert media[0] <= bleed[0] and media[1] <= bleed[1] and bleed[2] <= media[2] and bleed[3] <= media[3]


def test_a_press_is_told_what_the_file_is(shop) -> None:  # type: ignore[no-untyped-def]
    data = shop.made("poster").data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.pdf_version == "1.6"
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFX" and str(intent.OutputConditionIdentifier) == "FOGRA39"
        assert intent.DestOutputProfile.N == 4
        assert intent.DestOutputProfile.read_bytes()[12:20] == b"prtrCMYK"
        assert str(pdf.docinfo["/GTS_PDFXVersion"]) == "PDF/X-4" and pdf.docinfo["/Trapped"] == "/False"
        xmp = pdf.Root.Metadata.read_bytes().decode()
        for said in ("<pdfxid:GTS_PDFXVersion>PDF/X-4<", "<pdf:Trapped>False<", "<xmpMM:DocumentID>uuid:"):
            assert said in xmp
        with pdf.open_metadata() as meta:
            assert meta["xmp:CreateDate"] == "2000-01-01T00:00:00+00:00"
        assert "/Font" not in pdf.pages[0].obj.Resources, "letters are outlines: nothing asks for a font"
        assert b"Tf" not in pdf.pages[0].obj.Contents.read_bytes()


def test_an_rgb_file_says_srgb_and_claims_no_press(shop) -> None:  # type: ignore[no-untyped-def]
    with pikepdf.open(io.BytesIO(shop.made("photo-card").data)) as pdf:
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1" and intent.DestOutputProfile.N == 3
        assert intent.DestOutputProfile.read_bytes()[16:20] == b"RGB "
        assert "/GTS_PDFXVersion" not in pdf.docinfo


def test_equal_specifications_are_equal_bytes_and_others_are_others(shop) -> None:  # type: ignore[no-untyped-def]
    first, again = shop.made("sticker-sheet"), shop.made("sticker-sheet")
    assert first.data == again.data and first.proof == again.proof
    assert first.data != shop.made("sticker-sheet", {"words": "Roar, Ada!"}).data
    assert first.data != shop.made("sticker-sheet", unit="U-2222222N").data


IN_ANOTHER = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from conftest import Shop, SHIPPED
from fulfillment.config import load_factory
sys.stdout.buffer.write(Shop(load_factory(SHIPPED)).made("sticker-sheet").data)
"""


def test_another_process_makes_the_same_bytes(shop) -> None:  # type: ignore[no-untyped-def]
    program = IN_ANOTHER.format(folder=str(Path(__file__).parent))
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120, check=True)
    assert said.stdout == shop.made("sticker-sheet").data


def test_preflight_by_stricter_rules_finds_the_spots(shop) -> None:  # type: ignore[no-untyped-def]
    """The process asks preflight with its profile's own spots; without them the same file is refused."""
    data = shop.made("sticker-sheet").data
    rules = Rules(bleed=1.5, spaces=GRAY | CMYK, spots=frozenset({"CutContour"}))
    wrong = [str(one) for one in preflight(data, rules).errors]
    assert wrong and all("White" in one for one in wrong)


def test_what_preflight_refuses_is_not_made(shop) -> None:  # type: ignore[no-untyped-def]
    """A colour of the recipe that has more ink than the profile's limit: nothing of it is printed."""
    heavy = Black(rich=(90, 90, 90, 100), rich_from=0.3)
    more = {"options": {"ink": "black"}, "recipe": {"profile": "coated"}}
    spec, files = shop.spec("photo-card", profile={"black": heavy}, **more)
    with pytest.raises(press.Problems, match=r"370 % of ink; at most 300 %"):
        press.render(spec, files)
