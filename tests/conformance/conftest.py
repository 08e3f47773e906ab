"""Every driver with the real thing behind it: a simulator program on a pty, or a folder that a consumer empties.

A new driver adds one rig to RIGS and inherits the suite.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from drivers.contract import Cancelled, Event, Failed, Machine, Made, Payload, Settings
from drivers.registry import build

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def payload(folder: Path, data: bytes, name: str = "artifact") -> Payload:
    path = folder / f"{name}.gcode"
    path.write_bytes(data)
    return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x.gcode")


def until(machine: Machine, wanted: Callable[[Event], bool] | type[Event]) -> list[Event]:
    """Events up to the wanted one; an assertion error when it does not come."""
    fits = (lambda event: isinstance(event, wanted)) if isinstance(wanted, type) else wanted
    seen: list[Event] = []
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        event = machine.next_event(0.5)
        if event is not None:
            seen.append(event)
            if fits(event):
                return seen
    raise AssertionError(f"the event did not come; there came {seen[-5:]} and the status is {machine.status()}")


def ended(event: Event) -> bool:
    return isinstance(event, Made | Failed | Cancelled)


class Simulated:
    """A simulator program with its side channel."""

    def __init__(self, link: Path, *arguments: str, speed: str = "max") -> None:
        command = [sys.executable, "-m", "simulators", "marlin", "--link", str(link), "--speed", speed, "--side", "0"]
        self._process = subprocess.Popen(
            [*command, "--die-with-parent", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        assert words[:1] == ["ready"], words
        self._side = next(word.removeprefix("side=") for word in words if word.startswith("side="))
        self.link = link

    def get(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self._side}/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def post(self, what: str, body: object = None) -> Any:
        request = urllib.request.Request(f"{self._side}/{what}", data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def executed(self) -> list[str]:
        """Commands that were carried out, in order."""
        return [str(command) for _, command in self.get("record.json")["piece"]["executed"]]

    def moves(self) -> list[str]:
        return [command for command in self.executed() if command.startswith("G1 ")]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


def moves(count: int, feed: int = 3000) -> list[bytes]:
    """Moves that differ from each other, so that each can be found in the record."""
    return [b"G1 X%.2f Y%.2f F%d" % (10 + index % 100, 10 + index / 100, feed) for index in range(count)]


class Rig(Protocol):
    """What a driver brings to the suite."""

    name: str

    def machine(self) -> Machine: ...

    def payload(self) -> Payload:
        """An artifact that runs until :meth:`finish` or :meth:`fail`."""
        ...

    def finish(self, attempt: str) -> None: ...

    def fail(self, attempt: str) -> None: ...

    def begun(self) -> int:
        """How often anything was begun, by the machine's own record."""
        ...

    def break_(self) -> None:
        """From now on a start cannot work, and that is sure."""
        ...

    def close(self) -> None: ...


class MarlinRig:
    name = "marlin"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated(folder / "port", "--min-temp", "0")

    def machine(self) -> Machine:
        options = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.4, "start_wait": 3.0}
        return build("marlin", Settings("printer", str(self.simulated.link), options), RealClock())

    def payload(self) -> Payload:
        # M0 holds the machine until its button is pressed.
        lines = [b"M117 begun", b"G28", *moves(20), b"M0", *moves(20, 2400)]
        return payload(self._folder, b"\n".join(lines) + b"\n")

    def finish(self, attempt: str) -> None:
        end = time.monotonic() + 3.0  # It may have got past M0 by other ways.
        while not self.simulated.post("press")["waited"] and time.monotonic() < end:
            time.sleep(0.02)

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "kill"})

    def begun(self) -> int:
        return self.simulated.executed().count("G28")

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()


class HotFolderRig:
    name = "hot-folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watched = folder / "watched"
        self._watched.mkdir()
        self._seen: set[str] = set()
        self._begun = 0
        self._stop = threading.Event()
        self._consumer = threading.Thread(target=self._consume, name="consumer")
        self._consumer.start()

    def _consume(self) -> None:
        """Takes what appears, as a print service does."""
        taken = self._folder / "taken"
        taken.mkdir()
        while not self._stop.wait(0.01):
            if not self._watched.exists():
                continue
            for path in self._watched.glob("*.gcode"):
                path.rename(taken / path.name)
                self._begun += 1

    def machine(self) -> Machine:
        return build("hot-folder", Settings("folder", str(self._watched), {"poll": 0.02}), RealClock())

    def payload(self) -> Payload:
        return payload(self._folder, b"G28\n")

    def finish(self, attempt: str) -> None:
        (self._watched / f"{attempt}.done").touch()

    def fail(self, attempt: str) -> None:
        (self._watched / f"{attempt}.error").touch()

    def begun(self) -> int:
        end = time.monotonic() + PATIENCE
        while any(self._watched.glob("*.gcode")) and time.monotonic() < end:
            time.sleep(0.01)
        return self._begun

    def break_(self) -> None:
        self._watched.rename(self._folder / "unmounted")

    def close(self) -> None:
        self._stop.set()
        self._consumer.join()


RIGS: dict[str, Callable[[Path], Rig]] = {"marlin": MarlinRig, "hot-folder": HotFolderRig}


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
    left = [sorted(now - then) for now, then in zip(open_things(), before, strict=True)]
    assert left == [[], []], "the driver left a thread or a descriptor behind"


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """Start simulator programs by their arguments."""
    running: list[Simulated] = []

    def start(*arguments: str, speed: str = "max") -> Simulated:
        running.append(Simulated(tmp_path / f"port{len(running)}", "--min-temp", "0", *arguments, speed=speed))
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
