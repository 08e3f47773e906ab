"""What a program lays, as tubes: pieces of bead with a width, a height and a filament. Read from its bytes alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from gcode.slicing.check.laid import BESIDE, BLOCK, Beads, Reader, joined
from gcode.units import BoolArray, FloatArray, IntArray

MOST: Final = 1_500_000
"""Pieces that are kept. Of a program with more, neighbours are joined: a picture of a large bed loses nothing by it."""
FINEST: Final = 0.4
"""mm: how long pieces may become by that at first, and at last; what is still too much is left out."""
COARSEST: Final = 50.0
ENOUGH: Final = 0.8
"""Share of pieces that may be left before longer ones are joined."""
LEAST_HEIGHT: Final = 0.02
FUSED: Final = 1.06
"""Times its own width: beads flow into each other, and no light comes through between them."""
THICK: Final = 1.3
"""Times the usual height: a greater step in Z is a layer that lacks, and no thicker bead."""
LONGEST: Final = 1.0
"""mm: longer pieces are cut, so that a few points of each tell whether it is hidden; about
CUTS times at most."""
CUTS: Final = 1_000_000
WIDEST: Final = 6.0
"""mm: what is wider is a blob of priming, or nonsense."""


@dataclass(frozen=True, slots=True, eq=False)
class Tubes:
    """Columns of equal length, the lowest first. mm."""

    start: FloatArray
    """(n, 2)."""
    end: FloatArray
    top: FloatArray
    """Z of the upper side."""
    width: FloatArray
    height: FloatArray
    colour: IntArray
    """Which filament, counted from 0 in the order in which they are first laid."""

    def __len__(self) -> int:
        return len(self.top)

    def box(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest corner, (3,) each."""
        reach = self.width / 2
        flat = np.concatenate([self.start - reach[:, None], self.end - reach[:, None]]).min(axis=0)
        high = np.concatenate([self.start + reach[:, None], self.end + reach[:, None]]).max(axis=0)
        return np.array([*flat, (self.top - self.height).min()]), np.array([*high, self.top.max()])


def tubes(data: bytes, filament_area: float, *, beside: bool = False, most: int = MOST, block: int = BLOCK) -> Tubes:
    """The tubes of a program. ``filament_area``: mm2, what one mm of E is. ``beside``: also skirt, brim and priming,
    where comments tell of them. At most ``most`` pieces, read ``block`` bytes at once."""
    kept: list[Beads] = []
    count, longest = 0, FINEST
    for layer in Reader(data, filament_area, block).layers():
        one = layer if beside else layer.only(layer.role != BESIDE)
        if not len(one):
            continue
        kept.append(one)
        count += len(one)
        while count > most and longest < COARSEST:
            fewer = _fewer(joined(kept), longest)
            longest *= 2 if len(fewer) > ENOUGH * count else 1
            kept, count = [fewer], len(fewer)
        if count > most:
            break
    if not kept:
        nothing = np.zeros(0)
        return Tubes(np.zeros((0, 2)), np.zeros((0, 2)), nothing, nothing, nothing, np.zeros(0, np.int64))
    return _as_tubes(joined(kept))


def _as_tubes(beads: Beads) -> Tubes:
    _, first, which = np.unique(beads.filament, return_index=True, return_inverse=True)
    colour = np.argsort(np.argsort(first))[which]
    length = np.maximum(np.hypot(*(beads.end - beads.start).T), 1e-3)
    height = heights(beads.z)
    width = np.clip(FUSED * beads.volume / (length * height), 0.02, WIDEST)
    longest = max(LONGEST, float(length.sum()) / CUTS)
    count = np.ceil(length / longest).astype(np.int64)
    of = np.repeat(np.arange(len(count)), count)
    begin = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    start, end = (_between(beads, of, number, count) for number in (begin, begin + 1))
    cut = Tubes(start, end, beads.z[of], width[of], height[of], colour[of])
    levels = np.argsort(cut.top, kind="stable")
    return Tubes(*(getattr(cut, one.name)[levels] for one in fields(cut)))


def _between(beads: Beads, of: IntArray, number: IntArray, count: IntArray) -> FloatArray:
    """The cut of this number on each piece; the first and the last are its own ends, to the last bit."""
    share = (number / count[of])[:, None]
    points = beads.start[of] + (beads.end[of] - beads.start[of]) * share
    points[number == count[of]] = beads.end[of[number == count[of]]]
    return points


def heights(z: FloatArray, laid: BoolArray | None = None) -> FloatArray:
    """How thick the layer at each height is: down to the one below it, where that is the next. ``laid``: the heights
    that are layers; of others it is said how thick one up to them would be."""
    own = z if laid is None else z[laid]
    levels, count = np.unique(np.round(own, 2), return_counts=True)
    steps = np.maximum(np.diff(levels, prepend=0.0), LEAST_HEIGHT)
    usual = float(_median(steps, count))
    steps[1:] = np.minimum(steps[1:], THICK * usual)
    steps[0] = min(steps[0], 3 * usual)
    thick: FloatArray = steps[np.minimum(np.searchsorted(levels, np.round(z, 2)), len(levels) - 1)]
    return thick


def _median(values: FloatArray, weights: IntArray) -> float:
    order = np.argsort(values)
    so_far = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(so_far, so_far[-1] / 2)])


def _fewer(beads: Beads, longest: float) -> Beads:
    """Each second piece joined with the one that it goes on from, where both are no longer than this together."""
    same = (beads.end[:-1] == beads.start[1:]).all(axis=1) & (beads.z[:-1] == beads.z[1:])
    same &= (beads.filament[:-1] == beads.filament[1:]) & (beads.role[:-1] == beads.role[1:])
    number = np.arange(len(beads))
    begins = np.ones(len(beads), dtype=bool)
    begins[1:] = ~same
    place = number - np.maximum.accumulate(np.where(begins, number, 0))
    goes_on = place % 2 == 1
    goes_on[1:] &= np.hypot(*(beads.end[1:] - beads.start[:-1]).T) <= longest
    first = ~goes_on
    last = np.append(np.flatnonzero(first)[1:], len(beads)) - 1
    whole = beads.only(first)
    volume = np.add.reduceat(beads.volume, np.flatnonzero(first))
    return Beads(whole.start, beads.end[last], whole.z, volume, whole.role, whole.label, whole.line, whole.filament)
