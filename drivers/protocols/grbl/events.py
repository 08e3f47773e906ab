"""What the engine tells its shell, beside the events of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contract import DriverError


@dataclass(frozen=True, slots=True)
class Prepared:
    """The machine is homed and the program checked, as far as that was due; its lines are on their way."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Began:
    """The machine has taken the first line of the attempt."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The firmware has checked every line of the attempt and found nothing; nothing moved."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The attempt ended before a line of it was sent to be carried out. ``fault`` names the culprit."""

    attempt: str
    fault: DriverError


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The firmware has said its banner after the machine was stopped: it was reset."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A technician's lines are done, or cannot be any more.

    ``refused``: the machine's own words where it did not take one of them. ``fault``: why there is no whole answer.
    """

    asked: tuple[bytes, ...]
    lines: tuple[str, ...]
    refused: str | None = None
    fault: DriverError | None = None
