"""A page of a sheet: reportlab's canvas in mm, with inks, spot colours, overprint and outlines. No text is ever set:
letters come as outlines, so that no font is asked for and no customer's word is in the file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from reportlab import rl_config
from reportlab.lib.colors import CMYKColor, CMYKColorSep
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from fulfillment.press.colour import Ink
from fulfillment.press.layout import Sheet
from fulfillment.press.pictures import Picture
from fulfillment.press.profiles import Spot
from gcode.geometry import Bounds, Line, Transform, rectangle

rl_config.useA85 = 0  # ASCII85 makes a page with a picture a quarter larger, and slow

MM: Final = 72 / 25.4
NON_ZERO: Final = 1
"""Reportlab's word for the rule that fills outlines (its FILL_NON_ZERO)."""
ColourOf: Any = CMYKColor
Separation: Any = CMYKColorSep
"""Their stubs take inks for texts."""


def _painted(canvas: Any, ink: Ink) -> None:
    for paint in (canvas.setFillColor, canvas.setStrokeColor):
        paint(ColourOf(*ink.values))


def _lit(canvas: Any, ink: Ink) -> None:
    canvas.setFillColorRGB(*ink.values)
    canvas.setStrokeColorRGB(*ink.values)


def _grey(canvas: Any, ink: Ink) -> None:
    canvas.setFillGray(*ink.values)
    canvas.setStrokeGray(*ink.values)


PAINTS: Final[Mapping[str, Callable[[Any, Ink], None]]] = {"cmyk": _painted, "rgb": _lit, "gray": _grey}


def path(lines: Sequence[Line], *, closed: bool) -> PDFPathObject:
    """Lines in mm as one path."""
    code = []
    for line in lines:
        points = (np.asarray(line, dtype=np.float64) * MM).ravel().tolist()
        steps = "%.3f %.3f m" + " %.3f %.3f l" * (len(line) - 1) + (" h" if closed else "")
        code.append(steps % tuple(points))
    return PDFPathObject(code)


class _Packed(ImageReader):
    """A JPEG that goes into the file as it is. It is named by its own bytes; reportlab would decode all of it for
    that."""

    def __init__(self, jpeg: bytes) -> None:
        super().__init__(io.BytesIO(jpeg))
        self._jpeg = jpeg
        self._dataA = None  # no mask: a JPEG has none

    def getRGBData(self) -> bytes:  # noqa: N802  (reportlab's name)
        return self._jpeg


class Page:
    """What is drawn on, one page after the other."""

    def __init__(self, sheet: Sheet) -> None:
        self._out = io.BytesIO()
        self.sheet = sheet
        size = (sheet.width * MM, sheet.height * MM)
        # Streams are packed when the file is finished: until then they can be read.
        self.canvas: Any = Canvas(self._out, pagesize=size, invariant=1, pageCompression=0)

    def end(self) -> None:
        self.canvas.showPage()

    def saved(self) -> bytes:
        """The file as reportlab writes it."""
        self.canvas.save()
        return self._out.getvalue()

    def _over(self, *, over: bool, mode: int = 1) -> None:
        self.canvas.setFillOverprint(over)
        self.canvas.setStrokeOverprint(over)
        self.canvas.setOverprintMask(mode if over else 0)

    def on(self, onto: Transform, box: Bounds) -> None:
        """Until :meth:`off` everything is drawn on a piece, and cut to a rectangle of the sheet."""
        self.canvas.saveState()
        self.clip(rectangle(box.x0, box.y0, box.x1, box.y1))
        self.canvas.transform(onto.a, onto.b, onto.c, onto.d, onto.e * MM, onto.f * MM)

    def on_copy(self, onto: Transform) -> None:
        """Until :meth:`off` everything is drawn elsewhere on the piece."""
        self.canvas.saveState()
        self.canvas.transform(onto.a, onto.b, onto.c, onto.d, onto.e * MM, onto.f * MM)

    def whole(self) -> None:
        """What follows lies on the sheet, and knocks out."""
        self._over(over=False)

    def off(self) -> None:
        self.canvas.restoreState()

    def clip(self, edge: Line) -> None:
        self.canvas.clipPath(path([edge], closed=True), stroke=0, fill=0, fillMode=NON_ZERO)

    def ink(self, ink: Ink, *, under: bool = False) -> None:
        """What is painted with from here on. ``under``: there is a spot colour below that must stay."""
        if ink.over:
            self._over(over=True)
        else:
            # Mode 0: the four inks are all replaced, those that it has none of too; plates of spots are not touched.
            self._over(over=under, mode=0)
        PAINTS[ink.space](self.canvas, ink)

    def spot(self, name: str, spot: Spot) -> None:
        colour = Separation(*(value / 100 for value in spot.cmyk), spotName=name, density=1)
        self._over(over=spot.overprint)
        self.canvas.setFillColor(colour)
        self.canvas.setStrokeColor(colour)

    def everywhere(self) -> None:
        """Paint on all plates: what presses call registration."""
        self._over(over=False)
        colour = Separation(1, 1, 1, 1, spotName="All", density=1)
        self.canvas.setFillColor(colour)
        self.canvas.setStrokeColor(colour)

    def fill(self, outlines: Sequence[Line]) -> None:
        """Closed contours, by the non-zero rule."""
        if outlines:
            self.canvas.drawPath(path(outlines, closed=True), stroke=0, fill=1, fillMode=NON_ZERO)

    def stroke(self, lines: Sequence[Line], width: float, *, closed: bool = False, round_ends: bool = True) -> None:
        if not lines:
            return
        self.canvas.setLineWidth(width * MM)
        self.canvas.setLineCap(1 if round_ends else 0)
        self.canvas.setLineJoin(1)
        self.canvas.drawPath(path(lines, closed=closed), stroke=1, fill=0)

    def picture(self, picture: Picture, *, under: bool = False) -> None:
        self.canvas.saveState()
        self._over(over=under, mode=0)
        if picture.mask is not None:
            self.clip(picture.mask)
        source = _Packed(picture.jpeg)
        self.canvas.drawImage(source, picture.x * MM, picture.y * MM, picture.width * MM, picture.height * MM)
        self.canvas.restoreState()
