"""What the engine tells its shell, beside the events of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contract import DriverError


@dataclass(frozen=True, slots=True)
class Began:
    """The machine has taken the first line of the attempt."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The attempt ended before a line of it was sent: nothing moved."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that does not end the attempt, and that somebody should look at."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A technician's lines are done, or cannot be any more.

    ``refused``: the machine's own words where it did not like one of them. ``fault``: why there is no whole answer.
    """

    asked: tuple[bytes, ...]
    lines: tuple[str, ...]
    refused: str | None = None
    fault: DriverError | None = None
