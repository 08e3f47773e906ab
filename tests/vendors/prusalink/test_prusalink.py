"""The driver on PrusaLink itself: what it is trusted with, and that the traps it avoids are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.contract import (
    Activity,
    Cancelled,
    Failed,
    Link,
    Machine,
    MachineFault,
    Made,
    NotSupported,
    Payload,
    Seen,
    Start,
)
from drivers.service import Serviced
from tests.conformance.rigs.common import ended, moves, payload, until
from tests.vendors.prusalink.conftest import KEY, PATIENCE, PrusaLink

SLOW = [b"G28", *[b"G4 P1000"] * 200]
"""20 s at the speed of this printer, and no piece."""


def started(machine: Machine, attempt: str, artifact: Payload) -> None:
    machine.transfer(attempt, artifact)
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


def file(prusalink: PrusaLink, attempt: str) -> Path:
    return prusalink.folder / f"gcodes/{attempt}.gcode"


def test_a_whole_print_is_made_once_and_its_file_goes(
    prusalink: PrusaLink, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    lines = [b"G28", *moves(10), b"M0", *moves(30, 2400)]
    before = len(prusalink.simulated.moves())
    started(machine, attempt, payload(tmp_path, b"\n".join(lines) + b"\n"))
    until(machine, lambda _: machine.status().prompt is not None)
    assert machine.status().activity is Activity.PAUSED
    with pytest.raises(MachineFault, match="409"):
        machine.resume(attempt)  # Nobody can answer for a person from here.
    prusalink.simulated.post("press")
    assert isinstance(until(machine, ended)[-1], Made)
    assert prusalink.ask("GET", "/api/v1/job").status_code == 204, "the trap: a print that has ended has no name"
    assert machine.status().activity is Activity.BUSY, "it takes no start while it shows FINISHED"
    assert machine.reconcile(attempt).seen is Seen.MADE
    assert len(prusalink.simulated.moves()) - before == 40
    end = time.monotonic() + PATIENCE
    while file(prusalink, attempt).exists() and time.monotonic() < end:
        machine.next_event(0.05)
    assert not file(prusalink, attempt).exists()


def test_pause_resume_cancel_and_a_second_start_that_is_refused(
    prusalink: PrusaLink, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    artifact = payload(tmp_path, b"\n".join(SLOW) + b"\n")
    started(machine, attempt, artifact)
    machine.transfer("later-a1", artifact)
    assert machine.start("later-a1").start is Start.REFUSED
    assert machine.reconcile("later-a1").seen is Seen.ABSENT
    machine.pause(attempt)
    machine.pause(attempt)
    assert machine.reconcile(attempt).seen is Seen.PAUSED
    machine.resume(attempt)
    assert machine.reconcile(attempt).seen is Seen.RUNNING
    machine.cancel(attempt)
    machine.cancel(attempt)
    assert isinstance(until(machine, ended)[-1], Cancelled)


def test_what_somebody_stops_has_failed_and_what_nobody_saw_end_is_asked_for(
    prusalink: PrusaLink, machine: Machine, new_machine: Callable[..., Machine], attempt: str, tmp_path: Path
) -> None:
    started(machine, attempt, payload(tmp_path, b"\n".join(SLOW) + b"\n"))
    job = prusalink.ask("GET", "/api/v1/job").json()["id"]
    assert prusalink.ask("PUT", f"/api/v1/job/{job - 1}/pause").status_code == 404
    with new_machine(secret=KEY, auth="key") as other:
        other.connect()
        assert other.reconcile(attempt).seen is Seen.RUNNING
    assert prusalink.ask("DELETE", f"/api/v1/job/{job}").status_code == 204
    assert isinstance(until(machine, ended)[-1], Failed)
    assert prusalink.ask("PUT", f"/api/v1/job/{job}/pause").status_code == 409, "the last job, and not on"
    with new_machine() as other:
        other.connect()
        assert other.reconcile(attempt).seen is Seen.UNKNOWN, "it did not see this job, and PrusaLink has no record"


def test_an_upload_is_what_it_takes_and_is_listed_when_it_is_there(prusalink: PrusaLink, attempt: str) -> None:
    path = f"/api/v1/files/local/{attempt}.gcode"
    for kind, status in (("application/octet-stream", 500), ("text/x-gcode", 415), ("text/x.gcode", 201)):
        answer = prusalink.ask("PUT", path, content=b"G28\n", headers={"Content-Type": kind})
        assert answer.status_code == status
    missed = prusalink.ask("DELETE", path).status_code
    assert missed in (204, 404)
    assert file(prusalink, attempt).exists() == (missed == 404), "the trap: it is there, and said not to be"


def test_another_printer_or_a_wrong_secret_is_named(
    prusalink: PrusaLink, machine: Machine, new_machine: Callable[..., Machine]
) -> None:
    assert isinstance(machine, Serviced)
    facts = machine.facts()
    assert (facts.firmware, facts.capabilities["nozzle_diameter"]) == ("3.14.1-8237", "0.4")
    assert "CZPX4720X004XC34242" in (machine.status().firmware or "")
    with pytest.raises(NotSupported, match="no commands"):
        machine.home()
    for wrong, words in (
        ({"nozzle": 0.6}, "nozzle is 0.4 mm, and 0.6 mm is configured"),
        ({"serial": "CZPX0000X004XC00000"}, "is printer CZPX4720X004XC34242"),
        ({"secret": "wrong"}, "user maker"),
        ({"secret": "wrong", "auth": "key"}, "the key"),
    ):
        with new_machine(**wrong) as other, pytest.raises(MachineFault, match=words):
            other.connect()


def test_a_printer_that_is_gone_fails_its_print_and_is_offline(
    prusalink: PrusaLink, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    started(machine, attempt, payload(tmp_path, b"\n".join(SLOW) + b"\n"))
    prusalink.mk3.unplug()
    prusalink.until("ERROR")
    try:
        assert isinstance(until(machine, ended)[-1], Failed)
        until_offline = time.monotonic() + PATIENCE
        while machine.status().link is not Link.OFFLINE and time.monotonic() < until_offline:
            machine.next_event(0.1)
        assert machine.status().link is Link.OFFLINE
        assert "Serial device does not exist" in (machine.status().fault or "")
    finally:
        prusalink.mk3.plug()


def test_a_print_that_ended_with_prusalink_is_asked_for_and_not_begun_again(
    prusalink: PrusaLink, machine: Machine, new_machine: Callable[..., Machine], attempt: str, tmp_path: Path
) -> None:
    before = prusalink.simulated.executed().count("G28")
    started(machine, attempt, payload(tmp_path, b"\n".join(SLOW) + b"\n"))
    end = time.monotonic() + PATIENCE
    while prusalink.simulated.executed().count("G28") == before and time.monotonic() < end:
        time.sleep(0.05)
    machine.close()
    prusalink.kill()
    prusalink.start()
    with new_machine() as again:
        assert again.connect().activity is Activity.IDLE
        assert again.reconcile(attempt).seen is Seen.UNKNOWN
        assert again.start(attempt).start is not Start.STARTED
    assert prusalink.simulated.executed().count("G28") == before + 1
