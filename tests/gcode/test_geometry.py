from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.geometry import Bounds, Transform, arc, bezier, bounds_of, length, resampled, split_at, without_repeats

coordinate = st.floats(-100, 100)
line = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=8).map(
    lambda points: np.array(points, dtype=float)
)


@given(line, st.floats(0, 1))
def test_a_cut_line_keeps_its_length(points: np.ndarray, share: float) -> None:
    points = without_repeats(points)
    total = length(points)
    first, rest = split_at(points, total * share)
    assert length(first) + length(rest) == pytest.approx(total, abs=1e-5)
    assert length(first) == pytest.approx(total * share, abs=1e-5)


@given(line, st.floats(0.5, 20))
def test_resampling_keeps_corners_and_length(points: np.ndarray, step: float) -> None:
    fine = resampled(points, step)
    assert length(fine) == pytest.approx(length(points))
    assert np.hypot(*np.diff(fine, axis=0).T).max() <= step + 1e-6
    assert all(np.abs(fine - corner).sum(axis=1).min() < 1e-9 for corner in points)


@given(line, st.floats(-180, 180), coordinate, coordinate, st.floats(0.1, 5))
def test_transforms_follow_one_another(points: np.ndarray, angle: float, x: float, y: float, factor: float) -> None:
    steps = (Transform.rotate(angle), Transform.move(x, y), Transform.scale(factor))
    both = steps[0].then(steps[1]).then(steps[2])
    assert both(points) == pytest.approx(steps[2](steps[1](steps[0](points))), abs=1e-7)
    assert length(both(points)) == pytest.approx(length(points) * factor, rel=1e-6, abs=1e-6)


def test_arcs_and_curves_stay_within_their_tolerance() -> None:
    points = arc((1, 2), 5, 0, math.pi, 0.01)
    middle = (points[1:] + points[:-1]) / 2
    assert np.abs(np.hypot(*(middle - [1, 2]).T) - 5).max() <= 0.0101
    control = np.array([[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0]])
    coarse, fine = bezier(control, 0.05), bezier(control, 0.0005)
    assert coarse[-1] == pytest.approx([10, 0])
    gaps = [np.abs(fine - point).sum(axis=1).min() for point in coarse]
    assert max(gaps) < 0.15
    assert len(fine) > len(coarse)


def test_bounds() -> None:
    assert bounds_of([]) is None
    assert bounds_of([np.zeros((0, 2)), np.array([[1.0, 2.0], [3.0, -4.0]])]) == Bounds(1, -4, 3, 2)
    assert Bounds(0, 0, 10, 10).holds(Bounds(0, 1, 10, 9))
    assert not Bounds(0, 0, 10, 10).holds(Bounds(0, 1, 10.1, 9))
