"""What a driver remembers of attempts."""

from __future__ import annotations

from typing import TypeVar

REMEMBERED = 256
"""Attempts that are remembered; the oldest is forgotten beyond that."""

V = TypeVar("V")


class Memory(dict[str, V]):
    """Values by attempt, at most :data:`REMEMBERED`."""

    def __setitem__(self, attempt: str, value: V) -> None:
        super().__setitem__(attempt, value)
        if len(self) > REMEMBERED:
            del self[next(iter(self))]
