"""What stands in GRBL's receive buffer, known from its answers alone: one ``ok`` or ``error`` a line, in order.

Sending needs no work a line: as many lines as fit are one slice of the program's text.
"""

from __future__ import annotations

from bisect import bisect_right

from drivers.protocols.grbl.program import Program

LEAST = 128
"""Bytes of the receive buffer of a firmware that does not say how many it has: no GRBL 1.1 has fewer."""

_SHORTEST = 3
"""Bytes of a line with its end: ``M5``."""


class Window:
    """Lines sent and answered. ``capacity``: bytes that may be on their way or unread at any time."""

    def __init__(self, one_by_one: bool) -> None:
        self._one_by_one = one_by_one
        self.capacity = LEAST - 1
        self._program: Program | None = None
        self.sent = self.answered = self.total = 0

    def fit(self, buffer: int) -> None:
        """Size to a buffer of so many bytes: a ring of n holds n - 1 in grblHAL, and GRBL documents 127 of its 128."""
        self.capacity = buffer - 1

    def load(self, program: Program) -> None:
        self._program, self.total = program, program.total
        self.sent = self.answered = 0

    def drop(self) -> None:
        """Send no more, and expect no answers."""
        self._program = None
        self.sent = self.answered

    @property
    def in_flight(self) -> int:
        """Lines that are not answered."""
        return self.sent - self.answered

    @property
    def done(self) -> bool:
        """Every line is sent and answered."""
        return self._program is not None and self.answered == self.total

    def unanswered(self) -> bytes:
        program = self._program
        return program.text[program.bounds[self.answered] : program.bounds[self.sent]] if program else b""

    def oldest(self) -> str:
        """For a person: the line whose answer is due."""
        return self._program.shown(self.answered) if self._program and self.in_flight else "no line"

    def take(self, answers: int) -> bool:
        """Count answers. False: there were more than lines were sent."""
        if answers > self.sent - self.answered:
            return False
        self.answered += answers
        return True

    def pump(self) -> bytes:
        """Every line that may go now."""
        program, sent = self._program, self.sent
        if program is None or sent == self.total:
            return b""
        bounds = program.bounds
        if self._one_by_one:
            if sent > self.answered:
                return b""
            end = sent + 1
        else:
            room = bounds[self.answered] + self.capacity
            end = bisect_right(bounds, room, sent, min(self.total, sent + self.capacity // _SHORTEST) + 1) - 1
            if end <= sent:
                return b""
        self.sent = end
        return program.text[bounds[sent] : bounds[end]]
