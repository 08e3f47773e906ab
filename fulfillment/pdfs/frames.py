"""A page's boxes drawn on its picture: what is cut, and how far it goes on beyond."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

from fulfillment.pdfs.report import Box, Page

COLOURS: Final = {
    "media": (120, 120, 120),
    "crop": (150, 90, 200),
    "bleed": (0, 140, 255),
    "trim": (230, 0, 60),
    "art": (0, 160, 90),
}
"""As programs for printers show them."""


def framed(png: bytes, page: Page) -> bytes:
    """The picture of a page with its boxes, each with its name, as far as they are in what is shown."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    pen = ImageDraw.Draw(picture)
    boxes = {"media": page.media, "crop": page.crop, "bleed": page.bleed, "trim": page.trim, "art": page.art}
    for place, (name, box) in enumerate(boxes.items()):
        if box is None:
            continue
        left, top, right, bottom = corners(box, page, picture.size)
        pen.rectangle((left, top, right - 1, bottom - 1), outline=COLOURS[name], width=2)
        spot = left + 5 + 45 * place, top + 5
        pen.rectangle(pen.textbbox(spot, name), fill=(255, 255, 255))
        pen.text(spot, name, fill=COLOURS[name])
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def corners(box: Box, page: Page, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box, in pixels of a picture of what the page shows, turned as it is."""
    shown, (wide, high) = page.shown, size
    across = (box.x0 - shown.x0) / shown.width, (box.x1 - shown.x0) / shown.width
    down = (shown.y1 - box.y1) / shown.height, (shown.y1 - box.y0) / shown.height
    for _ in range(page.rotate // 90):  # each turns it clockwise by a quarter
        across, down = (1 - down[1], 1 - down[0]), across
    return across[0] * wide, down[0] * high, across[1] * wide, down[1] * high
