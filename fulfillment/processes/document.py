"""The packing slip: one sheet that goes into the box with a piece. A pure function from values to PDF bytes.

Everything is drawn on a canvas, never through markup: a customer's text is glyphs and nothing else. Equal slips give
equal bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import segno
from PIL import Image, UnidentifiedImageError
from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from fulfillment.processes import Made, Problems, Spec
from fulfillment.oldset import Face, PaperError, Set, balanced, fitted, written
from jobs.queue import Needs

rl_config.useA85 = 0  # ASCII85 makes a page with a picture five times larger

PROCESS: Final = "document"
PAPER_SIZE: Final = "a6"
MEDIA_TYPE: Final = "application/pdf"
MAX_PROOF_PIXELS: Final = 16_000_000
MAX_QR_BYTES: Final = 120
"""Beyond that a dark square is smaller than 0.4 mm, which a hand scanner does not read off cheap paper."""
MAX_MESSAGE: Final = 80
"""Characters of what was ordered; a longer text is begun here, and the picture shows all of it."""
MAX_PROOF_SIDE: Final = 800
"""Pixels of the longer side on paper: 300 dpi on the larger sheet."""

PLAIN: Final = Face("NotoSans-Regular")
BOLD: Final = Face("NotoSans-Bold")
HAND: Final = Face("Caveat-Regular")

INK: Final = HexColor("#2b211b")
QUIET: Final = HexColor("#8a7a6d")
RULE: Final = HexColor("#dccfc2")
PAPER: Final = HexColor("#f8f2ea")
PEN: Final = HexColor("#24407a")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper size in mm. ``scale`` is how much larger than on A6 type is set."""

    width: float
    height: float
    scale: float = 1.0
    margin: float = 8.0


SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {"a6": Sheet(105.0, 148.0), "half-letter": Sheet(139.7, 215.9, 1.25, 11.0)}
)


@dataclass(frozen=True, slots=True)
class Slip:
    """What the slip says. Texts are as people wrote them; they are checked, never trusted."""

    factory: str
    order: str
    ship_to: str
    product: str
    code: str
    """The unit's short code, for people."""
    qr: str
    """What a scanner reads: usually the same code, or a URL with it."""
    piece: str = ""
    """Which of the order's pieces this is, such as "1 of 2"."""
    options: tuple[tuple[str, str], ...] = ()
    """(title, choice) as the customer saw them."""
    message: str = ""
    allergens: tuple[str, ...] | None = None
    """In words, in the order of the label; none: it is no food."""
    note: str = ""
    """The personal note, set in handwriting."""
    proof: bytes | None = field(default=None, repr=False)
    """PNG of the piece."""


@dataclass(slots=True)
class _Pen:
    """A canvas whose cursor goes down the page. mm outside, points inside."""

    canvas: Canvas
    sheet: Sheet
    y: float

    @property
    def left(self) -> float:
        return self.sheet.margin * mm

    @property
    def width(self) -> float:
        return (self.sheet.width - 2 * self.sheet.margin) * mm

    def size(self, points: float) -> float:
        return points * self.sheet.scale

    def sizes(self, *points: float) -> tuple[float, ...]:
        return tuple(self.size(one) for one in points)

    def put(self, block: Set, x: float, y: float, colour: Color = INK, *, right: bool = False) -> float:
        """Draw lines down from ``y``; the new y is returned."""
        self.canvas.setFillColor(colour)
        self.canvas.setFont(block.face.name, block.size)
        draw = self.canvas.drawRightString if right else self.canvas.drawString
        for line in block.lines:
            draw(x, y - block.size, line)
            y -= block.leading
        return y

    def rule(self, y: float) -> None:
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(self.left, y, self.left + self.width, y)


def _head(pen: _Pen, slip: Slip) -> None:
    """The factory, the order, and for whom."""
    factory = written(slip.factory, BOLD, "The factory's name")
    piece = written(f"Piece {slip.piece}" if slip.piece else "Packing slip", PLAIN, "The count of pieces")
    side = fitted(piece, PLAIN, pen.sizes(8), pen.width * 0.4, pen.size(12), what="The count of pieces")
    pen.put(side, pen.left + pen.width, pen.y - pen.size(1.4), QUIET, right=True)
    name = fitted(factory, BOLD, pen.sizes(10, 9, 8), pen.width * 0.65, pen.size(25), what="The factory's name")
    pen.y = pen.put(name, pen.left, pen.y) - pen.size(3)
    pen.rule(pen.y)
    pen.y -= pen.size(6)
    person = written(slip.ship_to, BOLD, "The name of who gets it")
    who = fitted(person, BOLD, pen.sizes(17, 15, 13, 11, 9, 8), pen.width, pen.size(38), spacing=1.15, what="The name")
    pen.y = pen.put(who, pen.left, pen.y)
    order = written(f"Order {slip.order}", PLAIN, "The order's number")
    number = fitted(order, PLAIN, pen.sizes(9, 8), pen.width, pen.size(24), what="The order's number")
    pen.y = pen.put(number, pen.left, pen.y - pen.size(1), QUIET) - pen.size(6)


def _picture(proof: bytes) -> Image.Image:
    """The proof as opaque RGB. Raises PaperError."""
    try:
        with Image.open(io.BytesIO(proof), formats=["PNG"]) as image:
            if image.width * image.height > MAX_PROOF_PIXELS:
                raise PaperError(f"The proof has {image.width} x {image.height} pixels.", "Draw it smaller.")
            rgba = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PaperError("The proof is no whole PNG.", "Draw it again.") from error
    picture = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    picture.thumbnail((MAX_PROOF_SIDE, MAX_PROOF_SIDE))
    return picture


def _frame(pen: _Pen, proof: bytes, x: float, width: float, most: float) -> float:
    """The picture with rounded corners, as wide as ``width`` and no higher than ``most``; its height is returned."""
    picture = _picture(proof)
    scale = min(width / picture.width, most / picture.height)
    wide, high = picture.width * scale, picture.height * scale
    canvas, y, radius = pen.canvas, pen.y - high, 2 * mm
    canvas.saveState()
    outline = canvas.beginPath()
    outline.roundRect(x, y, wide, high, radius)
    canvas.clipPath(outline, stroke=0, fill=0)
    canvas.drawImage(ImageReader(picture), x, y, wide, high)
    canvas.restoreState()
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.roundRect(x, y, wide, high, radius, stroke=1, fill=0)
    return high


def _details(pen: _Pen, rows: Sequence[tuple[str, str]], x: float, width: float) -> float:
    """Titles with their values under each other; the height that they took is returned."""
    y = pen.y
    for title, value in rows:
        label = fitted(written(title, PLAIN, title), PLAIN, pen.sizes(6.5, 6), width, pen.size(17), what=title)
        y = pen.put(label, x, y, QUIET)
        text = written(value, BOLD, title)
        block = fitted(text, BOLD, pen.sizes(9, 8, 7), width, pen.size(46), spacing=1.2, what=title)
        y = pen.put(block, x, y) - pen.size(4)
    return pen.y - y


def _piece(pen: _Pen, slip: Slip) -> None:
    """The proof, and beside it what was ordered."""
    rows = [("Product", slip.product), *slip.options]
    if slip.message:
        rows.append(("Message", slip.message))
    if slip.proof is None:
        pen.y -= _details(pen, rows, pen.left, pen.width)
        return
    gap, wide = 4 * mm * pen.sheet.scale, pen.width * 0.56
    high = _frame(pen, slip.proof, pen.left, wide, 52 * mm * pen.sheet.scale)
    beside = _details(pen, rows, pen.left + wide + gap, pen.width - wide - gap)
    pen.y -= max(high, beside) + pen.size(4)


def _qr(pen: _Pen, text: str, x: float, y: float, side: float) -> None:
    """The code as rectangles, a run of dark modules in each; the page around it is its quiet zone."""
    size = len(text.encode())
    if not 0 < size <= MAX_QR_BYTES:
        reason = f"The text for the scanner has {size} bytes."
        raise PaperError(reason, f"1 to {MAX_QR_BYTES} can be read at this size.")
    matrix = segno.make(text, error="m", micro=False).matrix
    module = side / len(matrix)
    pen.canvas.setFillColorRGB(0, 0, 0)
    for row, modules in enumerate(matrix):
        start = 0
        while start < len(modules):
            end = start
            while end < len(modules) and modules[end]:
                end += 1
            if end > start:
                pen.canvas.rect(x + start * module, y + side - (row + 1) * module, (end - start) * module, module, 0, 1)
            start = end + 1


def _code(pen: _Pen, slip: Slip) -> float:
    """The unit's code at the lower right, for scanners and for people; its side is returned."""
    side, bottom, size = 20 * mm * pen.sheet.scale, pen.sheet.margin * mm, pen.size(8)
    right = pen.left + pen.width
    _qr(pen, slip.qr, right - side, bottom + size * 1.6, side)
    code = written(slip.code, BOLD, "The unit's code")
    block = fitted(code, BOLD, (size, size * 0.8, size * 0.6), side + 2 * mm, size * 1.3, what="The unit's code")
    pen.put(block, right - (side - BOLD.width(code, block.size)) / 2, bottom + size, right=True)
    return side


def _allergens(pen: _Pen, allergens: tuple[str, ...], width: float, height: float) -> None:
    """A box at the lower left that says what the piece contains."""
    bottom, inset = pen.sheet.margin * mm, 3 * mm * pen.sheet.scale
    pen.canvas.setFillColor(PAPER)
    pen.canvas.roundRect(pen.left, bottom, width, height, 2 * mm, stroke=0, fill=1)
    text = written(", ".join(allergens) or "No allergen that must be declared", BOLD, "The list of allergens")
    label = fitted("Contains" if allergens else "Allergens", PLAIN, pen.sizes(6.5), width, height, what="The label")
    inside = height - label.height - 2 * inset + pen.size(4)
    sizes = pen.sizes(11, 10, 9, 8, 7, 6)
    block = fitted(text, BOLD, sizes, width - 2 * inset, inside, what="The list of allergens")
    block = balanced(block, width - 2 * inset)
    top = bottom + (height + label.height + block.height) / 2 + pen.size(1)
    pen.put(block, pen.left + inset, pen.put(label, pen.left + inset, top, QUIET) - pen.size(1))


def _foot(pen: _Pen, slip: Slip) -> float:
    """Allergens and code at the bottom; the upper edge of it is returned."""
    side = _code(pen, slip)
    height = side + pen.size(12.8)
    if slip.allergens is not None:
        _allergens(pen, slip.allergens, pen.width - side - 5 * mm * pen.sheet.scale, height)
    return pen.sheet.margin * mm + height


def _note(pen: _Pen, note: str, low: float) -> None:
    """The note in handwriting, in the middle of the room that is left."""
    text = written(note, HAND, "The note")
    room, inset = pen.y - low, 3 * mm
    width, sizes = pen.width - 2 * inset, pen.sizes(22, 20, 18, 16, 14.5, 13, 12)
    block = fitted(text, HAND, sizes, width, room, spacing=1.12, what="The note")
    if "\n" not in text:
        block = balanced(block, width)
    pen.put(block, pen.left + inset, pen.y - (room - block.height) / 2, PEN)


def draw(slip: Slip, paper: str = PAPER_SIZE) -> bytes:
    """The slip as a PDF of one page. ``paper`` is a key of SHEETS. Raises PaperError."""
    sheet = SHEETS.get(paper)
    if sheet is None:
        raise PaperError(f"No paper is called {paper!r}.", f"Choose one of {', '.join(SHEETS)}.")
    out = io.BytesIO()
    size = (sheet.width * mm, sheet.height * mm)
    # The stubs take initialFontName for a size; it keeps the unembedded Helvetica out of the file.
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1, initialFontName=PLAIN.name)  # type: ignore[arg-type]
    canvas.setTitle("Packing slip")
    canvas.setCreator("Fulfillment")
    pen = _Pen(canvas, sheet, (sheet.height - sheet.margin) * mm)
    _head(pen, slip)
    _piece(pen, slip)
    low = _foot(pen, slip)
    if pen.y < low:
        raise PaperError("The slip says more than the paper holds.", "Choose a larger paper.")
    if slip.note:
        _note(pen, slip.note, low + pen.size(11))
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _begun(text: str) -> str:
    """A text that may be long, as far as there is room for it."""
    if len(text) <= MAX_MESSAGE:
        return text
    return f"{' '.join(text.split())[:MAX_MESSAGE].rpartition(' ')[0] or text[:MAX_MESSAGE]} …"


def slip_of(facts: Mapping[str, Any], proof: bytes | None, *, food: bool = True) -> Slip:
    """The slip of a unit from the facts of its specification."""
    return Slip(
        factory=facts["factory"],
        order=facts["order"],
        ship_to=facts["ship_to"],
        product=facts["product"],
        code=facts["unit"],
        qr=facts["unit"],
        piece=facts["number"],
        options=tuple((title, choice) for title, choice in facts["options"]),
        message=_begun("\n".join(facts["texts"])),
        allergens=tuple(facts["allergens"]) if food else None,
        note=facts["note"],
        proof=proof,
    )


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The packing slip of a unit. Raises Problems."""
    paper = str(spec.facts.get("paper", PAPER_SIZE))
    try:
        data = draw(slip_of(spec.facts, files.get("proof"), food=spec.product.food), paper)
    except PaperError as error:
        raise Problems([{"field": "", "reason": error.reason, "mend": error.mend}]) from error
    sheet = SHEETS[paper]
    needs = Needs(process=PROCESS, media_type=MEDIA_TYPE)
    return Made(data, needs, {"pages": 1, "paper": paper, "size": [sheet.width, sheet.height]})
