"""A simulator as a program, a host's end of its port, and the room around it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import serial

LIMIT = 20.0
"""Seconds after which a silent simulator fails the test."""


class Served:
    """``Served(folder, "grbl", "--speed", "max")``: on a pty unless told otherwise. Ends with its block."""

    def __init__(self, folder: Path, kind: str, *arguments: str) -> None:
        self.link = folder / f"{kind}-port"
        where = [] if "--port" in arguments else ["--link", str(self.link)]
        command = [sys.executable, "-m", "simulators", kind, *where, "--side", "0", "--die-with-parent", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:1] == ["ready"], f"the simulator did not start: {words}"
        self.name = words[1]
        self.side = next(word.removeprefix("side=") for word in words if word.startswith("side="))
        self._ports: list[serial.Serial] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for port in self._ports:
            port.close()
        self.process.terminate()
        self.process.wait(LIMIT)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def connect(self) -> serial.Serial:
        port = serial.Serial(str(self.link), 115200, timeout=LIMIT)
        self._ports.append(port)
        return port

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.side}/{path}", timeout=LIMIT) as answer:
            data: bytes = answer.read()
        return data

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, body: object = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.side}/{path}", data, method="POST")
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read())


def line(port: serial.Serial) -> str:
    """One line that is not empty."""
    while True:
        raw = port.readline()
        assert raw.endswith((b"\n", b"\r")), f"silence after {raw!r}"
        if text := raw.decode("ascii", "replace").strip():
            return text


def lines_until(port: serial.Serial, start: str) -> list[str]:
    """Lines up to and with the first that begins so."""
    said = [line(port)]
    while not said[-1].startswith(start):
        said.append(line(port))
    return said
