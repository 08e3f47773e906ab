"""The agile planner: holds, resumes and overrides against what a machine can do."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.motion import SLOWEST, Block, Limits, Planner

LIMITS = Limits(feedrate=(100, 100, 20, 1e9), acceleration=(500, 500, 100, 1e9), deviation=0.01, axes_alone=True)
Place = tuple[float, float, float]


def planner(size: int = 16) -> Planner:
    return Planner(LIMITS, size, delay=0.0, agile=True)


def queue(made: Planner, places: list[Place], feed: float, start: Place = (0.0, 0.0, 0.0), now: float = 0.0) -> Place:
    for place in places:
        if made.append(now, start, place, 0.0, feed):
            start = place
    return start


def sound(blocks: list[Block]) -> None:
    """Blocks follow each other in place and time, and speed never jumps."""
    for before, after in itertools.pairwise(blocks):
        assert math.dist(before.target, after.origin) < 1e-6
        assert after.start >= before.end - 1e-9
        if after.start <= before.end + 1e-9 and before.exit > 1 and math.sqrt(after.entry) > 1:
            assert math.sqrt(after.entry) == pytest.approx(before.exit, rel=1e-3, abs=2 * SLOWEST)
    for block in blocks:
        assert block.travelled(block.end) == pytest.approx(block.length, abs=1e-6)
        assert block.peak <= block.fastest * (1 + 1e-6)
        assert abs(block.exit**2 - block.entry) <= 2 * block.acceleration * block.length * (1 + 1e-6) + 1e-3


def test_a_line_that_comes_while_one_runs_is_entered_at_speed() -> None:
    made = planner()
    queue(made, [(50.0, 0.0, 0.0)], 50)
    made.advance(0.5)
    assert made.running is not None and made.running.exit == pytest.approx(SLOWEST)
    queue(made, [(100.0, 0.0, 0.0)], 50, (50.0, 0.0, 0.0), 0.5)
    assert made.running.exit == pytest.approx(50)
    made.advance(100)
    assert len(made.done) == 2  # one line stayed one block
    assert made.done[-1].end == pytest.approx(100 / 50 + 50 / 500, rel=1e-2)
    sound(made.done)


def test_a_line_that_comes_too_late_still_speeds_the_end_up() -> None:
    made = planner()
    queue(made, [(50.0, 0.0, 0.0)], 50)
    late = 1.04  # it brakes from 1.0 to 1.1
    made.advance(late)
    queue(made, [(100.0, 0.0, 0.0)], 50, (50.0, 0.0, 0.0), late)
    made.advance(100)
    sound(made.done)
    assert 2.1 < made.done[-1].end < 2.2


def test_a_hold_brakes_at_once_and_keeps_what_is_left() -> None:
    made = planner()
    queue(made, [(50.0, 0.0, 0.0), (50.0, 50.0, 0.0)], 50)
    made.hold(0.5)
    assert made.running is not None
    assert made.running.end == pytest.approx(0.5 + 50 / 500, rel=1e-2)
    made.advance(5)
    assert made.running is None and len(made)
    stopped = made.done[-1].target
    assert stopped[0] == pytest.approx(50 * 0.5 - 50**2 / 1000 + 50**2 / 1000, abs=0.2)
    assert made.next_event() is None
    made.resume(5)
    made.advance(100)
    assert made.done[-1].target == (50.0, 50.0, 0.0)
    sound(made.done)


def test_a_hold_brakes_over_several_short_lines() -> None:
    made = planner(200)
    queue(made, [(0.5 * step, 0.0, 0.0) for step in range(1, 101)], 50)
    made.hold(0.5)
    made.advance(0.7)
    assert made.running is None
    assert made.done[-1].end == pytest.approx(0.6, abs=0.01)
    made.resume(1.0)
    made.advance(100)
    assert made.done[-1].target == (50.0, 0.0, 0.0)
    sound(made.done)


def halve(block: Block) -> None:
    block.nominal /= 2


def test_an_override_acts_on_the_line_at_work() -> None:
    made = planner()
    queue(made, [(100.0, 0.0, 0.0)], 50)
    made.revise(0.5, halve)
    made.advance(100)
    sound(made.done)
    assert made.done[-1].end == pytest.approx(0.5 + (100 - 25) / 25, rel=0.05)


PLACES = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(0, 5)).map(lambda at: tuple(round(v, 3) for v in at)),
    min_size=1,
    max_size=12,
)
ACTS = st.lists(st.tuples(st.floats(0, 2), st.sampled_from(["hold", "resume", "halve", "double"])), max_size=6)


@settings(max_examples=200, deadline=None)
@given(PLACES, ACTS, st.floats(1, 120))
def test_whatever_happens_on_the_way_it_arrives_and_no_speed_jumps(
    places: list[Place], acts: list[tuple[float, str]], feed: float
) -> None:
    made = planner()
    last = queue(made, places, feed)
    now = 0.0
    for pause, act in acts:
        now += pause
        made.advance(now)
        if act == "hold" and not made.held:
            made.hold(now)
        elif act == "resume" and made.held and made.running is None:
            made.resume(now)
        elif act == "halve":
            made.revise(now, halve)
        elif act == "double":
            made.revise(now, lambda block: setattr(block, "nominal", min(block.fastest, block.nominal * 2)))
    made.advance(now + 1000)
    if made.held:
        made.resume(now + 1000)
    made.advance(now + 1e6)
    assert not len(made)
    if made.done:
        assert made.done[-1].target == pytest.approx(last, abs=1e-6)
        sound(made.done)
