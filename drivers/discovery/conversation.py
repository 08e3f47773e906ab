"""One opening of a port: listen for a banner, then ask each firmware's question until one answers. No I/O.

Used as the engines of :mod:`drivers.protocols` are: bytes and times in, bytes out; :attr:`Conversation.wake` says when
:meth:`Conversation.tick` is due.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.discovery.recognisers import RECOGNISERS, Found, Recogniser

LONGEST_LINE = 1024
"""Bytes without an end of line that are kept: more is noise, as a wrong baud rate makes it."""

_ENDS = re.compile(rb"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. ``listen``: what a board may take to boot after the port was opened; ``answer``: after a question."""

    listen: float = 2.5
    settle: float = 0.25
    answer: float = 1.2

    @property
    def longest(self) -> float:
        """What a port that says nothing takes at one baud rate."""
        return self.listen + len(RECOGNISERS) * self.answer


class Conversation:
    """Ends with ``over``; ``found`` is then what answered, or None."""

    def __init__(self, baud: int, timing: Timing, recognisers: Sequence[Recogniser] = RECOGNISERS) -> None:
        self._baud, self._timing = baud, timing
        self._all = tuple(each for each in recognisers if baud in each.bauds)
        self._left = list(self._all)
        self._partial = b""
        self._hint: tuple[Recogniser, str] | None = None
        self.found: Found | None = None
        self.over = not self._all
        self.wake = 0.0

    def opened(self, now: float) -> None:
        self.wake = now + self._timing.listen

    def receive(self, data: bytes, now: float) -> bytes:
        """Take what was read; the bytes to write."""
        *lines, rest = _ENDS.split(self._partial + data)
        self._partial = rest[-LONGEST_LINE:]
        out = b""
        for line in lines:
            if not self.over:
                text = line[-LONGEST_LINE:].decode("ascii", "replace")
                out += self._hear("".join(letter for letter in text if letter.isprintable()).strip(), now)
        return out

    def tick(self, now: float) -> bytes:
        """Do what time calls for: the next question, or the end."""
        if self.over or now < self.wake:
            return b""
        if self._left:
            return self._ask(self._left[0], now)
        self._end()
        return b""

    def _hear(self, text: str, now: float) -> bytes:
        for each in self._all:
            if (name := each.identity(text)) is not None:
                self._end(Found(each.driver, name, proved=True, options=self._options(each)))
                return b""
            if self._hint is None and (said := each.trace(text)) is not None:
                self._hint = (each, said)
                return self._follow(each, now)
        return b""

    def _follow(self, hinted: Recogniser, now: float) -> bytes:
        """It sounds like this one: its question comes next, once the banner is over."""
        asked = len(self._left) < len(self._all)
        if hinted not in self._left:
            return b""
        self._left.remove(hinted)
        self._left.insert(0, hinted)
        if asked:
            return self._ask(hinted, now)
        self.wake = now + self._timing.settle
        return b""

    def _ask(self, one: Recogniser, now: float) -> bytes:
        self._left.remove(one)
        self.wake = now + self._timing.answer
        return one.question

    def _end(self, found: Found | None = None) -> None:
        if found is None and self._hint is not None:
            found = Found(self._hint[0].driver, self._hint[1], proved=False, options=self._options(self._hint[0]))
        self.found, self.over = found, True

    def _options(self, one: Recogniser) -> dict[str, int]:
        """A driver whose baud rate can differ is told of one that is not its usual."""
        return {"baud": self._baud} if self._baud != one.bauds[0] else {}
