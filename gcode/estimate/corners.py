"""How fast a corner may be passed: three rules, each as its firmware computes it. Speeds are given as their squares.

Sources: Marlin's planner.cpp (classic jerk: one axis jumps at most so far, and one that turns round stops in between;
junction deviation: the corner as an arc that passes it at a distance), grbl's planner.c (the same arc), Klipper's
docs/Kinematics.md and toolhead (the same arc, within half of the shorter move).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gcode.estimate.moves import Moves
from gcode.units import FloatArray

FEEDER_JUMP: Final = 1.0
"""mm/s by which the feeder's speed may jump (Klipper's instantaneous_corner_velocity)."""
HALTS: Final = 0.99
"""Of the speed through a corner: where stopping and starting are faster, Marlin does that."""


def _quotient(limit: FloatArray | float, by: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: FloatArray = np.where(by > 1e-9, limit / by, np.inf)
    return quotient


def rests(moves: Moves) -> FloatArray:
    """Classic jerk: the speed at which each move may begin from a standstill, and end in one."""
    speed = _quotient(moves.jerk, np.abs(moves.direction)).min(axis=1, initial=np.inf)
    squares: FloatArray = np.minimum(speed, moves.nominal) ** 2
    return squares


def classic(moves: Moves) -> FloatArray:
    """Classic jerk: between each move and the next."""
    before, after = moves.direction[:-1], moves.direction[1:]
    turns = before * after < 0
    jump = np.where(turns, np.maximum(np.abs(before), np.abs(after)), np.abs(after - before))
    own = np.minimum(moves.nominal[:-1], moves.nominal[1:])
    speed = np.minimum(own, _quotient(moves.jerk[1:], jump).min(axis=1, initial=np.inf))
    safe = np.sqrt(rests(moves))
    halts = (safe[:-1] > HALTS * speed) & (safe[1:] > HALTS * speed)
    squares: FloatArray = np.where(halts, np.minimum(safe[1:], own), speed) ** 2
    return squares


def _half_angle(before: FloatArray, after: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sine and cosine of half the angle between two ways: 1 and 0 straight on, 0 and 1 where it goes back."""
    cosine = np.clip(-(before * after).sum(axis=1), -1.0, 1.0)
    return np.sqrt((1 - cosine) / 2), np.sqrt((1 + cosine) / 2)


def deviation(moves: Moves) -> FloatArray:
    """Junction deviation: between each move and the next."""
    before, after = moves.direction[:-1], moves.direction[1:]
    sine, _ = _half_angle(before, after)
    bend = after - before
    length = np.sqrt((bend**2).sum(axis=1))
    share = np.abs(bend) / np.maximum(length, 1e-12)[:, None]
    limits = _quotient(moves.most[1:], share).min(axis=1, initial=np.inf)
    acceleration = np.minimum(moves.acceleration[1:], limits)
    squares = _quotient(acceleration * moves.deviation[1:] * sine, 1 - sine)
    own: FloatArray = np.minimum(squares, np.minimum(moves.nominal[:-1], moves.nominal[1:]) ** 2)
    return own


def square(moves: Moves) -> FloatArray:
    """Klipper's square corner velocity: between each move and the next. It stands still beside moves of E alone."""
    before, after = moves.direction[:-1], moves.direction[1:]
    sine, cosine = _half_angle(before[:, :3], after[:, :3])
    squares = np.minimum(moves.nominal[:-1], moves.nominal[1:]) ** 2
    squares = np.minimum(squares, _quotient(FEEDER_JUMP, np.abs(after[:, 3] - before[:, 3])) ** 2)
    arc, tangent = _quotient(sine, 1 - sine), _quotient(sine, cosine) / 4
    for one in (slice(0, -1), slice(1, None)):
        with np.errstate(invalid="ignore"):
            circle = arc * moves.deviation[one] * moves.acceleration[one]
            touching = 2 * moves.distance[one] * moves.acceleration[one] * tangent
        squares = np.minimum(squares, np.minimum(np.nan_to_num(circle, nan=np.inf), touching))
    alone = (moves.direction[:, :3] == 0).all(axis=1)
    return np.where(alone[:-1] | alone[1:], 0.0, squares)
