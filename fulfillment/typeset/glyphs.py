"""A font file as paper takes it: runs of text into numbered glyphs, and the part of the file that a page needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import uharfbuzz as hb

from gcode.bidi import CLOSES
from gcode.fonts import Run
from gcode.outlinefont import OutlineFont

NEEDLESS: Final = ("GSUB", "GPOS", "GDEF", "STAT", "gasp", "name", "post", "OS/2", "cmap")
"""Tables that an embedded subset does without: glyphs are named by number."""
KEPT: Final = 512
"""Runs of each face that are kept as they were shaped."""
MIRRORED: Final = CLOSES | {close: opened for opened, close in CLOSES.items()}


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a run, in em from the run's start at its base line."""

    number: int
    text: str
    """The characters that a search finds for it; empty for the further glyphs of a cluster."""
    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A run as one face draws it, from left to right. em."""

    face: PaperFace
    glyphs: tuple[Glyph, ...]
    advance: float
    text: str


@dataclass(frozen=True, slots=True)
class Subset:
    """Some glyphs of a font file as a font file, and the new number of each."""

    data: bytes
    numbers: dict[int, int]


class PaperFace(OutlineFont):
    """A font file. ValueError where it is none."""

    def __init__(self, file: Path, *, joins: bool = False) -> None:
        self._data = file.read_bytes()
        super().__init__(file.stem, self._data, joins=joins)
        self.embeddable = "glyf" in self._font.face.table_tags
        """Whether its outlines are TrueType's; other glyphs are drawn as paths or pictures."""
        self._strips: dict[Run, Strip] = {}

    @cached_property
    def em(self) -> int:
        return int(self._font.face.upem)

    def strip(self, run: Run) -> Strip:
        """A run of which nothing is lost."""
        found = self._strips.get(run)
        if found is None:
            if len(self._strips) > KEPT:
                self._strips.clear()
            found = self._strips[run] = self._strip(run)
        return found

    def _strip(self, run: Run) -> Strip:
        glyphs: list[Glyph] = []
        x = y = 0.0
        for part in self._parts(run):
            texts = shared(part.text, len(part.glyphs), run.rtl)
            for (info, position), text in zip(part.glyphs, texts, strict=True):
                at = (x + position.x_offset) / self.em, (y + position.y_offset) / self.em
                glyphs.append(Glyph(info.codepoint, text, *at))
                x, y = x + position.x_advance, y + position.y_advance
        return Strip(self, tuple(glyphs), x / self.em, run.text)

    def width_of(self, glyph: int) -> float:
        """em that the pen goes on after this glyph by itself."""
        return float(self._font.get_glyph_h_advance(glyph)) / self.em

    def draw_with(self, glyph: int, pen: Any) -> None:
        """Its outline into a pen of fontTools' kind, in units of the font."""
        self._font.draw_glyph_with_pen(glyph, pen)

    def picture(self, glyph: int) -> bytes | None:
        """The glyph as a PNG; none where it is an outline."""
        blob = self._font.get_glyph_color_png(glyph)
        return (bytes(blob.data) if blob is not None else b"") or None

    def subset(self, glyphs: Iterable[int]) -> Subset:
        """Only these glyphs, without what screens need."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update(sorted(glyphs))
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        for table in NEEDLESS:
            wanted.drop_table_tag_set.add(int.from_bytes(table.encode(), "big"))
        plan = hb.SubsetPlan(self._font.face, wanted)
        return Subset(bytes(plan.execute().blob.data), dict(plan.old_to_new_glyph_mapping))

    @cached_property
    def measures(self) -> tuple[tuple[int, ...], int, int]:
        """The box of all its glyphs, its ascent and its descent, in thousandths of an em."""
        head = bytes(self._font.face.reference_table("head").data)
        box = [int.from_bytes(head[at : at + 2], "big", signed=True) for at in range(36, 44, 2)]
        extents = self._font.get_font_extents("ltr")
        scaled = [round(value * 1000 / self.em) for value in (*box, extents.ascender, extents.descender)]
        return tuple(scaled[:4]), scaled[4], scaled[5]


class ColourFace(PaperFace):
    """A font whose glyphs are pictures (PNG), such as colour emoji."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.embeddable = False

    def _whole(self, part: Any, emoji: bool) -> bool:
        """One picture for the whole: a sequence that falls apart into several is not what was written."""
        numbers = [info.codepoint for info, _ in part.glyphs]
        return emoji and len(numbers) == 1 and numbers[0] != 0 and self.picture(numbers[0]) is not None


def shared(text: str, glyphs: int, rtl: bool) -> list[str]:
    """The characters of a cluster, shared out to its glyphs as they stand from left to right.

    One each as far as they go, and the last glyph has the rest: a search then finds the text in its own order. From the
    right a bracket stands for what is seen of it, as readers of files turn it round themselves.
    """
    if not glyphs:
        return []
    parts = [*text[: glyphs - 1], text[glyphs - 1 :]]
    parts += [""] * (glyphs - len(parts))
    return [MIRRORED.get(part, part) for part in reversed(parts)] if rtl else parts
