"""Every way in which the simulated Marlin can fail, over a real pty, and what the machine itself recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    Cancelled,
    Failed,
    Foreign,
    Link,
    Machine,
    MachineFault,
    Made,
    NotSupported,
    Seen,
    Settings,
    Start,
    WireFault,
)
from drivers.machines.marlin import Marlin

LINES = 300
QUICK = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.3, "start_wait": 3.0}

MENDED = [
    "lost-ok@line=50",
    "lost-ok@line=306",
    "corrupt-in@line=50",
    "corrupt-in@chance=0.05",
    "corrupt-out@line=50",
    "corrupt-out@chance=0.01",
    "split@line=50",
    "split@chance=0.2",
    "resend@line=50",
    "resend@chance=0.1",
    "resend-no-ok@line=50",
    "slow@line=50:5",
]
FATAL = {
    "reset@line=50": "restarted",
    "external-reset@line=50": "restarted",
    "kill@line=50": "halted",
    "thermal-runaway@line=50": "Thermal Runaway",
    "hang@line=50": "nothing was heard",
    "unplug@line=50": "closed by the other end",
}


@contextmanager
def connected(tools: Any, simulated: Any, **options: Any) -> Iterator[Marlin]:
    with Marlin(Settings("printer", str(simulated.link), QUICK | options), tools.clock) as machine:
        machine.connect()
        yield machine


def begin(machine: Machine, tools: Any, folder: Path, lines: list[bytes], attempt: str = "j1-a1") -> None:
    machine.transfer(attempt, tools.payload(folder, b"\n".join(lines) + b"\n"))
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


@pytest.fixture
def program(tools: Any) -> list[bytes]:
    return [b"G28", *tools.moves(LINES)]


@pytest.mark.parametrize(
    ("fault", "window"),
    [(fault, 1) for fault in [None, *MENDED]]
    + [(fault, 4) for fault in [None, *MENDED] if fault is None or "chance" in fault],
)
def test_each_line_is_carried_out_once_and_in_order(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes], fault: str | None, window: int
) -> None:
    machine_program = simulated(*([f"--fault={fault}"] if fault else []))
    with connected(tools, machine_program, window=window) as machine:
        begin(machine, tools, tmp_path, program)
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Made), end
        assert machine_program.moves() == [line.decode() for line in program[1:]]
        assert machine_program.get("record.json")["counts"]["overflow_bytes"] == 0


@pytest.mark.parametrize("fault", FATAL)
def test_a_lost_machine_fails_the_attempt_and_gets_no_more_lines(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes], fault: str
) -> None:
    printer = simulated(f"--fault={fault}")
    with connected(tools, printer, patience=1.0) as machine:
        begin(machine, tools, tmp_path, program)
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Failed)
        assert FATAL[fault] in end.why
        assert machine.reconcile("j1-a1").seen is Seen.FAILED
        assert machine.start("j1-a1").start is Start.STARTED  # It has been, and it is not begun again.
        time.sleep(0.2)
        done = printer.moves()
        assert done == [line.decode() for line in program[1 : len(done) + 1]]
        assert len(done) < 60


def test_cold_extrusion_fails_the_attempt_and_switches_off(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path
) -> None:
    printer = simulated("--min-temp", "170")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, [b"G28", b"M140 S50", *(b"G1 X%d E1 F3000" % x for x in range(50))])
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Failed)
        assert "cold extrusion" in end.why
        assert printer.get("state")["bed"]["target"] == 0
        assert machine.status().activity is Activity.IDLE


def test_a_halted_firmware_is_a_latched_fault(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated("--fault=kill@line=50")
    with connected(tools, printer, greeting=0.5) as machine:
        begin(machine, tools, tmp_path, program)
        tools.until(machine, tools.ended)
        assert machine.status().activity is Activity.FAULT
        machine.transfer("j2-a1", tools.payload(tmp_path, b"G28\n"))
        assert machine.start("j2-a1").start is Start.REFUSED
        printer.post("power-cycle")
        assert machine.connect().activity is Activity.IDLE


def test_a_machine_that_waits_for_a_person_is_answered_by_resume(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated("--fault=filament-runout@line=100")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, program)
        tools.until(machine, lambda _: machine.status().prompt is not None)
        assert machine.status().activity is Activity.PAUSED
        assert machine.reconcile("j1-a1").seen is Seen.PAUSED
        machine.resume("j1-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        assert printer.moves() == [line.decode() for line in program[1:]]


def test_without_the_emergency_parser_a_prompt_is_answered_at_the_machine(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated("--fault=filament-runout@line=100", "--no-emergency-parser")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, program)
        tools.until(machine, lambda _: machine.status().prompt is not None)
        with pytest.raises(NotSupported, match="at the machine"):
            machine.resume("j1-a1")
        printer.post("press")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        assert machine.status().prompt is None


@pytest.mark.parametrize("arguments", [[], ["--no-emergency-parser"], ["--no-advanced-ok"]])
def test_pause_stands_still_and_resume_goes_on_at_the_next_line(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes], arguments: list[str]
) -> None:
    printer = simulated(*arguments, speed="200")
    with connected(tools, printer, park=["G91", "G1 Z5", "G90"], unpark=["G91", "G1 Z-5", "G90"]) as machine:
        begin(machine, tools, tmp_path, program)
        machine.pause("j1-a1")
        tools.until(machine, lambda event: machine.status().activity is Activity.PAUSED)
        time.sleep(0.1)
        held = printer.get("state")
        time.sleep(0.2)
        assert printer.get("state")["position"] == held["position"]
        machine.resume("j1-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)
        done = [move for move in printer.moves() if " Z" not in move]
        assert done == [line.decode() for line in program[1:]]


@pytest.mark.parametrize("arguments", [[], ["--no-emergency-parser"]])
def test_cancel_switches_off_and_says_how(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes], arguments: list[str]
) -> None:
    printer = simulated(*arguments, speed="20")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, [b"M104 S200", *program])
        machine.cancel("j1-a1")
        end = tools.until(machine, tools.ended)[-1]
        assert isinstance(end, Cancelled)
        assert ("EMERGENCY_PARSER" in end.why) == bool(arguments)
        assert printer.get("state")["hotend"]["target"] == 0
        assert len(printer.moves()) < LINES
        # The link still counts right: the next attempt runs whole.
        printer.post("clear")
        begin(machine, tools, tmp_path, [b"G28", *program[1:30]], "j2-a1")
        assert isinstance(tools.until(machine, tools.ended)[-1], Made)


def test_emergency_stop_is_confirmed_by_the_firmware(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated(speed="5")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, program)
        machine.stop()
        assert printer.get("state")["halted"]
        assert "past the queue" in (machine.status().fault or "")
        assert "has confirmed" in (machine.status().fault or "")


def test_emergency_stop_without_the_parser_closes_the_port_and_says_so(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated("--no-emergency-parser", "--no-advanced-ok", speed="1")
    with connected(tools, printer) as machine:
        begin(machine, tools, tmp_path, [b"G28", *program])
        machine.stop()
        assert "behind the queue" in (machine.status().fault or "")
        assert isinstance(tools.until(machine, tools.ended)[-1], Failed)
        assert machine.start("j1-a1").start is Start.STARTED


@pytest.mark.parametrize("arguments", [[], ["--no-reset-on-open"]])
def test_a_board_that_resets_and_one_that_does_not(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes], arguments: list[str]
) -> None:
    printer = simulated(*arguments)
    for attempt in ("j1-a1", "j2-a1"):
        with connected(tools, printer) as machine:
            begin(machine, tools, tmp_path, program, attempt)
            assert isinstance(tools.until(machine, tools.ended)[-1], Made)


def test_one_sender(simulated: Callable[..., Any], tools: Any) -> None:
    printer = simulated()
    with connected(tools, printer), pytest.raises(WireFault, match="another program holds it"):
        Marlin(Settings("second", str(printer.link), QUICK), tools.clock).connect()


def test_a_start_without_an_answer_is_uncertain_and_then_failed(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated()
    with connected(tools, printer, patience=5, start_wait=3, poll=1000) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        printer.post("fault", {"spec": "hang@line=2"})  # The preamble is answered, the first line is not.
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert isinstance(tools.until(machine, tools.ended)[-1], Failed)
        assert machine.reconcile("j1-a1").seen is Seen.FAILED


def test_a_start_that_never_sent_a_line_is_refused(
    simulated: Callable[..., Any], tools: Any, tmp_path: Path, program: list[bytes]
) -> None:
    printer = simulated()
    with connected(tools, printer, start_wait=0.5) as machine:
        machine.transfer("j1-a1", tools.payload(tmp_path, b"\n".join(program)))
        printer.post("fault", {"spec": "hang"})
        assert machine.start("j1-a1").start is Start.REFUSED
        assert machine.reconcile("j1-a1").seen is Seen.ABSENT
        assert machine.status().attempt is None


def test_silence_at_connection_is_a_fault_with_its_mend(simulated: Callable[..., Any], tools: Any) -> None:
    printer = simulated("--no-reset-on-open", "--fault=hang")
    machine = Marlin(Settings("printer", str(printer.link), QUICK | {"greeting": 0.5}), tools.clock)
    with pytest.raises(MachineFault, match="baud"):
        machine.connect()
    assert machine.status().link is Link.OFFLINE


def test_work_that_nobody_ordered_is_foreign(simulated: Callable[..., Any], tools: Any, tmp_path: Path) -> None:
    printer = simulated("--no-reset-on-open", speed="1")
    with connected(tools, printer) as first:
        begin(first, tools, tmp_path, [b"G4 P20000"])
    with Marlin(Settings("printer", str(printer.link), QUICK | {"greeting": 4.0}), tools.clock) as second:
        status = second.connect()
        assert status.activity is Activity.BUSY
        assert isinstance(tools.until(second, Foreign)[-1], Foreign)
        second.transfer("j2-a1", tools.payload(tmp_path, b"G28\n"))
        assert second.start("j2-a1").start is Start.REFUSED
