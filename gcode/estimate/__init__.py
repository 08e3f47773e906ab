"""How long a machine takes: trapezoids of speed with look-ahead, as its planner makes them.

A move's speed at its ends is limited by the corner (a jump of at most ``jerk`` on each axis), by both moves' own
speeds, and by what can be reached and left again at the machine's acceleration. Those last limits are min(m[i], u[i+1]
+ c[i]) from the end and the same from the start; with the running sum of c subtracted each is one running minimum, so a
million moves take a blink. The look-ahead is unlimited; a firmware plans some 16 moves ahead, which matters only for
moves far below a millimetre.
"""

from __future__ import annotations

import numpy as np

from gcode.recipe import Motion
from gcode.trace import Trace
from gcode.units import FloatArray

DEFAULT_FEED = 1.0
"""mm/s assumed for a move before any F word: preflight reports it as a fault."""
RAPID = 1000.0
"""mm/s assumed for a move as fast as can be, on axes whose limits are not known."""


def _nominal(directions: FloatArray, feed: FloatArray, motion: Motion) -> FloatArray:
    """Each move's own speed, lowered where an axis would pass its limit."""
    limits = np.array(motion.max_feed)
    shares = np.abs(directions)
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = np.where(shares > 1e-9, limits / shares, np.inf)
    allowed = np.where(np.isnan(allowed), np.inf, allowed).min(axis=1, initial=np.inf)
    nominal: FloatArray = np.minimum(np.where(feed > 0, feed, DEFAULT_FEED), np.maximum(allowed, 1e-3))
    return np.where(np.isinf(nominal), RAPID, nominal)


def _corners(directions: FloatArray, nominal: FloatArray, jerk: float) -> FloatArray:
    """The highest speed at the start of each move and, as the last value, at the end of all: n + 1 values."""
    standstill = np.zeros((1, directions.shape[1]))
    jumps = np.abs(np.diff(np.vstack([standstill, directions, standstill]), axis=0)).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = np.where(jumps > 1e-9, jerk / jumps, np.inf)
    own = np.concatenate([nominal[:1], np.minimum(nominal[1:], nominal[:-1]), nominal[-1:]])
    corners: FloatArray = np.minimum(limit, own)
    return corners


def move_times(trace: Trace, motion: Motion) -> FloatArray:
    """Seconds of each move; 0 for a move that moves nothing."""
    steps = np.column_stack([trace.end - trace.start, trace.e])
    way = np.sqrt((steps[:, :3] ** 2).sum(axis=1))
    distance = np.where(way > 0, way, np.abs(steps[:, 3]))
    times = np.zeros(len(trace))
    real = (distance > 0) & np.isfinite(distance)
    if not real.any():
        return times
    steps, distance, acceleration = steps[real], distance[real], motion.acceleration
    directions = steps / distance[:, None]
    nominal = _nominal(directions, trace.feed[real], motion)
    squares = _corners(directions, nominal, motion.jerk) ** 2
    reach = np.concatenate([[0.0], np.cumsum(2 * acceleration * distance)])
    squares = np.minimum.accumulate(squares - reach) + reach
    squares = np.minimum.accumulate((squares + reach)[::-1])[::-1] - reach
    speeds = np.sqrt(np.maximum(squares, 0.0))
    times[real] = _trapezoids(distance, speeds[:-1], speeds[1:], nominal, acceleration)
    return times


def _trapezoids(
    distance: FloatArray, enter: FloatArray, leave: FloatArray, nominal: FloatArray, acceleration: float
) -> FloatArray:
    """Seconds of moves that speed up from ``enter``, run at most at ``nominal`` and slow down to ``leave``."""
    peak = np.sqrt((2 * acceleration * distance + enter**2 + leave**2) / 2)
    top = np.maximum(np.minimum(peak, nominal), np.maximum(enter, leave))
    ramps = (2 * top - enter - leave) / acceleration
    cruise = distance - (2 * top**2 - enter**2 - leave**2) / (2 * acceleration)
    seconds: FloatArray = ramps + np.maximum(cruise, 0.0) / top
    return seconds


def duration(trace: Trace, motion: Motion, *, homing: float = 0.0) -> float:
    """Seconds of a whole program: moves, dwells and ``homing``. Waiting for heat is not in it, nor what a firmware does
    by itself: how long it measures a surface is in ``gcode.probe.seconds``."""
    return float(move_times(trace, motion).sum() + trace.dwell + homing)
