"""Where the motors are along one motion, as a function of time.

A track is straight between its knots. A move at constant speed has two; one with acceleration has as many as keep it
smooth. Units: steps, s.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from dataclasses import dataclass

TICK = 1 / 25_000
"""The firmware decides on steps so often."""
FULL = 2**31
"""An accumulator that reaches this makes a step."""
INSTANT = 1e-9
KNOT = 0.005
"""Seconds between the knots of an accelerated move, and not more than KNOTS of them."""
KNOTS = 400

Steps = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Track:
    """``times`` from 0; ``places`` relative to its start."""

    times: tuple[float, ...]
    places: tuple[Steps, ...]

    @property
    def duration(self) -> float:
        return self.times[-1]

    @property
    def total(self) -> Steps:
        return self.places[-1]

    def at(self, time: float) -> Steps:
        if time >= self.duration - INSTANT:
            return self.total
        index = max(1, bisect_right(self.times, max(time, 0.0)))
        t0, t1 = self.times[index - 1], self.times[index]
        share = (max(time, 0.0) - t0) / (t1 - t0) if t1 > t0 else 1.0
        (a0, b0), (a1, b1) = self.places[index - 1], self.places[index]
        return a0 + share * (a1 - a0), b0 + share * (b1 - b0)

    def between(self, begun: float, ended: float) -> list[tuple[float, float, Steps]]:
        """Straight pieces within a time: from, to, and the steps of each."""
        cuts = [begun, *(time for time in self.times if begun + INSTANT < time < ended - INSTANT), ended]
        pieces = []
        for near, far in itertools.pairwise(cuts):
            (a0, b0), (a1, b1) = self.at(near), self.at(far)
            pieces.append((near, far, (a1 - a0, b1 - b0)))
        return pieces


def delay(seconds: float) -> Track:
    return Track((0.0, seconds), ((0.0, 0.0), (0.0, 0.0)))


def straight(seconds: float, steps: Steps) -> Track:
    """SM: both axes at constant speed."""
    return Track((0.0, seconds), ((0.0, 0.0), steps))


def limited(rates: tuple[int, int], steps: tuple[int, int], accelerations: tuple[int, int]) -> Track:
    """LM: each axis until it has made its steps. Where one never does, the track never ends."""
    ends = [_ticks(rate, abs(count), gain) for rate, count, gain in zip(rates, steps, accelerations, strict=True)]
    last = max(ends)
    if math.isinf(last):
        return Track((0.0, math.inf), ((0.0, 0.0), (0.0, 0.0)))

    def place(ticks: float) -> Steps:
        first, second = (
            math.copysign(min(abs(count), _made(rate, gain, min(ticks, end))), count) if count else 0.0
            for rate, count, gain, end in zip(rates, steps, accelerations, ends, strict=True)
        )
        return first, second

    moments = sorted({*_moments(last, any(accelerations)), *ends})
    places = [place(ticks) for ticks in moments]
    places[-1] = (float(steps[0]), float(steps[1]))
    return Track(tuple(ticks * TICK for ticks in moments), tuple(places))


def timed(ticks: int, rates: tuple[int, int], accelerations: tuple[int, int]) -> Track:
    """LT: both axes for so long."""

    def place(moment: float) -> Steps:
        first, second = (
            math.copysign(_made(abs(rate), gain, moment), rate) for rate, gain in zip(rates, accelerations, strict=True)
        )
        return first, second

    moments = _moments(float(ticks), any(accelerations))
    places = [place(moment) for moment in moments]
    places[-1] = (float(math.trunc(places[-1][0])), float(math.trunc(places[-1][1])))
    return Track(tuple(moment * TICK for moment in moments), tuple(places))


def _moments(last: float, curved: bool) -> list[float]:
    count = min(KNOTS, max(1, math.ceil(last * TICK / KNOT))) if curved else 1
    return [last * index / count for index in range(count + 1)]


def _made(rate: int, gain: int, ticks: float) -> float:
    """Steps after so many ticks; what slows down below zero stays where it was."""
    if gain < 0:
        ticks = min(ticks, -rate / gain)
    return max(0.0, (rate * ticks + gain * ticks * ticks / 2) / FULL)


def _ticks(rate: int, steps: int, gain: int) -> float:
    """Until so many steps are made."""
    if not steps:
        return 0.0
    way = steps * FULL
    if not gain:
        return way / rate if rate else math.inf
    root = rate * rate + 2 * gain * way
    return (math.sqrt(root) - rate) / gain if root >= 0 else math.inf
