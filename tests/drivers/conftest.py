"""A model of a Marlin firmware that keeps only what a host can notice, and a way there and back that can be bad.

It is written from the firmware's rules, apart from the simulator program, so that the two check each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

import pytest

from drivers.protocols.marlin import Engine, Options, State, program

Passage = Callable[[bytes], bytes]
"""What becomes of one message on its way."""


@dataclass
class Firmware:
    """Numbered lines with checksums; a refusal flushes what was received behind it. ``slow``: seconds by command."""

    advanced: bool = False
    capabilities: tuple[str, ...] = ("EMERGENCY_PARSER",)
    slow: dict[bytes, float] = field(default_factory=dict)
    busy: bool = True
    executed: list[bytes] = field(default_factory=list)
    dead: bool = False
    last: int = 0
    now: float = 0.0
    _received: deque[bytes] = field(default_factory=deque)
    _rest: bytes = b""
    _doing: tuple[bytes, int | None, float] | None = None
    _said: list[bytes] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._received.extend(line.strip() for line in lines)

    def answers(self, now: float) -> list[bytes]:
        """What is said until ``now``, message by message."""
        self.now = now
        while not self.dead:
            if self._doing is not None:
                command, number, until = self._doing
                if now < until:
                    if self.busy:
                        self._said.append(b"echo:busy: processing\n")
                    break
                self._doing = None
                self._finish(command, number)
            elif self._received:
                self._accept(self._received.popleft())
            else:
                break
        said, self._said = self._said, []
        return said

    def restart(self, banner: bytes = b"start\necho: External Reset\n") -> None:
        self._received.clear()
        self._doing, self._rest, self.last = None, b"", 0
        self._said.append(banner)

    def _accept(self, line: bytes) -> None:
        if not line or line.startswith(b";"):
            return
        if not line.startswith(b"N"):
            self._begin(line, None)
            return
        body, star, checksum = line.rpartition(b"*")
        digits, _, command = (body if star else line)[1:].partition(b" ")
        if not star:
            self._refuse(b"No Checksum with line number")
        elif not checksum.isdigit() or reduce(xor, body, 0) != int(checksum):
            self._refuse(b"checksum mismatch")
        elif not digits.isdigit():
            self._refuse(b"Format error")
        elif int(digits) != self.last + 1 and not command.startswith(b"M110"):
            self._refuse(b"Line Number is not Last Line Number+1")
        else:
            self.last = int(digits)
            self._begin(command, self.last)

    def _refuse(self, why: bytes) -> None:
        self._received.clear()
        self._rest = b""
        self._said += [
            b"Error:%b, Last Line: %d\n" % (why, self.last),
            b"Resend: %d\n" % (self.last + 1),
            b"ok\n",
        ]

    def _begin(self, command: bytes, number: int | None) -> None:
        self._doing = (command, number, self.now + self.slow.get(command, 0.0))

    def _finish(self, command: bytes, number: int | None) -> None:
        self.executed.append(command)
        if command.startswith(b"M115"):
            names = "".join(f"Cap:{name}:1\n" for name in self.capabilities)
            self._said.append(b"FIRMWARE_NAME:Marlin 2.1.2 SOURCE_CODE_URL:x\n" + names.encode())
        if command.startswith(b"M105"):
            self._said.append(b"ok T:21.00 /0.00 B:20.00 /0.00 @:0\n")
        elif self.advanced and number is not None:
            self._said.append(b"ok N%d P15 B3\n" % number)
        else:
            self._said.append(b"ok\n")


def intact(message: bytes) -> bytes:
    return message


class Bench:
    """An engine, a firmware, the two ways between them, and a clock that jumps to the next thing due."""

    def __init__(
        self, firmware: Firmware | None = None, to: Passage = intact, back: Passage = intact, **options: object
    ) -> None:
        self.firmware = firmware or Firmware()
        self.engine = Engine(Options(**({"boot_wait": 1.0, "silence": 5.0, "patience": 120.0} | options)))  # type: ignore[arg-type]
        self.now = 0.0
        self.events: list[object] = []
        self.sent: list[bytes] = []
        self._to, self._back = to, back

    def write(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            self.sent.append(line)
            self.firmware.take(self._to(line))

    def step(self) -> None:
        """One exchange; where nothing is said, time jumps."""
        said = self.firmware.answers(self.now)
        for message in said:
            if heard := self._back(message):
                self.write(self.engine.receive(heard, self.now))
        if not said or said == [b"echo:busy: processing\n"]:
            self.now = max(self.now, min(self.engine.wake, self.now + 1.0))
            self.write(self.engine.tick(self.now))
        self.events += self.engine.events
        self.engine.events.clear()

    def until(self, wanted: Callable[[], bool], steps: int = 20_000) -> bool:
        """Whether it came about within so many steps."""
        for _ in range(steps):
            if wanted():
                return True
            self.step()
        return False

    def connect(self) -> bool:
        self.write(self.engine.opened(self.now))
        return self.until(lambda: self.engine.state in (State.IDLE, State.HALTED), 2000)

    def begin(self, lines: Iterable[bytes], attempt: str = "a1") -> None:
        self.write(self.engine.begin(attempt, program(b"\n".join(lines)), self.now))

    def saw(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def model() -> type[Firmware]:
    return Firmware


@pytest.fixture
def bench() -> type[Bench]:
    return Bench
