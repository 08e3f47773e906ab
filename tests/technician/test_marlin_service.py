"""What a technician may ask of a Marlin machine: facts, console, home, nudge, frame; and a machine that is another."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import (
    Activity,
    Link,
    MachineFault,
    Made,
    OurFault,
    Settings,
    Start,
    WireFault,
    WrongAttempt,
)
from drivers.loopback import Loopback
from drivers.machines.marlin import FRAME_HEIGHT, Marlin
from drivers.protocols.marlin.facts import Reach, facts, reach
from drivers.protocols.marlin.talk import asks, spoken
from drivers.service import KnowsQuestions, Serviced
from tests.conformance.rigs.common import RealClock, Simulated, ended, moves, payload, until

QUICK = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.3, "start_wait": 3.0}
SPACE = (220.0, 220.0, 60.0)


@contextmanager
def connected(printer: Simulated, envelope: tuple[float, float, float] | None = SPACE) -> Iterator[Marlin]:
    settings = Settings("printer", str(printer.link), QUICK, envelope=envelope)
    with Marlin(settings, RealClock()) as machine:
        machine.connect()
        yield machine


# --- reading what it says of itself ---------------------------------------------------------------------------------


def test_the_simulator_tells_its_limits(printer: Simulated) -> None:
    with connected(printer) as machine:
        assert isinstance(machine, Serviced) and isinstance(machine, KnowsQuestions)
        told = machine.facts()
    assert told.firmware is not None and told.firmware.startswith("Marlin 2.1")
    assert told.envelope == SPACE
    assert told.speeds == (150, 140, 10, 5)
    assert told.accelerations == (1000, 900, 100, 5000)
    assert told.capabilities["EMERGENCY_PARSER"] == "1" and told.capabilities["MACHINE_TYPE"] == "3D Printer"
    assert printer.moves() == [] and "G28" not in printer.executed()


REPORTS = {
    "2.1": ("  M211 S1 ; ON", "  Min:  X-5.00 Y0.00 Z0.00   Max:  X235.00 Y232.00 Z283.00"),
    "2.0": ("echo:Soft endstops: ON  Min:  X-5.00 Y0.00 Z0.00   Max:  X235.00 Y232.00 Z283.00",),
    "1.1": ("echo:Soft endstops: On   Min: X-5.00 Y0.00 Z0.00  Max: X235.00 Y232.00 Z283.00",),
    "geometry": (
        "area:{full:{min:{x:-9.0000,y:-9.0000,z:0.0000},max:{x:240.0000,y:240.0000,z:283.0000}},"
        "work:{min:{x:-5.0000,y:0.0000,z:0.0000},max:{x:235.0000,y:232.0000,z:283.0000}}}",
    ),
}


@pytest.mark.parametrize("version", REPORTS)
def test_every_firmware_s_wording_of_its_reach_is_read(version: str) -> None:
    told = facts(REPORTS[version])
    assert told.envelope == (235, 232, 283)
    assert told.capabilities["M211"] == "X -5..235, Y 0..232, Z 0..283"


def test_a_tool_of_its_own_and_inches_are_read() -> None:
    told = facts(
        [
            "echo:  G20 ; Units in inches",
            "echo:  M203 X10.00 Y10.00 Z0.50",
            "echo:  M203 T0 E1.00",
            "echo:  M203 T1 E2.00",
            "M201 X100.00 Y100.00",
        ]
    )
    assert told.speeds == (254, 254, 12.7, 25.4)
    assert told.accelerations is None, "z is missing: nothing is guessed"


@given(st.lists(st.text(max_size=80)))
def test_no_report_breaks_the_reading(lines: list[str]) -> None:
    told = facts(lines)
    assert told.envelope is None or len(told.envelope) == 3


coordinate = st.integers(-50_000, 50_000).map(lambda hundredths: hundredths / 100)
point = st.tuples(coordinate, coordinate, coordinate)


@given(point, point)
def test_what_the_firmware_prints_is_what_is_read(low: Any, high: Any) -> None:
    def triple(values: Any) -> str:
        return " ".join(f"{axis}{value:.2f}" for axis, value in zip("XYZ", values, strict=True))

    assert reach(f"  Min:  {triple(low)}   Max:  {triple(high)}") == Reach(low, high)
    assert reach(f"  Min:  {triple(low)}") is None


# --- the console ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["M105", "m114", " M114  R ", "M115", "M119", "M503", "M503 S0", "M211", "M203", "M20"]
)
def test_questions(line: str) -> None:
    assert asks(line)


@pytest.mark.parametrize(
    "line", ["G28", "M211 S0", "M203 X500", "M114 X", "M503 S0 M112", "M105\nG28", "", "M104 S200"]
)
def test_actions(line: str) -> None:
    assert not asks(line)


@given(st.text(alphabet="GMTXYZS0123456789 .-;\n\t", max_size=20))
def test_a_question_carries_no_number_but_its_own(line: str) -> None:
    if asks(line):
        command, *words = line.split()
        assert command[0] in "Mm" and all(len(word) == 1 or word[1:] in ("0", "1") for word in words)
        assert spoken(line) == line.strip().upper().encode()


def test_the_console_returns_what_was_said_until_the_line_was_done(printer: Simulated) -> None:
    with connected(printer) as machine:
        assert machine.console("M114")[0].startswith("X:0.00 Y:0.00")
        assert machine.console("M105") == machine.console("m105") and machine.console("M105")[0].startswith("T:")
        assert machine.console("M118 hello ; and a comment") == ["hello"]
        assert any("M203 X150.00" in line for line in machine.console("M503"))
        assert machine.console("G1 X10 F6000") == []
        assert machine.console("M114")[0].startswith("X:10.00")
        assert (machine.status().activity, machine.next_event(0) is None) == (Activity.IDLE, False)


def test_what_the_firmware_does_not_like_is_told_in_its_own_words(printer: Simulated) -> None:
    with connected(printer) as machine:
        with pytest.raises(MachineFault, match="M98765"):
            machine.console("M98765")
        with pytest.raises(MachineFault, match="bad parameters"):
            machine.console("G2 X10")
        assert machine.console("M118 still here") == ["still here"]


@pytest.mark.parametrize(
    "line", ["", "G28\nG1 Z0", "M112", "M110 N5", "m0110N5", "N5 G28", "M24", "M575 B9600", "x" * 300, "caf\xe9"]
)
def test_lines_that_no_console_sends(line: str, printer: Simulated) -> None:
    with connected(printer) as machine:
        with pytest.raises(OurFault):
            machine.console(line)
        own = {"M105", "M110", "M115", "M155", "M211"}
        assert {command.split()[0] for command in printer.executed()} <= own and "M110 N5" not in printer.executed()


def test_a_halt_in_the_middle_ends_the_wait_with_its_reason(simulated: Callable[..., Simulated]) -> None:
    printer = simulated("marlin", speed="1")
    with connected(printer) as machine:
        threading.Timer(0.5, machine.stop).start()
        with pytest.raises(MachineFault, match="emergency stop"):
            machine.console("G4 S60")
        assert machine.status().activity is Activity.FAULT


def test_a_pulled_cable_ends_the_wait(simulated: Callable[..., Simulated]) -> None:
    printer = simulated("marlin", speed="1")
    with connected(printer) as machine:
        threading.Timer(0.5, printer.post, ("fault", {"spec": "unplug:0.5"})).start()
        with pytest.raises(WireFault):
            machine.console("G4 S60")


def test_a_restart_in_the_middle_is_told_and_the_machine_is_greeted_anew(simulated: Callable[..., Simulated]) -> None:
    printer = simulated("marlin", speed="1")
    with connected(printer) as machine:
        threading.Timer(0.5, printer.post, ("fault", {"spec": "external-reset"})).start()
        with pytest.raises(MachineFault, match="restarted"):
            machine.console("G4 S60")
        until(machine, lambda _: machine.status().link is Link.ONLINE)


# --- moves ----------------------------------------------------------------------------------------------------------


def test_home_nudge_and_frame(printer: Simulated) -> None:
    with connected(printer) as machine:
        machine.home()
        assert printer.get("state")["homed"] == ["X", "Y", "Z"]
        machine.nudge()
        assert printer.get("state")["position"] == [0, 0, 0]
        assert [line for line in printer.moves() if "Z" in line] == ["G1 Z1 F300", "G1 Z-1 F300"]
        machine.frame((10, 20, 110, 90), 50)
        assert printer.get("state")["position"] == [10, 20, FRAME_HEIGHT]
        assert not printer.get("record.json")["piece"]["runs"], "nothing was laid down"
        with pytest.raises(OurFault, match="not inside"):
            machine.frame((10, 20, 230, 90), 50)
        with pytest.raises(OurFault, match="mm/s"):
            machine.frame((10, 20, 110, 90), 0)
    with connected(printer, envelope=None) as machine, pytest.raises(OurFault, match="envelope"):
        machine.frame((10, 20, 110, 90), 50)


def test_nothing_is_said_while_an_attempt_is_on_it_and_the_attempt_does_not_notice(
    printer: Simulated, tmp_path: Path
) -> None:
    with connected(printer) as machine:
        machine.transfer("j1-a1", payload(tmp_path, b"\n".join([b"G28", b"M0", *moves(20)])))
        assert machine.start("j1-a1").start is Start.STARTED
        for verb in (machine.facts, machine.home, machine.nudge, lambda: machine.console("M105")):
            with pytest.raises(WrongAttempt, match="j1-a1"):
                verb()
        with pytest.raises(WrongAttempt):
            machine.frame((1, 1, 2, 2), 10)
        until(machine, lambda _: printer.post("press")["waited"])
        assert isinstance(until(machine, ended)[-1], Made)


def test_no_attempt_begins_while_a_technician_s_line_is_at_work(
    simulated: Callable[..., Simulated], tmp_path: Path
) -> None:
    printer = simulated("marlin", speed="1")
    with connected(printer) as machine:
        machine.transfer("j1-a1", payload(tmp_path, b"G28\n"))
        talk = threading.Thread(target=machine.console, args=("G4 S2",))
        talk.start()
        until(machine, lambda _: machine.status().activity is Activity.BUSY)
        answer = machine.start("j1-a1")
        assert answer.start is Start.REFUSED and "serving" in answer.why
        talk.join()
        assert machine.start("j1-a1").start is Start.STARTED


def test_not_connected_is_said() -> None:
    with pytest.raises(WireFault, match="connect first"):
        Marlin(Settings("printer", "nowhere", {}), RealClock()).console("M105")


# --- a machine that is not what the configuration says --------------------------------------------------------------

STRANGERS = {
    "a GRBL that greets": (b"\r\nGrbl 1.1h ['$' for help]\r\n", b"", "this is GRBL", "Grbl 1.1h"),
    "a GRBL that does not": (b"", b"error:20\r\n", "this is GRBL", "error:20"),
    "an EBB": (b"", b"!8 Err: Unknown command 'N1:4E31'\r\n", "this is EBB", "Unknown command"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_another_firmware_on_the_port_is_named(stranger: str) -> None:
    banner, reply, name, words = STRANGERS[stranger]
    machine = Marlin(
        Settings("printer", "loopback", QUICK), RealClock(), lambda _path, _baud: Loopback(lambda _: reply, banner)
    )
    with pytest.raises(MachineFault, match=name) as raised:
        machine.connect()
    assert words in str(raised.value) and "write the driver" in str(raised.value)
    assert machine.status().link is Link.OFFLINE and machine.status().fault


def test_a_smaller_machine_than_configured_is_refused_with_both_sizes(simulated: Callable[..., Simulated]) -> None:
    printer = simulated("marlin", "--envelope", "180x220x60")
    with pytest.raises(MachineFault, match=r"X 0\.\.180.*220 x 220 x 60 mm: write one"), connected(printer):
        pass
    with connected(printer, (180, 220, 60)) as machine:
        assert machine.status().link is Link.ONLINE


HOLDER = "import serial, sys, time; port = serial.Serial(sys.argv[1], exclusive=True); print('held'); time.sleep(60)"


def test_the_program_that_has_the_port_is_named() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.close(slave)
    with subprocess.Popen([sys.executable, "-u", "-c", HOLDER, name], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline()
            with pytest.raises(WireFault, match=f"process {holder.pid}.*close that first"):
                Marlin(Settings("printer", name, QUICK), RealClock()).connect()
        finally:
            holder.kill()
    os.close(master)
