"""Tracking, alignment, arcs, directions and line breaks: what a layout does without touching letters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.typefaces import typeface
from gcode.design import Drawing, Zone
from gcode.linebreak import line_of, pieces
from gcode.strokefont import StrokeFont
from gcode.text import Align, Arc, Bend, Fit, TextRefused, Vertical, fit

ZONE = Zone("message", 10, 20, 80, 25)
WORDS = st.lists(
    st.text(alphabet="abcXYZ äéß,.!שלוםرحباनमเก", min_size=1, max_size=9).filter(str.strip), min_size=1, max_size=4
)


def ink(drawing: Drawing) -> tuple[float, float, float, float]:
    bounds = drawing.bounds
    assert bounds is not None
    return bounds.x0, bounds.y0, bounds.x1, bounds.y1


def test_tracking_sets_letters_apart_and_leaves_joined_ones_together(strokes: StrokeFont) -> None:
    font = typeface("sans")
    plain, wide = font.shape("Zoë"), font.shape("Zoë", spaced=True).tracked(0.5)
    assert wide.advance == pytest.approx(plain.advance + 2 * 0.5)
    arabic = font.shape("سلام")
    assert arabic.tracked(0.5).advance == arabic.advance
    ligature = typeface("serif")
    assert len(ligature.shape("ffi").clusters) < len(ligature.shape("ffi", spaced=True).clusters) == 3
    height = [fit("Zoë", strokes, ZONE, Fit(1, tracking=by)).height for by in (0.0, 1.5)]
    assert height[1] < height[0]


@pytest.mark.parametrize("arc", [None, Arc(60)])
def test_vertical_alignment(strokes: StrokeFont, arc: Arc | None) -> None:
    low, middle, high = (
        ink(fit("Zoë", strokes, ZONE, Fit(1, max_height=4, vertical=at, arc=arc)).drawing)
        for at in (Vertical.BOTTOM, Vertical.CENTRE, Vertical.TOP)
    )
    assert low[1] == pytest.approx(ZONE.y)
    assert high[3] == pytest.approx(ZONE.y + ZONE.height)
    assert middle[1] - ZONE.y == pytest.approx(ZONE.y + ZONE.height - middle[3])


def test_paragraphs_from_the_right_are_aligned_in_the_mirror() -> None:
    font = typeface("sans")
    for text, side in (("abc", "left"), ("שלום", "right"), ("(שלום) abc", "right"), ("abc שלום", "left")):
        x0, _, x1, _ = ink(fit(text, font, ZONE, Fit(1, max_height=4, align=Align.LEFT)).drawing)
        assert (x0 == pytest.approx(ZONE.x)) == (side == "left"), text
        assert (x1 == pytest.approx(ZONE.x + ZONE.width)) == (side == "right"), text


def test_a_line_keeps_the_direction_of_its_paragraph() -> None:
    font = typeface("sans")
    laid = fit("שלום abc!", font, Zone("message", 0, 0, 12, 40), Fit(0.5, max_lines=2))
    assert laid.lines == ("שלום", "abc!")
    second = font.shape("abc!", rtl=True).clusters
    assert second[0].text == "!", "the end of a paragraph from the right stands on the left"


@given(WORDS, st.floats(8, 90), st.sampled_from(list(Bend)), st.floats(0, 0.6), st.floats(0, 2))
def test_text_along_an_arc_stays_in_its_zone_or_is_refused(
    words: list[str], radius: float, bend: Bend, tracking: float, margin: float
) -> None:
    text = " ".join(words)
    rule = Fit(0.5, tracking=tracking, arc=Arc(radius, bend), margin=margin)
    for name in ("sans", "stroke"):
        font = typeface(name)
        if font.missing(text):
            continue
        try:
            laid = fit(text, font, ZONE, rule)
        except TextRefused as refused:
            assert refused.code == "too-small"
            assert "along an arc" in refused.reason
            continue
        bounds = laid.drawing.bounds
        assert bounds is not None
        assert ZONE.inset(margin).bounds.holds(bounds, 1e-6)
        assert bool(laid.drawing.outlines) == bool(laid.filled)
        assert len(laid.drawing.strokes) == len(font.shape(laid.lines[0]).drawing.strokes)


def test_letters_along_an_arc_keep_their_shape_and_stand_on_the_circle(strokes: StrokeFont) -> None:
    laid = fit("HHHHH", strokes, ZONE, Fit(1, max_height=3, arc=Arc(25)))
    stems = [line for line in laid.drawing.strokes if np.hypot(*(line[-1] - line[0])) == pytest.approx(3, abs=1e-6)]
    assert len(stems) == 10, "each stem is as long as it was"
    feet = np.array([min(line, key=lambda point: point[1]) for line in stems])
    left, middle, right = feet[0], feet[4:6].mean(axis=0), feet[-1]
    assert middle[1] > left[1]
    assert left[1] == pytest.approx(right[1], abs=0.05)
    a, b, c = (np.hypot(*(p - q)) for p, q in ((left, middle), (middle, right), (left, right)))
    radius = a * b * c / (4 * abs(np.linalg.det(np.array([middle - left, right - left]))) / 2)
    assert radius == pytest.approx(25, rel=0.02)
    smile = fit("HHHHH", strokes, ZONE, Fit(1, max_height=3, arc=Arc(25, Bend.DOWN)))
    assert smile.drawing.strokes[0][:, 1].max() > smile.drawing.strokes[6][:, 1].max()


def test_what_goes_round_more_than_once_is_refused(strokes: StrokeFont) -> None:
    with pytest.raises(TextRefused, match="along an arc of radius 3 mm"):
        fit("round and round and round", strokes, ZONE, Fit(2, arc=Arc(3)))
    with pytest.raises(ValueError, match="radius above 0"):
        Arc(0)


def test_lines_break_at_spaces_and_between_ideographs_only() -> None:
    assert [piece.text for piece in pieces("Zoë  and Al")] == ["Zoë", "and", "Al"]
    assert [piece.text for piece in pieces("สวัสดีชาวโลก ครับ")] == ["สวัสดีชาวโลก", "ครับ"]
    assert [piece.text for piece in pieces("東京（日本）へ。")] == ["東", "京", "（日", "本）", "へ。"]
    assert [piece.text for piece in pieces("ラーメン20杯")] == ["ラー", "メ", "ン", "20", "杯"]
    assert [piece.text for piece in pieces("안녕 세상")] == ["안녕", "세상"]
    assert [piece.text for piece in pieces("👨‍👩‍👧👍🏽🇩🇪 é")] == ["👨‍👩‍👧👍🏽🇩🇪", "é"]


def test_no_line_runs_inside_of_letters_that_overlap() -> None:
    word = "क्षत्रिय"
    raw, laid = typeface("sans").shape(word).drawing, fit(word, typeface("sans"), ZONE, Fit(1)).drawing
    assert len(laid.outlines) < len(raw.outlines), "the headline is one"
    areas = [sum(x @ np.roll(y, -1) - y @ np.roll(x, -1) for x, y in (o.T for o in laid.outlines)) / 2]
    assert 0 < areas[0] < ZONE.width * ZONE.height


@given(st.text(alphabet="ab é日本、。（）ーกำ👨‍👩", max_size=30))
def test_pieces_of_a_line_are_its_text(text: str) -> None:
    spaced = " ".join(filter(None, text.split(" ")))
    assert line_of(pieces(spaced)) == spaced
