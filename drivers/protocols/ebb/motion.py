"""Motion planned for a board that plans none: straight moves into steps at constant speed, a few milliseconds each.

Along each move the speed follows a trapezoid, corners are taken at the speed that a circle of a given deviation allows
(as Grbl's junction deviation), and all of it is cut into slices. A slice's steps are the difference of two rounded
places, so that rounding never adds up: the sum is the place that was meant, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""(n, 2) in mm."""
Slices = npt.NDArray[np.int64]
"""(n, 3): ms, steps of motor 1, steps of motor 2."""
Steps = tuple[int, int]

SLICE: Final = 25
"""ms that a slice takes at most: what is under way when somebody stops it is two of them."""
STEPS_PER_MS: Final = 25
"""The most that the board does of either motor (25 kHz)."""
LEAST: Final = 0.02
"""mm: a shorter piece of a curve goes into the next one. It would take a slice of its own, and be drawn slower."""
CREEP: Final = 4.0
"""mm/s from which a motor stops within a step."""
SLOWEST: Final = 700
"""ms of one step: at less than 1.31 steps/s firmware 2.x refuses a move."""


@dataclass(frozen=True, slots=True)
class Frame:
    """From the plane of the table to the motors and back."""

    steps: float
    mixed: bool
    """Motor 1 is x + y, motor 2 is x - y."""
    depth: float | None = None
    """Where the carriage's home is at the back: the y of the table that is the machine's 0, and runs towards us."""

    def motors(self, points: Points) -> npt.NDArray[np.int64]:
        """Places of both motors, in steps."""
        x, y = points[:, 0], points[:, 1] if self.depth is None else self.depth - points[:, 1]
        both = np.stack([x + y, x - y] if self.mixed else [x, y], axis=1)
        return np.rint(both * self.steps).astype(np.int64)

    def point(self, place: Steps) -> tuple[float, float]:
        """Where on the table a place of the motors is."""
        a, b = place[0] / self.steps, place[1] / self.steps
        x, y = ((a + b) / 2, (a - b) / 2) if self.mixed else (a, b)
        return x, y if self.depth is None else self.depth - y

    def way(self, a: int, b: int) -> float:
        """mm of way that steps of both motors make."""
        return float(np.hypot(a, b)) / self.steps / (2**0.5 if self.mixed else 1.0)

    def pull(self, directions: Points) -> npt.NDArray[np.float64]:
        """Steps of the busier motor to the millimetre in each direction."""
        x, y = np.abs(directions).T
        pull: npt.NDArray[np.float64] = self.steps * (x + y if self.mixed else np.maximum(x, y))
        return pull


@dataclass(frozen=True, slots=True)
class Limits:
    """mm/s, mm/s2, mm."""

    speed: float
    acceleration: float
    corner: float


def plan(points: Points, feeds: npt.NDArray[np.float64], limits: Limits, frame: Frame) -> Slices:
    """Slices that follow the points from standstill to standstill, each move no faster than its feed."""
    points, feeds = _thinned(points, feeds)
    if len(points) < 2:
        return np.zeros((0, 3), dtype=np.int64)
    moves = np.diff(points, axis=0)
    length = np.hypot(*moves.T)
    directions = moves / length[:, None]
    # One step less than the board does: a slice's steps are rounded at both of its ends.
    fastest = (STEPS_PER_MS - 1) * 1000 / frame.pull(directions)
    speed = np.minimum(np.minimum(feeds, limits.speed), fastest)
    ends = _ends(directions, length, speed, limits)
    return _sliced(points, length, _profile(length, speed, ends, limits.acceleration), frame)


def _thinned(points: Points, feeds: npt.NDArray[np.float64]) -> tuple[Points, npt.NDArray[np.float64]]:
    """The points without those that lie hardly off the one before; the last stays."""
    if len(points) < 2 or np.hypot(*np.diff(points, axis=0).T).min() >= LEAST:
        return points, feeds
    kept = [0]
    for index in range(1, len(points)):
        if np.hypot(*(points[index] - points[kept[-1]])) >= LEAST:
            kept.append(index)
    last = len(points) - 1
    if kept[-1] != last:
        if len(kept) > 1:
            kept.pop()
        if np.hypot(*(points[last] - points[kept[-1]])) > 0:
            kept.append(last)
    return points[kept], feeds[np.array(kept[1:], dtype=np.int64) - 1]


def _ends(
    directions: Points, length: npt.NDArray[np.float64], speed: npt.NDArray[np.float64], limits: Limits
) -> npt.NDArray[np.float64]:
    """mm/s at the ends of all moves: what corners allow, and what can be reached and left again."""
    cosine = -np.clip((directions[:-1] * directions[1:]).sum(axis=1), -1.0, 1.0)
    sine = np.sqrt((1 - cosine) / 2)
    with np.errstate(divide="ignore"):
        corner = limits.acceleration * limits.corner * sine / (1 - sine)
    squares = np.zeros(len(length) + 1)
    squares[1:-1] = np.minimum(np.minimum(speed[:-1], speed[1:]) ** 2, corner)
    reach = np.concatenate([[0.0], np.cumsum(2 * limits.acceleration * length)])
    squares = np.minimum.accumulate(squares - reach) + reach
    squares = np.minimum.accumulate((squares + reach)[::-1])[::-1] - reach
    ends: npt.NDArray[np.float64] = np.sqrt(np.maximum(squares, 0.0))
    return ends


@dataclass(frozen=True, slots=True)
class _Profile:
    """Each move's trapezoid: speeds at its ends and at its top, and the times of its three parts."""

    acceleration: float
    enter: npt.NDArray[np.float64]
    leave: npt.NDArray[np.float64]
    top: npt.NDArray[np.float64]
    rise: npt.NDArray[np.float64]
    cruise: npt.NDArray[np.float64]
    fall: npt.NDArray[np.float64]

    @property
    def time(self) -> npt.NDArray[np.float64]:
        return self.rise + self.cruise + self.fall


def _profile(
    length: npt.NDArray[np.float64],
    speed: npt.NDArray[np.float64],
    ends: npt.NDArray[np.float64],
    acceleration: float,
) -> _Profile:
    enter, leave = ends[:-1], ends[1:]
    peak = np.sqrt((2 * acceleration * length + enter**2 + leave**2) / 2)
    top = np.maximum(np.minimum(peak, speed), np.maximum(enter, leave))
    ramps = (2 * top**2 - enter**2 - leave**2) / (2 * acceleration)
    cruise = np.maximum(length - ramps, 0.0) / top
    return _Profile(acceleration, enter, leave, top, (top - enter) / acceleration, cruise, (top - leave) / acceleration)


def _sliced(points: Points, length: npt.NDArray[np.float64], profile: _Profile, frame: Frame) -> Slices:
    """Every move in whole milliseconds (never faster than planned), cut into slices of at most SLICE."""
    time = profile.time
    ms = np.maximum(1, np.ceil(time * 1000 - 1e-6)).astype(np.int64)
    count = -(-ms // SLICE)
    move = np.repeat(np.arange(len(ms)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
    last = nth == count[move]
    until = nth * ms[move] // count[move]
    way = _way(until / ms[move] * time[move], move, length, profile)
    share = np.where(last, 1.0, way / length[move])[:, None]
    reached = points[move] + (points[move + 1] - points[move]) * share
    reached[last] = points[move[last] + 1]
    places = np.vstack([frame.motors(points[:1]), frame.motors(reached)])
    took = until - np.where(nth == 1, 0, np.concatenate([[0], until[:-1]]))
    return np.column_stack([took, np.diff(places, axis=0)])


def _way(
    time: npt.NDArray[np.float64], move: npt.NDArray[np.int64], length: npt.NDArray[np.float64], profile: _Profile
) -> npt.NDArray[np.float64]:
    """mm along each move at a time since it began."""
    half = profile.acceleration / 2
    rise, cruise = profile.rise[move], profile.cruise[move]
    risen = profile.enter[move] * rise + half * rise**2
    left = np.maximum(profile.time[move] - time, 0.0)
    rising = profile.enter[move] * time + half * time**2
    cruising = risen + profile.top[move] * (time - rise)
    falling = length[move] - (profile.leave[move] * left + half * left**2)
    return np.where(time < rise, rising, np.where(time < rise + cruise, cruising, falling))


class Pace:
    """How fast planned slices are followed: as planned, or slower while a pause comes or goes.

    A slice only ever takes longer. Its steps stay, so that what was paused is drawn as what was not.
    """

    def __init__(self, acceleration: float) -> None:
        self._acceleration = acceleration
        self._share = 1.0

    def begin(self) -> None:
        """From standstill, in the middle of a move."""
        self._share = 0.0

    def next(self, ms: int, way: float, *, stop: bool) -> int | None:
        """ms that the next slice of ``way`` mm takes; None: it is slow enough to stand still before it."""
        planned = way / ms * 1000
        if stop and planned * self._share <= CREEP:
            return None
        if planned <= CREEP or (self._share == 1.0 and not stop):
            return ms
        change = self._acceleration * ms / 1000 / planned
        self._share = max(self._share - change, 0.0) if stop else min(self._share + change, 1.0)
        return max(ms, min(round(ms / max(self._share, CREEP / planned)), SLOWEST))
