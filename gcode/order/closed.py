"""Where closed strokes begin: at any of their points, so at the one that makes the way to it and on from it short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.units import FloatArray, IntArray

MOST_BEGINS: Final = 64
"""Points of one stroke that are tried, evenly over its points: two of a finer circle are hardly apart."""


def is_closed(line: Line) -> bool:
    """It ends where it begins, and has been elsewhere."""
    return len(line) > 2 and bool((line[0] == line[-1]).all())


def rotated(line: Line, begin: int) -> Line:
    """The same closed line, begun (and ended) at another of its points."""
    return line if begin == 0 else np.vstack([line[begin:-1], line[: begin + 1]])


def begins(lines: Sequence[Line], path: Sequence[tuple[int, bool]], start: FloatArray | None) -> dict[int, int]:
    """The best begin of each closed line, by its index, for strokes drawn in this order (the index, whether reversed).

    The shortest way through stages: exact among the points that are tried.
    """
    stages: list[tuple[IntArray, IntArray]] = []
    cost = np.zeros(1)
    leave = None if start is None else start[None, :]
    for index, back in path:
        line = lines[index]
        if is_closed(line):
            tried = np.unique(np.linspace(0, len(line) - 2, min(MOST_BEGINS, len(line) - 1)).astype(np.int64))
            enter, after = line[tried], line[tried]
        else:
            tried = np.zeros(1, dtype=np.int64)
            enter, after = (line[-1:], line[:1]) if back else (line[:1], line[-1:])
        if leave is None:
            before, cost = np.zeros(len(enter), dtype=np.int64), np.zeros(len(enter))
        else:
            to = enter[:, None, :] - leave[None, :, :]
            ways = cost + np.hypot(to[..., 0], to[..., 1])
            before, cost = ways.argmin(axis=1), ways.min(axis=1)
        stages.append((tried, before))
        leave = after
    found, at = {}, int(cost.argmin())
    for (index, _), (tried, before) in zip(reversed(path), reversed(stages), strict=True):
        found[index] = int(tried[at])
        at = int(before[at])
    return found
