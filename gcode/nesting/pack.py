"""A place and a turn on a bed for each of several outlines: lowest first, then leftmost. mm.

The same outlines on the same bed have the same places. Who is named first is more urgent: where not all fit, the
longest beginning that does is placed, and then whatever of the rest finds room between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.nesting.apart import Apart, Taken
from gcode.nesting.outline import Lying, Outline, rotated
from gcode.units import BoolArray

MOST_PIECES: Final = 64
"""At a time: what comes after them waits for the next bed."""
MOST_PLACES: Final = 400_000
"""Of a bed's grid; a larger bed has a coarser one."""
MOST_PAIRS: Final = 4000
"""Of outlines in their turns that are looked at until no other way is tried: some 10 s of a small computer."""
STEP: Final = 0.5
"""mm between places, at least."""
QUARTERS: Final = (0.0, 90.0, 180.0, 270.0)


class BedError(ValueError):
    """A bed without room. The text says the mend."""


@dataclass(frozen=True, slots=True)
class Bed:
    """Where pieces may lie, in machine coordinates, and how."""

    x0: float
    y0: float
    x1: float
    y1: float
    spacing: float = 3.0
    """Between pieces, and around keep-outs."""
    margin: float = 0.0
    """Along the border."""
    keep_outs: tuple[Outline, ...] = ()
    """Clamps, sensors, a wiper: in machine coordinates."""
    turns: tuple[float, ...] = QUARTERS
    """Degrees by which a piece may be turned to the left."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body's own origin lies, in machine coordinates, after the body was turned around it by ``turn``
    degrees to the left."""

    x: float
    y: float
    turn: float

    def put(self, line: Line) -> Line:
        """A line of the body's own coordinates as it lies on the bed."""
        lying: Line = rotated(line, self.turn) + np.array([self.x, self.y])
        return lying


@dataclass(frozen=True, slots=True)
class Nest:
    """What was found, in the order of the outlines; None: it does not fit beside the others."""

    places: tuple[Place | None, ...]
    density: float
    """Share of the box around all pieces that they cover; 0 where none was placed."""

    @property
    def left(self) -> tuple[int, ...]:
        """The numbers of those that have no place."""
        return tuple(number for number, place in enumerate(self.places) if place is None)


@dataclass(frozen=True, slots=True)
class _Way:
    """A rule by which pieces are placed: which comes first, and which turns are tried before the others."""

    size: Callable[[Outline], float]
    first: tuple[float, ...] = ()


_WAYS: Final = (
    _Way(lambda one: one.area),
    _Way(lambda one: one.area, (0.0, 180.0)),
    _Way(lambda one: one.area, (90.0, 270.0)),
    _Way(lambda one: float(max(np.ptp(one.line, axis=0)))),
)


def nest(outlines: Sequence[Outline], bed: Bed) -> Nest:
    """Places for outlines, the most urgent named first. Raises BedError for a bed without inside."""
    seen = list(outlines[:MOST_PIECES])
    table = _Table(bed)
    best: _Laid | None = None
    most = int(np.searchsorted(np.cumsum([one.area for one in seen]), table.width * table.height, side="right"))
    fits, fails = 0, most + 1
    while fits + 1 < fails and table.apart.pairs < MOST_PAIRS:
        # All of them at first, since mostly they fit; then halves.
        count = most if fails > most else (fits + fails) // 2
        laid = _laid(table, seen[:count])
        best, fits, fails = (laid, count, fails) if laid is not None else (best, fits, count)
    done = best or _Laid(table)
    for number in range(fits, len(seen)):
        done.lay(number, seen[number], _WAYS[0])
    places = done.settled(len(outlines))
    return Nest(places, _density(outlines, places))


def _laid(table: _Table, outlines: Sequence[Outline]) -> _Laid | None:
    """All of them by the first way that places all."""
    for way in _WAYS:
        laid = _Laid(table)
        order = sorted(range(len(outlines)), key=lambda number: (-way.size(outlines[number]), number))
        if all(laid.lay(number, outlines[number], way) for number in order):
            return laid
    return None


class _Table:
    """The bed as a grid of places, and what is known of outlines on it."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.x, self.y = bed.x0 + bed.margin, bed.y0 + bed.margin
        self.width, self.height = bed.x1 - bed.margin - self.x, bed.y1 - bed.margin - self.y
        if not (self.width > 0 and self.height > 0):
            raise BedError(
                f"a bed of {bed.x1 - bed.x0:g} x {bed.y1 - bed.y0:g} mm has no inside behind a margin of "
                f"{bed.margin:g} mm: make the margin smaller"
            )
        self.step = max(STEP, float(np.ceil(2 * np.sqrt(self.width * self.height / MOST_PLACES)) / 2))
        self.apart = Apart(self.step, bed.spacing)
        self._bare: dict[bytes, BoolArray] = {}

    def lying(self, outline: Outline) -> Iterator[tuple[float, Lying]]:
        """The ways in which it can lie, each looked at once: a rectangle lies in two."""
        seen = set()
        for turn in self.bed.turns:
            lying = outline.turned(turn)
            if (key := lying.line.tobytes()) not in seen:
                seen.add(key)
                yield turn, lying

    def bare(self, lying: Lying) -> BoolArray:
        """Where its lower left corner may not be on the empty bed."""
        key = lying.line.tobytes()
        if key not in self._bare:
            rows, columns = (
                max(0, int(np.floor((room - size) / self.step + 1e-9)) + 1)
                for room, size in ((self.height, lying.height), (self.width, lying.width))
            )
            places = np.zeros((rows, columns), dtype=np.bool_)
            for keep_out in self.bed.keep_outs:
                standing = keep_out.line - np.array([self.x, self.y])
                mark(places, self.apart.between(standing, lying.line), 0, 0)
            self._bare[key] = places
        return self._bare[key]


class _Laid:
    """Pieces on a bed, one after the other."""

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._there: dict[int, tuple[Lying, float, int, int]] = {}
        """By its number: how a piece lies, its turn, and its row and column."""
        self._places: dict[bytes, tuple[BoolArray, int]] = {}
        """Where an outline may not lie because of so many of the pieces that are there."""

    def lay(self, number: int, outline: Outline, way: _Way) -> bool:
        """Find a place for one more. False: there is none."""
        found = [
            (turn not in way.first, (row * table.step) + lying.height, row, column, turn, lying)
            for table in [self._table]
            for turn, lying in table.lying(outline)
            if (place := self._lowest(lying)) is not None
            for row, column in [place]
        ]
        if not found:
            return False
        *_, row, column, turn, lying = min(found, key=lambda one: one[:5])
        self._there[number] = (lying, turn, row, column)
        return True

    def _lowest(self, lying: Lying) -> tuple[int, int] | None:
        key = lying.line.tobytes()
        places, looked = self._places.get(key) or (self._table.bare(lying).copy(), 0)
        if not places.size:
            return None
        for standing, _, row, column in list(self._there.values())[looked:]:
            mark(places, self._table.apart.between(standing.line, lying.line), row, column)
        self._places[key] = (places, len(self._there))
        first = int(np.argmin(places))
        row, column = divmod(first, places.shape[1])
        return None if places[row, column] else (row, column)

    def settled(self, count: int) -> tuple[Place | None, ...]:
        """Where the bodies' origins lie; as a whole in the middle of a bed that is free everywhere."""
        table, step = self._table, self._table.step
        dx = dy = 0.0
        if self._there and not table.bed.keep_outs:
            right = max(column * step + lying.width for lying, _, _, column in self._there.values())
            top = max(row * step + lying.height for lying, _, row, _ in self._there.values())
            dx, dy = (table.width - right) / 2, (table.height - top) / 2
        places: list[Place | None] = [None] * count
        for number, (lying, turn, row, column) in self._there.items():
            x = table.x + dx + column * step + lying.origin[0]
            y = table.y + dy + row * step + lying.origin[1]
            places[number] = Place(round(x, 3), round(y, 3), turn)
        return tuple(places)


def mark(places: BoolArray, taken: Taken, row: int, column: int) -> None:
    """Add what is taken around a piece at this row and column, as far as it lies in the picture."""
    top, left = row + taken.row, column + taken.column
    rows, columns = taken.places.shape
    r0, c0, r1, c1 = max(0, top), max(0, left), min(places.shape[0], top + rows), min(places.shape[1], left + columns)
    if r0 < r1 and c0 < c1:
        places[r0:r1, c0:c1] |= taken.places[r0 - top : r1 - top, c0 - left : c1 - left]


def _density(outlines: Sequence[Outline], places: Sequence[Place | None]) -> float:
    put = [(outline, place.put(outline.line)) for outline, place in zip(outlines, places, strict=True) if place]
    if not put:
        return 0.0
    every = np.vstack([line for _, line in put])
    width, height = np.ptp(every, axis=0).tolist()
    covered: float = sum(outline.area for outline, _ in put) / (width * height)
    return covered
