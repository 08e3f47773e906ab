"""Every fault of a GRBL shows on the wire what the documents say, and nowhere else."""

from __future__ import annotations

import pytest

from simulators.faults import Stage, parse
from simulators.grbl.firmware import ACCEPTANCE_FAULTS, MACHINE_FAULTS, REPLY_FAULTS
from simulators.grbl.kinds import COUNTS, KINDS, SPOILING
from tests.simulators.grbl_bench import RESET, bench

BANNER = "Grbl 1.1h ['$' for help]"
UNLOCK = "[MSG:'$H'|'$X' to unlock]"
PROGRAM = ["G0 X10 Y10", "M4 S500", "G1 X20 F1200", "G1 X30", "G1 X40", "M5"]


def test_each_kind_is_carried_out() -> None:
    tables = {Stage.REPLY: REPLY_FAULTS, Stage.ACCEPTANCE: ACCEPTANCE_FAULTS, Stage.MACHINE: MACHINE_FAULTS}
    for name, kind in KINDS.items():
        assert kind.stage is Stage.ARRIVAL or name in tables[kind.stage]
    assert set(SPOILING) <= set(COUNTS)


def test_kinds_are_of_a_firmware() -> None:
    assert parse("alarm:2", KINDS).argument == 2
    with pytest.raises(ValueError, match="resend"):
        parse("resend", KINDS)


def test_a_lost_ok_is_an_executed_line() -> None:
    machine = bench("lost-ok@line=3")
    assert machine.do(*PROGRAM) == ["ok"] * 5
    assert machine.executed == PROGRAM and machine.place[0] == 40


def test_a_corrupted_line_is_another_line() -> None:
    outcomes = set()
    for seed in range(40):
        machine = bench("corrupt-in@line=3", seed=seed)
        said = machine.do(*PROGRAM)
        assert len([line for line in said if line.startswith(("ok", "error"))]) <= 6
        executed = machine.executed
        outcomes.add("refused" if any(line.startswith("error") for line in said) else "changed")
        assert executed != PROGRAM
    assert outcomes == {"refused", "changed"}  # nothing guards a line of G-code: some become others that are good


def test_a_corrupted_ok() -> None:
    machine = bench("corrupt-out@line=2")
    said = machine.do(*PROGRAM)
    assert len(said) == 6 and said.count("ok") == 5
    assert machine.executed == PROGRAM


def test_an_ok_in_pieces() -> None:
    machine = bench("split@line=1:1")
    machine.firmware.receive(b"G0 X1\n")
    assert machine.firmware.output() == [(b"o", True), (b"k", True), (b"\r", True), (b"\n", True)]


def test_an_error_that_was_none_stops_nothing() -> None:
    machine = bench("error@line=4:33")
    assert machine.do(*PROGRAM) == ["ok", "ok", "ok", "error:33", "ok", "ok"]
    assert machine.executed == PROGRAM[:3] + PROGRAM[4:] and machine.counts["errors"] == 1


def test_a_line_that_takes_long() -> None:
    machine = bench("slow@line=1:4")
    assert machine.send("G0 X1\n") == [] and machine.wait(3.9) == [] and machine.wait(0.2) == ["ok"]


def test_a_limit_switch() -> None:
    machine = bench("alarm@time=0.3:1")
    machine.send("G1 X100 F3000\n")
    assert machine.wait(1) == ["ALARM:1", "[MSG:Reset to continue]"]
    assert machine.send("?$X\nG0X1\n") == []
    assert machine.send(RESET) == [BANNER, UNLOCK]
    assert machine.do("$X", "G0 X0")[-1] == "ok"


def test_a_brown_out_forgets_where_the_machine_is() -> None:
    machine = bench("reset@line=3")
    machine.do(*PROGRAM[:2])
    assert machine.send("G1 X20 F1200\n") == [BANNER]
    assert machine.place == (0, 0, 0) and machine.firmware.true((0, 0, 0))[:2] == (10, 10)
    assert machine.state == "Idle" and machine.counts["boots"] == 1
    homing = bench("reset@line=1", homing=True)
    homing.do("$H")
    assert homing.send("G0 X-5\n") == [BANNER, UNLOCK]


def test_the_button_holds_and_goes_on() -> None:
    machine = bench("hold@line=4")
    machine.send("\n".join(PROGRAM) + "\n")
    machine.finish()
    assert machine.state == "Hold:0"
    assert machine.firmware.press()
    machine.finish()
    assert machine.state == "Idle" and machine.executed == PROGRAM


def test_the_button_closes_the_door() -> None:
    machine = bench("door@line=4")
    machine.send("\n".join(PROGRAM) + "\n")
    machine.finish()
    assert machine.state == "Door:1"
    machine.wait(100)
    assert machine.state == "Door:1" and machine.firmware.press()
    machine.finish()
    assert machine.state == "Idle" and machine.executed == PROGRAM


def test_a_hang_is_silence_and_the_laser_stays_on() -> None:
    machine = bench("hang@time=0.5")
    machine.send("M3 S1000\nG1 X100 F1200\n")
    machine.wait(1)
    machine.heard()
    assert machine.send("?\n" + RESET.decode("latin-1")) == [] and machine.wait(10) == []
    record = machine.record()
    assert record["counts"]["hangs"] == 1 and record["at_rest"] > 9
    machine.firmware.boot("power")
    assert machine.heard() == [BANNER] and machine.firmware.spindle.power == 0


def test_unplugging_is_a_wish_and_the_machine_goes_on() -> None:
    machine = bench("unplug@line=3:1.5")
    machine.do(*PROGRAM)
    assert machine.firmware.wishes() == [1.5] and machine.executed == PROGRAM


def test_check_mode_wakes_no_fault_of_a_line() -> None:
    machine = bench("lost-ok@line=1")
    assert machine.do("$C", *PROGRAM, "$C").count("ok") == 8
    assert machine.do("G0 X1") == []


def test_faults_by_chance_come_again() -> None:
    machine = bench("lost-ok@chance=0.3", seed=3)
    said = machine.do(*(f"G0 X{index}" for index in range(100)))
    assert 50 < len(said) < 90 and len(machine.executed) == 100
