"""From motion to inked lines: where a pen was down, it drew a line of its width.

A servo takes ``lag`` seconds from the command to the paper, in either direction: a plotter that does not wait for it
misses the beginnings of its lines, and draws tails behind their ends. Units: mm, s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from simulators.beads import NONE, POWER, Beads, Json, Row, paths, sample, worked
from simulators.motion import Block
from simulators.picture import Look, Region, lines

STEP = 0.25
"""Longest sample along a line, mm."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Down where the spindle's output is between ``down``'s two shares, or at and below ``contact`` of Z if that is
    set."""

    measure: ClassVar[str] = "ink"
    settling: ClassVar[float] = 0.0
    width: float = 0.5
    lag: float = 0.0
    down: tuple[float, float] = (0.5, 1.0)
    contact: float | None = None

    def row(self, block: Block) -> Row:
        return worked(block)

    def touches(self, made: Row) -> bool:
        """Whether the pen is down, or on its way, while a row is made."""
        if self.contact is not None:
            return made[3] <= self.contact + 1e-6 and made[6] <= self.contact + 1e-6
        return self._presses(made[POWER])

    def _presses(self, power: float) -> bool:
        return self.down[0] <= power <= self.down[1]

    def leaves(self, made: Row) -> float:
        """mm of line, the servo's lag left aside."""
        return made[8] if self.touches(made) else 0.0

    def mark(self, made: Row) -> Row:
        return made[1:7]

    def facts(self, rows: Sequence[Row], now: float) -> Json:  # noqa: ARG002
        inked = self._lines(rows)
        drawn = float(np.linalg.norm(inked.end - inked.start, axis=1).sum())
        moved = sum(made[8] for made in rows)
        return {"ink": round(drawn, 4), "travel": round(moved - drawn, 4), "strokes": len(paths(inked))}

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        return {**self.facts(rows, now), "paths": paths(self._lines(rows))}

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image:  # noqa: ARG002
        return lines(self._lines(rows), look, region, density)

    def _lines(self, rows: Sequence[Row]) -> Beads:
        """Samples with the pen on the paper; ``volume`` is their length."""
        if not rows:
            return NONE
        moves = np.asarray(rows, dtype=np.float64)
        touching = np.array([self.touches(made) for made in rows])
        cut = sample(moves, np.maximum(1, np.ceil(moves[:, 8] / STEP)).astype(np.int64))
        middle = (cut.begun + cut.ended) / 2 - (self.lag if self.contact is None else 0.0)
        at = np.maximum(np.searchsorted(moves[:, 0], middle, side="right") - 1, 0)
        within = (moves[at, 0] <= middle) & (middle <= moves[at, 0] + moves[at, 13:16].sum(axis=1))
        between = self.contact is None and self._presses(0.0)  # a servo that is told nothing gets no row
        down = np.where(within, touching[at], between)
        start, end = cut.start[down], cut.end[down]
        length = np.linalg.norm(end - start, axis=1)
        width = np.full(len(length), self.width)
        return Beads(start, end, length, cut.begun[down], cut.ended[down], width)
