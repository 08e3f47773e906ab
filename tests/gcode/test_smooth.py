from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.smooth import smoothed

TOLERANCE = 0.004


def ring(count: int, turn: float = 2 * np.pi) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    angles = np.linspace(0, turn, count + 1)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.mark.parametrize("count", [10, 12, 16])
def test_a_coarse_ring_becomes_round(count: int) -> None:
    coarse, fine = ring(count), smoothed(ring(count), TOLERANCE)
    middles = (fine[:-1] + fine[1:]) / 2
    assert abs(np.hypot(*middles.T) - 1).max() < 2 * TOLERANCE
    assert abs(np.hypot(*((coarse[:-1] + coarse[1:]) / 2).T) - 1).max() > 4 * TOLERANCE
    assert len(fine) < 8 * count


def test_corners_and_straight_lines_stay() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    assert np.array_equal(smoothed(square, TOLERANCE), square)
    arch = np.vstack([[[1.0, -3.0]], ring(6, np.pi), [[-1.0, -3.0]]])
    bent = smoothed(arch, TOLERANCE)
    stems = bent[bent[:, 1] < 0]
    assert np.allclose(abs(stems[:, 0]), 1)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=2, max_size=12))
def test_it_goes_through_the_same_points(points: list[tuple[float, float]]) -> None:
    line = np.array(points)
    found = smoothed(line, TOLERANCE)
    assert np.isfinite(found).all()
    for point in line:
        assert np.hypot(*(found - point).T).min() < 1e-9
