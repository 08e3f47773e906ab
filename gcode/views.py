"""A program as preflight looks at it: at once where it is short, piece by piece, in bounded memory, where it is long.

A piece stands behind its history: of each command that is no move the first and the last few before it, so that a rule
that asks what was said before (a heater's target, a mode, a permission) finds it. Lines of the history are negative:
what was wrong with them was told with their own piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.dialects import Dialect
from gcode.estimate import move_times
from gcode.limits import Limits
from gcode.parse import Fault, Program, code_of, parse
from gcode.stream import Piece, cut, pieces
from gcode.trace import MOVES, Trace
from gcode.units import BoolArray, FloatArray, IntArray

LONG: Final = 8 * 1024 * 1024
"""Bytes from which on a program is looked at in pieces. Programs of tools that are switched are looked at at once."""
PIECE: Final = 3 * 1024 * 1024
KEPT: Final = 64
"""Commands of each code at the history's beginning, and as many at its end."""

Corners = npt.NDArray[np.float64]


class TooLarge(Exception):
    """Parts that add up to more than is allowed: ``fault`` says so."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier pieces of a program have come to."""

    lines: int = 0
    first: int = 0
    """The line of the first move; 0: nothing has moved."""
    fed: bool = False
    """Whether E has moved."""
    debt: float = 0.0
    """mm of E that is drawn back."""
    backlog: float = 0.0
    """Lines more than the controller has taken in."""


@dataclass(frozen=True)
class View:
    """A program, or a piece of a long one, with what several rules derive from it."""

    data: bytes
    program: Program
    moves: Trace
    dialect: Dialect
    limits: Limits
    before: Before = Before()
    ends: bool = True
    """Whether nothing comes behind it."""

    def lines_of(self, moves: BoolArray) -> IntArray:
        """The line numbers of chosen moves."""
        chosen: IntArray = self.program.line[self.moves.index[moves]]
        return chosen

    @property
    def whole(self) -> bool:
        return self.ends and not self.before.lines

    @cached_property
    def corners(self) -> Corners:
        """(2, n, 3): the smallest and largest corner of each move; of an arc as far as it goes round."""
        moves = self.moves
        low, high = np.minimum(moves.start, moves.end), np.maximum(moves.start, moves.end)
        for quarter, passed in enumerate(moves.quarters.T):
            axis, outwards = quarter % 2, quarter < 2
            side = moves.centre[passed, axis] + moves.radius[passed] * (1 if outwards else -1)
            bound = high if outwards else low
            bound[passed, axis] = (np.maximum if outwards else np.minimum)(bound[passed, axis], side)
        lost = moves.arc & ~np.isfinite(moves.radius)
        low[lost], high[lost] = -1e9, 1e9
        corners: Corners = np.nan_to_num(np.stack([low, high]), nan=1e9)
        return corners

    @cached_property
    def works(self) -> BoolArray | None:
        """For each command, whether the tool marks what it passes from then on; None: none is switched."""
        return self.dialect.works(self.program) if self.dialect.works else None

    @cached_property
    def marks(self) -> BoolArray:
        """Moves that leave something on the piece."""
        return self.dialect.marks(self.program, self.moves)

    @cached_property
    def seconds(self) -> FloatArray:
        """Of each move at its commanded speed."""
        moves = self.moves
        way = np.where(moves.distance > 0, moves.distance, np.abs(moves.e))
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds: FloatArray = np.where(way > 0, way / moves.feed, np.inf)
        return seconds

    @cached_property
    def axis_speeds(self) -> FloatArray:
        """(n, 4): mm/s of X, Y, Z and E as commanded."""
        steps = np.abs(np.column_stack([self.moves.end - self.moves.start, self.moves.e]))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(steps / self.seconds[:, None], posinf=0.0)

    @cached_property
    def fed(self) -> FloatArray:
        """mm of E from the furthest that the feeder had come before this view: first itself, then after each move."""
        return np.cumsum(np.concatenate([[-self.before.debt], self.moves.e]))

    @cached_property
    def flow(self) -> FloatArray:
        """mm3/s of fresh material by each move: what only makes up for drawing back is not laid."""
        fresh = np.diff(np.maximum.accumulate(np.maximum(self.fed, 0.0)))
        with np.errstate(divide="ignore", invalid="ignore"):
            flow: FloatArray = np.nan_to_num(fresh * self.limits.e_area / self.seconds, posinf=0.0)
        return flow

    @cached_property
    def backlog(self) -> FloatArray:
        """Lines more than the controller has taken in, after each move; none where it has no pace."""
        if self.limits.pace is None:
            return np.zeros(len(self.moves))
        rate, _ = self.limits.pace
        due = np.arange(1, len(self.moves) + 1) - rate * np.cumsum(move_times(self.moves, self.limits.motion))
        due += self.before.backlog
        waiting: FloatArray = due - np.minimum.accumulate(np.minimum(due, 0.0))
        return waiting

    @cached_property
    def heats(self) -> FloatArray:
        """The target that each command says, by S or by R; NaN where it says none."""
        heats: FloatArray = np.fmax(self.program.word("S"), self.program.word("R"))
        return heats

    def hottest(self, codes: tuple[int, ...]) -> float:
        targets = self.heats[np.isin(self.program.code, codes)]
        return float(np.nan_to_num(targets).max(initial=0.0))

    def after(self) -> Before:
        """For the next piece."""
        moves = self.moves
        return Before(
            lines=self.program.lines,
            first=self.before.first or (int(self.program.line[moves.index[0]]) if len(moves) else 0),
            fed=self.before.fed or bool((moves.e != 0).any()),
            debt=float(np.maximum(self.fed, 0.0).max() - self.fed[-1]),
            backlog=float(self.backlog[-1]) if len(moves) else self.before.backlog,
        )


def views(data: bytes | Iterable[bytes], dialect: Dialect, limits: Limits, long: int = LONG) -> Iterator[View]:
    """A program as one view, or as many. ``data``: its bytes, or parts of whole lines (:func:`gcode.stream.cut`).

    Raises TooLarge for parts that are more than the limits allow; of bytes the parser says so.
    """
    if isinstance(data, bytes):
        fits = len(data) <= limits.max_bytes and data.count(b"\n") < limits.max_lines
        if len(data) <= long or dialect.works or not fits:
            yield _at_once(data, dialect, limits)
            return
        parts = cut(data, min(PIECE, long))
    else:
        parts = _within(data, limits)
        head: list[bytes] = []
        for part in parts:
            head.append(part)
            if not dialect.works and sum(map(len, head)) > long:
                break
        else:
            yield _at_once(b"".join(head), dialect, limits)
            return
        parts = chain(head, parts)
    yield from _in_pieces(parts, dialect, limits)


def _at_once(data: bytes, dialect: Dialect, limits: Limits) -> View:
    program = parse(data, max_bytes=limits.max_bytes, max_lines=limits.max_lines)
    return View(data, program, dialect.trace(program), dialect, limits)


def _within(parts: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    size = lines = 0
    for part in parts:
        size, lines = size + len(part), lines + part.count(b"\n")
        if size > limits.max_bytes or lines > limits.max_lines:
            code, most, what = ("too-large", limits.max_bytes, "bytes")
            if size <= limits.max_bytes:
                code, most, what = ("too-many-lines", limits.max_lines, "lines")
            raise TooLarge(Fault(code, 1, f"the program has more than {most} {what}: split it"))
        yield part


def _in_pieces(parts: Iterator[bytes], dialect: Dialect, limits: Limits) -> Iterator[View]:
    """The last view has no commands of its own: it is for what holds at the end."""
    history, before = _nothing(), Before()
    kept: IntArray = np.array([code_of(name) for name in dialect.commands if code_of(name) not in MOVES])
    for piece in pieces(parts, dialect.trace):
        view = _behind(history, piece, dialect, limits, before)
        yield view
        before = view.after()
        history = _condensed(view.program, kept)
    whole = replace(history, lines=before.lines)
    yield View(b"", whole, dialect.trace(_nothing()), dialect, limits, before)


def _nothing() -> Program:
    return Program(np.zeros(0, np.int64), np.zeros(0, np.int64), {}, 0, ())


def _behind(history: Program, piece: Piece, dialect: Dialect, limits: Limits, before: Before) -> View:
    own = piece.program
    program = Program(
        code=np.concatenate([history.code, own.code]),
        line=np.concatenate([history.line, own.line]),
        words={
            letter: np.concatenate([history.word(letter), own.word(letter)])
            for letter in dict.fromkeys([*history.words, *own.words])
        },
        lines=piece.line - 1 + piece.raw.count(b"\n") + (not piece.raw.endswith(b"\n")),
        faults=own.faults,
    )
    moves = replace(piece.moves, index=piece.moves.index + len(history))
    return View(piece.raw, program, moves, dialect, limits, before, ends=False)


def _condensed(program: Program, codes: IntArray) -> Program:
    """Of each of these codes the first and the last few commands."""
    chosen = np.zeros(len(program), dtype=bool)
    for code in codes.tolist():
        at = np.flatnonzero(program.code == code)
        chosen[at[:KEPT]] = chosen[at[-KEPT:]] = True
    return Program(
        code=program.code[chosen],
        line=-np.abs(program.line[chosen]),
        words={letter: column[chosen] for letter, column in program.words.items()},
        lines=0,
        faults=(),
    )
