"""Ways between beads: inside of the part where they can be, and drawn back only where they cannot."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import CrossSection, Manifold, OpType

from gcode.slicing.areas import Area
from gcode.slicing.comb import Comb
from gcode.slicing.profile import Profile, Retraction
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid

Surface = Callable[[Area], shapely.MultiPolygon]


def way(area: Any, begin: tuple[float, float], end: tuple[float, float]) -> Any:
    (found,) = Comb(area, 0.45).ways(np.array([begin]), np.array([end]))
    return None if found is None else np.vstack([begin, found, end])


def test_a_straight_way_has_no_points_between() -> None:
    square = CrossSection.square((20.0, 20.0))
    assert len(way(square, (2.0, 2.0), (18.0, 15.0))) == 2


def test_a_way_goes_round_a_hole_the_shorter_side() -> None:
    plate = CrossSection.square((20.0, 20.0)) - CrossSection.circle(4.0, 60).translate((10.0, 10.0))
    above, below = way(plate, (3.0, 11.0), (17.0, 11.0)), way(plate, (3.0, 9.0), (17.0, 9.0))
    assert len(above) > 3 and above[:, 1].max() > 13.5 and above[:, 1].min() > 10.0
    assert below[:, 1].min() < 6.5
    assert shapely.LineString(above).length < 16.5


def test_a_way_that_is_too_far_round_leaves_the_part() -> None:
    comb = CrossSection.square((40.0, 40.0)) - CrossSection.square((1.0, 39.0)).translate((20.0, -1.0))
    assert way(comb, (19.0, 2.0), (22.0, 2.0)) is None
    assert way(comb, (19.0, 37.0), (22.0, 37.0)) is not None


@given(
    holes=st.lists(st.tuples(st.floats(2.0, 28.0), st.floats(2.0, 28.0), st.floats(1.0, 5.0)), min_size=1, max_size=4),
    begin=st.tuples(st.floats(1.0, 29.0), st.floats(1.0, 29.0)),
    end=st.tuples(st.floats(1.0, 29.0), st.floats(1.0, 29.0)),
)
@settings(max_examples=80, deadline=None)
def test_ways_never_leave_the_part(
    holes: list[tuple[float, float, float]],
    begin: tuple[float, float],
    end: tuple[float, float],
    surface: Surface,
) -> None:
    area = CrossSection.square((30.0, 30.0))
    for x, y, radius in holes:
        area -= CrossSection.circle(radius, 24).translate((x, y))
    body = surface(area)
    if not (body.buffer(-0.3).contains(shapely.Point(begin)) and body.buffer(-0.3).contains(shapely.Point(end))):
        return
    found = way(area, begin, end)
    straight = shapely.LineString([begin, end])
    if found is None:
        assert not body.contains(straight)
    else:
        assert body.buffer(1e-6).contains(shapely.LineString(found))
        if body.buffer(-0.25).contains(straight):
            assert len(found) == 2


def test_only_what_crosses_is_drawn_back(lettering: Callable[..., Any], surface: Surface) -> None:
    sliced = slice_solid(Solid.from_manifold(Manifold.extrude(lettering("Bag", 12.0), 1.0)), Profile())
    for layer in sliced.layers:
        body = surface(layer.within).buffer(0.01)
        here = None
        for step in layer.steps:
            if here is not None:
                path = shapely.LineString(np.vstack([here, step.way, step.bead.points[:1]]))
                if step.retract:
                    assert not body.contains(path)
                elif path.length >= Profile().retraction.least_travel:
                    assert body.contains(path)
            here = step.bead.points[-1:]
        assert sum(step.retract for step in layer.steps) < 8


def test_short_ways_are_not_drawn_back() -> None:
    pair = Manifold.cube((5.0, 5.0, 1.0)) + Manifold.cube((5.0, 5.0, 1.0)).translate((6.0, 0.0, 0.0))
    body = Solid.from_manifold(pair)
    for least, wanted in ((0.5, True), (30.0, False)):
        layer = slice_solid(body, Profile(retraction=Retraction(least_travel=least))).layers[2]
        assert any(step.retract for step in layer.steps) is wanted


def test_way_lengths_stay_short(name_tag: Callable[[str], Solid]) -> None:
    """All ways of a layer together are a fraction of its beads."""
    for layer in slice_solid(name_tag("Grace"), Profile()).layers:
        ends = [step.bead.points[[0, -1]] for step in layer.steps]
        moved = sum(float(np.hypot(*(b[0] - a[1]))) for a, b in pairwise(ends))
        assert moved < 0.35 * sum(float(bead.lengths.sum()) for bead in layer.beads)


@pytest.mark.parametrize("count", [1, 3])
def test_an_island_is_done_before_the_next(count: int) -> None:
    posts = Manifold.batch_boolean(
        [Manifold.cylinder(1.0, 3.0, 3.0, 24).translate((10.0 * number, 0.0, 0.0)) for number in range(count)],
        op=OpType.Add,
    )
    layer = slice_solid(Solid.from_manifold(posts), Profile()).layers[2]
    visited = [round(float(step.bead.points[0, 0]) / 10.0) for step in layer.steps]
    assert [one for one, before in zip(visited, [None, *visited], strict=False) if one != before] == sorted(
        set(visited), reverse=visited[0] > 0
    )
