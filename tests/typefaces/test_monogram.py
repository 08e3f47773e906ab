"""Monograms: within their zone, all letters there, in every layout and frame; what is no monogram is refused."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.catalog import MonogramField
from fulfillment.fields import Craft, Refused, laid
from fulfillment.typefaces import typeface
from gcode.design import Drawing, Zone
from gcode.monogram import Frame, Layout, Rule, monogram
from gcode.text import TextRefused

ZONE = Zone("corner", 10, 20, 40, 30)


def area(drawing: Drawing) -> float:
    """Left runs count, right runs (holes) are taken away."""
    return sum(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 for x, y in (line.T for line in drawing.outlines))


@given(
    st.text(alphabet="ABCIJMQWÅŁÉΩЖ", min_size=2, max_size=3),
    st.sampled_from(list(Layout)),
    st.sampled_from(list(Frame)),
    st.sampled_from(["serif", "sans-bold", "script", "stroke"]),
    st.floats(0, 2),
    st.floats(10, 90),
)
def test_every_monogram_stays_in_its_zone(
    text: str, layout: Layout, frame: Frame, font: str, margin: float, width: float
) -> None:
    zone = Zone("corner", -3, 4, width, 30)
    found = monogram(text, typeface(font), zone, Rule(0.1, layout, frame, margin=margin))
    bounds = found.drawing.bounds
    assert bounds is not None
    assert zone.inset(margin).bounds.holds(bounds, 1e-6)
    room = zone.inset(margin)
    assert bounds.width == pytest.approx(room.width) or bounds.height == pytest.approx(room.height), (
        "as large as it goes"
    )
    assert (font == "stroke") != bool(found.drawing.outlines)


@pytest.mark.parametrize("layout", [Layout.ROW, Layout.CLASSIC, Layout.CIRCLE, Layout.DIAMOND, Layout.STACKED])
def test_letters_stand_apart(layout: Layout) -> None:
    found = monogram("MIW", typeface("sans-bold"), ZONE, Rule(1, layout, gap=0.5))
    shapes = [shapely.Polygon(line) for line in found.drawing.outlines]
    assert len(shapes) == 3
    for one in shapes:
        for other in shapes:
            assert one is other or one.distance(other) > 0.3


def test_the_middle_letter_of_a_classic_one_is_the_family_s() -> None:
    found = monogram("HHH", typeface("sans-bold"), ZONE, Rule(1, Layout.CLASSIC))
    heights = [float(np.ptp(line[:, 1])) for line in sorted(found.drawing.outlines, key=lambda line: line[:, 0].min())]
    assert heights[1] > 1.4 * heights[0] == pytest.approx(1.4 * heights[2])
    assert found.height == pytest.approx(min(heights))


def test_letters_fill_a_circle() -> None:
    circle = monogram("HHH", typeface("sans-bold"), Zone("z", -10, -10, 20, 20), Rule(1, Layout.CIRCLE))
    points = np.vstack(circle.drawing.outlines)
    assert np.hypot(*points.T).max() < 11
    row = monogram("HHH", typeface("sans-bold"), Zone("z", -10, -10, 20, 20), Rule(1, Layout.ROW))
    assert area(circle.drawing) > 1.5 * area(row.drawing)


def test_interlocked_letters_are_cut_where_they_go_under() -> None:
    woven = monogram("OO", typeface("serif"), ZONE, Rule(1, Layout.INTERLOCKED, gap=0.5)).drawing
    rule = Rule(1, Layout.INTERLOCKED, gap=3.0)
    wide = monogram("OO", typeface("serif"), ZONE, rule).drawing
    assert 0 < area(wide) < area(woven), "a wider gap takes more away"
    parts = list(shapely.build_area(shapely.GeometryCollection(list(map(shapely.LinearRing, woven.outlines)))).geoms)
    assert len(parts) > 1, "what goes under is in parts"
    assert all(one is other or one.distance(other) > 0.4 for one in parts for other in parts)


@pytest.mark.parametrize("frame", [Frame.CIRCLE, Frame.DOUBLE, Frame.DIAMOND, Frame.SQUARE])
def test_a_frame_goes_round_all_letters(frame: Frame) -> None:
    found = monogram("ABC", typeface("serif"), ZONE, Rule(1, frame=frame)).drawing
    ring = shapely.Polygon(found.strokes[0])
    assert np.allclose(found.strokes[0][0], found.strokes[0][-1]), "it is closed"
    assert all(ring.contains(shapely.Polygon(line)) for line in found.outlines)


@pytest.mark.parametrize(
    ("text", "code"),
    [("A", "letters"), ("ABCD", "letters"), ("A1", "letters"), ("", "letters"),
     ("A👍", "letters"), ("AՑ", "missing-glyphs")],
)  # fmt: skip
def test_what_is_no_monogram_is_refused(text: str, code: str) -> None:
    with pytest.raises(TextRefused) as refused:
        monogram(text, typeface("serif"), ZONE, Rule(1))
    assert refused.value.code == code


def test_a_field_is_laid_out_as_its_product_says() -> None:
    def field(**more: Any) -> MonogramField:
        return MonogramField(type="monogram", title="Initials", zone="corner", min_height=4, **more)

    thread = Craft(line_width=0.4)
    spaced, plain = laid("E. J.", field(), ZONE, thread), laid("EJ", field(), ZONE, thread)
    assert isinstance(spaced, Drawing) and isinstance(plain, Drawing)
    assert len(spaced.outlines) == len(plain.outlines)
    for layout in get_args(MonogramField.model_fields["layout"].annotation):
        for frame in get_args(MonogramField.model_fields["frame"].annotation):
            assert laid("ABC", field(layout=layout, frame=frame), ZONE, thread)
    for text, reason in (("Al Bundy", "made of two or three"), ("AՑ", "cannot be made here: Ց")):
        with pytest.raises(Refused, match=reason):
            laid(text, field(), ZONE, thread)
    with pytest.raises(Refused, match="smallest letter"):
        laid("ABC", field(), Zone("corner", 0, 0, 6, 6), thread)
