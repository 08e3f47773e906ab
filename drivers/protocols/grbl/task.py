"""What the engine has in hand: one attempt, from its preparation to its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.contract import Cancelled, Failed
from drivers.protocols.grbl.program import Program

BLOCK = 256
"""The fewest lines between two tellings of progress; of a long program it is told a hundred times."""


@dataclass(slots=True)
class Task:
    """``steps``: what is still to be done before the program is fed, each sending what it returns."""

    attempt: str
    program: Program
    rehearsal: bool = False
    """The program is only checked."""
    steps: deque[Callable[[], bytes]] = field(default_factory=deque)
    fed: bool = False
    """Lines were sent to be carried out."""
    began: bool = False
    told: int = 0
    """Lines answered when progress was told last."""
    resume: bool = False
    """Go on as soon as the hold stands still: before that the firmware would lose the order."""
    ending: Cancelled | Failed | None = None

    @property
    def next_mark(self) -> int:
        """Answers at which something is to be told, while it is fed."""
        if not self.began:
            return self.program.first + 1
        total = self.program.total
        return min(self.told + max(BLOCK, total // 100), total)
