"""V-carving of shapes whose middle is known."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.carve import Carving, Path, carved, floor, grooves, middle, opened, paths
from gcode.design import Drawing
from gcode.dialects import GRBL_MILL, Setup
from gcode.recipe import Motion, Place, RecipeError
from gcode.write import program

HOW = Carving(angle=60, diameter=8, depth=0.5, max_depth=3, step=1, stepover=0.5, feed=15, plunge=5, safe=3)
SLOPE = math.tan(math.radians(30))


def _at(found: list[Path], x: float, y: float) -> float:
    """The depth of the path nearest to a place."""
    points = np.vstack([_fine(path) for path in found])
    return float(points[np.hypot(points[:, 0] - x, points[:, 1] - y).argmin(), 2])


def _fine(path: Path) -> Path:
    share = np.linspace(0, 1, 40)[:, None]
    return np.vstack([a + share * (b - a) for a, b in pairwise(path)])


def test_a_bar_has_its_middle_line_and_branches_into_its_corners() -> None:
    found = middle(shapely.box(0, 0, 20, 2), HOW)
    assert len(found) == 5
    spine = max(found, key=lambda path: float(np.ptp(path[:, 0])))
    assert sorted(spine[[0, -1], 0]) == pytest.approx([1, 19], abs=0.05)
    assert spine[:, 1] == pytest.approx(np.ones(len(spine)), abs=0.01)
    assert spine[:, 2] == pytest.approx(np.full(len(spine), 1 / SLOPE), abs=0.02)
    for x, y in ((0, 0), (0, 2), (20, 0), (20, 2)):
        assert _at(found, x, y) < 0.15


@given(half=st.floats(0.6, 1.6), long=st.floats(10, 40))
@settings(max_examples=15, deadline=None)
def test_a_wedge_gets_as_deep_as_its_edge_is_away(half: float, long: float) -> None:
    wedge = shapely.Polygon([(0, -half), (long, 0), (0, half)])
    found = middle(wedge, HOW)
    edge = wedge.boundary
    for path in found:
        for x, y, depth in path:
            assert depth == pytest.approx(min(edge.distance(shapely.Point(x, y)), HOW.radius) / SLOPE, abs=1e-6)
            if x > 2 * half:
                assert y == pytest.approx(0, abs=0.02)
    assert any(np.ptp(path[:, 0]) > 0.5 * long for path in found)


def test_a_ring_is_carved_along_its_middle_and_only_there() -> None:
    ring = shapely.Point(0, 0).buffer(10, 64).difference(shapely.Point(0, 0).buffer(8, 64))
    points = np.vstack(middle(ring, HOW))
    assert np.hypot(points[:, 0], points[:, 1]) == pytest.approx(np.full(len(points), 9.0), abs=0.03)
    assert points[:, 2] == pytest.approx(np.full(len(points), 1 / SLOPE), abs=0.05)


def test_what_is_wider_than_the_bit_may_go_deep_has_a_wall_and_a_floor() -> None:
    square = shapely.box(0, 0, 20, 20)
    rings = floor(square, HOW)
    assert {float(path[:, 2].max()) for path in rings} == {3.0}
    wall = rings[0]
    assert (wall[:, :2].min(), wall[:, :2].max()) == pytest.approx((HOW.radius, 20 - HOW.radius))
    taken = shapely.union_all([shapely.LineString(path[:, :2]).buffer(0.3) for path in rings])
    assert square.buffer(-HOW.radius).difference(taken).area < 0.5
    assert max(float(path[:, 2].max()) for path in middle(square, HOW)) == pytest.approx(3.0)
    assert floor(shapely.box(0, 0, 20, 2), HOW) == []


SHAPES = st.lists(
    st.tuples(st.floats(0, 20), st.floats(0, 12), st.floats(0.6, 15), st.floats(0.6, 8)), min_size=1, max_size=3
)


@given(boxes=SHAPES)
@settings(max_examples=15, deadline=None)
def test_the_grooves_of_the_bytes_are_the_shape_and_nothing_else(boxes: list[tuple[float, ...]]) -> None:
    outlines = [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) for x, y, w, h in boxes]
    area = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    place = Place(30.0, 40.0, 10.0)
    setup = Setup(lift=13.0, spindle=10_000, settle=3)
    data = program(carved([Drawing(outlines=tuple(outlines))], HOW, place, Motion()), GRBL_MILL, setup)
    cut = opened(grooves(data, GRBL_MILL, HOW, place))
    assert cut.difference(area.buffer(0.05)).area < 0.02 * area.area
    # Between two ways over a floor a V-bit leaves nothing here, as its groove is wide at the surface.
    assert area.difference(cut.buffer(0.05)).area < 0.02 * area.area + 0.02


def test_a_stroke_is_engraved_at_its_depth_in_passes() -> None:
    how = Carving(60, 8, 2.0, 3.0, 0.8, 0.5, 15, 5, 3)
    drawing = Drawing(strokes=(np.array([(0.0, 0.0), (10.0, 0.0)]),))
    assert [path[:, 2].tolist() for path in paths(drawing, how)] == [[2.0, 2.0]]
    toolpath = carved([drawing], how, Place(0, 0, 10), Motion())
    depths = sorted({round(float(z), 3) for z in toolpath.z[~np.isnan(toolpath.z)]})
    assert depths == [8.0, 8.667, 9.333, 10.0, 13.0]


def test_an_end_mill_clears_and_has_no_middle() -> None:
    how = Carving(0, 2.0, 0.5, 1.0, 1.0, 0.8, 15, 5, 3)
    found = paths(Drawing(outlines=(np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 6.0), (0.0, 6.0)]),)), how)
    assert {float(depth) for path in found for depth in path[:, 2]} == {1.0}
    assert np.vstack(found)[:, :2].min() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "numbers",
    [{"depth": 4.0}, {"angle": 175.0}, {"diameter": 2.0}, {"step": 0.0}, {"feed": float("nan")}, {"safe": -1.0}],
)
def test_numbers_that_contradict_each_other_are_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(RecipeError):
        replace(HOW, **numbers)
