"""The GRBL engine against a model firmware and a clock that jumps."""

from __future__ import annotations

import re
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    ArtifactFault,
    Cancelled,
    DriverError,
    Failed,
    Foreign,
    MachineFault,
    Made,
    NotSupported,
    Progressed,
    WrongAttempt,
)
from drivers.protocols.grbl import Answered, Began, Confirmed, Rehearsed, State, Withdrawn
from drivers.protocols.grbl.program import EPILOGUE, PREAMBLE
from tests.drivers.grbl_model import BANNER, SETTINGS, Bench, Firmware

LINES = [b"M4S0", *(b"G1X%dS500F3000" % index for index in range(600)), b"M5"]
NO_HOMING = SETTINGS | {22: "0"}


def whole(lines: list[bytes]) -> list[bytes]:
    return [*PREAMBLE, *lines, *EPILOGUE]


def connected(firmware: Firmware | None = None, **options: Any) -> Bench:
    bench = Bench(firmware, **options)
    assert bench.connect()
    assert bench.engine.state is State.IDLE, bench.engine.status
    bench.firmware.executed.clear()
    return bench


def ended(bench: Bench) -> Any:
    assert bench.until(lambda: any(isinstance(event, Made | Failed | Cancelled) for event in bench.events))
    return next(event for event in bench.events if isinstance(event, Made | Failed | Cancelled))


def running(bench: Bench, lines: list[bytes] = LINES, at: int = 50) -> None:
    bench.begin(lines)
    assert bench.until(lambda: len(bench.firmware.executed) > at)


# --- connecting ---------------------------------------------------------------------------------------------------


def test_a_board_that_resets_is_greeted_and_nothing_is_carried_out() -> None:
    bench = Bench()
    assert bench.connect()
    assert bench.engine.status.firmware == "Grbl 1.1h.20190825"
    assert bench.engine.status.activity is Activity.IDLE
    assert [line for line in bench.sent if line != b"?"] == [b"$I\n", b"$$\n"]


def test_a_board_that_does_not_reset_is_reset_when_it_is_at_rest() -> None:
    bench = Bench(Firmware(state="Idle"))
    bench.firmware._line = b"G1X100"  # What an earlier sender left.
    assert bench.connect(resets=False)
    assert bench.engine.state is State.IDLE
    assert bench.sent[:2] == [b"?", b"\x18"]
    assert bench.firmware.executed == []


def test_a_board_that_is_locked_by_a_critical_alarm_is_reset() -> None:
    bench = Bench()
    bench.firmware._critical = True  # It answers nothing but a reset.
    assert bench.connect(resets=False)
    assert bench.engine.state is State.IDLE
    assert bench.sent[:2] == [b"?", b"\x18"]


def test_work_that_nobody_ordered_is_foreign_and_is_left_alone() -> None:
    firmware = Firmware(state="Idle", pace=3.0)
    firmware.take(b"G1X1\nG1X2\n")
    bench = Bench(firmware)
    assert bench.connect(resets=False)
    assert bench.saw(Foreign)
    assert bench.engine.state is State.WAITING
    assert bench.engine.status.activity is Activity.BUSY
    with pytest.raises(MachineFault, match="nobody here ordered"):
        bench.begin(LINES)
    assert b"\x18" not in bench.sent
    assert bench.until(lambda: bench.engine.state is State.IDLE)
    assert firmware.executed == [b"G1X1", b"G1X2"]


def test_a_machine_at_its_open_door_is_waited_for_and_greeted_when_it_is_closed() -> None:
    bench = Bench(Firmware(settings=dict(NO_HOMING), door=True))
    assert bench.connect()
    assert "door" in (bench.engine.status.prompt or "")
    bench.firmware.door = False
    assert bench.until(lambda: bench.engine.state is State.IDLE)
    assert bench.engine.status.prompt is None
    assert not bench.saw(Foreign)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"start\r\necho:Marlin 2.1.2\r\n", "this is Marlin"),
        (b"EBBv13_and_above EB Firmware Version 2.8.1\r\n", "this is EBB"),
    ],
)
def test_another_firmware_is_named_and_is_sent_nothing(said: bytes, why: str) -> None:
    bench = Bench()
    bench.write(bench.engine.opened(0.0))
    bench.write(bench.engine.receive(said, 0.1))
    assert bench.engine.state is State.HALTED
    assert why in (bench.engine.status.fault or "")
    assert bench.sent == []


def test_silence_ends_in_a_sentence_and_only_harmless_bytes_were_sent() -> None:
    bench = Bench(Firmware(dark=True))
    assert bench.connect(resets=False)
    assert "baud" in (bench.engine.status.fault or "")
    assert bench.sent == [b"?", b"\x18", b"\n"]


def test_a_machine_that_is_not_the_configured_one_is_refused() -> None:
    bench = Bench(Firmware(settings=SETTINGS | {32: "0"}))
    assert bench.connect()
    assert "$32=1" in (bench.engine.status.fault or "")
    bench = Bench(envelope=(300.0, 201.0, 40.0))
    assert bench.connect()
    assert "300 x 201 x 40" in (bench.engine.status.fault or "")


def test_a_lock_is_opened_without_homing_only_where_the_machine_cannot_home() -> None:
    bench = Bench(Firmware(settings=dict(NO_HOMING), state="Alarm"))
    assert bench.connect(resets=False)
    assert bench.engine.state is State.IDLE
    assert b"$X" in bench.firmware.executed
    bench = Bench()
    assert bench.connect()
    assert bench.firmware.executed == []


def test_a_pressed_limit_switch_is_not_unlocked() -> None:
    bench = Bench(Firmware(settings=dict(NO_HOMING)))
    bench.write(bench.engine.opened(0.0))
    bench.write(bench.engine.receive(BANNER + b"[MSG:Check Limits]\r\n", 0.0))
    assert bench.until(lambda: bench.engine.state is State.HALTED)
    assert "limit switch is pressed" in (bench.engine.status.fault or "")
    assert bench.firmware.executed == []


def test_grblhal_has_its_own_buffer_and_its_own_lines() -> None:
    firmware = Firmware(buffer=1024, banner=b"\r\nGrblHAL 1.1f ['$' or '$HELP' for help]\r\n")
    bench = connected(firmware)
    assert bench.engine.status.firmware == "grblHAL 1.1h.20190825"
    long = b"G1" + b"X1" * 60
    bench.begin([long, *LINES])
    assert isinstance(ended(bench), Made)
    assert firmware.overflow == 0
    with pytest.raises(ArtifactFault, match="79"):
        connected().begin([long])


def test_a_firmware_that_does_not_tell_its_buffer_counts_as_the_smallest() -> None:
    firmware = Firmware(options=b"[VER:1.1f:]\r\n")
    bench = connected(firmware)
    bench.begin(LINES)
    assert isinstance(ended(bench), Made)
    assert firmware.overflow == 0


# --- homing and checking ------------------------------------------------------------------------------------------


def test_a_start_homes_checks_and_runs_every_line_once() -> None:
    bench = connected()
    bench.begin(LINES)
    assert isinstance(ended(bench), Made)
    assert bench.firmware.checked == whole(LINES)
    assert bench.firmware.executed == [b"$H", *whole(LINES)]
    assert bench.firmware.overflow == 0
    assert bench.saw(Began)
    fractions = [event.fraction for event in bench.saw(Progressed)]  # type: ignore[attr-defined]
    assert fractions == sorted(fractions)
    assert len(fractions) == 3


@pytest.mark.parametrize(("home", "times"), [("once", 1), ("before-each", 2)])
def test_homing_when_it_is_due(home: str, times: int) -> None:
    bench = connected(home=home)
    for attempt in ("a1", "a2"):
        bench.begin(LINES[:5], attempt)
        assert bench.until(lambda: len(bench.saw(Made)) == int(attempt[1]))  # noqa: B023
    assert bench.firmware.executed.count(b"$H") == times


def test_where_homing_is_never_done_here_a_locked_machine_is_refused_until_somebody_homes_it() -> None:
    bench = connected(home="never")
    assert "home it" in (bench.engine.status.fault or "")
    with pytest.raises(MachineFault, match="home it"):
        bench.begin(LINES)
    bench.write(bench.engine.serve((b"$H",), 60.0, bench.now))
    assert bench.until(lambda: bool(bench.saw(Answered)))
    assert bench.engine.status.fault is None
    bench.begin(LINES)
    assert isinstance(ended(bench), Made)


@pytest.mark.parametrize(
    ("model", "why", "kind"),
    [
        (Firmware(bad={b"G1X300S500F3000": 20}), r"line 302 \(G1X300S500F3000\).*does not know", ArtifactFault),
        (Firmware(outside=frozenset({b"G1X7S500F3000"})), r"line 9 .*travel", ArtifactFault),
        (Firmware(bad={b"G1X300S500F3000": 13}), "door", MachineFault),
    ],
)
def test_a_program_that_the_firmware_refuses_is_refused_before_anything_moves(
    model: Firmware, why: str, kind: type[DriverError]
) -> None:
    bench = connected(model)
    bench.begin(LINES)
    assert bench.until(lambda: bool(bench.saw(Withdrawn)))
    fault = bench.saw(Withdrawn)[0].fault  # type: ignore[attr-defined]
    assert type(fault) is kind
    assert re.search(why, str(fault)), fault
    assert model.executed == [b"$H"]
    assert bench.until(lambda: bench.engine.state is State.IDLE)
    model.bad, model.outside = {}, frozenset()
    bench.begin(LINES, "a2")
    assert isinstance(ended(bench), Made)


def test_a_rehearsal_moves_nothing_and_its_program_is_not_checked_again() -> None:
    bench = connected(Firmware(settings=dict(NO_HOMING)))
    bench.rehearse(LINES)
    assert bench.engine.attempt is None
    assert bench.until(lambda: bool(bench.saw(Rehearsed)))
    assert bench.firmware.executed == []
    assert bench.engine.can_check
    bench.begin(LINES, rehearsed=True)
    assert isinstance(ended(bench), Made)
    assert bench.firmware.checked == whole(LINES)


def test_a_locked_machine_cannot_rehearse() -> None:
    bench = connected()
    assert not bench.engine.can_check
    with pytest.raises(MachineFault, match="homed"):
        bench.rehearse(LINES)


def test_without_a_dry_run_the_program_is_run_at_once() -> None:
    bench = connected(dry_run=False)
    bench.begin(LINES)
    assert isinstance(ended(bench), Made)
    assert bench.firmware.checked == []


def test_a_homing_that_is_refused_refuses_the_start() -> None:
    bench = connected()
    bench.firmware.settings[22] = "0"  # Changed behind our back.
    bench.begin(LINES)
    assert bench.until(lambda: bool(bench.saw(Withdrawn)))
    assert "error:5" in str(bench.saw(Withdrawn)[0].fault)  # type: ignore[attr-defined]
    assert bench.engine.state is State.IDLE


def test_status_is_asked_for_at_most_five_times_a_second() -> None:
    bench = connected(Firmware(pace=0.05))
    bench.begin(LINES)
    ended(bench)
    gaps = [later - earlier for earlier, later in zip(bench.firmware.asked, bench.firmware.asked[1:], strict=False)]
    assert min(gaps) >= 0.2 - 1e-6
    assert len(gaps) > 50


# --- errors, losses, alarms ---------------------------------------------------------------------------------------


def test_an_error_in_the_stream_stops_it_and_nothing_more_than_was_buffered_is_carried_out() -> None:
    bad = b"G1X300S500F3000"
    bench = connected(Firmware(bad={bad: 33}), dry_run=False)
    bench.begin(LINES)
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "line 302" in end.why
    assert "error:33" in end.why
    done = bench.firmware.executed[1:]
    behind = whole(LINES)[whole(LINES).index(bad) + 1 :]
    assert [line for line in done if line in behind] == behind[: len(done) - done.index(b"G1X299S500F3000") - 1]
    assert sum(len(line) + 1 for line in done if line in behind) <= 128
    assert bench.sent.index(b"!") < bench.sent.index(b"\x18")
    # Its position is not certain: it homes before the next.
    bench.firmware.bad = {}
    bench.firmware.executed.clear()
    bench.events.clear()
    bench.begin(LINES, "a2")
    assert isinstance(ended(bench), Made)
    assert bench.firmware.executed[0] == b"$H"


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("at", [0, 300, 606])
def test_a_lost_answer_fails_the_attempt_and_nothing_is_sent_twice(tells: bool, at: int) -> None:
    count = -1

    def lose(message: bytes) -> bytes:
        nonlocal count
        if message == b"ok\r\n" and bench.engine.state in (State.RUNNING, State.PAUSING):
            count += 1
            return b"" if count == at else message
        return message

    bench = Bench(Firmware(tells_buffers=tells), back=lose, dry_run=False)
    assert bench.connect()
    bench.begin(LINES)
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "an answer is missing" in end.why
    assert ("buffers are empty" in end.why) is tells
    assert bench.firmware.executed == [b"$H", *whole(LINES)]


def test_a_dwell_is_no_lost_answer() -> None:
    bench = connected(dry_run=False)
    bench.begin([b"G1X1F100", b"G4P60", b"G1X2", b"G4P20", b"M5"])
    assert isinstance(ended(bench), Made)


def test_a_lost_answer_in_the_dry_run_refuses_the_start() -> None:
    seen: list[bytes] = []

    def lose(message: bytes) -> bytes:
        seen.append(message)
        return b"" if message == b"ok\r\n" and seen.count(message) == 300 else message

    bench = Bench(back=lose)
    assert bench.connect()
    bench.begin(LINES)
    assert bench.until(lambda: bool(bench.saw(Withdrawn)))
    assert "nothing moved" in str(bench.saw(Withdrawn)[0].fault)  # type: ignore[attr-defined]
    assert bench.firmware.executed == [b"$H"]


def test_an_answer_too_many_fails_the_attempt() -> None:
    bench = connected(Firmware(pace=5.0), dry_run=False)
    running(bench, at=10)
    bench.write(bench.engine.receive(b"ok\r\n" * 40, bench.now))
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "something else writes" in end.why


@pytest.mark.parametrize("code", [1, 3, 4])
def test_an_alarm_ends_the_attempt_switches_off_and_stays_until_connect(code: int) -> None:
    bench = connected()
    running(bench)
    bench.sent.clear()
    bench.firmware.state = "Alarm"
    bench.write(bench.engine.receive(b"ALARM:%d\r\n" % code, bench.now))
    end = ended(bench)
    assert isinstance(end, Failed)
    assert f"ALARM:{code}" in end.why
    assert bench.sent == [b"\x18"]
    assert bench.engine.status.activity is Activity.FAULT
    with pytest.raises(MachineFault, match="in fault"):
        bench.begin(LINES, "a2")
    assert ("home" in end.why) is (code != 4)


def test_a_restart_is_never_streamed_over() -> None:
    bench = connected()
    running(bench)
    bench.firmware.restart()
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "restarted" in end.why
    assert bench.sent[-1] == b"\x18"  # What was on its way is dropped by that.
    bench.sent.clear()
    bench.until(lambda: False, 50)
    assert bench.sent == []


def test_silence_is_a_lost_link_and_the_tool_is_switched_off_blindly() -> None:
    bench = connected()
    running(bench)
    bench.firmware.dark = True
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "nothing was heard for 10 s" in end.why
    assert bench.sent[-1] == b"\x18"


def test_a_restart_of_an_idle_machine_is_a_new_epoch() -> None:
    bench = connected()
    bench.begin(LINES[:3])
    ended(bench)
    bench.events.clear()
    bench.firmware.restart()
    assert bench.until(lambda: bench.engine.state is State.GREETING)
    assert bench.until(lambda: bench.engine.state is State.IDLE)
    bench.firmware.executed.clear()
    bench.begin(LINES[:3], "a2")
    assert isinstance(ended(bench), Made)
    assert bench.firmware.executed[0] == b"$H"


def test_a_restart_of_an_idle_machine_that_cannot_home_waits_for_a_person() -> None:
    firmware = Firmware()
    firmware.settings[22] = "0"
    bench = connected(firmware)
    bench.begin(LINES[:3])
    assert isinstance(ended(bench), Made)
    bench.firmware.restart()
    assert bench.until(lambda: bench.engine.state is State.HALTED)
    assert "no longer knows where it stands" in (bench.engine.status.fault or "")
    bench.firmware.executed.clear()
    with pytest.raises(MachineFault, match="Set its origin anew"):
        bench.begin(LINES[:3], "a2")
    bench.until(lambda: False, 50)
    assert bench.firmware.executed == []


# --- holds --------------------------------------------------------------------------------------------------------


def test_pause_holds_and_resume_waits_until_it_stands_still() -> None:
    bench = connected(Firmware(slowing=1.7))
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    bench.write(bench.engine.pause("a1", bench.now))
    bench.write(bench.engine.resume("a1", bench.now))  # During Hold:1 the firmware would lose it.
    assert b"~" not in bench.sent
    assert isinstance(ended(bench), Made)
    assert bench.firmware.lost_resumes == 0
    assert bench.sent.count(b"!") == 1
    assert bench.sent.count(b"~") == 1
    assert bench.firmware.executed == [b"$H", *whole(LINES)]


def test_paused_is_what_the_machine_says_and_so_is_running() -> None:
    bench = connected()
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    assert bench.engine.status.activity is Activity.BUSY
    assert bench.until(lambda: bench.engine.status.activity is Activity.PAUSED)
    assert bench.firmware.state == "Hold"
    done = len(bench.firmware.executed)
    bench.until(lambda: False, 100)
    assert len(bench.firmware.executed) == done
    bench.write(bench.engine.resume("a1", bench.now))
    assert bench.engine.state is State.RESUMING
    assert bench.until(lambda: bench.engine.state is State.RUNNING)
    assert isinstance(ended(bench), Made)


def test_a_hold_that_was_lost_on_the_way_is_sent_again() -> None:
    lost: list[bytes] = []

    def to(message: bytes) -> bytes:
        if message == b"!" and not lost:
            lost.append(message)
            return b""
        return message

    bench = Bench(to=to)
    assert bench.connect()
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    assert bench.sent.count(b"!") == 2


def test_a_resume_that_was_lost_on_the_way_is_sent_again() -> None:
    lost: list[bytes] = []

    def to(message: bytes) -> bytes:
        if message == b"~" and not lost:
            lost.append(message)
            return b""
        return message

    bench = Bench(to=to)
    assert bench.connect()
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    bench.write(bench.engine.resume("a1", bench.now))
    assert isinstance(ended(bench), Made)
    assert bench.sent.count(b"~") == 2


def test_a_pause_in_the_program_waits_for_a_person() -> None:
    bench = connected()
    bench.begin([b"G1X1F100", b"M0", b"G1X2"])
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    assert "M0" in (bench.engine.status.prompt or "")
    bench.write(bench.engine.resume("a1", bench.now))
    assert isinstance(ended(bench), Made)


def test_somebody_may_resume_at_the_machine() -> None:
    bench = connected()
    running(bench)
    bench.firmware._hold()
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    bench.firmware.press()
    assert isinstance(ended(bench), Made)
    assert b"~" not in bench.sent


def test_an_open_door_prompts_and_only_a_closed_one_is_resumed() -> None:
    bench = connected()
    running(bench)
    bench.firmware.open_door()
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    assert "close it" in (bench.engine.status.prompt or "")
    bench.until(lambda: False, 20)
    with pytest.raises(NotSupported, match="close it"):
        bench.engine.resume("a1", bench.now)
    bench.firmware.door = False
    assert bench.until(lambda: "closed again" in (bench.engine.status.prompt or ""))
    bench.write(bench.engine.resume("a1", bench.now))
    assert isinstance(ended(bench), Made)
    assert bench.firmware.lost_resumes == 0


def test_a_door_at_an_idle_machine_keeps_it_from_starting_until_it_is_closed() -> None:
    bench = connected(Firmware(settings=dict(NO_HOMING)))
    bench.firmware.open_door()
    assert bench.until(lambda: bench.engine.status.prompt is not None)
    with pytest.raises(MachineFault, match="door"):
        bench.begin(LINES)
    bench.firmware.door = False
    assert bench.until(lambda: bench.engine.status.prompt is None)
    bench.begin(LINES)
    assert isinstance(ended(bench), Made)


# --- ends ---------------------------------------------------------------------------------------------------------


def test_cancel_holds_resets_and_keeps_the_position() -> None:
    bench = connected()
    running(bench)
    bench.write(bench.engine.cancel("a1", bench.now))
    bench.write(bench.engine.cancel("a1", bench.now))
    end = ended(bench)
    assert isinstance(end, Cancelled)
    assert "kept its position" in end.why
    assert bench.sent[bench.sent.index(b"!") :].count(b"\x18") == 1
    done = len(bench.firmware.executed)
    assert done < len(LINES)
    bench.events.clear()
    bench.begin(LINES, "a2")
    assert isinstance(ended(bench), Made)
    assert bench.firmware.executed.count(b"$H") == 1


def test_cancel_of_a_machine_that_does_not_come_to_rest_resets_it_and_says_that_the_position_is_lost() -> None:
    bench = connected(Firmware(slowing=60.0))
    running(bench)
    bench.write(bench.engine.cancel("a1", bench.now))
    end = ended(bench)
    assert isinstance(end, Cancelled)
    assert "lost" in end.why
    assert bench.engine.state is State.IDLE  # It homes before the next.


def test_a_lost_position_on_a_machine_that_cannot_home_is_a_fault() -> None:
    bench = connected(Firmware(settings=dict(NO_HOMING), slowing=60.0))
    running(bench)
    bench.write(bench.engine.cancel("a1", bench.now))
    assert isinstance(ended(bench), Cancelled)
    assert "set its origin anew" in (bench.engine.status.fault or "")


def test_cancel_of_a_paused_attempt_needs_no_second_hold() -> None:
    bench = connected()
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    bench.write(bench.engine.cancel("a1", bench.now))
    assert isinstance(ended(bench), Cancelled)
    assert bench.sent.count(b"!") == 1


def test_cancel_while_it_is_checked() -> None:
    bench = connected()
    bench.begin(LINES)
    assert bench.until(lambda: len(bench.firmware.checked) > 100)
    bench.write(bench.engine.cancel("a1", bench.now))
    assert isinstance(ended(bench), Cancelled)
    assert bench.firmware.executed == [b"$H"]


def test_a_reset_that_is_not_answered_is_a_fault() -> None:
    bench = connected()
    running(bench)
    bench.write(bench.engine.pause("a1", bench.now))
    assert bench.until(lambda: bench.engine.state is State.PAUSED)
    bench.firmware.dark = True
    bench.write(bench.engine.cancel("a1", bench.now))
    assert isinstance(ended(bench), Failed)
    assert "switch it off by hand" in (bench.engine.status.fault or "")


def test_a_stop_past_the_engine_is_told_and_confirmed() -> None:
    bench = connected()
    running(bench)
    bench.engine.part("emergency stop")
    bench.firmware.take(b"\x18")
    end = ended(bench)
    assert isinstance(end, Failed)
    assert "emergency stop" in end.why
    assert bench.engine.stop_confirmed
    assert bench.saw(Confirmed)
    bench.sent.clear()
    bench.engine.stopped(bench.now)
    bench.until(lambda: False, 50)
    assert bench.sent == []


def test_verbs_name_the_attempt_that_is_on_the_machine() -> None:
    bench = connected()
    with pytest.raises(WrongAttempt, match="nothing is"):
        bench.engine.pause("a1", 0.0)
    running(bench)
    for verb in (bench.engine.pause, bench.engine.resume, bench.engine.cancel):
        with pytest.raises(WrongAttempt, match="a1"):
            verb("a2", bench.now)
    with pytest.raises(MachineFault, match="a1 in hand"):
        bench.begin(LINES, "a2")
    with pytest.raises(WrongAttempt):
        bench.engine.serve((b"$$",), 10.0, bench.now)


# --- technicians --------------------------------------------------------------------------------------------------


def answer(bench: Bench, *lines: bytes, limit: float = 60.0) -> Answered:
    bench.events.clear()
    bench.write(bench.engine.serve(lines, limit, bench.now))
    assert bench.until(lambda: bool(bench.saw(Answered)))
    return bench.saw(Answered)[0]  # type: ignore[return-value]


def test_a_question_is_answered_in_the_machines_words() -> None:
    bench = connected()
    assert answer(bench, b"$I").lines == ("[VER:1.1h.20190825:]", "[OPT:V,15,128]")
    reports = answer(bench, b"?").lines
    assert len(reports) == 1
    assert reports[0].startswith("<Alarm")


def test_a_refused_line_is_told_and_ends_the_talk() -> None:
    bench = connected()
    said = answer(bench, b"M5S0", b"$J=G91X1F100")
    assert said.refused is not None
    assert "locked" in said.refused
    assert bench.firmware.executed == []
    assert bench.engine.state is State.IDLE


def test_a_setting_is_read_back_and_one_that_spoils_the_machine_is_a_fault() -> None:
    bench = connected()
    assert answer(bench, b"$110=5000").refused is None
    assert bench.engine.known.axes(110) == (5000.0, 6000.0, 600.0)
    assert bench.engine.state is State.IDLE
    answer(bench, b"$32=0")
    assert "$32=1" in (bench.engine.status.fault or "")


def test_a_line_that_takes_too_long_ends_in_a_reset() -> None:
    bench = connected(Firmware(settings=dict(NO_HOMING)))
    assert answer(bench, b"G4P600", limit=5.0).fault is not None
    assert bench.until(lambda: bench.engine.state is State.IDLE)


def test_a_jog_is_done_when_it_stands_still() -> None:
    bench = connected(Firmware(settings=dict(NO_HOMING)))
    assert answer(bench, b"M5S0", b"$J=G91X1F100", b"$J=G91X-1F100").refused is None
    assert bench.firmware.executed == [b"M5S0", b"$J=G91X1F100", b"$J=G91X-1F100"]
