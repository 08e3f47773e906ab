"""Beads over nothing go the shortest way from support to support; what has no second support is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import CrossSection, Manifold

from gcode.slicing.bridges import over_nothing
from gcode.slicing.profile import Cooling, Profile, Role
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid

PROFILE = Profile()


def table(span: float, wide: float = 16.0) -> Solid:
    """Two blocks with a plate over them, ``span`` mm apart."""
    length = span + 16.0
    gap = Manifold.cube((span, wide + 2.0, 3.0)).translate((8.0, -1.0, 0.0))
    return Solid.from_manifold(Manifold.cube((length, wide, 5.0)) - gap)


def test_a_span_is_bridged_along_its_shortest_way() -> None:
    sliced = slice_solid(table(12.0), PROFILE)
    assert sliced.overhangs == ()
    bridge = [bead for bead in sliced.layers[15].beads if bead.role is Role.BRIDGE]
    assert bridge and all(Role.BRIDGE not in {bead.role for bead in layer.beads} for layer in sliced.layers[16:])
    steps = np.vstack([np.diff(bead.points, axis=0) for bead in bridge])
    long = np.abs(steps[np.hypot(*steps.T) > 5.0])
    assert len(long) > 10 and (long[:, 1] < 0.02 * long[:, 0]).all()
    assert (long[:, 0] > 12.0).all()
    assert bridge[0].speed == PROFILE.speeds.bridge


@given(st.floats(0.0, 180.0), st.floats(4.0, 10.0))
@settings(max_examples=30, deadline=None)
def test_the_direction_follows_the_opening(angle: float, wide: float) -> None:
    """A slot in any direction is crossed, not gone along."""
    plate = CrossSection.circle(30.0, 90)
    slot = CrossSection.square((30.0, wide), center=True).rotate(angle)
    bridges, overhangs = over_nothing(plate, plate - slot, 0.2, PROFILE)
    assert len(bridges) == 1 and not overhangs
    assert bridges[0].span == pytest.approx(wide, abs=0.35)
    turn = (bridges[0].angle - angle - 90.0) % 180.0
    assert min(turn, 180.0 - turn) < 15.0


def test_a_round_opening_is_a_bridge_and_a_lip_is_an_overhang() -> None:
    plate = CrossSection.square((40.0, 40.0), center=True)
    bridges, overhangs = over_nothing(plate, plate - CrossSection.circle(8.0, 60), 0.2, PROFILE)
    assert len(bridges) == 1 and not overhangs
    lip = plate + CrossSection.square((10.0, 10.0)).translate((19.0, -5.0))
    bridges, overhangs = over_nothing(lip, plate, 0.2, PROFILE)
    assert not bridges
    assert (overhangs[0].x, overhangs[0].y) == (24.5, 0.0)
    assert overhangs[0].reach == pytest.approx(9.0, abs=0.01) and overhangs[0].area == pytest.approx(90.0, rel=0.01)


def test_a_span_that_is_too_long_is_told_with_its_place() -> None:
    sliced = slice_solid(table(34.0), PROFILE)
    assert len(sliced.overhangs) == 1
    lean = sliced.overhangs[0]
    assert (lean.layer, lean.z) == (15, 3.2)
    assert "mm up" in str(lean) and "supports" in str(lean)
    assert lean.place.x == pytest.approx(25.0) and lean.place.area == pytest.approx(34.0 * 16.0, rel=0.01)


def test_something_that_floats_is_told() -> None:
    floats = Manifold.cube((10.0, 10.0, 1.0)) + Manifold.cube((4.0, 4.0, 1.0)).translate((3.0, 3.0, 3.0))
    sliced = slice_solid(Solid.from_manifold(floats), PROFILE)
    assert [lean.layer for lean in sliced.overhangs] == [15]
    assert not sliced.layers[10].steps and sliced.layers[15].steps


@pytest.mark.parametrize(("degrees", "told"), [(30.0, False), (45.0, False), (60.0, True), (75.0, True)])
def test_a_wall_may_lean_out_as_far_as_the_profile_says(degrees: float, told: bool) -> None:
    tall = 4.0
    more = tall * np.tan(np.radians(degrees))
    cone = Manifold.cylinder(tall, 8.0, 8.0 + more, 120)
    assert bool(slice_solid(Solid.from_manifold(cone), PROFILE).overhangs) is told


def test_a_bridge_has_its_own_fan() -> None:
    from gcode.dialects import MARLIN_FDM, Setup
    from gcode.slicing.plate import Placed, program

    cooling = Cooling(fan=0.5, fan_least=0.5, fan_bridge=1.0, least_time=0.0, fan_full_below=0.0)
    sliced = slice_solid(table(12.0), Profile(cooling=cooling))
    data = program([Placed(sliced, 40.0, 40.0)], MARLIN_FDM, Setup())
    layers = data.split(b";LAYER:")
    # Four pieces of walls, and the bridge itself.
    assert layers[16].count(b"M106 S255") == layers[16].count(b"M106 S128") == 5
    assert layers[16].index(b"M106 S255") < layers[16].index(b"M106 S128")
    assert b"M106 S255" not in layers[15] + layers[17]


def test_walls_over_nothing_are_laid_as_bridges_are() -> None:
    sliced = slice_solid(table(12.0), PROFILE)
    walls = [bead for bead in sliced.layers[15].beads if bead.role in (Role.OUTER, Role.INNER, Role.OVERHANG)]
    free = [bead for bead in walls if bead.role is Role.OVERHANG]
    # Two walls of two beads each cross the gap of 12 mm, from x = 8 to 20.
    assert len(free) == 4 and {bead.speed for bead in free} == {PROFILE.speeds.bridge}
    for bead in free:
        assert sorted(bead.points[[0, -1], 0].tolist()) == pytest.approx([8.0, 20.0], abs=0.05)
    above = [bead for bead in sliced.layers[16].beads if bead.role in (Role.OUTER, Role.INNER)]
    assert sum(bead.volume for bead in walls) == pytest.approx(sum(bead.volume for bead in above), rel=1e-6)
    assert all(Role.OVERHANG not in {bead.role for bead in layer.beads} for layer in sliced.layers[16:])


def test_walls_that_lean_a_little_are_walls() -> None:
    cone = Manifold.cylinder(4.0, 8.0, 11.0, 120)
    roles = {bead.role for layer in slice_solid(Solid.from_manifold(cone), PROFILE).layers for bead in layer.beads}
    assert Role.OVERHANG not in roles
    steep = Manifold.cylinder(4.0, 8.0, 18.0, 120)
    roles = {bead.role for layer in slice_solid(Solid.from_manifold(steep), PROFILE).layers for bead in layer.beads}
    assert Role.OVERHANG in roles
