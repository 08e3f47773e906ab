"""One layer of beads against what is wanted there: numbers, and nothing about what is too much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from gcode.slicing.areas import parts, polygons
from gcode.slicing.check.cells import blob, boxed, cell_of, spread
from gcode.slicing.check.laid import BESIDE, BRIDGE, Beads
from gcode.slicing.check.wanted import Wanted
from gcode.units import BoolArray, FloatArray

THIN: Final = 0.5
"""Share of a layer's height that a place has on average, below which it counts as uncovered."""
THICK: Final = 1.6
"""And above which it counts as overfull, over some mm2."""
MEASURED: Final = 20_000
"""Points beyond the edge whose distance is measured."""

_NOTHING: Final = 1e-6

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """mm, mm2, mm3; shares 0 to 1."""

    wall: float
    """Share of the walls that is covered."""
    skin: float
    """Share of the solid skins that is covered."""
    bare: tuple[float, float]
    """What of walls and of skins is not covered."""
    gap: float
    """The largest place that must be solid and is not covered."""
    gap_at: Place
    hollow: float
    """The largest place meant to be sparse from which all beads are farther than the pattern's lines are apart."""
    hollow_at: Place
    beyond: float
    """What lies outside."""
    farthest: float
    farthest_at: Place
    flow: float
    """Mean thickness of what must be solid, as a share of the layer's height."""
    looked: float
    """mm2 over which flow was measured."""
    overfull: float
    overfull_at: Place
    volume: float
    """Of the part: without skirt, brim and supports, as far as they can be told."""
    bridged: float
    beside: float
    inside: float
    """mm2 of material that is said to lie beside the part, and lies in it."""


@dataclass(slots=True)
class _Laid:
    part: FloatArray
    bridge: FloatArray
    beside: FloatArray
    stray: list[FloatArray]
    lost: float
    volume: float


def compare(beads: Beads, wanted: Wanted, spacing: float) -> Compared:
    """``spacing``: mm between lines of the sparse pattern. Raises TooMuch."""
    grid, unit = wanted.grid, wanted.grid.cell**2 * wanted.height
    laid = _spread(beads, wanted)
    thick = boxed(((laid.part + laid.bridge) / unit).reshape(grid.rows, grid.columns), 1)
    must = wanted.wall | wanted.skin
    bare = must & (thick < THIN)
    gap, gap_at = blob(grid, bare)
    hollow, hollow_at = blob(grid, _hollow(thick, wanted, spacing))
    bridged = boxed(laid.bridge.reshape(must.shape), 3) > _NOTHING if laid.bridge.any() else np.zeros_like(must)
    looked = must & ~bridged
    overfull, overfull_at = blob(grid, (thick > THICK) & looked)
    farthest, farthest_at = _farthest(laid.stray, wanted)
    square = grid.cell**2
    return Compared(
        wall=_share(wanted.wall & ~bare, wanted.wall),
        skin=_share(wanted.skin & ~bare, wanted.skin),
        bare=(float((bare & wanted.wall).sum()) * square, float((bare & wanted.skin).sum()) * square),
        gap=gap,
        gap_at=gap_at,
        hollow=hollow,
        hollow_at=hollow_at,
        beyond=laid.lost / wanted.height,
        farthest=farthest,
        farthest_at=farthest_at,
        flow=float(thick[looked].mean()) if looked.any() else 1.0,
        looked=float(looked.sum()) * square,
        overfull=overfull,
        overfull_at=overfull_at,
        volume=laid.volume,
        bridged=float(laid.bridge.sum()),
        beside=float(beads.volume[beads.role == BESIDE].sum()),
        inside=float(((laid.beside.reshape(must.shape) / unit > THIN) & must).sum()) * square,
    )


def _hollow(thick: FloatArray, wanted: Wanted, spacing: float) -> BoolArray:
    """Sparse cells in whose surroundings nothing is laid."""
    if not (math.isfinite(spacing) and wanted.sparse.any()):
        return np.zeros_like(wanted.sparse)
    return wanted.sparse & (boxed(thick, max(2, round(spacing / wanted.grid.cell))) < _NOTHING)


def _share(some: BoolArray, all_: BoolArray) -> float:
    count = int(all_.sum())
    return float(some.sum()) / count if count else 1.0


def _spread(beads: Beads, wanted: Wanted) -> _Laid:
    grid = wanted.grid
    cells = grid.rows * grid.columns
    allowed = np.append(wanted.allowed.ravel(), False)
    laid = _Laid(np.zeros(cells), np.zeros(cells), np.zeros(cells), [], 0.0, 0.0)
    for role, field in ((None, laid.part), (BRIDGE, laid.bridge), (BESIDE, laid.beside)):
        chosen = beads.role == role if role is not None else (beads.role != BRIDGE) & (beads.role != BESIDE)
        if not chosen.any():
            continue
        for x, y, volume in spread(beads.only(chosen), wanted.height, grid.cell):
            at = cell_of(grid, x, y)
            field += np.bincount(at + 1, volume, minlength=cells + 1)[1:]
            if role == BESIDE:
                continue
            laid.volume += float(volume.sum())
            stray = ~allowed[at]
            if stray.any():
                laid.lost += float(volume[stray].sum())
                laid.stray.append(np.stack([x[stray], y[stray]], axis=1))
    if wanted.apron is not None:
        laid.volume -= float((laid.part + laid.bridge)[wanted.apron.ravel()].sum())
    return laid


def _farthest(stray: list[FloatArray], wanted: Wanted) -> tuple[float, Place]:
    """Of what lies outside: how far it is from the part, and where."""
    if not stray:
        return 0.0, (0.0, 0.0)
    points = np.vstack(stray)
    points = points[:: 1 + len(points) // MEASURED]
    body = polygons(parts(wanted.area))
    if body.is_empty:
        return 0.0, (float(points[0, 0]), float(points[0, 1]))
    shapely.prepare(body)
    far: FloatArray = np.asarray(shapely.distance(body, shapely.points(points)), dtype=np.float64)
    worst = int(np.argmax(far))
    return float(far[worst]), (float(points[worst, 0]), float(points[worst, 1]))
