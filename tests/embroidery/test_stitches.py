"""Any drawing becomes stitches within the thread's limits, and they cover it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.design import Drawing
from gcode.recipe import RecipeError
from gcode.stitches.areas import shapes
from gcode.stitches.check import ROUNDING
from gcode.stitches.fill import FillError
from gcode.stitches.pattern import Pattern
from gcode.stitches.plan import MAX_POINTS, StitchError, stitched, surface
from gcode.stitches.skeleton import strands
from gcode.stitches.thread import Thread
from gcode.stitches.walks import legs

Letters = Callable[..., Drawing]
STROKE = 1.5
WITHIN = settings(max_examples=25, deadline=None)

coordinate = st.floats(0, 45, allow_nan=False).map(lambda value: round(value, 3))
outline = st.builds(
    lambda x, y, radii, turn: np.array(
        [
            (
                x + r * math.cos(turn + 2 * math.pi * n / len(radii)),
                y + r * math.sin(turn + 2 * math.pi * n / len(radii)),
            )
            for n, r in enumerate(radii)
        ]
    ),
    coordinate,
    coordinate,
    st.lists(st.floats(0.3, 22), min_size=3, max_size=9),
    st.floats(0, 6),
)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=7).map(np.array)
drawings = st.builds(
    lambda strokes, outlines: Drawing(tuple(strokes), tuple(outlines)),
    st.lists(stroke, max_size=3),
    st.lists(outline, max_size=2),
)


def laid(pattern: Pattern, width: float) -> shapely.Geometry:
    """What threads of a width cover."""
    start, end = pattern.ends()
    return shapely.union_all(shapely.buffer(shapely.linestrings(np.stack([start, end], axis=1)), width / 2))


def covered(pattern: Pattern, area: shapely.Geometry, thread: Thread) -> float:
    """The share of an area that thread covers; crumbs below what is sewn aside."""
    whole = shapely.union_all(shapes(area))
    return 1.0 if whole.is_empty else laid(pattern, thread.width).intersection(whole).area / whole.area


def within(pattern: Pattern, thread: Thread) -> bool:
    lengths = np.concatenate([seam.stitches for seam in pattern.seams]) if pattern.seams else np.array([1.0])
    points = np.vstack([seam.points for seam in pattern.seams]) if pattern.seams else np.zeros((1, 2))
    return bool(
        np.isfinite(points).all()
        and lengths.max() <= thread.longest + ROUNDING
        and lengths.min() >= thread.shortest - ROUNDING
        and all(length <= thread.trim for length, _ in pattern.floats)
        and np.allclose(points, np.round(points, 1), atol=1e-9)
    )


@given(drawings)
@WITHIN
def test_any_drawing_is_sewn_within_the_limits_and_covered(drawing: Drawing) -> None:
    thread = Thread()
    pattern = stitched([drawing], thread, STROKE)
    assert within(pattern, thread)
    assert covered(pattern, surface([drawing], thread, STROKE), thread) >= 0.97


@given(st.lists(stroke, min_size=1, max_size=4))
@WITHIN
def test_thin_lines_are_sewn_as_lines(strokes: list[np.ndarray]) -> None:
    thread, drawing = Thread(), Drawing(tuple(strokes))
    pattern = stitched([drawing], thread, 0.5)
    assert within(pattern, thread)
    lines = [shapely.LineString(line) for line in strokes if len(line) > 1 and shapely.LineString(line).length > 2]
    made = laid(pattern, 2 * thread.run)
    assert all(made.buffer(0.1).covers(line) for line in lines)


@pytest.mark.parametrize(
    ("words", "font", "height"),
    [("AL", "serif", 40), ("Rg&8", "serif", 22), ("Ada", "script", 18), ("Zoë", "sans-bold", 36), ("MAX", "stroke", 12),
     ("ñß", "sans", 9), ("M", "serif", 95)],
)  # fmt: skip
def test_letters_are_covered_and_little_lies_beside_them(
    words: str, font: str, height: float, letters: Letters, thread: Thread
) -> None:
    drawing = letters(words, font, height)
    pattern, wanted = stitched([drawing], thread, STROKE), surface([drawing], thread, STROKE)
    assert within(pattern, thread)
    assert covered(pattern, wanted, thread) >= 0.985
    beside = laid(pattern, thread.width).difference(wanted.buffer(0.5 + thread.pull / 2))
    assert beside.area < 0.01 * wanted.area


def test_narrow_letters_are_satin_and_wide_ones_rows(letters: Letters, thread: Thread) -> None:
    """Satin crosses its strand: an l's stitches lie across it. Rows lie at the recipe's angle."""

    def headings(height: float) -> np.ndarray:
        start, end = stitched([letters("l", "sans", height)], thread, STROKE).ends()
        way = end - start
        return np.degrees(np.arctan2(way[:, 1], way[:, 0])) % 180

    across = headings(25)
    assert (np.minimum(across, 180 - across) < 10).mean() > 0.8
    assert (np.abs(headings(95) - thread.angle) < 3).mean() > 0.6


def test_the_same_drawing_gives_the_same_stitches(letters: Letters, thread: Thread) -> None:
    one, other = (stitched([letters("Ag", "serif", 30)], thread, STROKE) for _ in range(2))
    assert [seam.points.tobytes() for seam in one.seams] == [seam.points.tobytes() for seam in other.seams]


def test_a_letter_of_columns_is_sewn_without_a_cut(letters: Letters, thread: Thread) -> None:
    assert [stitched([letters(one, "serif", 25)], thread, STROKE).trims for one in "AORTL"] == [1, 1, 1, 1, 1]


def test_what_lies_inside_is_sewn_after_what_is_around_it(thread: Thread) -> None:
    ring = shapely.Point(20, 20).buffer(15).difference(shapely.Point(20, 20).buffer(9))
    dot = shapely.Point(20, 20).buffer(5)
    contours = [ring.exterior, ring.interiors[0], dot.exterior]
    drawing = Drawing(outlines=tuple(np.array(contour.coords)[:-1] for contour in contours))
    inside = [np.hypot(*(seam.points.mean(axis=0) - 20)) < 2 and np.ptp(seam.points, axis=0).max() < 12
              for seam in stitched([drawing], thread, STROKE).seams]  # fmt: skip
    assert any(inside) and not inside[0] and inside == sorted(inside)


def test_later_drawings_lie_on_earlier_ones(letters: Letters, thread: Thread) -> None:
    far, near = (Drawing(outlines=tuple(line + by for line in letters("I").outlines)) for by in (90.0, 0.0))
    first = stitched([far, near], thread, STROKE).seams[0]
    assert first.points.min() > 80


def test_underlay_comes_first_and_can_be_left_out(letters: Letters) -> None:
    drawing = letters("l", "sans", 30)
    with_it, without = (stitched([drawing], Thread(underlay=under), STROKE) for under in (True, False))
    zigzag = with_it.seams[0].points[3:20]
    assert np.ptp(zigzag[:, 0]) > 1.0  # to and fro inside of the column
    assert np.ptp(without.seams[0].points[3:12, 0]) < 0.5  # along its middle
    assert with_it.seams[0].points[:, 1].tolist() != without.seams[0].points[:, 1].tolist()


def test_pull_makes_columns_wider(letters: Letters) -> None:
    narrow, wide = (stitched([letters("l", "sans", 25)], Thread(pull=pull), STROKE).bounds for pull in (0.0, 0.6))
    assert narrow is not None and wide is not None
    assert wide.width - narrow.width == pytest.approx(0.6, abs=0.21)


def test_the_ends_of_every_seam_are_locked(letters: Letters, thread: Thread) -> None:
    for seam in stitched([letters("Ada", "script", 20)], thread, STROKE).seams:
        for points in (seam.points, seam.points[::-1]):
            assert np.array_equal(points[0], points[2])
            assert np.hypot(*(points[1] - points[0])) == pytest.approx(0.7, abs=0.2)


@pytest.mark.parametrize("letter", ["A", "O", "B", "8", "&", "i"])
def test_every_strand_is_walked_out_and_back(letter: str, letters: Letters, thread: Thread) -> None:
    for shape in shapes(surface([letters(letter, "serif", 30)], thread, STROKE)):
        found = strands(shape)
        walked = list(legs(found, (0.0, 0.0)))
        out, back = ([leg.line for leg in walked if leg.satin is satin] for satin in (False, True))
        total = sum(np.hypot(*np.diff(strand.line, axis=0).T).sum() for strand in found)
        for lines in (out, back):
            assert sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines) == pytest.approx(total)
        gaps = [np.hypot(*(b.line[0] - a.line[-1])) for a, b in pairwise(walked)]
        assert max(gaps, default=0.0) < 0.6


def test_too_many_points_are_refused() -> None:
    line = np.stack([np.linspace(0, 10, MAX_POINTS + 1), np.zeros(MAX_POINTS + 1)], axis=1)
    with pytest.raises(StitchError, match="simplify"):
        stitched([Drawing((line,))], Thread(), STROKE)


def _comb(teeth: int) -> Drawing:
    """A shape whose rows are cut into many parts, wide at its foot."""
    points = [(0.0, 0.0), (teeth * 0.5, 0.0)]
    for tooth in reversed(range(teeth)):
        points += [(tooth * 0.5 + 0.3, 10.0), (tooth * 0.5 + 0.3, 150.0), (tooth * 0.5, 150.0), (tooth * 0.5, 10.0)]
    return Drawing(outlines=(np.array(points),))


def _dust(grains: int) -> Drawing:
    corners = np.array([(0.0, 0.0), (0.4, 0.0), (0.4, 0.4)])
    return Drawing(outlines=tuple(corners + np.array([grain % 100, grain // 100]) for grain in range(grains)))


@pytest.mark.parametrize(
    ("drawing", "said"),
    [(_comb(300), "parts"), (_dust(2000), "do not touch"),
     (Drawing(tuple(np.array([(n * 0.1, 0.0), (n * 0.1, 5.0)]) for n in range(900))), "do not touch")],
)  # fmt: skip
def test_what_would_take_too_long_is_refused(drawing: Drawing, said: str) -> None:
    with pytest.raises((StitchError, FillError), match=said):
        stitched([drawing], Thread(angle=0.0), 0.5)


def test_too_many_stitches_are_refused() -> None:
    square = np.array([(0, 0), (2000, 0), (2000, 2000), (0, 2000)], dtype=float)
    with pytest.raises(StitchError, match="smaller"):
        stitched([Drawing(outlines=(square,))], Thread(), STROKE)


@pytest.mark.parametrize(
    ("numbers", "named"),
    [({"spacing": 0.1}, "needles"), ({"spacing": 0.7}, "show the cloth"), ({"longest": 12.5}, "12.1"),
     ({"shortest": 2.0}, "shortest"), ({"narrowest": 8.0}, "smaller one first"), ({"pull": -1.0}, "pull"),
     ({"trim": 0.0}, "trim"), ({"width": float("nan")}, "width")],
)  # fmt: skip
def test_numbers_that_no_thread_has_are_named(numbers: dict[str, float], named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        Thread(**numbers)  # type: ignore[arg-type]
