"""What a laser burns, a bit cuts and a pen draws: known programs against known pixels and sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.burn import Laser
from simulators.groove import Mill
from simulators.ink import Pen
from simulators.picture import Look, Plate
from tests.simulators.grbl_bench import RESET, Bench, bench

FAST = {110: 12000, 111: 12000, 112: 3000, 120: 2000, 121: 2000, 122: 500}
LOOK = Look("#000000", "#ffffff", "#808080", (Plate(0, 0, 60, 40),), flat=True)
Grey = np.ndarray[Any, np.dtype[np.int64]]


def picture(machine: Bench, density: float = 10, region: tuple[float, float, float, float] = (0, 0, 60, 40)) -> Grey:
    """Darkness of each pixel, 0 to 255; row 0 is the largest Y."""
    machine.firmware.settle()
    recorder = machine.firmware.recorder
    image = recorder.tool.portrait(recorder.piece.rows, machine.firmware.now, LOOK, region, density)
    return 255 - np.asarray(image.convert("L")).astype(np.int64)


def at(grey: Grey, x: float, y: float, density: float = 10, height: float = 40) -> int:
    """The darkest pixel within 0.2 mm."""
    row, column = round((height - y) * density), round(x * density)
    return int(grey[max(0, row - 2) : row + 2, max(0, column - 2) : column + 2].max())


def test_the_energy_is_power_times_time() -> None:
    machine = bench(settings=FAST, tool=Laser(watts=4))
    machine.do("M3 S500", "G1 X50 F1200", "M5")
    share = (int(500 * 254 / 1000) + 1) / 255
    seconds = 50 / 20 + 20 / 2000
    assert machine.record()["energy"] == pytest.approx(4 * share * seconds, rel=1e-3)
    even = bench(settings=FAST, tool=Laser(watts=4))
    even.do("M4 S500", "G1 X50 F1200", "M5")
    assert even.record()["energy"] == pytest.approx(4 * share * 50 / 20, rel=1e-3)


def test_the_picture_is_dark_where_the_line_lies_and_nowhere_else() -> None:
    machine = bench(settings=FAST, tool=Laser(spot=0.4))
    machine.do("G0 X10 Y10", "M4 S1000", "G1 X50 F1200", "G0 X30 Y30", "G1 Y35 F1200", "M5", "G0 X0 Y0")
    grey = picture(machine)
    assert at(grey, 30, 10) > 100 and at(grey, 12, 10) > 100 and at(grey, 30, 33) > 100
    for x, y in ((5, 10), (55, 10), (30, 20), (40, 20), (20, 5), (30, 28)):  # the ways between are not burnt
        assert at(grey, x, y) == 0
    columns = np.flatnonzero((grey[295:305] > 40).any(axis=0))
    assert abs(columns[0] - 100) <= 3 and abs(columns[-1] - 500) <= 3


def test_more_power_or_less_speed_is_darker() -> None:
    machine = bench(settings=FAST)
    machine.do("G0 X10 Y5", "M4 S200", "G1 X50 F2400")
    machine.do("G0 X10 Y10", "G1 X50 S400", "G0 X10 Y15", "G1 X50 S800")
    machine.do("G0 X10 Y20", "G1 X50 S400 F1200", "M5")
    grey = picture(machine)
    faint, middle, strong, slow = (at(grey, 30, y) for y in (5, 10, 15, 20))
    assert 0 < faint < middle < strong
    assert slow == pytest.approx(strong, abs=8)  # half the speed is twice the energy


def test_a_following_laser_burns_evenly_and_a_constant_one_burns_its_ends() -> None:
    slow = FAST | {120: 100}
    even, constant = bench(settings=slow), bench(settings=slow)
    for machine, mode in ((even, "M4"), (constant, "M3")):
        machine.do("G0 X10 Y10", f"{mode} S300", "G1 X50 F3000", "M5")
    assert abs(at(picture(even), 12, 10) - at(picture(even), 30, 10)) < 12
    assert at(picture(constant), 10.2, 10) > 1.8 * at(picture(constant), 30, 10)


def test_rapids_are_dark_in_laser_mode_and_burn_without_it() -> None:
    safe, unsafe = bench(settings=FAST), bench(settings=FAST | {32: 0})
    for machine in (safe, unsafe):
        machine.do("M3 S1000", "G1 X10 F1200", "G0 X40", "G1 X50", "M5")
    assert at(picture(safe), 25, 0.1) == 0 and "travel_burns" not in safe.counts
    assert at(picture(unsafe), 25, 0.1) > 0 and unsafe.counts["travel_burns"] == 1


def test_a_constant_laser_scorches_at_rest_and_a_following_one_is_off() -> None:
    constant, even = bench(settings=FAST), bench(settings=FAST)
    for machine, mode in ((constant, "M3"), (even, "M4")):
        machine.do(f"{mode} S500", "G1 X20 Y10 F1200")
        machine.wait(10)
    assert constant.counts == {"scorches": 1} and even.counts == {}
    assert constant.record()["at_rest"] == pytest.approx(10, abs=0.01)
    assert at(picture(constant), 20, 10) == 255 > at(picture(constant), 10, 5) + 40
    constant.do("M5")
    constant.wait(10)
    assert constant.record()["at_rest"] == pytest.approx(10, abs=0.01)
    constant.firmware.closed()
    assert "laser_on_at_exit" not in constant.counts
    constant.do("M3")
    constant.firmware.closed()
    assert constant.counts["laser_on_at_exit"] == 1


def test_m3_while_g0_holds_keeps_the_laser_off() -> None:
    machine = bench(settings=FAST)
    machine.do("G0 M3 S1000")
    machine.wait(5)
    assert machine.record()["energy"] == 0
    machine.do("G1 F600")  # and G1 alone lights it
    machine.wait(5)
    assert machine.counts["scorches"] == 1


def test_a_new_power_does_not_stop_the_motion_and_s0_is_dark() -> None:
    machine = bench(settings=FAST)
    begun = machine.firmware.now
    machine.do("M3 S0")
    machine.send("G1 X10 F1200\nG1 X20 S500\nG1 X30 S0\nG1 X40 S250\n")
    machine.finish()
    assert machine.firmware.now - begun == pytest.approx(40 / 20 + 0.01, abs=0.01)
    grey = picture(machine)
    assert at(grey, 5, 0.1) == at(grey, 25, 0.1) == 0 < at(grey, 35, 0.1) < at(grey, 15, 0.1)
    spindle = bench(settings=FAST | {32: 0})
    begun = spindle.firmware.now
    spindle.do("M3 S0")
    spindle.send("G1 X10 F1200\nG1 X20 S500\nG1 X30 S0\nG1 X40 S250\n")
    spindle.finish()
    assert spindle.firmware.now - begun > 40 / 20 + 0.035  # a spindle is waited for, three times


def test_the_laser_is_off_in_a_hold_and_back_afterwards() -> None:
    machine = bench(settings=FAST)
    machine.do("M3 S500")
    machine.send("G1 X50 F1200\n")
    machine.wait(1)
    machine.send(b"!")
    machine.wait(10)
    assert machine.record()["at_rest"] == 0 and machine.state == "Hold:0"
    assert machine.send(b"~") == ["[MSG:Restoring spindle]"]
    machine.finish()
    assert machine.record()["burnt"] == pytest.approx(50, abs=0.01)


def test_a_dead_laser_leaves_nothing_and_tells_nothing() -> None:
    machine = bench("dead-tool", settings=FAST)
    said = machine.do("M4 S1000", "G1 X50 F1200", "M5")
    assert said == ["ok"] * 3 and machine.state == "Idle"
    assert machine.record()["energy"] == 0 and not machine.record()["outcome"]["deposited"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.floats(0, 40), st.integers(0, 1000), st.integers(100, 6000)),
        min_size=1,
        max_size=12,
    )
)
def test_no_energy_is_lost_or_put_elsewhere(moves: list[tuple[float, float, int, int]]) -> None:
    machine = bench(settings=FAST, tool=Laser(watts=0.01, spot=0.1, dose=1.0))  # faint: darkness is linear
    machine.do("M4")
    machine.send("".join(f"G1 X{x:.3f} Y{y:.3f} S{s} F{f}\n" for x, y, s, f in moves))
    machine.finish()
    recorder = machine.firmware.recorder
    tool = recorder.tool
    assert isinstance(tool, Laser)
    places, energy = tool.spots(recorder.piece.rows)
    assert energy.sum() == pytest.approx(machine.record()["energy"], rel=1e-3, abs=1e-4)
    if len(energy):
        assert places.min() >= -1e-6 and places[:, 0].max() <= 60 + 1e-6 and places[:, 1].max() <= 40 + 1e-6


# --- runs ---

JOB = ["G90 G0 X10 Y10", "M4 S500", "G1 X30 F1200", "M5", "M30"]


def collisions(machine: Bench) -> list[str]:
    return [event["cause"] for event in machine.firmware.recorder.piece.collisions]


def test_a_program_on_an_occupied_bed_is_a_collision() -> None:
    machine = bench(settings=FAST)
    machine.do(*JOB)
    assert collisions(machine) == []
    machine.do(*JOB)
    assert collisions(machine) == ["end"]
    machine.firmware.recorder.clear(machine.firmware.now)
    machine.do(*JOB)
    machine.send(RESET)
    machine.do(*JOB)
    assert collisions(machine) == ["reset"]
    machine.firmware.recorder.clear(machine.firmware.now)
    machine.do(*JOB)
    machine.firmware.opened()
    machine.do("G0 X0 Y0 F600", *JOB)
    assert collisions(machine) == ["boot"]


def test_neither_frame_nor_check_is_a_run() -> None:
    machine = bench(settings=FAST)
    machine.do(*JOB, "M4 S0", "G1 X50 Y0 F3000", "G1 Y40", "M5", "M30", "$C", *JOB, "$C")
    assert collisions(machine) == [] and len(machine.record()["runs"]) == 1


def test_the_digest_names_what_was_burnt() -> None:
    def program(*lines: str) -> str:
        machine = bench(settings=FAST)
        machine.do(*lines)
        digest: str = machine.record()["runs"][0]["program"]
        return digest

    assert program(*JOB) == program("G0 X50", "G4 P1", *JOB)
    assert program(*JOB) != program(*(line.replace("S500", "S400") for line in JOB))
    assert program(*JOB) != program(*(line.replace("F1200", "F1300") for line in JOB))


# --- spindle and pen ---


def test_a_bit_cuts_as_deep_as_it_goes_and_a_vee_as_wide() -> None:
    machine = bench(
        kind="spindle", settings=FAST, tool=Mill(angle=90, surface=10), surface=10, start=(10.0, 20.0, 15.0)
    )
    machine.do("M3 S8000", "G1 Z-6 F1200", "G1 X20", "G1 X40 Z-7", "G0 Z5", "G0 X0")
    record = machine.record()
    assert record["depth"] == pytest.approx(2, abs=0.1) and record["cut"] == pytest.approx(40, abs=0.2)
    assert record["removed"] == pytest.approx(20 * 1 + 20 * (1 + 2 + 4) / 3, rel=0.05)
    grey = picture(machine)
    dark = [int((grey[:, round(x * 10)] > 40).sum()) for x in (15, 25, 45, 55)]
    assert dark[0] == pytest.approx(20, abs=2) and dark[0] <= dark[1] < dark[2] and dark[3] == 0
    assert at(grey, 15, 20) < at(grey, 48, 20)


def test_a_bit_that_stands_still_cuts_nothing_and_breaks() -> None:
    machine = bench(kind="spindle", settings=FAST, tool=Mill(surface=10), surface=10, start=(10.0, 20.0, 12.0))
    machine.do("G1 Z-4 F600", "G1 X20", "G0 X40")
    assert machine.counts == {"dry_cuts": 3, "rapid_cuts": 1} and machine.record()["removed"] == 0
    assert not picture(machine).any()
    assert machine.record()["outcome"]["troubles"] == ["dry_cuts", "rapid_cuts"]


PEN = [
    "G0 X10 Y10",
    "M3 S1000",
    "G4 P0.2",
    "G1 X50 F3000",
    "M5",
    "G4 P0.2",
    "G0 X10 Y30",
    "M3",
    "G4 P0.2",
    "G1 Y35 F3000",
]


def test_ink_is_where_the_pen_was_down() -> None:
    machine = bench(kind="pen", settings=FAST, tool=Pen(width=1.0, lag=0.1))
    machine.do(*PEN, "M5")
    record = machine.record()
    assert record["ink"] == pytest.approx(45, abs=0.01) and record["strokes"] == 2
    grey = picture(machine)
    assert at(grey, 30, 10) == at(grey, 10, 33) == 255 and at(grey, 30, 20) == at(grey, 5, 5) == 0
    assert abs(int((grey[:, 300] > 128).sum()) - 10) <= 1


def test_a_servo_that_is_not_waited_for_misses_and_drags() -> None:
    machine = bench(kind="pen", settings=FAST, tool=Pen(width=1.0, lag=0.1))
    machine.do(*(line for line in PEN if not line.startswith("G4")), "M5")
    grey = picture(machine)
    assert at(grey, 10.5, 10) == 0 and at(grey, 30, 10) == 255  # the beginning is missing
    assert at(grey, 48, 11) == 255  # and it drags a tail towards the next line
    assert machine.record()["ink"] != pytest.approx(45, abs=1)


def test_a_pen_on_z_draws_at_the_paper() -> None:
    machine = bench(kind="pen", settings=FAST, tool=Pen(contact=2.0, lag=0.0), start=(0.0, 0.0, 7.0))
    machine.do("G0 X10 Y10", "G1 Z-5 F1200", "G1 X30 F3000", "G0 Z0", "G0 X50")
    assert machine.record()["ink"] == pytest.approx(20, abs=0.01)
    assert at(picture(machine), 20, 10) == 255 and at(picture(machine), 40, 10) == 0


def test_each_tool_draws_its_own_picture_of_one_program() -> None:
    program = ["G0 X10 Y10", "M3 S1000", "G1 X50 F1200", "M5"]
    seen = []
    for kind, tool in (("laser", Laser()), ("pen", Pen()), ("spindle", Mill(surface=10))):
        machine = bench(kind=kind, settings=FAST, tool=tool, start=(0.0, 0.0, 9.0), surface=10)
        machine.do(*program)
        seen.append(picture(machine))
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.mean(seen[one] != seen[other]) > 1e-3
