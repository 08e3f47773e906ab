"""The GRBL simulator as a program, on a real pty and on TCP, talked to as a host does."""

from __future__ import annotations

import json
import socket
import time
from io import BytesIO
from pathlib import Path

import pytest
import serial
from PIL import Image

from simulators.grbl.program import main
from tests.simulators.served import LIMIT, Served, line, lines_until

BANNER = "Grbl 1.1h ['$' for help]"
PROGRAM = [
    "G21 G90",
    "G0 X10 Y10",
    "M4 S400",
    *(f"G1 X{10 + index % 50} Y{10 + index / 10:.1f} S{index * 5} F6000" for index in range(1, 180)),
    "M5",
    "G0 X0 Y0",
    "M30",
]


def stream(port: serial.Serial, program: list[str], window: int = 128) -> list[str]:
    """A host that counts characters. What was answered."""
    waiting: list[int] = []
    said: list[str] = []
    for text in program:
        while sum(waiting) + len(text) + 1 > window:
            answer = line(port)
            said.append(answer)
            if answer.startswith(("ok", "error")):
                waiting.pop(0)
        port.write(f"{text}\n".encode())
        waiting.append(len(text) + 1)
    while waiting:
        answer = line(port)
        said.append(answer)
        if answer.startswith(("ok", "error")):
            waiting.pop(0)
    return said


def rest(machine: Served) -> None:
    deadline = time.monotonic() + LIMIT
    while not machine.json("state")["idle"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_opening_the_port_resets_the_board(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "max") as machine:
        for _ in range(3):
            port = machine.connect()
            assert line(port) == BANNER
            port.close()
        assert machine.json("record.json")["counts"]["boots"] == 3


def test_a_board_with_a_port_of_its_own_goes_on(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "max", "--no-reset-on-open") as machine:
        port = machine.connect()
        port.write(b"G0 X5\n")
        assert line(port) == "ok"
        rest(machine)
        port.close()
        port = machine.connect()
        port.write(b"?")
        assert line(port).startswith("<Idle|MPos:5.000,")


def test_played_and_streamed_burn_the_same(tmp_path: Path) -> None:
    file, record = tmp_path / "p.gcode", tmp_path / "p.json"
    file.write_text("\n".join(PROGRAM) + "\n")
    assert main(["--play", str(file), "--json", str(record)]) == 0
    played = json.loads(record.read_text())
    with Served(tmp_path, "grbl", "--speed", "max") as machine:
        port = machine.connect()
        assert line(port) == BANNER
        assert stream(port, PROGRAM).count("ok") == len(PROGRAM)
        rest(machine)
        streamed = machine.json("record.json")["piece"]
    assert [text for _, text in streamed["executed"]] == PROGRAM == [text for _, text in played["executed"]]
    for fact in ("energy", "burnt", "motion_time"):
        assert streamed[fact] == pytest.approx(played[fact], rel=1e-6)
    assert streamed["runs"][0]["program"] == played["runs"][0]["program"]
    assert streamed["outcome"]["good"] and streamed["counts"]["overflow_bytes"] == 0


def test_a_host_that_does_not_count_loses_lines(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "1") as machine:
        port = machine.connect()
        assert line(port) == BANNER
        port.write(b"".join(f"{text}\n".encode() for text in PROGRAM))
        time.sleep(0.2)
        machine.post("clear")
        assert machine.json("record.json")["counts"]["overflow_bytes"] > 1000


def test_a_larger_buffer_takes_more(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "max", "--flavour", "grblhal") as machine:
        port = machine.connect()
        assert line(port).startswith("GrblHAL 1.1f")
        assert stream(port, PROGRAM, window=1024).count("ok") == len(PROGRAM)
        rest(machine)
        assert machine.json("record.json")["piece"]["outcome"]["good"]


def test_pieces_pictures_and_hands(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    with Served(
        tmp_path, "grbl", "--speed", "max", "--piece", "0,0,80,60,4", "--flat", "--record", str(folder)
    ) as machine:
        port = machine.connect()
        assert line(port) == BANNER
        empty = Image.open(BytesIO(machine.get("snapshot.png")))
        stream(port, PROGRAM)
        rest(machine)
        burnt = Image.open(BytesIO(machine.get("snapshot.png")))
        assert burnt.size == empty.size == (800, 600)
        assert burnt.tobytes() != empty.tobytes()
        stream(port, PROGRAM)
        rest(machine)
        (collision,) = machine.json("record.json")["collisions"]
        assert collision["cause"] == "end"
        assert machine.post("clear")["number"] == 1
        assert machine.post("press") == {"waited": False}
        port.write(b"M0\n")
        time.sleep(0.1)
        assert machine.json("state")["state"] == "Hold"
        assert machine.post("press") == {"waited": True} and line(port) == "ok"
        machine.post("fault", {"spec": "lost-ok"})
        port.write(b"G0 X1\n?")
        assert line(port).startswith("<")
        machine.post("power-cycle")
        assert line(port) == BANNER
    assert (folder / "piece-0001.png").exists() and (folder / "piece-0001.json").exists()


def test_a_port_that_goes_and_comes_while_the_laser_works_on(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "1", "--fault", "unplug@line=3:0.3", "--no-reset-on-open") as machine:
        port = machine.connect()
        port.write(b"M3 S100\nG1 X5 F6000\nG1 X10\n")
        with pytest.raises(OSError, match=r"."):
            while True:
                port.read(100)
                port.write(b"?")
        deadline = time.monotonic() + LIMIT
        while not machine.link.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        state = machine.json("state")
        assert state["position"][0] == 10 and state["power"] > 0


def test_a_laser_that_stays_on_when_the_host_leaves(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--speed", "max", "--no-reset-on-open") as machine:
        port = machine.connect()
        port.write(b"G1 F600\nM3 S10\n")
        lines_until(port, "ok")
        assert line(port) == "ok"
        port.close()
        deadline = time.monotonic() + LIMIT
        while not machine.json("record.json")["counts"]["laser_on_at_exit"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_by_tcp(tmp_path: Path) -> None:
    with Served(tmp_path, "grbl", "--port", "0", "--tool", "pen", "--speed", "max") as machine:
        host, port = machine.name.split(":")
        with socket.create_connection((host, int(port)), timeout=LIMIT) as wire, wire.makefile("rwb", 0) as file:
            assert file.readline() + file.readline() == f"\r\n{BANNER}\r\n".encode()
            file.write(b"M3 S1000\nG4 P0.2\nG1 X20 F3000\nM5\nM30\n")
            said = [file.readline().decode().strip() for _ in range(6)]
            assert said == ["ok"] * 4 + ["[MSG:Pgm End]", "ok"]
        assert machine.json("record.json")["piece"]["ink"] > 19


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fault", "resend"],
        ["--setting", "99=1"],
        ["--setting", "110"],
        ["--envelope", "10x10"],
        ["--speed", "-1"],
        ["--pen-down", "1"],
    ],
)
def test_a_command_line_that_is_wrong_says_so(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--port", "0", *arguments])
    assert end.value.code == 2 and arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("G1 X5\n", "error:22"),
        ("G91 G0 X400\n", "outside_moves"),
        ("M3 S500\nG1 X5 F600\nG4 P1\nM5\n", "scorches"),
        ("$X\nG0 X1\nG1 Q\n", "error:2"),
    ],
)
def test_playing_a_bad_program_is_an_error(
    text: str, trouble: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.gcode"
    file.write_text(text)
    assert main(["--play", str(file)]) == 1
    assert trouble in capsys.readouterr().err
