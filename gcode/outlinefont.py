"""Outline fonts (TrueType, OpenType) from bytes, shaped and drawn by HarfBuzz: kerning, marks, ligatures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np
import uharfbuzz as hb

from gcode.characters import invisible
from gcode.design import Drawing
from gcode.fontchain import Alone
from gcode.fonts import Cluster, Run, Shaped
from gcode.geometry import Line
from gcode.graphemes import TOUCHING

TOLERANCE: Final = 0.004
"""Of curves, in cap heights: 0.04 mm for letters of 10 mm."""
CIRCLE: Final = "\u25cc"
"""What HarfBuzz puts under a mark that stands on nothing."""
NO_FLAG: Final = "\U0001f1fd\U0001f1fd"
"""Two letters that never were a country's."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A cluster of a run: its characters, and (info, position) of the glyphs that show them."""

    text: str
    glyphs: tuple[tuple[Any, Any], ...]


class _Contours:
    """A pen that turns curves into lines. Points are in font units. Plain numbers: arrays of four cost more."""

    def __init__(self, tolerance: float) -> None:
        self.contours: list[Line] = []
        self._points: list[tuple[float, float]] = []
        self._tolerance = tolerance

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the names that pens have
        self.closePath()
        self._points = [point]

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._points.append(point)

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        (x0, y0), (x1, y1), (x2, y2) = self._points[-1], control, end
        bend = math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2)
        for step in self._steps(bend / 4):
            a, b, c = (1 - step) ** 2, 2 * step * (1 - step), step**2
            self._points.append((a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2))

    def curveTo(self, one: tuple[float, float], other: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self._points[-1], one, other, end
        bends = math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2), math.hypot(x1 - 2 * x2 + x3, y1 - 2 * y2 + y3)
        for step in self._steps(0.75 * max(bends)):
            rest = 1 - step
            a, b, c, d = rest**3, 3 * step * rest**2, 3 * step**2 * rest, step**3
            self._points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))

    def _steps(self, off: float) -> list[float]:
        """Parameters of a curve's points, such that its chords are off by the tolerance at most."""
        count = min(64, max(1, math.ceil(math.sqrt(off / self._tolerance))))
        return [step / count for step in range(1, count + 1)]

    def closePath(self) -> None:  # noqa: N802
        points = self._points
        if len(points) > 1 and points[0] == points[-1]:
            points = points[:-1]
        if len(points) > 2:
            self.contours.append(np.array(points, dtype=np.float64))
        self._points = []

    endPath = closePath  # noqa: N815


class OutlineFont(Alone):
    """A font file's bytes as a face, and as a font by itself. ValueError where the bytes are no font.

    ``joins``: its letters touch, as those of script faces. ``number``: which face of a collection is meant.
    ``features``: those of OpenType that are turned on or off.
    """

    def __init__(
        self,
        name: str,
        data: bytes,
        *,
        joins: bool = False,
        number: int = 0,
        features: Mapping[str, bool] | None = None,
    ) -> None:
        self.name = name
        face = hb.Face(hb.Blob(data), number)
        if face.glyph_count < 2:
            raise ValueError(f"{name} is no font file that can be read: give a TrueType or OpenType file")
        self._font = hb.Font(face)
        self._joins = joins
        self._features = dict(features or {})
        self._glyphs: dict[int, tuple[Line, ...]] = {}
        height = self._ink_height("H")
        self._unit = 1.0 / (height or 0.7 * face.upem)
        self._circle = self._font.get_nominal_glyph(ord(CIRCLE))
        self._parts = lru_cache(maxsize=1024)(self._clusters)

    def _ink_height(self, character: str) -> float:
        glyph = self._font.get_nominal_glyph(ord(character))
        extents = self._font.get_glyph_extents(glyph) if glyph else None
        return float(extents.y_bearing) if extents else 0.0

    def _contours(self, glyph: int) -> tuple[Line, ...]:
        """In cap heights."""
        if glyph not in self._glyphs:
            pen = _Contours(TOLERANCE / self._unit)
            self._font.draw_glyph_with_pen(glyph, pen)
            pen.closePath()
            self._glyphs[glyph] = tuple(contour * self._unit for contour in pen.contours)
        return self._glyphs[glyph]

    def _clusters(self, run: Run) -> tuple[_Part, ...]:
        """The glyphs of a run as HarfBuzz shapes them, from left to right, by the graphemes that they show."""
        buffer = hb.Buffer()
        buffer.add_codepoints([ord(character) for character in run.text])
        buffer.direction = "rtl" if run.rtl else "ltr"
        buffer.script = run.script
        buffer.language = "und"
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_GRAPHEMES
        hb.shape(self._font, buffer, self._features | ({"liga": False, "clig": False} if run.spaced else {}))
        glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
        if not glyphs:
            return (_Part(run.text, ()),)
        starts = sorted({info.cluster for info, _ in glyphs})
        ends = dict(zip(starts, [*starts[1:], len(run.text)], strict=True))
        return tuple(
            _Part(run.text[start : ends[start]], tuple(group))
            for start, group in groupby(glyphs, key=lambda glyph: glyph[0].cluster)
        )

    def has(self, character: str) -> bool:
        return bool(self._font.get_nominal_glyph(ord(character)))

    def lost(self, run: Run) -> tuple[str, ...]:
        """Clusters with a character that has no glyph, or no ink, or that needed a dotted circle to stand on."""
        return tuple(part.text for part in self._parts(run) if not self._whole(part, run.emoji))

    def _whole(self, part: _Part, emoji: bool) -> bool:
        numbers = [info.codepoint for info, _ in part.glyphs]
        if 0 in numbers or (self._circle in numbers and CIRCLE not in part.text):
            return False
        blank = sum(character.isspace() or invisible(character) for character in part.text)
        inked = sum(bool(self._contours(number)) for number in numbers)
        if emoji:
            return inked == 1 and not self._no_such_flag(part.text, numbers)
        # Fonts put glyphs without ink into clusters by design (Devanagari's reph over a short i has moved into it).
        own = {self._font.get_nominal_glyph(ord(character)) for character in part.text}
        bare = sum(number in own and not self._contours(number) for number in numbers)
        return bare <= blank and (inked > 0 or blank == len(part.text))

    def _no_such_flag(self, text: str, numbers: list[int]) -> bool:
        """Two letters that are no country's are drawn as a flag in general."""
        if len(text) != 2 or not 0x1F1E6 <= ord(text[0]) <= 0x1F1FF or text == NO_FLAG:
            return text == NO_FLAG
        other = [info.codepoint for part in self._parts(Run(NO_FLAG, emoji=True)) for info, _ in part.glyphs]
        return numbers == other

    def draw(self, run: Run) -> Shaped:
        """The outlines of a run of which nothing is lost."""
        x, y, clusters = 0.0, 0.0, []
        touching = self._joins or run.script in TOUCHING
        for part in self._parts(run):
            start, outlines = x, []
            for info, position in part.glyphs:
                at = np.array([x - start + position.x_offset, y + position.y_offset]) * self._unit
                outlines += [contour + at for contour in self._contours(info.codepoint)]
                x, y = x + position.x_advance, y + position.y_advance
            drawing, advance = Drawing(outlines=tuple(outlines)), (x - start) * self._unit
            joins = touching and not part.text.isspace() and not run.emoji
            clusters.append(Cluster(part.text, drawing, start * self._unit, advance, joins, run.emoji))
        return Shaped(tuple(clusters), x * self._unit)
