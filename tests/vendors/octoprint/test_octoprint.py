"""Our driver at OctoPrint itself: what the simulator claims of it is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    Cancelled,
    Failed,
    Link,
    MachineFault,
    Made,
    Seen,
    Settings,
    Start,
    WireFault,
    WrongAttempt,
)
from drivers.registry import build
from tests.conformance.rigs.common import RealClock

SHORT = [b"G28", *[b"G1 X%d F6000" % (each % 10) for each in range(30)]]
LONG = [b"G28", *[b"G4 P100"] * 300]


def running(work: Any, lines: list[bytes] = LONG) -> str:
    attempt: str = work.transferred(lines)
    answer = work.machine.start(attempt)
    assert answer.start is Start.STARTED, answer
    return attempt


def test_a_print_runs_to_its_end_and_its_file_goes(octoprint: Any, work: Any) -> None:
    attempt = running(work, SHORT)
    assert work.end() == Made(attempt, f"printer has {attempt}.gcode on record as printed to its end")
    assert octoprint.get(f"files/local/{attempt}.gcode")["userdata"]["attempt"] == attempt
    assert octoprint.get(f"files/local/{attempt}.gcode")["prints"]["success"] == 1
    while work.machine.next_event(0.2):
        pass
    octoprint.wait(lambda: not octoprint.has(f"{attempt}.gcode"))
    assert work.machine.reconcile(attempt).seen is Seen.MADE
    assert work.machine.start(attempt).start is Start.STARTED
    assert octoprint.state() == "Operational"


def test_pause_resume_cancel(octoprint: Any, work: Any) -> None:
    attempt = running(work)
    work.machine.pause(attempt)
    work.machine.pause(attempt)
    assert octoprint.state() == "Paused" and work.machine.status().activity is Activity.PAUSED
    assert work.machine.reconcile(attempt).seen is Seen.PAUSED
    work.machine.resume(attempt)
    assert octoprint.state() in ("Printing", "Resuming")
    work.machine.cancel(attempt)
    assert isinstance(work.end(), Cancelled)
    assert octoprint.state() == "Operational"
    with pytest.raises(WrongAttempt):
        work.machine.pause(attempt)


def test_one_print_at_a_time_and_the_other_is_fenced(octoprint: Any, work: Any) -> None:
    first = running(work)
    second = work.transferred(SHORT)
    assert work.machine.start(second).start is Start.REFUSED
    assert work.machine.reconcile(second).seen is Seen.ABSENT
    assert not octoprint.has(f"{second}.gcode")
    # A start that was under way all the while finds nothing.
    with pytest.raises(OSError, match=r"404|409"):
        octoprint.post(f"files/local/{second}.gcode", {"command": "select", "print": True})
    assert octoprint.get("job")["job"]["file"]["path"] == f"{first}.gcode"
    work.machine.cancel(first)


def test_it_goes_on_while_nobody_looks_and_is_adopted(connect: Any, another: Any, tmp_path: Path) -> None:
    first = another(connect(), tmp_path)
    attempt = running(first)
    first.machine.close()
    second = another(connect(), tmp_path)
    assert second.machine.reconcile(attempt).seen is Seen.RUNNING
    assert second.machine.start(attempt).start is Start.STARTED
    second.machine.cancel(attempt)
    assert isinstance(second.end(), Cancelled)


def test_what_ended_while_nobody_looked_is_told_by_its_history(
    octoprint: Any, connect: Any, another: Any, tmp_path: Path
) -> None:
    first = another(connect(), tmp_path)
    attempt = running(first, SHORT)
    first.machine.close()
    octoprint.wait(lambda: octoprint.state() == "Operational")
    assert connect().reconcile(attempt).seen is Seen.MADE


def test_killed_in_the_middle_it_has_failed_and_is_not_begun_again(octoprint: Any, work: Any) -> None:
    attempt = running(work)
    octoprint.kill()
    octoprint.wait(lambda: work.machine.status().link is Link.OFFLINE)
    assert work.machine.status().attempt == attempt
    octoprint.start()
    assert octoprint.state() == "Offline"
    end = work.end()
    assert isinstance(end, Failed) and end.attempt == attempt
    assert work.machine.reconcile(attempt).seen is Seen.FAILED
    assert work.machine.connect().link is Link.ONLINE
    assert work.machine.start(attempt).start is Start.STARTED
    assert octoprint.state() == "Operational"


@pytest.mark.parametrize("fault", ["trigger_fatal_error_marlin", "drop_connection"])
def test_a_printer_that_breaks_down_has_failed(octoprint: Any, work: Any, fault: str) -> None:
    attempt = running(work)
    octoprint.debug(fault)
    end = work.end()
    assert isinstance(end, Failed) and end.attempt == attempt
    octoprint.wait(lambda: bool(work.machine.status().fault))
    assert work.machine.status().link is Link.OFFLINE
    assert work.machine.connect().activity is Activity.IDLE


@pytest.mark.parametrize("fault", ["trigger_resend_lineno", "trigger_resend_checksum", "trigger_missing_checksum"])
def test_what_octoprint_mends_by_itself_is_made(octoprint: Any, work: Any, fault: str) -> None:
    running(work, [b"G28", *[b"G4 P20"] * 60])
    octoprint.debug(fault)
    assert isinstance(work.end(), Made)


def test_somebody_cancels_at_octoprint(octoprint: Any, work: Any) -> None:
    attempt = running(work)
    octoprint.post("job", {"command": "cancel"})
    end = work.end()
    assert isinstance(end, Failed) and end.attempt == attempt


def test_emergency_stop(octoprint: Any, work: Any) -> None:
    attempt = running(work)
    work.machine.stop()
    end = work.end()
    assert isinstance(end, Failed) and end.attempt == attempt
    assert "EMERGENCY_PARSER" in (work.machine.status().fault or "")
    octoprint.wait(lambda: octoprint.state() == "Offline after error")
    assert work.machine.start(work.transferred(SHORT)).start is Start.REFUSED
    assert work.machine.connect().activity is Activity.IDLE


def test_a_disconnected_printer_is_connected_or_left_alone(octoprint: Any, connect: Any) -> None:
    connect()
    octoprint.disconnect()
    with pytest.raises(MachineFault, match="no printer connected"):
        connect(connection=None)
    with pytest.raises(MachineFault, match="port is invalid"):
        connect(connection={"port": "/dev/nothing"})
    assert connect(connection={"port": "VIRTUAL", "baudrate": 115200}).status().link is Link.ONLINE


def test_a_wrong_key_and_a_wrong_path_are_named(octoprint: Any) -> None:
    for address, key, said in ((octoprint.url, "wrong", "secret"), (f"{octoprint.url}/base", "k", "404|403")):
        with (
            build("octoprint", Settings("printer", address, secret=key), RealClock()) as machine,
            pytest.raises((MachineFault, WireFault), match=said),
        ):
            machine.connect()


def test_a_console_shows_what_the_firmware_answers(octoprint: Any, work: Any) -> None:
    assert any("FIRMWARE_NAME" in line for line in work.machine.console("M115"))
    assert work.machine.console("M105")[0].startswith("T:")
    work.machine.home()
    attempt = running(work)
    with pytest.raises(WrongAttempt):
        work.machine.console("M105")
    work.machine.cancel(attempt)


def test_facts(work: Any) -> None:
    facts = work.machine.facts()
    assert facts.firmware.startswith("OctoPrint 1.11")
    assert facts.envelope == (200.0, 200.0, 200.0)
    assert facts.speeds == (100.0, 100.0, pytest.approx(200 / 60), 5.0)
