"""How GRBL moves, holds, homes and stops: against closed forms and its documents."""

from __future__ import annotations

import math

import pytest

from tests.simulators.grbl_bench import CANCEL, DOOR, RESET, Bench, bench

FAST = {110: 6000, 111: 6000, 120: 500, 121: 500, 11: 0.01}
BANNER = "Grbl 1.1h ['$' for help]"
UNLOCK = "[MSG:'$H'|'$X' to unlock]"


def took(machine: Bench, *lines: str) -> float:
    """Seconds until all is done."""
    begun = machine.firmware.now
    machine.send("".join(f"{line}\n" for line in lines))
    machine.finish()
    return machine.firmware.now - begun


def test_a_line_takes_the_time_of_its_trapezoid() -> None:
    assert took(bench(settings=FAST), "G1 X100 F3000") == pytest.approx(100 / 50 + 50 / 500, rel=1e-3)
    assert took(bench(settings=FAST), "G0 X100") == pytest.approx(100 / 100 + 100 / 500, rel=1e-3)
    assert took(bench(settings=FAST), "G1 X100 F60000") == pytest.approx(1.2, rel=1e-3)  # $110 limits it


def test_the_slowest_axis_limits_a_slanted_line() -> None:
    machine = bench(settings=FAST | {111: 600})
    assert took(machine, "G0 X30 Y40") == pytest.approx(40 / 10, rel=0.02)


def test_collinear_lines_are_one_and_a_corner_slows_down() -> None:
    whole = took(bench(settings=FAST), "G1 X100 F3000")
    halves = took(bench(settings=FAST), "G1 X50 F3000", "G1 X100")
    corner = took(bench(settings=FAST), "G1 X50 F3000", "G1 Y50")
    sharp = took(bench(settings=FAST | {11: 0}), "G1 X50 F3000", "G1 Y50")
    assert halves == pytest.approx(whole, rel=1e-3)
    speed = math.sqrt(500 * math.sqrt(2) * 0.01 * math.sqrt(0.5) / (1 - math.sqrt(0.5)))
    assert whole < corner < sharp
    assert sharp - corner == pytest.approx(2 * speed / 500 - speed**2 / 500 / 50, rel=0.05)


def test_units_distances_and_feed_modes() -> None:
    machine = bench(settings=FAST | {100: 1000, 101: 1000})
    machine.do("G20", "G1 X1 F100")
    assert machine.place[0] == pytest.approx(25.4)
    machine.do("G21 G91", "G1 X-5.4 F600")
    assert machine.place[0] == pytest.approx(20)
    assert took(machine, "G90 G93 G1 X40 F30") == pytest.approx(2, rel=0.05)  # a thirtieth of a minute


def test_arcs_stay_within_the_tolerance_and_take_their_length() -> None:
    machine = bench(settings=FAST | {12: 0.002, 100: 10000, 101: 10000}, start=(100.0, 100.0, 0.0))
    machine.do("G0 X20")
    machine.firmware.recorder.piece.rows.clear()
    time = took(machine, "G3 X20 Y0 I-10 J0 F1200 M3 S1000")
    rows = [row for row in machine.firmware.recorder.piece.rows if row[8] > 0]
    assert sum(row[8] for row in rows) == pytest.approx(2 * math.pi * 10, rel=1e-3)
    assert time == pytest.approx(2 * math.pi * 10 / 20, rel=0.05)
    assert all(abs(math.hypot(row[4] - 110, row[5] - 100) - 10) < 0.003 for row in rows)
    middle = max((math.hypot((row[1] + row[4]) / 2 - 110, (row[2] + row[5]) / 2 - 100) - 10 for row in rows), key=abs)
    assert -0.0025 < middle < 0
    machine.do("G2 X30 Y10 R10")
    assert machine.place[:2] == (30, 10)


def test_a_dwell_waits_for_the_motion_and_counts_in_steps_of_50_ms() -> None:
    assert took(bench(settings=FAST), "G1 X50 F3000", "G4 P0.5") == pytest.approx(1.1 + 0.5, abs=0.01)
    assert took(bench(settings=FAST), "G4 P0.01") == pytest.approx(0.05)


def test_places_are_steps() -> None:
    machine = bench(settings={100: 4})
    machine.do("G0 X1.1")
    assert machine.place[0] == 1.0  # not 1.1, which is no whole step
    assert machine.do("G0 X1.2") == ["ok"] and machine.place[0] == 1.25


def test_lines_that_take_longer_to_parse_than_to_run_starve_the_planner() -> None:
    lines = [f"G1 X{index / 10:.1f} F6000" for index in range(1, 301)]
    quick, slow = (bench(settings=FAST, buffer=10_000, line_time=time) for time in (0.0, 0.004))
    seen = math.sqrt(2 * 500 * 15 * 0.1)  # from which the 15 blocks that it sees ahead can still be braked
    assert took(quick, *lines) == pytest.approx(30 / seen + seen / 500, rel=0.05)
    assert took(slow, *lines) > 300 * 0.004


# --- hold ---


def test_a_hold_brakes_and_a_resume_goes_on() -> None:
    machine = bench(settings=FAST)
    machine.send("G1 X100 F3000\n")
    machine.wait(1.0)
    assert machine.send(b"!") == [] and machine.state == "Hold:1"
    machine.wait(0.05)
    assert machine.state == "Hold:1" and machine.status()["FS"].startswith("1500,")
    machine.wait(0.06)
    assert machine.state == "Hold:0"
    stopped = machine.place[0]
    assert stopped == pytest.approx(50 * 1.0 - 2.5 + 2.5, abs=0.1)
    machine.wait(10)
    assert machine.place[0] == stopped
    machine.send(b"~")
    assert machine.state == "Run"
    machine.finish()
    assert machine.place[0] == 100 and machine.state == "Idle"


def test_a_resume_during_the_braking_is_lost() -> None:
    machine = bench(settings=FAST)
    machine.send("G1 X100 F3000\n")
    machine.wait(1.0)
    machine.send(b"!")
    machine.send(b"~")
    machine.wait(5)
    assert machine.state == "Hold:0"


def test_nothing_is_parsed_while_held() -> None:
    machine = bench(settings=FAST | {10: 3})
    machine.send(b"!")
    assert machine.state == "Hold:0"
    assert machine.send("G0 X5\n$$\n") == []
    assert machine.status()["Bf"] == f"15,{128 - 9}"
    assert machine.send(b"~")[0] == "ok"  # the first line; the second waits for no more than its turn
    machine.finish()
    assert machine.place[0] == 5


def test_a_dwell_does_not_run_out_while_held() -> None:
    machine = bench()
    machine.send("G4 P2\n")
    machine.wait(1)
    machine.send(b"!")
    machine.wait(100)
    assert machine.heard() == []
    machine.send(b"~")
    assert machine.wait(0.9) == [] and machine.wait(0.2) == ["ok"]


def test_m0_is_answered_once_somebody_resumes() -> None:
    machine = bench()
    assert machine.do("G1 X5 F600") == ["ok"]
    assert machine.send("M0\n") == [] and machine.state == "Hold:0"
    assert machine.firmware.press() and machine.heard() == ["ok"]
    assert machine.state == "Idle"


# --- reset ---


def test_a_reset_in_motion_loses_the_position() -> None:
    machine = bench(settings=FAST, buffer=20)
    machine.send("G1 X100 F3000\nG1 X0\n")
    machine.wait(1)
    assert machine.send(RESET) == ["ALARM:3"]
    assert machine.wait(0.4) == [] and machine.wait(0.2) == [BANNER, UNLOCK]
    assert machine.state == "Alarm" and machine.counts["alarms"] == 1
    believed, true = machine.place[0], machine.firmware.true(machine.firmware.stopped)[0]
    assert believed == pytest.approx(47.5, abs=0.1) and 0.05 < true - believed < 2.6


def test_a_reset_at_rest_keeps_the_position() -> None:
    machine = bench(settings=FAST)
    machine.do("G0 X10")
    assert machine.send(RESET) == [BANNER]
    assert machine.place[0] == 10 and machine.state == "Idle"
    machine.send("G1 X100 F3000\n")
    machine.wait(0.5)
    machine.send(b"!")
    machine.wait(1)
    held = machine.place[0]
    assert machine.send(RESET) == [BANNER]  # a hold that is complete
    assert machine.place[0] == held and machine.state == "Idle" and machine.firmware.idle


def test_a_reset_answers_the_line_that_waited() -> None:
    machine = bench(settings=FAST, blocks=2)
    assert machine.send("G1 X100 F600\nG1 X0\nG1 X50\nG1 X20\n") == ["ok", "ok"]
    machine.wait(1)
    machine.send(b"!")
    machine.wait(1)
    assert machine.send(RESET) == ["ok", BANNER]
    assert machine.send("G0 X1\n") == ["ok"]  # what was buffered behind it is gone


# --- overrides ---


def test_feed_overrides_change_the_line_at_work() -> None:
    machine = bench(settings=FAST)
    machine.send("G1 X250 F1200\n")
    machine.wait(1)
    for _ in range(5):
        machine.send(b"\x92")
    machine.wait(0.5)
    assert machine.status()["FS"].startswith("600,")
    machine.send(b"\x90\x91\x93")
    machine.wait(0.5)
    assert machine.status()["FS"].startswith("1332,")
    machine.finish()
    assert machine.place[0] == 250
    for _ in range(30):
        machine.send(b"\x92")
    assert machine.firmware.overrides.feed == 10


def test_rapid_overrides_change_rapids_alone() -> None:
    machine = bench(settings=FAST)
    machine.send(b"\x97")
    assert took(machine, "G0 X100") == pytest.approx(100 / 25 + 25 / 500, rel=1e-2)
    assert took(machine, "G1 X0 F3000") == pytest.approx(100 / 50 + 50 / 500, rel=1e-2)
    machine.send(b"\x95")
    assert took(machine, "G0 X100") == pytest.approx(1.2, rel=1e-2)


def test_spindle_overrides_change_the_power() -> None:
    machine = bench(settings=FAST)
    machine.send("G1 X200 F1200 M3 S500\n")
    machine.wait(1)
    for _ in range(3):
        machine.send(b"\x9b")
        machine.wait(0.1)
    assert machine.status()["FS"].endswith(",350")
    machine.finish()
    powers = {round(row[16], 2) for row in machine.firmware.recorder.piece.rows if row[8] > 0}
    assert powers == {0.5, 0.45, 0.4, 0.35}


# --- limits and homing ---


def test_a_soft_limit_comes_to_rest_and_locks() -> None:
    machine = bench(homing=True, settings=FAST)
    machine.do("$H", "G90 G53 G0 X-200 Y-100")
    assert machine.send("G53 G1 X-150 F1200\n") == ["ok"]
    machine.wait(1)
    assert machine.send("G53 G1 X10\n") == []
    assert machine.finish() == ["ALARM:2", "[MSG:Reset to continue]"]
    place = machine.firmware.stopped
    assert -200 < place[0] < -150
    assert machine.send(b"?") == [] and machine.send("$X\n") == []  # nothing but a reset is heard
    assert machine.send(RESET)[-2:] == [BANNER, UNLOCK]
    assert machine.send("$X\n") == ["[MSG:Caution: Unlocked]", "ok"]
    assert machine.place[0] == pytest.approx(place[0], abs=0.01) and machine.counts["alarms"] == 1


def test_homing_finds_the_corner_by_the_switches() -> None:
    machine = bench(homing=True, envelope=(300.0, 200.0, 50.0), settings={23: 3, 27: 2})
    assert machine.state == "Alarm"
    machine.send("$H\n")
    assert machine.send(b"?") == []  # not while it homes
    said = machine.finish()
    assert said[0] == "ok" and said[1].startswith("<Idle")
    assert machine.place == (-298, -198, -2)
    assert machine.firmware.true(machine.firmware.stopped) == (2, 2, 48)
    other = bench(homing=True, envelope=(300.0, 200.0, 50.0), settings={23: 0, 27: 1})
    other.do("$H")
    assert other.place == (-1, -1, -1) and other.firmware.true(other.firmware.stopped) == (299, 199, 49)


def test_homing_takes_the_way_to_the_switches() -> None:
    near, far = bench(homing=True, start=(5.0, 5.0, 45.0)), bench(homing=True, start=(255.0, 5.0, 45.0))
    assert took(far, "$H") - took(near, "$H") == pytest.approx(250 / (3000 / 60), rel=0.01)


def test_homing_can_be_reset_and_fails_without_a_switch() -> None:
    machine = bench(homing=True)
    machine.send("$H\n")
    machine.wait(0.1)
    assert machine.send(RESET) == ["ALARM:6"]
    assert machine.wait(1) == ["ok", BANNER, UNLOCK]
    broken = bench("homing-fail:8", homing=True)
    broken.firmware.advance(0)
    assert broken.do("$H") == ["ALARM:8", "ok", BANNER, UNLOCK]
    assert broken.do("$H") == ["ok"]
    lost = bench(homing=True, start=(300.0, 0.0, 0.0), settings={130: 100, 131: 100})
    assert lost.do("$H")[0] == "ALARM:9"


def test_the_frame_stops_what_no_limit_stopped_and_steps_are_lost() -> None:
    machine = bench(envelope=(100.0, 100.0, 50.0))
    machine.do("G0 X150", "G0 X0")
    assert machine.place[0] == 0 and machine.counts["outside_moves"] == 2
    assert machine.firmware.true(machine.firmware.stopped)[0] == 0
    machine.do("G0 X60")
    assert machine.place[0] == 60 and machine.firmware.true(machine.firmware.stopped)[0] == 60


def test_a_limit_switch_stops_the_machine_where_it_is() -> None:
    machine = bench(envelope=(100.0, 100.0, 50.0), settings=FAST | {21: 1})
    machine.send("G1 X50 F3000\nG1 X150 Y20\nG1 X0\n")
    assert machine.finish() == ["ALARM:1", "[MSG:Reset to continue]"]
    assert machine.firmware.stopped[:2] == pytest.approx((100, 10), abs=0.1)
    assert machine.send(RESET) == [BANNER, UNLOCK] and "outside_moves" not in machine.counts


def test_work_coordinates_shift_the_place_and_not_the_machine() -> None:
    machine = bench()
    machine.do("G0 X50 Y40", "G10 L20 P1 X0 Y0", "G0 X10 Y10")
    assert machine.place == (60, 50, 0)
    machine.do("G53 G0 X1 Y1")
    assert machine.place == (1, 1, 0)
    machine.do("G54 G0 X0 Y0", "G28")
    assert machine.place == (0, 0, 0)
    machine.do("G30.1", "G0 X30", "G30 Y0")
    assert machine.place[:2] == pytest.approx((80, 0))


def test_probing_stops_at_the_surface() -> None:
    machine = bench(kind="spindle", start=(10.0, 10.0, 20.0), surface=12.0)
    said = machine.do("G91 G38.2 Z-15 F100")
    assert said == ["[PRB:0.000,0.000,-8.000:1]", "ok"] and machine.place[2] == -8
    assert machine.do("G38.2 Z-1 F100") == ["ALARM:4", "ok"]
    high = bench(kind="spindle", start=(10.0, 10.0, 40.0), surface=12.0)
    assert high.do("G91 G38.2 Z-5 F100")[:1] == ["ALARM:5"]


# --- the door ---


def test_a_door_stops_and_switches_off_until_it_is_closed_and_resumed() -> None:
    machine = bench(settings=FAST, kind="spindle")
    machine.do("M3 S5000")
    machine.send("G1 X100 F1200\n")
    machine.wait(1)
    assert machine.send(DOOR) == ["[MSG:Check Door]"]
    assert machine.state == "Door:2"
    machine.wait(1)
    assert machine.state == "Door:0" and machine.firmware.spindle.power == 0
    machine.send(b"~")
    assert machine.state == "Door:3"
    machine.wait(3.9)
    assert machine.state == "Door:3"
    machine.wait(0.2)
    assert machine.state == "Run"
    machine.finish()
    assert machine.place[0] == 100 and machine.firmware.spindle.power > 0


def test_a_door_that_stands_open_cannot_be_resumed() -> None:
    machine = bench("door@line=1:5", settings=FAST)
    machine.send("G1 X100 F1200\n")
    machine.wait(1)
    assert machine.state == "Door:1" and machine.status()["Pn"] == "D"
    machine.send(b"~")
    assert machine.state == "Door:1"
    machine.wait(5)
    assert machine.state == "Door:0"
    machine.send(b"~")
    machine.finish()
    assert machine.place[0] == 100


def test_a_cancelled_jog_is_no_hold() -> None:
    machine = bench()
    machine.send("$J=X50F3000\n")
    machine.wait(0.3)
    machine.send(b"!")
    machine.finish()
    assert machine.state == "Idle" and machine.send(CANCEL) == []
