"""Lines a second and CPU per line that a host needs to stream to one Marlin machine, window 1, over a pty.

The other end is a process of its own that does what a firmware must and no more: it checks the number and the XOR
checksum of each line and answers ``ok``. The baseline runs over the same pty in the same run: a loop of ``os.read`` and
``os.write`` over lines that were framed beforehand. Absolute figures are this machine's; the ratio travels.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor
from pathlib import Path

from drivers.contract import Cancelled, Failed, Made, Payload, Settings, Start
from drivers.machines.marlin import Marlin
from drivers.protocols.marlin.program import frames, program

LINES = 40_000
ROUNDS = 5

Figure = tuple[float, float]
"""Lines a second, and ms of this process's CPU per 1,000 lines."""


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


# --- the other end --------------------------------------------------------------------------------------------------


def respond(master: int) -> None:
    """The machine: it takes guarded lines in order, refuses others, and knows the few commands of a greeting."""
    special = {b"M115": b"FIRMWARE_NAME:Responder\nok\n", b"M105": b"ok T:20.0 /0.0\n"}
    last, rest = 0, b""
    read, write = os.read, os.write
    while True:
        try:
            data = rest + read(master, 4096)
        except OSError:
            return
        *lines, rest = data.split(b"\n")
        for line in lines:
            body, star, checksum = line.rpartition(b"*")
            if not star:
                if line:  # Unnumbered, as printcore greets.
                    write(master, special.get(line, b"ok\n"))
                continue
            number, _, command = body[1:].partition(b" ")
            if reduce(xor, body) != int(checksum):
                write(master, b"Error:checksum mismatch, Last Line: %d\nResend: %d\nok\n" % (last, last + 1))
            elif command.startswith(b"M110"):
                last = int(number)
                write(master, b"ok\n")
            elif int(number) != last + 1:
                write(
                    master,
                    b"Error:Line Number is not Last Line Number+1, Last Line: %d\nResend: %d\nok\n" % (last, last + 1),
                )
            else:
                last += 1
                write(master, special.get(command, b"ok\n"))


class Responder:
    """The responder process and the pty to it."""

    def __enter__(self) -> str:
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        command = [sys.executable, "-m", "benchmarks.marlin_stream", "--respond", str(master)]
        self._process = subprocess.Popen(command, pass_fds=(master,), cwd=Path(__file__).parents[1])
        os.close(master)
        return os.ttyname(self._slave)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._slave)


# --- the hosts ------------------------------------------------------------------------------------------------------


def artifact(lines: int) -> bytes:
    return b"".join(b"G1 X%.3f Y%.3f E%.5f\n" % (i % 97 * 1.1, i % 89 * 1.3, i % 7 / 31) for i in range(lines))


def measured(lines: int, work: Callable[[], None]) -> Figure:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return lines / wall, 1e6 * cpu / lines


def raw(port: str, data: bytes) -> Figure:
    """The least that Python can do: what is sent was framed before the clock runs."""
    lines = program(data)
    ready = frames((line for block in range(len(lines.blocks)) for line in lines.lines(block)), 1)
    with Path(port).open("r+b", buffering=0) as file:
        descriptor = file.fileno()
        os.write(descriptor, frames([b"M110 N0"], 0)[0])
        os.read(descriptor, 4096)

        def work() -> None:
            read, write = os.read, os.write
            for frame in ready:
                write(descriptor, frame)
                answer = read(descriptor, 4096)
                while not answer.endswith(b"\n"):
                    answer += read(descriptor, 4096)
                if answer != b"ok\n":
                    raise RuntimeError(f"the responder said {answer!r}")

        return measured(len(ready), work)


def ours(port: str, data: bytes) -> Figure:
    """The driver as it runs in the factory: the whole way from start to the machine's "motion is over"."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "artifact.gcode")
        path.write_bytes(data)
        payload = Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x.gcode")
        with Marlin(Settings("benchmark", port, {"boot_wait": 0.1}), Clock()) as machine:
            machine.connect()
            machine.transfer("bench-a1", payload)

            def work() -> None:
                if machine.start("bench-a1").start is not Start.STARTED:
                    raise RuntimeError("the driver did not start")
                while not isinstance(event := machine.next_event(60), Made):
                    if event is None or isinstance(event, Failed | Cancelled):
                        raise RuntimeError(f"the driver ended with {event}")

            return measured(data.count(b"\n"), work)


def printcore(port: str, data: bytes) -> Figure:
    """Printrun's sender, as Pronterface and many farms use it."""
    from printrun import gcoder  # type: ignore[import-not-found]
    from printrun.printcore import printcore as core  # type: ignore[import-not-found]

    lines = gcoder.LightGCode(data.decode().split("\n"))
    online, over = threading.Event(), threading.Event()
    sender = core()
    sender.onlinecb, sender.endcb = online.set, over.set
    sender.connect(port, 115200)
    if not online.wait(20):
        raise RuntimeError("printcore did not come online")

    def work() -> None:
        sender.startprint(lines)
        if not over.wait(300):
            raise RuntimeError("printcore did not finish")

    figure = measured(data.count(b"\n"), work)
    time.sleep(0.5)  # Its sending thread starts anew after the end, and cannot be joined before that.
    sender.disconnect()
    return figure


HOSTS: dict[str, Callable[[str, bytes], Figure]] = {"raw os.read/os.write": raw, "our driver": ours}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--respond", type=int, metavar="DESCRIPTOR", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.respond is not None:
        respond(options.respond)
        return 0
    data = artifact(options.lines)
    figures: dict[str, list[Figure]] = {name: [] for name in HOSTS}
    for _ in range(options.rounds):  # By turns, so that the machine's other load falls on all alike.
        for name, host in HOSTS.items():
            with Responder() as port:
                figures[name].append(host(port, data))
    print(f"Marlin, window 1, pty, {options.lines} lines, {options.rounds} rounds; the responder checks N and XOR")
    if importlib.util.find_spec("printrun") is not None:
        with Responder() as port:
            figures["printrun printcore"] = [printcore(port, data[: data.find(b"\n", len(data) // 10) + 1])]
    for name, rounds in figures.items():
        rate, cpu = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(f"  {name:24}{rate:10,.0f} lines/s {cpu:8.1f} ms CPU per 1,000 lines")
    base = figures["raw os.read/os.write"]
    ratios = [ours_ / raw_ for (ours_, _), (raw_, _) in zip(figures["our driver"], base, strict=True)]
    each_round = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  our driver / raw: {statistics.median(ratios):.2f} of the lines/s (each round: {each_round})")
    if "printrun printcore" not in figures:
        print("  printrun printcore: not installed; pip install --no-deps printrun puremagic compares it too")
    return 0


if __name__ == "__main__":
    sys.exit(main())
