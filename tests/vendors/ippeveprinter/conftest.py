"""CUPS' own IPP Everywhere printer: see :mod:`benchmarks.cuts.ippeveprinter` for how it is run beside any other."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cuts.ippeveprinter import IppEvePrinter, missing
from benchmarks.ipp_cuts import TICKET, pages
from drivers.contract import Event, Machine, Payload, Settings
from drivers.registry import build

QUICK = {"poll": 0.05, "idle_poll": 0.1, "timeout": 5.0, "send_timeout": 5.0, "start_wait": 5.0, "settle": 0.5}
PATIENCE = 20.0


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Shop:
    folder: Path
    printer: IppEvePrinter
    payload: Payload
    made: list[Machine] = field(default_factory=list)

    def machine(self, address: str = "") -> Machine:
        settings = Settings("printer", address or self.printer.address, QUICK, notes=self.folder / "notes")
        self.made.append(build("ipp", settings, RealClock()))
        return self.made[-1]

    @staticmethod
    def until(machine: Machine, wanted: type[Any] | Callable[[Event], bool]) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            event = machine.next_event(0.2)
            if event is not None and (isinstance(event, wanted) if isinstance(wanted, type) else wanted(event)):
                return event
        raise AssertionError(f"it did not come: {machine.status()}")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    data = pages()
    path = tmp_path / "document.pdf"
    path.write_bytes(data)
    payload = Payload(path, hashlib.sha256(data).hexdigest(), len(data), "application/pdf", TICKET)
    (tmp_path / "printer").mkdir()
    printer = IppEvePrinter(tmp_path / "printer", payload.sha256)
    made = Shop(tmp_path, printer, payload)
    yield made
    for each in made.made:
        each.close()
    printer.close()
