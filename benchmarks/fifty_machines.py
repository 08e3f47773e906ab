"""Fifty machines stream at once, 25 Marlin and 25 GRBL at the pace of 115,200 baud, while the API is under load.

The agent is the real one (50 drivers, one process, its record in SQLite), the web program the real one, and the
firmwares a process that keeps each wire's pace (``benchmarks.fleet``). Told are the agent's CPU, and the gaps between
an ``ok`` and the next line. Only preflight is left out: the program is none of a real product.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from json import loads
from pathlib import Path
from typing import Any

import httpx
import yaml

from drivers.registry import build
from fulfillment.daemon import RealClock, settings_of
from fulfillment.shop import Shop, open_shop
from jobs import floor, intake
from jobs.agent import Agent, Worker
from jobs.dispatch import Dispatcher, Surroundings
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.queue import Needs
from jobs.wake import Wake

EACH = 25
SECONDS = 30.0
CALLERS = 4
ROOT = Path(__file__).parents[1]
PORT = 8199
OPTIONS = {
    "marlin": {"boot_wait": 0.2},
    "grbl": {"tool": "laser", "dry_run": False, "home": "never"},
}
PROCESSES = {"marlin": "extrude-food", "grbl": "engrave"}


def write_config(folder: Path) -> Path:
    machines = [
        {
            "name": f"{kind}-{number}",
            "driver": kind,
            "address": str(folder / f"{kind}-{number}"),
            "processes": [PROCESSES[kind]],
            "envelope": {"x": 400, "y": 400, "z": 50},
            "nozzle": 1.2,
            "e_area": 314,
            "limits": {"speed": {"x": 150, "y": 150, "z": 10, "e": 5}, "acceleration": 1000},
            "options": OPTIONS[kind],
        }
        for kind in PROCESSES
        for number in range(EACH)
    ]
    config = {
        "site": {"name": "Fifty"},
        "machines": machines,
        "materials": yaml.safe_load((ROOT / "config.yaml").read_text())["materials"],
        "state": str(folder / "state"),
        "artifacts": str(folder / "state" / "artifacts"),
        "database": {"url": f"sqlite:///{folder}/state/record.db"},
        "web": {"port": PORT},
    }
    (folder / "state").mkdir()
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def program(kind: str) -> bytes:
    """Lines as a frosting program has them: enough for the whole run at the wire's pace."""
    lines = int(SECONDS * 2 * 115_200 / 10 / 30)
    head = {"marlin": b"G21\nG90\nM83\n", "grbl": b"G21\nG90\nM4 S500\n"}[kind]
    word = b"E0.01234" if kind == "marlin" else b"S500"
    return head + b"".join(b"G1 X%.3f Y%.3f %s\n" % (i % 97 * 1.1, i % 89 * 1.3, word) for i in range(lines))


def fill(shop: Shop) -> None:
    """One job for each machine, and clear beds."""
    for worker_offer in shop.offers:
        floor.register(shop.store, worker_offer, "benchmark")
        floor.clear_bed(shop.store, worker_offer.name, "empty", "benchmark")
    for kind, process in PROCESSES.items():
        digest = shop.artifacts.put(program(kind))
        needs = Needs(process, "text/x-gcode")
        for number in range(EACH):
            line = NewLine("x", 1, "x", {}, (Step("make", process),))
            intake.receive(shop.store, NewOrder(kind, str(number), (line,)), "benchmark")
            (unit,) = intake.units_to_plan(shop.store)
            (job,) = intake.plan(shop.store, unit.id, "benchmark")
            intake.rendered(shop.store, job, Rendered(digest, needs.media_type, 1, needs, None, {}), "benchmark")


def run_agent(path: Path) -> None:
    """The agent as the daemon builds it, without preflight."""
    sys.setswitchinterval(0.0005)
    shop = open_shop(path)
    around = Surroundings(preflight=lambda *_: [], telemetry=shop.telemetry.put)
    clock, workers = RealClock(), []
    for machine, offer in zip(shop.factory.config.machines, shop.offers, strict=True):
        driver = build(machine.driver, settings_of(machine), clock)
        workers.append(Worker(Dispatcher(shop.store, shop.artifacts, offer, driver, around), clock))
    agent = Agent(shop.store, workers, Wake(shop.store))
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """Callers that ask the API for pages as fast as it answers."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def _call(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=30) as http:
            while not self._ended.is_set():
                for path in ("/v1/machines", "/v1/jobs", "/", "/v1/attention"):
                    asked = time.monotonic()
                    http.get(path).raise_for_status()
                    self.times.append(time.monotonic() - asked)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(folder: Path) -> None:
    path = write_config(folder)
    shop = open_shop(path)
    fill(shop)
    with started("-m", "benchmarks.fleet", str(folder), "--each", str(EACH)) as fleet:
        assert fleet.stdout is not None and fleet.stdout.readline().startswith("ready")
        with started("-m", "benchmarks.fifty_machines", "--agent", str(path)) as agent:
            wait_until_all_run(shop)
            with started("-m", "fulfillment.cli", "--config", str(path), "web"):
                wait_for_web()
                before, began = cpu(agent.pid), time.monotonic()
                with Load() as load:
                    time.sleep(SECONDS)
                used, span = cpu(agent.pid) - before, time.monotonic() - began
    shop.close()
    tell(loads((folder / "gaps.json").read_text()), load, used, span)


def wait_until_all_run(shop: Shop) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        live = shop.telemetry.all().values()
        if sum(1 for each in live if each["attempt"]) == 2 * EACH:
            return
        time.sleep(0.2)
    raise AssertionError(f"not all machines began: {shop.telemetry.all()}")


def wait_for_web() -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            httpx.get(f"http://127.0.0.1:{PORT}/v1/machines").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the web program did not come up")


def tell(machines: list[dict[str, Any]], load: Load, used: float, span: float) -> None:
    lines = sum(machine["lines"] for machine in machines)
    print(f"{len(machines)} machines, {lines} lines; the agent used {100 * used / span:.0f} % of a core")
    for kind in ("Marlin", "Grbl"):
        gaps = [gap for machine in machines if machine["kind"] == kind for gap in machine["gaps"]]
        p50, p99, most = (1000 * quantile(gaps, share) for share in (0.5, 0.99, 1.0))
        print(f"{kind:<6} {len(gaps)} gaps after an ok: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {most:.1f} ms")
    slowest = [max(machine["gaps"]) for machine in machines]
    fewest, mean = min(m["lines"] for m in machines), lines / len(machines)
    print(
        f"longest gap by machine: median {1000 * quantile(slowest, 0.5):.1f} ms; fewest lines {fewest}, mean {mean:.0f}"
    )
    api = quantile(load.times, 0.99)
    print(f"the API meanwhile: {len(load.times) / span:.0f} requests/s by {CALLERS} callers, p99 {1000 * api:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", type=Path, help="be the agent of this configuration (used by the benchmark itself)")
    arguments = parser.parse_args()
    if arguments.agent:
        run_agent(arguments.agent)
        return
    with tempfile.TemporaryDirectory(prefix="ful-fifty-") as folder:
        measure(Path(folder))


if __name__ == "__main__":
    main()
