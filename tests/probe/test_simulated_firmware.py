"""The simulated Marlin's mesh: what is raised is brought back, and where a move is split."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.deposit import Pump, lay_on
from simulators.ground import FAR, NEAR, Ground
from simulators.marlin.mesh import Leveling, Mesh, zigzag
from simulators.picture import Plate

PLATE = Plate(40, 40, 140, 100)
places = st.tuples(st.floats(0, 220), st.floats(0, 220), st.floats(0.5, 40))


def leveling(seed: int, fade: float, nx: int = 4, ny: int = 3) -> Leveling:
    values = np.random.Generator(np.random.PCG64(seed)).uniform(-2, 2, (nx, ny))
    return Leveling(Mesh((50, 50), (40, 35), values), True, fade)


@given(place=places, seed=st.integers(0, 99), fade=st.sampled_from([0.0, 10.0, 50.0]))
def test_what_is_raised_is_brought_back(place: tuple[float, float, float], seed: int, fade: float) -> None:
    found = leveling(seed, fade)
    true = found.raised(place)
    assert found.flat(true) == pytest.approx(place, abs=1e-6)
    assert found.switch(False, place) == true == found.raised(true)
    assert found.switch(True, true) == pytest.approx(place, abs=1e-6)


def test_at_the_points_it_is_what_was_measured_and_beyond_the_edge_it_goes_on() -> None:
    mesh = leveling(3, 0.0).mesh
    assert mesh is not None
    for i in range(4):
        for j in range(3):
            assert mesh.height(50 + 40 * i, 50 + 35 * j) == pytest.approx(mesh.values[i, j])
    assert mesh.height(0, 85) == mesh.height(50, 85)
    assert mesh.height(60, 219) == mesh.height(60, 120)


@given(begin=places, end=places)
def test_a_move_is_split_where_the_mesh_bends(
    begin: tuple[float, float, float], end: tuple[float, float, float]
) -> None:
    mesh = leveling(5, 0.0).mesh
    assert mesh is not None
    shares = [0.0, *mesh.borders(begin, end), 1.0]
    assert shares == sorted(shares)
    for low, high in itertools.pairwise(shares):
        for axis, lines in ((0, (90, 130)), (1, (85,))):
            first, last = sorted(begin[axis] + share * (end[axis] - begin[axis]) for share in (low, high))
            assert not [line for line in lines if first + 1e-4 < line < last - 1e-4]


def test_every_point_is_visited_once_and_the_last_is_right_at_the_back() -> None:
    for columns, rows in ((3, 3), (7, 5), (4, 6)):
        way = zigzag(columns, rows)
        assert len(set(way)) == len(way) == columns * rows
        assert way[-1] == (columns - 1, rows - 1)
        assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in itertools.pairwise(way))


@pytest.mark.parametrize("seed", range(6))
def test_a_slab_is_as_uneven_as_was_said_and_differs_by_its_seed(seed: int) -> None:
    ground, other = Ground(10, PLATE, 2.0, seed), Ground(10, PLATE, 2.0, seed + 1)
    x, y = (values.ravel() for values in np.meshgrid(np.linspace(40, 180, 200), np.linspace(40, 140, 200)))
    bumps = ground.bumps(x, y)
    assert (bumps.min(), bumps.max()) == pytest.approx((-2, 2), abs=0.02)
    assert np.abs(bumps - other.bumps(x, y)).max() > 1
    assert ground.top(30, 60) == 0 < ground.top(110, 90)


@pytest.mark.parametrize(
    ("gap", "scraped", "fallen"), [(-0.5, 20, 0), (0.2, 20, 0), (0.8, 0, 0), (1.5, 0, 0), (1.8, 0, 20)]
)
def test_too_near_is_scraped_and_too_far_falls_and_wanders(gap: float, scraped: float, fallen: float) -> None:
    """A bead of 0.96 mm2 would be 1.1 mm thick."""
    ground = Ground(10, PLATE)
    assert NEAR * 1.106 > 0.2
    assert 1.5 < FAR * 1.106 < 1.8
    row = (0.0, 60.0, 60.0, 10 + gap, 80.0, 60.0, 10 + gap, 0.96 * 20, 20.0, 1000.0, 20.0, 20.0, 20.0, 0.0, 1.0, 0.0)
    beads, lies = lay_on([row], Pump(1.0, ground=ground), 2.0)
    assert lies is not None
    facts = lies.facts(np.full(len(beads), 0.25))
    assert (facts["scraped"], facts["fallen"]) == (scraped, fallen)
    strayed = np.abs(beads.end[:, 1] - 60).max()
    assert (strayed > 0.05) == (fallen > 0)
