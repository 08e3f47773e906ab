"""The engine of a pen plotter against a model of its board: what is drawn, and what is said when it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.contract import (
    Activity,
    Cancelled,
    Failed,
    Link,
    MachineFault,
    Made,
    NotSupported,
    OurFault,
    Progressed,
    WrongAttempt,
)
from drivers.protocols.ebb import Answered, Began, Options, Path, State, Withdrawn
from drivers.protocols.ebb.states import TABLE, Cue, step
from tests.drivers.ebb_model import FRAME, Bench, Board

SQUARE = (
    b"G21\nG90\nM5\nG0 X10 Y10 F7200\nM3\nG1 X40 F2400\nG1 Y40\nG1 X10\nG1 Y10\nM5\n"
    b"G0 X60 Y60 F7200\nM3\nG1 X60.5 Y60\nM5\nG0 X0 Y0 F7200\nM2\n"
)
CORNERS = np.array([[10, 10], [40, 10], [40, 40], [10, 40], [10, 10], [60.5, 60]])


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    assert made.connect()
    return made


def made_whole(bench: Bench) -> None:
    """The whole square was drawn, and nothing else."""
    for corner in CORNERS:
        assert np.hypot(*(bench.path - corner).T).min() < 0.02, corner
    reach = bench.path[np.hypot(*(bench.path - [60, 60]).T) > 2]
    assert (reach.min(axis=0), reach.max(axis=0)) == (
        pytest.approx([10, 10], abs=0.02),
        pytest.approx([40, 40], abs=0.02),
    )


# --- greeting ---------------------------------------------------------------------------------------------------------


def test_the_greeting_lifts_the_pen_before_anything_else_and_moves_nothing() -> None:
    bench = Bench(Board(pen_down=True, place=[500, 300], counted=[500, 300]))
    assert bench.connect()
    board = bench.board
    assert bench.engine.status.link is Link.ONLINE
    assert bench.engine.status.firmware == "EBBv13_and_above EB Firmware Version 2.8.1"
    assert not board.pen_down
    assert not any(text.startswith("SM") for text in board.heard)
    assert board.heard[:3] == ["V", "CU,1,1", "ES"]
    assert board.heard.index("SC,4,20641") < board.heard.index("SP,1,300")
    assert "SC,5,15248" in board.heard


def test_the_origin_is_set_once_and_kept_by_the_next_who_connects() -> None:
    board = Board()
    first = Bench(board)
    assert first.connect()
    first.begin(SQUARE)
    assert first.until(lambda: bool(first.saw(Progressed)))
    first.write(first.engine.cancel("a1", first.now))
    assert first.until(lambda: bool(first.saw(Cancelled)))
    there = list(board.counted)
    assert there != [0, 0]
    second = Bench(board)
    second.now = first.now
    board.heard.clear()
    assert second.connect()
    assert not any(text.startswith("EM") for text in board.heard)
    assert second.engine.desk.place == tuple(there)
    second.begin(SQUARE)
    assert second.until(lambda: bool(second.saw(Made)))
    assert board.place == [0, 0], "it came back to where it stood at first"


def test_motors_that_were_off_set_a_new_origin() -> None:
    board = Board(place=[7, 7], counted=[700, 300])
    bench = Bench(board)
    assert bench.connect()
    assert (board.motors, board.counted, board.mark) == (True, [0, 0], 87)


def test_half_a_line_of_an_earlier_sender_is_ended_first() -> None:
    bench = Bench()
    bench.board.take(b"SM,10")
    assert bench.connect()
    assert bench.engine.state is State.IDLE
    assert bench.board.drawn == []


def test_answers_that_another_program_switched_off_or_changed_are_put_right() -> None:
    for board in (Board(silent=True), Board(version="3.0.3", future=True)):
        bench = Bench(board)
        assert bench.connect()
        assert bench.engine.state is State.IDLE, bench.engine.fault
        assert (board.silent, board.future) == (False, False)


@pytest.mark.parametrize(
    ("board", "says"),
    [
        (Board(version="2.2.9"), "older than 2.4.4: update it"),
        (Board(power=24), "switch its power supply on; USB alone moves nothing"),
        (Board(dark=True), "does not answer V"),
    ],
)
def test_a_board_that_cannot_draw_is_not_connected(board: Board, says: str) -> None:
    bench = Bench(board)
    assert bench.connect()
    assert bench.engine.state is State.HALTED
    assert says in (bench.engine.fault or "")
    assert bench.engine.status.activity is Activity.FAULT
    with pytest.raises(MachineFault):
        bench.begin(SQUARE)


def test_an_older_board_without_qe_is_asked_nothing_that_it_does_not_know() -> None:
    bench = Bench(Board(version="2.5.3"))
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.saw(Made)
    assert "QE" not in bench.board.heard


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_a_square_is_drawn_and_every_step_is_counted(bench: Bench) -> None:
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert [event.why.endswith("the board counted every step") for event in bench.saw(Made)] == [True]
    made_whole(bench)
    assert bench.board.place == [0, 0]
    assert not bench.board.pen_down
    fractions = [event.fraction for event in bench.saw(Progressed)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) <= 101
    assert bench.saw(Began)
    assert bench.engine.attempt is None


def test_nothing_is_over_before_the_board_is_idle(bench: Bench) -> None:
    bench.begin(SQUARE)
    assert bench.until(lambda: bool(bench.saw(Made)))
    assert bench.board.due == float("inf")
    assert bench.board.heard[-3].startswith("QM")


def test_what_stands_in_the_board_is_never_long(bench: Bench) -> None:
    """Two motions of 25 ms and one that waits: an ES is heard within that."""
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    moves = [text.split(",") for text in bench.board.heard if text.startswith("SM")]
    assert max(int(words[1]) for words in moves) <= 25


def test_a_program_that_moves_nowhere_begins_and_ends(bench: Bench) -> None:
    bench.begin(b"G21\nG90\nM5\nG0 X0 Y0 F600\nM2\n")
    assert bench.until(bench.ended)
    assert bench.saw(Began)
    assert bench.saw(Made)


def test_a_dot_is_a_pen_that_goes_down_and_up(bench: Bench) -> None:
    bench.begin(b"G21\nG90\nM5\nG0 X5 Y5 F600\nM3\nM5\nG0 X0 Y0\nM2\n")
    assert bench.until(bench.ended)
    assert bench.saw(Made)
    pens = [text for text in bench.board.heard if text.startswith("SP")]
    assert pens == ["SP,1,300", "SP,0,300", "SP,1,300"]


point = st.tuples(st.integers(0, 2000), st.integers(0, 2000))


@settings(max_examples=40, deadline=None)
@given(strokes=st.lists(st.lists(point, min_size=2, max_size=4), min_size=1, max_size=3))
def test_any_strokes_are_drawn_through_all_their_points(strokes: list[list[tuple[int, int]]]) -> None:
    bench = Bench(speed=200.0)
    assert bench.connect()
    lines = ["G21", "G90", "M5"]
    for stroke in strokes:
        (x, y), *rest = stroke
        lines += [f"G0 X{x / 100} Y{y / 100} F9000", "M3", *(f"G1 X{a / 100} Y{b / 100} F6000" for a, b in rest), "M5"]
    bench.begin("\n".join([*lines, "M2"]).encode() + b"\n")
    assert bench.until(bench.ended)
    assert bench.saw(Made), bench.events[-3:]
    for stroke in strokes:
        for (ax, ay), (bx, by) in pairwise(stroke):
            if np.hypot(bx - ax, by - ay) > 5:
                assert np.hypot(*(bench.path - [bx / 100, by / 100]).T).min() < 0.03


# --- pause, resume, cancel --------------------------------------------------------------------------------------------


def paused(bench: Bench) -> None:
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    assert bench.engine.status.activity is Activity.PAUSED
    assert not bench.board.pen_down
    assert bench.board.due == float("inf")


def drawing(bench: Bench) -> None:
    assert bench.until(lambda: bench.board.pen_down and len(bench.path) > 10)


def test_a_pause_slows_down_lifts_the_pen_and_goes_on_where_it_was(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    speed = [int(text.split(",")[1]) for text in bench.board.heard if text.startswith("SM")][-1]
    bench.write(bench.engine.pause("a1", bench.now))
    bench.write(bench.engine.pause("a1", bench.now))
    paused(bench)
    slower = [int(text.split(",")[1]) for text in bench.board.heard if text.startswith("SM")][-1]
    assert slower > speed, "its last slices took longer"
    here = list(bench.board.place)
    for _ in range(20):
        bench.step()
    assert bench.board.place == here
    bench.write(bench.engine.resume("a1", bench.now))
    bench.write(bench.engine.resume("a1", bench.now))
    assert bench.until(lambda: bench.board.pen_down)
    assert bench.until(bench.ended)
    assert bench.saw(Made)
    made_whole(bench)


@settings(max_examples=40, deadline=None)
@given(at=st.lists(st.integers(1, 400), max_size=4))
def test_pauses_anywhere_change_nothing_of_what_is_drawn(at: list[int]) -> None:
    bench = Bench()
    assert bench.connect()
    bench.begin(SQUARE)
    for steps in at:
        for _ in range(steps):
            bench.step()
        if bench.engine.state is State.RUNNING:
            bench.write(bench.engine.pause("a1", bench.now))
            assert bench.until(lambda: bench.engine.state in (State.PAUSED, State.FINISHING, State.IDLE))
            if bench.engine.attempt == "a1":
                bench.write(bench.engine.resume("a1", bench.now))
    assert bench.until(bench.ended)
    assert bench.saw(Made), bench.events[-3:]
    made_whole(bench)


def test_a_pause_that_is_taken_back_at_once_lifts_nothing(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    bench.write(bench.engine.resume("a1", bench.now))
    before = sum(text.startswith("SP,1") for text in bench.board.heard)
    for _ in range(30):
        bench.step()
    assert sum(text.startswith("SP,1") for text in bench.board.heard) == before
    assert bench.until(bench.ended)
    assert bench.saw(Made)


def test_the_button_asks_for_a_pause_and_a_person_resumes(bench: Bench) -> None:
    bench.board.pressed = True
    bench.begin(SQUARE)
    drawing(bench)
    assert bench.engine.status.prompt is None, "what was pressed before is no wish of now"
    bench.board.pressed = True
    paused(bench)
    assert "pressed the button" in (bench.engine.status.prompt or "")
    bench.board.pressed = True
    for _ in range(30):
        bench.step()
    bench.write(bench.engine.resume("a1", bench.now))
    bench.gather()
    assert bench.engine.status.prompt is None
    assert bench.until(bench.ended)
    assert bench.saw(Made), "a press while it stood still asked for nothing"


def test_a_cancel_stops_where_it_is_and_the_next_begins_from_there(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.write(bench.engine.cancel("a1", bench.now))
    bench.write(bench.engine.cancel("a1", bench.now))
    assert bench.until(bench.ended)
    assert bench.saw(Cancelled)
    assert not bench.board.pen_down
    assert not any(text.startswith(("SM", "SP,0")) for text in bench.board.heard[bench.board.heard.index("ES", 5) :])
    assert bench.engine.desk.place == tuple(bench.board.counted)
    assert bench.engine.state is State.IDLE
    bench.events.clear()
    bench.board.drawn.clear()
    bench.begin(SQUARE, "a2")
    assert bench.until(bench.ended)
    assert bench.saw(Made)
    made_whole(bench)


def test_a_paused_attempt_can_be_cancelled(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    paused(bench)
    bench.write(bench.engine.cancel("a1", bench.now))
    assert bench.until(bench.ended)
    assert bench.saw(Cancelled)


def test_verbs_out_of_turn_are_refused_and_say_nothing(bench: Bench) -> None:
    heard = list(bench.board.heard)
    for verb in (bench.engine.pause, bench.engine.resume, bench.engine.cancel):
        with pytest.raises(WrongAttempt):
            verb("a1", bench.now)
    assert bench.board.heard == heard
    bench.begin(SQUARE)
    with pytest.raises(OurFault):
        bench.begin(SQUARE, "a2")
    with pytest.raises(WrongAttempt):
        bench.engine.facts(bench.now)
    assert bench.until(lambda: bench.engine.state is State.FINISHING)
    with pytest.raises(NotSupported):
        bench.engine.pause("a1", bench.now)
    assert bench.until(bench.ended)


# --- faults -----------------------------------------------------------------------------------------------------------


def losing(nth: int, what: bytes) -> Callable[[bytes], bytes]:
    """Lose the nth message that begins so."""
    seen = iter(range(1, 1_000_000))
    return lambda message: b"" if message.startswith(what) and next(seen) == nth else message


def test_a_lost_ok_fails_the_attempt_and_is_never_sent_again() -> None:
    bench = Bench(back=losing(60, b"OK"))
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    (failed,) = bench.saw(Failed)
    assert "did not answer SM" in failed.why
    assert not bench.board.pen_down
    assert bench.engine.state is State.IDLE, "it answers, and its steps are counted: the next one may begin"
    assert bench.engine.desk.place == tuple(bench.board.counted)
    moves = [text for text in bench.board.heard if text.startswith("SM")]
    assert bench.board.heard.count("ES") == 2
    assert bench.board.heard.index("ES", 5) > bench.board.heard.index(moves[-1])


def test_a_motion_that_is_lost_on_its_way_there_fails_as_well() -> None:
    bench = Bench(to=losing(40, b"SM"))
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.saw(Failed)


def test_a_motion_that_arrives_as_another_one_is_found_by_its_steps() -> None:
    turned = iter(range(1, 1_000_000))

    def spoilt(message: bytes) -> bytes:
        """The thirtieth motion loses a digit: the board takes it, and cannot know."""
        if message.startswith(b"SM") and next(turned) == 30:
            name, ms, a, b = message.strip().split(b",")
            return b",".join([name, ms, a[:-1], b]) + b"\r"
        return message

    bench = Bench(to=spoilt)
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    (failed,) = bench.saw(Failed)
    assert "what was drawn is not what was meant" in failed.why


def test_what_the_board_refuses_fails_with_its_own_words() -> None:
    bench = Bench(to=lambda message: message.replace(b"SM,25", b"SN,25"))
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    (failed,) = bench.saw(Failed)
    assert "the board refuses SM," in failed.why
    assert "Unknown command" in failed.why
    assert not bench.board.pen_down


def test_a_board_that_falls_silent_is_out_of_control_and_says_so(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.board.dark = True
    assert bench.until(bench.ended)
    (failed,) = bench.saw(Failed)
    assert "did not answer" in failed.why
    assert "lift the pen and switch the machine off by hand" in failed.why
    assert bench.engine.state is State.HALTED
    assert bench.engine.wake == float("inf")


def test_power_that_is_lost_while_it_draws_loses_the_place(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.board.power = 24
    assert bench.until(bench.ended)
    (failed,) = bench.saw(Failed)
    assert "the motors have no power (QC reads 24" in failed.why
    assert bench.engine.state is State.HALTED
    assert bench.board.mark == 0, "whoever connects next sets a new origin"
    assert not bench.board.pen_down


def test_power_that_is_off_at_the_start_withdraws_and_latches_nothing(bench: Bench) -> None:
    bench.board.power = 24
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    (withdrawn,) = bench.saw(Withdrawn)
    assert "switch its power supply on" in withdrawn.why
    assert bench.engine.state is State.IDLE
    bench.board.power = 300
    bench.events.clear()
    bench.begin(SQUARE, "a2")
    assert bench.until(bench.ended)
    assert bench.saw(Made)


@pytest.mark.parametrize("when", ["idle", "drawing", "paused"])
def test_a_restart_is_never_drawn_over(when: str, bench: Bench) -> None:
    if when != "idle":
        bench.begin(SQUARE)
        drawing(bench)
    if when == "paused":
        bench.write(bench.engine.pause("a1", bench.now))
        paused(bench)
    drawn = len(bench.board.drawn)
    bench.board.restart()
    if when == "idle":
        bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.engine.state is State.HALTED
    assert "put it into its home corner and connect again" in (bench.engine.fault or "")
    seconds = 0.5 / 0.025
    assert len(bench.board.drawn) - drawn <= seconds + 3, "what was on its way until the board was looked at"
    assert bool(bench.saw(Withdrawn)) == (when == "idle")
    assert bool(bench.saw(Failed)) == (when != "idle")


def test_a_wire_that_is_lost_fails_what_runs(bench: Bench) -> None:
    bench.begin(SQUARE)
    drawing(bench)
    bench.engine.lost("the plug was pulled")
    bench.gather()
    (failed,) = bench.saw(Failed)
    assert failed.why == "the plug was pulled"
    assert bench.engine.status.link is Link.OFFLINE


def test_the_last_word_fails_what_runs_and_nothing_is_said_after_it(bench: Bench) -> None:
    from drivers.protocols.ebb import FAREWELL

    bench.begin(SQUARE)
    drawing(bench)
    bench.engine.parting = "emergency stop"
    bench.write(FAREWELL)
    bench.engine.stopped(bench.now)
    for _ in range(200):
        bench.step()
    (failed,) = bench.saw(Failed)
    assert failed.why == "emergency stop"
    assert bench.engine.parted
    assert not bench.board.pen_down
    assert bench.board.heard[-2:] == ["ES", "SP,1"]


damage = st.sampled_from(["lose", "spoil", "double"])


def way(faults: dict[int, str], kinds: tuple[bytes, ...]) -> Callable[[bytes], bytes]:
    """Damage to the nth message; what arrives twice arrives twice."""
    count = iter(range(1, 1_000_000))

    def passage(message: bytes) -> bytes:
        fault = faults.get(next(count))
        if fault == "lose":
            return b""
        if fault == "spoil":
            return bytes([message[0] ^ 4]) + message[1:]
        return message * 2 if fault == "double" else message

    return passage


@settings(max_examples=100, deadline=None)
@example(to={96: "double", 175: "double"}, back={})  # Moves that undo each other: the board's count is as it should be.
@given(
    to=st.dictionaries(st.integers(18, 200), damage, max_size=2),
    back=st.dictionaries(st.integers(18, 200), damage, max_size=2),
)
def test_a_bad_wire_ends_in_the_whole_piece_or_in_a_failure(to: dict[int, str], back: dict[int, str]) -> None:
    """Never in a piece that was told as made and is another one."""
    bench = Bench(to=way(to, ()), back=way(back, ()))
    assert bench.connect()
    if bench.engine.state is State.HALTED:
        return
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    if bench.saw(Made):
        made_whole(bench)
        assert bench.board.place == [0, 0]
    elif bench.engine.state is State.IDLE:
        assert not bench.board.pen_down


@settings(max_examples=200, deadline=None)
@given(noise=st.lists(st.binary(max_size=100), max_size=12))
def test_any_bytes_at_all_raise_nothing(noise: list[bytes]) -> None:
    bench = Bench()
    assert bench.connect()
    bench.begin(SQUARE)
    for data in noise:
        bench.engine.receive(data, bench.now)
    assert len(bench.engine._line._partial) <= 512


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=20))
def test_the_pieces_in_which_bytes_come_do_not_matter(sizes: list[int]) -> None:
    bench = Bench()
    receive, turn = bench.engine.receive, iter(sizes * 5000)

    def in_pieces(data: bytes, now: float) -> bytes:
        out = b""
        while data:
            size = next(turn, 1)
            out += receive(data[:size], now)
            data = data[size:]
        return out

    bench.engine.receive = in_pieces  # type: ignore[method-assign]
    assert bench.connect()
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.saw(Made)


# --- a technician -----------------------------------------------------------------------------------------------------


def served(bench: Bench, out: bytes) -> Answered:
    bench.write(out)
    assert bench.until(lambda: bool(bench.saw(Answered)))
    (answer,) = bench.saw(Answered)
    bench.events.clear()
    assert isinstance(answer, Answered)
    return answer


def test_a_technicians_questions(bench: Bench) -> None:
    facts = served(bench, bench.engine.facts(bench.now))
    assert facts.lines == (
        "current and power (QC): 0394,0300", "place in steps (QS): 0,0", "motors (QE): 16,16",
    )  # fmt: skip
    assert served(bench, bench.engine.say(b"QP", bench.now)).lines == ("1",)
    assert served(bench, bench.engine.say(b"QM", bench.now)).lines == ("QM,0,0,0,0",), "no OK comes behind it"
    assert served(bench, bench.engine.say(b"CS", bench.now)).lines == ()
    refused = served(bench, bench.engine.say(b"XYZ", bench.now)).fault
    assert isinstance(refused, MachineFault)
    assert "Unknown command 'XYZ'" in str(refused)
    assert bench.engine.state is State.IDLE
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.saw(Made)


def test_a_visit_goes_with_the_pen_up_and_comes_back(bench: Bench) -> None:
    box = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 20.0], [0.0, 0.0]])
    out = bench.engine.visit(lambda x, y: Path(box, np.full(4, 50.0)), bench.now)
    assert served(bench, out).fault is None
    assert bench.board.place == [0, 0]
    assert not len(bench.path)
    reached = np.array([FRAME.point((a, b)) for a, b, _ in bench.board.drawn])
    assert reached.max(axis=0) == pytest.approx([30, 20], abs=0.02)


def test_a_pen_that_a_technician_put_down_is_lifted_before_anything_moves(bench: Bench) -> None:
    assert served(bench, bench.engine.say(b"SP,0,100", bench.now)).fault is None
    assert bench.until(lambda: bench.board.pen_down)
    bench.begin(SQUARE)
    assert bench.until(bench.ended)
    assert bench.saw(Made)
    assert bench.path.min() > 9.9, "the way to the first stroke is clean"


def test_a_restart_that_a_technician_meets_is_the_machines(bench: Bench) -> None:
    bench.board.restart()
    answer = served(bench, bench.engine.visit(lambda x, y: Path(np.array([[1.0, 1.0]]), np.full(1, 9.0)), bench.now))
    assert isinstance(answer.fault, MachineFault)
    assert bench.engine.state is State.HALTED


def test_a_visit_without_power_says_so(bench: Bench) -> None:
    bench.board.power = 0
    answer = served(bench, bench.engine.visit(lambda x, y: Path(np.array([[1.0, 1.0]]), np.full(1, 9.0)), bench.now))
    assert isinstance(answer.fault, MachineFault)
    assert bench.board.drawn == []


# --- table and options ------------------------------------------------------------------------------------------------


def test_a_cue_that_a_state_does_not_list_is_refused() -> None:
    for state in State:
        for cue in Cue:
            if cue in TABLE[state]:
                assert step(state, cue) in State
            else:
                with pytest.raises(OurFault, match="nothing was sent"):
                    step(state, cue)
    assert all(TABLE[state].get(Cue.HALT) is State.HALTED for state in State if state is not State.CLOSED)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"pen_up": 120}, "percent of the servo's way"),
        ({"pen_up": 30}, "the same place"),
        ({"pen_delay": -1}, "pen_delay"),
        ({"acceleration": float("nan")}, "acceleration"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**wrong)
