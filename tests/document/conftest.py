"""Pages read back as a person and a scanner would."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pypdfium2
import pytest
from PIL import Image

PROOF_COLOURS = ((217, 167, 102), (59, 35, 20))


@pytest.fixture
def proof() -> bytes:
    """A piece of two colours that nothing else on the page has."""
    image = Image.new("RGB", (240, 208), PROOF_COLOURS[0])
    image.paste(PROOF_COLOURS[1], (20, 20, 220, 150))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF as it comes out of the printer. ``size`` is in mm, the picture has 12 pixels a mm."""

    text: str
    picture: Image.Image
    size: tuple[float, float]
    fonts: frozenset[str]

    def share(self, colour: tuple[int, int, int]) -> float:
        """The share of the page that has this colour."""
        counts = {
            value: count for count, value in self.picture.getcolors(self.picture.width * self.picture.height) or []
        }
        return counts.get(colour, 0) / (self.picture.width * self.picture.height)


@pytest.fixture
def pages() -> Callable[[bytes], list[Page]]:
    def read(pdf: bytes) -> list[Page]:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [_page(sheet) for sheet in document]
        finally:
            document.close()

    return read


def _page(sheet: pypdfium2.PdfPage) -> Page:
    text = sheet.get_textpage().get_text_range().replace("\r\n", "\n")
    fonts = {item.get_font().get_base_name() for item in sheet.get_objects() if hasattr(item, "get_font")}
    size = (sheet.get_width() / 72 * 25.4, sheet.get_height() / 72 * 25.4)
    return Page(text, sheet.render(scale=12 * 25.4 / 72).to_pil().convert("RGB"), size, frozenset(fonts))


@pytest.fixture
def page(pages: Callable[[bytes], list[Page]]) -> Callable[[bytes], Page]:
    def read(pdf: bytes) -> Page:
        (one,) = pages(pdf)
        return one

    return read
