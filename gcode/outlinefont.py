"""Outline fonts (TrueType, OpenType) from bytes, shaped and drawn by HarfBuzz: kerning, ligatures, one direction."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Final

import numpy as np
import uharfbuzz as hb

from gcode.design import Drawing
from gcode.fonts import GlyphsMissing, Shaped, each_once, invisible
from gcode.geometry import Line, bezier

TOLERANCE: Final = 0.004
"""Of curves, in cap heights: 0.04 mm for letters of 10 mm."""


class _Contours:
    """A pen that turns curves into lines. Points are in font units."""

    def __init__(self, tolerance: float) -> None:
        self.contours: list[Line] = []
        self._points: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
        self._tolerance = tolerance

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the names that pens have
        self.closePath()
        self._points = [np.array([point], dtype=np.float64)]

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._points.append(np.array([point], dtype=np.float64))

    def _curve(self, *points: tuple[float, float]) -> None:
        self._points.append(bezier(np.array([tuple(self._points[-1][-1]), *points], dtype=np.float64), self._tolerance))

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._curve(*points)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._curve(*points)

    def closePath(self) -> None:  # noqa: N802
        if len(self._points) > 1:
            contour = np.vstack(self._points)
            if np.allclose(contour[0], contour[-1]):
                contour = contour[:-1]
            if len(contour) > 2:
                self.contours.append(contour)
        self._points = []

    endPath = closePath  # noqa: N815


class OutlineFont:
    """A font file's bytes as a Font. ValueError where the bytes are no font."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        face = hb.Face(hb.Blob(data))
        if face.glyph_count < 2:
            raise ValueError(f"{name} is no font file that can be read: give a TrueType or OpenType file")
        self._font = hb.Font(face)
        self._glyphs: dict[int, tuple[Line, ...]] = {}
        height = self._ink_height("H")
        self._unit = 1.0 / (height or 0.7 * face.upem)

    def _ink_height(self, character: str) -> float:
        glyph = self._font.get_nominal_glyph(ord(character))
        extents = self._font.get_glyph_extents(glyph) if glyph else None
        return float(extents.y_bearing) if extents else 0.0

    def _contours(self, glyph: int) -> tuple[Line, ...]:
        if glyph not in self._glyphs:
            pen = _Contours(TOLERANCE / self._unit)
            self._font.draw_glyph_with_pen(glyph, pen)
            pen.closePath()
            self._glyphs[glyph] = tuple(pen.contours)
        return self._glyphs[glyph]

    def _shaped(self, text: str) -> hb.Buffer:
        buffer = hb.Buffer()
        buffer.add_codepoints([ord(character) for character in text])
        buffer.guess_segment_properties()
        hb.shape(self._font, buffer)
        return buffer

    def missing(self, text: str) -> tuple[str, ...]:
        """Characters without a glyph, and those whose glyph draws nothing though they are no spaces."""
        text = unicodedata.normalize("NFC", text)
        lost = [character for character in text if invisible(character)]
        drawn: dict[int, bool] = {}
        absent: set[int] = set()
        for info in self._shaped(text).glyph_infos:
            drawn[info.cluster] = drawn.get(info.cluster, False) or bool(self._contours(info.codepoint))
            if info.codepoint == 0:
                absent.add(info.cluster)
        starts = [*sorted(drawn), len(text)]
        for start, end in pairwise(starts):
            cluster = text[start:end]
            if start in absent or not (drawn[start] or cluster.isspace()):
                unknown = [character for character in cluster if not self._font.get_nominal_glyph(ord(character))]
                lost += unknown or list(cluster)
        return each_once(sorted(lost, key=text.index))

    def shape(self, text: str) -> Shaped:
        """The outlines of one line. Raises GlyphsMissing."""
        text = unicodedata.normalize("NFC", text)
        if lost := self.missing(text):
            raise GlyphsMissing(self.name, lost)
        buffer, x, y, outlines = self._shaped(text), 0.0, 0.0, []
        for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            at = np.array([x + position.x_offset, y + position.y_offset])
            outlines += [(contour + at) * self._unit for contour in self._contours(info.codepoint)]
            x, y = x + position.x_advance, y + position.y_advance
        return Shaped(Drawing(outlines=tuple(outlines)), x * self._unit)
