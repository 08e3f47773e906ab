"""The last word of a port, and an emergency stop by it: over real ptys and sockets, also when nobody reads them."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Activity, Failed, Payload, Settings, Start
from drivers.loopback import Loopback
from drivers.machines.grbl import Grbl
from drivers.recording import Recorder, passages
from drivers.transport import Port
from drivers.wires import Wire, open_serial, open_tcp
from tests.drivers.grbl_model import BANNER, SETTINGS, Firmware

FLOOD = b"G1X1\n" * 8000
READ_ALREADY = 4096
"""Bytes that a pty has handed to its other end although nobody read them yet; it holds four times as many."""


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Flooding:
    """An engine that has more to say than any wire takes."""

    def __init__(self) -> None:
        self.wake = 0.0
        self.events: list[Any] = []
        self.ended: str | None = None

    def opened(self, now: float) -> bytes:
        return b""

    def receive(self, data: bytes, now: float) -> bytes:
        return b""

    def tick(self, now: float) -> bytes:
        return FLOOD

    def lost(self, why: str) -> None:
        self.ended = why


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The machine's end of a serial line that nobody reads, and the name of the host's end."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def everything(master: int) -> bytes:
    os.set_blocking(master, False)
    data = b""
    while True:
        try:
            data += os.read(master, 65536)
        except BlockingIOError:
            return data


def flooded(wire: Wire) -> Port:
    """A port whose thread is stuck in a writing that nobody takes."""
    port = Port(wire, Flooding(), RealClock(), lambda _: None, "flooded")
    time.sleep(0.3)
    return port


def test_a_last_word_passes_what_waits_and_nothing_follows_it(pty: tuple[int, str]) -> None:
    master, name = pty
    port = flooded(open_serial(name, 115200))
    assert port.last_word(b"\x18")
    time.sleep(0.3)  # The thread is free again, and its engine goes on talking.
    said = everything(master)
    port.close()
    assert said.index(b"\x18") == len(said) - 1
    assert len(said) <= READ_ALREADY  # What the kernel still held for the other end is dropped.
    assert not port.last_word(b"\x18")


def test_a_recorder_writes_a_last_word_down(pty: tuple[int, str], tmp_path: Path) -> None:
    master, name = pty
    port = flooded(Recorder(open_serial(name, 115200), tmp_path / "wire.jsonl", RealClock()))
    assert port.last_word(b"\x18")
    port.close()
    assert everything(master).endswith(b"\x18")
    assert list(passages(tmp_path / "wire.jsonl"))[-1].data == b"\x18"


def test_a_socket_that_takes_nothing_is_told_and_blocks_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = flooded(open_tcp(f"127.0.0.1:{server.getsockname()[1]}"))
        link, _ = server.accept()
        assert not port.last_word(b"\x18")
        port.close()
        link.close()


def machine_of(firmware: Firmware) -> Grbl:
    firmware.now = time.monotonic()
    guard = threading.Lock()

    def answer(data: bytes) -> bytes:
        with guard:  # A last word comes from another thread than the port's.
            firmware.take(data)
            return b"".join(firmware.answers(time.monotonic()))

    options = {"tool": "laser", "boot_wait": 0.1}
    return Grbl(Settings("laser", "loop", options), RealClock(), lambda *_: Loopback(answer, BANNER))


def test_a_stop_while_a_start_homes_ends_the_start(tmp_path: Path) -> None:
    """The one verb that any thread may call, also while another one blocks."""
    firmware = Firmware(settings=dict(SETTINGS))
    firmware._system = lambda line: [] if line == b"$H" else Firmware._system(firmware, line)  # type: ignore[method-assign]
    data = b"G1X1F100\n"
    path = tmp_path / "artifact.gcode"
    path.write_bytes(data)
    answers: list[Any] = []
    with machine_of(firmware) as machine:
        machine.connect()
        machine.transfer("a1", Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x.gcode"))
        starter = threading.Thread(target=lambda: answers.append(machine.start("a1")))
        starter.start()
        time.sleep(0.2)
        machine.stop()
        starter.join(10)
        assert not starter.is_alive()
        assert answers[0].start is Start.REFUSED
        assert "emergency stop" in answers[0].why
        assert machine.status().activity is Activity.FAULT
        assert firmware.executed == []
        assert not isinstance(machine.next_event(0.0), Failed)
