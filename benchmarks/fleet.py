"""Fifty firmwares in one process, each at the pace of its own 115,200-baud wire. They measure how long a host takes.

Each does what a firmware must and no more: a Marlin checks number and XOR checksum and answers ``ok``, a GRBL counts
128 bytes and answers ``ok``; an answer comes when the wire has carried the line and the answer itself (10 bits a byte).
Of every ``ok`` it is noted how long it took until the host's next bytes came: the *gap*. Whatever this process itself
is late by is in it, so the figures are upper bounds.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import select
import signal
import time
import tty
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any, ClassVar

BYTE = 10 / 115_200
"""Seconds that one byte takes on the wire."""
SETTINGS = {10: 3, 13: 0, 22: 0, 30: 1000, 31: 0, 32: 1, 110: 60000, 111: 60000, 112: 60000, 120: 1000, 121: 1000}
SETTINGS |= {122: 1000, 130: 400, 131: 400, 132: 50}


class Firmware:
    """One end of a wire. ``due``: when its next answer has been carried."""

    def __init__(self, link: Path) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self.master, False)
        link.symlink_to(os.ttyname(slave))
        self._slave = slave  # kept open: a pty that nobody holds reads as hung up
        self._rest = b""
        self._free = 0.0
        self._said_at: float | None = None
        self.running = False
        self.lines = 0
        self.gaps: list[float] = []

    def came(self, data: bytes, now: float) -> list[tuple[float, bytes]]:
        """What the host sent; returns answers with the times at which they have arrived."""
        if self._said_at is not None and self.running:
            self.gaps.append(now - self._said_at)
        self._said_at = None
        *lines, self._rest = self.split(self._rest + data)
        answers = []
        for line in lines:
            self._free = max(self._free, now) + (len(line) + 1) * BYTE
            answer = self.answer(line)
            self._free += len(answer) * BYTE
            answers.append((self._free, answer))
            self.lines += 1
        return answers

    def split(self, data: bytes) -> list[bytes]:
        return data.split(b"\n")

    def said(self, now: float) -> None:
        self._said_at = now

    def answer(self, line: bytes) -> bytes:
        raise NotImplementedError


class Marlin(Firmware):
    _last = 0
    _special: ClassVar = {b"M115": b"FIRMWARE_NAME:Fleet\nok\n", b"M105": b"ok T:20.0 /0.0\n"}

    def answer(self, line: bytes) -> bytes:
        body, star, checksum = line.rpartition(b"*")
        if not star:
            return self._special.get(line, b"ok\n")
        number, _, command = body[1:].partition(b" ")
        if command.startswith(b"M110"):
            self._last = int(number)
            return b"ok\n"
        if reduce(xor, body) != int(checksum) or int(number) != self._last + 1:
            return b"Error:line number or checksum, Last Line: %d\nResend: %d\nok\n" % (self._last, self._last + 1)
        self._last += 1
        self.running |= command.startswith(b"G1 ")
        return self._special.get(command, b"ok\n")


class Grbl(Firmware):
    def split(self, data: bytes) -> list[bytes]:
        """Real-time bytes are taken out of the stream, as GRBL's interrupt does."""
        for asked, told in ((b"?", self.status()), (b"\x18", b"\r\nGrbl 1.1h ['$' for help]\r\n")):
            if asked in data:
                data = data.replace(asked, b"")
                os.write(self.master, told)
        return data.replace(b"!", b"").replace(b"~", b"").replace(b"\r", b"").split(b"\n")

    def status(self) -> bytes:
        state = b"Run" if self._free > time.monotonic() else b"Idle"
        return b"<%s|MPos:0.000,0.000,0.000|Bf:15,128|FS:0,0>\r\n" % state

    def answer(self, line: bytes) -> bytes:
        self.running |= line.startswith(b"G1")
        if line == b"$I":
            return b"[VER:1.1h.20190825:]\r\n[OPT:V,15,128]\r\nok\r\n"
        if line == b"$$":
            return b"".join(b"$%d=%g\r\n" % pair for pair in SETTINGS.items()) + b"ok\r\n"
        return b"ok\r\n"


def serve(machines: list[Firmware], results: Path) -> None:
    by_descriptor = {machine.master: machine for machine in machines}
    poll = select.poll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    due: list[tuple[float, int, bytes]] = []
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    clock = time.monotonic
    while not ended:
        wait = max(0.0, due[0][0] - clock()) * 1000 if due else 200.0
        for descriptor, _ in poll.poll(wait):
            machine = by_descriptor[descriptor]
            for at, answer in machine.came(os.read(descriptor, 4096), clock()):
                heapq.heappush(due, (at, descriptor, answer))
        now = clock()
        while due and due[0][0] <= now:
            _, descriptor, answer = heapq.heappop(due)
            os.write(descriptor, answer)
            by_descriptor[descriptor].said(clock())
    told: list[dict[str, Any]] = [
        {"kind": type(machine).__name__, "lines": machine.lines, "gaps": machine.gaps} for machine in machines
    ]
    results.write_text(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=25)
    arguments = parser.parse_args()
    machines = [
        kind(arguments.folder / f"{kind.__name__.lower()}-{number}")
        for kind in (Marlin, Grbl)
        for number in range(arguments.each)
    ]
    print("ready", flush=True)
    serve(machines, arguments.folder / "gaps.json")


if __name__ == "__main__":
    main()
