"""Fills (tatami): rows to and fro over a wide shape, their holes staggered so that no furrow shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcode.geometry import Line, Transform
from gcode.stitches.satin import running
from gcode.stitches.thread import Thread
from gcode.units import FloatArray

STAGGER: Final = (0.0, 0.5, 0.25, 0.75)
"""Where the holes of four rows in a turn stand, in stitches."""
UNDER: Final = 6.0
"""Rows of the underlay are so many times as far apart, and run across."""
INSET: Final = 0.6
"""mm by which the underlay stays inside of the shape."""
LEAST_UNDER: Final = 4.0
"""mm2: smaller shapes have no underlay."""
MAX_ROWS: Final = 20_000
MAX_RUNS: Final = 150
"""Parts of one row: a shape with more is a comb."""
MAX_SECTIONS: Final = 1500
"""Of one fill: each is a trim or a way."""
MAX_TRAVEL: Final = 60
"""Sections of a fill up to which a way between them is sought that the rest will cover."""


class FillError(ValueError):
    """A shape that cannot be filled: what, and the mend."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A part of a row in the fill's own turned plane: from ``x0`` to ``x1``."""

    y: float
    x0: float
    x1: float


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """What is sewn to and fro without a break, and what of the shape it covers."""

    line: Line
    surface: BaseGeometry


def filled(area: shapely.Polygon, thread: Thread, start: Line) -> list[Line]:
    """Lines of stitches, each sewn without a break, from the corner nearest to ``start``. Raises FillError."""
    under: list[_Section] = []
    for part in shapely.get_parts(area.buffer(-INSET)).tolist() if thread.underlay else []:
        if isinstance(part, shapely.Polygon) and part.area > LEAST_UNDER:
            here = under[-1].line[-1] if under else start
            under += _laid(part, thread.angle + 90, thread.spacing * UNDER, 0.0, thread, here)
    here = under[-1].line[-1] if under else start
    return _linked(under, _laid(area, thread.angle, thread.spacing, thread.pull / 2, thread, here), area, thread)


def _linked(under: list[_Section], over: list[_Section], area: shapely.Polygon, thread: Thread) -> list[Line]:
    """Sections joined by stitches where what is sewn later will cover these."""
    lines: list[Line] = []
    for number, section in enumerate([*under, *over]):
        later = over[max(0, number - len(under)) :]
        cover: BaseGeometry = area
        if number > len(under):
            short = len(over) <= MAX_TRAVEL
            cover = shapely.union_all([one.surface for one in later]) if short else shapely.Polygon()
        way = np.stack([lines[-1][-1], section.line[0]]) if lines else section.line[:0]
        if len(way) and shapely.covers(cover.buffer(thread.width / 2), shapely.LineString(way)):
            lines[-1] = np.vstack([lines[-1], running(way, thread.run), section.line])
        else:
            lines.append(section.line)
    return lines


def _laid(
    area: shapely.Polygon, angle: float, spacing: float, pull: float, thread: Thread, here: Line
) -> list[_Section]:
    """One fill: its sections, always the one with the nearest corner next."""
    turn, back = Transform.rotate(-angle), Transform.rotate(angle)
    stacks = _stacks(_rows(shapely.transform(area, turn), spacing))
    if len(stacks) > MAX_SECTIONS:
        raise FillError(f"a shape would be filled in {len(stacks)} sections: simplify the drawing")
    made: list[_Section] = []
    while stacks:
        corners = back(np.vstack([_corners(stack) for stack in stacks]))
        number, way = divmod(int(np.argmin(np.hypot(*(corners - here).T).round(6))), 4)
        stack = stacks.pop(number)
        line = back(_serpentine(stack, way, pull, thread))
        boxes = [shapely.box(run.x0, run.y - spacing / 2, run.x1, run.y + spacing / 2) for run in stack]
        if len(line) > 1:
            made.append(_Section(line, shapely.transform(shapely.union_all(boxes), back)))
            here = line[-1]
    return made


def _rows(area: BaseGeometry, spacing: float) -> list[list[_Run]]:
    """The parts of each row inside of the shape, from the lowest row."""
    x0, y0, x1, y1 = area.bounds
    count = max(1, round((y1 - y0) / spacing))
    if count > MAX_ROWS:
        raise FillError(f"a shape {y1 - y0:.0f} mm high has {count} rows of stitches: make it smaller")
    heights = y0 + (np.arange(count) + 0.5) * (y1 - y0) / count
    ends = np.stack([np.full(count, x0 - 1), heights, np.full(count, x1 + 1), heights], axis=1).reshape(-1, 2, 2)
    cut, of = shapely.get_parts(shapely.intersection(shapely.linestrings(ends), area), return_index=True)
    rows: list[list[_Run]] = [[] for _ in range(count)]
    for row, (low, _, high, _) in zip(of.tolist(), shapely.bounds(cut).tolist(), strict=True):
        if high > low:
            rows[row].append(_Run(float(heights[row]), low, high))
    if max(map(len, rows)) > MAX_RUNS:
        raise FillError(f"a row of stitches would have more than {MAX_RUNS} parts: simplify the drawing")
    return [sorted(row, key=lambda run: run.x0) for row in rows]


def _stacks(rows: Sequence[Sequence[_Run]]) -> list[list[_Run]]:
    """Runs that can be sewn to and fro: one in each row, over exactly one of the row below."""
    done: list[list[_Run]] = []
    growing: list[list[_Run]] = []
    for row in rows:
        under = [[stack for stack in growing if _meet(stack[-1], run)] for run in row]
        alone = [stack for stack in growing if sum(_meet(stack[-1], run) for run in row) == 1]
        grown = []
        for run, below in zip(row, under, strict=True):
            if len(below) == 1 and any(stack is below[0] for stack in alone):
                below[0].append(run)
                grown.append(below[0])
            else:
                grown.append([run])
        done += [stack for stack in growing if not any(stack is one for one in grown)]
        growing = grown
    return done + growing


def _meet(one: _Run, other: _Run) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1


def _corners(stack: Sequence[_Run]) -> FloatArray:
    """Where it can begin: below at the left and right, above at the left and right."""
    first, last = stack[0], stack[-1]
    return np.array([(first.x0, first.y), (first.x1, first.y), (last.x0, last.y), (last.x1, last.y)])


def _serpentine(stack: Sequence[_Run], way: int, pull: float, thread: Thread) -> Line:
    """To and fro from one of the four corners, each row so much longer as it will be pulled together."""
    points: list[FloatArray] = []
    for number, run in enumerate(stack if way < 2 else stack[::-1]):
        x0, x1 = run.x0 - pull, run.x1 + pull
        # The lattice of holes belongs to the shape, not to the section: it goes on from one to the next.
        shift = STAGGER[number % len(STAGGER)] * thread.stitch
        first, last = np.ceil((x0 - shift) / thread.stitch), np.floor((x1 - shift) / thread.stitch)
        inner = np.arange(first, last + 1) * thread.stitch + shift
        margin = max(thread.shortest * 1.5, thread.stitch * 0.15)
        inner = inner[(inner > x0 + margin) & (inner < x1 - margin)]
        x = np.concatenate([[x0], inner, [x1]])
        if (number + way) % 2:
            x = x[::-1]
        points.append(np.stack([x, np.full(len(x), run.y)], axis=1))
    return np.vstack(points)
