"""What GRBL 1.1 answers, line by line. Expected texts are those of its documents and its source."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.grbl.receiver import Ring, filtered
from simulators.grbl.words import Modal, Refused, parse
from tests.simulators.grbl_bench import CANCEL, RESET, bench, numbers

BANNER = "Grbl 1.1h ['$' for help]"
UNLOCK = "[MSG:'$H'|'$X' to unlock]"


def test_build_info_names_blocks_and_bytes() -> None:
    assert bench().send("$I\n") == ["[VER:1.1h.20190830:]", "[OPT:V,15,128]", "ok"]
    assert bench(buffer=255, blocks=17).send("$I\n")[1] == "[OPT:V,17,255]"
    hal = bench(flavour="grblhal", buffer=1024, blocks=35).send("$I\n")
    assert any(line.startswith("[OPT:") and line.split(",")[1:3] == ["35", "1024"] for line in hal)
    assert any(line.startswith("[NEWOPT:") for line in hal)


def test_settings_are_listed_in_order_and_in_form() -> None:
    said = bench(kind="spindle").send("$$\n")
    assert said[-1] == "ok" and len(said) == 35
    assert said[0] == "$0=10" and "$11=0.010" in said and "$30=10000" in said and "$110=2000.000" in said
    keys = [int(line[1:].split("=")[0]) for line in said[:-1]]
    assert keys == sorted(keys)


def test_help() -> None:
    assert bench().send("$\n") == ["[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]", "ok"]


def test_one_answer_a_line_end_also_for_empty_ones() -> None:
    machine = bench()
    assert machine.send("\n\n(a comment)\n ; another\n") == ["ok"] * 4
    assert machine.send("G1 X1 F600\r\n") == ["ok", "ok"]


def test_lines_are_filtered_before_they_are_parsed() -> None:
    machine = bench()
    assert machine.send("g1 x 1 (there) y2 f600 ; and no more\n") == ["ok"]
    machine.finish()
    assert machine.place[:2] == (1.0, 2.0)
    assert machine.send("G1 X" + "1" * 90 + "\n") == ["error:11"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (1, "1G1"),
        (2, "G1X"),
        (2, "G1X-"),
        (2, "$=1"),
        (3, "$GX"),
        (3, "$999=1"),
        (3, "$10 1"),
        (4, "G1X1F-5"),
        (4, "$110=-5"),
        (5, "$H"),
        (6, "$0=2"),
        (10, "$20=1"),
        (16, "$J=G2X2I1F500"),
        (16, "$J=X1F500M3"),
        (20, "G5"),
        (20, "M7"),
        (20, "G28.5"),
        (20, "A1"),
        (20, "M6"),
        (21, "G17G18"),
        (21, "M3M5"),
        (22, "G1X1"),
        (22, "$J=X1"),
        (22, "G93G1X1"),
        (23, "G1.5X1F1"),
        (23, "M3.5"),
        (24, "G0G1X1"),
        (24, "G92G0X1"),
        (25, "G1X1X2F500"),
        (26, "G10L2P1"),
        (26, "G92"),
        (27, "N99999999G0X1"),
        (28, "G4"),
        (28, "G10X1"),
        (29, "G10L2P7X1"),
        (30, "G2G53X1I1F500"),
        (31, "G80X1"),
        (32, "G2Z1I1F500"),
        (33, "G2X1I5F500"),
        (34, "G2X10R1F500"),
        (35, "G2X1F500"),
        (36, "G0X1P5"),
        (36, "G0X1R5"),
        (37, "G43.1X1"),
        (38, "T300"),
    ],
)
def test_errors_as_the_document_lists_them(code: int, line: str) -> None:
    machine = bench()
    assert machine.send(line + "\n") == [f"error:{code}"]
    assert machine.counts == {"refusals" if line.startswith("$") else "errors": 1} and machine.executed == []


def test_a_refused_block_changes_nothing() -> None:
    machine = bench()
    before = machine.send("$G\n")
    assert machine.send("G91 G20 F100 S50 G1 X1 X2\n") == ["error:25"]
    assert machine.send("$G\n") == before


def test_behind_an_error_what_is_buffered_still_runs() -> None:
    machine = bench()
    assert machine.send("G1X1F600\nG1X2Q1\nG1X3\n") == ["ok", "error:20", "ok"]
    machine.finish()
    assert machine.place[0] == 3.0


def test_modes() -> None:
    machine = bench()
    assert machine.send("$G\n") == ["[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]", "ok"]
    machine.do("G1 G91 G20 G18 F10 S500 M4 T3", "M8")
    assert machine.send("$G\n")[0] == "[GC:G1 G54 G18 G20 G91 G94 M4 M8 T3 F254 S500]"
    assert machine.do("M30") == ["[MSG:Pgm End]", "ok"]
    assert machine.send("$G\n")[0] == "[GC:G1 G54 G17 G20 G90 G94 M5 M9 T3 F254 S500]"


def test_parameters() -> None:
    machine = bench(settings={27: 1})
    machine.do("G0 X10 Y5", "G10 L20 P2 X1 Y1", "G28.1", "G92 X100", "G43.1 Z2")
    said = machine.send("$#\n")
    assert said[0] == "[G54:0.000,0.000,0.000]" and said[1] == "[G55:9.000,4.000,0.000]"
    assert said[6] == "[G28:10.000,5.000,0.000]" and said[8] == "[G92:-90.000,0.000,0.000]"
    assert said[9] == "[TLO:2.000]" and said[10] == "[PRB:0.000,0.000,0.000:0]" and said[11] == "ok"
    machine.send(RESET)
    said = machine.send("$#\n")
    assert said[1] == "[G55:9.000,4.000,0.000]" and said[8] == "[G92:0.000,0.000,0.000]"  # G92 is not kept


def test_startup_lines_run_after_a_reset_and_are_no_part_of_the_stream() -> None:
    machine = bench()
    assert machine.send("$N\n") == ["$N0=", "$N1=", "ok"]
    assert machine.do("$N0=G20 G54 G17") == ["ok"]
    assert machine.do("$N1=G999") == ["error:20"]
    assert machine.send("$N\n") == ["$N0=G20G54G17", "$N1=", "ok"]
    assert machine.send(RESET) == [BANNER, ">G20G54G17:ok"]
    assert "G20" in machine.send("$G\n")[0]


def test_check_mode_executes_nothing_and_leaves_by_a_reset() -> None:
    machine = bench()
    assert machine.send("$C\n") == ["[MSG:Enabled]", "ok"]
    assert machine.state == "Check"
    assert machine.send("G1 X50 F600\nM3 S1000\nG4 P60\nG1 Q1\nG28.1\n") == ["ok", "ok", "ok", "error:20"]
    machine.finish()
    assert machine.place == (0, 0, 0) and machine.executed == ["$C"] and machine.record()["energy"] == 0
    assert machine.send("$C\n") == ["[MSG:Disabled]", "ok", BANNER]
    assert machine.state == "Idle"
    assert "G0" in machine.send("$G\n")[0]


def test_check_mode_finds_what_leaves_the_soft_limits() -> None:
    machine = bench(homing=True)
    machine.do("$H", "$C")
    assert machine.send("G53 G1 X-290 F600\n") == ["ok"]
    assert machine.send("G53 G1 X5\n") == ["ALARM:2", "[MSG:Reset to continue]"]


def test_a_locked_machine_takes_no_gcode() -> None:
    machine = bench(homing=True)
    assert machine.state == "Alarm"
    assert machine.send("G0 X1\n") == ["error:9"]
    assert machine.send("$X\n") == ["[MSG:Caution: Unlocked]", "ok"]
    machine.do("G91 G0 X-1")
    assert machine.counts["unhomed_moves"] == 1


def test_system_commands_wait_for_idle() -> None:
    machine = bench()
    machine.send("G1 X50 F600\n")
    for line in ("$$", "$#", "$I", "$N", "$10=3", "$H", "$J=X1F100", "$C", "$SLP"):
        assert machine.send(line + "\n") == ["error:8"], line
    assert machine.send("$G\n")[0].startswith("[GC:")


def test_settings_are_kept_and_obeyed() -> None:
    machine = bench()
    assert machine.do("$110=600", "$10=3") == ["ok", "ok"]
    machine.send(RESET)
    assert "$110=600.000" in machine.send("$$\n")
    assert machine.status()["Bf"] == "15,128"
    machine.send("G0 X10\n")
    machine.wait(0.5)
    assert machine.status()["FS"].startswith("600,")
    machine.finish()
    assert machine.do("$RST=$")[:2] == ["[MSG:Restoring defaults]", "ok"]
    assert "$110=10000.000" in machine.send("$$\n")


def test_a_write_to_the_eeprom_deafens() -> None:
    machine = bench()
    assert machine.send("$11=0.02\n$12=0.003\n?") == []  # the second line came while the first was written
    assert machine.finish() == ["ok"]
    assert machine.counts == {"deaf_bytes": len("$12=0.003\n?")}
    assert machine.do("$12=0.003") == ["ok"]


def test_a_write_in_a_program_waits_for_the_motion_before_it() -> None:
    machine = bench()
    assert machine.send("G1 X10 F600\nG10 L20 P1 X0\nG1 X5\n") == ["ok"]
    said = machine.finish()
    assert said == ["ok", "ok"] and machine.place[0] == 15.0  # what had been buffered before the write is heard
    assert machine.counts == {}


# --- the receive buffer ---


def test_what_does_not_fit_is_lost_and_counted() -> None:
    machine = bench(blocks=2)
    program = "".join(f"G1 X{index} F60\n" for index in range(1, 40))
    machine.send(program)
    assert machine.counts["overflow_bytes"] > 100
    first = machine.counts["overflow_bytes"]
    machine.send("G1 X1\n")
    assert machine.counts["overflow_bytes"] == first + len("G1 X1\n")
    assert machine.send(b"?")[0].startswith("<Run|")  # real-time bytes need no room


def test_a_host_that_counts_loses_nothing() -> None:
    machine = bench(settings={10: 3})
    lines = [f"G1 X{index % 7}.5 Y{index % 5} F3000\n" for index in range(200)]
    waiting: list[int] = []
    oks = 0
    for line in lines:
        while sum(waiting) + len(line) > 128:
            event = machine.firmware.next_event()
            assert event is not None
            machine.firmware.advance(event)
            for said in machine.heard():
                assert said == "ok"
                waiting.pop(0)
                oks += 1
        waiting.append(len(line))
        for _ in machine.send(line):
            waiting.pop(0)
            oks += 1
    oks += len(machine.finish())
    assert oks == 200 and machine.counts == {} and len(machine.executed) == 200


def test_buffer_state() -> None:
    machine = bench(settings={10: 3}, blocks=3)
    machine.send("G1 X1 F60\nG1 X2\nG1 X3\nG1 X4\nG1 X5\n")
    assert machine.status()["Bf"] == f"0,{128 - len('G1 X5') - 1}"  # one line is out of the buffer, and waits


@given(st.binary(max_size=600))
def test_the_ring_gives_back_whole_lines_in_order(data: bytes) -> None:
    ring, lines = Ring(128), []
    position = 0
    while position < len(data):
        position += ring.put(data[position : position + 50])
        while (line := ring.take()) is not None:
            lines.append(line)
        ring.drain()
    assert lines == re.split(rb"[\r\n]", data)[: len(lines)]
    assert len(lines) == len(re.findall(rb"[\r\n]", data))


@given(st.text(alphabet="GMXYZFSPRIJLNT0123456789.-+ ()/;", max_size=90))
def test_any_line_is_understood_or_refused_with_a_known_code(text: str) -> None:
    line = filtered(text.encode())
    try:
        parse(line.text, Modal(), mist=False)
    except Refused as refused:
        assert refused.code in {1, 2, 4, 20, 21, 23, 24, 25, 38}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet="GMXYZFSPRIJ0123456789.-$=CH#INJ ", min_size=1, max_size=20), max_size=12))
def test_a_hostile_stream_is_answered_line_by_line(lines: list[str]) -> None:
    machine = bench()
    for line in lines:
        machine.send(line + "\n")
        machine.finish()
        if machine.firmware.suspended:
            machine.send(RESET)
    machine.finish()
    machine.send(RESET)
    machine.wait(1)
    assert machine.status()["state"] in ("Idle", "Alarm", "Hold:0")


# --- status reports ---


def test_the_report_names_state_place_and_speeds() -> None:
    machine = bench()
    assert machine.status() == {"state": "Idle", "MPos": "0.000,0.000,0.000", "FS": "0,0", "WCO": "0.000,0.000,0.000"}
    machine.send("G1 X100 F1200 M3 S500\n")
    machine.wait(1)
    report = machine.status()
    assert report["state"] == "Run" and report["FS"] == "1200,500" and report["Ov"] == "100,100,100"
    assert report["A"] == "S"
    assert numbers(report["MPos"])[0] == pytest.approx(20, abs=0.5)


def test_work_position_and_inches_by_settings() -> None:
    machine = bench(settings={10: 0, 13: 1})
    machine.do("G0 X25.4", "G92 X0")
    report = machine.status()
    assert report["WPos"] == "0.0000,0.0000,0.0000" and report["WCO"] == "1.0000,0.0000,0.0000"


def test_offsets_come_when_they_change_and_every_tenth_time_in_rest() -> None:
    machine = bench()
    seen = [sorted({"WCO", "Ov"} & set(machine.status())) for _ in range(21)]
    assert [index for index, fields in enumerate(seen) if "WCO" in fields] == [0, 10, 20]
    assert [index for index, fields in enumerate(seen) if "Ov" in fields] == [1, 11]
    machine.do("G92 X5")
    assert machine.status()["WCO"] == "-5.000,0.000,0.000"


def test_busy_reports_carry_them_less_often() -> None:
    machine = bench()
    machine.send("G1 X250 F60\n")
    seen = [sorted({"WCO", "Ov"} & set(machine.status())) for _ in range(61)]
    assert [index for index, fields in enumerate(seen) if "WCO" in fields] == [0, 30, 60]
    assert [index for index, fields in enumerate(seen) if "Ov" in fields] == [1, 21, 41]


def test_two_questions_at_once_get_one_answer() -> None:
    assert len(bench().send(b"??")) in (1, 2)


def test_unknown_high_bytes_are_dropped() -> None:
    assert bench().send(b"G0\xff\xb7X1\xf0\n") == ["ok"]


def test_jogs_leave_the_modes_alone() -> None:
    machine = bench()
    before = machine.send("$G\n")
    assert machine.send("$J=G91 G20 X0.5 F100\n") == ["ok"]
    assert machine.state == "Jog"
    assert machine.send("G0 X1\n") == ["error:9"]
    machine.finish()
    assert machine.state == "Idle" and machine.place[0] == 12.7
    assert machine.send("$G\n") == before


def test_a_jog_is_cancelled_on_its_way_and_forgets_the_rest() -> None:
    machine = bench()
    machine.send("$J=X50F3000\n$J=X100F3000\n")
    machine.wait(0.5)
    machine.send(CANCEL)
    assert machine.state == "Jog"
    machine.finish()
    assert machine.state == "Idle"
    stopped = machine.place[0]
    assert 20 < stopped < 30
    machine.do("G91 G0 X1")
    assert machine.place[0] == pytest.approx(stopped + 1, abs=0.02)
    machine.send(CANCEL)
    assert machine.state == "Idle"


def test_a_jog_beyond_the_soft_limits_is_an_error_and_no_alarm() -> None:
    machine = bench(homing=True)
    machine.do("$H")
    assert machine.send("$J=G53 X5 F1000\n") == ["error:15"]
    assert machine.state == "Idle"


def test_sleep_ends_with_a_reset_and_an_alarm() -> None:
    machine = bench()
    assert machine.do("$SLP") == ["[MSG:Sleeping]", "ok"]
    assert machine.state == "Sleep" and machine.send("G0X1\n") == []
    assert machine.send(RESET) == [BANNER, UNLOCK]
    assert machine.state == "Alarm"
