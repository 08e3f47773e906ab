"""A body poured over its drawing: filled without holes, inside of its outline, mirrored, and the same each time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Drawing
from gcode.frosting import plan
from gcode.pour import Plate, Pour, mirrored, pour, rows
from gcode.recipe import Bead, Place, RecipeError, Wipe
from gcode.toolpath import Kind

VALUES = {
    "nozzle": 3.0,
    "height": 2.5,
    "width_min": 3.5,
    "width_max": 8.0,
    "pitch": 7.6,
    "flow": 500.0,
    "e_area": 100.0,
    "line_width": 5.0,
    "travel": 77.0,
    "min_speed": 25.0,
    "max_speed": 77.0,
    "stop_ahead": 3.0,
    "retract": 200.0,
    "clearance": 10.0,
    "fill": 0.8,
}
BATTER = Bead(**VALUES)
SIZES = st.tuples(st.floats(40, 200), st.floats(40, 200))


@given(SIZES, st.floats(0, 1), st.floats(4, 9))
def test_every_point_of_the_body_is_covered_and_nothing_lies_outside(
    size: tuple[float, float], roundness: float, width: float
) -> None:
    body = Plate(*size, roundness * min(size) / 2, 6.0)
    poured = pour(body, width, width * 0.95)
    points = np.vstack(
        [np.linspace(a, b, max(2, int(np.hypot(*(b - a))))) for line in poured.lines for a, b in pairwise(line)]
    )
    reach = width / 2 + 1e-6
    assert points.min() >= reach - 1e-3
    assert (points.max(axis=0) <= np.array(size) - reach + 1e-3).all()
    most = 1.2 if body.radius >= width / 2 else 1.45  # a round bead does not fill a sharp corner
    assert farthest_from(points, body) <= width / 2 * most, "batter runs a little, and no farther"


def farthest_from(points: np.ndarray, body: Plate) -> float:  # type: ignore[type-arg]
    """How far a point of the body lies from the nearest bead, in mm, at most, looked at in steps of some mm."""
    edge = body.outline(0.0)
    x, y = np.meshgrid(np.linspace(0, body.width, 24), np.linspace(0, body.height, 24))
    places = np.stack([x.ravel(), y.ravel()], axis=1)
    # Inside of a convex outline that runs counter-clockwise: to the left of each of its edges.
    steps = np.diff(edge, axis=0)
    left = steps[:, 0] * (places[:, None, 1] - edge[:-1, 1]) - steps[:, 1] * (places[:, None, 0] - edge[:-1, 0])
    inside = places[(left >= 0).all(axis=1)]
    return float(max(np.hypot(*(points - place).T).min() for place in inside))


def test_a_body_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="no room for rows of 8"):
        pour(Plate(10, 10, 5, 6), 8.0, 7.6)


@given(st.floats(1, 300), st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=6))
def test_what_is_mirrored_twice_is_as_it_was(width: float, points: list[tuple[float, float]]) -> None:
    line = np.array(points)
    (once,) = mirrored([Drawing((line,))], width)
    (twice,) = mirrored([once], width)
    assert np.allclose(once.strokes[0][:, 0], width - line[:, 0]) and np.allclose(once.strokes[0][:, 1], line[:, 1])
    assert np.allclose(twice.strokes[0], line)


def test_the_drawing_rests_before_the_body_and_all_of_it_bakes_on_at_the_end() -> None:
    stroke = Drawing((np.array([[40.0, 50.0], [80.0, 50.0]]),))
    body = pour(Plate(120, 120, 60, 6), 8.0, 7.6, rest=35.0, bake=90.0)
    path = plan(None, [stroke], BATTER, pour=body, wipe=Wipe(-10, 0, -10, 20), place=Place(20, 20, 0))
    rests = np.flatnonzero((path.kind == Kind.DWELL) & (path.p >= 1.0))
    assert path.p[rests].tolist() == [35.0, 90.0]
    first = np.flatnonzero((path.kind == Kind.LINE) & ~np.isnan(path.x))
    assert (first < rests[0]).sum() == 2, "the stroke and its dry end come first"
    assert rests[1] == len(path) - 1
    wipe = path.x[np.flatnonzero((path.kind == Kind.TRAVEL) & ~np.isnan(path.x))[-2:]]
    assert wipe.tolist() == [10.0, 10.0] and np.isnan(path.e[np.flatnonzero(path.x == 10.0)]).all()


def test_a_body_without_a_drawing_is_poured_all_the_same() -> None:
    path = plan(None, [], BATTER, pour=Pour((np.array([[0.0, 0.0], [50.0, 0.0]]),), 8.0))
    laid = np.nansum(path.e[(path.kind == Kind.LINE) & ~np.isnan(path.x)]) * BATTER.e_area
    assert laid == pytest.approx(47.0 * 8.0 * 2.5 * 0.8, rel=1e-3), "all but the dry end, at four fifths"


@given(st.floats(0.05, 1.0), st.floats(3.5, 8.0))
def test_a_leaner_bead_is_laid_faster_and_takes_less(fill: float, width: float) -> None:
    whole, lean = Bead(**{**VALUES, "fill": 1.0, "min_speed": 1.0}), None
    try:
        lean = Bead(**{**VALUES, "fill": fill, "min_speed": 1.0, "max_speed": 5000.0})
    except RecipeError:
        return
    assert lean.e_per_mm(width) == pytest.approx(whole.e_per_mm(width) * fill)
    assert lean.speed(width) * lean.e_per_mm(width) * lean.e_area == pytest.approx(lean.flow)


@pytest.mark.parametrize(("key", "value"), [("fill", 0.0), ("fill", 1.01), ("relief", -1.0)])
def test_a_bead_that_cannot_be_is_refused(key: str, value: float) -> None:
    with pytest.raises(RecipeError, match=key):
        Bead(**{**VALUES, key: value})


def area(outline: np.ndarray) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


@given(
    st.floats(5, 200),
    st.floats(5, 200),
    st.floats(0, 30),
    st.floats(0.2, 3),
    st.sampled_from([45.0, -45.0, 0.0, 90.0]),
)
def test_rows_stay_inside_and_cover_the_outline(
    width: float, height: float, radius: float, pitch: float, degrees: float
) -> None:
    outline = Plate(width, height, radius, 1.0).outline(0.0)
    assert np.allclose(outline[0], outline[-1]) and area(outline) > 0
    found = rows(outline, pitch, degrees)
    ends = np.vstack(found)
    assert ends.min() >= -1e-6 and ends[:, 0].max() <= width + 1e-6 and ends[:, 1].max() <= height + 1e-6
    laid = sum(float(np.hypot(*(row[1] - row[0]))) for row in found) * pitch
    assert laid <= area(outline) * 1.1 + 4 * pitch * pitch
    assert laid >= area(outline) - 2 * pitch * (width + height)


@pytest.mark.parametrize("plate", [(0, 5, 1, 1), (5, 5, -1, 1), (5, 5, 1, 0)])
def test_a_plate_that_cannot_be_is_refused(plate: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a plate has"):
        Plate(*plate)
