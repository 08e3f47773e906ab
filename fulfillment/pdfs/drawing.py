"""Pages as pictures, by pypdfium2: what a reader shows, in the process that it may take the memory of."""

from __future__ import annotations

import io
from typing import Final

import pypdfium2

from fulfillment.pdfs.collect import AGAIN
from fulfillment.pdfs.report import PdfRefused

MOST_PIXELS: Final = 40_000_000
"""Of one page's picture: A3 at 400 dpi has 31."""
MOST_PAGES: Final = 200
"""In one call."""


def drawn(data: bytes, dpi: float, pages: tuple[int, ...]) -> list[bytes]:
    """PNG of each. Raises PdfRefused."""
    if len(pages) > MOST_PAGES:
        raise PdfRefused(f"{len(pages)} pages are asked for at once; at most {MOST_PAGES} are drawn.", "Ask for fewer.")
    try:
        with pypdfium2.PdfDocument(data) as document:
            return [_page(document, number, dpi) for number in pages]
    except pypdfium2.PdfiumError as error:
        raise PdfRefused(f"It cannot be drawn: {str(error)[:200]}", AGAIN) from None


def _page(document: pypdfium2.PdfDocument, number: int, dpi: float) -> bytes:
    if not 1 <= number <= len(document):
        raise PdfRefused(f"It has no page {number}: its last is {len(document)}.", "Ask for one that it has.", number)
    page = document[number - 1]
    wide, high = page.get_size()
    scale = dpi / 72
    pixels = wide * high * scale * scale
    if not 1 <= pixels <= MOST_PIXELS:
        reason = f"The page is {wide / 72 * 25.4:.0f} x {high / 72 * 25.4:.0f} mm, too large a picture at {dpi:g} dpi."
        raise PdfRefused(reason, "Ask for fewer dpi.", number, "page size")
    out = io.BytesIO()
    page.render(scale=scale).to_pil().save(out, "PNG", compress_level=1)
    return out.getvalue()
