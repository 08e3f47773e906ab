"""Is the picture that the bytes make the photo that was designed? Structural similarity of what is covered and what
should be, cell by cell.

Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE Transactions on Image Processing 13, 2004: Gaussian
windows of 1.5 cells, K1 = 0.01, K2 = 0.03.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.blur import blurred
from gcode.design import Tone
from gcode.mask import inset, within
from gcode.proof import Marks
from gcode.units import BoolArray, FloatArray

FINE: Final = 3
"""Cells in the distance of two rows."""
SIGMA: Final = 1.5
"""Of the window, in cells of :func:`similarity`."""
BLUR: Final = 1.3
"""Of both pictures, in distances of two rows: an eye does not tell rows or dots apart."""
LOCAL: Final = 2.0
"""Of a place that may be off, in distances of two rows."""
EDGE: Final = 2
"""Rows at each side that are not looked at: beads end round, and rows turn there."""
ACROSS: Final = 5
"""Points across a mark."""
_K1, _K2 = 0.01, 0.03


def covered(marks: Marks, tone: Tone, cell: float) -> FloatArray:
    """The share of each cell that marks cover, row 0 at the top; above 1 where they overlap."""
    rows, columns = max(2, round(tone.height / cell)), max(2, round(tone.width / cell))
    way = marks.end - marks.start
    length = np.hypot(*way.T)
    count = np.maximum(1, np.ceil(length / cell * 2)).astype(int)
    which = np.repeat(np.arange(len(length)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    points = marks.start[which] + way[which] * ((nth + 0.5) / count[which])[:, None]
    side = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(length, 1e-12)[:, None] * marks.width[:, None]
    area = (length * marks.width / count / ACROSS)[which]
    found = np.zeros(rows * columns)
    for share in (np.arange(ACROSS) + 0.5) / ACROSS - 0.5:
        x, y = (points + side[which] * share).T
        column = np.floor((x - tone.x) / tone.width * columns).astype(int)
        row = np.floor((tone.y + tone.height - y) / tone.height * rows).astype(int)
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        found += np.bincount(row[inside] * columns + column[inside], area[inside], rows * columns)
    shares: FloatArray = found.reshape(rows, columns) / (tone.width / columns * tone.height / rows)
    return shares


def wanted(tone: Tone, shape: tuple[int, int], reach: tuple[float, float], *, dark: bool) -> FloatArray:
    """The share of each cell that should be covered. ``reach``: least and most that can be; ``dark``: by dark marks."""
    rows, columns = shape
    fine = 2
    light: FloatArray = tone.at(*tone.cells(rows * fine, columns * fine))
    light = light.reshape(rows, fine, columns, fine).mean(axis=(1, 3))
    share = reach[0] + (reach[1] - reach[0]) * (1 - light if dark else light)
    return share if tone.mask is None else np.where(tone.holds(*tone.cells(rows, columns)), share, 0.0)


@dataclass(frozen=True, slots=True)
class Likeness:
    similarity: float
    """Mean structural similarity, 1 where made and wanted are the same."""
    amount: float
    """What is covered, as a share of what should be."""
    worst: tuple[float, tuple[float, float]]
    """The largest local difference, as a share of all tones, and where it is in mm."""

    def wrong(self, least: float = 0.85, amount: float = 0.1, local: float = 0.25) -> tuple[str, ...]:
        """What is not as designed, each a sentence with its number and its limit."""
        found = []
        if not self.similarity >= least:
            found.append(f"the picture would be like the photo by {self.similarity:.2f} (SSIM, limit {least:.2f})")
        if not abs(self.amount - 1) <= amount:
            found.append(
                f"{self.amount:.0%} of the material that the photo needs would be laid (limit {amount:.0%} off)"
            )
        if not self.worst[0] <= local:
            x, y = self.worst[1]
            found.append(
                f"at x {x:.1f}, y {y:.1f} mm it would be off by {self.worst[0]:.0%} of all tones (limit {local:.0%})"
            )
        return tuple(found)

    def body(self) -> dict[str, float]:
        """For a manifest."""
        return {
            "ssim": round(self.similarity, 4),
            "amount": round(self.amount, 3),
            "worst": round(self.worst[0], 3),
        }


def tone_made(tone: Tone, marks: Marks, pitch: float, reach: tuple[float, float], *, dark: bool = True) -> Likeness:
    """``pitch``: mm between two rows. ``reach``: the least and the largest share that rows cover."""
    made = covered(marks, tone, pitch / FINE)
    should = wanted(tone, (made.shape[0], made.shape[1]), reach, dark=dark)
    seen = blurred(made, BLUR * FINE), blurred(should, BLUR * FINE)
    span = reach[1] - reach[0]
    edge = slice(min(EDGE * FINE, min(made.shape) // 4), -min(EDGE * FINE, min(made.shape) // 4) or None)
    looked = _well_within(tone, made, EDGE * pitch)
    like = similarities(seen[0][edge, edge][::FINE, ::FINE], seen[1][edge, edge][::FINE, ::FINE], span)
    similar = float(like[looked[edge, edge][::FINE, ::FINE]].mean())
    off: FloatArray = np.zeros((made.shape[0], made.shape[1]))
    off[edge, edge] = np.abs(blurred(made, LOCAL * FINE) - blurred(should, LOCAL * FINE))[edge, edge] / span
    off = np.where(looked, off, 0.0)
    row, column = divmod(int(np.argmax(off)), off.shape[1])
    x = tone.x + (column + 0.5) / off.shape[1] * tone.width
    y = tone.y + tone.height - (row + 0.5) / off.shape[0] * tone.height
    amount = float(made[looked].mean() / max(should[looked].mean(), 1e-9))
    return Likeness(similar, amount, (float(off.max()), (x, y)))


def _well_within(tone: Tone, cells: FloatArray, margin: float) -> BoolArray:
    """Cells that are not at the edge of the mask, where rows end; all where there is none."""
    if tone.mask is None:
        return np.ones(cells.shape, dtype=bool)
    inner = inset(tone.mask, margin)
    return within(inner, *tone.cells(cells.shape[0], cells.shape[1]))


def similarity(a: FloatArray, b: FloatArray, span: float) -> float:
    """SSIM of two pictures whose values span so much."""
    return float(similarities(a, b, span).mean())


def similarities(a: FloatArray, b: FloatArray, span: float) -> FloatArray:
    """SSIM at each place of two pictures whose values span so much."""
    c1, c2 = (_K1 * span) ** 2, (_K2 * span) ** 2
    mean_a, mean_b = blurred(a, SIGMA), blurred(b, SIGMA)
    var_a = blurred(a * a, SIGMA) - mean_a**2
    var_b = blurred(b * b, SIGMA) - mean_b**2
    both = blurred(a * b, SIGMA) - mean_a * mean_b
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    found: FloatArray = top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return found
