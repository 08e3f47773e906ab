"""Speeds by look-ahead, and the seconds of each move: trapezoids, planned to the end of what is known.

A move's speed at its ends is limited by the corner, by both moves' own speeds, and by what can be reached and left
again at its acceleration. Those last limits are min(m[i], u[i+1] + c[i]) from the end and the same from the start; with
the running sum of c subtracted each is one running minimum, so a million moves take a blink. The look-ahead is
unlimited; a firmware plans some 16 moves ahead (Klipper a second or two), which matters only for moves far below a
millimetre.

Moves may come piece by piece. What lies behind the last corner whose speed no later move can change is kept for the
next piece: the result is that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from gcode.estimate.corners import classic, deviation, rests, square
from gcode.estimate.moves import Moves, joined, nothing
from gcode.recipe import Motion
from gcode.units import BoolArray, FloatArray, IntArray

MOST_KEPT: Final = 200_000
"""Moves kept for the next piece at most: a longer run without a certain corner ends in a stop."""
_APART: Final = 1e7
"""More than any speed's square: nothing that is this far apart limits the other."""

_SAME: Final = 1e-3
"""Squares that differ by less are the same but for rounding."""

Timed = tuple[IntArray, FloatArray]
"""The owner of each move that is done, and its seconds."""


class Planner(Protocol):
    def add(self, moves: Moves) -> Timed:
        """The next moves; what is certain by now."""
        ...

    def finish(self, moves: Moves) -> Timed:
        """The last moves, and all that was kept, to a standstill."""
        ...


def planner(motion: Motion) -> Planner:
    """The planner of a firmware with such a rule of corners."""
    if motion.square_corner is not None:
        return _Smoothed()
    return _Plain(classic if motion.junction_deviation is None else deviation, motion)


def reached(limits: FloatArray, gains: FloatArray) -> FloatArray:
    """The highest squares of speed at each corner that can be reached from the one before and left to the one behind.

    ``gains``: what a move can add to its square, or take away, one fewer than corners.
    """
    squares = _from_before(limits, gains)
    return _from_before(squares[::-1], gains[::-1])[::-1]


def _from_before(limits: FloatArray, gains: FloatArray) -> FloatArray:
    way = np.concatenate([[0.0], np.cumsum(gains)])
    reachable: FloatArray = np.minimum.accumulate(limits - way) + way
    return reachable


def trapezoids(moves: Moves, enter: FloatArray, leave: FloatArray, cruise: FloatArray) -> FloatArray:
    """Seconds of moves that speed up from ``enter``, run at ``cruise`` and slow down to ``leave``, all as squares."""
    enter, leave = np.maximum(enter, 0.0), np.maximum(leave, 0.0)
    top = np.sqrt(np.maximum(cruise, np.maximum(enter, leave)))
    ramps = (2 * top - np.sqrt(enter) - np.sqrt(leave)) / moves.acceleration
    even = moves.distance - (2 * top**2 - enter - leave) / (2 * moves.acceleration)
    seconds: FloatArray = ramps + np.maximum(even, 0.0) / top
    return seconds


def _peak(enter: FloatArray, leave: FloatArray, gains: FloatArray, nominal: FloatArray) -> FloatArray:
    return np.minimum((gains + enter + leave) / 2, nominal**2)


class _Plain:
    """Marlin and grbl: as fast as can be. After a halt a move may begin at what ``rest`` allows."""

    def __init__(self, rule: Callable[[Moves], FloatArray], motion: Motion) -> None:
        self._rule = rule
        self._rests = rests if motion.junction_deviation is None else _standstill
        self._kept = nothing()
        self._first: float | None = None
        """The square at which what was kept begins; None: it begins from a halt."""

    def add(self, moves: Moves) -> Timed:
        moves = joined(self._kept, moves)
        if not len(moves):
            return _none()
        limits, gains, place = self._corners(moves)
        squares = reached(limits, gains)
        free = limits.copy()
        free[-1] = moves.nominal[-1] ** 2
        certain = np.flatnonzero((squares[place] == reached(free, gains)[place]) | moves.stops)
        cut = int(certain[-1]) if len(certain) else 0
        if len(moves) - cut > MOST_KEPT:
            cut = len(moves)
        done = self._timed(moves.only(slice(0, cut)), squares, gains, place[:cut])
        if cut < len(moves):
            halts = bool(moves.stops[cut]) and cut > 0
            self._first = None if halts else float(squares[place[cut]]) if cut > 0 else self._first
        else:
            self._first = None
        self._kept = moves.only(slice(cut, None))
        return done

    def finish(self, moves: Moves) -> Timed:
        moves, self._kept = joined(self._kept, moves), nothing()
        if not len(moves):
            return _none()
        limits, gains, place = self._corners(moves)
        return self._timed(moves, reached(limits, gains), gains, place)

    def _corners(self, moves: Moves) -> tuple[FloatArray, FloatArray, IntArray]:
        """Limits by corner, what each move can gain, and the corner that each begins at.

        A halt is two corners far apart: the one at which the move before it ends, and the one at which the next begins.
        """
        stops = moves.stops.copy()
        stops[0] = False
        rest = self._rests(moves)
        place = np.arange(len(moves)) + np.cumsum(stops)
        limits, gains = np.full(int(place[-1]) + 2, np.inf), np.full(int(place[-1]) + 1, _APART)
        gains[place] = 2 * moves.acceleration * moves.distance
        through = np.concatenate([[rest[0] if self._first is None else self._first], self._rule(moves)])
        limits[place] = np.where(stops, rest, through)
        halts = np.flatnonzero(stops)
        limits[place[halts] - 1] = rest[halts - 1]
        limits[-1] = rest[-1]
        return limits, gains, place

    def _timed(self, moves: Moves, squares: FloatArray, gains: FloatArray, place: IntArray) -> Timed:
        enter, leave = squares[place], squares[place + 1]
        return moves.owner, trapezoids(moves, enter, leave, _peak(enter, leave, gains[place], moves.nominal))


def _standstill(moves: Moves) -> FloatArray:
    return np.zeros(len(moves))


def _none() -> Timed:
    return np.zeros(0, np.int64), np.zeros(0)


class _Smoothed:
    """Klipper: a move that is too short to run evenly for a share of its way stays slower.

    Source: docs/Kinematics.md ("smoothed look-ahead") and the toolhead of its host software. Beside the speeds that can
    be reached there are those that could be with a lower acceleration; where these rise and fall again, their peak is
    the most that the moves about it run at.
    """

    def __init__(self) -> None:
        self._kept = nothing()
        self._first = (0.0, 0.0)

    def add(self, moves: Moves) -> Timed:
        moves = joined(self._kept, moves)
        if not len(moves):
            return _none()
        ends, free = self._speeds(moves, 0.0), self._speeds(moves, float(moves.nominal[-1] ** 2))
        settled = (ends[0] == free[0]) & (ends[1] == free[1])
        peaks = self._peaks(moves, ends[1])
        # Two corners further on are certain too, so that the peak at the cut is.
        certain = np.flatnonzero(settled[:-2] & settled[1:-1] & settled[2:] & peaks[:-1])
        cut = int(certain[-1]) if len(certain) else 0
        if len(moves) - cut > MOST_KEPT:
            cut = len(moves)
        seconds = self._seconds(moves, *ends)
        self._kept = moves.only(slice(cut, None))
        if cut > 0:
            self._first = (float(ends[0][cut]), float(ends[1][cut])) if cut < len(moves) else (0.0, 0.0)
        return moves.owner[:cut], seconds[:cut]

    def finish(self, moves: Moves) -> Timed:
        moves, self._kept = joined(self._kept, moves), nothing()
        if not len(moves):
            return _none()
        return moves.owner, self._seconds(moves, *self._speeds(moves, 0.0))

    def _speeds(self, moves: Moves, last: float) -> tuple[FloatArray, FloatArray]:
        """Squares by corner: those that can be reached, and those that could be with the lower acceleration."""
        through = np.where(moves.stops[1:], 0.0, square(moves))
        limits = np.concatenate([[self._first[0]], through, [last]])
        gains = 2 * moves.acceleration * moves.distance
        before = _from_before(limits, gains)
        calm = np.concatenate([[self._first[1]], before[1:]])
        return reached(limits, gains), reached(calm, self._calm_gains(moves))

    @staticmethod
    def _calm_gains(moves: Moves) -> FloatArray:
        return 2 * np.minimum(moves.smoothed, moves.acceleration) * moves.distance

    def _rises(self, moves: Moves, calm: FloatArray) -> BoolArray:
        """Moves that do not slow down all the way, at the lower acceleration."""
        rises: BoolArray = calm[:-1] + _SAME < calm[1:] + self._calm_gains(moves)
        return rises

    def _peaks(self, moves: Moves, calm: FloatArray) -> BoolArray:
        """Rising moves from which it goes down: within them, or at once behind them."""
        rises, gains = self._rises(moves, calm), self._calm_gains(moves)
        falls_behind = np.concatenate([~rises[1:], [False]])
        peaks: BoolArray = rises & ((calm[:-1] + gains > calm[1:] + _SAME) | falls_behind)
        return peaks

    def _seconds(self, moves: Moves, squares: FloatArray, calm: FloatArray) -> FloatArray:
        rises, peaks = self._rises(moves, calm), self._peaks(moves, calm)
        heights = np.where(peaks, (calm[:-1] + calm[1:] + self._calm_gains(moves)) / 2, np.nan)
        behind = np.minimum.accumulate(np.where(peaks, np.arange(len(moves)), len(moves))[::-1])[::-1]
        height = np.append(heights, np.inf)[behind]
        enter, leave = squares[:-1], squares[1:]
        gains = 2 * moves.acceleration * moves.distance
        cruise = np.where(rises, np.minimum(_peak(enter, leave, gains, moves.nominal), height), enter)
        cruise = _running_least(cruise, rises)
        return trapezoids(moves, np.minimum(enter, cruise), np.minimum(leave, cruise), cruise)


def _running_least(values: FloatArray, begins: BoolArray) -> FloatArray:
    """The running minimum within each run that begins at a mark."""
    since = np.arange(len(values)) - np.maximum.accumulate(np.where(begins, np.arange(len(values)), 0))
    least, step = values.copy(), 1
    while step <= int(since.max(initial=0)):
        reach = since[step:] >= step
        least[step:] = np.where(reach, np.minimum(least[step:], least[:-step]), least[step:])
        step *= 2
    return least
