"""What a technician's tests share: simulators on ptys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance.rigs.common import Simulated

Start = Callable[..., Simulated]


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Start]:
    """``simulated("marlin", ..., name="port")``: a simulator program on a pty, ended with the test."""
    running: list[Simulated] = []

    def start(kind: str, *arguments: str, name: str = "", speed: str = "max") -> Simulated:
        link = tmp_path / (name or f"port{len(running)}")
        running.append(Simulated(kind, "--link", str(link), "--speed", speed, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()
