"""Pieces on a bed: never too near, never outside, none lost; held against shapely, which the packer does not know."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from manifold3d import Manifold

from gcode.nesting.apart import no_fit, widened
from gcode.nesting.outline import Outline, OutlineError
from gcode.nesting.pack import Bed, BedError, Nest, Place, nest


def box(width: float, height: float, x: float = 0.0, y: float = 0.0) -> Outline:
    return Outline.of([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def star(radii: list[float], x: float = 0.0, y: float = 0.0) -> Outline:
    angles = np.linspace(0, 2 * math.pi, len(radii), endpoint=False)
    return Outline.of(np.c_[x + np.array(radii) * np.cos(angles), y + np.array(radii) * np.sin(angles)].tolist())


ANGLE = Outline.of([(0, 0), (40, 0), (40, 12), (12, 12), (12, 40), (0, 40)])
BED = Bed(0.0, 0.0, 120.0, 100.0, spacing=3.0, margin=4.0)

stars = st.builds(
    star,
    st.lists(st.floats(4, 22), min_size=3, max_size=12),
    st.floats(-50, 50),
    st.floats(-50, 50),
)
boxes = st.builds(box, st.floats(5, 60), st.floats(5, 60), st.floats(-20, 20), st.floats(-20, 20))
outlines = st.lists(st.one_of(stars, boxes, st.just(ANGLE)), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(pieces=outlines, spacing=st.floats(0, 8), margin=st.floats(0, 10), keep=st.booleans())
def test_pieces_are_apart_and_inside(
    exact: Any, pieces: list[Outline], spacing: float, margin: float, keep: bool
) -> None:
    bed = Bed(10.0, -20.0, 130.0, 80.0, spacing, margin, (box(20, 15, 60.3, 20.1),) if keep else ())
    found = nest(pieces, bed)
    assert len(found.places) == len(pieces)
    assert exact.wrong(pieces, found, bed) == []


@settings(max_examples=60, deadline=None)
@given(
    one=st.one_of(stars, boxes, st.just(ANGLE)), other=st.one_of(stars, boxes, st.just(ANGLE)), turn=st.floats(0, 360)
)
def test_no_fit_places_are_those_that_overlap(one: Outline, other: Outline, turn: float) -> None:
    a, b = one.turned(0.0).line, other.turned(turn).line
    assume(shapely.Polygon(b).is_valid)
    found = no_fit(a, b, 2.0)
    rows, columns = found.places.shape
    standing, moving = shapely.Polygon(a), shapely.Polygon(b)
    for row in range(-1, rows + 1):
        for column in range(-1, columns + 1):
            there = shapely.affinity.translate(moving, (found.column + column) * 2.0, (found.row + row) * 2.0)
            inside = 0 <= row < rows and 0 <= column < columns and bool(found.places[row, column])
            common = standing.intersection(there).area
            assert inside or common < 1e-6
            assert not inside or common > 0 or standing.distance(there) < 1e-9


def test_the_exact_check_can_fail(exact: Any) -> None:
    pieces = [box(30, 30), box(30, 30)]
    near = Nest((Place(5, 5, 0), Place(36, 5, 0)), 1.0)
    outside = Nest((Place(5, 5, 0), Place(100, 5, 0)), 1.0)
    assert exact.wrong(pieces, near, BED) == ["0 and 1 are 1 mm apart"]
    assert exact.wrong(pieces, outside, BED) == ["1 lies outside"]


def test_what_fits_exactly_is_found() -> None:
    """Three columns of 34, two gaps of 3 and two margins of 6 are 120; rounding any of it loses a column."""
    bed = Bed(0, 0, 120, 101, spacing=3, margin=6)
    assert nest([box(34, 20)] * 12, bed).left == ()
    assert nest([box(34.1, 20)] * 12, bed).left != ()


def test_what_does_not_fit_is_returned_and_the_urgent_come_first(exact: Any) -> None:
    pieces = [box(50, 40)] * 3 + [box(100, 80)] + [box(20, 5), box(300, 5)]
    found = nest(pieces, BED)
    assert found.left == (3, 5)
    assert exact.wrong(pieces, found, BED) == []
    urgent = nest([pieces[3], *pieces[:3]], BED)
    assert urgent.places[0] is not None
    assert len(urgent.left) == 3


def test_more_than_a_bed_takes_at_all_are_returned() -> None:
    found = nest([box(5, 5)] * 80, Bed(0, 0, 300, 300))
    assert found.left == tuple(range(64, 80))


def test_turns_are_used_and_can_be_forbidden(exact: Any) -> None:
    """Strips of 110 x 30 fit thrice as they are; 30 x 110 only turned."""
    tall = [box(30, 110)] * 3
    assert nest(tall, BED).left == (2,)
    assert {place.turn for place in nest(tall, BED).places if place} <= {90.0, 270.0}
    never = Bed(0, 0, 120, 100, 3, 4, turns=(0.0,))
    assert nest(tall, never).left == (0, 1, 2)
    slanted = Bed(0, 0, 95, 95, 3, 0, turns=(0.0, 45.0))
    found = nest([box(120, 8)], slanted)
    assert found.places[0] is not None
    assert found.places[0].turn == 45.0
    assert exact.wrong([box(120, 8)], found, slanted) == []


def test_angles_lie_in_each_other(exact: Any, shelf: Callable[..., int]) -> None:
    bed = Bed(0, 0, 150, 150, spacing=3)
    pieces = [ANGLE] * 20
    found = nest(pieces, bed)
    assert exact.wrong(pieces, found, bed) == []
    assert len(pieces) - len(found.left) > shelf([(40, 40)] * 20, bed)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_at_least_as_dense_as_rows(shelf: Callable[..., int], seed: int) -> None:
    sizes = np.random.default_rng(seed).uniform(12, 50, (60, 2)).tolist()
    bed = Bed(0, 0, 220, 220, spacing=3, margin=5)
    # Of a long queue: a plain packer of rows takes the same ones, the most urgent first.
    placed = 60 - len(nest([box(*size) for size in sizes], bed).left)
    fits = max(count for count in range(61) if shelf([(w, h) for w, h in sizes[:count]], bed) == count)
    assert placed >= fits


def test_the_same_pieces_have_the_same_places_whatever_was_asked_before() -> None:
    pieces = [ANGLE, star([10, 20] * 6), box(30, 20), star([8, 14] * 5)]
    first = nest(pieces, BED)
    nest([box(7, 9)] * 5, BED)
    assert nest(pieces, BED) == first


def test_an_outline_covers_its_body_with_few_corners() -> None:
    body = Manifold.cylinder(3, 20, circular_segments=400) - Manifold.cylinder(9, 10, circular_segments=90).translate(
        (0, 0, -1)
    )
    outline = Outline.under(body)
    shape = shapely.Polygon(outline.line)
    assert len(outline.corners) <= 400
    assert shape.contains(shapely.Point(0, 0).buffer(19.99))
    assert shape.area < 1.05 * math.pi * 400
    assert not shape.interiors


def test_an_outline_of_very_many_corners_is_covered_by_one_of_few() -> None:
    angles = np.linspace(0, 2 * math.pi, 3000, endpoint=False)
    radius = 20 + 2 * np.sin(9 * angles) + 0.05 * np.sin(400 * angles)
    drawn = np.c_[radius * np.cos(angles), radius * np.sin(angles)]
    outline = Outline.of(drawn.tolist())
    assert len(outline.corners) <= 48
    assert shapely.Polygon(outline.line).contains(shapely.Polygon(drawn))
    assert shapely.Polygon(outline.line).area < 1.2 * shapely.Polygon(drawn).area


def test_parts_that_lie_apart_are_one_outline() -> None:
    body = Manifold.cube((10, 10, 2)) + Manifold.cube((10, 10, 2)).translate((20, 0, 0))
    assert Outline.under(body).area == pytest.approx(300)


def test_widened_is_never_less_than_the_spacing() -> None:
    spiky = star([4, 20] * 5)
    wide = shapely.Polygon(widened(spiky.turned(0.0).line, 3.0))
    assert wide.buffer(1e-5).contains(shapely.Polygon(spiky.turned(0.0).line).buffer(3.0 - 1e-4))


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([(0, 0), (1, 1)], "3 to"),
        ([(0, 0), (5, 5), (10, 10)], "encloses nothing"),
        ([(0, 0), (math.inf, 0), (0, 5)], "finite"),
        ([(0, 0)] * 30_000, "3 to"),
    ],
)
def test_points_that_enclose_nothing_are_refused(points: list[tuple[float, float]], why: str) -> None:
    with pytest.raises(OutlineError, match=why):
        Outline.of(points)


def test_a_bed_without_inside_is_refused() -> None:
    with pytest.raises(BedError, match="make the margin smaller"):
        nest([box(5, 5)], Bed(0, 0, 20, 20, margin=10))
