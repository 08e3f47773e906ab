"""Lines a second and CPU per line that a host needs to stream to one GRBL machine by character counting, over a pty.

The other end is a process of its own that does what a firmware must and no more: it answers ``ok`` for each line, and
refuses what would not have fitted in its receive buffer. The baseline runs over the same pty in the same run: a
counting loop of ``os.read`` and ``os.write`` over lines that were cut beforehand. The clock runs from the start to the
answer to the last line; that the machine then says Idle twice takes half a second more, however long the program is.
Absolute figures are this machine's; the ratio travels.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from drivers.contract import Cancelled, Failed, Payload, Progressed, Settings, Start
from drivers.machines.grbl import Grbl
from drivers.protocols.grbl import program

LINES = 30_000
ROUNDS = 15
"""Many and short, by turns: a round takes less than the swings of a busy machine do."""
BUFFERS = (128, 1024)
"""Bytes: GRBL on an 8-bit controller, and grblHAL."""

Figure = tuple[float, float]
"""Lines a second, and ms of this process's CPU per 1,000 lines."""


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# --- the other end --------------------------------------------------------------------------------------------------

BANNER = b"\r\nGrbl 1.1h ['$' for help]\r\n"
STATUS = b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"
SETTINGS = b"$22=0\r\n$30=1000\r\n$32=1\r\n$130=300.000\r\n$131=200.000\r\n$132=50.000\r\n"


def respond(master: int, buffer: int) -> None:
    """The machine: an ok for each line, and the few words of a greeting."""
    told = {b"$I": b"[VER:1.1h:]\r\n[OPT:V,15,%d]\r\n" % buffer, b"$$": SETTINGS}
    read, write = os.read, os.write
    while True:
        try:
            data = read(master, 65_536)
        except OSError:
            return
        if b"\x18" in data:
            write(master, BANNER)
        if b"?" in data:
            write(master, STATUS * data.count(b"?"))
            data = data.replace(b"?", b"")
        if len(data) > buffer:
            write(master, b"error:11\r\n")
        elif b"$" in data:
            for line in data.split():
                write(master, told.get(line, b"") + b"ok\r\n")
        elif lines := data.count(b"\n"):
            write(master, b"ok\r\n" * lines)


class Responder:
    """The responder process and the pty to it."""

    def __init__(self, buffer: int) -> None:
        self._buffer = buffer

    def __enter__(self) -> str:
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        command = [sys.executable, "-m", "benchmarks.grbl_stream", "--respond", str(master), str(self._buffer)]
        self._process = subprocess.Popen(command, pass_fds=(master,), cwd=Path(__file__).parents[1])
        os.close(master)
        return os.ttyname(self._slave)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._slave)


# --- the hosts ------------------------------------------------------------------------------------------------------


def artifact(lines: int) -> bytes:
    return b"".join(b"G1X%.2fY%.2fS%d\n" % (i % 97 * 1.1, i % 89 * 1.3, i % 1000) for i in range(lines))


def measured(lines: int, work: Callable[[], None]) -> Figure:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return lines / wall, 1e6 * cpu / lines


def raw(port: str, data: bytes, buffer: int) -> Figure:
    """The least that a counting loop in Python does: lines that fit are written together, answers are counted."""
    made = program(data)
    lines = [made.line(index) + b"\n" for index in range(made.total)]
    with Path(port).open("r+b", buffering=0) as file:
        descriptor = file.fileno()
        os.write(descriptor, b"\n")
        os.read(descriptor, 4096)

        def work() -> None:
            read, write = os.read, os.write
            total, sent, answered, held = len(lines), 0, 0, 0
            lengths: deque[int] = deque()
            answers = b""
            while answered < total:
                batch = []
                while sent < total and held + len(lines[sent]) <= buffer:
                    line = lines[sent]
                    batch.append(line)
                    lengths.append(len(line))
                    held += len(line)
                    sent += 1
                if batch:
                    write(descriptor, b"".join(batch))
                answers += read(descriptor, 4096)
                *whole, answers = answers.split(b"\n")
                for answer in whole:
                    if answer != b"ok\r":
                        raise RuntimeError(f"the responder said {answer!r}")
                    held -= lengths.popleft()
                    answered += 1

        return measured(len(lines), work)


def ours(port: str, data: bytes, buffer: int) -> Figure:  # noqa: ARG001  (it asks the machine for its buffer)
    """The driver as it runs in the factory, but for the dry run, which would stream every line twice."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "artifact.gcode")
        path.write_bytes(data)
        payload = Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x.gcode")
        options = {"tool": "laser", "boot_wait": 0.1, "dry_run": False}
        with Grbl(Settings("benchmark", port, options), Clock()) as machine:
            machine.connect()
            machine.transfer("bench-a1", payload)

            def work() -> None:
                if machine.start("bench-a1").start is not Start.STARTED:
                    raise RuntimeError("the driver did not start")
                while not (isinstance(event := machine.next_event(60), Progressed) and event.fraction == 1.0):
                    if event is None or isinstance(event, Failed | Cancelled):
                        raise RuntimeError(f"the driver ended with {event}")

            return measured(data.count(b"\n"), work)


HOSTS: dict[str, Callable[[str, bytes, int], Figure]] = {"raw counting loop": raw, "our driver": ours}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--respond", type=int, nargs=2, metavar=("DESCRIPTOR", "BUFFER"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.respond is not None:
        respond(*options.respond)
        return 0
    data = artifact(options.lines)
    print(f"GRBL, character counting, pty, {options.lines} lines of {len(data) / options.lines:.0f} bytes")
    for buffer in BUFFERS:
        figures: dict[str, list[Figure]] = {name: [] for name in HOSTS}
        for _ in range(options.rounds):  # By turns, so that the machine's other load falls on all alike.
            for name, host in HOSTS.items():
                with Responder(buffer) as port:
                    figures[name].append(host(port, data, buffer))
        print(f"  receive buffer of {buffer} bytes, {options.rounds} rounds")
        for name, rounds in figures.items():
            rate, cpu = (statistics.median(each) for each in zip(*rounds, strict=True))
            print(f"    {name:20}{rate:10,.0f} lines/s {cpu:8.1f} ms CPU per 1,000 lines")
        both = zip(figures["our driver"], figures["raw counting loop"], strict=True)
        ratios = [ours_ / raw_ for (ours_, _), (raw_, _) in both]
        each_round = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"    our driver / raw: {statistics.median(ratios):.2f} of the lines/s (each round: {each_round})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
