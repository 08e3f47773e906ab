"""What is no body that can be printed is refused with what, where and the mend."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import Manifold, Mesh64

from gcode.slicing.profile import Profile
from gcode.slicing.sections import sections
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import MAX_TRIANGLES, Solid, SolidError

CORNERS = np.array([(x, y, z) for z in (0.0, 8.0) for y in (0.0, 6.0) for x in (0.0, 10.0)])
SIDES = np.array(
    [
        *[(0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4)],
        *[(2, 6, 3), (3, 6, 7), (0, 4, 2), (2, 4, 6), (1, 3, 5), (3, 7, 5)],
    ]
)


def test_a_box_is_a_body() -> None:
    box = Solid.of(CORNERS, SIDES)
    assert box.volume == pytest.approx(480.0)
    assert (box.low, box.high) == ((0.0, 0.0, 0.0), (10.0, 6.0, 8.0))


def test_triangles_that_share_no_corners_are_joined() -> None:
    assert Solid.soup(CORNERS[SIDES]).volume == pytest.approx(480.0)
    with pytest.raises(SolidError, match="m x 3 x 3"):
        Solid.soup(CORNERS)


def test_nothing_is_no_body() -> None:
    with pytest.raises(SolidError, match="empty"):
        Solid.of(CORNERS, np.empty((0, 3)))
    with pytest.raises(SolidError, match="n x 3"):
        Solid.of(CORNERS[:, :2], SIDES)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flat_body_is_refused_by_its_direction(axis: int) -> None:
    flat = CORNERS.copy()
    flat[:, axis] *= 0.001
    with pytest.raises(SolidError, match=rf"flat: 0\.0\d+ mm in {'XYZ'[axis]}.*unit"):
        Solid.of(flat, SIDES)


def test_a_sheet_of_two_sides_has_no_thickness() -> None:
    sheet = np.array([(0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (0.0, 10.0, 10.0)])
    with pytest.raises(SolidError, match=r"no (volume|thickness)"):
        Solid.of(sheet, np.array([(0, 1, 2), (0, 2, 1)]))


def test_a_body_in_another_unit_is_refused() -> None:
    with pytest.raises(SolidError, match="unit"):
        Solid.of(CORNERS * 1000, SIDES)
    with pytest.raises(SolidError, match="away from its origin"):
        Solid.of(CORNERS + 20_000, SIDES)


def test_a_hole_is_named_with_its_place() -> None:
    with pytest.raises(SolidError, match=r"not watertight: 3 edges .* at \d"):
        Solid.of(CORNERS, SIDES[:-1])
    turned = SIDES.copy()
    turned[3] = turned[3, ::-1]
    with pytest.raises(SolidError, match="not watertight"):
        Solid.of(CORNERS, turned)


def test_inside_out_is_named() -> None:
    with pytest.raises(SolidError, match="inside out"):
        Solid.of(CORNERS, SIDES[:, ::-1])


def test_numbers_that_are_none() -> None:
    broken = CORNERS.copy()
    broken[3, 1] = np.nan
    with pytest.raises(SolidError, match="vertex 4 of the body is not finite"):
        Solid.of(broken, SIDES)
    with pytest.raises(SolidError, match="triangle 1 names a vertex"):
        Solid.of(CORNERS, SIDES + 7)
    twice = SIDES.copy()
    twice[5] = (3, 3, 1)
    with pytest.raises(SolidError, match="triangle 6 of the body has a corner twice"):
        Solid.of(CORNERS, twice)


def test_more_than_a_million_triangles_are_refused_before_they_are_looked_at() -> None:
    many = np.zeros((MAX_TRIANGLES + 1, 3), dtype=np.int64)
    with pytest.raises(SolidError, match="1000001 triangles, 1000000 are allowed: export it coarser"):
        Solid.of(CORNERS, many)
    with pytest.raises(SolidError, match="coarser"):
        Solid.soup(np.zeros((MAX_TRIANGLES + 1, 3, 3), dtype=np.float32))


MILLION = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from manifold3d import Manifold
from gcode.slicing.profile import Infill, Profile
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + 1_500_000_000
resource.setrlimit(resource.RLIMIT_AS, (most, most))
ball = Solid.from_manifold(Manifold.sphere(6.0, 1400).trim_by_plane((0.0, 0.0, 1.0), -5.0))
sliced = slice_solid(ball, Profile(infill=Infill(density=1.0)))
print(len(ball.faces), len(sliced.layers), round(sliced.volume / ball.volume, 2))
"""


def test_almost_a_million_triangles_are_sliced_within_bounds(tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", MILLION, root], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    faces, layers, volume = ended.stdout.split()
    assert 850_000 < int(faces) < MAX_TRIANGLES, ended.stderr
    assert int(layers) == 55 and float(volume) == pytest.approx(1.0, abs=0.02)


def test_bodies_within_each_other_are_named_by_their_height() -> None:
    both = np.vstack([CORNERS, CORNERS + 3.0])
    body = Solid.of(both, np.vstack([SIDES, SIDES + len(CORNERS)]))
    with pytest.raises(SolidError, match=r"crosses itself 3\.1\d mm above .* 21\.00 mm2"):
        slice_solid(body, Profile())


def test_a_wall_that_crosses_its_opposite_is_named() -> None:
    bow = CORNERS.copy()
    # The side at x = 10 is swapped: seen from above the outline is a bow tie of two equal halves.
    bow[[1, 3, 5, 7]] = CORNERS[[3, 1, 7, 5]] + [0.0, 4.0, 0.0]
    with pytest.raises(SolidError, match=r"crosses itself|no volume|inside out"):
        slice_solid(Solid.of(bow, SIDES), Profile())


def test_layers_of_a_box_are_one_and_have_its_volume() -> None:
    found = list(sections(Solid.of(CORNERS, SIDES), Profile(first_height=0.3)))
    assert len(found) == 40
    assert len({section.digest for section in found}) == 1
    assert found[0].height == 0.3 and found[1].z == 0.5
    assert sum(section.area.area() * section.height for section in found) == pytest.approx(480.0, rel=0.02)


def test_a_body_that_stands_on_a_point_is_refused() -> None:
    tip = Manifold.cylinder(0.12, 0.0, 0.001, 12) + Manifold.cylinder(5.0, 3.0, 3.0, 12).translate((0.0, 0.0, 0.12))
    with pytest.raises(SolidError, match="stands on a point"):
        list(sections(Solid.from_manifold(tip), Profile()))


def test_too_many_layers_are_refused() -> None:
    tall = CORNERS * [1.0, 1.0, 120.0]
    with pytest.raises(SolidError, match="thicker layers"):
        list(sections(Solid.of(tall, SIDES), Profile(height=0.02)))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 30.0), st.floats(0.06, 0.3))
def test_layers_follow_the_height_of_a_body(tall: float, height: float) -> None:
    body = Solid.of(CORNERS * [1.0, 1.0, tall / 8.0], SIDES)
    found = list(sections(body, Profile(height=height)))
    assert abs(found[-1].z - tall) <= max(height / 2, 0.2) + 1e-6
    assert all(not section.area.is_empty() for section in found)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 11), st.integers(0, 2), st.integers(-2, 9))
def test_a_damaged_box_is_refused_or_printable(triangle: int, corner: int, vertex: int) -> None:
    """A triangle that names another vertex: either nothing changed, or it is told. Nothing else is raised."""
    sides = SIDES.copy()
    sides[triangle, corner] = vertex
    if (sides == SIDES).all():
        assert Solid.of(CORNERS, sides).volume > 0
    else:
        with pytest.raises(SolidError):
            Solid.of(CORNERS, sides)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-20.0, 20.0, width=16)] * 3), min_size=1, max_size=8),
    st.lists(st.tuples(*[st.integers(0, 7)] * 3), max_size=14),
)
def test_any_triangles_are_a_body_or_told(points: list[tuple[float, ...]], faces: list[tuple[int, ...]]) -> None:
    """Whatever is called a body: layers come out of it, or one sentence. Nothing else is raised."""
    try:
        sliced = slice_solid(Solid.of(np.array(points), np.array(faces).reshape(-1, 3)), Profile(first_height=0.3))
    except SolidError as error:
        assert len(str(error)) > 20
    else:
        assert sliced.layers


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-9.0, 9.0)] * 3), min_size=4, max_size=12), st.integers(0, 3))
def test_hulls_are_bodies_and_their_pairs_are_printed_or_told(corners: list[tuple[float, ...]], pair: int) -> None:
    hull = Manifold.hull_points(np.array(corners))
    if hull.is_empty() or hull.volume() < 1.0:
        return
    try:
        body = Solid.from_manifold(hull)
        both = Solid.of(
            np.vstack([body.vertices, body.vertices + np.array([float(pair), 0.0, 0.0])]),
            np.vstack([body.faces, body.faces + len(body.vertices)]),
        )
        sliced = slice_solid(body, Profile())
        assert abs(sum(layer.within.area() for layer in sliced.layers) * 0.2 - body.volume) < 0.2 * body.volume + 8.0
        slice_solid(both, Profile())
    except SolidError as error:
        assert "flat" in str(error) or "crosses itself" in str(error) or "stands on a point" in str(error)


def test_what_templates_build_needs_no_file() -> None:
    ball = Solid.from_manifold(Manifold.sphere(5.0, 48))
    mesh = Mesh64(vert_properties=ball.vertices, tri_verts=ball.faces.astype(np.uint64))
    assert Manifold(mesh).volume() == pytest.approx(ball.volume)
