"""How fast simulated time passes.

At a factor, simulated time is real time times the factor. At ``max`` it stands still while there is work, and jumps
over every wait: what the machine makes then depends on the program alone, not on the speed of the computer.
"""

from __future__ import annotations

import time
from typing import Protocol

IDLE_RATE = 20.0
"""At ``max``, an idle machine's seconds per real second: heaters warm and reports come, but nobody waits long."""

SILENCE = 1.0
"""At ``max``, real seconds without a new move after which queued motion runs to its end: the host has no more to add.
Shorter, a host that stalls on a busy computer would find its line interrupted."""


class Pace(Protocol):
    @property
    def now(self) -> float:
        """Simulated seconds since the start."""
        ...

    def wait(self, event: float | None, pressing: bool, moving: bool) -> float:
        """Real seconds to wait for input. ``event``: the next simulated time at which something happens."""
        ...

    def waited(self, real: float, quiet: float, event: float | None, pressing: bool, moving: bool) -> None:
        """No input came for ``real`` seconds, and no move was queued for ``quiet`` seconds."""
        ...


class Factor:
    """Simulated time runs ``factor`` times as fast as real time."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._start = time.monotonic()

    @property
    def now(self) -> float:
        return (time.monotonic() - self._start) * self._factor

    def wait(self, event: float | None, pressing: bool, moving: bool) -> float:  # noqa: ARG002
        return 0.5 if event is None else min(0.5, max(0.0, (event - self.now) / self._factor))

    def waited(self, real: float, quiet: float, event: float | None, pressing: bool, moving: bool) -> None:
        """Nothing to do: real time passes by itself."""


class Max:
    """Simulated time jumps over waits. ``pressing``: a command waits for time; ``moving``: motion is queued."""

    def __init__(self) -> None:
        self._now = 0.0

    @property
    def now(self) -> float:
        return self._now

    def wait(self, event: float | None, pressing: bool, moving: bool) -> float:
        if pressing:
            return 0.0
        if moving:
            return SILENCE / 4
        return 0.5 if event is None else min(0.5, max(0.001, (event - self._now) / IDLE_RATE))

    def waited(self, real: float, quiet: float, event: float | None, pressing: bool, moving: bool) -> None:
        if pressing or (moving and quiet >= SILENCE):
            if event is not None:
                self._now = max(self._now, event)
        elif not moving:
            self._now += real * IDLE_RATE


def pace(text: str) -> Pace:
    """``max``, or a positive factor. Raises ValueError."""
    if text == "max":
        return Max()
    factor = float(text)
    if not 0 < factor <= 10_000:
        raise ValueError(f"a speed is 'max' or a factor above 0 and at most 10000, not {text!r}")
    return Factor(factor)
