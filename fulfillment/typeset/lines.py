"""Paragraphs into lines of glyphs. Directions are found for the paragraph, and the pieces of each line put in order.

Widths are in em: a line is shaped once, whatever size it is then set in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate, groupby, pairwise
from typing import Final

from fulfillment.typeset.glyphs import PaperFace, Strip
from gcode import linebreak
from gcode.bidi import from_the_right, levels, visual
from gcode.fontchain import LATIN, FontChain, _Piece
from gcode.fonts import Face as AnyFace
from gcode.fonts import GlyphsMissing, Run
from gcode.graphemes import graphemes

TALL: Final = frozenset({"Arab", "Deva", "Thai"})
"""Scripts with signs above and below their letters, whose lines stand further apart."""
SURE: Final = 1.05
"""How much words together may be wider than each by itself."""
HYPHENS: Final = frozenset("-\u2010\u2013\u2014/")
DIRECTIONS: Final = ("\u200e", "\u200f", "\u061c")
"""Characters that only say from which side is read: from the left, from the right, and that of Arabic letters."""
_LEADS: Final = frozenset("เแโใไ")
_FOLLOWS: Final = frozenset("ะาำๅๆฯ")
"""Thai vowels and signs that stay with the consonant after or before them."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line: what it says in the order of reading, and its strips from left to right. ``width`` is in em."""

    text: str
    strips: tuple[Strip, ...]
    width: float
    rtl: bool = False
    tall: bool = False


class Chain(FontChain):
    """A chain of font files as papers use it. ``emoji``: faces of pictures, the first that has one draws it."""

    def __init__(self, name: str, faces: Sequence[PaperFace], emoji: Sequence[PaperFace]) -> None:
        super().__init__(name, faces, emoji[0])
        self._first = faces[0]
        self._plain: dict[str, _Piece] = {}
        self._pictures = tuple(emoji)
        self.paragraph = lru_cache(maxsize=128)(self._paragraph)
        self.lost = lru_cache(maxsize=1024)(self.missing)
        """What is missing of a text: papers ask for the same titles again and again."""

    def _pieces(self, text: str, rtl: bool) -> list[_Piece]:
        """Marks of direction have done their work once levels are found: they have no ink and take no room."""
        if (plain := self._simply(text, rtl)) is not None:
            return plain
        kept = [index for index, character in enumerate(text) if character not in DIRECTIONS]
        if not kept:
            return []
        if len(kept) == len(text):
            return super()._pieces(text, rtl)
        ranks = levels(text, rtl)
        pieces = super()._pieces("".join(text[index] for index in kept), rtl)
        starts = accumulate((len(piece.text) for piece in pieces[:-1]), initial=0)
        return [replace(piece, level=ranks[kept[start]]) for piece, start in zip(pieces, starts, strict=False)]

    def _simply(self, text: str, rtl: bool) -> list[_Piece] | None:
        """Plain Latin letters all of one font, which most lines of papers are; None for all others."""
        if rtl or not text.isascii() or not text.isprintable():
            return None
        found = []
        for character in text:
            piece = self._plain.get(character)
            if piece is None:
                if not self._first.has(character):
                    return None
                piece = self._plain[character] = _Piece(character, 0, LATIN, False, self._first)
            found.append(piece)
        return found

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters that no face draws, each once, in the text's order."""
        return () if self._simply(text, rtl=False) is not None else super().missing(text)

    def _wholly(self, grapheme: str, script: str, picture: bool) -> AnyFace | None:
        if not picture:
            return super()._wholly(grapheme, script, picture)
        run = Run(grapheme, script, emoji=True)
        return next((face for face in self._pictures if not face.lost(run)), None)

    def _paragraph(self, text: str, rtl: bool | None = None) -> Paragraph:
        """A text without newlines of which nothing is missing. ``rtl``: at which side numbers alone stand.

        What has no letters is read from the left wherever it stands, as dates, sizes and codes are.
        """
        text = unicodedata.normalize("NFC", text)
        pieces = tuple(self._pieces(text, from_the_right(text)))
        side = from_the_right(text) if directed(text) or rtl is None else rtl
        return Paragraph("".join(piece.text for piece in pieces), pieces, side)


@dataclass(frozen=True, slots=True)
class _Word:
    """Graphemes ``start`` to ``end`` that stay on one line."""

    start: int
    end: int


@dataclass(eq=False)
class Paragraph:
    """A text between two newlines, its graphemes with the font and direction of each."""

    text: str
    pieces: tuple[_Piece, ...]
    rtl: bool
    _made: dict[tuple[int, int], Line] = field(default_factory=dict)
    _about: dict[tuple[int, int], float] = field(default_factory=dict)
    """Widths of lines as the sum of their words."""

    @cached_property
    def words(self) -> list[_Word]:
        """Where lines may be broken, by the rules of each script."""
        found: list[_Word] = []
        at = 0
        for part in linebreak.pieces(self.text):
            while at < len(self.pieces) and self.pieces[at].text == " " and not part.text.startswith(" "):
                at += 1
            end = at + len(graphemes(part.text))
            cuts = [at, *(index for index in range(at + 2, end) if self._after_hyphen(index)), end]
            found += [_Word(*cut) for cut in pairwise(cuts) if cut[1] > cut[0]]
            at = end
        return found

    def _after_hyphen(self, index: int) -> bool:
        """Whether the word may go on on the next line: it has a hyphen here, and letters on both sides."""
        before, hyphen, after = (self.pieces[at].text[0] for at in (index - 2, index - 1, index))
        return hyphen in HYPHENS and before.isalpha() and after.isalpha()

    def line(self, start: int = 0, end: int | None = None) -> Line:
        """A line of these graphemes."""
        key = (start, len(self.pieces) if end is None else end)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._line(*key)
        return found

    def _line(self, start: int, end: int) -> Line:
        pieces = self.pieces[start:end]
        cut: list[tuple[int, Strip]] = []
        for (level, script, picture, _), group in groupby(pieces, key=lambda p: (p.level, p.script, p.picture, p.face)):
            members = list(group)
            face = members[0].face
            if not isinstance(face, PaperFace):  # nobody asked before what is missing
                raise GlyphsMissing(self.text[:40], (members[0].text[0],))
            run = Run("".join(piece.text for piece in members), script, level % 2 == 1, False, picture)
            cut.append((level, face.strip(run)))
        strips = tuple(strip for _, strip in visual(cut, [level for level, _ in cut]))
        tall = any(piece.script in TALL for piece in pieces)
        width = sum(strip.advance for strip in strips)
        return Line("".join(piece.text for piece in pieces), strips, width, self.rtl, tall)

    def wrapped(self, width: float) -> tuple[list[Line], int]:
        """Lines no wider than ``width`` (em), and how many words had to be broken for that."""
        lines: list[Line] = []
        start = end = broken = 0
        for word in self.words:
            if end == start:
                start = word.start
            if self._fits(start, end, word, width):
                end = word.end
                continue
            if end > start:
                lines.append(self.line(start, end))
            start, end = word.start, word.end
            if self.line(start, end).width > width:
                broken += 1
                *full, (start, end) = self._broken(word, width)
                lines += [self.line(*one) for one in full]
        if end > start or not lines:
            lines.append(self.line(start, end))
        return lines, broken

    def _fits(self, start: int, end: int, word: _Word, width: float) -> bool:
        """Whether a line with one more word is narrow enough. It is shaped only where that is near."""
        if end == start:
            return self.line(start, word.end).width <= width
        about = self._about.get((start, end))
        more = (self.line(start, end).width if about is None else about) + self.line(end, word.end).width
        self._about[start, word.end] = more
        if more * SURE <= width:
            return True
        return self.line(start, word.end).width <= width

    def _broken(self, word: _Word, width: float) -> list[tuple[int, int]]:
        """A word in pieces no wider than ``width``, each at least one grapheme."""
        cuts = [word.start]
        last = word.start
        for index in range(word.start + 1, word.end + 1):
            # Not kept: each is asked for once, and a word may have thousands of characters.
            if last > cuts[-1] and self._line(cuts[-1], index).width > width:
                cuts.append(last)
            if index == word.end or self._may_cut(index):
                last = index
        return [(cut, end) for cut, end in zip(cuts, [*cuts[1:], word.end], strict=True) if end > cut]

    def _may_cut(self, index: int) -> bool:
        return self.pieces[index - 1].text[-1] not in _LEADS and self.pieces[index].text[0] not in _FOLLOWS


def directed(text: str) -> bool:
    """Whether a text has letters that say from which side it is read."""
    return any(unicodedata.bidirectional(character) in ("L", "R", "AL") for character in text)
