"""Paths and basic shapes as cubic curves, and curves as straight pieces.

Path data is held against SVG's grammar before svgelements reads it: that reader skips over what it does not understand,
and takes NaN for a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from svgelements import Arc, Close, CubicBezier, Line, Move, Path, QuadraticBezier

from fulfillment.drawings.limits import MAX_POINTS, MAX_SEGMENTS, DrawingError, number, too_much
from gcode.geometry import Line as Points
from gcode.geometry import Transform
from gcode.units import FloatArray

MEND: Final = "Please save it anew as SVG."
NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(NUMBER, re.ASCII)
_FLAG = re.compile("[01]")
_COMMAND = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])([^MmZzLlHhVvCcSsQqTtAa]*)")
_UNREAL = re.compile(r"[+-]?(?:nan|inf)\w*", re.IGNORECASE)
_GAPS: Final = frozenset(" \t\r\n\f,")
ARITY: Final = {"M": 2, "Z": 0, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
"""Numbers of each command."""
FLAGS: Final = (3, 4)
"""Which of an arc's numbers are flags: 0 or 1, which may stand without a gap before the next number."""
ARC_PART: Final = np.pi / 3
"""Radians of an arc that one cubic curve stands for at most: it is then off by 24 millionths of the radius."""


NOTHING: Final = np.zeros((0, 4, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Cubic curves as an (n, 4, 2) array. ``starts`` has the first of each part, ``closed`` whether that returns."""

    cubics: FloatArray
    starts: tuple[int, ...] = ()
    closed: tuple[bool, ...] = ()

    def moved(self, transform: Transform) -> Curves:
        return Curves(transform(self.cubics.reshape(-1, 2)).reshape(-1, 4, 2), self.starts, self.closed)

    @classmethod
    def together(cls, all_: Sequence[Curves]) -> Self:
        """All of them as one, in their order."""
        first = np.cumsum([0, *(len(curves.cubics) for curves in all_)])
        starts = tuple(int(at + begin) for at, curves in zip(first, all_, strict=False) for begin in curves.starts)
        closed = tuple(closed for curves in all_ for closed in curves.closed)
        return cls(np.concatenate([NOTHING, *(curves.cubics for curves in all_)]), starts, closed)

    @property
    def count(self) -> int:
        return len(self.cubics)


def check_path(data: str, where: str) -> int:
    """How many segments the path data has. Raises DrawingError where it is not SVG's grammar, or has wild numbers."""
    if unreal := _UNREAL.search(data):
        raise DrawingError(f"{where} has {unreal[0][:20]!r} among its coordinates.", MEND)
    segments = end = 0
    for found in _COMMAND.finditer(data):
        _gap(data[end : found.start()], where)
        if segments == end == 0 and found[1] not in "Mm":
            raise DrawingError(f"{where} does not begin with a move.", MEND)
        end = found.end()
        segments += _segments(found[1].upper(), found[2], where)
        if segments > MAX_SEGMENTS:
            raise too_much(f"more than {MAX_SEGMENTS:,} segments")
    _gap(data[end:], where)
    return segments


def _gap(text: str, where: str) -> None:
    if not _GAPS.issuperset(text):
        raise DrawingError(f"{where} has {text.strip()[:40]!r} among its coordinates.", MEND)


def _segments(command: str, arguments: str, where: str) -> int:
    if command == "A":
        found = _arc_numbers(arguments, where)
    else:
        found = _NUMBER.findall(arguments)
        _gap(_NUMBER.sub("", arguments), where)
    for value in found:
        number(value, where)
    arity = ARITY[command]
    if bool(found) != bool(arity) or (arity and len(found) % arity):
        raise DrawingError(f"{where} has {len(found)} numbers behind {command}.", MEND)
    return len(found) // arity if arity else 1


def _arc_numbers(arguments: str, where: str) -> list[str]:
    """An arc's numbers one by one, as only their place tells whether "01" is one number or two flags."""
    found: list[str] = []
    at = 0
    while at < len(arguments):
        if arguments[at] in _GAPS:
            at += 1
            continue
        match = (_FLAG if len(found) % ARITY["A"] in FLAGS else _NUMBER).match(arguments, at)
        if match is None:
            raise DrawingError(f"{where} has {arguments[at : at + 20]!r} among its coordinates.", MEND)
        found.append(match[0])
        at = match.end()
    return found


def curves_of(path: Path) -> Curves:
    """All segments of a path of svgelements."""
    rows: list[tuple[float, ...]] = []
    starts: list[int] = []
    closed: list[bool] = []
    fresh = True
    for segment in path:
        if isinstance(segment, Move):
            fresh = True
            continue
        begins, fresh = fresh, isinstance(segment, Close)
        if begins:
            starts.append(len(rows))
            closed.append(False)
        closed[-1] = fresh
        # A part that has come back to its start is closed without another segment; alone it is a dot.
        if begins or not fresh or segment.start != segment.end:
            rows.extend(_cubics(segment))
    return Curves(np.array(rows, dtype=np.float64).reshape(-1, 4, 2), tuple(starts), tuple(closed))


def _cubics(segment: Line | Close | CubicBezier | QuadraticBezier | Arc) -> Iterator[tuple[float, ...]]:
    if isinstance(segment, Arc):
        parts = max(1, int(np.ceil(abs(float(segment.sweep)) / ARC_PART - 1e-9)))
        for part in segment.as_cubic_curves(parts):
            yield from _cubics(part)
        return
    a, d = segment.start, segment.end
    if isinstance(segment, CubicBezier):
        b, c = segment.control1, segment.control2
        yield a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y
    elif isinstance(segment, QuadraticBezier):
        q = segment.control
        yield (
            *(a.x, a.y, a.x + (q.x - a.x) * 2 / 3, a.y + (q.y - a.y) * 2 / 3),
            *(d.x + (q.x - d.x) * 2 / 3, d.y + (q.y - d.y) * 2 / 3, d.x, d.y),
        )
    else:
        yield straight(a.x, a.y, d.x, d.y)


def straight(x0: float, y0: float, x1: float, y1: float) -> tuple[float, ...]:
    """A straight piece as a cubic curve: its control points at thirds, so that it has no bend."""
    dx, dy = (x1 - x0) / 3, (y1 - y0) / 3
    return x0, y0, x0 + dx, y0 + dy, x1 - dx, y1 - dy, x1, y1


def joined(points: Sequence[tuple[float, float]], closed: bool) -> Curves:
    """Straight pieces from point to point, and back to the first where they are closed."""
    ends = [*points[1:], points[0]] if closed and points else points[1:]
    rows = [straight(*a, *b) for a, b in zip(points, ends, strict=False)]
    return Curves(np.array(rows, dtype=np.float64).reshape(-1, 4, 2), (0,) if rows else (), (closed,) if rows else ())


def flattened(curves: Curves, tolerance: float) -> list[tuple[Points, bool]]:
    """Each part as a line at most ``tolerance`` off, and whether it is closed: it then repeats its first point."""
    if not curves.count:
        return []
    cubics = curves.cubics
    bend = np.linalg.norm(np.diff(cubics, n=2, axis=1), axis=2).max(axis=1)
    pieces = np.clip(np.ceil(np.sqrt(0.75 * bend / tolerance)), 1, 1000).astype(int)
    if (total := int(pieces.sum())) > MAX_POINTS:
        raise too_much(f"more than {MAX_POINTS:,} points")
    which = np.repeat(np.arange(len(cubics)), pieces)
    nth = np.arange(total) - np.repeat(np.cumsum(pieces) - pieces, pieces) + 1
    t = (nth / pieces[which])[:, None]
    a, b, c, d = (cubics[which, k] for k in range(4))
    s = 1 - t
    points = a * s**3 + 3 * b * s**2 * t + 3 * c * s * t**2 + d * t**3
    last = np.cumsum(pieces) - 1
    points[last] = cubics[:, 3]
    # Of each part: its first point, then the ends of its pieces.
    begins = np.array([*curves.starts, len(cubics)])
    at = np.concatenate([[0], np.cumsum(pieces)])[begins]
    found = []
    for begin, (first, end), closed in zip(curves.starts, pairwise(at), curves.closed, strict=True):
        line = np.vstack([cubics[begin, :1], points[first:end]])
        if closed:
            line[-1] = line[0]  # an arc comes back with an error of rounding
        found.append((line, closed))
    return found
