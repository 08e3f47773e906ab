"""Handwriting: another one for every seed, the same for the same, legible, and within its zone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.typefaces import forms, typeface
from gcode.centrelines import middles
from gcode.design import Drawing, Zone
from gcode.handwriting import Manner, written
from gcode.stitches.areas import filled
from gcode.text import Align, Fit, TextRefused, Vertical

ZONE = Zone("note", 12.0, 9.0, 124.0, 81.0)
RULE = Fit(min_height=2.5, max_height=7.0, max_lines=12, align=Align.LEFT, margin=0.25)
NOTE = "Dear Ada,\nhappy birthday to the bees, and hello hello!\nYours, Grace"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789äöüßéøŁčşğØ&?!"
FREQUENT = "etaoinshrdlu"


def _note(seed: int, text: str = NOTE, rule: Fit = RULE, manner: Manner | None = None) -> Drawing:
    return written(text, forms("hand"), ZONE, rule, seed, manner or Manner()).drawing


def _bytes(drawing: Drawing) -> bytes:
    return b"".join(stroke.tobytes() for stroke in drawing.strokes)


def _ink(drawing: Drawing) -> shapely.MultiLineString:
    return shapely.MultiLineString(list(drawing.strokes))


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others() -> None:
    assert _bytes(_note(7)) == _bytes(_note(7))
    assert len({_bytes(_note(seed)) for seed in range(12)}) == 12


def test_two_hands_differ_by_more_than_rounding() -> None:
    one, other = _ink(_note(1)), _ink(_note(2))
    assert shapely.hausdorff_distance(one, other) > 0.3


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    text=st.text(st.sampled_from(LETTERS + "   \n,."), min_size=1, max_size=120).filter(lambda text: text.strip(" \n")),
    align=st.sampled_from(Align),
    vertical=st.sampled_from(Vertical),
)
def test_whatever_the_seed_all_of_it_stays_in_the_zone(seed: int, text: str, align: Align, vertical: Vertical) -> None:
    try:
        drawing = _note(seed, text, Fit(2.5, 7.0, 12, align=align, vertical=vertical, margin=0.25))
    except TextRefused as refused:
        assert refused.code in {"too-small", "too-long"}
        return
    bounds = drawing.bounds
    assert bounds is not None
    assert ZONE.inset(0.25).bounds.holds(bounds, 1e-9)
    assert all(np.isfinite(stroke).all() for stroke in drawing.strokes)


@pytest.mark.parametrize("letter", FREQUENT)
def test_a_frequent_letter_has_forms_of_its_own(letter: str) -> None:
    drawn = [form.font.shape(letter).drawing for form in forms("hand") if letter not in form.without]
    assert len({_bytes(one) for one in drawn}) == len(drawn) >= 2


def test_no_letter_is_written_twice_alike() -> None:
    """Ten of a letter, each pen-down by itself, moved to the same place: none lies on another."""
    drawing = _note(3, "cccccccccc", manner=Manner(joins=0.0))
    shapes = [stroke - stroke.mean(axis=0) for stroke in drawing.strokes]
    assert len(shapes) == 10
    for number, one in enumerate(shapes):
        for other in shapes[:number]:
            assert shapely.hausdorff_distance(shapely.LineString(one), shapely.LineString(other)) > 0.02


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_keeps_its_strokes_and_stays_near_one_of_its_forms(letter: str) -> None:
    """As many strokes, and no point further from the plain form than an eye forgives."""
    plain = [form.font.shape(letter).drawing for form in forms("hand")]
    for seed in range(5):
        laid = written(letter, forms("hand"), ZONE, RULE, seed)
        drawing = Drawing(tuple(stroke / laid.height for stroke in laid.drawing.strokes))
        likely = [one for one in plain if len(one.strokes) == len(drawing.strokes)]
        assert likely
        assert min(_off(drawing, one) for one in likely) < 0.16


def _off(drawing: Drawing, plain: Drawing) -> float:
    """Cap heights between two drawings, corner on corner."""
    moved = []
    for one in (drawing, plain):
        middle = _middle(one)
        moved.append(shapely.MultiLineString([stroke - middle for stroke in one.strokes]))
    return float(shapely.hausdorff_distance(moved[0], moved[1], densify=0.1))


def _middle(drawing: Drawing) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    bounds = drawing.bounds
    assert bounds is not None
    return np.array([(bounds.x0 + bounds.x1) / 2, (bounds.y0 + bounds.y1) / 2])


@pytest.mark.parametrize("letter", LETTERS)
def test_the_middle_of_a_letter_covers_it_and_nothing_else(letter: str) -> None:
    drawing = typeface("handwriting").shape(letter).drawing
    area = filled(list(drawing.outlines))
    pen = shapely.MultiLineString(list(middles(drawing))).buffer(0.06)
    assert area.intersection(pen).area > 0.9 * area.area
    assert pen.difference(area.buffer(0.06)).area < 0.05 * pen.area


def test_what_the_hand_does_not_know_is_drawn_by_other_faces_and_what_none_knows_is_held() -> None:
    assert _note(1, "Ελλάδα").strokes
    with pytest.raises(TextRefused) as refused:
        _note(1, "Ada \U00012000")
    assert refused.value.missing == ("\U00012000",)


def test_letters_are_joined_without_losing_a_point_of_ink() -> None:
    apart, joined = _note(5, manner=Manner(joins=0.0)), _note(5, manner=Manner(joins=1.0))
    assert len(joined.strokes) < len(apart.strokes)
    long = _ink(joined).length
    assert _ink(apart).length < long < 1.1 * _ink(apart).length


def test_lines_are_not_higher_than_planned_nor_lower_than_legible() -> None:
    laid = written(NOTE, forms("hand"), ZONE, RULE, 1)
    assert 2.5 <= laid.height <= 7.0
