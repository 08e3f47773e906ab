"""From motion to material: what leaves the nozzle, when, and the bead that it lays.

The pump is a piston behind something soft. ``stored`` is the volume that the piston has displaced and that has not yet
left the nozzle. The flow out is ``stored / lag``, so that the deposited flow is a first-order lag of the commanded one:
``lag * y' = u - y``. A retraction makes ``stored`` negative; that must be filled again before anything leaves.
With no lag, whatever is displaced leaves at once. The solution is exact for a flow that is constant over a sample;
samples are at most ``STEP`` long.

A bead of cross-section A lies between the nozzle and what is below its layer (the surface, or the next lower layer):
height h, width A / h, within ``WIDTHS``. Material that leaves a nozzle at rest lies as a disc of volume / h.
On a piece whose top is uneven h is the true gap; what a nozzle spoils there is in ``ground``.
Units: mm, mm3, s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simulators.beads import NONE, Array, Json, Row, paths, sample
from simulators.beads import Beads as Beads
from simulators.beads import row as row
from simulators.ground import PRESSED, Ground, Laid, laid, strayed
from simulators.motion import Block
from simulators.picture import Look, Region, draw

STEP = 0.25
"""Longest sample along a path, mm."""
MOMENTS = 16
"""Samples of a move that stays in place (E alone)."""
INSTANT = 1e-6
"""A shorter lag, in s, is none."""
WIDTHS = (0.05, 8.0)
"""A bead narrower or wider than this would not hold together; the width is clipped."""
HEIGHT_LEAST = 0.05
LAYER_GAP = 0.02
"""Heights closer than this are one layer."""
SCAR = "#f3d9b1"
"""Crumb, where a nozzle has scraped the crust off."""
LAYER_SHARE = 0.02
"""A height counts as a layer if it holds this share of the volume: a drip during a hop is none."""


@dataclass(frozen=True, slots=True)
class Pump:
    """An extruder. ``area``: mm3 per mm of E. ``lag`` in s. ``surface``: Z of the surface of the piece."""

    measure: ClassVar[str] = "volume"
    area: float = 2.405
    lag: float = 0.0
    surface: float = 0.0
    ground: Ground | None = None
    """The piece's top, where it is not flat."""

    @property
    def settling(self) -> float:
        return 20 * self.lag

    def row(self, block: Block) -> Row:
        return row(block)

    def leaves(self, made: Row) -> float:
        return max(0.0, made[7] * self.area)

    def mark(self, made: Row) -> Row:
        return made[1:8]

    def facts(self, rows: Sequence[Row], now: float) -> Json:
        return self._facts(rows, *lay_on(rows, self, now))

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        beads, lies = lay_on(rows, self, now)
        return {**self._facts(rows, beads, lies), "paths": paths(beads)}

    def _facts(self, rows: Sequence[Row], beads: Beads, lies: Laid | None) -> Json:
        commanded = sum(made[7] for made in rows) * self.area
        facts = {"volume": round(float(beads.volume.sum()), 4), "commanded": round(commanded, 4)}
        length = np.linalg.norm(beads.end - beads.start, axis=1)
        return facts if lies is None else facts | {"surface": lies.facts(length)}

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image:
        beads, lies = lay_on(rows, self, now)
        if lies is None:
            return draw(beads, look, region, density)
        scars = scarred(beads, lies)
        level = beads.end * [1.0, 1.0, 0.0]  # One layer, however its height goes up and down.
        return draw(replace(beads, end=level), look, region, density, scars)


def lay(rows: Sequence[Row], pump: Pump, until: float) -> Beads:
    """The beads of a motion that was watched until a time: what is stored then has not left yet."""
    return lay_on(rows, pump, until)[0]


def lay_on(rows: Sequence[Row], pump: Pump, until: float) -> tuple[Beads, Laid | None]:
    """The same, with how they lie on a top that is not flat."""
    if not rows:
        return NONE, None
    moves = np.asarray(rows, dtype=np.float64)
    start, end, begun, ended, commanded = _sample(moves, pump)
    volume, rests = _flow(begun, ended, commanded, pump.lag, until)
    if rests:
        at = np.array([index for index, _, _, _ in rests])
        start, end = np.vstack([start, end[at]]), np.vstack([end, end[at]])
        volume = np.concatenate([volume, [v for _, v, _, _ in rests]])
        begun = np.concatenate([begun, [t for _, _, t, _ in rests]])
        ended = np.concatenate([ended, [t for _, _, _, t in rests]])
        order = np.argsort(begun, kind="stable")
        start, end, volume, begun, ended = start[order], end[order], volume[order], begun[order], ended[order]
    left = volume > 1e-9
    start, end, volume, begun, ended = start[left], end[left], volume[left], begun[left], ended[left]
    if pump.ground is None:
        height = _heights((start[:, 2] + end[:, 2]) / 2, volume, pump.surface)
        return Beads(start, end, volume, begun, ended, _widths(start, end, volume, height)), None
    lies = laid(pump.ground, start, end, volume)
    width = _widths(start, end, volume, np.maximum(lies.gap, PRESSED))
    start, end = strayed(lies, start, end)
    return Beads(start, end, volume, begun, ended, np.where(lies.fallen, lies.round, width)), lies


def scarred(beads: Beads, lies: Laid) -> tuple[Beads, str]:
    """Where the nozzle has ploughed, as beads of the colour of what it laid bare."""
    at, width = lies.scraped, np.full(int(lies.scraped.sum()), lies.round / 2)
    return Beads(beads.start[at], beads.end[at], beads.volume[at], beads.begun[at], beads.ended[at], width), SCAR


def _sample(moves: Array, pump: Pump) -> tuple[Array, Array, Array, Array, Array]:
    """Ends, times and commanded volume of each sample along the trapezoids."""
    e, length = moves[:, 7], moves[:, 8]
    still = np.all(np.abs(moves[:, 1:4] - moves[:, 4:7]) < 1e-9, axis=1)
    pieces = np.where(still, MOMENTS, np.ceil(length / STEP)).astype(np.int64)
    if pump.lag < INSTANT:
        pieces[e <= 0] = 1
    made = sample(moves, np.maximum(pieces, 1))
    return made.start, made.end, made.begun, made.ended, e[made.index] * made.share * pump.area


def _flow(
    begun: Array, ended: Array, commanded: Array, lag: float, until: float
) -> tuple[Array, list[tuple[int, float, float, float]]]:
    """Volume that leaves in each sample, and what leaves at rest: (after which sample, volume, from, to)."""
    starts, ends, volumes = begun.tolist(), ended.tolist(), commanded.tolist()
    out: list[float] = []
    rests: list[tuple[int, float, float, float]] = []
    stored, last = 0.0, starts[0]
    for index, (t0, t1, volume) in enumerate(zip(starts, ends, volumes, strict=True)):
        if stored > 1e-9 and t0 > last + 1e-6:
            left, stored = leaves(stored, 0.0, t0 - last, lag)
            rests.append((index - 1, left, last, t0))
        left, stored = leaves(stored, volume, t1 - t0, lag)
        out.append(left)
        last = t1
    if stored > 1e-9 and until > last:
        left, stored = leaves(stored, 0.0, until - last, lag)
        rests.append((len(starts) - 1, left, last, until))
    return np.array(out), rests


def leaves(stored: float, volume: float, duration: float, lag: float) -> tuple[float, float]:
    """(what leaves, what is stored then) when ``volume`` is displaced evenly over ``duration``."""
    if lag < INSTANT or duration <= 0:
        total = stored + volume
        return (total, 0.0) if total > 0 and lag < INSTANT else (0.0, total)
    if stored < 0:  # retracted: nothing leaves until it is full again
        if stored + volume <= 0:
            return 0.0, stored + volume
        share = 1 + stored / volume
        volume, duration, stored = volume * share, duration * share, 0.0
    flow = volume / duration
    after = flow * lag + (stored - flow * lag) * math.exp(-duration / lag)
    if after >= 0:
        return stored + volume - after, after
    empty = lag * math.log((stored - flow * lag) / (-flow * lag))  # a retraction empties it on the way
    return stored + flow * empty, flow * (duration - empty)


def _widths(start: Array, end: Array, volume: Array, height: Array) -> Array:
    length = np.linalg.norm(end - start, axis=1)
    still = np.linalg.norm(end[:, :2] - start[:, :2], axis=1) < 1e-6
    bead = np.clip(volume / np.maximum(length, 1e-9) / height, *WIDTHS)
    disc = np.minimum(2 * np.sqrt(_piled(start, still, volume) / (math.pi * height)), WIDTHS[1])
    width: Array = np.where(still, disc, bead)
    return width


def _heights(z: Array, volume: Array, surface: float) -> Array:
    """From each sample down to what is below the layer that it is on, or drips on."""
    levels, inverse = np.unique(np.round(z, 2), return_inverse=True)
    share = np.bincount(inverse, weights=volume, minlength=len(levels))
    layers = levels[share >= LAYER_SHARE * volume.sum()]
    floors = np.concatenate([[surface], layers])
    on = np.searchsorted(layers, levels + LAYER_GAP / 2, side="right")  # 1 + index of the layer at or below
    below = np.maximum(floors[np.maximum(on - 1, 0)], surface)
    height: Array = np.maximum(levels - below, HEIGHT_LEAST)[inverse]
    return height


def _piled(start: Array, still: NDArray[np.bool_], volume: Array) -> Array:
    """What has left so far at a place where the nozzle rests: the sum over the samples since it came there."""
    came = ~still | np.concatenate([[True], np.any(np.abs(np.diff(start[:, :2], axis=0)) > 1e-6, axis=1) | ~still[:-1]])
    total = np.cumsum(volume)
    first = np.maximum.accumulate(np.where(came, np.arange(len(volume)), 0))
    piled: Array = total - total[first] + volume[first]
    return piled
