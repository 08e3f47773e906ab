"""The label of a piece that travels in another piece's parcel: which one that is, as text and as a code."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files

import segno
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from fulfillment.labels import Media

FONT = "NotoSans-Bold.ttf"
MIN_SIZE = 12
"""Dots of the smallest letters."""


def drawn(unit: str, other: str, number: str, media: Media, dpi: int) -> Image.Image:
    """Ink is 1. Nothing on it is a customer's."""
    width, height = media.dots(dpi)
    label = Image.new("1", (width, height))
    pen = ImageDraw.Draw(label)
    edge = width // 16
    lines = [
        ("NO PARCEL OF ITS OWN", 0.050),
        (f"Piece {number}: {unit}", 0.045),
        ("travels with", 0.045),
        (other, 0.095),
    ]
    y = edge
    for text, size in lines:
        font = _font(round(height * size))
        while font.getlength(text) > width - edge and font.size > MIN_SIZE:
            font = _font(int(font.size) - 2)
        pen.text((width // 2, y), text, fill=1, font=font, anchor="ma")
        y += round(height * size * 1.5)
    code = segno.make(other, error="m", micro=False)
    module = max((width - 4 * edge) // len(code.matrix), 1)
    left = (width - module * len(code.matrix)) // 2
    for row, cells in enumerate(code.matrix):
        for column, cell in enumerate(cells):
            if cell:
                x, top = left + column * module, y + edge + row * module
                pen.rectangle((x, top, x + module - 1, top + module - 1), fill=1)
    return label


def pdf(proof: bytes, media: Media) -> bytes:
    """The same for a printer that takes PDF. Equal labels give equal bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(media.width * mm, media.height * mm), invariant=1)
    canvas.drawImage(ImageReader(io.BytesIO(proof)), 0, 0, media.width * mm, media.height * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    data = files("fulfillment").joinpath("fonts", FONT).read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size)
