"""The EBB simulator as a program, on a real pty."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.simulators.served import LIMIT, Served, line

PLOT = ["EM,1,1", "SM,500,800,-800", "SP,0,200", *(f"SM,{40 + n},160,0" for n in range(40)), "SP,1,200", "EM,0,0"]


def rest(machine: Served) -> None:
    deadline = time.monotonic() + LIMIT
    while not machine.json("state")["idle"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_plot_through_the_port(tmp_path: Path) -> None:
    with Served(tmp_path, "ebb", "--speed", "max", "--flat", "--px-per-mm", "4") as machine:
        port = machine.connect()
        port.write(b"V\r")
        assert line(port).startswith("EBBv13_and_above EB Firmware Version 2.8.1")
        empty = Image.open(BytesIO(machine.get("snapshot.png")))
        for command in PLOT:
            port.write(command.encode() + b"\r")
            assert line(port) == "OK"
        port.write(b"QM\r")
        rest(machine)
        record = machine.json("record.json")
        assert [text for _, text in record["piece"]["executed"]][1 : len(PLOT) + 1] == PLOT
        assert record["piece"]["ink"] == pytest.approx(40 * 160 / 80 / 2**0.5, abs=0.01)
        assert record["piece"]["outcome"]["good"]
        drawn = Image.open(BytesIO(machine.get("snapshot.png")))
        assert drawn.size == empty.size == (1200, 872) and drawn.tobytes() != empty.tobytes()
        assert machine.post("clear")["number"] == 1
        machine.post("press")
        port.write(b"QB\r")
        said = [line(port) for _ in range(3)]
        assert said[0].startswith("QM,") and said[1:] == ["1", "OK"]
        assert machine.json("state")["motors"] == [False, False]


def test_opening_resets_nothing_and_a_reboot_takes_the_port_away(tmp_path: Path) -> None:
    with Served(tmp_path, "ebb", "--speed", "max") as machine:
        port = machine.connect()
        port.write(b"SM,100,160,160\r")
        assert line(port) == "OK"
        rest(machine)
        port.close()
        port = machine.connect()
        port.write(b"QS\r")
        assert line(port) == "160,160"
        with pytest.raises(OSError, match=r"."):
            machine.post("fault", {"spec": "reset:0.3"})
            while True:
                port.read(100)
                port.write(b"QB\r")
        deadline = time.monotonic() + LIMIT
        while not machine.link.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        port = machine.connect()
        port.write(b"QS\r")
        assert line(port) == "0,0"


def test_real_time_and_tcp(tmp_path: Path) -> None:
    with Served(tmp_path, "ebb", "--port", "0", "--speed", "20", "--origin", "bottom-left") as machine:
        assert machine.name.startswith("127.0.0.1:")
        assert machine.json("state")["position"] == [0, 0]
