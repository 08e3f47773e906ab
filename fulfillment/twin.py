"""A machine's simulator, started as the program that it is, and the room around it: its camera and hands.

Nothing here imports a simulator. Whoever writes another one keeps to the same few words on its command line and its
side channel.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from fulfillment.config import Machine

URL = re.compile(r"(?:[a-z]+://|tcp:)127\.0\.0\.1:(\d+)")
"""A URL of this host, or a byte stream at one of its ports."""
SERVED = re.compile(r"[a-z]+://|tcp:")
"""How the address of a machine begins that is reached over the network."""
READY = re.compile(r"side=(http://127\.0\.0\.1:\d+)")


class NoSimulator(Exception):
    """The machine names no simulator, or its simulator did not come up. The text says which and why."""


def argv(machine: Machine, link: Path | str, *extra: str) -> list[str]:
    """The command line that serves this machine's simulator at ``link``: a pty, or a URL of this host with its port.

    Later arguments win.
    """
    if machine.simulator is None:
        raise NoSimulator(f"{machine.name} names no simulator in config.yaml: add a `simulator:` block")
    where = ["--port", url.group(1)] if (url := URL.match(str(link))) else ["--link", str(link)]
    base = [sys.executable, "-m", "simulators", machine.simulator.kind, *where, "--die-with-parent"]
    return [*base, *machine.simulator.args, *extra]


def moved(address: str, port: int) -> str:
    """A served machine's address with another port of this host in the place of its own; scheme and path stay."""
    begin = SERVED.match(address)
    assert begin is not None, address  # noqa: S101  (asked of machines that are served)
    path = address[begin.end() :].partition("/")[2]
    return f"{begin[0]}127.0.0.1:{port}" + (f"/{path}" if path else "")


class Twin:
    """A running simulator with its side channel. A context manager: it ends with the block."""

    def __init__(self, machine: Machine, link: Path | str, *extra: str) -> None:
        self._process = subprocess.Popen(
            argv(machine, link, *extra), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None  # noqa: S101  (a pipe was asked for)
        ready = self._process.stdout.readline()
        found = READY.search(ready)
        if not ready.startswith("ready") or not found:
            said = [ready, *self._process.communicate(timeout=10)[0].splitlines()]
            raise NoSimulator(
                f"the simulator of {machine.name} did not come up: {said[-1].strip() or 'it said nothing'}"
            )
        self.room = Room(found.group(1))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Room:
    """The side channel of a simulator: what a camera sees, and what hands do."""

    def __init__(self, url: str) -> None:
        self._url = url

    def picture(self, **query: str) -> bytes:
        """The bed as a PNG."""
        answer = httpx.get(f"{self._url}/snapshot.png", params=query, timeout=60)
        answer.raise_for_status()
        return answer.content

    def record(self) -> dict[str, Any]:
        """What was made so far."""
        answer = httpx.get(f"{self._url}/record.json", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def take_piece(self) -> None:
        """Take the piece off the bed."""
        httpx.post(f"{self._url}/clear", timeout=60).raise_for_status()
