"""What a technician's tests share: simulators on ptys, a factory without machines, and its command line."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result

from fulfillment.cli import ful
from fulfillment.config import ConfigError
from jobs import models as m
from jobs.store import Refused, Store
from tests.conformance.rigs.common import Simulated

CATALOG = Path(__file__).parent / "catalog"
PATIENCE = 60.0
T = TypeVar("T")

CONFIG = f"""# The technician's factory.
site: {{ name: Workshop }}   # of ours
machines: []   # none yet

materials:
  - {{ name: frosting-chocolate, kind: frosting, colour: "#3b2314" }}
  - {{ name: bamboo, kind: bamboo, colour: "#5a3413" }}
catalog: {CATALOG}
web: {{ port: 0 }}
"""

QUICK = ["boot_wait=0.5", "settle=0.05", "silence=0.4"]
"""Options of the Marlin driver for a simulator that is quicker than any board."""


def marlin_flags(address: str) -> list[str]:
    """Everything that a frosting printer's own firmware does not tell."""
    flags = [
        "--driver",
        "marlin",
        "--address",
        address,
        "--process",
        "extrude-food",
        "--material",
        "frosting-chocolate",
    ]
    flags += ["--nozzle", "1.2", "--e-area", "314", "--flow", "40", "--cold-extrusion", "yes"]
    return flags + [word for option in QUICK for word in ("--option", option)]


def until(look: Callable[[], T], what: str) -> T:
    """The first truthy thing that is seen."""
    end = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < end, f"{what} did not come about; last seen: {seen!r}"
        time.sleep(0.05)
    return seen


class Desk:
    """The command line of one factory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *words: str, typed: str = "") -> Result:
        result = CliRunner().invoke(ful, ["--config", str(self.path), *words], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit | ConfigError | Refused):
            raise result.exception
        return result

    def said(self, *words: str, typed: str = "") -> str:
        """What it printed; it must have gone well."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, (words, result.output, result.exception)
        return result.output

    def refused(self, *words: str, typed: str = "") -> str:
        """What it said instead of doing it."""
        result = self.run(*words, typed=typed)
        assert result.exit_code != 0, (words, result.output)
        return result.output + str(result.exception or "")

    @contextmanager
    def program(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """`ful up`, `ful web` or `ful agent` as the program that it is, ended at the end of the block."""
        argv = [sys.executable, "-m", "fulfillment.cli", "--config", str(self.path), name]
        with (self.path.parent / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            folder, roles = self.path.parent / ".factory", ("web", "agent") if name == "up" else (name,)
            locks = [folder / f"{role}.lock" for role in roles]
            until(lambda: all(lock.exists() for lock in locks) or process.poll() is not None, f"the {name} program")
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)
            text = (self.path.parent / f"{name}.log").read_text()
            assert "Traceback" not in text, text


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return Desk(tmp_path / "config.yaml")


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """``simulated("marlin", ..., name="port")``: a simulator program on a pty, ended with the test."""
    running: list[Simulated] = []

    def start(kind: str, *arguments: str, name: str = "", speed: str = "max") -> Simulated:
        link = tmp_path / (name or f"port{len(running)}")
        running.append(Simulated(kind, "--link", str(link), "--speed", speed, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()


LIMITS = ("--max-feedrate", "150,140,10,5", "--max-accel", "1000,900,100,5000")
"""No round numbers of anybody's: what is read of them was read."""


@pytest.fixture(scope="session")
def one_printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    link = tmp_path_factory.mktemp("printer") / "tty"
    made = Simulated("marlin", "--link", str(link), "--speed", "max", *LIMITS, "--min-temp", "0", "--e-area", "314")
    yield made
    made.close()


@pytest.fixture
def printer(one_printer: Simulated) -> Simulated:
    """A frosting printer that was just switched on: one program serves all tests, since its start takes long."""
    one_printer.post("power-cycle")
    one_printer.post("clear")
    return one_printer


@pytest.fixture(scope="session")
def with_printer(one_printer: Simulated, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a file to which `ful machine add` has added the printer as frosting-9."""
    path = tmp_path_factory.mktemp("added") / "config.yaml"
    path.write_text(CONFIG)
    Desk(path).said("machine", "add", "frosting-9", *marlin_flags(str(one_printer.link)), "--yes")
    return path.read_text()


@pytest.fixture
def added(desk: Desk, printer: Simulated, with_printer: str) -> Desk:
    """The desk, with the printer in its file as frosting-9."""
    desk.path.write_text(with_printer)
    return desk


def busy(store: Store, machine: str, state: str) -> None:
    """The record says that job J-1 is on this machine in this state, and nothing else."""
    given = {"personalization": {}, "resolved": {}, "problems": []}
    with store.write("test") as tx:
        for table in (m.jobs, m.operations, m.units, m.line_items, m.orders):
            tx.connection.execute(table.delete())
        order = {"source": "x", "external_id": "1", "digest": "", "state": "open", "ship_to": {}, "note": ""}
        tx.add(m.orders, id="O-1", received_at=0.0, **order)
        tx.add(m.line_items, id="L-1", order_id="O-1", position=0, sku="", quantity=1, personalization={})
        unit = {"order_id": "O-1", "line_item_id": "L-1", "number": 1, "product": "word", "created_at": 0.0}
        tx.add(m.units, id="U-1", state="making", **unit, **given)
        tx.add(m.operations, id="P-1", unit_id="U-1", name="frost", after=[], state="open")
        job = {
            "seq": 1,
            "operation_id": "P-1",
            "unit_id": "U-1",
            "attempts": 1,
            "due": 0.0,
            "why": "",
            "created_at": 0.0,
        }
        tx.add(m.jobs, id="J-1", state=state, machine=machine, **job)


class Tools:
    """Helpers of this folder, for its tests."""

    until = staticmethod(until)
    busy = staticmethod(busy)
    marlin_flags = staticmethod(marlin_flags)
    config: Any = CONFIG


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools()
