"""How long an emergency stop takes: from the request until the simulated firmware has stopped, by its own record.

The machine runs at real speed with more than 1,000 lines of its program still queued in the driver and its planner full
of motion. The request goes the way that API and command line go: the agent's socket, a thread, the driver, the port.
Both ends read the same monotonic clock of this host. Each stop is a program begun anew after a power cycle.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.contract import DriverError, Machine, Payload, Settings, Start
from drivers.registry import build
from jobs.emergency import SOCKET, Stops, stop_now

STOPS = 60
LINES = 3000
ROOT = Path(__file__).parents[1]


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Kind:
    """``stopped``: the event of the simulator's record that says so."""

    arguments: tuple[str, ...]
    options: Mapping[str, Any]
    head: tuple[bytes, ...]
    stopped: str


KINDS: Mapping[str, Kind] = {
    "marlin": Kind(("--min-temp", "0"), {"boot_wait": 0.5, "settle": 0.05}, (b"G28",), "kill"),
    "grbl": Kind(("--tool", "laser"), {"tool": "laser", "dry_run": False}, (b"G21", b"G90", b"M4 S300"), "alarm"),
}


class Simulator:
    def __init__(self, kind: str, link: Path) -> None:
        command = [sys.executable, "-m", "simulators", kind, "--link", str(link), "--speed", "1", "--side", "0"]
        self._process = subprocess.Popen(
            [*command, "--die-with-parent", *KINDS[kind].arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._side = self._process.stdout.readline().split("side=")[1].split()[0]

    def ask(self, what: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self._side}/{what}", data=data), timeout=20) as answer:
            return json.load(answer)

    def stopped_at(self, kind: str, after: float) -> float:
        """Seconds after ``after`` at which its firmware stopped."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for event in self.ask("record.json")["piece"]["events"]:
                if event["kind"] == KINDS[kind].stopped and event["host"] > after:
                    return float(event["host"]) - after
            time.sleep(0.02)
        raise AssertionError(f"the simulated {kind} did not stop")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def program(folder: Path, kind: str) -> Payload:
    """Short slow moves, so that the planner is full and the queue long."""
    moves = (b"G1 X%.2f Y%.2f F600" % (10 + i % 100, 10 + i / 100) for i in range(LINES))
    data = b"\n".join((*KINDS[kind].head, *moves)) + b"\n"
    path = folder / "program.gcode"
    path.write_bytes(data)
    return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x-gcode")


def ready(machine: Machine) -> None:
    """A power cycle takes the board a moment."""
    for _ in range(50):
        with suppress(DriverError):
            machine.connect()
            return
        time.sleep(0.1)
    machine.connect()


def measure(kind: str, stops: int) -> list[float]:
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulator = Simulator(kind, folder / "port")
        payload = program(folder, kind)
        machine = build(kind, Settings("machine", str(folder / "port"), KINDS[kind].options), Clock())

        def stop() -> str:
            machine.stop()
            return machine.status().fault or ""

        with machine, Stops(folder / SOCKET, {"machine": stop}, lambda *_: None):
            for number in range(stops):
                ready(machine)
                attempt = f"j{number}-a1"
                machine.transfer(attempt, payload)
                answer = machine.start(attempt)
                assert answer.start is Start.STARTED, answer
                time.sleep(0.3 + number % 7 / 50)
                progress = machine.status().progress or 0.0
                assert (1 - progress) * LINES > 1000, "fewer than 1,000 lines were still queued"
                asked = time.monotonic()
                list(stop_now(folder / SOCKET, None, "benchmark"))
                found.append(simulator.stopped_at(kind, asked))
                simulator.ask("clear", {})
                simulator.ask("power-cycle", {})
        simulator.close()
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stops", type=int, default=STOPS)
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    arguments = parser.parse_args()
    for kind in arguments.kinds:
        times = [1000 * each for each in measure(kind, arguments.stops)]
        p50, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.99))
        print(f"{kind}: {len(times)} stops: p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {times[-1]:.1f} ms")


if __name__ == "__main__":
    main()
