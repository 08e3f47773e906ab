"""Drawings as areas: whatever is drawn gives closed bodies of what it encloses, or a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.design import Drawing
from gcode.shaping.areas import area_of, closed, disc, filled, grown, pieces, prism, rectangle, stout
from gcode.shaping.dress import STYLES, dressed
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import opened
from gcode.slicing.solid import Solid

POINTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), min_size=3, max_size=12)
SQUARE = np.array([(0.0, 0.0), (10, 0), (10, 10), (0, 10)])
PLATE = prism(rectangle(-5, -5, 65, 35), 0.0, 2.0)


def drawing(*outlines: object) -> Drawing:
    return Drawing(outlines=tuple(np.array(line, dtype=np.float64) for line in outlines))


@given(st.lists(POINTS, min_size=1, max_size=4), st.sampled_from(sorted(STYLES)))
@settings(max_examples=60, deadline=None)
def test_whatever_is_drawn_is_a_closed_body_or_refused(outlines: list[list[tuple[int, int]]], style: str) -> None:
    """Outlines that cross themselves and each other, turn both ways, and touch in points and edges."""
    try:
        area = area_of([drawing(*outlines)], 0.45)
    except ShapeError as error:
        assert "no surface" in str(error)
        return
    whole = 0.0
    for name, body in dressed(PLATE, area, style, 2.0, 1.0).items():
        solid = Solid.from_manifold(body)
        whole += solid.volume if name == "body" else 0.0
    more = {"raised": 1, "sunk": -1, "layer": 0, "inlaid": -1}[style]
    assert whole == pytest.approx(70 * 40 * 2 + more * area.area(), rel=1e-4)


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        (Drawing(), "no surface"),
        (drawing([(0, 0), (10, 10), (20, 20)]), "no surface"),
        (drawing([(0, 0), (10, 0), (10, 0), (0, 0)]), "no surface"),
        (drawing([(0, 0), (10, 0), (10, 1e-4), (0, 1e-4)]), "no surface"),
        (drawing([(0, 0), (10, math.nan), (10, 5)]), "not finite"),
        (drawing([(0, 0), (10, math.inf), (10, 5)]), "not finite"),
    ],
)
def test_what_has_no_surface_is_refused_with_a_mend(empty: Drawing, said: str) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        area_of([empty], 0.45)
    assert caught.value.mend.startswith("Please")


def test_an_outline_that_crosses_itself_encloses_all_of_its_turns() -> None:
    bow = area_of([drawing([(0, 0), (10, 10), (10, 0), (0, 10)])], 0.45)
    assert bow.area() == pytest.approx(50, rel=1e-3)
    assert len(pieces(bow)) == 2, "they touch in one point, which holds nothing together"


def test_drawings_add_up_whichever_way_they_run() -> None:
    other = drawing(SQUARE[::-1] + 5)
    assert area_of([drawing(SQUARE), other], 0.45).area() == pytest.approx(175, rel=1e-3)


def test_strokes_are_as_wide_as_beads() -> None:
    stroke = Drawing(strokes=(np.array([(0.0, 0.0), (20.0, 0.0)]),))
    assert area_of([stroke], 0.5).area() == pytest.approx(20 * 0.5 + math.pi * 0.0625, rel=0.02)


@pytest.mark.parametrize("distance", [0.3, 2.0, 15.0])
def test_a_border_is_as_wide_as_asked_and_round(distance: float) -> None:
    band = grown(rectangle(0, 0, 20, 10), distance)
    assert band.area() == pytest.approx(200 + 60 * distance + math.pi * distance**2, rel=2e-3)
    assert grown(band, -distance).area() == pytest.approx(200, rel=5e-3)


def test_holes_are_filled_and_gaps_closed(lettering: Callable[..., Drawing]) -> None:
    ring = disc(0, 0, 10) - disc(0, 0, 5)
    assert filled(ring).area() == pytest.approx(math.pi * 100, rel=2e-3)
    letters = area_of([lettering("lll", 20.0)], 0.45)
    assert len(pieces(letters)) == 3
    assert len(pieces(closed(letters, 6.0))) == 1


@pytest.mark.parametrize("typeface", ["GreatVibes-Regular", "DancingScript-Regular", "NotoSerif-Regular"])
@pytest.mark.parametrize("width", [20.0, 40.0, 120.0])
def test_hairlines_become_as_wide_as_a_bead(lettering: Callable[..., Drawing], typeface: str, width: float) -> None:
    """Of letters of 2 mm and more; what is narrower than two thirds of a bead would not be laid."""
    area = area_of([lettering("Elisabeth", width, typeface)], 0.45)
    wide = stout(area, 0.45)
    assert (area - wide).area() < 1e-3 * area.area()
    assert opened(wide, 0.3).area() > 0.98 * wide.area()
    x0, y0, x1, y1 = area.bounds()
    assert wide.bounds() == pytest.approx((x0, y0, x1, y1), abs=0.25)


def test_what_is_wide_stays_as_it_is(lettering: Callable[..., Drawing]) -> None:
    bold = area_of([lettering("Wolfgang", 60.0)], 0.45)
    assert stout(bold, 0.45).area() == pytest.approx(bold.area(), rel=2e-3)
    assert opened(bold, 0.3).area() > 0.999 * bold.area()


def test_content_beside_its_face_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"50\.0 mm2 of the content lie beside"):
        dressed(PLATE, rectangle(60, 0, 70, 10), "raised", 2.0, 1.0)
