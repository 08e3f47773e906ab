"""The papers of a piece, read back from their PDF: words, picture, codes; nothing dropped, nothing off the page."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from fulfillment.catalog.allergens import TITLES
from fulfillment.papers import KINDS, SIZES, Facts, language, languages, shipped
from fulfillment.papers.drawing import draw
from fulfillment.pdfs import PAPERS, preflight
from fulfillment.typeset import PaperError

Make = Callable[..., Facts]
SLIP, TRAVELER = shipped()["slip"], shipped()["traveler"]


@pytest.mark.parametrize("paper", SLIP.sizes)
def test_a_slip_says_everything_on_every_paper(facts: Make, proof: bytes, read: Callable, paper: str) -> None:
    (page,) = read(draw(SLIP, facts(), {"proof": proof}, paper=paper))
    assert page.size == pytest.approx(SIZES[paper], abs=0.01)
    for text in (
        "Fulfillment Demo Bakery", "Order #1001", "Ada Lovelace", "Personalized toaster pastry", "Piece 1 of 2",
        "Filling", "Strawberry", "Chocolate", "Happy birthday, Ada!", "Contains", "wheat (gluten), eggs, milk",
        "Thanks, Ada! Enjoy every bite.", "U-7K3F92QX", "Price", "12.50 EUR", "25.00 EUR",
    ):  # fmt: skip
        assert page.says(text), text
    (code,) = zxingcpp.read_barcodes(page.picture)
    assert code.text == "U-7K3F92QX"


@pytest.mark.parametrize("paper", TRAVELER.sizes)
def test_a_traveler_says_everything_on_every_paper(facts: Make, proof: bytes, read: Callable, paper: str) -> None:
    (page,) = read(draw(TRAVELER, facts(holds="The photo is too small."), {"proof": proof}, paper=paper))
    for text in (
        "Traveler", "Personalized toaster pastry", "Order #1001", "Ada Lovelace", "Due", "2026-11-23 16:00",
        "wheat (gluten), eggs, milk", "Strawberry", "3f9a 22c1 77b0", "Step frost", "Step pack", "Piece 1 of 2",
        "The photo is too small.", "Page 1 of 1",
    ):  # fmt: skip
        assert page.says(text), text
    codes = {code.text for code in zxingcpp.read_barcodes(page.picture)}
    assert codes == {"U-7K3F92QX", "frost/U-7K3F92QX", "slip/U-7K3F92QX", "pack/U-7K3F92QX"}
    assert page.share((0, 0, 0)) > 0.02, "allergens stand on black"


@pytest.mark.parametrize("template", [SLIP, TRAVELER])
@pytest.mark.parametrize("code", languages())
def test_a_paper_passes_preflight_in_every_language(
    facts: Make, proof: bytes, tmp_path: Path, code: str, template: object
) -> None:
    data = draw(template, facts(code), {"proof": proof}, language=code)
    assert [str(finding) for finding in preflight(data, PAPERS).findings] == []
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    fonts = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert len(fonts) >= 2
    assert all(line.split("Identity-H")[1].split()[0] == "yes" for line in fonts)
    assert b"Helvetica" not in data


def test_a_gift_says_no_prices_and_what_the_giver_says(facts: Make, read: Callable) -> None:
    gift = facts(gift="yes", gift_message="Enjoy it! Love, Bob", price="", total="")
    (page,) = read(draw(SLIP, gift))
    assert page.says("A present for you")
    assert page.says("Enjoy it! Love, Bob")
    assert "EUR" not in page.text
    (plain,) = read(draw(SLIP, facts()))
    assert not plain.says("A present for you")


def test_food_says_its_allergens_even_when_it_has_none_and_other_pieces_do_not(facts: Make, read: Callable) -> None:
    assert read(draw(SLIP, facts(allergens="")))[0].says("No allergen that must be declared")
    (other,) = read(draw(SLIP, facts(allergens="", food="")))
    assert "llergen" not in other.text
    assert zxingcpp.read_barcodes(other.picture)[0].text == "U-7K3F92QX"


@pytest.mark.parametrize("code", ["en", "de", "fr", "es"])
def test_every_allergen_has_its_word(facts: Make, read: Callable, code: str) -> None:
    every = language(code).stated(tuple(TITLES))
    assert len(language(code).allergens) == len(TITLES)
    assert every.count(",") == len(TITLES) - 2, "wheat stands for gluten too"
    for template in (SLIP, TRAVELER):
        assert any(page.says(every) for page in read(draw(template, facts(code, allergens=every), language=code)))


def test_the_piece_is_on_the_paper_in_its_colours(facts: Make, proof: bytes, read: Callable) -> None:
    for template, paper in ((SLIP, "a6"), (TRAVELER, "a5")):
        (page,) = read(draw(template, facts(), {"proof": proof}, paper=paper))
        assert page.share((59, 35, 20)) > 0.03
        assert read(draw(template, facts(), paper=paper))[0].share((59, 35, 20)) == 0


def test_equal_facts_give_equal_bytes_and_others_differ(facts: Make, proof: bytes) -> None:
    first = draw(SLIP, facts("ar"), {"proof": proof}, language="ar")
    draw(TRAVELER, facts("hi"), language="hi")
    assert draw(SLIP, facts("ar"), {"proof": proof}, language="ar") == first
    assert draw(SLIP, facts("ar", note="شكرًا"), {"proof": proof}, language="ar") != first


def test_long_texts_shrink_then_flow_then_are_refused(facts: Make, read: Callable) -> None:
    def heights(**changes: object) -> list[int]:
        return [len(page.text) for page in read(draw(SLIP, facts(**changes)))]

    options = [{"title": f"Option {i}", "value": "a long choice"} for i in range(5)]
    assert len(heights(options=options)) == 1, "smaller letters do"
    more = [{"title": f"Option {i}", "value": "a very long choice " * 3} for i in range(14)]
    assert 1 < len(heights(options=more)) <= SLIP.pages
    for page in read(draw(SLIP, facts(options=more))):
        assert zxingcpp.read_barcodes(page.picture)[0].text == "U-7K3F92QX", "every page says whose it is"
    with pytest.raises(PaperError, match=r"The paper says more than 4 pages hold\. Shorten it, or choose a larger"):
        draw(SLIP, facts(options=more * 10))
    with pytest.raises(PaperError, match=r"The paper's note is too long .*Shorten it\."):
        draw(SLIP, facts(note="word " * 1500))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ship_to": "Ցուպ"}, r"The paper's ship to has characters that no font of sans-bold can write: Ց \(U\+0551"),
        ({"message": "a\u202eb"}, r"Message has characters .*U\+202E RIGHT-TO-LEFT OVERRIDE"),
        ({"factory": "A\x00B"}, r"The paper's factory has characters .*U\+0000"),
        ({"code": "x" * 121}, r"The paper's code for the scanner has 121 bytes. 1 to 120"),
    ],
)
def test_what_does_not_fit_or_has_no_glyph_is_refused(facts: Make, changes: dict, says: str) -> None:
    with pytest.raises(PaperError, match=says):
        draw(SLIP, facts(**changes))


def test_a_code_that_is_too_fine_is_refused(facts: Make) -> None:
    says = r"The paper's code is too fine to be read at 10 mm\. Shorten it, or make the code 11 mm large\."
    with pytest.raises(PaperError, match=says):
        draw(TRAVELER, facts(route=[{"number": "1", "title": "Step", "who": "", "code": "x" * 60}]))


@pytest.mark.parametrize("picture", [b"\x89PNG\r\n\x1a\n not", b"GIF89a", b""])
def test_a_broken_picture_is_refused(facts: Make, picture: bytes) -> None:
    with pytest.raises(PaperError, match="The picture proof is no whole PNG or JPEG"):
        draw(SLIP, facts(), {"proof": picture})


def test_a_truncated_picture_is_refused(facts: Make, proof: bytes) -> None:
    with pytest.raises(PaperError, match="The picture proof is no whole PNG or JPEG"):
        draw(SLIP, facts(), {"proof": proof[: len(proof) // 2]})


# --- hostile words -------------------------------------------------------------------------------------------------

EVIL = (
    '<img src="/etc/passwd"/>', "</para>", "<b>&amp;&#65;</b>", "{{ factory }}", "{0.__class__}", "%(code)s", "{note}",
    "{@order}", "{item.title}", ") Tj ET", "\\(x\\)", "<0041>", "$(id)", "{{", "}}", "{",
)  # fmt: skip
FIELDS = {
    template.name: [
        *((None, name) for name in KINDS[template.paper].facts if name not in ("code", "card")),
        *((rows, name) for rows, names in KINDS[template.paper].lists.items() for name in names if name != "code"),
    ]
    for template in (SLIP, TRAVELER)
}
CASES = [(name, rows, field) for name, fields in FIELDS.items() for rows, field in fields]


@pytest.mark.parametrize(("name", "rows", "field"), CASES)
def test_markup_in_any_field_is_printed_as_text(
    facts: Make, read: Callable, name: str, rows: str | None, field: str
) -> None:
    whole = "".join(EVIL)
    told = facts(gift="yes", gift_message="x")
    changed = {**told, field: whole} if rows is None else {**told, rows: [{**told[rows][0], field: whole}]}
    pages = read(draw(shipped()[name], changed, paper="a4"))
    quiet = {"food", "gift"} | ({"note"} if name == "traveler" else set())
    if field in quiet:
        assert not any(page.says(EVIL[0]) for page in pages), "it is asked for, and never printed"
        return
    text = "".join(page.text for page in pages)
    for evil in EVIL:
        assert "".join(evil.split()) in "".join(text.replace("\ufffe", "-").split()), evil


LONG = st.text(st.sampled_from("abcdefghijklmnoprstuwzABCWÄÖŻŁłóę '-{}<>&%/"), min_size=1, max_size=60).filter(
    lambda text: text.strip(" ") != ""
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=LONG, product=LONG, message=LONG, note=LONG)
def test_any_latin_text_of_usual_length_stays_whole_and_within_the_margins(
    facts: Make, read: Callable, name: str, product: str, message: str, note: str
) -> None:
    (page,) = read(draw(SLIP, facts(ship_to=name, product=product, message=message, note=note)))
    for text in (name, product, message, note):
        assert page.says(text)
    ink = ImageChops.invert(page.picture).getbbox()
    margin = 7.0 * 12  # a descender or a swash may reach a little into the margin of 8 mm
    assert ink is not None
    assert min(ink[0], ink[1], page.picture.width - ink[2], page.picture.height - ink[3]) >= margin
