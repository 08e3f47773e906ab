"""Pictures of finished pages, drawn from the bytes by a reader that shares no code with what wrote them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pypdfium2
import pypdfium2.raw as raw
from PIL import Image, ImageChops, ImageColor, ImageDraw

from gcode.geometry import Bounds, Line

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


def boxes(
    document: pypdfium2.PdfDocument, number: int, wanted: Sequence[Bounds], px_per_mm: float
) -> list[Image.Image]:
    """Rectangles of a page (from 0), in mm of its media box, as RGB. The corner of each is a pixel's corner."""
    page = document[number]
    try:
        return [_box(page, box, px_per_mm) for box in wanted]
    finally:
        page.close()


def _box(page: pypdfium2.PdfPage, box: Bounds, px_per_mm: float) -> Image.Image:
    width, height = max(1, round(box.width * px_per_mm)), max(1, round(box.height * px_per_mm))
    scale, top = px_per_mm / MM, page.get_height() - box.y1 * MM
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGRx)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        matrix = raw.FS_MATRIX(scale, 0, 0, scale, -box.x0 * px_per_mm, -top * scale)
        raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, raw.FS_RECTF(0, 0, width, height), 0)
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        return picture
    finally:
        bitmap.close()


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


def on(colour: str, picture: Image.Image, white: Sequence[Line] = ()) -> Image.Image:
    """A page as it looks on paper of a colour. ``white``: contours (pixels) in which white ink lies below."""
    if ImageColor.getrgb(colour)[:3] == (255, 255, 255):
        return picture
    paper = Image.new("RGB", picture.size, colour)
    draw = ImageDraw.Draw(paper)
    for edge in white:
        draw.polygon([(x, y) for x, y in edge.tolist()], fill="white")
    return ImageChops.multiply(picture, paper)


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
