from __future__ import annotations

from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from gcode.bidi import from_the_right, levels, visual

MIXED = "abXY Äéאבגדהו عرسلام ابث 0123456789 ٠١٢٣ ()[]{} +-,.:/%$€#! \u05b0\u0301\u064e “”«»<> ⟨⟩"


@given(st.text(alphabet=MIXED, max_size=24), st.booleans())
def test_the_order_on_the_line_is_that_of_another_implementation(text: str, rtl: bool) -> None:
    expected = get_display(text, base_dir="R" if rtl else "L")
    assert "".join(visual(text, levels(text, rtl))) == expected


@given(st.text(max_size=30), st.booleans())
def test_every_character_has_a_level_and_a_place(text: str, rtl: bool) -> None:
    found = levels(text, rtl)
    assert len(found) == len(text)
    assert all(0 <= level <= 3 for level in found)
    assert sorted(visual(text, found)) == sorted(text)


def test_the_first_letter_says_the_direction() -> None:
    assert from_the_right("123 (שלום) abc")
    assert from_the_right("… مرحبا")
    assert not from_the_right("Zoë שלום")
    assert not from_the_right("123 !")
    assert not from_the_right("")
