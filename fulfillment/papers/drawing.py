"""A paper from a template, facts and pictures: PDF bytes, the same for the same. It runs in a render worker."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image, UnidentifiedImageError
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from fulfillment.papers import items
from fulfillment.papers.filling import Facts
from fulfillment.papers.models import Template
from fulfillment.papers.pages import Pages, laid_out
from fulfillment.typeset import PaperError, Sheet
from fulfillment.typeset import draw as draw_text

FORMATS: Final = ("PNG", "JPEG")
MAX_PIXELS: Final = 16_000_000
MAX_BYTES: Final = 20_000_000
"""Of one picture."""
DENSITY: Final = 300 / 72
"""Pixels a point that a picture has at most."""


def draw(
    template: Template,
    facts: Facts,
    pictures: Mapping[str, bytes] | None = None,
    *,
    language: str = "en",
    paper: str | None = None,
) -> bytes:
    """The paper as a PDF. ``pictures``: PNG or JPEG by name. Raises PaperError with what to mend."""
    return paint(lay(template, facts, pictures, language=language, paper=paper), pictures)


def lay(
    template: Template,
    facts: Facts,
    pictures: Mapping[str, bytes] | None = None,
    *,
    language: str = "en",
    paper: str | None = None,
) -> Pages:
    """The paper laid out, nothing drawn yet: how many pages, and what stands where."""
    sizes = {name: _size(name, data) for name, data in (pictures or {}).items()}
    return laid_out(template, facts, sizes, language, paper)


def paint(pages: Pages, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """What is laid out as a PDF."""
    height = pages.height * mm
    sheet = Sheet(pages.width * mm, height, title=pages.title, language=pages.language)
    easel = _Easel(sheet, height, pages.colours, pictures or {})
    for page in pages.pages:
        for item in page:
            PAINTERS[type(item)](easel, item)
        sheet.showPage()
    return sheet.finished()


def _size(name: str, data: bytes) -> tuple[int, int]:
    """Pixels of a picture by its header. Raises PaperError."""
    if len(data) > MAX_BYTES:
        raise PaperError(f"The picture {name} has {len(data)} bytes.", f"At most {MAX_BYTES} are printed.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PaperError(f"The picture {name} is no whole PNG or JPEG.", "Draw it again.") from error
    if width * height > MAX_PIXELS:
        raise PaperError(f"The picture {name} has {width} x {height} pixels.", "Draw it smaller.")
    return width, height


def _opaque(name: str, data: bytes, width: float, height: float) -> Image.Image:
    """The picture on white, no finer than it is printed. Raises PaperError."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.draft("RGB", (round(width * DENSITY), round(height * DENSITY)))
            plain = image.convert("RGB") if image.mode in ("RGB", "L") else _on_white(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PaperError(f"The picture {name} is no whole PNG or JPEG.", "Draw it again.") from error
    plain.thumbnail((max(1, round(width * DENSITY)), max(1, round(height * DENSITY))), Image.Resampling.HAMMING)
    return plain


def _on_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


class _Easel:
    """A sheet whose y goes down, and the colours and pictures of a paper."""

    def __init__(self, sheet: Sheet, height: float, colours: Mapping[str, str], pictures: Mapping[str, bytes]) -> None:
        self.sheet, self.height, self.pictures = sheet, height, pictures
        self._colours = {name: HexColor(colour) for name, colour in colours.items()}
        self._ready: dict[tuple[str, int, int], ImageReader] = {}

    def ink(self, colour: str) -> None:
        self.sheet.setFillColor(self._colours[colour])

    def pencil(self, colour: str, width: float) -> None:
        self.sheet.setStrokeColor(self._colours[colour])
        self.sheet.setLineWidth(width)

    def picture(self, photo: items.Photo) -> ImageReader:
        key = (photo.name, round(photo.width), round(photo.height))
        if key not in self._ready:
            data = self.pictures[photo.name]
            self._ready[key] = ImageReader(_opaque(photo.name, data, photo.width, photo.height))
        return self._ready[key]


def _text(easel: _Easel, text: items.Text) -> None:
    easel.ink(text.colour)
    draw_text(easel.sheet, text.block, text.x, easel.height - text.y, text.width, align=text.align)


def _panel(easel: _Easel, panel: items.Panel) -> None:
    if panel.ground:
        easel.ink(panel.ground)
    if panel.frame:
        easel.pencil(panel.frame, panel.line)
    y = easel.height - panel.y - panel.height
    stroke, fill = int(bool(panel.frame)), int(bool(panel.ground))
    easel.sheet.roundRect(panel.x, y, panel.width, panel.height, panel.radius, stroke=stroke, fill=fill)


def _rule(easel: _Easel, rule: items.Rule) -> None:
    easel.pencil(rule.colour, 0.6)
    easel.sheet.line(rule.x, easel.height - rule.y, rule.x + rule.width, easel.height - rule.y)


def _photo(easel: _Easel, photo: items.Photo) -> None:
    sheet, y = easel.sheet, easel.height - photo.y - photo.height
    sheet.saveState()
    outline = sheet.beginPath()
    outline.roundRect(photo.x, y, photo.width, photo.height, photo.radius)
    sheet.clipPath(outline, stroke=0, fill=0)
    sheet.drawImage(easel.picture(photo), photo.x, y, photo.width, photo.height)
    sheet.restoreState()
    if photo.frame:
        easel.pencil(photo.frame, 0.6)
        sheet.roundRect(photo.x, y, photo.width, photo.height, photo.radius, stroke=1, fill=0)


def _squares(easel: _Easel, code: items.Squares) -> None:
    """In one path of whole numbers: an operator a square costs more than all text of the page."""
    module, sheet = code.side / code.modules, easel.sheet
    rects = (f"{start} {row} {end - start} 1 re" for row, runs in enumerate(code.rows) for start, end in runs)
    easel.ink("black")
    sheet.saveState()
    sheet.transform(module, 0, 0, -module, code.x, easel.height - code.y)
    sheet.addLiteral(" ".join((*rects, "f")))
    sheet.restoreState()


PAINTERS: Final[Mapping[type, Callable[[_Easel, Any], None]]] = {
    items.Text: _text,
    items.Panel: _panel,
    items.Rule: _rule,
    items.Photo: _photo,
    items.Squares: _squares,
}
"""How each thing on a page is drawn."""
