"""What a font is to the layout: it says what it cannot draw, and draws the rest. In cap heights (an H is 1 high).

A *face* draws runs: text of one direction and one script. A *font* draws lines of any text, by one face or a chain of
them (`gcode.fontchain`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gcode.design import Drawing
from gcode.geometry import Line

Shapes = tuple[Line, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """What stays together: a letter with its marks, a ligature, an emoji. Its drawing stands at x = 0."""

    text: str
    drawing: Drawing
    x: float
    """Where it stands in the line."""
    advance: float
    joined: bool = False
    """Its neighbours touch it (Arabic, Devanagari, script faces): tracking and turning would tear them apart."""
    picture: bool = False
    """An emoji: finer lines than letters have."""

    def at(self, x: float) -> Cluster:
        return replace(self, x=x)


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """One line of text: its clusters from left to right with the baseline at y = 0, and how far the pen goes."""

    clusters: tuple[Cluster, ...]
    advance: float

    @property
    def drawing(self) -> Drawing:
        return joined((cluster.drawing, cluster.x) for cluster in self.clusters)

    def tracked(self, tracking: float) -> Shaped:
        """The line with its clusters set apart (cap heights), but for those that touch; nothing before or behind."""
        placed: list[Cluster] = []
        more = 0.0
        for index, cluster in enumerate(self.clusters):
            placed.append(cluster.at(cluster.x + more))
            after = self.clusters[index + 1 : index + 2]
            if after and not (cluster.joined and after[0].joined):
                more += tracking
        return Shaped(tuple(placed), self.advance + more)


def joined(drawings: Iterable[tuple[Drawing, float]]) -> Drawing:
    """Drawings moved to the right, as one."""
    strokes: list[Line] = []
    outlines: list[Line] = []
    for drawing, x in drawings:
        to = np.array([x, 0.0])
        strokes += [line + to for line in drawing.strokes]
        outlines += [line + to for line in drawing.outlines]
    return Drawing(tuple(strokes), tuple(outlines))


class Font(Protocol):
    """``missing`` comes first, always: ``shape`` raises GlyphsMissing rather than leave anything out."""

    @property
    def name(self) -> str: ...

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters of one line that this font cannot draw, each once, in the text's order."""
        ...

    def shape(self, text: str, *, rtl: bool | None = None, spaced: bool = False) -> Shaped:
        """One line. ``rtl``: its paragraph is written from the right (None: its first letter says it);
        ``spaced``: it will be tracked, so letters are not to be merged into ligatures."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one direction and one script (ISO 15924), in the order in which it is read."""

    text: str
    script: str = "Zyyy"
    rtl: bool = False
    spaced: bool = False
    emoji: bool = False
    """Pictures: each of its clusters is one glyph, or it is not drawn."""


class Face(Protocol):
    """One font file, or one set of strokes."""

    @property
    def name(self) -> str: ...

    def has(self, character: str) -> bool:
        """Whether it knows the character at all."""
        ...

    def lost(self, run: Run) -> tuple[str, ...]:
        """The clusters of a run that it would not draw wholly."""
        ...

    def draw(self, run: Run) -> Shaped:
        """A run of which nothing is lost."""
        ...


class GlyphsMissing(ValueError):
    """The font has no glyph for these characters: the text must be changed or another font taken."""

    def __init__(self, font: str, missing: tuple[str, ...]) -> None:
        self.font, self.missing = font, missing
        names = ", ".join(named(character) for character in missing)
        self.reason = f"the font {font} cannot draw {names}"
        self.mend = "change the text or choose another font"
        super().__init__(f"{self.reason}: {self.mend}")


def named(character: str) -> str:
    """A character for a person to find: as it looks, its number and its name."""
    point = f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"
    return f"{character} ({point})" if character.isprintable() and not character.isspace() else point


def each_once(characters: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(characters))
