"""Heaters: first order towards what full power would reach while below the target, towards the room above it.

The exact solution of the differential equation is used, so that a reading does not depend on how often one looks.
Degrees C and seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ROOM = 22.0


@dataclass(slots=True)
class Heater:
    """``full``: where full power would end; ``tau``: the time constant; ``power``: the duty that is shown as @."""

    full: float
    tau: float
    highest: float
    target: float = 0.0
    temperature: float = ROOM
    reading: float | None = None
    """What a broken sensor shows instead of the temperature."""
    _time: float = 0.0

    @property
    def shown(self) -> float:
        return self.temperature if self.reading is None else self.reading

    @property
    def duty(self) -> int:
        if self.target <= 0:
            return 0
        if self.temperature < self.target - 0.01:
            return 127
        return round(127 * (self.target - ROOM) / (self.full - ROOM)) if self.target > ROOM else 0

    def update(self, now: float) -> None:
        elapsed, self._time = now - self._time, max(now, self._time)
        if elapsed <= 0:
            return
        decay = math.exp(-elapsed / self.tau)
        if self.target > self.temperature:
            self.temperature = min(self.target, self.full + (self.temperature - self.full) * decay)
        else:
            self.temperature = max(self.target, ROOM + (self.temperature - ROOM) * decay, min(ROOM, self.temperature))

    def set(self, target: float) -> None:
        self.target = min(max(target, 0.0), self.highest)
        self.reading = None


def hotend() -> Heater:
    return Heater(full=420.0, tau=90.0, highest=275.0)


def bed(highest: float = 120.0) -> Heater:
    """``highest``: what the firmware lets it be set to (BED_MAXTEMP less its margin); a griddle is a bed, too."""
    return Heater(full=highest + 20.0, tau=150.0, highest=highest)
