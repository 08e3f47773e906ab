"""Where an EBB's motors go and what its pen draws: against the document's own examples, and known pixels."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.ebb.firmware import ACCEPTANCE_FAULTS, MACHINE_FAULTS, REPLY_FAULTS
from simulators.ebb.kinds import COUNTS, KINDS, SPOILING
from simulators.ebb.program import main
from simulators.ebb.tracks import TICK, limited, straight, timed
from simulators.faults import Stage
from simulators.picture import Look, Plate
from tests.simulators.ebb_bench import Bench, bench

LOOK = Look("#000000", "#ffffff", "#808080", (Plate(0, 0, 60, 40),), flat=True)
DOWN, UP = "SP,0,200", "SP,1,200"
Grey = np.ndarray[Any, np.dtype[np.int64]]


def small(*faults: str, **options: Any) -> Bench:
    """A bed of 60 x 40 mm whose pen begins at the lower left, Y upwards."""
    return bench(*faults, envelope=(60.0, 40.0), home=(0.0, 0.0), downward=False, width=1.0, **options)


def to(machine: Bench, x: float, y: float, seconds: float) -> None:
    """A line to a place on the bed, by an AxiDraw's motors."""
    dx, dy = x - machine.firmware.place[0], y - machine.firmware.place[1]
    a, b = round((dx + dy) * 80), round((dx - dy) * 80)
    machine.do(f"SM,{round(seconds * 1000)},{a},{b}")


def picture(machine: Bench) -> Grey:
    recorder = machine.firmware.recorder
    image = recorder.tool.portrait(recorder.piece.rows, machine.firmware.now, LOOK, (0, 0, 60, 40), 10)
    return 255 - np.asarray(image.convert("L")).astype(np.int64)


def at(grey: Grey, x: float, y: float) -> int:
    return int(grey[round((40 - y) * 10) - 1, round(x * 10) - 1])


# --- tracks ---


def test_the_documents_examples_of_lm() -> None:
    """Durations and steps that ebb2.html gives for its examples."""
    accelerated = limited((3865471, 0), (60, 0), (1732, 0))
    assert accelerated.duration == pytest.approx(0.4068, rel=2e-3) and accelerated.total == (60, 0)
    both = limited((85899346, 17180814), (10, 2), (0, 0))
    assert both.duration == pytest.approx(0.010, rel=2e-3) and both.total == (10, 2)
    apart = limited((85899346, 85899346), (500, 250), (0, 0))
    assert apart.duration == pytest.approx(0.5, rel=1e-3)
    assert apart.at(0.25) == pytest.approx((250, 250), abs=1) and apart.at(0.4) == pytest.approx((400, 250), abs=1)
    assert limited((42950000, 0), (50, 0), (13400, 0)).duration == pytest.approx(0.077, rel=0.01)
    mixed = limited((17179000, 8592000), (75, 75), (-687, 687))
    assert mixed.duration == pytest.approx(0.5, rel=2e-3) and mixed.total == (75, 75)


def test_the_documents_examples_of_lt() -> None:
    fast = timed(10169, (3865471, 0), (1732, 0))
    assert fast.duration == pytest.approx(0.4068, rel=1e-3) and fast.total[0] == pytest.approx(60, abs=1)
    both = timed(12500, (17179000, 8592000), (-687, 687))
    assert both.total == pytest.approx((75, 75), abs=1)
    assert timed(25000, (-33865471, 0), (0, 0)).total[0] == pytest.approx(-394, abs=1)


def test_a_move_that_never_ends_blocks_the_queue() -> None:
    machine = bench()
    machine.send("LM,0,100,0,0,0,0")
    machine.send("SM,10,1,1")
    assert machine.send("SM,10,1,1") == "" and machine.wait(1e6) == ""
    assert not machine.firmware.moving and not machine.firmware.pressing


@given(st.integers(1, 5000), st.integers(-3000, 3000), st.integers(-3000, 3000), st.lists(st.floats(0, 1), max_size=4))
def test_pieces_of_a_track_are_the_track(ms: int, a: int, b: int, cuts: list[float]) -> None:
    track = straight(ms / 1000, (float(a), float(b)))
    moments = [0.0, *sorted(cut * track.duration for cut in cuts), track.duration]
    total = np.zeros(2)
    for begun, ended in itertools.pairwise(moments):
        for near, far, steps in track.between(begun, ended):
            assert near <= far
            total += steps
    assert total == pytest.approx((a, b), abs=1e-6)
    assert pytest.approx(40e-6) == TICK


# --- motion ---


def test_a_move_takes_its_duration_and_an_axidraw_mixes_its_motors() -> None:
    machine = small()
    begun = machine.firmware.now
    machine.do("SM,1500,800,800")
    assert machine.firmware.now - begun == pytest.approx(1.5)
    assert machine.firmware.place == pytest.approx((10, 0)) and machine.send("QS") == "800,800\n\rOK\r\n"
    machine.do("SM,1500,800,-800")
    assert machine.firmware.place == pytest.approx((10, 10))
    machine.do("XM,1000,-400,-400")  # A is X, B is Y
    assert machine.firmware.place == pytest.approx((5, 5)) and machine.send("QS") == "800,0\n\rOK\r\n"
    plain = small(kinematics="cartesian")
    plain.do("SM,1000,800,400")
    assert plain.firmware.place == pytest.approx((10, 5))


def test_from_the_top_left_y_grows_downwards() -> None:
    machine = bench()
    machine.do("SM,1000,800,-800")
    assert machine.firmware.place == pytest.approx((0, 218 - 10))


def test_microsteps_scale_the_way() -> None:
    machine = small()
    machine.do("EM,2,2", "SM,1000,400,400")
    assert machine.firmware.place == pytest.approx((10, 0))


def test_home_is_where_the_counters_are_zero() -> None:
    machine = small()
    machine.do("EM,1,1", "SM,500,1600,800", "CS", "SM,500,400,0")
    begun = machine.firmware.now
    machine.do("HM,1000")
    assert machine.send("QS") == "0,0\n\rOK\r\n"
    assert machine.firmware.now - begun == pytest.approx(0.4)
    assert machine.firmware.place == pytest.approx(((1600 + 800) / 160, (1600 - 800) / 160))
    machine.do("HM,4000,800,-800")
    assert machine.send("QS") == "800,-800\n\rOK\r\n"


def test_counters_run_while_motors_do() -> None:
    machine = small()
    machine.send("SM,1000,1000,-500")
    machine.wait(0.5)
    assert machine.send("QS") == "500,-250\n\rOK\r\n"
    machine.send("CS")
    machine.finish()
    assert machine.send("QS") == "500,-250\n\rOK\r\n"


def test_a_delay_that_2_8_takes_for_a_mistake() -> None:
    machine = bench()
    begun = machine.firmware.now
    machine.do("SM,60000,0,0")
    assert machine.firmware.now - begun == pytest.approx(60)
    machine.do("SM,70000,0,0")
    assert machine.firmware.now - begun == pytest.approx(60)


def test_the_frame_stops_the_carriage() -> None:
    machine = small()
    to(machine, 70, 10, 2)
    assert machine.firmware.place[0] == 60 and machine.counts == {"outside_moves": 1}


def test_motors_lose_their_footing_when_speed_jumps() -> None:
    machine = small()
    to(machine, 50, 0, 1.0)
    assert machine.counts == {}
    to(machine, 0, 0, 0.25)
    assert machine.counts == {"jolts": 2}  # when it begins, and when it ends
    assert small(jump=0.0).do("SM,100,2000,2000") == "OK\r\n"


# --- ink ---


def square(machine: Bench, wait: bool = True) -> Bench:
    down, up = (DOWN, UP) if wait else ("SP,0", "SP,1")
    to(machine, 10, 10, 1)
    machine.do(down)
    for x, y in ((40, 10), (40, 30), (10, 30), (10, 10)):
        to(machine, x, y, 1)
    machine.do(up)
    to(machine, 50, 35, 1)
    machine.wait(1)
    return machine


def test_ink_is_where_the_pen_was_down() -> None:
    machine = square(small())
    record = machine.record()
    assert record["ink"] == pytest.approx(100, abs=0.01) and record["strokes"] == 1
    grey = picture(machine)
    for x, y in ((25, 10), (40, 20), (25, 30), (10, 20)):
        assert at(grey, x, y) == 255
    for x, y in ((5, 5), (25, 20), (45, 33), (50, 20)):
        assert at(grey, x, y) == 0
    assert record["outcome"]["good"]


def test_a_servo_that_is_not_waited_for_misses_and_drags() -> None:
    machine = square(small(lag=0.2), wait=False)
    grey = picture(machine)
    assert at(grey, 12, 10) == 0 and at(grey, 25, 10) == 255
    assert at(grey, 12, 11.3) == 255  # on the way to the next


def test_a_slow_servo_takes_its_rates_time() -> None:
    machine = small()
    machine.do("SC,4,16000", "SC,5,12000", "SC,12,400")
    machine.send("SP,0")
    machine.wait(4000 * 0.024 / 400 - 0.01)
    assert not machine.firmware.servo.touches
    machine.wait(0.02)
    assert machine.firmware.servo.touches


def test_a_pen_that_only_taps_makes_a_dot() -> None:
    machine = small()
    to(machine, 20, 20, 1)
    machine.do(DOWN, UP)
    machine.wait(1)
    assert at(picture(machine), 20, 20) == 255 and int((picture(machine) > 128).sum()) == pytest.approx(78, abs=25)


def test_3_0_lifts_the_pen_past_the_queue_and_keeps_it_up() -> None:
    machine = small(version="3.0.3")
    machine.do(DOWN)
    machine.send("SM,2000,1600,1600|SP,0,100")
    machine.wait(1)
    assert machine.send("SP,3") == "OK\r\n"
    machine.finish()
    machine.wait(1)
    assert not machine.firmware.servo.touches
    assert machine.record()["ink"] == pytest.approx(1.1 / 2 * 20, rel=0.01)


def test_a_reset_lifts_the_pen() -> None:
    machine = small()
    machine.do(DOWN, "R")
    machine.wait(0.2)
    assert not machine.firmware.servo.touches and machine.send("QP") == "1\n\rOK\r\n"


def test_runs_begin_with_the_motors_and_a_second_one_is_a_collision() -> None:
    machine = small()
    for _ in range(2):
        machine.do("EM,1,1")
        square(machine)
        to(machine, 0, 0, 1)
        machine.do("EM,0,0")
    piece = machine.firmware.recorder.piece
    assert [event["cause"] for event in piece.collisions] == ["enable"]
    assert len({run.digest.hexdigest() for run in piece.runs}) == 1
    machine.firmware.recorder.clear(machine.firmware.now)
    square(machine)
    assert machine.firmware.recorder.piece.collisions == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000), st.integers(200, 900)), max_size=8))
def test_the_counters_are_the_sum_of_the_moves(moves: list[tuple[int, int, int]]) -> None:
    machine = bench()
    for a, b, ms in moves:
        machine.do(f"SM,{ms},{a},{b}")
    assert machine.send("QS") == f"{sum(a for a, _, _ in moves)},{sum(b for _, b, _ in moves)}\n\rOK\r\n"


# --- faults ---


def test_each_kind_is_carried_out() -> None:
    tables = {Stage.REPLY: REPLY_FAULTS, Stage.ACCEPTANCE: ACCEPTANCE_FAULTS, Stage.MACHINE: MACHINE_FAULTS}
    for name, kind in KINDS.items():
        assert kind.stage is Stage.ARRIVAL or name in tables[kind.stage]
    assert set(SPOILING) <= set(COUNTS)


def test_without_motor_power_all_is_answered_and_nothing_moves() -> None:
    machine = square(small("power-loss"))
    assert machine.send("QC") == "0394,0024\r\nOK\r\n"
    assert machine.firmware.place == (0, 0) and machine.record()["ink"] == 0
    assert machine.counts["powerless_moves"] == 6
    assert small(powered=False).send("QC") == "0394,0024\r\nOK\r\n"


def test_power_that_goes_and_comes_back() -> None:
    machine = small("power-loss@time=1:1", version="3.0.3")
    machine.send("CU,60,200|SM,3000,2400,2400")
    machine.wait(4)
    assert machine.firmware.place == pytest.approx((20, 0), abs=0.01)  # a third of the way is missing
    assert machine.send("QS") == "2400,2400\n\rOK\r\n"
    assert machine.send("QG|QG") == "50\r\n10\r\n"


def test_a_lost_a_spoilt_and_a_split_answer() -> None:
    machine = bench("lost-ok@line=2", "corrupt-out@line=3", "split@line=4:1")
    assert machine.send("SM,10,1,1") == "OK\r\n"
    assert machine.do("SM,10,1,1") == ""
    machine.firmware.receive(b"QB\r")
    ((data, _),) = machine.firmware.output()
    assert len(data) == 7 and data != b"0\r\nOK\r\n"
    machine.firmware.receive(b"QB\r")
    assert machine.firmware.output() == [(bytes([byte]), True) for byte in b"0\r\nOK\r\n"]
    assert machine.send("QS") == "2,2\n\rOK\r\n"


def test_a_refused_a_late_and_a_corrupted_command() -> None:
    machine = bench("error@line=1", "slow@line=2:3")
    assert machine.send("SM,10,1,1") == "!8 Err: Unknown command 'SM:534D'\r\n"
    assert machine.send("SM,10,1,1") == "" and machine.wait(2.9) == "" and machine.wait(0.2) == "OK\r\n"
    machine.finish()
    assert machine.send("QS") == "1,1\n\rOK\r\n"
    changed = {bench("corrupt-in", seed=seed).do("SM,100,10,10", "QS") for seed in range(20)}
    assert len(changed) > 3


def test_a_restart_a_hang_the_button_and_a_dry_pen() -> None:
    machine = small("reset@line=4")
    machine.do("EM,1,1", "SM,100,100,100", DOWN)
    assert machine.do("QS") == ""
    assert machine.firmware.wishes() == [1.0]
    assert machine.send("QS|QE|QP") == "0,0\n\rOK\r\n0,0\n\rOK\r\n1\n\rOK\r\n"
    hung = small("hang@time=0.5")
    hung.do("SM,1000,800,800")
    hung.wait(1)
    assert hung.send("V") == "" and hung.counts["hangs"] == 1
    assert hung.firmware.place == pytest.approx((5, 0), abs=0.01)
    assert bench("button@line=1").send("QB") == "1\r\nOK\r\n"
    dry = square(small("dry-pen@line=3"))
    assert dry.record()["ink"] == 0 and dry.firmware.place == pytest.approx((50, 35), abs=0.1)


# --- played ---


def test_played_files_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, image = tmp_path / "p.ebb", tmp_path / "p.png"
    file.write_text("EM,1,1\nSP,0,200\nSM,1000,800,800\nSP,1,200\n")
    assert main(["--play", str(file), "--picture", str(image)]) == 0 and image.exists()
    file.write_text("SM,1000,-8000,-8000\nBB\n")
    assert main(["--play", str(file)]) == 1
    said = capsys.readouterr().err
    assert "outside_moves" in said and "errors" in said
