"""Fixtures: a firmware in this process for what needs no wire, and a simulator as a program on a pty for what does."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import serial

from simulators.deposit import Pump
from simulators.faults import Faults, parse
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.record import Recorder

LIMIT = 20.0
"""Seconds after which a silent simulator fails the test."""


def numbered(number: int, command: str) -> bytes:
    """A line as a host sends it: N, and the XOR of all that stands before the star."""
    body = f"N{number} {command}".encode("ascii")
    checksum = 0
    for byte in body:
        checksum ^= byte
    return body + b"*%d\n" % checksum


@dataclass
class Bench:
    """A firmware without a wire: time passes when the test lets it."""

    firmware: Firmware

    def send(self, data: bytes | str) -> list[str]:
        """Send lines at one moment; what comes back at that moment."""
        self.firmware.receive(data.encode("ascii") if isinstance(data, str) else data)
        return self.heard()

    def heard(self) -> list[str]:
        return b"".join(data for data, _ in self.firmware.output()).decode("ascii").splitlines()

    def finish(self) -> list[str]:
        """Let time pass until no command waits for it; what was said meanwhile."""
        while self.firmware.pressing and (event := self.firmware.next_event()) is not None:
            self.firmware.advance(event)
        return self.heard()

    def do(self, *commands: str) -> list[str]:
        """Each command once the one before is done."""
        said: list[str] = []
        for command in commands:
            said += self.send(command + "\n") + self.finish()
        return said

    def wait(self, seconds: float) -> list[str]:
        self.firmware.advance(self.firmware.now + seconds)
        return self.heard()


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """``bench(faults=[...], pump=Pump(...), min_temp=0, ...)``: a firmware that may extrude cold."""

    def make(faults: tuple[str, ...] = (), pump: Pump | None = None, seed: int = 1, **options: Any) -> Bench:
        options.setdefault("min_temp", 0.0)
        armed = Faults(seed)
        for spec in faults:
            armed.arm(parse(spec), 0)
        return Bench(Firmware(Options(**options), Recorder(pump or Pump(area=1.0)), armed))

    return make


@dataclass
class Printer:
    """A simulator as a program, and a host's end of its port."""

    process: subprocess.Popen[str]
    link: Path
    side: str
    folder: Path
    ports: list[serial.Serial] = field(default_factory=list)

    def connect(self) -> serial.Serial:
        port = serial.Serial(str(self.link), 115200, timeout=LIMIT)
        self.ports.append(port)
        return port

    def boot(self) -> serial.Serial:
        """Open the port and hear the banner out."""
        port = self.connect()
        read_until(port, "//action:prompt_end")
        return port

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.side + path, timeout=LIMIT) as answer:
            data: bytes = answer.read()
        return data

    def post(self, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(self.side + path, data, method="POST"), timeout=LIMIT
        ) as answer:
            return json.loads(answer.read())

    def record(self) -> Any:
        return json.loads(self.get("/record.json"))

    def stop(self) -> int:
        for port in self.ports:
            port.close()
        self.process.terminate()
        return self.process.wait(LIMIT)


def read_until(port: serial.Serial, start: str) -> list[str]:
    """Lines up to and with the first that begins so."""
    lines: list[str] = []
    while not lines or not lines[-1].startswith(start):
        raw = port.readline()
        assert raw.endswith(b"\n"), f"silence after {lines}"
        lines.append(raw.decode("ascii", "replace").rstrip("\r\n"))
    return lines


def exchange(port: serial.Serial, number: int, command: str) -> list[str]:
    """One numbered line, and the answer up to its ok."""
    port.write(numbered(number, command))
    return read_until(port, "ok")


def stream(port: serial.Serial, commands: list[str], window: int = 4) -> list[str]:
    """A host of a few lines: numbered from 1, resends obeyed, at most ``window`` lines on the way. What it heard.

    It trusts ADVANCED_OK's N alone, so that the ok of a resend is not mistaken for a free slot.
    """
    fd = port.fileno()
    lines = [numbered(0, "M110 N0"), *(numbered(i + 1, command) for i, command in enumerate(commands))]
    sent, done, buffered, heard = 0, -1, b"", []
    deadline = time.monotonic() + LIMIT
    while done < len(commands):
        if sent < len(lines) and sent - done - 1 < window:
            os.write(fd, lines[sent])
            sent += 1
            continue
        if not select.select([fd], [], [], 1.0)[0]:
            assert time.monotonic() < deadline, f"stalled after line {done}, heard {heard[-6:]}"
            sent = done + 1  # an ok was lost on the way, or the line: say it again, its number decides
            continue
        buffered += os.read(fd, 65536)
        *complete, buffered = buffered.split(b"\n")
        for raw in complete:
            line = raw.decode("ascii", "replace")
            heard.append(line)
            if line.startswith("ok N"):
                done = max(done, int(line[4:].split()[0]))
            elif line.startswith("ok T:"):
                done += 1
            elif line.startswith("Resend: "):
                sent = int(line[8:])
                done = max(done, sent - 1)
    return heard


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Callable[..., Printer]]:
    """``printer("--speed", "20", ...)``: at ``max`` and extruding cold unless told otherwise."""
    printers: list[Printer] = []

    def start(*arguments: str) -> Printer:
        link = tmp_path / f"port{len(printers)}"
        folder = tmp_path / f"record{len(printers)}"
        command = [
            sys.executable,
            "-m",
            "simulators",
            "marlin",
            "--link",
            str(link),
            "--side",
            "0",
            "--record",
            str(folder),
        ]
        command += ["--speed", "max", "--min-temp", "0", "--piece", "10,10,60,40,5", "--die-with-parent", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        words = process.stdout.readline().split()
        assert words[0] == "ready", f"the simulator did not start: {words}"
        side = next(word.removeprefix("side=") for word in words if word.startswith("side="))
        printers.append(Printer(process, link, side, folder))
        return printers[-1]

    yield start
    for machine in printers:
        machine.stop()
        assert machine.process.stdout is not None
        machine.process.stdout.close()


@dataclass(frozen=True)
class Host:
    """The host's side of the wire, for tests (modules of this folder cannot import each other)."""

    numbered: Callable[[int, str], bytes]
    read_until: Callable[[serial.Serial, str], list[str]]
    exchange: Callable[[serial.Serial, int, str], list[str]]
    stream: Callable[..., list[str]]


@pytest.fixture(scope="session")
def host() -> Host:
    return Host(numbered, read_until, exchange, stream)
