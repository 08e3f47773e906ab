"""Rows as moves: dark on the way, at speed where it burns, never more lines than the controller takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.dialects import GRBL_LASER, Setup
from gcode.estimate import move_times
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.raster import Bitmap, rows
from gcode.recipe import Motion, Place, RecipeError
from gcode.scan import Controller, Offsets, Row, Scan, behind, moves, overscan, reach, row_speed
from gcode.toolpath import Kind
from gcode.write import program

MOTION = Motion(1000.0, 8.0, (200.0, 150.0, 10.0, float("nan")))
SCAN = Scan(speed=80.0, full=1000.0, motion=MOTION)
LIMITS = Limits(envelope=(0, 0, 0, 200, 200, 50), e_area=1.0, max_flow=float("inf"), motion=MOTION)
PLACE = Place(50.0, 60.0)


def grid(text: str) -> Bitmap:
    """A picture of ``#`` and ``.``, a mm each."""
    lines = text.split()
    power = np.array([[mark == "#" for mark in line] for line in lines], dtype=np.float32)
    return Bitmap(power, 0.0, 0.0, float(power.shape[1]), float(power.shape[0]))


def test_runs_are_joined_and_unlit_ends_and_rows_are_left_out() -> None:
    first, second = rows(grid("..##.#.. ........ #......#"))
    assert first.edges.tolist() == [0.0, 1.0, 7.0, 8.0]
    assert (first.power.tolist(), first.origin) == ([1.0, 0.0, 1.0], (0.0, 0.5)), "the lowest comes first"
    assert second.edges.tolist() == [2.0, 4.0, 5.0, 6.0]
    assert second.origin == (0.0, 2.5)
    assert rows(grid("... ...")) == []


def test_a_program_of_rows_word_by_word() -> None:
    """To the right, then to the left: run-up, dots, and the way to rest."""
    slow = replace(SCAN, speed=20.0)
    data = program(moves(rows(grid("..##.#.. #......#")), slow, PLACE), GRBL_LASER, Setup())
    assert overscan(20.0, MOTION) == pytest.approx(0.22)
    assert data.decode().split("\n")[6:-4] == [
        "G0 X49.78 Y60.5 S0",
        "G1 X50 F1200",
        "G1 X51 S1000",
        "G1 X57 S0",
        "G1 X58 S1000",
        "G1 X58.22 S0",
        "G0 X56.22 Y61.5 S0",
        "G1 X56",
        "G1 X55 S1000",
        "G1 X54 S0",
        "G1 X52 S1000",
        "G1 X51.78 S0",
    ]


def test_the_offset_comes_earlier_in_both_directions() -> None:
    table = Offsets(((20.0, 0.1), (40.0, 0.3)))
    assert [table.at(speed) for speed in (10.0, 20.0, 30.0, 40.0, 80.0)] == pytest.approx([0.05, 0.1, 0.2, 0.3, 0.3])
    plain, moved = (
        moves(rows(grid("..##.#.. #......#")), replace(SCAN, speed=20.0, offsets=offsets), PLACE)
        for offsets in (Offsets(), table)
    )
    assert (moved.x - plain.x).round(6).tolist() == [-0.1] * 6 + [0.1] * 6
    with pytest.raises(RecipeError, match="rise"):
        Offsets(((40.0, 0.1), (20.0, 0.3)))


def test_rows_one_way_begin_at_the_same_end() -> None:
    found = moves(rows(grid("#### #### ####")), replace(SCAN, bidirectional=False), PLACE)
    assert len(set(found.x[found.kind == Kind.TRAVEL].tolist())) == 1
    to_and_fro = moves(rows(grid("#### #### ####")), SCAN, PLACE)
    assert len(set(to_and_fro.x[to_and_fro.kind == Kind.TRAVEL].tolist())) == 2


def dotted(count: int, step: float, lit: float = 1.0) -> Row:
    power = np.where(np.arange(2 * count - 1) % 2 == 0, lit, 0.0)
    return Row((0.0, 0.0), (1.0, 0.0), np.arange(2 * count) * step, power)


def test_a_row_of_many_dots_is_slower_and_weaker_by_as_much() -> None:
    row = dotted(300, 0.1)
    fast = replace(SCAN, motion=replace(MOTION, acceleration=1e5))
    speed = row_speed(row, fast)
    assert speed == 40.0, "0.1 mm at 400 lines a second"
    assert row_speed(row, replace(fast, controller=Controller(lines=1000, bytes=6400))) == 40.0, "bytes count, too"
    assert row_speed(row, replace(fast, controller=Controller(lines=1000, bytes=1e5))) == fast.speed
    power = moves([row], fast, PLACE).s
    assert set(power[~np.isnan(power)].tolist()) == {0.0, 500.0}, "half the speed, half the power"


def test_a_dense_stretch_counts_in_a_row_that_is_sparse() -> None:
    dense = np.arange(101) * 0.1
    edges = np.concatenate([dense, [110.0, 120.0]])
    row = Row((0.0, 0.0), (1.0, 0.0), edges, np.where(np.arange(102) % 2 == 1, 0.0, 1.0)[: len(edges) - 1])
    fast = replace(SCAN, motion=replace(MOTION, acceleration=1e6))
    assert behind(row.edges, row_speed(row, fast), 400) <= fast.controller.ahead
    assert behind(row.edges, row_speed(row, fast) + 1, 400) > fast.controller.ahead
    assert row_speed(row, fast) < 80.0 < 400 * 120 / 102


def test_the_spot_can_stop_within_what_is_planned() -> None:
    row = dotted(100, 0.05)
    patient = replace(SCAN, controller=Controller(lines=1e5, bytes=1e7))
    assert row_speed(row, patient) == 38.5, "sqrt(2 x 1000 mm/s2 x 15 blocks of 0.05 mm), and a step less"
    assert row_speed(row, replace(patient, controller=Controller(1e5, 1e7, ahead=100))) == 80.0


def test_a_slow_axis_sets_the_speed_of_what_runs_along_it() -> None:
    fast = replace(SCAN, speed=180.0)
    row = dotted(3, 10.0)
    assert row_speed(row, fast) == 180.0
    assert row_speed(replace(row, heading=(0.0, 1.0)), fast) == 150.0


PICTURES = st.integers(1, 40).flatmap(
    lambda columns: st.lists(
        st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.0]), min_size=columns, max_size=columns), min_size=1, max_size=6
    )
)


@given(values=PICTURES, interval=st.sampled_from([0.05, 0.1, 0.3]), both=st.booleans(), lag=st.floats(0, 0.2))
@settings(max_examples=150, deadline=None)
def test_any_picture_is_burnt_where_it_is_dark(
    values: list[list[float]], interval: float, both: bool, lag: float
) -> None:
    power = np.array(values, dtype=np.float32)
    picture = Bitmap(power, 1.0, 2.0, power.shape[1] * interval, power.shape[0] * interval)
    scan = replace(SCAN, bidirectional=both, offsets=Offsets(((100.0, lag),)))
    toolpath = moves(rows(picture), scan, PLACE)
    if not power.any():
        assert len(toolpath) == 0
        assert reach(toolpath) is None
        return
    data = program(toolpath, GRBL_LASER, Setup(air=True))
    report = check(data, GRBL_LASER, LIMITS)
    assert report.findings == ()
    parsed = parse(data)
    trace = GRBL_LASER.trace(parsed)
    lit = GRBL_LASER.marks(parsed, trace)
    assert trace.distance[lit].sum() == pytest.approx(np.count_nonzero(power) * interval, abs=0.002 * lit.sum() + 0.01)
    frame = reach(toolpath)
    assert frame is not None
    assert report.motion is not None
    assert (frame.x1, frame.y1) == pytest.approx((report.motion.x1, report.motion.y1), abs=1e-6)
    assert (move_times(trace, MOTION) >= 0).all()


def test_a_run_up_beyond_the_bed_is_refused_before_it_is_sent() -> None:
    near = Place(2.0, 60.0)
    data = program(moves(rows(grid("####")), SCAN, near), GRBL_LASER, Setup())
    assert overscan(80.0, MOTION) > near.x
    assert [finding.code for finding in check(data, GRBL_LASER, LIMITS).errors] == ["out-of-bounds"]
    slow = program(moves(rows(grid("####")), replace(SCAN, speed=20), near), GRBL_LASER, Setup())
    assert check(slow, GRBL_LASER, LIMITS).findings == ()


def test_the_air_blows_while_the_laser_is_on() -> None:
    path = moves(rows(grid("####")), SCAN, PLACE)
    said = program(path, GRBL_LASER, Setup(air=True)).decode().split("\n")
    assert said.index("M8") < said.index("M4 S0") < said.index("M9") < said.index("M5", 1)
    assert b"M8" not in program(path, GRBL_LASER, Setup())
