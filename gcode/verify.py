"""Is what the bytes make what was designed? Marks read back from a program, held against the design that it is for.

Both ways: every point of the design must be marked, and every mark on the piece must belong to the design. A number for
each, and the largest place that is wrong, because a letter that is missing is little of a long text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from gcode.design import Drawing, lines_of
from gcode.geometry import Bounds
from gcode.proof import Marks
from gcode.units import BoolArray, FloatArray, IntArray

STEP: Final = 0.25
"""Of a line's width, between two points that are looked at."""
MAX_POINTS: Final = 400_000
"""Looked at each way; beyond that the steps are longer."""
REACH: Final = 0.05
"""mm by which a mark may miss: rounding of coordinates, chords of curves."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still the design. Shares are 0..1; mm."""

    coverage: float = 0.98
    """Of the design that is marked, at least."""
    overflow: float = 0.01
    """Of the marks that belong to nothing, at most."""
    gap: float = 1.0
    """In line widths: the longest stretch of the design that may be unmarked, and of marks that may be strays."""
    width: float = 0.15
    """By how much of the width a line may be wider or narrower on average."""


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What was found. ``missing`` and ``stray`` are the longest stretches in mm, with where they are."""

    coverage: float
    overflow: float
    width: float
    """Mean width of the marks, as a share of the line's."""
    missing: tuple[float, tuple[float, float]] | None
    stray: tuple[float, tuple[float, float]] | None

    def wrong(self, line_width: float, limits: Limits = LIMITS) -> tuple[str, ...]:
        """What is not as designed, each a sentence with its number and its limit."""
        found = []
        if self.coverage < limits.coverage:
            found.append(f"only {self.coverage:.1%} of the design would be made (limit {limits.coverage:.0%})")
        if self.missing is not None and self.missing[0] > limits.gap * line_width:
            found.append(f"nothing would be made over {_place(*self.missing)}")
        found += self.strange(line_width, limits)
        if abs(self.width - 1) > limits.width:
            found.append(f"its lines would be {self.width:.0%} as wide as designed")
        return tuple(found)

    def strange(self, line_width: float, limits: Limits = LIMITS) -> tuple[str, ...]:
        """What would be made though nobody designed it."""
        found = []
        if self.overflow > limits.overflow:
            found.append(f"{self.overflow:.1%} of what would be made is not designed (limit {limits.overflow:.0%})")
        if self.stray is not None and self.stray[0] > limits.gap * line_width:
            found.append(f"something strange would be made over {_place(*self.stray)}")
        return tuple(found)

    def body(self) -> dict[str, float]:
        """For a manifest."""
        return {
            "coverage": round(self.coverage, 4),
            "overflow": round(self.overflow, 4),
            "width": round(self.width, 3),
            "missing": round(self.missing[0], 2) if self.missing else 0.0,
            "stray": round(self.stray[0], 2) if self.stray else 0.0,
        }


def _place(length: float, at: tuple[float, float]) -> str:
    return f"{length:.1f} mm at x {at[0]:.1f}, y {at[1]:.1f} mm"


def lines_made(drawings: Sequence[Drawing], marks: Marks, line_width: float, piece: Bounds) -> Fidelity:
    """Drawings whose strokes and outlines are to be followed by lines ``line_width`` wide.

    Marks beside the piece (where a nozzle is primed, say) are nobody's business here.
    """
    lines = lines_of(drawings)
    wanted = _Points(np.vstack([np.empty((0, 2)), *lines]), np.repeat(np.arange(len(lines)), list(map(len, lines))))
    made = _Points(np.stack([marks.start, marks.end], axis=1).reshape(-1, 2), np.arange(len(marks.start)).repeat(2))
    step = STEP * line_width
    half = line_width / 2
    on_design = _sampled(wanted, step)
    hit = _near(on_design.points, made, marks.width / 2 + REACH)
    on_marks = _sampled(made, step)
    here = piece.around(on_marks.points)
    belongs = _near(on_marks.points, wanted, np.full(len(lines), half * 0.7 + REACH))
    stray = here & ~belongs
    length = np.hypot(*(marks.end - marks.start).T)
    chosen = piece.around(marks.middle) & (length > 0)
    weight = length[chosen].sum()
    return Fidelity(
        coverage=float(hit.mean()) if len(hit) else 1.0,
        overflow=float(stray.sum() / max(1, here.sum())),
        width=float((marks.width[chosen] * length[chosen]).sum() / weight / line_width) if weight > 0 else 0.0,
        missing=_longest(~hit, on_design, step),
        stray=_longest(stray, on_marks, step),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Of lines, one after the other."""

    points: FloatArray
    line: IntArray
    """Which line each point is of, counted from 0."""


def _sampled(lines: _Points, step: float) -> _Points:
    """Points along lines, none further from the next than ``step``, or more where they would be too many."""
    corners = len(lines.points)
    if not corners:
        return lines
    delta = np.diff(lines.points, axis=0)
    delta[np.diff(lines.line) > 0] = 0.0  # from one line to the next there is nothing between
    ways = np.hypot(*delta.T)
    step = max(step, float(ways.sum()) / max(1, MAX_POINTS - corners))
    pieces = np.append(np.maximum(1, np.ceil(ways / step - 1e-9)).astype(np.int64), 1)
    of = np.repeat(np.arange(corners), pieces)
    share = (np.arange(len(of)) - (np.cumsum(pieces) - pieces)[of]) / pieces[of]
    return _Points(lines.points[of] + np.vstack([delta, [[0.0, 0.0]]])[of] * share[:, None], lines.line[of])


def _near(points: FloatArray, lines: _Points, reach: FloatArray) -> BoolArray:
    """Which points lie within ``reach`` of any line; each line has its own."""
    found = np.zeros(len(points), dtype=bool)
    if not len(points) or not len(lines.points):
        return found
    tree = shapely.STRtree(np.asarray(shapely.linestrings(lines.points, indices=lines.line)))
    (at, of), distance = tree.query_nearest(shapely.points(points), return_distance=True, all_matches=True)
    found[at[distance <= reach[of]]] = True
    return found


def _longest(wrong: BoolArray, samples: _Points, step: float) -> tuple[float, tuple[float, float]] | None:
    """The longest way of wrong points in a row, in mm, and its middle. Neighbours of a row lie close to each other."""
    if not wrong.any():
        return None
    points = samples.points
    way = np.hypot(*np.diff(points, axis=0).T)
    joined = wrong[1:] & wrong[:-1] & (way < 4 * step)
    runs = np.flatnonzero(np.concatenate([[True], ~joined]))
    lengths = np.add.reduceat(np.concatenate([[0.0], np.where(joined, way, 0.0)]), runs)
    lengths = np.where(wrong[runs], lengths + step, 0.0)
    best = int(np.argmax(lengths))
    end = runs[best + 1] if best + 1 < len(runs) else len(points)
    x, y = points[(runs[best] + end - 1) // 2]
    return float(lengths[best]), (float(x), float(y))
