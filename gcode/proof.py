"""The proof: a picture drawn from the bytes that go to the machine, never from what they were made of.

Each move that lays material is drawn as the bead it makes: its width from its E, its length and the bead's height, in
the frosting's colour on the piece's. The same bytes give the same PNG bytes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from gcode.parse import parse
from gcode.recipe import Bead, Place
from gcode.trace import trace
from gcode.units import FloatArray

Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]
OVERSAMPLE: Final = 2
MAX_PIXELS: Final = 40_000_000
_CAP_SIDES: Final = np.linspace(-np.pi / 2, np.pi / 2, 7)


class ProofError(ValueError):
    """The picture cannot be drawn as asked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What the material lies on. mm; colours are sRGB."""

    width: float
    height: float
    radius: float = 0.0
    """Of its corners."""
    colour: Colour = (226, 180, 120)
    frosting: Colour = (74, 42, 30)
    table: Colour = (245, 245, 242)
    margin: float = 4.0
    """mm of table shown around the piece."""


@dataclass(frozen=True, slots=True, eq=False)
class Beads:
    """What a program lays, in the coordinates of the piece. mm."""

    start: FloatArray
    end: FloatArray
    width: FloatArray


def beads(data: bytes, bead: Bead, place: Place) -> Beads:
    """The beads of a program's bytes at one height over a surface."""
    moves = trace(parse(data))
    lays = moves.lays
    origin = np.array([place.x, place.y])
    start, end = moves.start[lays][:, :2] - origin, moves.end[lays][:, :2] - origin
    length = np.hypot(*(end - start).T)
    return Beads(start, end, moves.e[lays] * bead.e_area / (length * bead.height))


def picture(data: bytes, piece: Piece, bead: Bead, place: Place | None = None, *, px_per_mm: float = 8.0) -> Pixels:
    """The piece with its frosting as RGB, row 0 at the top."""
    scale = px_per_mm * OVERSAMPLE
    columns, rows = (round((side + 2 * piece.margin) * scale) for side in (piece.width, piece.height))
    if not 0 < columns * rows <= MAX_PIXELS:
        raise ProofError(f"a proof of {columns} x {rows} pixels is too large: lower px_per_mm")
    image = Image.new("RGB", (columns, rows), piece.table)
    draw = ImageDraw.Draw(image)
    edge = piece.margin * scale
    box = (edge, edge, edge + piece.width * scale, edge + piece.height * scale)
    draw.rounded_rectangle(
        box, piece.radius * scale, fill=piece.colour, outline=_shade(piece.colour, 0.8), width=round(scale / 3)
    )
    laid = beads(data, bead, place or Place())

    def to_pixels(points: FloatArray) -> FloatArray:
        shifted: FloatArray = (points * [1, -1] + [piece.margin, piece.margin + piece.height]) * scale
        return shifted

    start, end, width = to_pixels(laid.start), to_pixels(laid.end), laid.width * scale
    for share, colour in (
        (1.0, _shade(piece.frosting, 0.92)),
        (0.55, piece.frosting),
        (0.2, _light(piece.frosting, 0.08)),
    ):
        _draw_beads(draw, start, end, width * share, colour)
    small = image.resize((max(1, columns // OVERSAMPLE), max(1, rows // OVERSAMPLE)), Image.Resampling.BOX)
    return np.asarray(small)


def _draw_beads(
    draw: ImageDraw.ImageDraw, start: FloatArray, end: FloatArray, width: FloatArray, colour: Colour
) -> None:
    """Each bead as a polygon with round ends, its corners computed for all at once."""
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


def _light(colour: Colour, share: float) -> Colour:
    return tuple(round(part + (255 - part) * share) for part in colour)  # type: ignore[return-value]


def png(pixels: Pixels) -> bytes:
    """RGB or grey pixels as the bytes of a PNG: no time, no text, always the same filter and compression."""
    rows, columns = pixels.shape[:2]
    kind = 2 if pixels.ndim == 3 else 0
    flat = np.ascontiguousarray(pixels, dtype=np.uint8).reshape(rows, -1)
    raw = np.column_stack([np.full(rows, 1, np.uint8), _left_differences(flat, 3 if kind else 1)]).tobytes()
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


def proof(data: bytes, piece: Piece, bead: Bead, place: Place | None = None, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of a program as PNG bytes."""
    return png(picture(data, piece, bead, place, px_per_mm=px_per_mm))
