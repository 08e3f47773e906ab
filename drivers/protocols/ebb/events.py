"""What the engine tells its shell, beside the events of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contract import DriverError


@dataclass(frozen=True, slots=True)
class Began:
    """The board has taken the first motion of the attempt."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The attempt ended before any motion of it was sent."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A technician's question or move is done. ``fault``: why it is not."""

    lines: tuple[str, ...] = ()
    fault: DriverError | None = None
