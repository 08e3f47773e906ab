from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.order import inner_first, ordered, travel
from gcode.order.search import settled
from gcode.order.tour import Tour

point = st.tuples(st.integers(0, 20), st.integers(0, 20)) | st.tuples(st.floats(0, 100), st.floats(0, 100))
stroke = st.lists(point, min_size=1, max_size=4).map(lambda points: np.array(points, dtype=float))
nothing = point.map(lambda at: np.array([at, at], dtype=float))
loop = st.lists(point, min_size=2, max_size=5).map(lambda points: np.array([*points, points[0]], dtype=float))
start = st.none() | point


def name(line: np.ndarray) -> tuple[object, ...]:
    """The same for a line and its reversal; for a closed one the same wherever it begins, but not reversed."""
    points = [tuple(at) for at in line.tolist()]
    if len(points) > 2 and points[0] == points[-1]:
        return min(tuple(points[at:-1] + points[: at + 1]) for at in range(len(points) - 1))
    return min(tuple(points), tuple(points[::-1]))


@settings(deadline=None)
@given(st.lists(stroke | nothing | loop, max_size=25), start)
def test_every_stroke_is_kept_once(lines: list[np.ndarray], start: tuple[float, float] | None) -> None:
    assert sorted(map(name, ordered(lines, start))) == sorted(map(name, lines))


@settings(deadline=None)
@given(st.lists(nothing, min_size=2, max_size=25))
def test_strokes_without_length_end_the_search(lines: list[np.ndarray]) -> None:
    assert len(ordered([*lines, *lines])) == 2 * len(lines)


def test_many_strokes_at_one_point_all_stay() -> None:
    lines = [np.array([[7.0, 7.0], [7.0, 7.0]])] * 500 + [np.array([[7.0, 7.0], [8.0, 7.0]])] * 500
    found = ordered(lines, None)
    assert len(found) == 1000
    assert travel(found, None) == 0.0


@settings(deadline=None, max_examples=40)
@given(st.lists(stroke, min_size=1, max_size=4), start)
def test_of_a_few_strokes_no_order_is_shorter(lines: list[np.ndarray], start: tuple[float, float] | None) -> None:
    lines = [line if len(line) < 3 or (line[0] != line[-1]).any() else line[:2] for line in lines]
    shortest = min(
        travel([line[::-1] if back else line for line, back in zip(order, flips, strict=True)], start)
        for order in itertools.permutations(lines)
        for flips in itertools.product((False, True), repeat=len(lines))
    )
    assert travel(ordered(lines, start), start) <= shortest + 1e-6


def test_it_is_much_shorter_than_as_given_and_always_the_same() -> None:
    lines = list(np.random.default_rng(7).uniform(0, 100, (200, 2, 2)))
    found = ordered(lines)
    assert travel(found) < 0.14 * travel(lines)
    assert all((a == b).all() for a, b in zip(found, ordered(lines), strict=True))


def test_kicks_shorten_and_their_seed_is_what_is_passed_in() -> None:
    lines = list(np.random.default_rng(3).uniform(0, 100, (300, 2, 2)))
    quick, long = ordered(lines, effort=0), ordered(lines, effort=10)
    assert travel(long) < 0.98 * travel(quick)
    # With many kicks two seeds may come to the same way.
    one, other = ordered(lines, effort=1), ordered(lines, effort=1, seed=1)
    assert not all((a == b).all() for a, b in zip(one, other, strict=True))


@settings(deadline=None)
@given(st.lists(st.tuples(point, point), min_size=8, max_size=30), st.integers(0, 100), st.data())
def test_a_kick_that_is_taken_back_leaves_all_as_it_was(
    strokes: list[tuple[tuple[float, float], ...]], begin: int, data: st.DataObject
) -> None:
    points = [complex(*at) for stroke in strokes for at in stroke]
    tour = Tour(range(len(points)), points, len(points))
    near = [sorted((abs(at - to), b) for b, to in enumerate(points) if a // 2 != b // 2) for a, at in enumerate(points)]
    before = tour.order[:], tour.place[:], tour.link[:], tour.way[:]
    most = (len(strokes) - 1) // 3
    lengths = data.draw(st.lists(st.integers(1, most), min_size=3, max_size=3))
    length = tour.length()
    gain, touched = tour.kick(begin % len(strokes), lengths)
    assert length - tour.length() == pytest.approx(gain, abs=1e-9)
    kicked = tour.length()
    gain = settled(tour, near, touched, 1e-9, 10)
    assert kicked - tour.length() == pytest.approx(gain, abs=1e-9)
    assert sorted(tour.order) == sorted(before[0]) and [tour.order[at] for at in tour.place] == sorted(before[0])
    tour.undo()
    tour.kick(begin % len(strokes), lengths[::-1])
    assert (tour.order, tour.place, tour.link) == before[:3]
    assert tour.way == pytest.approx(before[3])


def test_two_opt_uncrosses_what_the_nearest_end_leaves() -> None:
    """From 0: the near stroke on the left draws the greedy way left first, and the far right costs the way back."""
    lines = [np.array([[x, 0.0], [x, 1.0]]) for x in (-2.0, 1.5, -7.0, 4.0)]
    assert travel(ordered(lines)) <= travel([lines[1], lines[3][::-1], lines[0], lines[2][::-1]]) + 1e-9


def test_hatch_is_drawn_back_and_forth() -> None:
    lines = [np.array([[0.0, y], [100.0, y]]) for y in np.random.default_rng(5).permutation(400) * 0.5]
    assert travel(ordered(lines)) == pytest.approx(0.5 * 399)


def test_closed_strokes_begin_at_their_nearest_point_and_keep_their_direction() -> None:
    square = np.array([[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0], [10.0, 10.0]])
    first, second = ordered([square + np.array([30.0, 0.0]), square[[2, 3, 0, 1, 2]]], (0.0, 15.0))
    assert first[0].tolist() == [20.0, 10.0] or first[0].tolist() == [20.0, 20.0]
    assert travel([first, second], (0.0, 15.0)) == pytest.approx(20.6155 + 20.0)
    for line in (first, second):
        x, y = line.T
        assert (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0
    assert travel(ordered([square], (21.0, 21.0)), (21.0, 21.0)) == pytest.approx(2**0.5)


def squares(*sides: float) -> list[np.ndarray]:
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]) / 2
    return [corners * side for side in sides]


def test_what_is_inside_is_drawn_before_what_is_around_it() -> None:
    random = np.random.default_rng(2)
    lines = [line + at for at in random.uniform(0, 500, (30, 2)) // 25 * 25 for line in squares(20.0, 9.0, 4.0)]
    lines += [np.array([at, at + 0.5]) for at in random.uniform(0, 500, (50, 2))]
    pairs = inner_first(lines)
    assert len(pairs) >= 60
    found = [name(line) for line in ordered(lines, before=pairs)]
    assert sorted(found) == sorted(map(name, lines))
    names = list(map(name, lines))
    last = {name: at for at, name in enumerate(found)}
    assert all(last[names[inner]] < last[names[outer]] or names.count(names[outer]) > 1 for inner, outer in pairs)
    assert travel(ordered(lines, before=pairs)) < 1.5 * travel(ordered(lines))


def test_inside_is_told_from_beside() -> None:
    one, two = squares(10.0, 4.0)
    triangle = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [0.0, 0.0]])
    assert inner_first([one, two, one + 20, two + 20]) == [(1, 0), (3, 2)]
    assert inner_first([triangle, two / 4 + 9.0]) == []
    assert inner_first([*squares(4.0, 10.0, 7.0), np.array([[0.0, 0.0], [1.0, 1.0]])]) == [(0, 2), (2, 1), (3, 0)]
    assert inner_first([one, one]) == []


@settings(deadline=None)
@given(st.lists(stroke | loop, min_size=1, max_size=12), st.data())
def test_any_rule_without_a_circle_is_kept(lines: list[np.ndarray], data: st.DataObject) -> None:
    lines = [line + np.array([1000.0 * at, 0.0]) for at, line in enumerate(lines)]
    some = st.integers(0, len(lines) - 1)
    drawn = data.draw(st.lists(st.tuples(some, some), max_size=20))
    pairs = [(max(pair), min(pair)) for pair in drawn if pair[0] != pair[1]]
    found = [int(line[0, 0] // 1000) for line in ordered(lines, before=pairs)]
    assert sorted(found) == list(range(len(lines)))
    assert all(found.index(first) < found.index(second) for first, second in pairs)


def test_what_cannot_be_ordered_is_refused() -> None:
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="in a circle"):
        ordered([line, line, line], before=[(0, 1), (1, 2), (2, 1)])
    with pytest.raises(ValueError, match="3 is to be drawn before 0"):
        ordered([line, line], before=[(3, 0)])
    with pytest.raises(ValueError, match="stroke 2 has a point that is not finite"):
        ordered([line, line * np.nan])
    with pytest.raises(ValueError, match="the start is not finite"):
        ordered([line], (np.inf, 0.0))


def test_empty_lines_are_left_out_and_pairs_still_mean_the_others() -> None:
    lines = [np.zeros((0, 2)), np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[3.0, 0.0], [4.0, 0.0]])]
    assert [line[0, 0] for line in ordered(lines)] == [1.0, 3.0]
    assert {float(line.min()) for line in ordered(lines, before=[(2, 1), (0, 1)])[:1]} == {0.0}
    assert ordered(lines, before=[(2, 1)])[0][:, 0].max() == 4.0
    assert ordered([]) == []
