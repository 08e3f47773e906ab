"""Filled and cut shapes: their areas, their directions, their order, and what holds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.geometry import length, rectangle
from gcode.hatch import HatchError, cuts, grown, hatched, inside, nested, region, slender, strokes, tabbed

SQUARE = rectangle(0, 0, 20, 20)
HOLE = rectangle(6, 6, 14, 14)[::-1]
ISLAND = rectangle(9, 9, 11, 11)
RING = (SQUARE, HOLE, ISLAND)
"""By the non-zero rule: filled, but for the hole, in which there is an island."""
AREA = 20 * 20 - 8 * 8 + 2 * 2


def covered(interval: float, **how: float) -> float:
    return sum(map(length, strokes(hatched(RING, interval, **how)))) * interval


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 135.0, -17.0])
def test_hatch_covers_the_shape_and_leaves_the_hole(angle: float) -> None:
    assert covered(0.05, angle=angle) == pytest.approx(AREA, rel=0.003)
    for line in strokes(hatched(RING, 0.5, angle=angle)):
        middle = line.mean(axis=0)
        assert sum(inside(contour, middle) for contour in RING) in (1, 3)
        heading = np.degrees(np.arctan2(*(line[1] - line[0])[::-1]))
        assert min((heading - angle) % 180, (angle - heading) % 180) < 1e-6


def test_the_inset_takes_half_a_spot_on_each_side() -> None:
    inset = (19**2) - (9**2) + 1**2
    assert covered(0.05, inset=0.5) == pytest.approx(inset, rel=0.005)


def test_neighbours_are_filled_by_the_same_lines() -> None:
    left, right = (hatched([rectangle(x, 0.03, x + 5, 5.01)], 0.4) for x in (0.0, 7.0))
    assert [row.origin for row in left] == [row.origin for row in right]
    both = hatched([rectangle(0, 0, 5, 5), rectangle(7, 0, 12, 5)], 0.4)
    assert {tuple(row.power) for row in both} == {(1.0, 0.0, 1.0)}


def test_overlapping_outlines_are_filled_once() -> None:
    lines = strokes(hatched([rectangle(0, 0, 10, 10), rectangle(5, 0, 15, 10)], 0.5))
    assert sum(map(length, lines)) * 0.5 == pytest.approx(150)
    assert hatched([], 0.5) == hatched([np.zeros((2, 2))], 0.5) == []


def test_an_interval_that_is_a_slip_is_told() -> None:
    for interval, says in ((0.0, "above 0"), (1e-5, "widen the interval")):
        with pytest.raises(HatchError, match=says):
            hatched(RING, interval)


@given(
    corners=st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=3, max_size=12),
    angle=st.floats(-90, 90),
)
@settings(max_examples=60, deadline=None)
def test_any_outline_is_covered_as_clipper_sees_it(corners: list[tuple[float, float]], angle: float) -> None:
    outline = np.array(corners)
    shape = region([outline])
    found = sum(map(length, strokes(hatched([outline], 0.1, angle=angle)))) * 0.1
    around = sum(length(np.vstack([line, line[:1]])) for line in shape.to_polygons())
    assert found == pytest.approx(shape.area(), abs=0.06 * around + 0.05)


def test_inner_contours_come_before_those_around_them() -> None:
    levels = nested([SQUARE, ISLAND, HOLE, rectangle(30, 0, 40, 10)])
    assert [len(level) for level in levels] == [1, 1, 2]
    assert levels[0][0] is ISLAND
    assert levels[1][0] is HOLE
    for mixed in ([SQUARE, HOLE, ISLAND], [ISLAND, SQUARE, HOLE], [HOLE, ISLAND, SQUARE]):
        ways = [length(np.vstack(lines)) for lines in cuts(mixed, 0.0)]
        assert ways == sorted(ways)


def test_the_kerf_makes_parts_neither_larger_nor_smaller() -> None:
    """The way lies outside of an edge and inside of a hole, by half of what the beam takes away."""
    island, hole, outer = (np.vstack(lines) for lines in cuts(RING, 0.2))
    assert np.abs(outer - 10).max() == pytest.approx(10.1, abs=1e-6)
    assert np.abs(hole - 10).max() == pytest.approx(3.9, abs=1e-6)
    assert np.abs(island - 10).max() == pytest.approx(1.1, abs=1e-6)
    assert np.abs(np.vstack(grown(RING, 0.0)[0:1]) - 10).max() == pytest.approx(10.0)


def test_slender_parts_are_found_and_corners_are_none() -> None:
    cross = (rectangle(0, 0, 10, 10), rectangle(10, 5, 20, 5.1))
    (arm,) = slender(cross, 0.2)
    assert (arm.min(axis=0), arm.max(axis=0))[0][0] == pytest.approx(10, abs=0.1)
    assert arm.max(axis=0) == pytest.approx((20, 5.1), abs=0.01)
    assert slender(cross, 0.05) == slender(RING, 0.5) == ()


@pytest.mark.parametrize("tabs", [1, 3, 8])
def test_tabs_stay_uncut(tabs: int) -> None:
    closed = np.vstack([SQUARE, SQUARE[:1]])
    lines = tabbed(closed, tabs, 1.5)
    assert len(lines) == tabs
    assert sum(map(length, lines)) == pytest.approx(80 - tabs * 1.5)
    gaps = [np.hypot(*(after[0] - before[-1])) for before, after in zip(lines, lines[1:] + lines[:1], strict=True)]
    assert max(gaps) <= 1.5 + 1e-6
    assert tabbed(closed, 0, 1.5)[0] is closed
    with pytest.raises(HatchError, match="less than half"):
        tabbed(closed, 30, 1.5)
