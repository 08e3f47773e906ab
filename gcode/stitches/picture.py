"""A pattern as threads on cloth, one over the other as they are sewn. The same pattern gives the same PNG bytes."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from gcode.proof import OVERSAMPLE, Colour, Piece, Pixels, blank, png, shrunk
from gcode.stitches.pattern import Pattern

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
    thick, core = max(1, round(width * scale)), max(1, round(width * scale * 0.55))
    for seam in pattern.seams:
        points = (seam.points * [1, -1] + [piece.margin, piece.margin + piece.height]) * scale
        ways = np.diff(seam.points, axis=0)
        shine = np.abs(np.sin(np.arctan2(ways[:, 1], ways[:, 0]) - LIGHT))
        corners = [tuple(point) for point in points.tolist()]
        for start, end, bright in zip(corners[:-1], corners[1:], shine.tolist(), strict=True):
            draw.line((start, end), fill=_lit(piece.mark, 0.62 + 0.2 * bright), width=thick)
            draw.line((start, end), fill=_lit(piece.mark, 0.85 + 0.4 * bright), width=core)
    return shrunk(np.asarray(image))


def _lit(colour: Colour, light: float) -> Colour:
    """A colour in more or less light; dark threads shine a little, too."""
    red, green, blue = (round(max(0.0, min(255.0, part * min(light, 1.0) + 70 * max(0.0, light - 1.0)))) for part in colour)
    return red, green, blue


def _woven(pixels: Pixels, piece: Piece, scale: float) -> Pixels:
    """The cloth's weave, as far as it shows."""
    rows, columns = pixels.shape[:2]
    over = (np.arange(rows) / (PITCH * scale)).astype(int)[:, None] + (np.arange(columns) / (PITCH * scale)).astype(int)
    light = 1 + WEAVE * np.where(over % 2 == 0, 1.0, -1.0)[:, :, None]
    on_cloth = (pixels == np.array(piece.colour, dtype=np.uint8)).all(axis=2)[:, :, None]
    woven: Pixels = np.where(on_cloth, np.clip(pixels * light, 0, 255), pixels).astype(np.uint8)
    return woven


def proof(pattern: Pattern, piece: Piece, width: float, *, px_per_mm: float = 8.0) -> bytes:
    """The proof of a pattern as PNG bytes."""
    return png(picture(pattern, piece, width, px_per_mm))
