from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Zone
from gcode.fonts import Font, GlyphsMissing
from gcode.outlinefont import OutlineFont
from gcode.strokefont import StrokeFont
from gcode.text import Align, Fit, TextRefused, fit

ZONE = Zone("message", 10, 20, 80, 25)
LATIN = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĂăĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŢţŤťŮůŰűŹźŻżŽžȘșȚț"
)
UNDRAWABLE = ["🎂", "日", "❤️", "👨‍👩‍👧", "א", "a\u200bb", "\u202eabc", "a\u0000", "\t", "\ue000", "©️"]


def test_the_stroke_font_draws_latin_and_its_accents(strokes: StrokeFont) -> None:
    plain = string.ascii_letters + string.digits + string.punctuation
    assert strokes.missing(plain + LATIN + "’“”–…€♥ ") == ()
    for letter in plain + LATIN:
        assert strokes.shape(letter).drawing.strokes, letter


def test_an_accent_is_drawn_above_its_letter(strokes: StrokeFont) -> None:
    for plain, accented in (("e", "é"), ("u", "ü"), ("i", "ï"), ("s", "š"), ("A", "Å")):
        low, high = (strokes.shape(letter).drawing.bounds for letter in (plain, accented))
        assert low is not None
        assert high is not None
        assert high.y1 > (0.7 if plain == "i" else low.y1)
        assert len(strokes.shape(accented).drawing.strokes) > len(strokes.shape(plain).drawing.strokes) - (plain == "i")
    assert len(strokes.shape("ï").drawing.strokes) == 3, "the dot of the i goes"


@pytest.mark.parametrize("text", UNDRAWABLE)
def test_what_a_font_cannot_draw_is_named(text: str, strokes: StrokeFont, outlines: OutlineFont) -> None:
    for font in (strokes, outlines):
        assert set(font.missing("Hi " + text)) & set(text)
        with pytest.raises(GlyphsMissing):
            font.shape(text)
        with pytest.raises(TextRefused, match=r"U\+") as refused:
            fit(f"Hi {text}!", font, ZONE, Fit(1))
        assert refused.value.code == "missing-glyphs"


@given(st.characters(max_codepoint=0x2FFF) | st.characters())
def test_a_character_is_drawn_or_named(strokes: StrokeFont, character: str) -> None:
    if strokes.missing(character):
        assert not character.isascii() or not character.isprintable()
    else:
        assert strokes.shape(character).drawing.strokes or character.isspace()


def test_outline_fonts_draw_their_letters(outlines: OutlineFont) -> None:
    bounds = outlines.shape("H").drawing.bounds
    assert bounds is not None
    assert bounds.y1 == pytest.approx(1.0, abs=0.02)
    pair, apart = outlines.shape("AV").advance, outlines.shape("A").advance + outlines.shape("V").advance
    assert pair < apart, "this pair is kerned"
    assert outlines.missing(string.ascii_letters + LATIN) == ()


def test_bytes_that_are_no_font_are_refused() -> None:
    with pytest.raises(ValueError, match="no font file"):
        OutlineFont("junk", b"not a font")
    with pytest.raises(ValueError, match="no Hershey face"):
        StrokeFont("comic")


letters = st.text(alphabet=string.ascii_letters + "äéß,.!'", min_size=1, max_size=9)


@given(
    st.lists(letters, min_size=1, max_size=6),
    st.sampled_from(list(Align)),
    st.floats(0, 3),
    st.floats(15, 150),
    st.floats(10, 80),
)
def test_text_stays_in_its_zone(
    strokes: StrokeFont, words: list[str], align: Align, margin: float, width: float, height: float
) -> None:
    zone = Zone("message", -5, 7, width, height)
    laid = fit(" ".join(words), strokes, zone, Fit(0.01, align=align, margin=margin))
    bounds = laid.drawing.bounds
    assert bounds is not None
    assert zone.inset(margin).bounds.holds(bounds, 1e-6)
    assert "".join("".join(laid.lines).split()) == "".join(words)


def test_outline_text_stays_in_its_zone(outlines: OutlineFont) -> None:
    bounds = fit("Grüße aus Ägypten, fjord", outlines, ZONE, Fit(2, margin=1)).drawing.bounds
    assert bounds is not None
    assert ZONE.inset(1).bounds.holds(bounds)


def test_lines_break_where_letters_get_largest(strokes: StrokeFont) -> None:
    text = "happy birthday dear old Jürgen"
    one, three = (fit(text, strokes, ZONE, Fit(0.1, max_lines=count)) for count in (1, 3))
    assert len(one.lines) == 1
    assert len(three.lines) > 1
    assert three.height > one.height
    assert fit("Zoë\nand Al", strokes, ZONE, Fit(0.1)).lines == ("Zoë", "and Al")
    assert fit("Al", strokes, ZONE, Fit(1, max_height=5)).height == 5


def test_alignment_moves_the_shorter_line(strokes: StrokeFont) -> None:
    def left_of_last(align: Align) -> float:
        drawing = fit("wide wide wide\nI", strokes, ZONE, Fit(1, align=align)).drawing
        return float(drawing.strokes[-1][:, 0].min())

    left, centre, right = map(left_of_last, (Align.LEFT, Align.CENTRE, Align.RIGHT))
    assert left == pytest.approx(ZONE.x)
    assert left < centre < right


def test_too_small_says_what_it_needs_and_what_there_is(strokes: StrokeFont) -> None:
    with pytest.raises(TextRefused) as refused:
        fit("congratulations on your retirement", strokes, Zone("message", 0, 0, 60, 12), Fit(5))
    assert refused.value.code == "too-small"
    text = str(refused.value)
    assert "letters of 5 mm" in text
    assert "60.0 x 12.0 mm" in text
    assert refused.value.mend.startswith("shorten it to about")
    assert text == f"{refused.value.reason}: {refused.value.mend}"


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \n ", "empty"), ("x " * 100, "too-long"), ("x" * 500, "too-long")]
)
def test_texts_of_no_use_are_refused(text: str, code: str, strokes: StrokeFont) -> None:
    with pytest.raises(TextRefused) as refused:
        fit(text, strokes, ZONE, Fit(1))
    assert refused.value.code == code


def test_layout_is_the_same_every_time(strokes: StrokeFont, outlines: OutlineFont) -> None:
    font: Font
    for font in (strokes, outlines):
        one, other = (fit("Same again", font, ZONE, Fit(1)).drawing for _ in range(2))
        for a, b in zip((*one.strokes, *one.outlines), (*other.strokes, *other.outlines), strict=True):
            assert np.array_equal(a, b)
