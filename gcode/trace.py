"""Where a program moves the tool: its commands resolved against units, absolute and relative modes, G92 and G28.

All of it without a loop over commands: a position is the last value set plus all that was added since. Extrusion
follows Marlin: of G90, G91, M82 and M83 the latest decides the mode of E. Before the first G28 the tool is taken to
stand at 0, 0, 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gcode.parse import Program, code_of
from gcode.units import PER_MINUTE, BoolArray, FloatArray, IntArray

G0, G1, G2, G3, G4 = (code_of(f"G{number}") for number in range(5))
G28, G90, G91, G92 = (code_of(name) for name in ("G28", "G90", "G91", "G92"))
M82, M83 = code_of("M82"), code_of("M83")
MOVES: Final = (G0, G1, G2, G3)
WAITS: Final = (G4, G28, *(code_of(name) for name in ("G29", "M0", "M1", "M109", "M190", "M400", "M600")))
"""Commands that are carried out when all moves before them are done; so is each T."""
_TOOLS: Final = code_of("T0")


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Moves in their order. ``index`` is each move's place among the program's commands. mm, mm/s."""

    index: IntArray
    start: FloatArray
    """(n, 3): x, y, z before the move."""
    end: FloatArray
    e: FloatArray
    """mm of E by this move alone."""
    feed: FloatArray
    """NaN where no F was said yet, infinity where the machine goes as fast as it can."""
    arc: BoolArray
    radius: FloatArray
    """Of arcs, from their I and J words; 0 for straight moves, NaN where an arc has none."""
    centre: FloatArray
    clockwise: BoolArray
    stops: BoolArray
    """Moves before which the machine stands still, because a command waits until all is done (a dwell, say)."""
    dwell: float
    """Seconds of all G4 together."""

    def __len__(self) -> int:
        return len(self.index)

    def only(self, chosen: BoolArray) -> Trace:
        """Some of the moves, as they are; ``dwell`` stays that of all."""
        columns = ("index", "start", "end", "e", "feed", "arc", "radius", "centre", "clockwise", "stops")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    @property
    def distance(self) -> FloatArray:
        """mm of way in space (an arc counts as its chord)."""
        steps = self.end - self.start
        way: FloatArray = np.sqrt((steps * steps).sum(axis=1))
        return way

    @property
    def turns(self) -> tuple[FloatArray, FloatArray]:
        """Of arcs: the angle from their centre to where they begin, and how far they go round, above 0 the way of G3;
        a full circle where they end as they begin. Radians; 0 for straight moves and arcs without a centre."""
        a, b = self.start[:, :2] - self.centre, self.end[:, :2] - self.centre
        first = np.arctan2(a[:, 1], a[:, 0])
        way = np.where(self.clockwise, -1.0, 1.0)
        turn = (np.arctan2(b[:, 1], b[:, 0]) - first) * way % (2 * np.pi)
        turn = np.where(turn < 1e-9, 2 * np.pi, turn) * way
        bent = self.arc & (np.nan_to_num(self.radius) > 0)
        return np.where(bent, first, 0.0), np.where(bent, turn, 0.0)

    @property
    def quarters(self) -> BoolArray:
        """(n, 4): whether an arc passes its circle's highest X, highest Y, lowest X and lowest Y."""
        first, turn = self.turns
        away = (np.arange(4) * (np.pi / 2) - first[:, None]) * np.sign(turn)[:, None] % (2 * np.pi)
        passed: BoolArray = (away <= np.abs(turn)[:, None]) & (turn != 0)[:, None]
        return passed

    @property
    def lays(self) -> BoolArray:
        """Moves that lay material while they travel in the plane."""
        flat = np.abs(self.end[:, :2] - self.start[:, :2]).sum(axis=1) > 0
        chosen: BoolArray = (self.e > 0) & flat
        return chosen


def latest(marks: BoolArray) -> IntArray:
    """For each row the last row up to it that is marked; -1 before the first."""
    return np.maximum.accumulate(np.where(marks, np.arange(len(marks)), -1))


def carried(values: FloatArray) -> FloatArray:
    """Each NaN replaced by the last number before it; NaN before the first."""
    at = latest(~np.isnan(values))
    return np.where(at >= 0, values[at], np.nan) if len(values) else values


def _accumulated(sets: BoolArray, adds: BoolArray, values: FloatArray) -> FloatArray:
    """A number that some rows set and others add to; 0 at first."""
    running = np.cumsum(np.where(adds, values, 0.0))
    at = latest(sets)
    base = np.where(at >= 0, np.where(sets, values, 0.0)[at] - running[at], 0.0)
    result: FloatArray = base + running
    return result


def _before(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], values[:-1]])


def switched(code: IntArray, on: tuple[int, ...], off: tuple[int, ...]) -> BoolArray:
    """Whether the latest of these commands up to each row is one of ``on``; off before the first of them."""
    chosen: BoolArray = np.asarray(np.isin(code, on))
    at = latest(chosen | np.isin(code, off))
    if len(code) == 0:
        return chosen
    is_on: BoolArray = (at >= 0) & chosen[at]
    return is_on


def _axis(program: Program, letter: str, relative: BoolArray, moves: BoolArray) -> FloatArray:
    """The machine's own position on one axis after each command."""
    value = program.word(letter)
    given = ~np.isnan(value)
    homes, shifts = program.code == G28, (program.code == G92) & given
    sets = (moves & given & ~relative) | shifts | homes
    logical = _accumulated(sets, moves & given & relative, np.where(homes, 0.0, np.nan_to_num(value)))
    if not shifts.any():
        return logical
    offset = np.cumsum(np.where(shifts, _before(logical) - logical, 0.0))
    home = latest(homes)
    position: FloatArray = logical + offset - np.where(home >= 0, offset[home], 0.0)
    return position


def _extruded(program: Program, moves: BoolArray) -> FloatArray:
    """mm of E by each command."""
    value = program.word("E")
    given = ~np.isnan(value)
    relative = switched(program.code, (G91, M83), (G90, M82))
    adds = moves & given & relative
    shifts = (program.code == G92) & given
    logical = _accumulated((moves & given & ~relative) | shifts, adds, np.nan_to_num(value))
    return np.where(adds, np.nan_to_num(value), np.where(moves, logical - _before(logical), 0.0))


def _stops(code: IntArray, index: IntArray) -> BoolArray:
    waits = np.cumsum(np.isin(code, WAITS) | (code >= _TOOLS))
    stops: BoolArray = np.diff(waits[index], prepend=0) > 0
    return stops


def trace(
    program: Program, *, feed_per_mm_s: float = PER_MINUTE, dwell_per_second: float = 1000.0, rapid: bool = False
) -> Trace:
    """The moves of a program. Never raises for what it says; nonsense gives moves that preflight finds outside.

    ``rapid``: G0 goes as fast as it can, whatever F says.
    """
    code = program.code
    moves = np.isin(code, MOVES)
    relative = switched(code, (G91,), (G90,))
    after = np.stack([_axis(program, letter, relative, moves) for letter in "XYZ"], axis=1)
    before = np.vstack([np.zeros((1, 3)), after])[:-1]
    index = np.flatnonzero(moves)
    arc: BoolArray = np.asarray(np.isin(code[index], (G2, G3)))
    said = np.stack([program.word("I")[index], program.word("J")[index]], axis=1)
    unsaid = np.isnan(said).all(axis=1)
    offsets = np.nan_to_num(said)
    offsets[unsaid] = np.nan
    offsets[~arc] = 0.0
    dwells = code == G4
    seconds = (
        np.nan_to_num(program.word("P")[dwells]).sum() / dwell_per_second
        + np.nan_to_num(program.word("S")[dwells]).sum()
    )
    feed = carried(np.where(moves, program.word("F"), np.nan)) / feed_per_mm_s
    if rapid:
        feed[code == G0] = np.inf
    return Trace(
        index=index,
        start=before[index],
        end=after[index],
        e=_extruded(program, moves)[index],
        feed=feed[index],
        arc=arc,
        radius=np.hypot(offsets[:, 0], offsets[:, 1]),
        centre=before[index][:, :2] + offsets,
        clockwise=np.asarray(code[index] == G2),
        stops=_stops(code, index),
        dwell=float(seconds),
    )
