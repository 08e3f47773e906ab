"""Pictures of finished pages, drawn from the bytes by a reader that shares no code with what wrote them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pypdfium2
from PIL import Image

from gcode.geometry import Bounds

MM: Final = 72 / 25.4
BETWEEN: Final = 24
"""Pixels between two pictures on one."""
AROUND: Final = "#d8d4cd"
MOST: Final = 1600
"""Pixels of the longer side of a picture."""


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def page(document: pypdfium2.PdfDocument, number: int, box: Bounds, px_per_mm: float) -> Image.Image:
    """A rectangle of a page (from 0), in mm of its media box, as RGB."""
    found = document[number]
    width, height = found.get_size()
    crop = (box.x0 * MM, box.y0 * MM, max(0.0, width - box.x1 * MM), max(0.0, height - box.y1 * MM))
    try:
        bitmap = found.render(scale=px_per_mm / MM, crop=crop)
        return bitmap.to_pil().convert("RGB")
    finally:
        found.close()


def beside(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures in a row, or below each other where they are wide."""
    if len(pictures) == 1:
        return pictures[0]
    across = sum(one.height > one.width for one in pictures) * 2 > len(pictures)
    widths, heights = [one.width for one in pictures], [one.height for one in pictures]
    gaps = BETWEEN * (len(pictures) - 1)
    size = (sum(widths) + gaps, max(heights)) if across else (max(widths), sum(heights) + gaps)
    whole, at = Image.new("RGB", size, AROUND), 0
    for one in pictures:
        whole.paste(one, (at, 0) if across else (0, at))
        at += (one.width if across else one.height) + BETWEEN
    return whole


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()
