"""What Marlin answers, line by line. Expected texts are those of its documents and its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.deposit import Pump
from simulators.faults import Faults
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.marlin.receiver import LONGEST, Line, Receiver, Refused, checked
from simulators.record import Recorder


def test_ok_counts_planner_and_queue(bench: Callable[..., Any], host: Any) -> None:
    assert bench().send(host.numbered(1, "M82")) == ["ok N1 P15 B3"]
    assert bench(advanced_ok=False).send(host.numbered(1, "M82")) == ["ok"]


def test_a_wrong_checksum_is_asked_for_again(bench: Callable[..., Any], host: Any) -> None:
    machine = bench()
    machine.send(host.numbered(1, "M82"))
    assert machine.send(b"N2 M83*1\n") == ["Error:checksum mismatch, Last Line: 1", "Resend: 2", "ok"]
    assert machine.send(host.numbered(2, "M83")) == ["ok N2 P15 B3"]


def test_a_gap_and_a_missing_checksum_are_refused(bench: Callable[..., Any], host: Any) -> None:
    machine = bench()
    gap = "Error:Line Number is not Last Line Number+1, Last Line: 0"
    assert machine.send(host.numbered(3, "M82")) == [gap, "Resend: 1", "ok"]
    assert machine.send(b"N1 M82\n") == ["Error:No Checksum with line number, Last Line: 0", "Resend: 1", "ok"]
    counts = machine.firmware.recorder.piece.counts
    assert (counts["line_number_errors"], counts["missing_checksums"], counts["resends"]) == (1, 1, 2)


def test_what_arrived_with_a_bad_line_is_flushed(bench: Callable[..., Any], host: Any) -> None:
    machine = bench()
    said = machine.send(b"N1 M82*1\n" + host.numbered(2, "M82") + host.numbered(3, "M82"))
    assert said == ["Error:checksum mismatch, Last Line: 0", "Resend: 1", "ok"]


def test_m110_sets_the_counter(bench: Callable[..., Any], host: Any) -> None:
    machine = bench()
    assert machine.send(host.numbered(100, "M110 N41")) == ["ok N100 P15 B3"]
    assert machine.send(host.numbered(42, "M82")) == ["ok N42 P15 B3"]


def test_the_ok_of_m105_carries_temperatures_alone(bench: Callable[..., Any], host: Any) -> None:
    assert bench().send(host.numbered(1, "M105")) == ["ok T:22.00 /0.00 B:22.00 /0.00 @:0 B@:0"]


def test_unknown_commands_are_echoed_and_acknowledged(bench: Callable[..., Any]) -> None:
    assert bench().send("G999 X1\n") == ['echo:Unknown command: "G999 X1"', "ok P15 B3"]


def test_the_ok_waits_while_the_planner_is_full(bench: Callable[..., Any]) -> None:
    machine = bench(blocks=4)
    said = machine.send("".join(f"G1 X{x} F6\n" for x in range(1, 6)))
    assert said == ["ok P2 B3", "ok P1 B3", "ok P0 B3"]
    assert machine.wait(0.5) == []
    assert machine.wait(10.5) == ["echo:busy: processing"] * 5 + ["ok P0 B2"]


def test_busy_every_two_seconds_of_a_long_command(bench: Callable[..., Any]) -> None:
    machine = bench()
    assert machine.send("G4 S7\n") == []
    assert machine.finish() == ["echo:busy: processing"] * 3 + ["ok P15 B3"]
    machine.do("M113 S1")
    machine.send("G4 S3.5\n")
    assert machine.finish().count("echo:busy: processing") == 3


def test_capabilities(bench: Callable[..., Any]) -> None:
    said = bench(envelope=(100.0, 80.0, 50.0)).send("M115\n")
    assert said[0].startswith("FIRMWARE_NAME:Marlin 2.1")
    assert "Cap:EMERGENCY_PARSER:1" in said and "Cap:AUTOREPORT_TEMP:1" in said and "Cap:PROMPT_SUPPORT:1" in said
    assert any("max:{x:100.0000,y:80.0000,z:50.0000}" in line for line in said)
    assert "Cap:EMERGENCY_PARSER:0" in bench(emergency_parser=False).send("M115\n")


def test_m112_halts_ahead_of_the_queue_and_then_there_is_silence(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.send("G4 S100\nG1 X1\n")
    assert machine.send("M112\n") == ["echo:M112 Shutdown", "Error:Printer halted. kill() called!", "//action:poweroff"]
    assert machine.send("M105\n") == [] and machine.wait(100) == []
    machine.firmware.boot("PowerUp")
    assert machine.heard()[:2] == ["start", "PowerUp"]
    assert machine.send("M105\n")[0].startswith("ok T:")


def test_without_an_emergency_parser_a_full_queue_holds_m112_back(bench: Callable[..., Any]) -> None:
    machine = bench(emergency_parser=False)
    machine.send("G4 S10\nG4 S1\nG4 S1\nG4 S1\nM112\n")
    assert "Error:Printer halted. kill() called!" not in machine.wait(9)
    assert "Error:Printer halted. kill() called!" in machine.wait(2)


def test_m108_breaks_off_a_wait_for_heat(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.send("M109 S200\n")
    assert any(line.startswith(" T:") and line.endswith("W:?") for line in machine.wait(3))
    said = machine.send("M108\n") + machine.wait(1)
    assert "ok P15 B3" in said or "ok P15 B2" in said


def test_heating_takes_its_time_and_ends_with_the_ok(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.send("M190 S60\n")
    said = machine.finish()
    assert said[-1].startswith("ok") and "echo:busy: processing" in said
    assert machine.firmware.bed.temperature == pytest.approx(60, abs=1.1)
    assert 50 < machine.firmware.now < 90


def test_m0_asks_and_any_answer_continues(bench: Callable[..., Any]) -> None:
    for answer in ("M876 S0\n", "M108\n", None):
        machine = bench()
        said = machine.send("M0 Turn the piece\n")
        assert said == [
            "echo:Turn the piece",
            "//action:prompt_end",
            "//action:prompt_begin M0 Stop",
            "//action:prompt_button Continue",
            "//action:prompt_show",
        ]
        assert machine.wait(4.5) == ["echo:busy: paused for user"] * 2
        if answer is None:
            assert machine.firmware.press()
            said = machine.heard()
        else:
            said = machine.send(answer)
            said += machine.wait(0.1)
        assert said[:2] == ["//action:prompt_end", "ok P15 B3"] or said[:2] == ["//action:prompt_end", "ok P15 B2"]


def test_m410_drops_motion_and_keeps_the_place(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do("G28")
    machine.send("G1 X100 F6000\nG1 X200\nG1 X0\n")
    machine.wait(0.5)
    machine.send("M410\n")
    assert not machine.firmware.moving
    assert 20 < machine.firmware.position[0] < 60
    assert machine.firmware.position[0] == pytest.approx(machine.firmware.physical[0])


def test_cold_extrusion_is_an_echo_and_drops_only_e(bench: Callable[..., Any]) -> None:
    machine = bench(min_temp=170)
    said = machine.do("G28", "G1 X10 E5 F600", "M400", "M114")
    assert "echo: cold extrusion prevented" in said
    assert machine.firmware.physical[0] == pytest.approx(10)
    assert machine.firmware.recorder.piece.counts["cold_extrusions"] == 1
    assert not machine.firmware.recorder.piece.runs


def test_soft_endstops_hold_homed_axes(bench: Callable[..., Any]) -> None:
    machine = bench(envelope=(100.0, 100.0, 50.0))
    machine.do("G1 X150 F6000", "M400")
    assert machine.firmware.position[0] == 150
    assert machine.firmware.recorder.piece.counts["unhomed_moves"] == 1
    machine.do("G28", "G1 X150 F6000", "M400")
    assert machine.firmware.position[0] == 100
    assert machine.firmware.recorder.piece.counts["clamped_moves"] == 1


def test_absurd_numbers_do_no_harm(bench: Callable[..., Any]) -> None:
    machine = bench(envelope=(100.0, 100.0, 50.0))
    nines = "9" * 80
    machine.do(f"G1 X{nines} F{nines}", f"G1 E{nines}", "G1 X0 F0.0000001", "M155 S0.001", "M113 S0.001")
    assert machine.firmware.position[0] <= 200
    counts = machine.firmware.recorder.piece.counts
    assert counts["clamped_moves"] == 1 and counts["long_extrusions"] == 1


def test_g90_makes_e_absolute_too(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do("M83", "G1 E5", "G1 E5")
    assert machine.firmware.e == 10
    machine.do("G90", "G1 E5")
    assert machine.firmware.e == 5


def test_relative_moves_shifts_and_inches(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do("G28", "G1 X10 Y10 F6000", "G92 X0 Y0", "G91", "G1 X5", "G20", "G1 X1", "M400")
    assert machine.firmware.physical[0] == pytest.approx(10 + 5 + 25.4)
    assert any(line.startswith("X:30.40 Y:0.00") for line in machine.send("M114\n"))


def test_an_arc_keeps_its_radius(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do("G28", "G1 X30 Y20 F6000", "M400")
    before = len(machine.firmware.recorder.piece.rows)
    machine.do("G3 X20 Y30 I-10 J0 E3", "M400")
    rows = machine.firmware.recorder.piece.rows[before:]
    assert len(rows) == 15
    assert all((row[4] - 20) ** 2 + (row[5] - 20) ** 2 == pytest.approx(100) for row in rows)
    assert sum(row[7] for row in rows) == pytest.approx(3)


def test_reports_come_by_themselves_and_take_no_slot(bench: Callable[..., Any]) -> None:
    machine = bench()
    assert machine.send("M155 S2\n") == ["ok P15 B3"]
    reports = machine.wait(7)
    assert len(reports) == 3 and all(line.startswith(" T:22.00 /0.00 B:") for line in reports)
    machine.do("M155 S0", "M154 S1")
    assert [line[:2] for line in machine.wait(2.5)] == ["X:", "X:"]


def test_more_than_the_ring_holds_is_lost(bench: Callable[..., Any], host: Any) -> None:
    machine = bench()
    machine.send("G4 S10\n")
    machine.send(b"".join(host.numbered(n, f"G1 X{n}.123 Y10.123 E1.1234 F1200") for n in range(1, 20)))
    assert machine.firmware.recorder.piece.counts["overflow_bytes"] > 0
    said = machine.finish()
    assert "ok N3 P12 B3" in said or any(line.startswith("ok N3 ") for line in said)
    assert not any(line.startswith("ok N9 ") for line in said)


def test_long_lines_lose_their_end(bench: Callable[..., Any], host: Any) -> None:
    said = bench().send(host.numbered(1, "M117 " + "x" * LONGEST))
    assert said[0].startswith("Error:No Checksum with line number")


@given(
    st.integers(0, 10**6),
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*;N"), max_size=60),
)
def test_every_good_line_is_accepted_and_every_flipped_byte_is_not(number: int, text: str) -> None:
    body = f"N{number} G1 {text}".encode("ascii")
    checksum = 0
    for byte in body:
        checksum ^= byte
    line = body + b"*%d" % checksum
    good = checked(line, number - 1)
    assert isinstance(good, Line) and good.number == number
    for index in range(1, len(body)):
        broken = line[:index] + bytes((line[index] ^ 1,)) + line[index + 1 :]
        assert isinstance(checked(broken, number - 1), Refused), broken


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_lines_do_not_depend_on_how_bytes_are_cut(chunks: list[bytes]) -> None:
    def lines(parts: list[bytes]) -> list[bytes]:
        taken: list[bytes] = []
        receiver = Receiver(lambda: True, taken.append)
        for part in parts:
            receiver.receive(part)
        assert receiver.lost == 0
        return taken

    whole = b"".join(chunks)
    assert lines(chunks) == lines([whole]) == lines([whole[i : i + 1] for i in range(len(whole))])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_bring_the_firmware_down(data: bytes) -> None:
    machine = Firmware(Options(), Recorder(Pump()), Faults(0))
    machine.receive(data + b"\nM105\n")
    for _ in range(100):
        if (event := machine.next_event()) is None:
            break
        machine.advance(event)
