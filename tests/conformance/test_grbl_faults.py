"""The simulated GRBL over a real pty: what it recorded of each line, each fault, and of its laser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import serial

from drivers.contract import (
    Activity,
    ArtifactFault,
    Cancelled,
    Failed,
    Foreign,
    Machine,
    MachineFault,
    Made,
    NotSupported,
    OurFault,
    Seen,
    Settings,
    Start,
    WireFault,
    WrongAttempt,
)
from drivers.machines.grbl import Grbl
from drivers.protocols.grbl.program import EPILOGUE, PREAMBLE
from tests.conformance.rigs.common import Simulated

LINES = 300
QUICK = {
    "tool": "laser",
    "boot_wait": 0.5,
    "report": 0.2,
    "poll": 0.2,
    "silence": 1.0,
    "start_wait": 3.0,
    "hold_wait": 2.0,
}
BED = (300.0, 200.0, 50.0)
OWN = [*PREAMBLE, *EPILOGUE]


@pytest.fixture
def laser(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """Start simulated machines by their arguments."""
    running: list[Simulated] = []

    def start(*arguments: str, speed: str = "200") -> Simulated:
        link = str(tmp_path / f"port{len(running)}")
        running.append(Simulated("grbl", "--link", link, "--speed", speed, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()


@contextmanager
def connected(
    tools: Any, simulated: Simulated, envelope: tuple[float, float, float] | None = None, **options: Any
) -> Iterator[Grbl]:
    with Grbl(Settings("laser", simulated.link, QUICK | options, envelope=envelope), tools.clock) as machine:
        machine.connect()
        yield machine


def begin(machine: Machine, tools: Any, folder: Path, lines: list[bytes], attempt: str = "j1-a1") -> None:
    machine.transfer(attempt, tools.payload(folder, b"\n".join(lines) + b"\n"))
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


def carried_out(simulated: Simulated) -> list[str]:
    """Lines of programs that were carried out, without the driver's own."""
    own = {line.decode() for line in OWN}
    return [line for line in simulated.executed() if line not in own and not line.startswith("$")]


def shown(lines: list[bytes]) -> list[str]:
    return [line.replace(b" ", b"").decode() for line in lines]


def count(simulated: Simulated, name: str) -> int:
    return int(simulated.get("record.json")["counts"][name])


@pytest.fixture
def program(tools: Any) -> list[bytes]:
    return [b"M4 S0", *(line + b" S500" for line in tools.moves(LINES)), b"S0"]


@pytest.mark.parametrize(
    ("flavour", "streaming", "fault"),
    [
        ("grbl", "counting", []),
        ("grblhal", "counting", []),
        ("grbl", "send-response", []),
        ("grbl", "counting", ["--fault=split@chance=0.2"]),
    ],
)
def test_each_line_is_carried_out_once_and_in_order_and_the_buffer_never_runs_over(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes], flavour: str, streaming: str, fault: list[str]
) -> None:
    machine_program = laser("--flavour", flavour, *fault)
    with connected(tools, machine_program, streaming=streaming) as machine:
        begin(machine, tools, tmp_path, program)
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Made), end
        assert carried_out(machine_program) == shown(program)
        record = machine_program.get("record.json")["counts"]
        assert (record["overflow_bytes"], record["deaf_bytes"], record["errors"]) == (0, 0, 0)
        assert record["checked"] == len(program) + len(OWN)
        assert machine_program.get("state")["power"] == 0


@pytest.mark.parametrize("streaming", ["counting", "send-response"])
def test_a_lost_ok_is_never_guessed_and_no_line_is_sent_twice(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes], streaming: str
) -> None:
    machine_program = laser("--setting", "10=3")
    with connected(tools, machine_program, streaming=streaming) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        machine_program.post("fault", {"spec": "lost-ok@line=50"})
        assert machine.start("j1-a1").start is Start.STARTED
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Failed)
        assert "an answer is missing" in end.why
        assert "its buffers are empty" in end.why
        done = carried_out(machine_program)
        assert done == shown(program)[: len(done)]
        assert (len(done) == len(program)) is (streaming == "counting")
        assert machine_program.get("state")["power"] == 0


def test_after_an_error_nothing_more_than_was_buffered_is_carried_out(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser(speed="20")
    with connected(tools, machine_program) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        machine_program.post("fault", {"spec": "error@line=60:33"})
        assert machine.start("j1-a1").start is Start.STARTED
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Failed)
        assert "error:33" in end.why
        done = carried_out(machine_program)
        refused = next(n for n, (is_, was) in enumerate(zip(done, shown(program), strict=False)) if is_ != was)
        assert f"line {refused + 1} " in end.why
        behind = done[refused:]
        assert behind == shown(program)[refused + 1 : refused + 1 + len(behind)]
        assert sum(len(line) + 1 for line in behind) <= 128
        assert machine_program.get("state")["power"] == 0


@pytest.mark.parametrize(
    ("bad", "why"),
    [(b"G1 X10 G2", r"line 3 \(G1X10G2\) is refused .*error:24"), (b"G5 X1", "error:20")],
)
def test_a_program_that_the_firmware_refuses_is_an_artifacts_fault_before_anything_moves(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes], bad: bytes, why: str
) -> None:
    machine_program = laser()
    with connected(tools, machine_program) as machine:
        with pytest.raises(ArtifactFault, match=why):
            machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join([*program[:2], bad, *program[2:]])))
        assert machine.start("j1-a1").start is Start.REFUSED
        assert machine.reconcile("j1-a1").seen is Seen.ABSENT
        assert carried_out(machine_program) == []
        assert machine_program.get("state")["mpos"] == [0, 0, 0]
        begin(machine, tools, tmp_path, program, "j2-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)


def test_a_machine_that_homes_does_so_once_and_refuses_what_leaves_its_travel(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser("--homing")
    with connected(tools, machine_program, BED) as machine:
        machine.home()
        machine.console("G10 L2 P1 X-300 Y-200 Z-50")  # The origin of programs: the lower left corner.
        with pytest.raises(ArtifactFault, match="ALARM:2"):
            machine.transfer("j1-a1", tools.payload(tmp_path, b"G1 X301 F1000\n"))
        assert carried_out(machine_program) == ["G10 L2 P1 X-300 Y-200 Z-50"]
        for attempt in ("j2-a1", "j3-a1"):
            begin(machine, tools, tmp_path, program, attempt)
            assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        # By hand; after the alarm, which locks the machine; and not before the second job.
        assert machine_program.executed().count("$H") == 2
        assert count(machine_program, "unhomed_moves") == 0


def test_homing_that_fails_refuses_the_start_and_is_a_fault(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser("--homing", "--fault=homing-fail:9")
    with connected(tools, machine_program) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        answer = machine.start("j1-a1")
        assert answer.start is Start.REFUSED
        assert "found no limit switch" in answer.why
        assert "found no limit switch" in (machine.status().fault or "")
        assert carried_out(machine_program) == []


@pytest.mark.parametrize(
    ("fault", "why", "lost"),
    [
        ("alarm@line=60:1", "limit switch was hit", True),
        ("reset@line=60", "restarted", True),
        ("hang@line=60", "nothing was heard", False),
        ("unplug@line=60", "closed by the other end", False),
    ],
)
def test_a_lost_machine_fails_the_attempt_and_gets_no_more_lines(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes], fault: str, why: str, lost: bool
) -> None:
    machine_program = laser()
    with connected(tools, machine_program, patience=1.0) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        machine_program.post("fault", {"spec": fault})
        machine.start("j1-a1")
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Failed)
        assert why in end.why
        assert machine.reconcile("j1-a1").seen is Seen.FAILED
        time.sleep(0.2)
        done = carried_out(machine_program)
        # A board that restarts within a moment takes what is still on its way; then it is reset, and nothing comes.
        stray = next((n for n, (is_, was) in enumerate(zip(done, shown(program), strict=False)) if is_ != was), None)
        assert stray is None or (fault.startswith("reset") and sum(len(line) + 1 for line in done[stray:]) <= 128)
        assert len(done) < 90
        assert fault.startswith(("hang", "unplug")) or machine_program.get("state")["power"] == 0
        if lost:
            machine_program.post("power-cycle")
            assert machine.connect().activity is Activity.IDLE


def test_after_an_alarm_a_machine_that_homes_homes_and_is_never_just_unlocked(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser("--homing", "--no-reset-on-open")
    with connected(tools, machine_program) as machine:
        machine.home()
        machine.console("G10 L2 P1 X-300 Y-200 Z-50")
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        machine_program.post("fault", {"spec": "alarm@line=60:1"})
        machine.start("j1-a1")
        tools.until(machine, tools.ended)
        assert "home" in (machine.status().fault or "")
        assert machine.connect().fault is None
        begin(machine, tools, tmp_path, program, "j2-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        assert "$X" not in machine_program.executed()
        assert count(machine_program, "unhomed_moves") == 0


# --- holds, doors, ends ---------------------------------------------------------------------------------------------


def test_a_resume_during_the_slowing_is_not_lost(laser: Any, tools: Any, tmp_path: Path, program: list[bytes]) -> None:
    machine_program = laser("--setting", "120=60", "--setting", "121=60", speed="5")
    with connected(tools, machine_program) as machine:
        begin(machine, tools, tmp_path, program)
        for _ in range(4):
            machine.pause("j1-a1")
            machine.resume("j1-a1")  # It is still slowing down: Hold:1.
            tools.until(machine, lambda _: machine.status().activity is Activity.PAUSED)
            tools.until(machine, lambda _: machine.status().activity is Activity.BUSY)
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Made), end
        assert carried_out(machine_program) == shown(program)
        assert count(machine_program, "holds") == 4


def test_paused_stands_still_with_the_laser_off(laser: Any, tools: Any, tmp_path: Path, program: list[bytes]) -> None:
    machine_program = laser(speed="5")
    with connected(tools, machine_program) as machine:
        begin(machine, tools, tmp_path, program)
        machine.pause("j1-a1")
        tools.until(machine, lambda _: machine.status().activity is Activity.PAUSED)
        held = machine_program.get("state")
        time.sleep(0.3)
        assert machine_program.get("state")["position"] == held["position"]
        assert machine_program.get("state")["power"] == 0
        machine.resume("j1-a1")
        tools.until(machine, lambda _: machine.status().activity is Activity.BUSY)
        machine.cancel("j1-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Cancelled)


def test_an_open_door_asks_for_a_person_and_goes_on_when_it_is_closed(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser(speed="10")
    with connected(tools, machine_program) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        machine_program.post("fault", {"spec": "door@line=40:15"})
        assert machine.start("j1-a1").start is Start.STARTED
        tools.until(machine, lambda _: "close it" in (machine.status().prompt or ""))
        assert machine.reconcile("j1-a1").seen is Seen.PAUSED
        with pytest.raises(NotSupported, match="door is open"):
            machine.resume("j1-a1")
        tools.until(machine, lambda _: "closed again" in (machine.status().prompt or ""))
        machine.resume("j1-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        assert carried_out(machine_program) == shown(program)


def test_cancel_comes_to_rest_first_and_keeps_the_position(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser(speed="5")
    with connected(tools, machine_program) as machine:
        begin(machine, tools, tmp_path, program)
        machine.cancel("j1-a1")
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Cancelled)
        assert "kept its position" in end.why
        assert machine_program.get("state")["power"] == 0
        assert (count(machine_program, "alarms"), count(machine_program, "aborts")) == (0, 0)
        assert len(carried_out(machine_program)) < LINES
        begin(machine, tools, tmp_path, program[:20], "j2-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)


@pytest.mark.parametrize("tool", ["laser", "spindle", "pen"])
def test_an_emergency_stop_switches_the_tool_off_past_the_queue(
    laser: Any, tools: Any, tmp_path: Path, tool: str
) -> None:
    machine_program = laser("--tool", tool, "--setting", "30=1000", speed="1")
    with connected(tools, machine_program, tool=tool) as machine:
        begin(machine, tools, tmp_path, [b"M3 S800", *tools.moves(200, 600)])
        machine.stop()
        assert machine_program.get("state")["power"] == 0
        assert "past every queue; the firmware has confirmed it" in (machine.status().fault or "")
        assert isinstance(tools.until(machine, tools.ended)[-1], Failed)
        before = machine_program.get("state")["mpos"]
        time.sleep(0.2)
        assert machine_program.get("state")["mpos"] == before
        machine.connect()
        assert machine.status().fault is None


def test_closing_the_port_switches_the_tool_off(laser: Any, tools: Any, tmp_path: Path) -> None:
    machine_program = laser(speed="1")
    with connected(tools, machine_program) as machine:
        begin(machine, tools, tmp_path, [b"M3 S800", *tools.moves(200, 600)])
        machine.close()
        assert isinstance(tools.until(machine, tools.ended)[-1], Failed)
        end = time.monotonic() + 5
        while machine_program.get("state")["power"] and time.monotonic() < end:
            time.sleep(0.05)
        assert machine_program.get("state")["power"] == 0
        assert not machine_program.get("state")["moving"]


# --- connecting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "envelope", "why"),
    [
        (["--setting", "32=0"], {}, None, r"\$32=0.*send \$32=1"),
        ([], {"tool": "pen"}, None, r"pen needs \$32=0"),
        ([], {}, (310.0, 200.0, 50.0), "300 x 200 x 50 .*310 x 200 x 50"),
        (["--setting", "13=1", "--setting", "30=255"], {"s_max": 255}, BED, None),
    ],
)
def test_a_machine_that_is_not_the_configured_one_is_refused_and_nothing_moves(
    laser: Any, tools: Any, arguments: list[str], options: Any, envelope: Any, why: str | None
) -> None:
    machine_program = laser(*arguments)
    if why is None:
        with connected(tools, machine_program, envelope, **options) as machine:
            assert machine.status().activity is Activity.IDLE
        return
    with pytest.raises(MachineFault, match=why), connected(tools, machine_program, envelope, **options):
        pass
    assert carried_out(machine_program) == []


@pytest.mark.parametrize("arguments", [[], ["--no-reset-on-open"]])
def test_a_marlin_on_the_port_is_named_and_neither_moves_nor_heats(
    simulated: Callable[..., Any], tools: Any, arguments: list[str]
) -> None:
    printer = simulated(*arguments)
    with pytest.raises(MachineFault, match="this is Marlin"), connected(tools, printer, reset_wait=0.5):
        pass
    assert [line for line in printer.executed() if line[:1] in "GMT"] == []
    assert printer.get("state")["hotend"]["target"] == 0


def test_one_sender(laser: Any, tools: Any) -> None:
    machine_program = laser()
    with connected(tools, machine_program), pytest.raises(WireFault, match="holds it"):
        Grbl(Settings("second", machine_program.link, QUICK), tools.clock).connect()


def test_what_an_earlier_sender_left_at_work_is_foreign_and_is_left_alone(
    laser: Any, tools: Any, tmp_path: Path
) -> None:
    machine_program = laser("--no-reset-on-open", speed="1")
    with serial.Serial(machine_program.link, 115200, timeout=5) as earlier:
        earlier.write(b"G1 X10 F600\nG1 X30\n")
        assert earlier.read_until(b"ok\r\nok\r\n").endswith(b"ok\r\nok\r\n")
    with connected(tools, machine_program) as machine:
        assert machine.status().activity is Activity.BUSY
        assert isinstance(tools.until(machine, Foreign)[-1], Foreign)
        machine.transfer("j2-a1", tools.payload(tmp_path, b"G1 X1 F100\n"))
        assert machine.start("j2-a1").start is Start.REFUSED
        tools.until(machine, lambda _: machine.status().activity is Activity.IDLE)
        assert machine_program.get("state")["mpos"] == [30, 0, 0]


def test_a_board_that_does_not_reset_when_its_port_opens(
    laser: Any, tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    machine_program = laser("--no-reset-on-open")
    for attempt in ("j1-a1", "j2-a1"):
        with connected(tools, machine_program) as machine:
            begin(machine, tools, tmp_path, program[:40], attempt)
            assert isinstance(tools.until(machine, tools.ended)[-1], Made)


def test_a_recording_becomes_a_test(laser: Any, tools: Any, tmp_path: Path, program: list[bytes]) -> None:
    recording = tmp_path / "wire.jsonl"
    with Grbl(Settings("laser", laser().link, QUICK, recording=recording), tools.clock) as machine:
        machine.connect()
        begin(machine, tools, tmp_path, program)
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
    with Grbl(Settings("laser", f"replay:{recording}", QUICK), tools.clock) as machine:
        machine.connect()
        begin(machine, tools, tmp_path, program)
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)


# --- what a technician asks -----------------------------------------------------------------------------------------


def test_facts_are_in_house_units_and_move_nothing(laser: Any, tools: Any) -> None:
    machine_program = laser("--setting", "110=6000", "--setting", "120=700")
    with connected(tools, machine_program) as machine:
        facts = machine.facts()
        assert facts.envelope == BED
        assert facts.speeds is not None
        assert facts.speeds[0] == 100.0
        assert facts.accelerations is not None
        assert facts.accelerations[0] == 700.0
        assert facts.capabilities["$32"] == "1"
        assert carried_out(machine_program) == []


def test_a_console_answers_and_reads_a_setting_back(laser: Any, tools: Any) -> None:
    with connected(tools, laser()) as machine:
        assert machine.console("$G")[0].startswith("[GC:")
        assert machine.console("?")[0].startswith("<Idle|")
        machine.console("$120=345")
        assert machine.facts().capabilities["$120"].startswith("345")
        with pytest.raises(MachineFault, match="error:2"):
            machine.console("$Q=1")
        with pytest.raises(OurFault):
            machine.console("$C")
        machine.console("$32=0")
        assert "$32=1" in (machine.status().fault or "")


def test_home_nudge_and_frame_move_with_the_laser_off_and_come_back(laser: Any, tools: Any) -> None:
    machine_program = laser("--homing")
    with connected(tools, machine_program, BED) as machine:
        with pytest.raises(MachineFault, match="locked"):
            machine.nudge()
        machine.home()
        assert machine_program.get("state")["homed"]
        machine.console("G10 L2 P1 X-300 Y-200 Z-50")
        machine.console("M3 S500")
        before = machine_program.get("state")["mpos"]
        machine.nudge()
        assert machine_program.get("state")["mpos"] == before
        machine.frame((10, 20, 60, 70), 100.0)
        assert machine_program.get("state")["position"][:2] == [10, 20]
        assert machine_program.get("state")["power"] == 0
        piece = machine_program.get("record.json")["piece"]
        assert piece["burnt"] == 0
        with pytest.raises(OurFault, match="not inside"):
            machine.frame((10, 20, 310, 70), 100.0)
        assert count(machine_program, "alarms") == 0


def test_a_machine_that_cannot_home_says_so(laser: Any, tools: Any) -> None:
    with connected(tools, laser()) as machine, pytest.raises(NotSupported, match=r"\$22=0"):
        machine.home()


def test_a_technician_waits_for_the_attempt(laser: Any, tools: Any, tmp_path: Path, program: list[bytes]) -> None:
    with connected(tools, laser(speed="5")) as machine:
        begin(machine, tools, tmp_path, program)
        for ask in (machine.facts, machine.home, machine.nudge, lambda: machine.console("$$")):
            with pytest.raises(WrongAttempt):
                ask()
        machine.cancel("j1-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Cancelled)
