from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gcode.order import ordered, travel

point = st.tuples(st.floats(0, 100), st.floats(0, 100))
stroke = st.lists(point, min_size=1, max_size=4).map(lambda points: np.array(points, dtype=float))
nothing = point.map(lambda at: np.array([at, at], dtype=float))


def either_way(line: np.ndarray) -> tuple[object, ...]:
    one, other = line.tolist(), line[::-1].tolist()
    return tuple(map(tuple, min(one, other)))


@given(st.lists(stroke | nothing, max_size=25))
def test_every_stroke_is_kept_once(lines: list[np.ndarray]) -> None:
    assert sorted(map(either_way, ordered(lines))) == sorted(map(either_way, lines))


@given(st.lists(nothing, min_size=2, max_size=25))
def test_strokes_without_length_end_the_search(lines: list[np.ndarray]) -> None:
    assert len(ordered([*lines, *lines])) == 2 * len(lines)


def test_it_is_much_shorter_than_as_given_and_always_the_same() -> None:
    lines = list(np.random.default_rng(7).uniform(0, 100, (200, 2, 2)))
    found = ordered(lines)
    assert travel(found) < 0.16 * travel(lines)
    assert all((a == b).all() for a, b in zip(found, ordered(lines), strict=True))


def test_two_opt_uncrosses_what_the_nearest_end_leaves() -> None:
    """From 0: the near stroke on the left draws the greedy way left first, and the far right costs the way back."""
    lines = [np.array([[x, 0.0], [x, 1.0]]) for x in (-2.0, 1.5, -7.0, 4.0)]
    assert travel(ordered(lines)) <= travel([lines[1], lines[3][::-1], lines[0], lines[2][::-1]]) + 1e-9
