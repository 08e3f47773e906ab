"""Any text on paper: shaped as others shape it, in the order in which others set it, nothing lost, equal bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.typeset import CHAINS, Face, Line, PaperError, Set, Sheet, balanced, draw, fitted, wrapped, written
from fulfillment.typeset.fitting import MAX_CHARACTERS
from fulfillment.typeset.glyphs import MIRRORED
from gcode.bidi import from_the_right

FACE = Face("sans")
TEXT = st.text(st.sampled_from("abcdefgh iWŻ-"), max_size=120)
WORLD = st.text(
    st.sampled_from("abWŻe\u0301 fi 019.,()[]-مرحبا عالم שלום नमस्ते क्षत्रि र्कि ไทยที่น้ำ 🐈❤️😀👍🏽🇩🇪♥★→"), max_size=60
)
"""Of many scripts, with marks, numbers, brackets and emoji; some of it makes no sense, as people's texts do."""

UPRIGHT = {ord(mirror): ord(min(mirror, MIRRORED[mirror])) for mirror in MIRRORED}
"""A bracket, whichever way it looks."""


def shown(line: Line) -> str:
    """What stands on the paper, from left to right."""
    return "".join(glyph.text for strip in line.strips for glyph in strip.glyphs)


# --- shaping -------------------------------------------------------------------------------------------------------

SHAPED = [
    ("مرحبا بالعالم", "NotoSansArabic-Regular", "sans"),
    ("لا إله إلا الله (123) سلام", "NotoSansArabic-Regular", "sans"),
    ("नमस्ते क्षत्रिय हिन्दी र्कि", "NotoSans-Regular", "sans"),
    ("नमस्ते क्षत्रिय हिन्दी", "NotoSans-Bold", "sans-bold"),
    ("น้ำ ที่นี่ ผู้ใหญ่", "NotoSansThai-Regular", "sans"),
    ("a\u0323\u0308 x\u0302\u0323 AVATAR", "NotoSans-Regular", "sans"),
    ("مرحبا بكم", "NotoSansArabic-Bold", "sans-bold"),
]


@pytest.mark.parametrize(("text", "file", "face"), SHAPED)
def test_letters_stand_as_another_shaper_sets_them(
    text: str, file: str, face: str, printed: Callable, independent: Callable, alike: Callable
) -> None:
    assert {strip.face.name for strip in Face(face).chain.paragraph(text).line().strips} == {file}
    ours = printed(text, face)
    assert alike(ours, independent(text, file)) > 0.8
    assert alike(ours, independent(text, file, shaped=False)) < 0.65, "unshaped letters would pass this test"


def test_hebrew_goes_from_the_right(printed: Callable, independent: Callable, alike: Callable) -> None:
    ours = printed("שלום עולם (12)", "sans")
    theirs = independent("שלום עולם (12)", "NotoSansHebrew-Regular")
    assert alike(ours, theirs) > 0.8
    assert alike(ours, independent("שלום עולם (12)", "NotoSansHebrew-Regular", shaped=False)) < 0.65


ORDERED = st.text(st.sampled_from("אבגדabcd 0123().,-:"), min_size=1, max_size=40)


@settings(max_examples=300, deadline=None)
@given(ORDERED, st.booleans())
def test_mixed_directions_stand_as_the_standard_says(text: str, rtl: bool) -> None:
    text = " ".join(text.split())
    line = FACE.chain.paragraph(text, rtl).line()
    side = "R" if from_the_right(text) else "L"
    assert line.rtl == (from_the_right(text) if any(c in "אבגדabcd" for c in text) else rtl)
    # Which brackets are turned round is seen in pictures: the other layout leaves that to whoever draws.
    assert shown(line).translate(UPRIGHT) == get_display(text, base_dir=side).translate(UPRIGHT)


def test_a_mark_of_direction_is_obeyed_and_not_drawn() -> None:
    assert shown(FACE.chain.paragraph("دب #12").line()) == "12# بد"
    assert shown(FACE.chain.paragraph("دب \u200e#12").line()) == "#12 بد"
    assert FACE.missing("א\u200fב\u200e") == ()
    assert FACE.missing("\u200f") == ()


# --- nothing is lost -----------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(WORLD, st.sampled_from(sorted(CHAINS)), st.floats(30, 300))
def test_no_character_is_lost(text: str, name: str, width: float) -> None:
    face = Face(name)
    try:
        ready = written(text, face, "It")
    except PaperError:
        return  # its characters are named: see below
    block = wrapped(ready, face, 12, width)
    for line in block.lines:
        assert "".join(strip.text for strip in line.strips if not strip.glyphs) == ""
        assert all(glyph.number for strip in line.strips for glyph in strip.glyphs)
    found = Counter("".join(shown(line) for line in block.lines).translate(UPRIGHT).replace(" ", ""))
    assert found == Counter(ready.translate(UPRIGHT).replace(" ", "").replace("\n", ""))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["sans", "handwriting"]))
def test_any_text_is_set_whole_or_refused_with_its_characters_named(text: str, name: str) -> None:
    try:
        ready = written(text, Face(name), "It")
    except PaperError as refused:
        assert "(U+" in refused.reason or "U+" in refused.reason
        return
    lines = wrapped(ready, Face(name), 10, 10_000).lines
    assert sum(len(shown(line)) for line in lines) == len(ready.replace("\n", ""))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Ցուպ", r"Ց \(U\+0551 ARMENIAN CAPITAL LETTER CO\)"),
        ("a\u202eb", r"U\+202E RIGHT-TO-LEFT OVERRIDE"),
        ("A\x00B", r"U\+0000 "),
        ("🇩🇩 🇽🇽", r"U\+1F1E9"),
        ("漢字", r"U\+6F22"),
    ],
)
def test_what_no_font_has_is_refused_with_its_name(text: str, says: str) -> None:
    with pytest.raises(PaperError, match=f"It has characters that no font of sans can write: .*{says}"):
        written(text, FACE, "It")


def test_far_too_much_is_refused_before_it_is_shaped() -> None:
    with pytest.raises(PaperError, match=r"It has 10001 characters\. At most 10000"):
        written("x" * 10_001, FACE, "It")


@pytest.mark.parametrize("emoji", ["🐈", "👨‍👩‍👧", "🇩🇪", "👍🏽", "❤️"])
def test_an_emoji_is_one_picture(emoji: str) -> None:
    (strip,) = FACE.chain.paragraph(written(emoji, FACE, "It")).line().strips
    assert len(strip.glyphs) == 1, "a sequence that falls apart is not what was written"


# --- the file ------------------------------------------------------------------------------------------------------

PANGRAM = "Zoë 12 مرحبا (3) नमस्ते שלום ไทย 🐈 fi"


def page(text: str = PANGRAM, *faces: str) -> bytes:
    sheet = Sheet(500, 200, title="It")
    y = 190.0
    for name in faces or ("sans", "sans-bold", "handwriting"):
        face = Face(name)
        y = draw(sheet, fitted(written(text, face, "It"), face, (20,), 480, 200, what="It"), 10, y, 480, align="start")
    return sheet.finished()


def test_equal_text_gives_equal_bytes_whatever_was_drawn_before_and_whoever_draws() -> None:
    first = page()
    page("क्षत्रिय शुभ सर्व (ABC) ❤️ others")
    assert page() == first
    assert page("Zoe") != first
    code = (
        "import sys; sys.path.insert(0, 'tests/document');"
        "from test_typeset import page; import hashlib; print(hashlib.sha256(page()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_every_font_is_embedded_and_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page())
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    assert len(fonts) > 5
    assert all(line.split("Identity-H")[1].split()[:3] == ["yes", "yes", "yes"] for line in fonts), fonts
    subprocess.run(["qpdf", "--check", path], capture_output=True, check=True)


def test_words_are_found_by_a_search() -> None:
    text = pypdfium2.PdfDocument(page("Café fi नमस्ते 🐈", "sans"))[0].get_textpage()
    assert text.get_text_range().strip() == "Café fi नमस्ते 🐈"


# --- fitting -------------------------------------------------------------------------------------------------------


@given(TEXT, st.floats(20, 300), st.floats(5, 20))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: float, size: float) -> None:
    lines = wrapped(text, FACE, size, width).lines
    assert "".join("".join(line.text for line in lines).split()) == "".join(text.split())
    for line in lines:
        assert line.width * size <= width + 1e-6 or len(line.text) == 1


@given(TEXT.filter(str.strip), st.floats(60, 300))
def test_balancing_keeps_the_words_and_the_number_of_lines(text: str, width: float) -> None:
    text = written(text, FACE, "It")
    block = fitted(text, FACE, (10,), width, 10_000, what="It")
    after = balanced(block, text, width)
    assert len(after.lines) <= len(block.lines)
    assert (after.leading, after.size) == (block.leading, block.size)
    assert "".join(after.text.split()) == "".join(block.text.split())


def test_a_smaller_size_is_taken_before_a_word_is_broken() -> None:
    word = "Wolfeschlegelstein"
    width = FACE.width(word, 9.5)
    assert fitted(word, FACE, (12, 11, 10, 9), width, 100, what="It").size == 9
    broken = fitted(word, FACE, (12, 11), width, 100, what="It")
    assert (broken.size, broken.text.replace("\n", "")) == (12, word)
    assert broken.broken == 1


def test_a_newline_ends_a_line() -> None:
    assert wrapped("Thanks,\n\nAda", FACE, 10, 500).text == "Thanks,\n\nAda"


def test_thai_is_broken_between_syllables_only_where_it_must_be() -> None:
    text = "เมืองไทยน้ำ"
    whole = wrapped(text, FACE, 10, FACE.width(text, 10) + 1)
    assert (whole.text, whole.broken) == (text, 0)
    lines = wrapped(text, FACE, 10, FACE.width("เมื", 10) + 1).lines
    assert "".join(line.text for line in lines) == text
    for line in lines:
        assert line.text[0] not in "ะาำ", "a vowel that follows stays with its consonant"
        assert line.text[-1] not in "เแโใไ", "and so does one that leads"


def test_lines_of_tall_scripts_stand_further_apart() -> None:
    latin, hindi = (wrapped(text, FACE, 10, 500) for text in ("abc", "क"))
    assert isinstance(latin, Set)
    assert hindi.leading > latin.leading


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(PaperError, match=r"It is too long for its place on the paper \(400 characters\). Shorten it."):
        fitted("x" * 400, FACE, (10, 8), 100, 30, what="It")


def test_accents_are_composed_before_the_font_is_asked() -> None:
    assert written("Zoe\u0308", FACE, "It") == "Zoë"


def test_paragraphs_from_the_right_begin_there() -> None:
    ink = {}
    for text in ("abc", "مرحبا"):
        sheet = Sheet(300, 40)
        draw(sheet, wrapped(text, FACE, 20, 280), 10, 35, 280, align="start")
        picture = pypdfium2.PdfDocument(sheet.finished())[0].render(scale=1).to_pil().convert("L")
        ink[text] = picture.point(lambda value: 255 - value).getbbox()
    assert ink["abc"][0] < 20
    assert ink["مرحبا"][2] > 280


@pytest.mark.parametrize("letter", ["x", "م", "क", "🐈"])
def test_the_longest_word_is_broken_and_whole(letter: str) -> None:
    text = written(letter * MAX_CHARACTERS, FACE, "It")
    block = wrapped(text, FACE, 10, 200)
    assert "".join(line.text for line in block.lines) == text
    assert block.broken == 1
