"""A conversation with a machine that only answers: a question goes out, and what comes back in time is looked at.

Answers come in the order of their questions. An answer that was given up may still come: it is not taken for that of a
later question of its kind, which would say how the machine was before.
"""

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
        self._owed: dict[bytes, int] = {}
        """Questions without an answer so far, by what was asked. An answer to a later one ends the wait for all."""

    def tell(self, data: bytes) -> None:
        """Send, and expect nothing. Raises WireFault."""
        self._wire.write(data)

    def ask(self, question: bytes, understood: Callable[[Sequence[str]], T | None], patience: float) -> T | None:
        """The answer as it is understood; None where none came within ``patience`` seconds. Raises WireFault."""
        self._wire.write(question)
        until = self._clock.monotonic() + patience
        heard: list[str] = []
        while (left := until - self._clock.monotonic()) > 0:
            ready, _, _ = select.select([self._wire.fileno()], [], [], left)
            for frame in self._answers.feed(self._wire.read()) if ready else ():
                heard.append(frame)
                if (answer := understood(heard)) is None:
                    continue
                if not self._owed.get(question):
                    self._owed.clear()
                    return answer
                self._owed[question] -= 1
                heard = []
        self._owed[question] = self._owed.get(question, 0) + 1
        return None

    def last_word(self, data: bytes) -> bool:
        """See :meth:`drivers.wires.Wire.last_word`: from any thread."""
        return self._wire.last_word(data)

    def close(self) -> None:
        self._wire.close()
