"""The driver on Moonraker itself: what it is trusted with, and that the traps it avoids are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    Cancelled,
    Failed,
    Link,
    Machine,
    MachineFault,
    Made,
    Payload,
    Seen,
    Start,
    WireFault,
)
from drivers.machines.moonraker import MoonrakerServer
from drivers.servers import Outcome
from tests.conformance.rigs.common import PATIENCE, Simulated, ended, moves, payload, until
from tests.conformance.rigs.moonraker import LINES
from tests.vendors.moonraker.conftest import Moonraker, met


@pytest.fixture
def artifact(tmp_path: Path) -> Payload:
    return payload(tmp_path, b"\n".join(LINES) + b"\n")


def started(machine: Machine, attempt: str, artifact: Payload) -> None:
    machine.transfer(attempt, artifact)
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


def recorded(moonraker: Moonraker, file: str, status: str) -> None:
    end = time.monotonic() + PATIENCE
    while status not in moonraker.status(file):
        assert time.monotonic() < end, moonraker.status(file)
        time.sleep(0.05)


def test_a_whole_print_is_made_once_and_its_file_goes(
    moonraker: Moonraker, klipper: Simulated, machine: Machine, attempt: str, artifact: Payload
) -> None:
    started(machine, attempt, artifact)
    assert machine.status().activity is Activity.BUSY
    klipper.post("press")
    assert isinstance(until(machine, ended)[-1], Made)
    assert machine.reconcile(attempt).seen is Seen.MADE
    recorded(moonraker, f"{attempt}.gcode", "completed")
    assert klipper.get("state")["begun"] == [f"{attempt}.gcode"]
    assert len(klipper.moves()) == sum(line.startswith(b"G1") for line in LINES)
    end = time.monotonic() + PATIENCE
    while (moonraker.folder / f"gcodes/{attempt}.gcode").exists() and time.monotonic() < end:
        machine.next_event(0.05)
    assert not (moonraker.folder / f"gcodes/{attempt}.gcode").exists()


def test_pause_resume_and_a_cancel_that_leaves_no_heat(
    klipper: Simulated, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    lines = [b"M104 S200", b"M140 S60", b"M106 S255", *LINES]
    started(machine, attempt, payload(tmp_path, b"\n".join(lines)))
    machine.pause(attempt)
    assert machine.status().activity is Activity.PAUSED
    machine.resume(attempt)
    assert machine.status().activity is Activity.BUSY
    assert {target for _, target in klipper.get("state")["heaters"].values()} == {200.0, 60.0}
    machine.cancel(attempt)
    assert isinstance(until(machine, ended)[-1], Cancelled)
    state = klipper.get("state")
    assert {target for _, target in state["heaters"].values()} == {0.0}
    assert (state["fan"], state["print"]) == (0.0, "cancelled")


def test_an_emergency_stop_is_acknowledged_by_connecting_again(
    moonraker: Moonraker, klipper: Simulated, machine: Machine, attempt: str, artifact: Payload
) -> None:
    started(machine, attempt, artifact)
    machine.stop()
    assert isinstance(until(machine, ended)[-1], Failed)
    stats = moonraker.inside("printer.objects.query", objects={"print_stats": ["state"]})["status"]["print_stats"]
    assert stats["state"] == "paused", "the trap: print_stats tells of a print that is lost"
    assert machine.status().activity is Activity.FAULT
    assert machine.reconcile(attempt).seen is Seen.FAILED
    status = machine.connect()
    assert (status.link, status.activity, status.fault) == (Link.ONLINE, Activity.IDLE, None)
    assert klipper.get("state")["state"] == "ready"


def test_a_halt_that_nobody_here_asked_for_is_not_cleared_without_a_person(
    klipper: Simulated, new_machine: Callable[..., Machine]
) -> None:
    klipper.post("fault", {"spec": "thermal-runaway"})
    with new_machine() as machine:
        assert "not heating at expected rate" in (machine.connect().fault or "")
        assert klipper.get("state")["state"] == "shutdown"
        assert machine.connect().fault is None
        assert klipper.get("state")["state"] == "ready"


def test_a_print_that_moonraker_calls_interrupted_is_adopted_and_made(
    moonraker: Moonraker,
    klipper: Simulated,
    machine: Machine,
    new_machine: Callable[..., Machine],
    attempt: str,
    artifact: Payload,
) -> None:
    started(machine, attempt, artifact)
    recorded(moonraker, f"{attempt}.gcode", "in_progress")
    machine.close()
    moonraker.kill()
    moonraker.start()
    met(moonraker)
    assert moonraker.status(f"{attempt}.gcode") == ["interrupted"], "the trap: it goes on"
    with new_machine() as again:
        again.connect()
        assert again.reconcile(attempt).seen is Seen.RUNNING
        assert again.start(attempt).start is Start.STARTED
        klipper.post("press")
        assert isinstance(until(again, ended)[-1], Made)
    assert klipper.get("state")["begun"] == [f"{attempt}.gcode"]


def test_a_klipper_that_dies_takes_its_print_with_it(
    moonraker: Moonraker, klipper: Simulated, machine: Machine, attempt: str, artifact: Payload
) -> None:
    started(machine, attempt, artifact)
    recorded(moonraker, f"{attempt}.gcode", "in_progress")
    klipper.post("fault", {"spec": "crash:0.5"})
    assert isinstance(until(machine, ended)[-1], Failed)
    assert moonraker.status(f"{attempt}.gcode") == ["klippy_disconnect"]
    met(moonraker)
    assert machine.connect().activity is Activity.IDLE
    assert machine.start(attempt).start is Start.STARTED, "it was, once, and has failed"
    assert klipper.get("state")["begun"] == [f"{attempt}.gcode"]


def test_a_paused_print_is_not_started_over(
    moonraker: Moonraker, klipper: Simulated, server: MoonrakerServer, attempt: str, artifact: Payload
) -> None:
    first, second = f"{attempt}.gcode", f"{attempt}-other.gcode"
    server.upload(first, artifact)
    server.upload(second, artifact)
    server.start(first)
    recorded(moonraker, first, "in_progress")
    server.pause(server.look())
    with pytest.raises(MachineFault, match="paused"):
        server.start(second)
    assert klipper.get("state")["begun"] == [first]
    assert moonraker.inside("printer.print.start", filename=second) == "ok", "the trap: it takes it"
    assert server.look().file == second
    server.cancel(server.look())
    recorded(moonraker, first, "cancelled")


def test_the_fence(server: MoonrakerServer, klipper: Simulated, attempt: str, artifact: Payload) -> None:
    file = f"{attempt}.gcode"
    assert server.outcome(file) is Outcome.NONE
    server.upload(file, artifact)
    assert server.size(file) == artifact.size
    with pytest.raises(MachineFault, match="already"):
        server.upload(file, artifact)
    server.delete(file)
    server.delete(file)
    assert server.size(file) is None
    with pytest.raises(MachineFault, match="Unable to open file"):
        server.start(file)
    assert server.outcome(file) is Outcome.NONE
    assert klipper.get("state")["begun"] == []


def test_a_file_in_use_is_not_deleted(
    moonraker: Moonraker, klipper: Simulated, server: MoonrakerServer, attempt: str, artifact: Payload
) -> None:
    file = f"{attempt}.gcode"
    server.upload(file, artifact)
    server.start(file)
    recorded(moonraker, file, "in_progress")  # Moonraker learns a moment late what is printed.
    with pytest.raises(MachineFault, match="on the printer"):
        server.delete(file)
    assert server.size(file) == artifact.size
    klipper.post("press")


def test_spoilt_bytes_are_refused(server: MoonrakerServer, attempt: str, artifact: Payload) -> None:
    spoilt = Payload(artifact.path, "0" * 64, artifact.size, artifact.media_type)
    with pytest.raises(MachineFault, match="422"):
        server.upload(f"{attempt}.gcode", spoilt)
    assert server.size(f"{attempt}.gcode") is None


@pytest.mark.parametrize("secret", [None, "wrong"])
def test_without_its_key_it_says_so(
    klipper: Simulated, new_machine: Callable[..., Machine], secret: str | None
) -> None:
    with new_machine(secret=secret) as machine, pytest.raises(MachineFault, match="key"):
        machine.connect()


def test_without_klipper_it_is_offline(moonraker: Moonraker, new_machine: Callable[..., Machine]) -> None:
    with new_machine() as machine:
        with pytest.raises(WireFault, match="Klipper does not run"):
            machine.connect()
        assert machine.status().link is Link.OFFLINE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"envelope": (220.0, 220.0, 250.0)}, "reaches Z 0 to 200 mm"),
        ({"processes": frozenset({"fdm"}), "envelope": (230.0, 1.0, 1.0)}, "reaches X 0 to 220 mm"),
    ],
)
def test_a_printer_that_is_not_as_configured_is_refused(
    klipper: Simulated, new_machine: Callable[..., Machine], changes: dict[str, Any], told: str
) -> None:
    with new_machine(**changes) as machine, pytest.raises(MachineFault, match=told):
        machine.connect()


def test_a_queue_that_would_begin_by_itself_is_refused(
    moonraker: Moonraker, klipper: Simulated, new_machine: Callable[..., Machine], attempt: str
) -> None:
    (moonraker.folder / f"gcodes/{attempt}.gcode").write_bytes(b"G28\n")
    moonraker.inside("server.job_queue.post_job", filenames=[f"{attempt}.gcode"])
    try:
        with new_machine() as machine, pytest.raises(MachineFault, match="empty that queue"):
            machine.connect()
    finally:
        moonraker.inside("server.job_queue.delete_job", all=True)


def test_what_a_technician_asks(machine: Machine) -> None:
    facts = machine.facts()  # type: ignore[attr-defined]
    assert facts.envelope == (220.0, 220.0, 200.0)
    assert facts.speeds == (300.0, 300.0, 10.0)
    assert facts.capabilities["kinematics"] == "cartesian"
    with pytest.raises(MachineFault, match="Must home axis first"):
        machine.console("G1 X10")  # type: ignore[attr-defined]
    machine.home()  # type: ignore[attr-defined]
    machine.nudge()  # type: ignore[attr-defined]
    assert machine.console("M114") == ["X:0.000 Y:0.000 Z:0.000 E:0.000"]  # type: ignore[attr-defined]
    assert machine.console("M302 P1") == ['// Unknown command:"M302"']  # type: ignore[attr-defined]


def test_what_changes_is_pushed(
    moonraker: Moonraker, klipper: Simulated, server: MoonrakerServer, attempt: str
) -> None:
    hints: list[float] = []
    server.open(lambda: hints.append(time.monotonic()))
    names = [f"{attempt}-{number}.gcode" for number in range(2)]
    for name in names:
        (moonraker.folder / "gcodes" / name).write_bytes(b"G28\n")
    end = time.monotonic() + PATIENCE
    while len(hints) < 3 and time.monotonic() < end:
        moonraker.inside("printer.gcode.script", script=f"M23 {names[0]}")
        names.reverse()
        time.sleep(0.5)
    assert len(hints) >= 3, "what is selected was not pushed"


def test_a_line_that_the_printer_refuses_ends_the_print(
    moonraker: Moonraker, klipper: Simulated, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    lines = [b"G28", *moves(3), b"G1 X999 F3000", *moves(3)]
    machine.transfer(attempt, payload(tmp_path, b"\n".join(lines)))
    machine.start(attempt)
    end = time.monotonic() + PATIENCE
    while machine.reconcile(attempt).seen is not Seen.FAILED:
        assert time.monotonic() < end, machine.reconcile(attempt)
        machine.next_event(0.1)
    recorded(moonraker, f"{attempt}.gcode", "error")
