"""The packing slip, read back from its PDF: text, picture, code; nothing dropped, nothing off the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from fulfillment.catalog import FOLDER, load
from fulfillment.catalog.allergens import TITLES
from fulfillment.processes import Problems, Spec
from fulfillment.processes.document import HAND, MAX_QR_BYTES, PLAIN, SHEETS, Slip, draw, render
from fulfillment.typeset import PaperError

Make = Callable[..., Slip]


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("paper", SHEETS)
def test_everything_is_on_the_page(slip: Make, page: Callable, paper: str) -> None:
    made = slip()
    seen = page(draw(made, paper))
    assert seen.size == pytest.approx((SHEETS[paper].width, SHEETS[paper].height), abs=0.01)
    for text in (
        made.factory, "Order #1001", made.ship_to, made.product, "Piece 1 of 2", "Filling", "Strawberry", "Chocolate",
        made.message, "Contains", "wheat (gluten), eggs, milk, soy", made.note, made.code,
    ):  # fmt: skip
        assert flat(text) in flat(seen.text), text


@pytest.mark.parametrize("paper", SHEETS)
def test_a_scanner_reads_the_code(slip: Make, page: Callable, paper: str) -> None:
    (code,) = zxingcpp.read_barcodes(page(draw(slip(), paper)).picture)
    assert code.text == "https://factory.example/u/K7F392QX"


def test_the_longest_code_is_still_read(slip: Make, page: Callable) -> None:
    (code,) = zxingcpp.read_barcodes(page(draw(slip(qr="y" * MAX_QR_BYTES))).picture)
    assert code.text == "y" * MAX_QR_BYTES


def test_the_proof_is_on_the_page_in_its_colours(slip: Make, page: Callable) -> None:
    with_proof = page(draw(slip()))
    assert with_proof.share((59, 35, 20)) > 0.05
    assert with_proof.share((217, 167, 102)) > 0.03
    without = page(draw(slip(proof=None)))
    assert without.share((59, 35, 20)) == 0


def test_the_note_is_in_handwriting_and_every_font_is_ours(slip: Make, page: Callable) -> None:
    fonts = page(draw(slip())).fonts
    assert any("Caveat" in name for name in fonts)
    assert all("Caveat" in name or "NotoSans" in name for name in fonts), fonts
    assert not any("Caveat" in name for name in page(draw(slip(note=""))).fonts)


def test_equal_slips_give_equal_bytes_and_others_differ(slip: Make) -> None:
    assert draw(slip()) == draw(slip())
    assert draw(slip()) != draw(slip(note="Thanks, Bob!"))


def test_food_says_its_allergens_even_when_it_has_none_and_other_pieces_do_not(slip: Make, page: Callable) -> None:
    assert "No allergen that must be declared" in page(draw(slip(allergens=()))).text.replace("\n", " ")
    assert "llergen" not in page(draw(slip(allergens=None))).text
    every = page(draw(slip(allergens=tuple(TITLES.values()))))
    for title in TITLES.values():
        assert flat(title) in flat(every.text)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"ship_to": "Ցուպ"},
            r"who gets it has characters that NotoSans-Bold cannot write: ARMENIAN CAPITAL LETTER CO \(U\+0551\)",
        ),
        ({"note": "Merci 🐈"}, r"The note has characters that Caveat-Regular cannot write: CAT \(U\+1F408\)"),
        ({"message": "a\u202eb"}, r"Message has characters .*RIGHT-TO-LEFT OVERRIDE \(U\+202E\)"),
        ({"factory": "A\x00B"}, r"The factory's name has characters .*unnamed \(U\+0000\)"),
        (
            {"note": "word " * 400},
            r"The note is too long for its place on the paper \(1999 characters\)\. Shorten it\.",
        ),
        ({"ship_to": "W" * 300}, "The name is too long"),
        ({"options": tuple((f"Option {i}", "x " * 20) for i in range(20)), "note": ""}, "Choose a larger paper"),
        ({"options": tuple((f"Option {i}", "x " * 20) for i in range(20))}, "The note is too long|larger paper"),
        ({"proof": b"\x89PNG\r\n\x1a\n not"}, "The proof is no whole PNG"),
        ({"proof": b"GIF89a"}, "The proof is no whole PNG"),
        ({"qr": "x" * 121}, "The text for the scanner has 121 bytes. 1 to 120"),
        ({"qr": ""}, "The text for the scanner has 0 bytes"),
    ],
)
def test_what_does_not_fit_or_has_no_glyph_is_refused_never_dropped(slip: Make, change: dict, says: str) -> None:
    with pytest.raises(PaperError, match=says):
        draw(slip(**change))


def test_a_paper_that_is_not_there(slip: Make) -> None:
    with pytest.raises(PaperError, match=r"No paper is called 'a5'\. Choose one of a6, half-letter"):
        draw(slip(), "a5")


def test_markup_of_a_customer_is_text(slip: Make, page: Callable) -> None:
    text = page(draw(slip(message='<img src="/etc/passwd"/> &amp;'))).text
    assert flat('<img src="/etc/passwd"/> &amp;') in flat(text)


LONG = st.text(st.sampled_from("abcdefghijklmnoprstuwzABCWÄÖŻŁłóę '-"), min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=LONG, product=LONG, message=LONG, note=LONG)
def test_any_latin_text_of_usual_length_stays_whole_and_within_the_margins(
    slip: Make, page: Callable, name: str, product: str, message: str, note: str
) -> None:
    seen = page(draw(slip(ship_to=name, product=product, message=message, note=note)))
    for text in (name, product, message, note):
        assert flat(text) in flat(seen.text.replace("\ufffe", "-"))
    ink = ImageChops.invert(seen.picture).getbbox()
    margin = 7.0 * 12  # a descender or a swash may reach a little into the margin of 8 mm
    assert ink is not None
    assert ink[0] >= margin
    assert ink[1] >= margin
    assert seen.picture.width - ink[2] >= margin
    assert seen.picture.height - ink[3] >= margin


FACTS = {
    "factory": "Fulfillment Demo Bakery",
    "order": "#1001",
    "ship_to": "Ada Lovelace",
    "unit": "U-7K3F92QX",
    "number": "1 of 2",
    "product": "Personalized toaster pastry",
    "options": [["Filling", "Strawberry"]],
    "texts": ["Happy birthday", "from Bob"],
    "allergens": ["milk"],
    "note": "Thank you, Ada!",
}


def test_the_process_makes_the_slip_of_a_unit(page: Callable, slip: Make) -> None:
    spec = Spec("document", load(FOLDER)[0]["pop-tart"], "slip", facts=FACTS)
    made = render(spec, {"proof": slip().proof or b""})
    assert made.needs.media_type == "application/pdf"
    seen = page(made.data)
    assert zxingcpp.read_barcodes(seen.picture)[0].text == "U-7K3F92QX"
    for text in ("U-7K3F92QX", "Order #1001", "Happy birthday", "from Bob", "milk", "Thank you, Ada!"):
        assert flat(text) in flat(seen.text)
    large = render(replace(spec, facts={**FACTS, "paper": "half-letter"}), {})
    assert page(large.data).size == pytest.approx((139.7, 215.9), abs=0.01)
    with pytest.raises(Problems, match="CAT"):
        render(replace(spec, facts={**FACTS, "note": "🐈"}), {})


def test_the_fonts_have_what_a_note_needs() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    letters += " .,;:!?'\"()-–—…’“”&@#%+/ÄÖÜäöüßéèêñçøåżółęąśćź"
    assert HAND.missing(letters) == ()
    assert PLAIN.missing(letters) == ()
    assert PLAIN.missing("aЖբ") == ("բ",)
    assert PLAIN.missing("aक\u0301") == ("क", "\u0301"), "there are glyphs, and nobody shapes them"
