"""Fitting text: no line is too wide, no character is lost, and a smaller size is taken before a word is broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.typeset import Face, PaperError, balanced, fitted, wrapped, written

FACE = Face("NotoSans-Regular")
TEXT = st.text(st.sampled_from("abcdefgh iWŻ-"), max_size=120)


@given(TEXT, st.floats(20, 300), st.floats(5, 20))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: float, size: float) -> None:
    lines = wrapped(text, FACE, size, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert FACE.width(line, size) <= width or len(line) == 1


@given(TEXT.filter(str.strip), st.floats(60, 300))
def test_balancing_keeps_the_words_and_the_number_of_lines(text: str, width: float) -> None:
    block = fitted(text, FACE, (10,), width, 10_000, what="It")
    after = balanced(block, width)
    assert len(after.lines) <= len(block.lines)
    assert " ".join(after.lines).split() == " ".join(block.lines).split()


def test_a_smaller_size_is_taken_before_a_word_is_broken() -> None:
    word = "Wolfeschlegelstein"
    width = FACE.width(word, 9.5)
    assert fitted(word, FACE, (12, 11, 10, 9), width, 100, what="It").size == 9
    broken = fitted(word, FACE, (12, 11), width, 100, what="It")
    assert (broken.size, "".join(broken.lines)) == (12, word)


def test_a_newline_ends_a_line() -> None:
    assert wrapped("Thanks,\n\nAda", FACE, 10, 500) == ("Thanks,", "", "Ada")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(PaperError, match=r"It is too long for its place on the paper \(400 characters\)"):
        fitted("x" * 400, FACE, (10, 8), 100, 30, what="It")


def test_accents_are_composed_before_the_font_is_asked() -> None:
    assert written("Zoe\u0308", FACE, "It") == "Zoë"
