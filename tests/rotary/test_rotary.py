"""Cylinders: the design goes round at its true size, at the spot's own speed, and never over the seam."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.dialects import GRBL_ROTARY, Setup
from gcode.parse import parse
from gcode.recipe import Motion, RecipeError
from gcode.rotary import Roll, RotaryError, per_mm, rolled, unrolled
from gcode.toolpath import Kind, Toolpath
from gcode.trace import Trace
from gcode.write import program

sizes = st.floats(8.0, 120.0)
turns = st.floats(1.0, 4000.0)


def _roll(diameter: float = 73.0, turn: float = 360.0, **more: float | bool) -> Roll:
    return replace(Roll(diameter, 120.0, per_mm(turn, diameter)), **more)  # type: ignore[arg-type]


def _path(*points: tuple[float, float], speed: float = 40.0) -> Toolpath:
    (x, y), *rest = points
    first = Toolpath.rows(Kind.TRAVEL, 1, x=x, y=y, s=0.0)
    there = np.array(rest)
    feed = np.full(len(rest), np.nan)
    feed[0] = speed
    return Toolpath.join([first, Toolpath.rows(Kind.LINE, len(rest), x=there[:, 0], y=there[:, 1], f=feed, s=500.0)])


def _read(toolpath: Toolpath, roll: Roll, *, flat: bool) -> Trace:
    """The marks of the bytes, on the surface or as the axes count."""
    data = program(rolled(toolpath, roll), GRBL_ROTARY, Setup())
    dialect = unrolled(GRBL_ROTARY, roll) if flat else GRBL_ROTARY
    moves = dialect.trace(parse(data))
    lit = dialect.marks(parse(data), moves)
    return replace(moves, start=moves.start[lit], end=moves.end[lit], feed=moves.feed[lit])


@given(diameter=sizes, turn=turns)
def test_a_line_all_around_is_one_turn_of_the_chuck(diameter: float, turn: float) -> None:
    roll = _roll(diameter, turn)
    assert roll.turn == pytest.approx(turn)
    assert roll.to_machine(np.array([[0.0, 5.0], [roll.circumference, 5.0]]))[:, 1] == pytest.approx([turn, 0.0])


@given(diameter=sizes, roller=st.floats(5.0, 60.0), turn=turns)
def test_on_rollers_a_mm_of_the_piece_is_a_mm_of_the_roller(diameter: float, roller: float, turn: float) -> None:
    assert per_mm(turn, diameter, roller) == pytest.approx(turn / (math.pi * roller))
    assert per_mm(turn, 2 * diameter, roller) == per_mm(turn, diameter, roller)


@given(
    points=st.lists(st.tuples(st.floats(0, 200), st.floats(0, 120)), min_size=1, max_size=9),
    along=st.floats(-50, 50), around=st.floats(-50, 50), reverse=st.booleans(), turn=turns,
)  # fmt: skip
def test_there_and_back_is_where_it_was(
    points: list[tuple[float, float]], along: float, around: float, reverse: bool, turn: float
) -> None:
    roll = _roll(73.0, turn, along=along, around=around, reverse=reverse)
    flat = np.array(points)
    assert roll.to_surface(roll.to_machine(flat)) == pytest.approx(flat, abs=1e-6)


def test_letters_are_turned_and_not_mirrored_unless_the_axis_turns_the_other_way() -> None:
    corner = np.array([[10.0, 10.0], [20.0, 10.0], [10.0, 20.0]])
    for roll, sense in ((_roll(), 1.0), (_roll(reverse=True), -1.0)):
        (a, b, c) = roll.to_machine(corner)
        (ax, ay), (bx, by) = b - a, c - a
        assert np.sign(ax * by - ay * bx) == sense


@pytest.mark.parametrize("turn", [360.0, 229.336, 80.0])
def test_the_spot_goes_over_the_surface_at_its_own_speed_in_every_direction(turn: float) -> None:
    points = [(60 + 30 * math.cos(angle), 60 + 30 * math.sin(angle)) for angle in np.linspace(0, 6, 25)]
    moves = _read(_path(*points), _roll(turn=turn), flat=True)
    assert moves.feed == pytest.approx(np.full(24, 40.0), rel=2e-3)
    assert np.vstack([moves.start[:1, :2], moves.end[:, :2]]) == pytest.approx(np.array(points), abs=2e-3 * 3)


def test_the_axis_counts_its_own_units_in_the_bytes() -> None:
    moves = _read(_path((0.0, 10.0), (math.pi * 73 / 2, 10.0)), _roll(along=40.0), flat=False)
    assert moves.start[0, :2] == pytest.approx([50.0, 360.0])
    assert moves.end[0, :2] == pytest.approx([50.0, 180.0], abs=1e-3)
    assert moves.feed[0] == pytest.approx(40.0 * 360 / (math.pi * 73), rel=1e-4)


def test_a_word_that_a_row_leaves_out_is_what_it_was() -> None:
    """Rows of a photo say X alone."""
    rows = Toolpath.join([_path((10.0, 30.0), (20.0, 30.0)), Toolpath.rows(Kind.LINE, 1, x=30.0, s=100.0)])
    moves = _read(rows, _roll(), flat=True)
    assert moves.end[-1, :2] == pytest.approx([30.0, 30.0], abs=5e-3)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (((200.0, 10.0), (235.0, 10.0)), "crosses the seam"),
        (((-1.0, 10.0), (30.0, 10.0)), "crosses the seam"),
        (((-5.0, 10.0), (235.0, 10.0)), "over itself"),
        (((5.0, 10.0), (5.0, 121.0)), "along a cylinder"),
    ],
)
def test_nothing_crosses_the_seam_nor_leaves_the_cylinder(points: tuple[tuple[float, float], ...], said: str) -> None:
    with pytest.raises(RotaryError, match=said):
        rolled(_path(*points), _roll())


def test_a_way_without_a_mark_may_cross_the_seam() -> None:
    there = Toolpath.rows(Kind.TRAVEL, 1, x=240.0, y=10.0, s=0.0)
    assert len(rolled(Toolpath.join([there, _path((5.0, 10.0), (6.0, 10.0))]), _roll())) == 3


def test_the_run_up_of_a_row_may_leave_the_piece() -> None:
    up = Toolpath.rows(Kind.LINE, 1, x=-4.0, y=10.0, f=40.0, s=0.0)
    row = Toolpath.rows(Kind.LINE, 1, x=8.0, s=300.0)
    start = Toolpath.rows(Kind.TRAVEL, 1, x=-6.0, y=10.0, s=0.0)
    back = Toolpath.rows(Kind.LINE, 1, x=0.0, s=0.0)
    assert len(rolled(Toolpath.join([start, up, back, row]), _roll())) == 4
    with pytest.raises(RotaryError, match="seam"):
        rolled(Toolpath.join([start, up, row]), _roll())


@pytest.mark.parametrize("broken", [0.0, -3.0, float("nan"), float("inf")])
def test_a_rotary_that_cannot_be_is_refused(broken: float) -> None:
    with pytest.raises(RecipeError):
        Roll(73.0, 120.0, broken)


def test_what_the_axes_can_follow_is_told_as_the_surface_has_it() -> None:
    nan = float("nan")
    motion = _roll(turn=2 * math.pi * 73).motion(Motion(1000.0, 8.0, (150.0, 100.0, 10.0, nan)))
    assert motion.max_feed[:2] == pytest.approx((50.0, 150.0))
    assert motion.acceleration == pytest.approx(500.0)
