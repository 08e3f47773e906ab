"""The proof of a burn: tones drawn from the power and the speed of each move that the bytes say.

What falls on a place is the power over it by the time that the spot is there; from ``dose`` on it is as dark as it
gets. A laser that follows its speed (M4) leaves S over F on each millimetre, however fast it truly goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gcode.blur import blurred
from gcode.dialects import Dialect
from gcode.parse import parse
from gcode.proof import OVERSAMPLE, Piece, Pixels, blank, in_picture, png, shrunk
from gcode.recipe import Place
from gcode.trace import carried
from gcode.units import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Burns:
    """Straight pieces that are burnt, in the piece's coordinates. mm; ``dose`` in shares of full power by s/mm."""

    start: FloatArray
    end: FloatArray
    dose: FloatArray

    def only(self, chosen: BoolArray) -> Burns:
        """Some of them."""
        return Burns(self.start[chosen], self.end[chosen], self.dose[chosen])

    def on(self, place: Place) -> Burns:
        """Those of the bed, as they lie on a piece at this place."""
        origin = np.array([place.x, place.y])
        return Burns(self.start - origin, self.end - origin, self.dose)

    def seen(self, piece: Piece) -> Burns:
        """Those of which something falls into the piece's picture."""
        return self.only(in_picture(self.start, self.end, piece, np.zeros(len(self.dose))))

    def summed(self) -> Burns:
        """Each piece once, with the dose of all passes over it, either way."""
        ends = np.round(np.hstack([self.start, self.end]), 3)
        back = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
        ends[back] = ends[back][:, [2, 3, 0, 1]]
        once, which = np.unique(ends, axis=0, return_inverse=True)
        dose: FloatArray = np.zeros(len(once))
        np.add.at(dose, which.ravel(), self.dose)
        return Burns(np.asarray(once[:, :2]), np.asarray(once[:, 2:]), dose)

    def longer(self, by: float) -> Burns:
        """Each piece with what a spot burns beyond its ends."""
        way = self.end - self.start
        step = way / np.maximum(np.hypot(*way.T), 1e-12)[:, None] * by
        return Burns(self.start - step, self.end + step, self.dose)


def burn_picture(found: Burns, piece: Piece, spot: float, dose: float, px_per_mm: float) -> Pixels:
    """The piece with what is burnt into it as RGB, row 0 at the top.

    ``spot``: its width, mm. ``dose``: share of full power by s/mm2 at which a place is as dark as it gets.
    """
    image = blank(piece, px_per_mm)
    scale = px_per_mm * OVERSAMPLE
    ground = np.asarray(image, dtype=np.float32)
    points, energy = _fallen(found.seen(piece), 1 / scale)
    shifted = points * [1, -1] + [piece.margin, piece.margin + piece.height]
    heap = _heaped(shifted * scale - 0.5, energy * scale * scale, ground.shape[:2])
    dark = np.minimum(blurred(heap, spot / 3 * scale, nothing_around=True) / dose, 1.0)[..., None].astype(np.float32)
    mixed = ground + dark * (np.array(piece.mark, dtype=np.float32) - ground)
    return shrunk(np.rint(mixed).astype(np.uint8))


def burn_proof(found: Burns, piece: Piece, spot: float, dose: float, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of a program that burns, as PNG bytes."""
    return png(burn_picture(found, piece, spot, dose, px_per_mm))


def burns(data: bytes, dialect: Dialect, place: Place | None = None) -> Burns:
    """What a program's bytes burn; as it lies on the bed where no place is given."""
    program = parse(data)
    moves = dialect.trace(program)
    lit = dialect.marks(program, moves)
    power = carried(program.word("S"))[moves.index[lit]] / (dialect.full or 1.0)
    found = Burns(moves.start[lit][:, :2], moves.end[lit][:, :2], power / moves.feed[lit])
    return found.on(place or Place())


def _fallen(found: Burns, step: float) -> tuple[FloatArray, FloatArray]:
    """Places at most ``step`` mm apart on everything that burns, and the share of power by s that falls there."""
    way = np.hypot(*(found.end - found.start).T)
    pieces = np.maximum(1, np.ceil(way / step)).astype(np.int64)
    of = np.repeat(np.arange(len(way)), pieces)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (nth + 0.5) / pieces[of]
    points = found.start[of] + share[:, None] * (found.end - found.start)[of]
    return points, (found.dose * way / pieces)[of]


def _heaped(at: FloatArray, amount: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """What lies in each pixel: each place shared out among the four around it."""
    rows, columns = shape
    left, top = np.floor(at[:, 0]).astype(np.int64), np.floor(at[:, 1]).astype(np.int64)
    right, below = at[:, 0] - left, at[:, 1] - top
    heap = np.zeros(rows * columns)
    for down, across, share in (
        (0, 0, (1 - right) * (1 - below)),
        (0, 1, right * (1 - below)),
        (1, 0, (1 - right) * below),
        (1, 1, right * below),
    ):
        x, y = left + across, top + down
        seen = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        heap += np.bincount((y * columns + x)[seen], (amount * share)[seen], minlength=rows * columns)
    return heap.reshape(shape)
