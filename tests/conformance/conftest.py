"""Every driver with the real thing behind it: see ``rigs``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.contract import Machine
from tests.conformance.rigs import RIGS
from tests.conformance.rigs.common import RealClock, Rig, Simulated, ended, moves, payload, until


def open_things() -> tuple[set[str], set[str]]:
    """Names of threads, and what the descriptors of this process stand for."""
    descriptors = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            descriptors.add(f"{each.name} {each.readlink()}")
        except OSError:
            continue  # The descriptor of this very listing.
    return {thread.name for thread in threading.enumerate()}, descriptors


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made = RIGS[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def machine(rig: Rig) -> Iterator[Machine]:
    """A connected machine, after which no thread and no descriptor may be left."""
    before = open_things()
    with rig.machine() as made:
        made.connect()
        yield made
    for _ in range(50):  # The rig, too, opens things for a moment: its consumer lists a folder.
        left = [sorted(now - then) for now, then in zip(open_things(), before, strict=True)]
        if left == [[], []]:
            return
        time.sleep(0.01)
    raise AssertionError(f"the driver left a thread or a descriptor behind: {left}")


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """Start simulator programs by their arguments."""
    running: list[Simulated] = []

    def start(*arguments: str, speed: str = "max") -> Simulated:
        link = str(tmp_path / f"port{len(running)}")
        running.append(Simulated("marlin", "--link", link, "--speed", speed, "--min-temp", "0", *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()


class Tools:
    """Helpers of this folder, for its tests."""

    until = staticmethod(until)
    ended = staticmethod(ended)
    payload = staticmethod(payload)
    moves = staticmethod(moves)
    clock = RealClock()


@pytest.fixture
def tools() -> Tools:
    return Tools()
