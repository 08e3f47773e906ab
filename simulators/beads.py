"""From blocks to samples: a block as a row of numbers, and when the tool is where along it.

Units: mm, s, mm/s, mm/s2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.motion import Block

Array = NDArray[np.float64]

Json = dict[str, Any]

Row = tuple[float, ...]
"""A block as a row: start, x0, y0, z0, x1, y1, z1, e, length, acceleration, entry, peak, exit, and three phases.
A tool that is driven by a spindle's output has three more: ``POWER``, ``FOLLOWS``, ``PROGRAMMED``."""

POWER, FOLLOWS, PROGRAMMED = 16, 17, 18
"""Share of the full power; 1 where it follows the speed; the speed at which it is full, mm/s."""


def row(block: Block) -> Row:
    return (
        block.start,
        *block.origin,
        *block.target,
        block.e,
        block.length,
        block.acceleration,
        math.sqrt(block.entry),
        block.peak,
        block.exit,
        *block.phases,
    )


def worked(block: Block) -> Row:
    """A block as a row, with what its spindle or laser does."""
    work = block.work
    extra = (work.power, float(work.follows), work.programmed) if work is not None else (0.0, 0.0, 0.0)
    return (*row(block), *extra)


def rest(place: tuple[float, float, float], begun: float, ended: float, power: float) -> Row:
    """A time at one place as a row."""
    return (begun, *place, *place, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, ended - begun, 0.0, power, 0.0, 0.0)


def goes_on(before: Row, after: Row) -> bool:
    """Whether a rest is the same as the one before, longer."""
    still = not before[8] and before[1:7] == after[1:7] and before[POWER:] == after[POWER:]
    return still and abs(before[0] + before[14] - after[0]) < 1e-6


def motion_time(rows: Sequence[Row]) -> float:
    """Seconds of motion; a rest is none."""
    return float(sum(made[13] + made[14] + made[15] for made in rows if made[8] > 0))


@dataclass(frozen=True, slots=True)
class Beads:
    """Lines of a width. One row a sample that left something; a sample at rest has equal ends. ``volume`` in the tool's
    own measure."""

    start: Array
    end: Array
    volume: Array
    begun: Array
    ended: Array
    width: Array

    def __len__(self) -> int:
        return len(self.volume)


NONE = Beads(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))


def paths(beads: Beads) -> list[Json]:
    """Beads that touch, joined: points in mm, volume of each segment in mm3, seconds of start and end."""
    if not len(beads):
        return []
    apart = np.any(np.abs(beads.start[1:] - beads.end[:-1]) > 1e-6, axis=1)
    cuts = [0, *(np.flatnonzero(apart) + 1).tolist(), len(beads)]
    start, end, volume = np.round(beads.start, 4), np.round(beads.end, 4), np.round(beads.volume, 6)
    return [
        {
            "points": [start[a].tolist(), *end[a:b].tolist()],
            "volumes": volume[a:b].tolist(),
            "start": round(float(beads.begun[a]), 4),
            "end": round(float(beads.ended[b - 1]), 4),
        }
        for a, b in itertools.pairwise(cuts)
    ]


@dataclass(frozen=True, slots=True)
class Samples:
    """Pieces of blocks. ``index``: of which block; ``share``: how much of it one piece is."""

    index: NDArray[np.int64]
    start: Array
    end: Array
    begun: Array
    ended: Array
    share: Array


def sample(moves: Array, pieces: NDArray[np.int64]) -> Samples:
    """Cut each block into so many pieces of one length; their times follow its trapezoid."""
    index = np.repeat(np.arange(len(moves)), pieces)
    ordinal = np.arange(len(index)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    near, far = ordinal / pieces[index], (ordinal + 1) / pieces[index]
    blocks = moves[index]
    origin, vector = blocks[:, 1:4], blocks[:, 4:7] - blocks[:, 1:4]
    start, end = origin + near[:, None] * vector, origin + far[:, None] * vector
    return Samples(index, start, end, _when(blocks, near), _when(blocks, far), far - near)


def whereabouts(rows: Sequence[Row], times: Array) -> Array:
    """X and Y of the tool at these times; between rows it stands where the row before ended."""
    moves = np.asarray(rows, dtype=np.float64)
    at = moves[np.maximum(np.searchsorted(moves[:, 0], times, side="right") - 1, 0)]
    rise, cruise, fall = at[:, 13], at[:, 14], at[:, 15]
    passed = np.clip(times - at[:, 0], 0.0, rise + cruise + fall)
    risen, braked = np.minimum(passed, rise), np.maximum(passed - rise - cruise, 0.0)
    even = np.clip(passed - rise, 0.0, cruise)
    a, entry, peak = at[:, 9], at[:, 10], at[:, 11]
    way = entry * risen + a * risen**2 / 2 + peak * even + peak * braked - a * braked**2 / 2
    share = np.where(at[:, 8] > 0, np.minimum(way / np.maximum(at[:, 8], 1e-12), 1.0), 0.0)
    places: Array = at[:, 1:3] + share[:, None] * (at[:, 4:6] - at[:, 1:3])
    return places


def _when(blocks: Array, share: Array) -> Array:
    """The time at which a share of each block's length is travelled."""
    a, entry, peak, leave = blocks[:, 9], blocks[:, 10], blocks[:, 11], blocks[:, 12]
    rise, cruise, fall = blocks[:, 13], blocks[:, 14], blocks[:, 15]
    s = share * blocks[:, 8]
    risen = (entry + peak) / 2 * rise
    flown = risen + peak * cruise
    up = 2 * s / np.maximum(entry + np.sqrt(entry * entry + 2 * a * s), 1e-9)
    on = rise + (s - risen) / np.maximum(peak, 1e-9)
    rest = np.maximum(blocks[:, 8] - s, 0.0)
    down = (rise + cruise + fall) - 2 * rest / np.maximum(leave + np.sqrt(leave * leave + 2 * a * rest), 1e-9)
    chosen: Array = np.where(s <= risen, np.minimum(up, rise), np.where(s <= flown, on, down))
    return blocks[:, 0] + chosen
