"""Single-stroke letters: nothing of what they promise is missing, and no letter is drawn as another."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from gcode.strokefont import StrokeFont

GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψωΆΈΉΊΌΎΏΪΫάέήίόύώϊϋΐΰ"
ALIKE = {"Đ", "Ð"}, {"I", "l"}, {"Í", "ĺ"}
"""In simplex letters and in most others."""


def letters(*ranges: tuple[int, int]) -> list[str]:
    found = [chr(point) for start, end in ranges for point in range(start, end)]
    return [character for character in found if unicodedata.category(character)[0] not in "CZ"]


LATIN = letters((0x21, 0x7F), (0xA1, 0x180))
CYRILLIC = [*letters((0x400, 0x460)), "Ґ", "ґ"]
TYPED = list("⁴⁹₀₂℃′″→←↑↓≠≤≥∞ơƯễ–—…‘’“”„‚‹›•†€™♥★ẞȘșȚț")


@pytest.fixture(params=["futural", "timesr", "scripts"])
def face(request: pytest.FixtureRequest) -> StrokeFont:
    return StrokeFont(request.param)


@pytest.mark.parametrize("wanted", [LATIN, list(GREEK), CYRILLIC, TYPED], ids=["Latin", "Greek", "Cyrillic", "typed"])
def test_every_letter_has_strokes(face: StrokeFont, wanted: list[str]) -> None:
    assert face.missing("".join(wanted)) == ()
    for character in wanted:
        bounds = face.shape(character).drawing.bounds
        assert bounds is not None, character
        assert -0.6 < bounds.y0 <= bounds.y1 < 1.8, character
        assert max(bounds.width, bounds.height) > 0.05, character


@pytest.mark.parametrize("alphabet", [LATIN, list(GREEK), CYRILLIC], ids=["Latin", "Greek", "Cyrillic"])
def test_no_letter_is_drawn_as_another(face: StrokeFont, alphabet: list[str]) -> None:
    seen: dict[bytes, str] = {}
    for character in alphabet:
        points = [line.round(4) for line in face.shape(character).drawing.strokes]
        drawn = np.vstack(points).tobytes()
        before = seen.setdefault(drawn, character)
        assert before == character or {before, character} in ALIKE, f"{character} looks like {before}"


def test_a_decomposed_letter_is_the_composed_one(face: StrokeFont) -> None:
    for character in [*LATIN, *CYRILLIC]:
        one, other = face.shape(character), face.shape(unicodedata.normalize("NFD", character))
        assert len(one.clusters) == len(other.clusters)
        assert one.advance == other.advance


def test_a_caron_goes_beside_a_high_letter_and_latvian_commas_below() -> None:
    face = StrokeFont()
    for character, base in (("ď", "d"), ("ľ", "l")):
        wide, plain = (face.shape(text).drawing.bounds for text in (character, base))
        assert wide is not None
        assert plain is not None
        assert wide.x1 > plain.x1
        assert wide.y1 < plain.y1 + 0.1, "it does not stand above"
    comma, cedilla = (face.shape(text).drawing.strokes[-1] for text in ("ķ", "ş"))
    assert len(comma) < len(cedilla)
    above = face.shape("ģ").drawing.bounds
    assert above is not None
    assert above.y1 > 0.9, "a g has no room below"


def test_brackets_turn_where_writing_runs_from_the_right() -> None:
    face = StrokeFont()
    one, other = face.shape("(", rtl=True), face.shape(")")
    assert np.array_equal(one.drawing.strokes[0], other.drawing.strokes[0])
