"""The shell of machines that are fed, around the plainest engine there is: real threads, a real port, a loopback.

What each firmware does is tested with its own driver; here is what the shell promises of any of them, at the moments
when the port's thread has something to tell that it has not told yet.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import (
    Changed,
    DriverError,
    Failed,
    Link,
    Made,
    OurFault,
    Payload,
    Seen,
    Settings,
    Start,
    Status,
    WireFault,
)
from drivers.fed import Fed, Firmware
from drivers.ledger import HELD, Ledger
from drivers.loopback import Loopback
from drivers.transport import Port

BRIEF = 0.2
"""Seconds that a thread is kept from telling something; whoever does not wait for it has answered long before."""

TORN = b"torn\n"
"""At these bytes the wire breaks."""


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Began:
    attempt: str


@dataclass(frozen=True)
class Answered:
    fault: DriverError | None = None
    lines: tuple[str, ...] = ()


class Plain:
    """Hears what it has said, line by line: ``hello``; ``taken``, ``made``, ``failed`` of its attempt, or an answer."""

    def __init__(self) -> None:
        self.wake = float("inf")
        self.events: list[Any] = []
        self.status = Status()
        self.attempt: str | None = None
        self.begun: list[str] = []
        self._asked = False

    def _show(self, link: Link) -> None:
        self.status = replace(self.status, link=link)
        self.events.append(Changed(self.status))

    def opened(self, now: float) -> bytes:
        time.sleep(BRIEF)
        self._show(Link.CONNECTING)
        return b"hello\n"

    def receive(self, data: bytes, now: float) -> bytes:
        for line in data.decode().split():
            ending = self.attempt or ""
            if line == "hello":
                self._show(Link.ONLINE)
            elif line == "taken":
                self.events.append(Began(ending))
            elif line in ("made", "failed"):
                self.attempt = None
                self.events.append(Made(ending, line) if line == "made" else Failed(ending, line))
            else:
                self._answer(Answered(lines=(line,)))
        return b""

    def _answer(self, answer: Answered) -> None:
        if self._asked:
            self._asked = False
            self.events.append(answer)

    def tick(self, now: float) -> bytes:
        return b""

    def lost(self, why: str) -> None:
        self._answer(Answered(WireFault(why)))
        self._show(Link.OFFLINE)

    def begin(self, attempt: str, text: bytes) -> bytes:
        self.attempt = attempt
        self.begun.append(attempt)
        return text

    def ask(self, text: bytes) -> bytes:
        self._asked = True
        return text

    def pause(self, attempt: str, now: float) -> bytes:
        return b""

    resume = cancel = pause


class Machine(Fed[Plain, bytes, Answered]):
    """A payload is what the machine says to it."""

    def __init__(self, opener: Callable[[str, int], Loopback]) -> None:
        firmware: Firmware[Plain, bytes] = Firmware(
            engine=Plain, program=bytes, baud=1, greeting=5.0, start_wait=BRIEF, mute="is mute"
        )
        notes: dict[type, Callable[[Any], None]] = {Began: self._note_began, Answered: self._note_answered}
        super().__init__(Settings("plain", "loop"), RealClock(), opener, firmware, notes)
        self.ending = threading.Event()

    def _begin(self, attempt: str, program: bytes, now: float) -> bytes:
        return self._engine.begin(attempt, program)

    def _halt(self, port: Port) -> tuple[str, bool]:
        return "stopped", False

    def _part(self, port: Port) -> str:
        return "the port was closed"

    def _tell(self, event: Any) -> None:
        if isinstance(event, Made | Failed | Answered):
            self.ending.set()
            time.sleep(BRIEF)
        super()._tell(event)

    def say(self, text: bytes) -> Answered:
        return self._ask(lambda _: self._engine.ask(text))

    @property
    def begun(self) -> list[str]:
        return self._engine.begun


@pytest.fixture
def wires() -> list[Loopback]:
    return []


@pytest.fixture
def machine(wires: list[Loopback]) -> Iterator[Machine]:
    def echo(data: bytes) -> bytes:
        if data == TORN:
            raise WireFault("the wire was torn")
        return data

    def opened(*_: object) -> Loopback:
        wires.append(Loopback(echo))
        return wires[-1]

    with Machine(opened) as made:
        made.connect()
        yield made


@pytest.fixture
def says(tmp_path: Path) -> Callable[[bytes], Payload]:
    def payload(data: bytes) -> Payload:
        path = tmp_path / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        return Payload(path, path.name, len(data), "text/x.gcode")

    return payload


Says = Callable[[bytes], Payload]


def test_an_engine_that_is_not_opened_yet_is_no_lost_link(machine: Machine) -> None:
    assert machine.status().link is Link.ONLINE


def test_a_start_that_is_asked_for_again_at_the_end_was_a_start(machine: Machine, says: Says) -> None:
    machine.transfer("a1", says(b"taken\nmade\n"))
    assert machine.start("a1").start is Start.STARTED
    assert machine.ending.wait(20)
    assert machine.start("a1").start is Start.STARTED
    assert machine.begun == ["a1"]


def test_what_fails_before_it_was_seen_to_begin_is_neither_absent_nor_begun_again(
    machine: Machine, wires: list[Loopback], says: Says
) -> None:
    machine.transfer("a1", says(b"\n"))
    assert machine.start("a1").start is Start.UNCERTAIN
    wires[-1].say(b"failed\n")
    assert machine.ending.wait(20)
    assert machine.start("a1").start is Start.UNCERTAIN
    assert machine.begun == ["a1"]
    assert machine.reconcile("a1").seen is Seen.FAILED


def test_what_fails_while_it_is_asked_for_has_failed(machine: Machine, wires: list[Loopback], says: Says) -> None:
    machine.transfer("a1", says(b"\n"))
    machine.start("a1")
    wires[-1].say(b"failed\n")
    assert machine.ending.wait(20)
    assert machine.reconcile("a1").seen is Seen.FAILED


def test_what_was_asked_to_start_makes_no_room_for_others(machine: Machine, says: Says) -> None:
    for number in range(1, HELD + 1):
        machine.transfer(f"a{number}", says(b"\n"))
    assert machine.start("a1").start is Start.UNCERTAIN
    machine.transfer("b1", says(b"\n"))
    machine.transfer("b2", says(b"\n"))
    with pytest.raises(OurFault, match="made room"):
        machine.transfer("a2", says(b"\n"))
    machine.transfer("a1", says(b"\n"))
    assert machine.reconcile("a1").seen is Seen.RUNNING


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(machine: Machine) -> None:
    with pytest.raises(WireFault, match="torn"):
        machine.say(TORN)
    while machine.status().link is not Link.OFFLINE:
        machine.next_event(0.1)
    machine.connect()
    assert machine.say(b"second\n").lines == ("second",)


ACTS = st.tuples(st.sampled_from(["transfer", "ask", "begin", "end", "give_up"]), st.sampled_from("abcdefgh"))


@given(st.lists(ACTS, max_size=60))
def test_a_ledger_never_holds_again_what_was_asked_for_or_given_up(story: list[tuple[str, str]]) -> None:
    ledger = Ledger[str]()
    fenced: set[str] = set()
    happens: dict[str, Callable[[str], object]] = {
        "ask": ledger.ask,
        "begin": lambda attempt: ledger.begin(attempt, "taken"),
        "end": lambda attempt: ledger.end(Failed(attempt, "failed")),
        "give_up": lambda attempt: ledger.give_up(attempt, "given up"),
    }
    for act, attempt in story:
        if act == "transfer":
            try:
                if not ledger.knows(attempt):
                    assert attempt not in fenced
                    ledger.hold(attempt, attempt)
            except OurFault:
                assert attempt in ledger.given_up
        elif attempt in ledger.held or attempt in ledger.asked:
            fenced.add(attempt)
            happens[act](attempt)
        fenced |= set(ledger.given_up)
        assert len(ledger.held) <= HELD
        assert not fenced & set(ledger.held)
