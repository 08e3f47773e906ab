"""The planner against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.motion import SLOWEST, Block, Limits, Planner

LIMITS = Limits(feedrate=(500, 500, 50, 100), acceleration=(1000, 1000, 100, 5000), printing=1000, travel=1000)


def run(limits: Limits, moves: list[tuple[float, float, float, float, float]], size: int = 64) -> list[Block]:
    """Moves (x, y, z, e, feed) from the origin, all queued before the first begins to be looked at."""
    planner = Planner(limits, size)
    place = (0.0, 0.0, 0.0)
    for x, y, z, e, feed in moves:
        if planner.append(0.0, place, (x, y, z), e, feed):
            place = (x, y, z)
    planner.advance(1e9, flush=True)
    return planner.done


def test_a_long_move_takes_the_time_of_its_trapezoid() -> None:
    (block,) = run(LIMITS, [(100, 0, 0, 0, 50)])
    v, a, s = 50, 1000, 100
    assert block.duration == pytest.approx(s / v + v / a, rel=1e-3)
    assert block.peak == pytest.approx(v)
    assert sum(block.phases) == pytest.approx(block.duration)


def test_a_short_move_is_a_triangle() -> None:
    (block,) = run(LIMITS, [(1, 0, 0, 0, 400)])
    assert block.peak == pytest.approx(math.sqrt(1000 * 1), rel=1e-3)
    assert block.duration == pytest.approx(2 * math.sqrt(1 / 1000), rel=1e-2)


def test_the_slowest_axis_limits_speed_and_acceleration() -> None:
    (lift,) = run(LIMITS, [(0, 0, 30, 0, 400)])
    assert lift.peak == pytest.approx(50)
    assert lift.acceleration == pytest.approx(100)
    (slanted,) = run(LIMITS, [(30, 0, 30, 0, 400)])
    assert slanted.acceleration == pytest.approx(100 * math.sqrt(2))


def test_halves_of_a_line_take_as_long_as_the_line() -> None:
    (whole,) = run(LIMITS, [(100, 0, 0, 10, 50)])
    halves = run(LIMITS, [(50, 0, 0, 5, 50), (100, 0, 0, 5, 50)])
    assert sum(b.duration for b in halves) == pytest.approx(whole.duration, rel=1e-6)
    assert halves[1].start == pytest.approx(halves[0].end)


def test_a_right_angle_is_taken_at_the_junction_deviation_speed() -> None:
    first, second = run(LIMITS, [(50, 0, 0, 0, 100), (50, 50, 0, 0, 100)])
    half_sine = math.sqrt(0.5)
    along = 1000 * math.sqrt(2)  # each axis at its limit, the corner's acceleration along the bisector
    expected = math.sqrt(min(along, 1000) * 0.013 * half_sine / (1 - half_sine))
    assert first.exit == pytest.approx(expected, rel=1e-6)
    assert math.sqrt(second.entry) == pytest.approx(expected, rel=1e-6)


def test_classic_jerk_limits_the_jump_of_each_axis() -> None:
    jerky = replace(LIMITS, jerk=(8.0, 8.0, 0.4, 5.0))
    first, _ = run(jerky, [(50, 0, 0, 0, 100), (50, 50, 0, 0, 100)])
    assert first.exit == pytest.approx(8.0)
    assert math.sqrt(first.entry) == pytest.approx(8.0)


def test_turning_back_means_standing_still() -> None:
    first, _ = run(LIMITS, [(50, 0, 0, 0, 100), (0, 0, 0, 0, 100)])
    assert first.exit == pytest.approx(SLOWEST)


def test_a_short_queue_brakes_where_a_long_one_does_not() -> None:
    moves = [(i * 0.2, 0.0, 0.0, 0.01, 100.0) for i in range(1, 400)]
    far_sighted = sum(b.duration for b in run(LIMITS, moves, size=500))
    planner = Planner(LIMITS, 6)
    place = (0.0, 0.0, 0.0)
    for x, y, z, e, feed in moves:
        while planner.free <= 0:
            event = planner.next_event()
            assert event is not None
            planner.advance(event)
        last = planner.done[-1].end if planner.done else 0.0
        planner.append(last, place, (x, y, z), e, feed)
        place = (x, y, z)
    planner.advance(1e9, flush=True)
    near_sighted = sum(b.duration for b in planner.done)
    top = math.sqrt(2 * 1000 * 0.2 * 5)
    assert max(b.peak for b in planner.done) <= top * 1.01
    assert near_sighted > far_sighted * 1.2


def test_a_first_block_waits_for_company() -> None:
    planner = Planner(LIMITS, 16)
    planner.append(5.0, (0, 0, 0), (10, 0, 0), 0, 50)
    assert planner.next_event() == pytest.approx(5.1)
    planner.append(5.0, (10, 0, 0), (20, 0, 0), 0, 50)
    planner.append(5.0, (20, 0, 0), (30, 0, 0), 0, 50)
    planner.advance(5.0)
    event = planner.next_event()
    assert event is not None and event > 5.1  # it runs: the next event is its end
    assert planner.place(5.05) != (0, 0, 0)


def test_a_cut_block_ends_where_the_tool_was() -> None:
    planner = Planner(LIMITS, 16)
    planner.append(0.0, (0, 0, 0), (100, 0, 0), 10, 50)
    planner.advance(0.0, flush=True)
    place = planner.abort(1.0)
    assert place is not None
    assert place[0] == pytest.approx(50 * 1.0 - 50**2 / 1000 / 2, rel=1e-3)
    (part,) = planner.done
    assert part.e == pytest.approx(place[0] / 10)
    assert part.duration == pytest.approx(1.0)
    assert not len(planner)


coordinates = st.floats(0, 100).map(lambda value: round(value, 2))
moves = st.lists(
    st.tuples(coordinates, coordinates, st.just(0.0), st.floats(0, 2), st.floats(1, 300)), min_size=1, max_size=60
)


@settings(max_examples=60, deadline=None)
@given(moves, st.booleans(), st.integers(4, 20))
def test_any_path_is_continuous_and_within_limits(path: list[tuple[float, ...]], jerk: bool, size: int) -> None:
    limits = replace(LIMITS, jerk=(8.0, 8.0, 0.4, 5.0)) if jerk else LIMITS
    planner = Planner(limits, size)
    place, now = (0.0, 0.0, 0.0), 0.0
    for x, y, z, e, feed in path:
        while planner.free <= 0:
            now = planner.next_event() or now
            planner.advance(now)
        if planner.append(now, place, (x, y, z), e, feed):
            place = (x, y, z)
    planner.advance(1e9, flush=True)
    for before, after in zip(planner.done[:-1], planner.done[1:], strict=True):
        assert after.origin == before.target
        assert after.start >= before.end - 1e-9
        if after.start == pytest.approx(before.end, abs=1e-12) and not jerk:
            assert before.exit**2 == pytest.approx(after.entry, abs=1e-6)
    for block in planner.done:
        assert block.peak <= block.nominal + 1e-6
        assert block.travelled(block.end) == pytest.approx(block.length, abs=1e-6)
        assert min(block.phases) >= -1e-9
