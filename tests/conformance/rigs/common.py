"""What every rig needs: an artifact, patience, and a simulator program with its side channel."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

from drivers.contract import Cancelled, Doubted, Event, Failed, Machine, Made, Payload, Seen

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def payload(folder: Path, data: bytes, name: str = "artifact") -> Payload:
    path = folder / f"{name}.gcode"
    path.write_bytes(data)
    return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x-gcode")


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
    return isinstance(event, Made | Failed | Cancelled | Doubted)


class Simulated:
    """A simulator program with its side channel. ``arguments`` begin with its kind and say where it listens."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "simulators", *arguments, "--side", "0", "--die-with-parent"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        assert words[:1] == ["ready"], words
        self.link = arguments[arguments.index("--link") + 1] if "--link" in arguments else words[1]
        """Where it listens: the link to its pty, or its URL."""
        self._side = next(word.removeprefix("side=") for word in words if word.startswith("side="))

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


class When(StrEnum):
    """At which step of an attempt a fault is injected."""

    TRANSFER = "before the transfer"
    START = "before the start"
    RUNNING = "while it runs"


@dataclass(frozen=True, slots=True)
class Fault:
    """``spec``: as the rig's machine knows it. ``ends``: what evidence the attempt may end with, and nothing else."""

    spec: str
    ends: frozenset[Seen]
    when: When = When.RUNNING


class Rig(Protocol):
    """What a driver brings to the suite."""

    name: str
    """The driver."""
    faults: ClassVar[Mapping[str, Fault]]
    """Each fault that its machine can be told to have, by a name that a reader understands."""

    def __init__(self, folder: Path) -> None: ...

    def machine(self) -> Machine: ...

    def payload(self) -> Payload:
        """An artifact that runs until :meth:`finish` or :meth:`fail`."""
        ...

    def finish(self, attempt: str) -> None: ...

    def fail(self, attempt: str) -> None: ...

    def begun(self) -> int:
        """How often anything was begun, by the machine's own record."""
        ...

    def inject(self, spec: str) -> None:
        """Let the machine have this fault: now, or at its next opportunity."""
        ...

    def calm(self) -> None:
        """Mend what the faults broke, as a person would, so that the machine can be connected anew."""
        ...

    def break_(self) -> None:
        """From now on a start cannot work, and that is sure."""
        ...

    def close(self) -> None: ...
