"""The proof: a picture drawn from the bytes that go to the machine, never from what they were made of.

Each move that lays material is drawn as the bead it makes: its width from its E, its length and the bead's height.
Each move that burns or draws is drawn in the width of the spot or the pen. The same bytes give the same PNG bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from gcode.dialects import Dialect
from gcode.geometry import rectangle
from gcode.parse import parse
from gcode.recipe import Bead, Place
from gcode.trace import G4, trace
from gcode.units import BoolArray, FloatArray

Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]
OVERSAMPLE: Final = 2
MAX_PIXELS: Final = 40_000_000
_CAP_SIDES: Final = np.linspace(-np.pi / 2, np.pi / 2, 7)


class ProofError(ValueError):
    """The picture cannot be drawn as asked."""


MARGIN: Final = 4.0
"""mm of background around a piece in its proof."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What the material lies on, or what is marked. mm; colours are sRGB."""

    width: float
    height: float
    radius: float = 0.0
    """Of its corners."""
    colour: Colour = (226, 180, 120)
    mark: Colour = (74, 42, 30)
    """Of what is laid, burnt or drawn."""
    table: Colour = (245, 245, 242)
    margin: float = MARGIN
    """mm of table shown around the piece."""
    edges: tuple[FloatArray, ...] = ()
    """Its outline, and then its holes and openings, as closed contours; none: a rectangle of ``radius``."""
    under: Pixels | None = None
    """What lies on it already, as the picture that its own bytes gave; of the same size as what is drawn over it."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What a program leaves on the piece: straight pieces with round ends, in the piece's coordinates. mm."""

    start: FloatArray
    end: FloatArray
    width: FloatArray

    @property
    def middle(self) -> FloatArray:
        return (self.start + self.end) / 2

    def only(self, chosen: BoolArray) -> Marks:
        """Some of them."""
        return Marks(self.start[chosen], self.end[chosen], self.width[chosen])

    def on(self, place: Place) -> Marks:
        """Those of the bed, as they lie on a piece at this place."""
        origin = np.array([place.x, place.y])
        return Marks(self.start - origin, self.end - origin, self.width)

    def seen(self, piece: Piece) -> Marks:
        """Those of which something is in the piece's picture: the others of a whole jig take time and draw nothing."""
        return self.only(in_picture(self.start, self.end, piece, self.width))

    def turned(self, width: float) -> Marks:
        """As they look on the other side of a piece ``width`` mm wide."""
        turn, to = np.array([-1.0, 1.0]), np.array([width, 0.0])
        return Marks(self.start * turn + to, self.end * turn + to, self.width)


def in_picture(start: FloatArray, end: FloatArray, piece: Piece, around: FloatArray) -> BoolArray:
    """Which lines come as near as ``around`` mm to what a piece's picture shows. One too many does no harm."""
    far = piece.margin + around[:, None]
    low, high = np.minimum(start, end) - far, np.maximum(start, end) + far
    near: BoolArray = np.all((high >= 0) & (low <= np.array([piece.width, piece.height])), axis=1)
    return near


def beads(data: bytes, bead: Bead, place: Place | None = None) -> Marks:
    """The beads of a program's bytes at one height over a surface; as they lie on the bed where no place is given."""
    moves = trace(parse(data))
    lays = moves.lays
    laid = Marks(moves.start[lays][:, :2], moves.end[lays][:, :2], np.zeros(0)).on(place or Place())
    length = np.hypot(*(laid.end - laid.start).T)
    return replace(laid, width=moves.e[lays] * bead.e_area / (length * bead.height * bead.fill))


def lines(data: bytes, dialect: Dialect, width: float, place: Place | None = None) -> Marks:
    """The lines that a program's bytes burn or draw, each ``width`` mm wide; on the bed where no place is given."""
    program = parse(data)
    moves = dialect.trace(program)
    marks = dialect.marks(program, moves)
    drawn = Marks(moves.start[marks][:, :2], moves.end[marks][:, :2], np.full(int(marks.sum()), width))
    return drawn.on(place or Place())


def bead_picture(marks: Marks, piece: Piece, px_per_mm: float) -> Pixels:
    """The piece with its frosting as RGB, row 0 at the top."""
    shades = ((1.0, _shade(piece.mark, 0.92)), (0.55, piece.mark), (0.2, _light(piece.mark, 0.08)))
    return _drawn([(marks, shades)], piece, px_per_mm)


def line_picture(marks: Marks, piece: Piece, px_per_mm: float) -> Pixels:
    """The piece with what is burnt or drawn on it as RGB, row 0 at the top."""
    return _drawn([(marks, ((1.0, piece.mark),))], piece, px_per_mm)


def turned_picture(marks: Marks, first: BoolArray, piece: Piece, px_per_mm: float) -> Pixels:
    """A body that was poured over drawings, turned over, as RGB, row 0 at the top: what was laid before the machine
    rested (``first``) has browned, and lies on what came after."""
    seen = marks.turned(piece.width)
    body = ((1.0, _shade(piece.mark, 0.97)), (0.7, piece.mark))
    browned = ((1.0, _shade(piece.mark, 0.62)), (0.6, _shade(piece.mark, 0.55)))
    return _drawn(
        [(seen.only(~first), body), (seen.only(first), browned)], replace(piece, colour=piece.table), px_per_mm
    )


def before_rest(data: bytes, dialect: Dialect) -> BoolArray:
    """Which beads were laid before the first rest of a second or more; none where the machine never rests as long."""
    program = parse(data)
    moves = dialect.trace(program)
    seconds = np.nan_to_num(program.word("P")) / dialect.dwell_per_second
    rests = np.flatnonzero((program.code == G4) & (seconds >= 1.0))
    before: BoolArray = moves.index[moves.lays] < (rests[0] if len(rests) else 0)
    return before


def heights(data: bytes) -> FloatArray:
    """Z of each bead, mm."""
    moves = trace(parse(data))
    return moves.end[moves.lays][:, 2]


def _drawn(layers: Sequence[tuple[Marks, Sequence[tuple[float, Colour]]]], piece: Piece, px_per_mm: float) -> Pixels:
    """Marks on the piece, lowest first; their shades are shares of their width, from the widest, each of one colour."""
    image, scale = blank(piece, px_per_mm), px_per_mm * OVERSAMPLE
    draw = ImageDraw.Draw(image)
    for laid, shades in layers:
        marks = laid.seen(piece)
        start, end, width = _seen(marks.start, piece, scale), _seen(marks.end, piece, scale), marks.width * scale
        for share, colour in shades:
            _draw_marks(draw, start, end, width * share, colour)
    return shrunk(np.asarray(image))


def _seen(points: FloatArray, piece: Piece, scale: float) -> FloatArray:
    """Points of the piece as pixels of its picture."""
    shifted: FloatArray = (points * [1, -1] + [piece.margin, piece.margin + piece.height]) * scale
    return shifted


def blank(piece: Piece, px_per_mm: float) -> Image.Image:
    """The piece as it is before, OVERSAMPLE times as fine as asked. Raises ProofError where that is too large."""
    scale = px_per_mm * OVERSAMPLE
    columns, rows = (round((side + 2 * piece.margin) * scale) for side in (piece.width, piece.height))
    if not 0 < columns * rows <= MAX_PIXELS:
        raise ProofError(f"a proof of {columns} x {rows} pixels is too large: lower px_per_mm")
    if piece.under is not None:
        return _as_fine(piece.under, columns, rows)
    image = Image.new("RGB", (columns, rows), piece.table)
    draw = ImageDraw.Draw(image)
    contours = piece.edges or (rectangle(0.0, 0.0, piece.width, piece.height, piece.radius),)
    for number, contour in enumerate(contours):
        corners = _seen(contour, piece, scale).ravel().tolist()
        fill = piece.colour if number == 0 else piece.table
        draw.polygon(corners, fill=fill, outline=_shade(piece.colour, 0.8), width=max(1, round(scale / 3)))
    return image


def _as_fine(under: Pixels, columns: int, rows: int) -> Image.Image:
    """A finished picture as the ground of another: shrunk again, it is what it was."""
    if under.shape != (rows // OVERSAMPLE, columns // OVERSAMPLE, 3):
        raise ProofError(f"what lies below is a picture of {under.shape}, not of this piece: draw its proof anew")
    return Image.fromarray(under).resize((columns, rows), Image.Resampling.NEAREST)


def shrunk(pixels: Pixels) -> Pixels:
    """The picture as fine as asked, from one that is OVERSAMPLE times as fine."""
    rows, columns = pixels.shape[:2]
    size = (max(1, columns // OVERSAMPLE), max(1, rows // OVERSAMPLE))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def _draw_marks(
    draw: ImageDraw.ImageDraw, start: FloatArray, end: FloatArray, width: FloatArray, colour: Colour
) -> None:
    """Each mark as a polygon with round ends, its corners computed for all at once."""
    steps = end - start
    heading = np.arctan2(steps[:, 1], steps[:, 0])[:, None]
    radius = np.minimum(width, 1e4)[:, None] / 2
    front, back = heading + _CAP_SIDES, heading + np.pi + _CAP_SIDES
    x = np.hstack([end[:, :1] + radius * np.cos(front), start[:, :1] + radius * np.cos(back)])
    y = np.hstack([end[:, 1:] + radius * np.sin(front), start[:, 1:] + radius * np.sin(back)])
    for corners in np.stack([x, y], axis=2).reshape(len(x), 4 * len(_CAP_SIDES)).tolist():
        draw.polygon(corners, fill=colour)


def _shade(colour: Colour, share: float) -> Colour:
    return (round(colour[0] * share), round(colour[1] * share), round(colour[2] * share))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    """The one with so much of the other in it."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _light(colour: Colour, share: float) -> Colour:
    return tuple(round(part + (255 - part) * share) for part in colour)  # type: ignore[return-value]


_PNG_KIND: Final = {1: 0, 3: 2, 4: 6}
"""By parts of a pixel."""


def png(pixels: Pixels) -> bytes:
    """RGB, RGBA or grey pixels as the bytes of a PNG: no time, no text, always the same filter and compression."""
    rows, columns = pixels.shape[:2]
    parts = pixels.shape[2] if pixels.ndim == 3 else 1
    kind = _PNG_KIND[parts]
    flat = np.ascontiguousarray(pixels, dtype=np.uint8).reshape(rows, -1)
    raw = np.column_stack([np.full(rows, 1, np.uint8), _left_differences(flat, parts)]).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part)) for name, part in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _left_differences(flat: Pixels, step: int) -> Pixels:
    """PNG's filter 1: each byte less the one a pixel to its left."""
    out = flat.copy()
    out[:, step:] -= flat[:, :-step]
    return out


def bead_proof(marks: Marks, piece: Piece, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of what a program lays, as PNG bytes."""
    return png(bead_picture(marks, piece, px_per_mm))


def line_proof(marks: Marks, piece: Piece, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of lines that a program burns or draws, as PNG bytes."""
    return png(line_picture(marks, piece, px_per_mm))


def marks_proof(marks: Marks, piece: Piece, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of marks that are as wide as they say (grooves of a bit), as PNG bytes: darker where they are deep."""
    shades = tuple((1 - deep, _mixed(piece.colour, piece.mark, 0.45 + 0.8 * deep)) for deep in (0.0, 0.35, 0.65))
    return png(_drawn([(marks, shades)], piece, px_per_mm))


def turned_proof(marks: Marks, first: BoolArray, piece: Piece, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of a program that pours a body over drawings, as it looks when it is turned over, as PNG bytes."""
    return png(turned_picture(marks, first, piece, px_per_mm))
