"""The program on a real pty, talked to through pyserial; and on TCP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from simulators.marlin.program import main

PROGRAM = [
    "G90",
    "M83",
    "G28",
    "G0 X20 Y20 Z1 F6000",
    *(f"G1 X{20 + i} E0.5 F1200" for i in range(1, 41)),
    "G1 Z5",
    "M400",
]


def test_opening_the_port_resets_the_board(printer: Callable[..., Any], host: Any) -> None:
    machine = printer()
    port = machine.connect()
    lines = host.read_until(port, "//action:prompt_end")
    assert lines[0] == "start" and lines[1] == " External Reset" and lines[2].startswith("Marlin 2.1")
    host.exchange(port, 1, "M82")
    for _ in range(5):  # closed and opened again at once: no opening is missed
        port.close()
        port = machine.boot()
    assert host.exchange(port, 1, "M82") == ["ok N1 P15 B3"]
    assert machine.record()["counts"]["boots"] == 6


def test_a_board_without_reset_line_goes_on(printer: Callable[..., Any], host: Any) -> None:
    machine = printer("--no-reset-on-open")
    port = machine.connect()
    assert host.exchange(port, 1, "M82") == ["ok N1 P15 B3"]
    port.close()
    port = machine.connect()
    assert host.exchange(port, 2, "M82") == ["ok N2 P15 B3"]


def test_every_line_is_executed_once_and_in_order(printer: Callable[..., Any], host: Any) -> None:
    machine = printer("--fault", "corrupt-in@chance=0.1", "--fault", "resend@line=20", "--seed", "7")
    host.stream(machine.boot(), PROGRAM)
    record = machine.record()
    numbered = [(n, text) for n, text in record["piece"]["executed"] if n]
    assert numbered == list(enumerate(PROGRAM, 1))
    assert record["counts"]["resends"] >= 3
    assert record["piece"]["outcome"] == {
        "good": True,
        "troubles": [],
        "last_line": len(PROGRAM),
        "deposited": True,
    } or set(record["piece"]["outcome"]["troubles"]) <= {"unknown_commands"}
    assert record["piece"]["volume"] == pytest.approx(20 * 2.405, rel=1e-3)


def test_the_same_program_makes_the_same_piece(printer: Callable[..., Any], host: Any) -> None:
    digests = []
    for _ in range(2):
        machine = printer()
        host.stream(machine.boot(), PROGRAM)
        piece = machine.record()["piece"]
        digests.append((piece["runs"][0]["program"], piece["motion_time"], piece["volume"]))
    assert digests[0] == digests[1]


def test_played_and_streamed_are_the_same(printer: Callable[..., Any], host: Any, tmp_path: Path) -> None:
    program, record = tmp_path / "p.gcode", tmp_path / "p.json"
    program.write_text("\n".join(PROGRAM) + "\n")
    assert main(["--play", str(program), "--json", str(record), "--min-temp", "0"]) == 0
    played = json.loads(record.read_text())
    machine = printer()
    host.stream(machine.boot(), PROGRAM)
    streamed = machine.record()["piece"]
    for fact in ("motion_time", "volume", "commanded"):
        assert played[fact] == streamed[fact]
    assert played["runs"][0]["program"] == streamed["runs"][0]["program"]
    assert [path["volumes"] for path in played["paths"]] == [path["volumes"] for path in streamed["paths"]]


def test_pieces_collisions_and_clearing(printer: Callable[..., Any], host: Any) -> None:
    machine = printer()
    port = machine.boot()
    host.stream(port, PROGRAM)
    assert machine.record()["collisions"] == []
    assert machine.post("/clear")["number"] == 1
    host.stream(port, PROGRAM)
    assert machine.record()["collisions"] == []
    host.stream(port, PROGRAM)  # nobody took the piece off
    record = machine.record()
    (collision,) = record["collisions"]
    assert collision["piece"] == 2 and collision["cause"] == "home"
    programs = [run["program"] for piece in (*record["pieces"], record["piece"]) for run in piece["runs"]]
    assert len(programs) == 3 and len(set(programs)) == 1  # made three times, and the digests say so
    machine.stop()
    names = sorted(path.name for path in machine.folder.iterdir())
    assert names == ["piece-0001.json", "piece-0001.png", "piece-0002.json", "piece-0002.png"]
    written = json.loads((machine.folder / "piece-0002.json").read_text())
    assert written["collisions"] and written["paths"]


def test_the_open_piece_is_written_when_the_machine_rests(printer: Callable[..., Any], host: Any) -> None:
    machine = printer()
    host.stream(machine.boot(), PROGRAM)
    deadline = time.monotonic() + 10
    while not (machine.folder / "piece-0001.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert json.loads((machine.folder / "piece-0001.json").read_text())["outcome"]["good"]


def test_camera_hands_and_bad_requests(printer: Callable[..., Any], host: Any) -> None:
    machine = printer("--piece", "10,10,60,40,5", "--flat")
    port = machine.boot()
    empty = Image.open(BytesIO(machine.get("/snapshot.png")))
    assert empty.size == (600, 400)
    host.stream(port, PROGRAM)
    full = Image.open(BytesIO(machine.get("/snapshot.png")))
    assert full.getpixel((300, 300)) == (0x3B, 0x23, 0x14) != empty.getpixel((300, 300))
    part = Image.open(BytesIO(machine.get("/snapshot.png?region=10,10,20,30&px-per-mm=5")))
    assert part.size == (50, 100)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        machine.get("/snapshot.png?region=10,10,5,5")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        machine.post("/fault", {"spec": "catch-fire"})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        machine.get("/")
    port.write(b"M0\n")
    host.read_until(port, "//action:prompt_show")
    assert json.loads(machine.get("/state"))["waits_for_user"]
    assert machine.post("/press") == {"waited": True}
    host.read_until(port, "ok")
    assert machine.post("/power-cycle")["homed"] == []
    assert host.read_until(port, "PowerUp")[0] == "start"


def test_unplugged_and_back(printer: Callable[..., Any], host: Any) -> None:
    machine = printer("--fault", "unplug@line=2:0.3")
    port = machine.boot()
    host.exchange(port, 1, "M82")
    port.write(host.numbered(2, "M82"))
    with pytest.raises(OSError, match=r"."):
        while True:
            port.read(1000)
            port.write(b"M105\n")
    deadline = time.monotonic() + 10
    while not machine.link.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert host.exchange(machine.boot(), 1, "M82") == ["ok N1 P15 B3"]


def test_it_ends_cleanly(printer: Callable[..., Any]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        machine = printer()
        machine.process.send_signal(number)
        assert machine.process.wait(10) == 0
        assert not os.path.lexists(machine.link)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    link = tmp_path / "port"
    program = (
        "import subprocess, sys; "
        "command = [sys.executable, '-m', 'simulators', 'marlin', '--link', sys.argv[1], '--die-with-parent']; "
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True); child.stdout.readline()"
    )
    subprocess.run([sys.executable, "-c", program, str(link)], check=True, timeout=20)
    deadline = time.monotonic() + 10
    while link.is_symlink():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_tcp(printer: Callable[..., Any]) -> None:
    machine = printer()
    other = machine.process.args
    assert isinstance(other, list)
    command = [*other[:4], "--port", "0", *other[6:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[1]
        name, port = address.split(":")
        with socket.create_connection((name, int(port)), timeout=10) as end, end.makefile("rwb") as wire:
            assert wire.readline() == b"start\n"
            wire.write(b"M82\n")
            wire.flush()
            assert b"ok P15 B3\n" in iter(wire.readline, b"")
        process.terminate()
        assert process.wait(10) == 0


def test_at_a_factor_time_is_real_time_times_the_factor(printer: Callable[..., Any], host: Any) -> None:
    machine = printer("--speed", "200")
    port = machine.boot()
    before = json.loads(machine.get("/state"))["now"]
    host.exchange(port, 1, "G4 S30")
    assert json.loads(machine.get("/state"))["now"] - before >= 30
