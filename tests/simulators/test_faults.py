"""Every fault shows on the wire what the documents say, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults import KINDS, Faults, Stage, parse
from simulators.record import outcome

PRINT = ["G28", "M83", "G1 X20 Z1 E1 F3000", "G1 X40 E1", "G1 X60 E1"]


def lines(host: Any, commands: list[str]) -> list[bytes]:
    return [host.numbered(i, command) for i, command in enumerate(commands, 1)]


def talk(machine: Any, host: Any, commands: list[str]) -> list[str]:
    said: list[str] = []
    for line in lines(host, commands):
        said += machine.send(line) + machine.finish()
    return said


def test_specs_are_read() -> None:
    fault = parse("unplug@line=12:3.5")
    assert (fault.kind, fault.line, fault.argument) == ("unplug", 12, 3.5)
    assert parse("slow").argument == KINDS["slow"].argument
    assert parse("kill@time=4").time == 4
    assert parse("corrupt-in@chance=0.25").chance == 0.25


@pytest.mark.parametrize(
    "spec", ["", "explode", "kill@", "kill@soon", "kill@line=0", "slow:much", "kill@chance=2", "slow:nan"]
)
def test_bad_specs_are_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"fault"):
        parse(spec)


@given(st.text(max_size=30))
def test_any_text_is_a_fault_or_a_sentence(text: str) -> None:
    try:
        assert parse(text).kind in KINDS
    except ValueError as error:
        assert "fault" in str(error)


def test_a_lost_ok_is_an_executed_line(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("lost-ok@line=2",))
    assert talk(machine, host, ["M82", "M83", "M82"]) == ["ok N1 P15 B3", "ok N3 P15 B3"]
    assert [text for _, text in machine.firmware.recorder.piece.executed] == ["M82", "M83", "M82"]


def test_a_corrupted_line_is_asked_for_again(bench: Callable[..., Any], host: Any) -> None:
    asked = 0
    for seed in range(20):
        machine = bench(faults=("corrupt-in@line=2",), seed=seed)
        first, second = lines(host, ["M82", "M83"])
        assert machine.send(first) == ["ok N1 P15 B3"]
        said = machine.send(second)
        assert said != ["ok N2 P15 B3"]
        asked += any(line.startswith("Resend: ") for line in said)
        assert machine.send(host.numbered(2, "M83")) == ["ok N2 P15 B3"]
    assert asked >= 15  # a flipped N makes it an unnumbered line, which nobody checks


def test_a_corrupted_reply(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("corrupt-out@line=1",))
    firmware = machine.firmware
    firmware.receive(host.numbered(1, "M82"))
    ((data, _),) = firmware.output()
    good = b"ok N1 P15 B3\n"
    assert len(data) == len(good) and sum(a != b for a, b in zip(data, good, strict=True)) == 1 and data.endswith(b"\n")


def test_a_split_reply_is_whole_again_when_joined(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("split@line=1:3",))
    machine.firmware.receive(host.numbered(1, "M82"))
    pieces = machine.firmware.output()
    assert [len(data) for data, _ in pieces] == [3, 3, 3, 3, 1]
    assert all(gap for _, gap in pieces)
    assert b"".join(data for data, _ in pieces) == b"ok N1 P15 B3\n"


def test_spurious_resends(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("resend@line=1", "resend-no-ok@line=2"))
    first, second = lines(host, ["M82", "M83"])
    assert machine.send(first) == ["Resend: 1", "ok"]
    assert machine.send(first) == ["ok N1 P15 B3"]
    assert machine.send(second) == ["Resend: 2"]
    assert machine.send(second) == ["ok N2 P15 B3"]
    assert [text for _, text in machine.firmware.recorder.piece.executed] == ["M82", "M83"]


@pytest.mark.parametrize(("kind", "reason"), [("reset", " Watchdog Reset"), ("external-reset", " External Reset")])
def test_a_reset_in_mid_print(bench: Callable[..., Any], host: Any, kind: str, reason: str) -> None:
    machine = bench(faults=(f"{kind}@line=5",))
    machine.do("M104 S200")
    said = talk(machine, host, PRINT)
    start = said.index("start")
    assert said[start + 1] == reason and said[start + 2].startswith("Marlin")
    assert not any(line.startswith("ok N5") for line in said)
    firmware = machine.firmware
    assert firmware.hotend.target == 0 and not firmware.homed and firmware.last_n == 0
    assert outcome(firmware.recorder.piece)["troubles"] == ["aborts"]


def test_after_a_reset_the_firmware_does_not_know_where_the_tool_is(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("reset@time=0.5",))
    talk(machine, host, ["G28", "G1 X100 F3000"])
    machine.wait(5)
    stood = machine.firmware.physical[0]
    assert 10 < stood < 50 and machine.firmware.position == (0, 0, 0)
    machine.do("G1 X10 F3000", "M400")
    assert machine.firmware.physical[0] == pytest.approx(stood + 10)


def test_a_reset_and_a_second_start_collide(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("reset@time=1",))
    talk(machine, host, PRINT)
    assert "start" in machine.wait(100)
    talk(machine, host, [*PRINT, "M400"])
    assert [event["cause"] for event in machine.firmware.recorder.piece.collisions] == ["boot"]


def test_kill_and_runaway_halt_until_a_reset(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("kill@line=2",))
    said = talk(machine, host, ["M82", "M83", "M82"])
    assert said[-2:] == ["Error:Printer halted. kill() called!", "//action:poweroff"]
    machine = bench(faults=("thermal-runaway@time=0.5",))
    said = talk(machine, host, [*PRINT, "G4 S5"])
    assert "Error:Thermal Runaway, system stopped! Heater_ID: 0" in said
    assert "Error:Printer halted. kill() called!" in said
    assert machine.send("M105\n") == []
    assert machine.firmware.recorder.piece.counts["kills"] == 1


def test_a_cold_reading_prevents_extrusion(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("cold-extrusion@line=4:30",), min_temp=170)
    machine.do("M109 S200")
    said = talk(machine, host, [*PRINT, "M105"])
    assert said.count("echo: cold extrusion prevented") == 2
    assert said[-1].startswith("ok T:30.00 /200.00")


def test_a_runout_parks_and_asks(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("filament-runout@line=4",))
    said = talk(machine, host, PRINT)
    assert "//action:out_of_filament T0" in said and "//action:prompt_show" in said
    assert machine.firmware.user
    assert "echo:busy: paused for user" in machine.wait(3)
    machine.send("M876 S1\n")
    said = machine.wait(0) + machine.finish()
    assert "//action:resumed" in said
    machine.do("M400")
    assert machine.firmware.physical[0] == pytest.approx(60)
    assert machine.firmware.recorder.piece.runs[0].amount == pytest.approx(3)


def test_unplug_is_a_wish_of_the_machine(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("unplug@line=1:2",))
    machine.send(host.numbered(1, "M82"))
    assert machine.firmware.wishes() == [2.0]


def test_hang_is_silence_for_good(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("hang@line=2",))
    machine.do("M155 S1")
    assert talk(machine, host, ["M82", "M83", "M82"]) == ["ok N1 P15 B3"]
    assert machine.wait(1000) == [] and machine.send("M112\n") == []


def test_slow_lines_say_that_they_are_busy(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(faults=("slow@line=2:7",))
    assert talk(machine, host, ["M82", "M83"]) == ["ok N1 P15 B3", *["echo:busy: processing"] * 3, "ok N2 P15 B3"]


def test_chance_follows_the_seed() -> None:
    def strikes(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.arm(parse("lost-ok@chance=0.2"), 0)
        return [n for n in range(1000) if faults.line((Stage.REPLY,), n, None)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 120 < len(strikes(1)) < 280


def test_arming_later_counts_from_then() -> None:
    faults = Faults(0)
    faults.arm(parse("kill@line=3"), 100)
    assert not faults.line((Stage.MACHINE,), 102, None)
    assert faults.line((Stage.MACHINE,), 103, None)
    assert not faults.line((Stage.MACHINE,), 104, None)
