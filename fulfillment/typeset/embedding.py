"""Lines onto a canvas of reportlab: glyphs by number, their fonts embedded as far as the file uses them.

reportlab's own TrueType text knows characters, not glyphs, and numbers shaped glyphs by what its process has drawn
before. Here each file counts for itself: a glyph's number is the order of its first use, so that equal text gives equal
bytes, and each number says which characters it stands for, so that text can be searched.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any, Final
from weakref import WeakKeyDictionary

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from fulfillment.typeset.fitting import Set
from fulfillment.typeset.glyphs import Glyph, PaperFace, Strip
from fulfillment.typeset.lines import Line

SIDES: Final = {"left": 0.0, "centre": 0.5, "right": 1.0}
FIXED: Final = 4
SYMBOLIC: Final = 4
"""Bit of a font descriptor: its characters are its own."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EMOJI_SHARE: Final = 0.95
"""How much of its advance a picture fills."""


class _Embedded:
    """The part of a face that one file uses."""

    def __init__(self, face: PaperFace, name: str) -> None:
        self.face, self.name = face, name
        self._codes: dict[tuple[int, str], int] = {}

    def code(self, glyph: Glyph) -> int:
        """The number of a glyph in this file; one for each text that it stands for."""
        return self._codes.setdefault((glyph.number, glyph.text), len(self._codes) + 1)

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab calls it when the file is written
        subset = self.face.subset({number for number, _ in self._codes})
        digest = hashlib.sha256(subset.data).digest()
        name = "".join(LETTERS[byte % 26] for byte in digest[:6]) + "+" + self.face.name
        places = b"\0\0" + b"".join(subset.numbers[number].to_bytes(2, "big") for number, _ in self._codes)
        widths = [round(self.face.width_of(number) * 1000) for number, _ in self._codes]
        font = {
            "Type": pdfdoc.PDFName("Font"),
            "Subtype": pdfdoc.PDFName("CIDFontType2"),
            "BaseFont": pdfdoc.PDFName(name),
            "CIDSystemInfo": pdfdoc.PDFDictionary({
                "Registry": pdfdoc.PDFString("Adobe"), "Ordering": pdfdoc.PDFString("Identity"), "Supplement": 0,
            }),
            "FontDescriptor": doc.Reference(self._descriptor(doc, name, subset.data), f"{self.name}-descriptor"),
            "DW": 0,
            "W": _Raw(f"[1 [{' '.join(map(str, widths))}]]"),
            "CIDToGIDMap": doc.Reference(_stream(places), f"{self.name}-places"),
        }  # fmt: skip
        whole = {
            "Type": pdfdoc.PDFName("Font"),
            "Subtype": pdfdoc.PDFName("Type0"),
            "BaseFont": pdfdoc.PDFName(name),
            "Encoding": pdfdoc.PDFName("Identity-H"),
            "DescendantFonts": pdfdoc.PDFArray([doc.Reference(pdfdoc.PDFDictionary(font), f"{self.name}-cid")]),
            "ToUnicode": doc.Reference(_stream(self._texts()), f"{self.name}-texts"),
        }
        found = pdfdoc.PDFDictionary(whole)
        doc.Reference(found, f"{self.name}-font")
        doc.idToObject["BasicFonts"].dict[self.name] = doc.Reference(found, f"{self.name}-font")

    def _descriptor(self, doc: Any, name: str, data: bytes) -> Any:
        box, ascent, descent = self.face.measures
        return pdfdoc.PDFDictionary({
            "Type": pdfdoc.PDFName("FontDescriptor"),
            "FontName": pdfdoc.PDFName(name),
            "Flags": SYMBOLIC,
            "FontBBox": pdfdoc.PDFArray(list(box)),
            "ItalicAngle": 0,
            "Ascent": ascent,
            "Descent": descent,
            "CapHeight": 700,
            "StemV": 80,
            "FontFile2": doc.Reference(_stream(data, Length1=len(data)), f"{self.name}-file"),
        })  # fmt: skip

    def _texts(self) -> bytes:
        """Which characters each number stands for (a ToUnicode CMap)."""
        known = [(code, text) for (_, text), code in self._codes.items() if text]
        rows = [f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in known]
        blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


class _Raw(pdfdoc.PDFObject):
    """A value of a file as it is spelled: reportlab takes longer for each number than for a line of text."""

    def __init__(self, text: str) -> None:
        self._text = text.encode("ascii")

    def format(self, _doc: Any) -> bytes:
        return self._text


def _stream(data: bytes, **more: int) -> Any:
    stream = pdfdoc.PDFStream(content=data)
    stream.filters = [pdfdoc.PDFZCompress]
    for key, value in more.items():
        stream.dictionary[key] = value
    return stream


_FILES: WeakKeyDictionary[Any, dict[str, _Embedded]] = WeakKeyDictionary()
"""What each file that is being written has of the faces."""


def _embedded(canvas: Canvas, face: PaperFace) -> _Embedded:
    doc = canvas._doc  # type: ignore[attr-defined]  # the only place where a file's fonts are
    known = _FILES.setdefault(doc, {})
    if face.name not in known:
        known[face.name] = _Embedded(face, f"T{len(known) + 1}")
        doc.delayedFonts.append(known[face.name])
    return known[face.name]


def draw(canvas: Canvas, block: Set, x: float, y: float, width: float = 0.0, *, align: str = "left") -> float:
    """Draw lines down from ``y`` in the colour to fill with; the new y is returned.

    ``align``: left, centre or right in the ``width`` points from ``x``; ``start`` and ``end`` go by the side from which
    each line is read.
    """
    drop = (block.leading - block.size * 1.25) / 2 if block.leading > block.size * 1.25 else 0.0
    for line in block.lines:
        side = align if align in SIDES else "right" if line.rtl == (align == "start") else "left"
        show(canvas, line, x + (width - line.width * block.size) * SIDES[side], y - block.size - drop, block.size)
        y -= block.leading
    return y


def show(canvas: Canvas, line: Line, x: float, y: float, size: float) -> None:
    """One line with its base line's left end at (x, y)."""
    for strip in line.strips:
        if strip.face.embeddable:
            canvas.addLiteral(_spelled(_embedded(canvas, strip.face), strip, x, y, size))
        else:
            _drawn(canvas, strip, x, y, size)
        x += strip.advance * size


def _number(value: float) -> str:
    return f"{round(value, FIXED):.{FIXED}f}".rstrip("0").rstrip(".") if abs(value) >= 0.5 * 10**-FIXED else "0"


def _spelled(embedded: _Embedded, strip: Strip, x: float, y: float, size: float) -> str:
    """The operators that show a strip. The pen is moved by what differs from the glyphs' own widths."""
    said: list[str] = []
    rise = at = 0.0
    for glyph in strip.glyphs:
        if abs(glyph.y - rise) > 1e-6:
            said.append(f"] TJ {_number(glyph.y * size)} Ts [")
            rise = glyph.y
        if abs(off := round((at - glyph.x) * 1000, 2)) >= 0.01:
            said.append(_number(off))
        said.append(f"<{embedded.code(glyph):04X}>")
        at = glyph.x + round(embedded.face.width_of(glyph.number) * 1000) / 1000
    text = " ".join(said).replace("> <", "")
    after = " 0 Ts" if rise else ""
    return f"BT /{embedded.name} {_number(size)} Tf 1 0 0 1 {_number(x)} {_number(y)} Tm [{text}] TJ{after} ET".replace(
        "[ ] TJ ", ""
    ).replace("[] TJ ", "")


class _Path:
    """A pen that draws outlines into a path of the canvas."""

    def __init__(self, path: Any, x: float, y: float, scale: float) -> None:
        self._path, self._x, self._y, self._scale = path, x, y, scale
        self._last = (0.0, 0.0)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._x + point[0] * self._scale, self._y + point[1] * self._scale

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the names that pens have
        self._path.moveTo(*self._at(point))
        self._last = point

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._path.lineTo(*self._at(point))
        self._last = point

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        one, two = (
            (point[0] + 2 / 3 * (control[0] - point[0]), point[1] + 2 / 3 * (control[1] - point[1]))
            for point in (self._last, end)
        )
        self.curveTo(one, two, end)

    def curveTo(self, one: tuple[float, float], two: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        self._path.curveTo(*self._at(one), *self._at(two), *self._at(end))
        self._last = end

    def closePath(self) -> None:  # noqa: N802
        self._path.close()


def _drawn(canvas: Canvas, strip: Strip, x: float, y: float, size: float) -> None:
    """Glyphs that no file of a kind that reportlab knows holds: as pictures, or as filled paths."""
    path = canvas.beginPath()
    for glyph in strip.glyphs:
        at = x + glyph.x * size, y + glyph.y * size
        if (png := strip.face.picture(glyph.number)) is not None:
            _picture(canvas, png, *at, strip.face.width_of(glyph.number) * size)
        else:
            strip.face.draw_with(glyph.number, _Path(path, *at, size / strip.face.em))
    canvas.drawPath(path, stroke=0, fill=1, fillMode=1)


def _picture(canvas: Canvas, png: bytes, x: float, y: float, width: float) -> None:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        side = width * EMOJI_SHARE
        high = side * image.height / image.width
        picture = ImageReader(image.convert("RGBA"))
    canvas.drawImage(picture, x + (width - side) / 2, y - high * 0.19, side, high, mask="auto")
