"""A conversation with a machine that only answers: a question goes out, and what comes back in time is looked at."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from drivers.contract import Clock
from drivers.wires import Wire

T = TypeVar("T")


class Splits(Protocol):
    """Bytes in, whole answers out."""

    def feed(self, data: bytes) -> list[str]: ...


class Questions:
    """An open wire and its answers. Owned by one thread, but for :meth:`last_word`."""

    def __init__(self, wire: Wire, answers: Splits, clock: Clock) -> None:
        self._wire, self._answers, self._clock = wire, answers, clock

    def tell(self, data: bytes) -> None:
        """Send, and expect nothing. Raises WireFault."""
        self._wire.write(data)

    def ask(self, question: bytes, understood: Callable[[Sequence[str]], T | None], patience: float) -> T | None:
        """The answer as it is understood; None where none came within ``patience`` seconds. Raises WireFault."""
        self._wire.write(question)
        until = self._clock.monotonic() + patience
        heard: list[str] = []
        while True:
            left = until - self._clock.monotonic()
            if left <= 0:
                return None
            ready, _, _ = select.select([self._wire.fileno()], [], [], left)
            if ready and (fresh := self._answers.feed(self._wire.read())):
                heard += fresh
                if (answer := understood(heard)) is not None:
                    return answer

    def last_word(self, data: bytes) -> bool:
        """See :meth:`drivers.wires.Wire.last_word`: from any thread."""
        return self._wire.last_word(data)

    def close(self) -> None:
        self._wire.close()
