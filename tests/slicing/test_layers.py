"""What is laid is what the body is: within its edge, without holes, and as much as its volume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifold3d import CrossSection, FillRule, Manifold

from gcode.slicing.areas import Area
from gcode.slicing.beads import Layer
from gcode.slicing.profile import Adhesion, Infill, Pattern, Profile, Role, Seam, Widths
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid

Surface = Callable[[Area], shapely.MultiPolygon]
Coverage = Callable[[Layer], Any]
FULL = Profile(infill=Infill(density=1.0), elephant_foot=0.0)
BEYOND = 0.2
"""mm that a bead may stand out of the edge: half a nozzle, at tips that are narrower than a bead."""
SHARE = 0.91
"""Of a layer that is covered at least: what is missing lies in corners that no round bead reaches."""
BLOB = 0.7
"""mm2 of the largest place that nothing covers, an eighth of a mm away from everything that does."""
CORNERS = 0.3
"""mm2 that are not laid besides: corners of tips and of strokes of one bead, which end round."""
SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@st.composite
def outlines(draw: st.DrawFn) -> Any:
    """Areas with corners of all kinds, some with holes, some in several pieces."""
    count = draw(st.integers(3, 12))
    steps = draw(st.lists(st.floats(0.3, 1.0), min_size=count, max_size=count))
    angles = np.cumsum(steps) / sum(steps) * 2 * np.pi
    radii = np.array(draw(st.lists(st.floats(1.0, 11.0), min_size=count, max_size=count)))
    area = CrossSection([np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)], FillRule.NonZero)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.tuples(st.floats(-6.0, 6.0), st.floats(-6.0, 6.0)))
        area -= CrossSection.circle(draw(st.floats(0.4, 3.0)), 24).translate(place)
    return area


def judged(layer: Layer, surface: Surface, coverage: Coverage, volume: float = 0.02) -> None:
    """No bead beyond the edge, no hole in the layer, and the volume of the body."""
    body, laid = surface(layer.within), coverage(layer)
    assert laid.difference(body.buffer(BEYOND)).area < 0.02
    missing = body.difference(laid)
    assert missing.area <= (1 - SHARE) * body.area
    assert max((blob.buffer(-0.125).area for blob in shapely.get_parts(missing)), default=0.0) < BLOB
    assert abs(layer.volume / layer.beads[0].height - body.area) <= volume * body.area + CORNERS


def closed_and_finite(layer: Layer) -> None:
    for bead in layer.beads:
        assert np.isfinite(bead.points).all() and (bead.widths > 0).all() and bead.speed > 0
        assert len(bead.widths) == len(bead.points) - 1 > 0
        if bead.role in (Role.OUTER, Role.INNER, Role.BRIM):
            assert bead.closed


@SLOW
@given(area=outlines())
def test_random_areas_are_filled_to_their_edge_and_not_beyond(area: Any, surface: Surface, coverage: Coverage) -> None:
    if area.is_empty() or area.area() < 4.0 or min(np.ptp(np.reshape(area.bounds(), (2, 2)), axis=0)) < 1.0:
        return
    sliced = slice_solid(Solid.from_manifold(Manifold.extrude(area, 0.6)), FULL)
    assert len(sliced.layers) == 3
    for layer in sliced.layers[:2]:
        closed_and_finite(layer)
        judged(layer, surface, coverage)


@settings(max_examples=15, deadline=None)
@given(
    text=st.text(st.sampled_from("ABCDEFGKMQRSWXaegkmsy&38"), min_size=1, max_size=3),
    height=st.floats(5.0, 14.0),
    font=st.sampled_from(["NotoSans-Bold.ttf", "NotoSans-Regular.ttf", "NotoSerif-Regular.ttf"]),
)
def test_text_is_filled_to_its_edge_and_not_beyond(
    text: str, height: float, font: str, lettering: Callable[..., Any], surface: Surface, coverage: Coverage
) -> None:
    area = lettering(text, height, font)
    sliced = slice_solid(Solid.from_manifold(Manifold.extrude(area, 0.6)), FULL)
    for layer in sliced.layers[:2]:
        assert layer.steps
        closed_and_finite(layer)
        # A serif is a block as wide as one bead and as long: its corners are a tenth of it.
        judged(layer, surface, coverage, volume=0.035)


@pytest.mark.parametrize("width", [0.3, 0.45, 0.6, 0.8, 0.85, 1.0, 1.2, 1.35, 1.6, 1.8, 2.1])
def test_a_wall_of_any_thickness_is_as_full_as_it_is_thick(width: float, surface: Surface, coverage: Coverage) -> None:
    wall = CrossSection.square((30.0, 25.0)) - CrossSection.square((30.0 - 2 * width, 25.0 - 2 * width)).translate(
        (width, width)
    )
    layer = slice_solid(Solid.from_manifold(Manifold.extrude(wall, 0.6)), FULL).layers[1]
    assert layer.volume == pytest.approx(wall.area() * 0.2, rel=0.02)
    missing = surface(wall).difference(coverage(layer))
    assert missing.area < 0.06 * wall.area()


def test_a_whole_body_has_its_volume(lettering: Callable[..., Any]) -> None:
    body = Solid.from_manifold(Manifold.extrude(lettering("Ada", 14.0), 4.0))
    assert slice_solid(body, FULL).volume == pytest.approx(body.volume, rel=0.02)
    ball = Solid.from_manifold(Manifold.sphere(9.0, 64).trim_by_plane((0.0, 0.0, 1.0), -8.0))
    assert slice_solid(ball, FULL).volume == pytest.approx(ball.volume, rel=0.02)


def sparse_share(pattern: Pattern, density: float) -> float:
    """What a cube's middle layers lay inside of their walls, as a share of what would be solid."""
    profile = Profile(infill=Infill(pattern, density), elephant_foot=0.0)
    layers = slice_solid(Solid.from_manifold(Manifold.cube((60.0, 60.0, 30.0))), profile).layers[20:120]
    laid = sum(bead.volume for layer in layers for bead in layer.beads if bead.role is Role.SPARSE)
    inside = 60.0 - 2 * profile.perimeters * profile.widths.inner
    return laid / (len(layers) * 0.2 * inside**2)


@pytest.mark.parametrize("pattern", list(Pattern))
@pytest.mark.parametrize("density", [0.1, 0.25])
def test_sparse_infill_has_its_density(pattern: Pattern, density: float) -> None:
    """A little more is laid, for the ways along the walls from line to line."""
    assert density * 0.97 < sparse_share(pattern, density) < density * 1.2 + 0.01


def test_no_infill_is_none_and_full_infill_is_solid() -> None:
    cube = Solid.from_manifold(Manifold.cube((20.0, 20.0, 10.0)))
    hollow = slice_solid(cube, replace(FULL, infill=Infill(density=0.0))).layers[25]
    assert {bead.role for bead in hollow.beads} == {Role.OUTER, Role.INNER}
    full = slice_solid(cube, FULL).layers[25]
    assert {bead.role for bead in full.beads} == {Role.OUTER, Role.INNER, Role.SOLID}


def roles(layer: Layer) -> set[Role]:
    return {bead.role for bead in layer.beads}


def test_skins_are_where_the_body_ends() -> None:
    """A step: the lower half is a top where the upper one does not stand on it, and sparse below that one."""
    step = Manifold.cube((30.0, 20.0, 6.0)) + Manifold.cube((15.0, 20.0, 5.0)).translate((0.0, 0.0, 5.9))
    profile = Profile(top_layers=4, bottom_layers=3)
    layers = slice_solid(Solid.from_manifold(step), profile).layers
    for number in (0, 1, 2):
        assert Role.SPARSE not in roles(layers[number]) and Role.SOLID in roles(layers[number])
    assert roles(layers[12]) == {Role.OUTER, Role.INNER, Role.SPARSE}
    assert Role.TOP not in roles(layers[28]) and Role.SOLID in roles(layers[26])
    top = layers[29]
    assert {Role.TOP, Role.SPARSE} <= roles(top)
    skin = np.vstack([bead.points for bead in top.beads if bead.role is Role.TOP])
    below = np.vstack([bead.points for bead in top.beads if bead.role is Role.SPARSE])
    assert skin[:, 0].max() > 28.0 and skin[:, 0].min() > 13.0
    assert below[:, 0].max() < 15.0 and below[:, 0].min() < 2.0
    assert Role.TOP in roles(layers[-1]) and Role.SPARSE not in roles(layers[-4])


def test_the_first_layer_is_pressed_smaller_and_walls_that_are_thin_stay(surface: Surface) -> None:
    cube = Manifold.cube((20.0, 20.0, 2.0)) + Manifold.cube((10.0, 0.5, 2.0)).translate((19.9, 10.0, 0.0))
    body = Solid.from_manifold(cube)
    with_foot, without = (slice_solid(body, Profile(elephant_foot=by)).layers[0] for by in (0.2, 0.0))
    edge = [
        np.vstack([bead.points for bead in layer.beads if bead.role is Role.OUTER]) for layer in (with_foot, without)
    ]
    assert edge[0].min() == pytest.approx(edge[1].min() + 0.2, abs=0.01)
    gaps = [max(float(bead.points[:, 0].max()) for bead in layer.beads) for layer in (with_foot, without)]
    assert gaps == pytest.approx([gaps[1], gaps[1]], abs=0.35)


def test_order_of_walls_and_their_seams() -> None:
    body = Solid.from_manifold(Manifold.cube((20.0, 10.0, 2.0)))
    for outer_first, order in ((False, [Role.INNER, Role.OUTER]), (True, [Role.OUTER, Role.INNER])):
        layer = slice_solid(body, Profile(outer_first=outer_first)).layers[3]
        assert [bead.role for bead in layer.beads][:2] == order
    hexagon = Solid.from_manifold(Manifold.cylinder(2.0, 10.0, 10.0, 6) - Manifold.cylinder(2.0, 4.0, 4.0, 30))
    for bead in slice_solid(hexagon, Profile(seam=Seam.REAR)).layers[3].beads:
        if bead.role is Role.OUTER:
            assert bead.points[0, 1] == pytest.approx(bead.points[:, 1].max())
    # An L: the corner that points inwards hides the seam.
    ell = Manifold.cube((20.0, 20.0, 2.0)) - Manifold.cube((12.0, 12.0, 2.0)).translate((8.0, 8.0, 0.0))
    outer = [one for one in slice_solid(Solid.from_manifold(ell), Profile()).layers[3].beads if one.role is Role.OUTER]
    assert outer[0].points[0] == pytest.approx([8.0 - 0.225, 8.0 - 0.225], abs=0.01)


def test_widths_of_roles_are_those_of_the_profile() -> None:
    profile = Profile(widths=Widths(outer=0.4, inner=0.5, first=0.55), perimeters=3, elephant_foot=0.0)
    layers = slice_solid(Solid.from_manifold(Manifold.cube((20.0, 20.0, 2.0))), profile).layers
    widths = {bead.role: float(bead.widths[0]) for bead in layers[4].beads}
    assert (widths[Role.OUTER], widths[Role.INNER]) == (0.4, 0.5)
    assert {float(bead.widths[0]) for bead in layers[0].beads if bead.role is Role.INNER} == {0.55}
    assert layers[4].beads[0].speed == 60.0 and layers[0].beads[0].speed == profile.speeds.first


def test_the_hot_end_is_not_asked_for_more_than_it_melts() -> None:
    profile = Profile(max_flow=2.0)
    for bead in slice_solid(Solid.from_manifold(Manifold.cube((20.0, 20.0, 4.0))), profile).layers[10].beads:
        assert bead.speed * bead.widths.max() * bead.height <= 2.0 + 1e-9


def test_a_brim_lies_around_the_outside_and_not_in_holes(surface: Surface, coverage: Coverage) -> None:
    ring = Manifold.cylinder(2.0, 10.0, 10.0, 60) - Manifold.cylinder(2.0, 5.0, 5.0, 60)
    profile = Profile(adhesion=Adhesion(brim=3.0), elephant_foot=0.0)
    layers = slice_solid(Solid.from_manifold(ring), profile).layers
    brim = [bead for bead in layers[0].beads if bead.role is Role.BRIM]
    assert len(brim) == 6 and Role.BRIM not in roles(layers[1])
    radii = [float(np.hypot(*bead.points.T).mean()) for bead in brim]
    assert radii == sorted(radii, reverse=True) and radii[-1] == pytest.approx(10.35, abs=0.05)
    assert layers[0].beads[0].role is Role.BRIM
