"""A program layer by layer in a compact form, for a page that shows it: what is laid, for what, how wide, and the ways.

Numbers of the form, little-endian:

    bytes 0-3    ``LAYR``
    4            version, 1
    5            0
    6-7          units a mm
    8-11         how many layers there are
    12-27        where all marks lie: x0, y0, x1, y1 in units, signed, 4 bytes each
    28-          varints (7 bits a byte, the lowest first, bit 7: another byte follows), signed ones zigzag:
                 of each layer its height in 1/1000 mm (signed) and how many runs it has;
                 of each run its role (``ROLES``), its width in units and how many points it has;
                 of each point x and y in units (signed), less those of the point before

A run begins where the one before it ended, the first one at 0, 0.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.dialects import Dialect
from gcode.parse import parse
from gcode.pictures.tubes import WIDEST, heights
from gcode.slicing.check.laid import straight
from gcode.trace import Trace
from gcode.units import BoolArray, FloatArray, IntArray

UNITS: Final = 25
"""A mm: finer than any screen shows a bed."""
VERSION: Final = 1
MAX_BYTES: Final = 48 * 1024 * 1024
"""Of a program that is shown."""
MAX_LAYERS: Final = 5_000
LEVEL: Final = 0.01
"""mm by which layers differ in height; doubled as long as there were more than MAX_LAYERS."""
WIDTH_STEP: Final = 2
"""Units: widths are told apart no finer."""

TRAVEL: Final = 0
MARK: Final = 10
ROLES: Final = (
    "travel",
    "outer wall",
    "inner wall",
    "over nothing",
    "top",
    "solid",
    "sparse",
    "gap",
    "beside",
    "support",
    "laid",
)
"""What a run is for, by its number."""
_WORDS: Final[tuple[tuple[bytes, int], ...]] = (
    (b"bridge", 3),
    (b"overhang", 3),
    (b"support", 9),
    (b"skirt", 8),
    (b"brim", 8),
    (b"tower", 8),
    (b"custom", 8),
    (b"top", 4),
    (b"ironing", 4),
    (b"gap", 7),
    (b"thin", 7),
    (b"outer", 1),
    (b"external", 1),
    (b"inner", 2),
    (b"perimeter", 2),
    (b"wall", 2),
    (b"solid", 5),
    (b"bottom", 5),
    (b"skin", 5),
    (b"sparse", 6),
    (b"fill", 6),
)
"""Words of slicers' comments, the first that is found counts."""
_MARK: Final = re.compile(rb"^; ?(?:TYPE|FEATURE):(.*)$", re.M)


class LayersError(ValueError):
    """The program cannot be shown layer by layer. The text says why, and the mend."""


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Points in their order, and the runs that they make."""

    x: IntArray
    y: IntArray
    role: IntArray
    width: IntArray
    layer: IntArray
    first: IntArray
    """The number of each run's first point."""


def layers(
    data: bytes, dialect: Dialect, *, e_area: float = 0.0, height: float | None = None, width: float = 0.4
) -> bytes:
    """The compact form of a program. ``e_area``: mm2, what one mm of E is; 0: nothing is laid by E, all marks are
    ``width`` mm wide. ``height``: of beads, mm; None: what lies between layers. Raises LayersError."""
    if len(data) > MAX_BYTES:
        raise LayersError(f"the program has {len(data)} bytes, {MAX_BYTES} are shown layer by layer: look at its proof")
    program = parse(data)
    moves = dialect.trace(program)
    marks = dialect.marks(program, moves)
    if not marks.any():
        raise LayersError("the program lays, burns and draws nothing: there is no layer to show")
    level, z = _levels(moves, marks)
    role = np.where(marks, _roles(data, program.line[moves.index]), TRAVEL)
    start, end, which = straight(moves, np.arange(len(moves)))
    wide = np.full(len(which), width)
    if e_area > 0:
        length = np.maximum(np.hypot(*(end - start).T), 1e-6)
        share = moves.e[which] * e_area / np.bincount(which, minlength=len(moves))[which]
        thick = np.full(len(moves), height) if height else heights(moves.end[:, 2], marks)
        wide = np.clip(share / (length * thick[which]), 0.0, WIDEST)
    wide = np.rint(wide * UNITS / WIDTH_STEP).astype(np.int64) * WIDTH_STEP
    runs = _runs(end, role[which], np.where(marks[which], wide, 0), level[which])
    box = _box(start[marks[which]], end[marks[which]])
    head = struct.pack("<4sBBHI4i", b"LAYR", VERSION, 0, UNITS, len(z), *box)
    return head + _varints(_stream(runs, z))


def _levels(moves: Trace, marks: BoolArray) -> tuple[IntArray, IntArray]:
    """The layer of each move (a way is of the layer that it leads to), and the height of each in 1/1000 mm."""
    at = np.flatnonzero(marks)
    heights, step = moves.end[at, 2], LEVEL
    while True:
        level = np.rint(heights / step)
        number = np.concatenate([[0], np.cumsum(np.diff(level) != 0)])
        if number[-1] < MAX_LAYERS:
            break
        step *= 2
    first = np.flatnonzero(np.diff(number, prepend=-1))
    following = np.minimum(np.searchsorted(at, np.arange(len(moves))), len(at) - 1)
    return number[following].astype(np.int64), np.rint(heights[first] * 1000).astype(np.int64)


def _roles(data: bytes, lines: IntArray) -> IntArray:
    """Of moves in these lines: what the last comment above them says."""
    marks = list(_MARK.finditer(data))
    known = np.array([MARK, *(_role(mark[1]) for mark in marks)])
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) if marks else np.zeros(0, np.int64)
    at = np.searchsorted(ends, [mark.start() for mark in marks]) + 1
    roles: IntArray = known[np.searchsorted(at, lines, side="right")]
    return roles


def _role(said: bytes) -> int:
    return next((role for word, role in _WORDS if word in said.lower()), MARK)


def _runs(end: FloatArray, role: IntArray, width: IntArray, level: IntArray) -> _Runs:
    """Runs of equal role, width and layer. Points that are no step away are left out."""
    limit = 2**30 / UNITS
    x, y = np.rint(np.clip(end, -limit, limit) * UNITS).astype(np.int64).T
    kept = (np.diff(x, prepend=0) != 0) | (np.diff(y, prepend=0) != 0)
    x, y, role, width, level = x[kept], y[kept], role[kept], width[kept], level[kept]
    begins = np.ones(len(x), dtype=bool)
    begins[1:] = (np.diff(role) != 0) | (np.diff(width) != 0) | (np.diff(level) != 0)
    first = np.flatnonzero(begins)
    return _Runs(x, y, role[first], width[first], level[first], first)


def _stream(runs: _Runs, z: IntArray) -> IntArray:
    """All numbers in their order: layers, their runs, their points."""
    points, count, tall = len(runs.x), len(runs.first), len(z)
    sizes = np.diff(runs.first, append=points)
    per_layer = np.bincount(runs.layer, minlength=tall)
    number = np.arange(count)
    # Each layer has 2 numbers before its runs, each run 3 before its points, each point 2.
    run_at = 2 * (runs.layer + 1) + 3 * number + 2 * runs.first
    first_run = np.concatenate([[0], np.cumsum(per_layer)[:-1]])
    first_point = np.append(runs.first, points)[first_run]
    layer_at = 2 * np.arange(tall) + 3 * first_run + 2 * first_point
    point_at = np.repeat(run_at + 3 - 2 * runs.first, sizes) + 2 * np.arange(points)
    out = np.zeros(2 * tall + 3 * count + 2 * points, dtype=np.int64)
    out[layer_at], out[layer_at + 1] = _zigzag(z), per_layer
    out[run_at], out[run_at + 1], out[run_at + 2] = runs.role, runs.width, sizes
    out[point_at] = _zigzag(np.diff(runs.x, prepend=0))
    out[point_at + 1] = _zigzag(np.diff(runs.y, prepend=0))
    return out


def _zigzag(values: IntArray) -> IntArray:
    return np.where(values < 0, -2 * values - 1, 2 * values)


def _varints(values: IntArray) -> bytes:
    planes: list[npt.NDArray[np.uint8]] = []
    used = np.ones((len(values), 5), dtype=bool)
    for place in range(5):
        rest = values >> 7 * (place + 1)
        planes.append(((values >> 7 * place & 127) | np.where(rest > 0, 128, 0)).astype(np.uint8))
        if place < 4:
            used[:, place + 1] = rest > 0
    return np.stack(planes, axis=1)[used].tobytes()


def _box(start: FloatArray, end: FloatArray) -> list[int]:
    both = np.concatenate([start, end])
    low, high = both.min(axis=0), both.max(axis=0)
    return [round(float(np.clip(value, -1e6, 1e6)) * UNITS) for value in (*low, *high)]
