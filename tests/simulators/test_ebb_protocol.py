"""What the EBB answers, command by command: its documents of 2.8.1 and 3.0, and its source of 2.8.1."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.ebb.parameters import Bad, fields, name_of, read
from tests.simulators.ebb_bench import bench


def test_version() -> None:
    assert bench().send("V") == "EBBv13_and_above EB Firmware Version 2.8.1\r\n"
    assert bench(version="3.0.3").send("v") == "EBBv13_and_above EB Firmware Version 3.0.3\r\n"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("QB", "0\r\nOK\r\n"),
        ("QC", "0394,0300\r\nOK\r\n"),
        ("QE", "0,0\n\rOK\r\n"),
        ("QM", "QM,0,0,0,0\n\r"),
        ("QG", "D0\r\n"),
        ("QP", "1\n\rOK\r\n"),
        ("QR", "0\r\nOK\r\n"),
        ("QS", "0,0\n\rOK\r\n"),
        ("QL", "000\r\nOK\r\n"),
        ("QN", "0000000000\r\nOK\r\n"),
        ("QT", "\r\nOK\r\n"),
        ("ES", "0,0,0,0,0\n\rOK\r\n"),
        ("PI,B,2", "PI,1\r\n"),
        ("R", "OK\r\n"),
        ("CS", "OK\r\n"),
        ("EM,1,1", "OK\r\n"),
        ("SC,4,16000", "OK\r\n"),
        ("SP,1", "OK\r\n"),
        ("sm,100,10,10", "OK\r\n"),
        ("XM,100,10,10", "OK\r\n"),
    ],
)
def test_answers_of_a_board_at_rest(query: str, answer: str) -> None:
    assert bench().send(query) == answer


def test_3_0_answers_of_its_own() -> None:
    machine = bench(version="3.0.3")
    assert machine.send("QG") == "10\r\n"  # bits 6 and 7 are no pins any more
    assert machine.send("ES") == "0\n\rOK\r\n"
    assert machine.send("QU,2") == "QU,25\r\nOK\r\n" and machine.send("QU,3") == "QU,1\r\nOK\r\n"
    assert machine.send("CU,4,10") == "OK\r\n" and machine.send("QU,3") == "QU,10\r\nOK\r\n"
    assert machine.send("SL,125,19|QL,19") == "OK\r\n125\r\nOK\r\n"
    assert bench().send("QU,2").startswith("!8 Err: Unknown command 'QU:5155'")


def test_future_syntax_names_every_answer() -> None:
    machine = bench(version="3.0.3")
    machine.send("CU,10,1")
    assert machine.send("QG") == "QG,10\n"
    assert machine.send("SM,100,10,10") == "SM\n"
    assert machine.send("QP") == "QP,1\n"
    assert machine.send("SM,100") == "SM,!4 Err: Missing parameter(s)\n"
    assert machine.send("SM,100A") == "SM,!5 Err: Need comma next, found: 'A'\n"
    assert machine.send("TP,-1") == "TP,!6 Err: Invalid parameter value\n"
    assert machine.send("BB") == "BB,!8 Err: Unknown command 'BB:4242'\n"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("B", "!8 Err: Unknown command 'B:42'\r\n"),
        ("BB", "!8 Err: Unknown command 'BB:4242'\r\n"),
        ("SM,100", "!4 Err: Missing parameter(s)\r\n"),
        ("SM,0,10,10", "!6 Err: Invalid parameter value\r\n"),
        ("SM,-1,10,10", "!6 Err: Invalid parameter value\r\n"),
        ("SP,300", "!6 Err: Invalid parameter value\r\n"),
        ("SM100,1,1", "!5 Err: Need comma next, found: '1'\r\n"),
        ("SM,16777216,1,1", "!0 Err: <move_duration> larger than 16777215 ms.\n\r"),
        ("SM,10,16777216,1", "!0 Err: <axis1> larger than 16777215 steps.\n\r"),
        ("SM,10,260,1", "!0 Err: <axis1> step rate > 25K steps/second.\n\r"),
        ("SM,10,1,-260", "!0 Err: <axis2> step rate > 25K steps/second.\n\r"),
        ("XM,10,130,130", "!0 Err: <axis1> step rate > 25K steps/second.\n\r"),
        ("SM,2000,1,2000", "!0 Err: <axis1> step rate < 1.31Hz.\n\r"),
        ("HM,0", "!6 Err: Invalid parameter value\r\n"),
        ("HM,26000,1,1", "!0 Err: HM <axis2> step rate > 25K steps/second.\n\r"),
        ("X" * 300, "!3 Err: RX Buffer overrun\r\n"),
    ],
)
def test_errors_come_alone(command: str, error: str) -> None:
    machine = bench()
    assert machine.send(command) == error
    assert machine.counts == {"errors": 1} or command.startswith("XX")
    assert machine.finish() == "" and machine.send("QS") == "0,0\n\rOK\r\n"


def test_one_parameter_too_many_is_executed_and_told() -> None:
    machine = bench()
    assert machine.send("SM,100,10,10,0,0") == "OK\r\n!7 Err: Extra parameter\r\n"
    machine.finish()
    assert machine.send("QS") == "10,10\n\rOK\r\n"


def test_an_enable_without_its_second_parameter_is_silence() -> None:
    assert bench().send("EM,1") == ""


def test_commands_end_with_either_line_end_and_empty_ones_are_nothing() -> None:
    machine = bench()
    machine.firmware.receive(b"\r\n\rQB\r\nQ")
    machine.firmware.receive(b"B\n")
    assert machine.heard() == "0\r\nOK\r\n" * 2


def test_acknowledgements_can_be_switched_off() -> None:
    machine = bench()
    assert machine.send("CU,1,0|SM,100,1,1|QB") == "0\r\n"
    assert machine.send("CU,1,1") == "OK\r\n"


def test_three_motions_are_in_play_and_then_nothing_is_answered() -> None:
    machine = bench()
    assert machine.send("SM,1000,100,0") == "OK\r\n"  # this one moves
    assert machine.send("SM,1000,100,0") == "OK\r\n"  # this one waits in the queue
    assert machine.send("SM,1000,100,0") == ""  # and this one in the parser
    assert machine.send("QG|ES") == ""  # which now hears nothing, not even a stop
    assert machine.wait(0.99) == ""
    assert machine.wait(0.02) == "OK\r\nDD\r\n1,100,0,100,0\n\rOK\r\n"  # it comes too late for the first


def test_a_stop_that_is_heard() -> None:
    machine = bench()
    machine.send("SM,1000,1000,500|SM,1000,50,1200")
    machine.wait(0.25)
    assert machine.send("ES") == "1,50,1200,750,375\n\rOK\r\n"
    assert machine.send("QS") == "250,125\n\rOK\r\n"
    assert machine.send("QM") == "QM,0,0,0,0\n\r"
    assert machine.send("QE") == "16,16\n\rOK\r\n" and machine.send("ES,1") == "0,0,0,0,0\n\rOK\r\n"
    assert machine.send("QE") == "0,0\n\rOK\r\n" and machine.counts == {"aborts": 1}


def test_a_stop_leaves_the_pen_moves_in_the_queue() -> None:
    machine = bench()
    machine.send("SM,1000,1000,0|SP,0,100")
    machine.wait(0.1)
    machine.send("ES")
    machine.finish()
    assert machine.send("QP") == "0\n\rOK\r\n"


def test_a_deeper_queue_in_3_0() -> None:
    machine = bench(version="3.0.3")
    machine.send("CU,4,5")
    for _ in range(6):
        assert machine.send("SM,100,10,0") == "OK\r\n"
    assert machine.send("SM,100,10,0") == ""
    assert machine.send("QU,6") == ""
    machine.finish()


def test_the_general_query_tells_what_goes_on() -> None:
    machine = bench(version="3.0.3")
    assert machine.send("QG") == "10\r\n"
    machine.send("SM,100,10,0")
    assert machine.send("QG") == "1C\r\n"  # pen up, executing, motor 1
    machine.send("SM,100,0,10")
    assert machine.send("QG") == "1D\r\n"  # and one waits
    machine.wait(0.15)
    assert machine.send("QG") == "1A\r\n"  # motor 2
    machine.finish()
    machine.send("SP,0,50")
    assert machine.send("QG") == "08\r\n"  # down: the bit is 1 for up
    machine.finish()
    machine.firmware.push()
    assert machine.send("QG|QG") == "20\r\n00\r\n"
    machine.firmware.push()
    assert machine.send("QB|QB") == "1\r\nOK\r\n0\r\nOK\r\n"


def test_the_pen_is_reported_once_its_turn_has_come() -> None:
    machine = bench()
    machine.send("SM,1000,10,10|SP,0,100")
    assert machine.send("QP") == "1\n\rOK\r\n"
    machine.wait(1.05)
    assert machine.send("QP") == "0\n\rOK\r\n"
    assert machine.send("TP|QP") == "OK\r\n0\n\rOK\r\n"
    machine.finish()
    assert machine.send("QP") == "1\n\rOK\r\n"


def test_motors_and_microsteps() -> None:
    machine = bench()
    assert machine.do("EM,3,1", "QE") == "OK\r\n4,4\n\rOK\r\n"
    assert machine.do("EM,0,1", "QE") == "OK\r\n0,4\n\rOK\r\n"
    assert machine.do("SM,100,10,10", "QE") == "OK\r\n4,4\n\rOK\r\n"  # a move enables both
    assert machine.do("EM,1,1", "QS") == "OK\r\n0,0\n\rOK\r\n"  # and the counters are zeroed


def test_a_nickname_outlives_a_reboot_which_takes_the_port_away() -> None:
    machine = bench()
    assert machine.send("ST,East EBB|QT|SM,100,10,10") == "OK\r\nEast EBB\r\nOK\r\nOK\r\n"
    assert machine.send("RB") == "" and machine.firmware.wishes() == [1.0]
    assert machine.send("QT|QS") == "East EBB\r\nOK\r\n0,0\n\rOK\r\n"


def test_nodes_and_layers() -> None:
    assert bench().send("SN,5|NI|NI|ND|QN|SL,4|QL") == (
        "OK\r\n" * 4 + "0000000006\r\nOK\r\n" + "OK\r\n" + "004\r\nOK\r\n"
    )


@given(st.text(alphabet="SMXPQGE,0123456789-A", max_size=40))
def test_any_command_is_read_or_refused(text: str) -> None:
    _, rest = name_of(text)
    try:
        assert len(read(rest, fields("u32", "i32", "i32?", "u8?")).values) == 4
    except Bad as bad:
        assert str(bad)[:3] in ("!4 ", "!5 ", "!6 ")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="SMXLTHPQGERCUV,0123456789-", min_size=1, max_size=24), max_size=10))
def test_a_hostile_stream_is_survived(commands: list[str]) -> None:
    machine = bench()
    for command in commands:
        machine.send(command)
        machine.wait(0.5)
    machine.firmware.boot("power")
    machine.heard()
    assert machine.send("QB") == "0\r\nOK\r\n"
