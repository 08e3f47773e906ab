"""What the shell around a print server (:mod:`drivers.hosted`) knows of an attempt, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contract import Evidence
from drivers.servers import Outcome


@dataclass(slots=True)
class Known:
    """What one process knows of one attempt."""

    whole: bool = False
    """All of its bytes were read back by this process, which alone may start it."""
    asked: bool = False
    """A start was sent, or may have been by an earlier process. It is never sent again."""
    interrupted: bool = False
    """Since then the server or its printer was away: it may have begun, ended and been forgotten."""
    seen: bool = False
    """It was on the printer, by what the server showed or has on record."""
    fenced: bool = False
    """Its file is gone by the server's own word: nothing can start it any more."""
    kept: bool = False
    """Its file was there when it was asked what became of it: nobody had taken it away, and a record with it."""
    sent_at: float = float("-inf")
    """When its start was sent from here, by the shell's clock."""
    before: str = ""
    """What the server said, before its start, of the print that had ended last."""
    cancelling: bool = False
    end: Evidence | None = None
    """What was told of it for good."""

    @property
    def awaited(self) -> bool:
        """A start of it was sent, and may take effect yet: what comes and goes now may be this attempt."""
        return self.asked and not self.seen and not self.fenced and self.end is None

    def never_began(self, outcome: Outcome, last: str) -> bool:
        """Whether that is sure. Its file is gone, and it is neither on the printer nor has the record an end of it.

        ``last``: what the server says now of the print that ended last. Where a record of starts is kept, that decides.
        Where not, it was looked for all the time, and nothing else may have ended meanwhile that could have been it.
        """
        if self.seen or not self.asked:
            return not self.seen
        return outcome is Outcome.NONE or (not self.interrupted and last in ("", self.before))
