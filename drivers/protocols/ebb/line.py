"""Questions and commands on their way to the board, and their answers: in order, one line at a time.

Source: the EBB command set, 2.x and 3.x ("legacy" answers). Most commands are answered ``OK``; a query is answered by a
value, some of them without an ``OK`` behind it; an error begins with ``!``. Line ends differ from answer to answer.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

NEVER = float("inf")
_ENDS = re.compile(rb"[\r\n]+")
MORE = 0.3
"""Seconds after which no further line of an answer comes: some answers have no OK behind them."""
LONGEST = 512
"""Bytes without an end of line that are kept; more is noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """One command. ``value``: what its answer looks like; None: it is answered by OK alone."""

    text: bytes
    value: re.Pattern[bytes] | None = None
    ok: bool = True
    """Whether OK stands behind the value."""
    time: float = 0.0
    """Seconds that the board may take before it answers, beside the time of an answer."""
    all: bool = False
    """Every line is wanted, whatever it is: a technician asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    number: int
    """Which of the things that were said."""
    ask: Ask
    lines: tuple[bytes, ...]
    error: bytes | None = None
    """The board's own words."""


@dataclass(slots=True)
class _Waiting:
    number: int
    ask: Ask
    due: float
    lines: list[bytes]


class Line:
    """What was said and is not answered yet."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._waiting: deque[_Waiting] = deque()
        self._partial = b""
        self.said = 0
        """How many things were said; the number of the latest."""
        self.surplus = 0
        """OKs that nothing was asked for: a command that arrives twice is done twice, and answered twice."""
        self._strict = True
        """The latest answer ended in an OK, so that another one is none of its own."""

    @property
    def due(self) -> float:
        """When the oldest answer is lost."""
        return self._waiting[0].due if self._waiting else NEVER

    def say(self, ask: Ask, now: float) -> bytes:
        self.said += 1
        self._waiting.append(_Waiting(self.said, ask, now + ask.time + self._silence, []))
        return ask.text + b"\r"

    def clear(self) -> None:
        """Forget what was said: no answer to it counts."""
        self._waiting.clear()
        self._partial = b""

    def lost(self) -> Answer:
        """The oldest is given up. What a technician's question was answered until then is its answer."""
        waiting = self._waiting.popleft()
        whole = waiting.ask.all and waiting.lines
        return Answer(waiting.number, waiting.ask, tuple(waiting.lines), None if whole else b"")

    def receive(self, data: bytes) -> list[bytes]:
        """Whole lines."""
        *lines, rest = _ENDS.split(self._partial + data)
        self._partial = rest[-LONGEST:]
        return [line for line in lines if line]

    def hear(self, line: bytes, now: float) -> Answer | None:
        """An answer, if this line ends one."""
        if not self._waiting:
            self.surplus += line == b"OK" and self._strict
            return None
        if line != b"OK":
            self._skip_to(line)
        waiting = self._waiting[0]
        if line.startswith(b"!"):
            return self._done(line)
        if waiting.ask.all:
            if line == b"OK":
                return self._done()
            waiting.lines.append(line)
            waiting.due = now + MORE
        elif waiting.ask.value is None or waiting.lines:
            return self._done() if line == b"OK" else None
        elif waiting.ask.value.fullmatch(line):
            waiting.lines.append(line)
            if not waiting.ask.ok:
                return self._done()
        elif line == b"OK":
            self.surplus += self._strict
        return None

    def _skip_to(self, line: bytes) -> None:
        """A value that only a later question can mean says that the answers before it are lost."""
        for index, waiting in enumerate(self._waiting):
            value = waiting.ask.value
            if value is not None and not waiting.lines and value.fullmatch(line):
                for _ in range(index):
                    self._waiting.popleft()
                return
            if value is not None or waiting.ask.all:
                return

    def _done(self, error: bytes | None = None) -> Answer:
        waiting = self._waiting.popleft()
        self._strict = waiting.ask.ok
        return Answer(waiting.number, waiting.ask, tuple(waiting.lines), error)
