"""The engine's decisions one by one, against the model firmware and a clock that jumps."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import (
    ArtifactFault,
    Cancelled,
    Failed,
    Foreign,
    MachineFault,
    Made,
    OurFault,
    Progressed,
    WrongAttempt,
)
from drivers.protocols.marlin import State, program, replies
from drivers.protocols.marlin.program import MAX_LINE, frame, frames
from drivers.protocols.marlin.states import TABLE, Cue, step

LINES = [b"G28", *(b"G1 X%d" % index for index in range(600))]


@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda line: b"\n" not in line), max_size=40), st.integers(0))
def test_frames_are_numbered_and_guarded(lines: list[bytes], first: int) -> None:
    for index, line in enumerate(frames(lines, first)):
        body, _, checksum = line[:-1].rpartition(b"*")
        assert body == b"N%d %b" % (first + index, lines[index])
        assert reduce(xor, body) == int(checksum)


def test_a_frame_as_the_firmware_documents_it() -> None:
    assert frame(b"M105", 3) == b"N3 M105*36\n"


def test_comments_and_blank_lines_are_not_sent() -> None:
    made = program(b"; head\n\nG28 ; home\r\n  G1 X1\n;\n")
    assert made.lines(0) == [b"G28", b"G1 X1"]
    assert made.total == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"; nothing\n", "no command"),
        (b"G1 " + b"X" * 90, "shorten"),
        (b"G28\nM112\n", "line 2"),
        (b"m110 N0", "owner"),
        (b"N5 G28", "does not begin"),
        (b"hello", "does not begin"),
        (b"M117 caf\xc3\xa9", "ASCII"),
    ],
)
def test_artifacts_that_no_machine_can_run(data: bytes, why: str) -> None:
    with pytest.raises(ArtifactFault, match=why):
        program(data)


def test_the_longest_line_that_is_taken_fits_the_firmware() -> None:
    longest = b"G1 " + b"X" * (MAX_LINE - 3 - len(b"N10000000 *255\n"))
    assert len(frame(program(longest).lines(0)[0], 9_999_999)) <= MAX_LINE
    with pytest.raises(ArtifactFault):
        program(longest + b"X")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("cue", Cue)
def test_the_table_refuses_what_it_does_not_list(state: State, cue: Cue) -> None:
    if cue in TABLE[state]:
        assert step(state, cue) is TABLE[state][cue]
    else:
        with pytest.raises(OurFault, match="nothing was sent"):
            step(state, cue)


def test_every_state_can_be_reached() -> None:
    reached = {State.CLOSED} | {target for row in TABLE.values() for target in row.values()}
    assert reached == set(State)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"ok", replies.Ok()),
        (b"ok N12 P15 B3", replies.Ok(12, 3)),
        (b"Resend: 7", replies.Resend(7)),
        (b"rs N7", replies.Resend(7)),
        (b"Error:checksum mismatch, Last Line: 6", replies.Rejected(6)),
        (b"Error:checksum mismRes", replies.Garbled()),
        (b"echo:busy: processing", replies.Busy("processing")),
        (b"echo:busy: paused for user", replies.Waiting("paused for user")),
        (b"start", replies.Booted("start")),
        (b"echo: External Reset", replies.Booted("echo: External Reset")),
        (b"//action:prompt_begin Nozzle Parked", replies.Dialog("begin", "Nozzle Parked")),
        (b"//action:cancel", replies.Action("cancel", "")),
        (b"SD printing byte 12/300", replies.CardPrint(printing=True)),
        (b"Not SD printing", replies.CardPrint(printing=False)),
        (b"Cap:EMERGENCY_PARSER:1", replies.Capability("EMERGENCY_PARSER", present=True)),
        (b'echo:Unknown command: "M27"', replies.Unknown("M27")),
        (b"FIRMWARE_NAME:Marlin 2.1 (x) SOURCE_CODE_URL:y", replies.Firmware("Marlin 2.1 (x)")),
        (b"echo:Now fresh file", None),
        (b"okay", None),
    ],
)
def test_replies(line: bytes, reply: replies.Reply | None) -> None:
    assert replies.parse(line) == reply


def test_temperatures_glued_behind_ok() -> None:
    reply = replies.parse(b"ok T:201.5 /210.0 B:60.0 /60.0 @:127")
    assert isinstance(reply, replies.Ok)
    assert reply.number is None
    assert reply.temperatures is not None
    assert (reply.temperatures["T"].actual, reply.temperatures["B"].target) == (201.5, 60.0)


@pytest.mark.parametrize(
    "line",
    [
        b"Error:Printer halted. kill() called!",
        b"Error:Thermal Runaway, system stopped! Heater_ID: 0",
        b"Error:Heating failed, system stopped! Heater_ID: bed",
        b"Error:MAXTEMP triggered, system stopped! Heater_ID: 0",
        b"Error:MINTEMP triggered, system stopped! Heater_ID: 0",
    ],
)
def test_a_firmware_that_stops_is_latched_and_gets_nothing_more(bench: Any, line: bytes) -> None:
    test = bench()
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: len(test.firmware.executed) > 50)
    assert test.engine.receive(line + b"\n", test.now) == b""
    assert test.engine.state is State.HALTED
    assert test.engine.receive(b"ok\nok T:1 /1\nResend: 5\nok\n", test.now) == b""
    assert test.engine.tick(test.now + 1000) == b""
    with pytest.raises(MachineFault):
        test.engine.begin("a2", program(b"G28"), test.now)
    assert [type(event) for event in test.engine.events if isinstance(event, Failed | Made)] == [Failed]


def test_made_needs_the_answer_to_m400_and_not_the_last_ok(bench: Any, model: Any) -> None:
    test = bench(model(slow={b"M400": 50.0}))
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: test.engine.state is State.FINISHING)
    at = test.now
    assert not test.saw(Made)
    assert test.until(lambda: bool(test.saw(Made)))
    assert test.now >= at + 49
    fractions = [event.fraction for event in test.saw(Progressed)]
    assert len(fractions) >= 2
    assert fractions == sorted(fractions)


def test_ten_identical_refusals_end_the_attempt_and_switch_off(bench: Any) -> None:
    test = bench(to=lambda line: line.replace(b"G1 X7*", b"G1 X8*"))
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Failed)))
    assert "refused 10 times" in test.saw(Failed)[0].why
    test.step()
    assert b"M104 S0" in test.firmware.executed
    assert b"G1 X7" not in test.firmware.executed


def test_many_resends_are_noted(bench: Any) -> None:
    flips = iter(range(10**6))
    test = bench(to=lambda line: line.replace(b"G1", b"G2") if b"G1" in line and next(flips) % 4 == 0 else line)
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Made)))
    assert "every tenth line" in test.saw(Made)[0].why


def test_resends_are_not_multiplied(bench: Any) -> None:
    """One spoilt line costs one repetition: the ``ok`` behind a Resend is no free slot."""
    spoilt = iter([True])
    test = bench(to=lambda line: line.replace(b"G1 X9*", b"G1 X8*") if b"X9*" in line and next(spoilt, False) else line)
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Made)))
    assert sum(b" G" in line for line in test.sent) == len(LINES) + 1


def test_temperature_reports_do_not_hide_a_lost_ok(bench: Any) -> None:
    lost = iter([False] * 60 + [True])
    test = bench(back=lambda message: b"" if message == b"ok\n" and next(lost, False) else message)
    assert test.connect()
    test.begin(LINES)
    start = test.now
    assert test.until(lambda: (test.engine.receive(b" T:20.0 /0.0 @:0\n", test.now), bool(test.saw(Made)))[1])
    assert test.now - start < 60
    assert [line for line in test.firmware.executed if line.startswith(b"G")] == LINES


def test_busy_is_not_probed(bench: Any, model: Any) -> None:
    test = bench(model(slow={b"G28": 100.0}))
    assert test.connect()
    count = sum(b"M105" in line for line in test.sent)
    test.begin(LINES[:1])
    assert test.until(lambda: bool(test.saw(Made)))
    # One M105 ahead of the program, one behind M400, and the poll that fell due meanwhile.
    assert sum(b"M105" in line for line in test.sent) - count <= 4


def test_a_restart_sends_nothing_more(bench: Any) -> None:
    test = bench()
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: len(test.firmware.executed) > 100)
    test.firmware.restart()
    assert test.until(lambda: bool(test.saw(Failed)))
    sent = len(test.sent)
    test.until(lambda: False, 50)
    assert len(test.sent) == sent


def test_a_restart_while_idle_is_a_new_greeting(bench: Any) -> None:
    test = bench()
    assert test.connect()
    test.firmware.restart()
    assert test.until(lambda: test.engine.state is State.BOOTING)
    assert test.until(lambda: test.engine.state is State.IDLE)
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Made)))


def test_a_print_from_the_card_is_foreign(bench: Any) -> None:
    test = bench()
    assert test.connect()
    test.engine.receive(b"SD printing byte 1/200\n", test.now)
    test.step()
    assert test.saw(Foreign)
    with pytest.raises(MachineFault, match="nobody here ordered"):
        test.engine.begin("a1", program(b"G28"), test.now)


def test_cancel_without_the_emergency_parser_goes_in_line(bench: Any, model: Any) -> None:
    test = bench(model(capabilities=()))
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: len(test.firmware.executed) > 50)
    test.write(test.engine.cancel("a1", test.now))
    assert test.until(lambda: bool(test.saw(Cancelled)))
    assert test.firmware.executed[-6:] == [b"M104 S0", b"M140 S0", b"M107", b"M84", b"M400", b"M105"]
    assert not any(b"M410" in line for line in test.sent)


def test_a_machine_that_does_not_switch_off_is_a_fault(bench: Any) -> None:
    test = bench(end_wait=20.0)
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: len(test.firmware.executed) > 50)
    test.write(test.engine.cancel("a1", test.now))
    test.firmware.dead = True
    assert test.until(lambda: bool(test.saw(Failed)))
    assert "by hand" in test.saw(Failed)[0].why


def test_verbs_out_of_turn_are_ours(bench: Any) -> None:
    test = bench()
    with pytest.raises(OurFault):
        test.engine.begin("a1", program(b"G28"), 0.0)
    assert test.connect()
    test.begin(LINES)
    with pytest.raises(OurFault):
        test.begin(LINES, "a2")
    with pytest.raises(WrongAttempt):
        test.engine.pause("a2", test.now)
