"""Documents sent over a wire that is cut, and what became of each: by the driver's word, and by the printer's record.

A run is one document that a shop wants once. It is attempted as an agent attempts it: what is surely not printed is
attempted anew under another name, what is not known is asked of a person, and ends there. The first attempts meet cuts,
or the agent is killed at one; the last one meets none.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.cuts.proxy import Cut, Proxy, Side
from drivers.contract import (
    Cancelled,
    Doubted,
    DriverError,
    Evidence,
    Failed,
    Machine,
    Made,
    Payload,
    Seen,
    Settings,
    Start,
)
from drivers.protocols.ipp.words import Operation
from drivers.registry import build

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
ATTEMPTS = 4
QUICK: Mapping[str, Any] = {
    "poll": 0.05,
    "idle_poll": 0.2,
    "timeout": 2.0,
    "send_timeout": 2.0,
    "start_wait": 4.0,
    "settle": 0.2,
}
STEPS = (
    Operation.GET_PRINTER_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.CANCEL_JOB,
)
LIKELY = (1, 1, 6, 8, 3, 1)
"""How often each is the one that is cut."""


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a printer's own record says of one job."""

    name: str
    whole: bool
    """All bytes of the document, and all of its pages."""


class Printer(Protocol):
    """A printer with a record of what it printed."""

    port: int
    path: str

    def printed(self) -> list[Printed]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run meets. ``kill``: the agent is killed at its first cut."""

    cuts: tuple[Cut, ...]
    kill: bool


@dataclass(slots=True)
class Result:
    """Runs by how they ended."""

    runs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    """Cuts that were made, by operation and side."""
    killed: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    scrap: int = 0
    """Attempts that the printer gave up: remade, as a shop does."""
    halves: int = 0
    """Documents that were cut and printed all the same: each of them must have been asked about."""

    def __add__(self, other: Result) -> Result:
        return Result(
            self.runs + other.runs,
            self.ends + other.ends,
            self.struck + other.struck,
            self.killed + other.killed,
            self.twice + other.twice,
            self.lost + other.lost,
            self.scrap + other.scrap,
            self.halves + other.halves,
        )


def planned(dice: random.Random) -> Plan:
    """Up to three cuts in a row, at any byte."""
    cuts = []
    for operation in dice.choices(STEPS, LIKELY, k=dice.choice((1, 1, 1, 2, 3))):
        side = dice.choice(tuple(Side))
        part = dice.choice((0.0, dice.random(), dice.random(), 0.9 + dice.random() / 10, 1.0))
        away = dice.choice((0.0, 0.0, 0.1, 0.4))
        number = 1 if operation in (Operation.CREATE_JOB, Operation.SEND_DOCUMENT) else dice.choice((1, 1, 2, 3))
        cuts.append(Cut(operation, side, part, number, away))
    return Plan(tuple(cuts), dice.random() < 0.25)


class Nursery:
    """Forks agents that can be killed."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.cuts.child"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, what: Mapping[str, Any], ready: Callable[[int], None]) -> None:
        """Have a document printed by an agent; it is killed at the latest once it has said that it started it."""
        self._say(json.dumps(what))
        pid = int(self._hear("pid ").split()[1])
        try:
            if self._hear("ready", "error") == "ready":
                ready(pid)
                self._say("go")
                self._hear("start", "error", "gone")
        finally:
            _kill(pid)
            if self._last != "gone":
                self._hear("gone")

    def _say(self, words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()

    def _hear(self, *wanted: str) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            self._last = line.strip()
            if line.startswith(wanted):
                return self._last
        raise AssertionError("the nursery ended")

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Campaign:
    """Runs against one printer, through one wire, with one folder of notes."""

    def __init__(self, printer: Printer, folder: Path, document: Payload, label: str) -> None:
        self._printer, self._folder, self._document, self._label = printer, folder, document, label
        self._proxy = Proxy(printer.port, printer.path, time.monotonic)
        self._nursery = Nursery()
        self._notes = folder / "notes"
        self._notes.mkdir(exist_ok=True)

    def close(self) -> None:
        self._nursery.close()
        self._proxy.close()

    def run(self, numbers: range, seed: int, plan: Callable[[random.Random], Plan] = planned) -> Result:
        """``numbers``: of the runs. The same seed and number meet the same cuts."""
        result, ends = Result(), dict[str, Seen]()
        for number in numbers:
            dice = random.Random(f"{seed}/{number}")
            job = f"{self._label}{seed}-{number}"
            ends[job] = self._one(job, plan(dice), result)
        self._judge(result, ends)
        return result

    def _judge(self, result: Result, ends: Mapping[str, Seen]) -> None:
        """By the printer's record: how often each document was printed."""
        whole: Counter[str] = Counter()
        halves: Counter[str] = Counter()
        for each in self._printer.printed():
            (whole if each.whole else halves)[each.name.rpartition("-a")[0]] += 1
        for job, end in ends.items():
            result.runs += 1
            result.ends[str(end)] += 1
            result.halves += halves[job]
            if whole[job] > 1:
                result.twice.append(job)
            if end is Seen.MADE and whole[job] == 0:
                result.lost.append(f"{job}: said to be printed, and was not")
            if end not in (Seen.MADE, Seen.UNKNOWN):
                result.lost.append(f"{job}: {end}")
            if halves[job] and end is Seen.MADE and whole[job] == 0:
                result.lost.append(f"{job}: a half of it counts as printed")

    # --- one run --------------------------------------------------------------------------------------------------

    def _one(self, job: str, plan: Plan, result: Result) -> Seen:
        evidence = Evidence(Seen.ABSENT, "")
        for number in range(1, ATTEMPTS + 1):
            attempt = f"{job}-a{number}"
            cuts = list(plan.cuts) if number == 1 else []
            if plan.kill and number == 1:
                self._killed(attempt, cuts, result)
                evidence = self._taken_up(attempt)
            else:
                evidence = self._printed(attempt, cuts)
            if number == 1:
                result.struck.update(f"{cut.operation.name} {cut.side}" for cut in self._proxy.struck)
            self._proxy.calm()
            result.scrap += evidence.seen is Seen.FAILED
            if evidence.seen not in (Seen.ABSENT, Seen.FAILED):
                break
        return evidence.seen

    def _machine(self) -> Machine:
        return build("ipp", Settings("printer", self._proxy.url, QUICK, notes=self._notes), Clock())

    def _printed(self, attempt: str, cuts: list[Cut]) -> Evidence:
        with self._machine() as machine:
            _insist(machine.connect)
            _insist(lambda: machine.transfer(attempt, self._document))
            self._proxy.arm(cuts)
            answer = machine.start(attempt)
            if answer.start is Start.REFUSED:
                return Evidence(Seen.ABSENT, answer.why)
            if answer.start is Start.STARTED:
                return _ended(machine, attempt)
            return _settled(machine, attempt)

    def _killed(self, attempt: str, cuts: list[Cut], result: Result) -> None:
        document = self._document
        what = {
            "address": self._proxy.url,
            "notes": str(self._notes),
            "options": dict(QUICK),
            "attempt": attempt,
            "path": str(document.path),
            "sha256": document.sha256,
            "size": document.size,
            "type": document.media_type,
            "ticket": dict(document.ticket),
        }
        self._nursery.begin(what, lambda pid: self._proxy.arm(cuts, lambda: _kill(pid)))
        result.killed += 1

    def _taken_up(self, attempt: str) -> Evidence:
        """By the agent that begins after the one that was killed."""
        with self._machine() as machine:
            _insist(machine.connect)
            return _settled(machine, attempt)


def _insist(verb: Callable[[], object]) -> None:
    """As an agent does: again, a moment later."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            verb()
        except DriverError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _settled(machine: Machine, attempt: str) -> Evidence:
    """Ask until there is an answer that more asking will not change."""
    end = time.monotonic() + PATIENCE
    evidence = Evidence(Seen.UNKNOWN, "")
    asked = 0
    while time.monotonic() < end and asked < 3:
        evidence = machine.reconcile(attempt)
        if evidence.seen in (Seen.RUNNING, Seen.PAUSED):
            return _ended(machine, attempt)
        if evidence.seen is not Seen.UNKNOWN:
            return evidence
        asked += 1
        time.sleep(0.1)
    return evidence


def _ended(machine: Machine, attempt: str) -> Evidence:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        event = machine.next_event(0.2)
        if isinstance(event, Made | Failed | Cancelled | Doubted) and event.attempt == attempt:
            seen = Seen.MADE if isinstance(event, Made) else Seen.UNKNOWN if isinstance(event, Doubted) else Seen.FAILED
            return Evidence(seen, event.why)
    raise AssertionError(f"{attempt} does not end: {machine.status()}")


def document(folder: Path, data: bytes, media_type: str, ticket: Mapping[str, float | str]) -> Payload:
    path = folder / "document"
    path.write_bytes(data)
    return Payload(path, hashlib.sha256(data).hexdigest(), len(data), media_type, ticket)


def table(result: Result) -> str:
    """For people."""
    made, asked = result.ends[Seen.MADE], result.ends[Seen.UNKNOWN]
    rows = [
        f"runs                                  {result.runs:6d}",
        f"cuts that struck                      {result.struck.total():6d}",
        f"agents killed                         {result.killed:6d}",
        f"printed once                          {made:6d}",
        f"asked                                 {asked:6d}",
        f"given up by the printer, and remade   {result.scrap:6d}",
        f"halves that were printed, and asked   {result.halves:6d}",
        f"printed twice                         {len(result.twice):6d}",
        f"lost                                  {len(result.lost):6d}",
    ]
    return "\n".join(rows + [f"  {each}" for each in result.twice + result.lost])
