"""A pattern as threads on cloth, one over the other as they are sewn. The same pattern gives the same PNG bytes."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from gcode.proof import OVERSAMPLE, Colour, Piece, Pixels, blank, png, shrunk
from gcode.stitches.pattern import Pattern
from gcode.units import FloatArray

LIGHT: Final = np.radians(135.0)
"""Light comes from the upper left: a thread across it shines most."""
WEAVE: Final = 0.035
"""By how much the cloth's own threads are lighter or darker than its colour."""
PITCH: Final = 0.5
"""mm between the cloth's own threads."""


def picture(pattern: Pattern, piece: Piece, width: float, px_per_mm: float) -> Pixels:
    """The piece with what is sewn on it as RGB, row 0 at the top. ``width``: of the thread, mm."""
    image, scale = blank(piece, px_per_mm), px_per_mm * OVERSAMPLE
    image = Image.fromarray(_woven(np.asarray(image), piece, scale))
    draw = ImageDraw.Draw(image)
    start, end = pattern.ends()
    ways = end - start
    shine = np.abs(np.sin(np.arctan2(ways[:, 1], ways[:, 0]) - LIGHT)).tolist()
    a, b = ((ends * [1, -1] + [piece.margin, piece.margin + piece.height]) * scale for ends in (start, end))
    for edge, middle, bright in zip(bands(a, b, width * scale), bands(a, b, width * scale * 0.55), shine, strict=True):
        draw.polygon(edge, fill=_lit(piece.mark, 0.62 + 0.2 * bright))
        draw.polygon(middle, fill=_lit(piece.mark, 0.85 + 0.4 * bright))
    return shrunk(np.asarray(image))


def bands(start: FloatArray, end: FloatArray, width: float) -> list[list[float]]:
    """Stitches in pixels as the corners of polygons, half a thread longer at both ends, as thread is round."""
    way = end - start
    along = way / np.maximum(np.hypot(*way.T), 1e-9)[:, None] * (width / 2)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    wide = across * max(0.0, 1 - 0.5 / max(width, 1.0))  # a polygon's edge is drawn, too
    near, far = start - along * 0.6, end + along * 0.6
    corners = np.hstack([near + wide, start - along, near - wide, far - wide, end + along, far + wide])
    found: list[list[float]] = corners.tolist()
    return found


def _lit(colour: Colour, light: float) -> Colour:
    """A colour in more or less light; dark threads shine a little, too."""
    red, green, blue = (
        round(max(0.0, min(255.0, part * min(light, 1.0) + 70 * max(0.0, light - 1.0)))) for part in colour
    )
    return red, green, blue


def _woven(pixels: Pixels, piece: Piece, scale: float) -> Pixels:
    """The cloth's weave, as far as it shows."""
    rows, columns = pixels.shape[:2]
    over = (np.arange(rows) / (PITCH * scale)).astype(int)[:, None] + (np.arange(columns) / (PITCH * scale)).astype(int)
    on_cloth = (pixels == np.array(piece.colour, dtype=np.uint8)).all(axis=2)
    woven = pixels.copy()
    for side, light in ((0, 1 + WEAVE), (1, 1 - WEAVE)):
        woven[on_cloth & (over % 2 == side)] = np.clip(np.array(piece.colour) * light, 0, 255)
    return woven


def proof(pattern: Pattern, piece: Piece, width: float, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of a pattern as PNG bytes."""
    return png(picture(pattern, piece, width, px_per_mm))
