"""When to ask for a status report, and whether a report tells of the time after the last command."""

from __future__ import annotations

from drivers.protocols.grbl.options import REPORT_LEAST

NEVER = float("inf")


class Watch:
    """``?`` and its answers. A report that was asked for before a command says nothing about what that did."""

    def __init__(self) -> None:
        self.due = NEVER
        self._asked = -NEVER
        self._waiting = self._stale = False

    def ask(self, now: float, interval: float) -> bytes:
        self.due, self._asked, self._waiting = now + interval, now, True
        return b"?"

    def answered(self) -> bool:
        """Take a report; whether it was asked for after the last command."""
        fresh = not self._stale
        self._waiting = self._stale = False
        return fresh

    def commanded(self) -> None:
        """Something was sent that changes what the next report may say."""
        self._stale = self._waiting

    def soon(self, now: float) -> None:
        """Ask as early as the firmware bears it."""
        self.due = min(self.due, max(now, self._asked + REPORT_LEAST))

    def off(self) -> None:
        self.due = NEVER
        self._waiting = self._stale = False
