"""A toolpath: a table of moves in machine coordinates, one row a move, kept as columns.

A word that a row does not say is NaN. Positions are absolute mm, ``e`` is relative mm (M83), ``f`` is mm/s, ``p`` is s,
``s`` is a tool's power or speed in the machine's own scale. The table says nothing of a firmware: ``gcode.write`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from gcode.units import FloatArray

NAN = float("nan")


class Kind(IntEnum):
    """What a row is. How it is written is the dialect's business."""

    TRAVEL = 0
    LINE = 1
    DOWN = 2
    """The pen is put down."""
    UP = 3
    """The pen is taken up."""
    DWELL = 4
    FOLLOW = 5
    """The heights that were measured are followed from here on (s 1), or not any more (s 0)."""


@dataclass(frozen=True, slots=True, eq=False)
class Toolpath:
    """Columns of equal length. Immutable by convention: arrays are never written to after construction."""

    kind: npt.NDArray[np.uint8]
    x: FloatArray
    y: FloatArray
    z: FloatArray
    e: FloatArray
    f: FloatArray
    p: FloatArray
    s: FloatArray

    def __len__(self) -> int:
        return len(self.kind)

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, column.name)) for column in fields(self)}
        if len(lengths) > 1:
            raise ValueError(f"the columns of a toolpath differ in length ({sorted(lengths)}): give one value a row")

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """One toolpath after the other."""
        if not parts:
            return cls.rows(Kind.TRAVEL, 0)
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    @classmethod
    def rows(
        cls,
        kind: Kind,
        count: int,
        *,
        x: FloatArray | float = NAN,
        y: FloatArray | float = NAN,
        z: FloatArray | float = NAN,
        e: FloatArray | float = NAN,
        f: FloatArray | float = NAN,
        p: FloatArray | float = NAN,
        s: FloatArray | float = NAN,
    ) -> Self:
        """``count`` rows of one kind; a single number fills its column."""
        columns = (np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)) for value in (x, y, z, e, f, p, s))
        return cls(np.full(count, int(kind), dtype=np.uint8), *columns)


def settled(values: FloatArray, decimals: int) -> FloatArray:
    """Amounts rounded to ``decimals`` so that their running sum is never off by more than half a unit.

    Rounding each amount by itself would drift: a frosting segment is a few hundred units of the last E digit.
    """
    unit = 10.0**decimals
    return np.diff(np.rint(np.cumsum(values) * unit), prepend=0.0) / unit


def repeats_removed(values: FloatArray) -> FloatArray:
    """NaN where a value only says again what the row before said (a modal F)."""
    if len(values) == 0:
        return values
    known = ~np.isnan(values)
    kept = values[known]
    same = np.concatenate([[False], kept[1:] == kept[:-1]])
    out = values.copy()
    out[np.flatnonzero(known)[same]] = np.nan
    return out
