from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.estimate import duration, move_times
from gcode.parse import parse
from gcode.recipe import Motion
from gcode.trace import Trace, trace


def moves(text: str) -> Trace:
    return trace(parse(text.encode()))


def closed_form(distance: float, speed: float, acceleration: float) -> float:
    """From rest to rest."""
    if speed * speed / acceleration <= distance:
        return distance / speed + speed / acceleration
    return 2 * math.sqrt(distance / acceleration)


@given(st.floats(0.01, 500), st.floats(1, 300), st.floats(50, 5000))
def test_one_move_is_its_closed_form(distance: float, speed: float, acceleration: float) -> None:
    path = moves(f"G1 X{distance:.3f} F{speed * 60:.3f}")
    expected = closed_form(round(distance, 3), round(speed * 60, 3) / 60, acceleration)
    assert duration(path, Motion(acceleration, 0.0)) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(st.integers(1, 60))
def test_a_straight_line_takes_the_same_time_in_any_number_of_pieces(pieces: int) -> None:
    text = "\n".join(f"G1 X{100 * (k + 1) / pieces:.6f} F3000" for k in range(pieces))
    assert duration(moves(text), Motion(800, 0.0)) == pytest.approx(closed_form(100, 50, 800), rel=1e-5)


def test_a_corner_without_jerk_is_a_stop() -> None:
    corner = moves("G1 X50 F3000\nG1 Y50")
    assert duration(corner, Motion(800, 0.0)) == pytest.approx(2 * closed_form(50, 50, 800))
    assert duration(corner, Motion(800, 50.0)) == pytest.approx(2.0)


def test_a_slow_move_ahead_is_seen() -> None:
    """50 mm/s into 10 mm/s: the first move brakes to 10, the second runs at 10 and stops."""
    v, w, a = 50.0, 10.0, 500.0
    first = v / a + (v - w) / a + (100 - v * v / (2 * a) - (v * v - w * w) / (2 * a)) / v
    second = (20 - w * w / (2 * a)) / w + w / a
    times = move_times(moves("G1 X100 F3000\nG1 X120 F600"), Motion(a, 0.0))
    assert times == pytest.approx([first, second])


def test_an_axis_limit_slows_the_whole_move() -> None:
    fast = moves("G1 X100 Z10 F6000")
    free, slow = duration(fast, Motion(1e6, 0.0)), duration(fast, Motion(1e6, 0.0, (500, 500, 5, 50)))
    assert free == pytest.approx(math.hypot(100, 10) / 100, rel=1e-3)
    assert slow == pytest.approx(10 / 5, rel=1e-3)


def test_dwells_and_homing_count_and_standing_still_does_not() -> None:
    path = moves("G28\nG4 P1500\nG4 S2\nG1 F3000\nG1 X0 Y0\n")
    assert duration(path, Motion(), homing=10) == pytest.approx(13.5)


@given(
    st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200), st.floats(1, 100)), min_size=1, max_size=50),
    st.floats(0, 20),
)
def test_never_faster_than_the_speeds_and_never_slower_than_stops(
    path: list[tuple[float, float, float]], jerk: float
) -> None:
    run = moves("\n".join(f"G1 X{x:.3f} Y{y:.3f} F{f * 60:.1f}" for x, y, f in path))
    motion = Motion(700, jerk)
    times, way = move_times(run, motion), run.distance
    assert np.isfinite(times).all()
    assert (times >= way / run.feed * (1 - 1e-9)).all()
    stops = sum(closed_form(d, f, 700) for d, f in zip(way, run.feed, strict=True) if d > 0)
    assert times.sum() <= stops + 1e-6
