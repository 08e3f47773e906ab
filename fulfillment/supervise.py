"""Start the programs of a factory and keep them up. It owns nothing: killed, it leaves them running."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from fulfillment import twin
from fulfillment.config import Config

log = logging.getLogger(__name__)

AGAIN_FIRST, AGAIN_MOST = 0.5, 30.0
"""Seconds until a program that ended is started anew: doubling from the first to the most."""
STEADY = 30.0
"""Seconds after which a program counts as started well."""
GRACE = 15.0
"""Seconds that a program has to end after a person asked for the second time."""


@dataclass(frozen=True)
class Program:
    """One program. ``again``: start it anew when it ends. ``last``: it is stopped after the others."""

    name: str
    argv: tuple[str, ...]
    again: bool = True
    last: bool = True


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    again_at: float = 0.0
    again_after: float = AGAIN_FIRST
    log: IO[bytes] | None = field(default=None, repr=False)


def programs(path: Path, config: Config, *, simulators: bool = True, verbose: bool = False) -> Iterator[Program]:
    """Simulators first, as machines are there before their agent is."""
    if simulators:
        for machine in config.machines:
            if machine.simulator:
                yield Program(machine.name, tuple(twin.argv(machine, machine.address)), again=False)
    base = (sys.executable, "-m", "fulfillment.cli", "--config", str(path))
    say = ("--verbose",) if verbose else ()
    yield Program("agent", (*base, "agent", *say), last=False)
    yield Program("web", (*base, "web", *say))


class Supervisor:
    """Programs in sessions of their own, so that Ctrl-C reaches this one alone. Their output goes to ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: dict[str, _Child] = {}
        self._asked = 0
        self._wake = threading.Event()

    def start(self, program: Program) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        output = (self._folder / f"{program.name}.log").open("ab")
        process = subprocess.Popen(
            program.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        self._children[program.name] = _Child(program, process, time.monotonic(), log=output)

    def pid(self, name: str) -> int:
        return self._children[name].process.pid

    def ended(self) -> list[str]:
        """Programs that do not run now."""
        return [name for name, child in self._children.items() if child.process.poll() is not None]

    def run(self) -> int:
        """Keep everything up until a signal; 0 when all ended as they should."""
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)
        while not self._asked:
            self.tend()
            self._wake.wait(0.2)
        return self.stop()

    def tend(self) -> None:
        """Start anew what has ended."""
        now = time.monotonic()
        for child in list(self._children.values()):
            code = child.process.poll()
            if code is None or not child.program.again:
                continue
            if not child.again_at:
                child.again_after = AGAIN_FIRST if now - child.started > STEADY else child.again_after
                child.again_at = now + child.again_after
                text = "%s ended with %s; it is started anew in %.1f s (see %s/%s.log)"
                log.warning(text, child.program.name, code, child.again_after, self._folder, child.program.name)
            elif now >= child.again_at:
                after = min(AGAIN_MOST, child.again_after * 2)
                self._close(child)
                self.start(child.program)
                self._children[child.program.name].again_after = after

    def stop(self, patience: float | None = None) -> int:
        """Let the agent end what runs (as long as it takes, or ``patience`` seconds), then stop the rest."""
        first = [child for child in self._children.values() if not child.program.last]
        rest = [child for child in self._children.values() if child.program.last]
        codes = [self._end(child, patience) for child in first]
        for child in rest:
            child.process.terminate()
        codes += [self._end(child, GRACE) for child in rest]
        return 0 if all(code in (0, -signal.SIGTERM) for code in codes) else 1

    def _end(self, child: _Child, patience: float | None) -> int:
        """Ask a program to end, ask again when a person asks again, and kill it when patience is over."""
        if child.process.poll() is None:
            child.process.terminate()
        asked, until = self._asked, time.monotonic() + (patience if patience is not None else float("inf"))
        while child.process.poll() is None:
            if self._asked > asked:
                asked, until = self._asked, time.monotonic() + GRACE
                child.process.terminate()
            if time.monotonic() > until:
                child.process.kill()
            self._wake.wait(0.1)
            self._wake.clear()
        self._close(child)
        return int(child.process.returncode)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked += 1
        self._wake.set()

    @staticmethod
    def _close(child: _Child) -> None:
        if child.log:
            child.log.close()
