"""Moves as a planner takes them: straight pieces with a direction, a speed of their own and an acceleration."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from gcode.estimate.words import AXES, DEVIATION, PRINT, RATE, RETRACT, TRAVEL
from gcode.recipe import Motion
from gcode.trace import Trace
from gcode.units import BoolArray, FloatArray, IntArray

DEFAULT_FEED: Final = 1.0
"""mm/s assumed for a move before any F word: preflight reports it as a fault."""
RAPID: Final = 1000.0
"""mm/s assumed for a move as fast as can be, on axes whose limits are not known."""
ARC: Final = 1.0
"""mm: firmwares take an arc as chords of about this length (Marlin's MM_PER_ARC_SEGMENT, Klipper's resolution)."""
MAX_CHORDS: Final = 10_000
LEAST: Final = 1e-3
"""Of speeds and accelerations: what a program sets to nothing would never end."""

_Columns = dict[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Columns of equal length. mm, mm/s, mm/s2."""

    direction: FloatArray
    """(n, 4): X, Y, Z, E for each mm of way; of a move of E alone for each mm of E."""
    distance: FloatArray
    nominal: FloatArray
    acceleration: FloatArray
    most: FloatArray
    """(n, 4): the acceleration of each axis at most, infinite where it is not known."""
    jerk: FloatArray
    """(n, 4)"""
    deviation: FloatArray
    smoothed: FloatArray
    """The acceleration that a short move is planned with, where the firmware wants an even speed in it."""
    stops: BoolArray
    owner: IntArray
    """The move of the program that each is of."""

    def __len__(self) -> int:
        return len(self.distance)

    def only(self, chosen: slice | BoolArray) -> Moves:
        return Moves(*(getattr(self, one.name)[chosen] for one in fields(self)))


def joined(first: Moves, second: Moves) -> Moves:
    if not len(first):
        return second
    return Moves(*(np.concatenate([getattr(first, one.name), getattr(second, one.name)]) for one in fields(Moves)))


def nothing() -> Moves:
    empty, four = np.zeros(0), np.zeros((0, 4))
    return Moves(four, empty, empty, empty, four, four, empty, empty, np.zeros(0, bool), np.zeros(0, np.int64))


def moves_of(trace: Trace, motion: Motion, said: _Columns) -> Moves:
    """The moves that move something. ``said``: settings by the program itself (:class:`gcode.estimate.words.Said`)."""
    steps, owner, stops = _straight(trace)
    way = np.sqrt((steps[:, :3] ** 2).sum(axis=1))
    alone = way == 0
    distance = np.where(alone, np.abs(steps[:, 3]), way)
    real = (distance > 0) & np.isfinite(distance)
    if not real.all():
        # Where the machine stands still is kept, though the move behind it moves nothing.
        count = np.cumsum(stops)
        steps, owner, distance, alone = steps[real], owner[real], distance[real], alone[real]
        stops = np.diff(count[real], prepend=0) > 0
    direction = steps / distance[:, None]
    settings = {name: column[owner] for name, column in said.items()}
    most = _four("acceleration", motion.max_acceleration, settings, len(owner))
    acceleration, planned = _accelerations(direction, alone, motion, settings)
    return Moves(
        direction=direction,
        distance=distance,
        nominal=_nominal(direction, trace.feed[owner], alone, motion, settings),
        acceleration=_within(acceleration, direction, most),
        most=most,
        jerk=_four("jerk", motion.jerks or (motion.jerk,) * 4, settings, len(owner)),
        deviation=_deviation(motion, planned, settings),
        smoothed=planned * (1 - motion.cruise),
        stops=stops,
        owner=owner.copy(),
    )


def _four(setting: str, own: tuple[float, ...], said: _Columns, count: int) -> FloatArray:
    """A setting of each axis; infinite where nobody has said it."""
    values = np.where(np.isnan(own), np.inf, own)
    if not any(f"{setting} {letter}" in said for letter in AXES):
        return np.broadcast_to(values, (count, 4))
    columns = []
    for letter, value in zip(AXES, values.tolist(), strict=True):
        column = said.get(f"{setting} {letter}")
        columns.append(np.full(count, value) if column is None else np.where(np.isnan(column), value, column))
    return np.stack(columns, axis=1)


def _one(setting: str, own: float, said: _Columns, highest: float = math.inf) -> FloatArray | float:
    column = said.get(setting)
    return own if column is None else np.where(np.isnan(column), own, np.clip(column, LEAST, highest))


def _accelerations(
    direction: FloatArray, alone: BoolArray, motion: Motion, said: _Columns
) -> tuple[FloatArray, FloatArray]:
    """What each kind of move is asked for: with E, without, of E alone; and the same as if no move were of E alone.

    What a program says is held to the machine's own highest.
    """
    highest = max(motion.acceleration, motion.travel_acceleration or 0.0, motion.retract_acceleration or 0.0)
    laying = _one(PRINT, motion.acceleration, said, highest)
    ways = _one(TRAVEL, motion.travel_acceleration or motion.acceleration, said, highest)
    drawing = _one(RETRACT, motion.retract_acceleration or motion.acceleration, said, highest)
    planned: FloatArray = np.where(direction[:, 3] != 0, laying, ways)
    return np.where(alone, drawing, planned), planned


def _within(acceleration: FloatArray, direction: FloatArray, most: FloatArray) -> FloatArray:
    """Lowered where an axis would pass its own."""
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = np.where(direction != 0, most / np.abs(direction), np.inf).min(axis=1, initial=np.inf)
    within: FloatArray = np.maximum(np.minimum(acceleration, allowed), LEAST)
    return within


def _nominal(direction: FloatArray, feed: FloatArray, alone: BoolArray, motion: Motion, said: _Columns) -> FloatArray:
    """Each move's own speed, lowered where an axis would pass its limit."""
    limits = _four("feed", motion.max_feed, said, len(feed))
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = np.where(np.abs(direction) > 1e-9, limits / np.abs(direction), np.inf).min(axis=1, initial=np.inf)
    if motion.square_corner is not None:
        # Klipper's max_velocity is of the way, not of an axis.
        allowed = np.where(alone, allowed, np.minimum(allowed, limits[:, :2].max(axis=1)))
    wanted = np.where(feed > 0, feed, DEFAULT_FEED) * _one(RATE, 1.0, said)
    nominal: FloatArray = np.minimum(wanted, np.maximum(allowed, LEAST))
    return np.where(np.isinf(nominal), RAPID, nominal)


def _deviation(motion: Motion, planned: FloatArray, said: _Columns) -> FloatArray:
    if motion.square_corner is not None:
        deviation: FloatArray = motion.square_corner**2 * (math.sqrt(2) - 1) / planned
        return deviation
    return np.broadcast_to(_one(DEVIATION, motion.junction_deviation or 0.0, said), planned.shape)


def _straight(trace: Trace) -> tuple[FloatArray, IntArray, BoolArray]:
    """X, Y, Z and E of straight pieces, and the move that each is of; arcs become chords, a full circle too."""
    steps = np.column_stack([trace.end - trace.start, trace.e])
    owner = np.arange(len(trace))
    if not trace.arc.any():
        return steps, owner, trace.stops
    first, turn = trace.turns
    arcs = np.flatnonzero(turn != 0)
    first, turn = first[arcs], turn[arcs]
    count = np.ones(len(trace), dtype=np.int64)
    count[arcs] = np.clip(np.ceil(np.abs(turn) * trace.radius[arcs] / ARC), 1, MAX_CHORDS)
    owner = np.repeat(owner, count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    pieces = steps[owner] / count[owner][:, None]
    place = np.full(len(trace), -1)
    place[arcs] = np.arange(len(arcs))
    bent = place[owner] >= 0
    of, part = place[owner[bent]], step[bent]
    angles = [first[of] + turn[of] * (part + more) / count[owner[bent]] for more in (0, 1)]
    radius = trace.radius[arcs][of]
    pieces[bent, 0] = radius * (np.cos(angles[1]) - np.cos(angles[0]))
    pieces[bent, 1] = radius * (np.sin(angles[1]) - np.sin(angles[0]))
    return pieces, owner, trace.stops[owner] & (step == 0)
