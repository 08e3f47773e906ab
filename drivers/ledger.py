"""What became of the attempts that are fed from this process to a machine that holds no file itself.

An attempt is held here until it is asked to start, and remembered when it has begun, ended, or was given up. What was
asked for is never asked for again, and what was given up can never start: that is the fence of a machine that is fed.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from drivers.contract import Cancelled, Evidence, Failed, Made, OurFault, Seen, Start, StartAnswer
from drivers.memory import Memory

HELD = 4
"""Transferred attempts that are kept in memory; the oldest that was not started makes room."""

P = TypeVar("P")


class Ledger(Generic[P]):
    """Programs by attempt until they are asked to start, and what is known of attempts after that."""

    def __init__(self) -> None:
        self.held: dict[str, P] = {}
        self.asked = Memory[None]()
        """The engine has taken their start, and has not withdrawn it."""
        self.began = Memory[str]()
        self.ended = Memory[Evidence]()
        self.given_up = Memory[Evidence]()

    def knows(self, attempt: str) -> bool:
        """Whether a transfer of it has nothing left to do. Raises OurFault for one that was given up."""
        if attempt in self.given_up:
            raise OurFault(f"{attempt} was given up ({self.given_up[attempt].why}); make a new attempt")
        return attempt in self.held or attempt in self.asked or attempt in self.ended

    def hold(self, attempt: str, program: P) -> None:
        if len(self.held) >= HELD:
            self.give_up(next(iter(self.held)), "it made room for a later one")
        self.held[attempt] = program

    def ask(self, attempt: str) -> None:
        """The engine has taken its start; what it told since then stands."""
        if self.held.pop(attempt, None) is not None:
            self.asked[attempt] = None

    def give_up(self, attempt: str, why: str) -> Evidence:
        self.held.pop(attempt, None)
        self.asked.pop(attempt, None)
        evidence = Evidence(Seen.ABSENT, f"it never started and its lines were dropped: {why}")
        self.given_up[attempt] = evidence
        return evidence

    def begin(self, attempt: str, why: str) -> None:
        self.ask(attempt)
        self.began[attempt] = why

    def end(self, event: Made | Failed | Cancelled) -> None:
        self.ask(event.attempt)
        self.ended[event.attempt] = Evidence(Seen.MADE if isinstance(event, Made) else Seen.FAILED, event.why)

    def answer(self, attempt: str) -> StartAnswer | None:
        """The answer to its start; None as long as the machine has told nothing of it."""
        if attempt in self.began:
            return StartAnswer(Start.STARTED, self.began[attempt])
        if attempt in self.given_up:
            return StartAnswer(Start.REFUSED, self.given_up[attempt].why)
        if attempt in self.ended:
            return StartAnswer(Start.UNCERTAIN, self.ended[attempt].why)
        return None

    def disown(self, attempt: str) -> Evidence:
        """Evidence of an attempt that this process never held, once its port is ours."""
        evidence = Evidence(
            Seen.FAILED,
            "this process never fed it, and its old sender has lost the port; what is fed is not resumed. "
            "If no start of it was ever ordered, it never began",
        )
        self.given_up[attempt] = evidence
        return evidence
