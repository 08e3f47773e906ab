"""A chain of faces as one font: every piece of a text is drawn by the first face that draws it wholly.

A line is cut where the direction, the script or the face changes; never inside of what a person takes for one
character. Each piece is shaped on its own, and the pieces stand as the bidirectional algorithm says.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, groupby
from typing import Final

from gcode.bidi import CLOSES, from_the_right, levels, visual
from gcode.characters import invisible
from gcode.fonts import Cluster, Face, GlyphsMissing, Run, Shaped, each_once
from gcode.graphemes import graphemes, pictured, script_of, unseen

LATIN: Final = "Latn"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One grapheme, and what becomes of it."""

    text: str
    level: int
    script: str
    picture: bool
    face: Face | None = None


class FontChain:
    """Faces in the order of preference as a Font. ``emoji``: the face that draws pictures, if there is one."""

    def __init__(self, name: str, faces: Sequence[Face], emoji: Face | None = None) -> None:
        self.name = name
        self._faces = (*faces, emoji) if emoji else tuple(faces)
        self._emoji = emoji
        self._draws = lru_cache(maxsize=8192)(self._wholly)
        self._lines = lru_cache(maxsize=512)(self._line)

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters that no face draws, each once, in the text's order."""
        text = unicodedata.normalize("NFC", text)
        lost: list[str] = []
        for piece in self._pieces(text, from_the_right(text)):
            if hidden := self._unseen(piece):
                lost += hidden
            elif piece.face is None:
                lost += self._unknown(piece.text)
        if not lost:
            for face, run in self.runs(text):
                lost += [character for cluster in face.lost(run) for character in cluster]
        return each_once(sorted(lost, key=text.index))

    def shape(self, text: str, *, rtl: bool | None = None, spaced: bool = False) -> Shaped:
        """One line. Raises GlyphsMissing."""
        return self._lines(unicodedata.normalize("NFC", text), rtl, spaced)

    def _line(self, text: str, rtl: bool | None, spaced: bool) -> Shaped:
        if lost := self.missing(text):
            raise GlyphsMissing(self.name, lost)
        clusters: list[Cluster] = []
        x = 0.0
        for face, run in self.runs(text, rtl, spaced=spaced):
            # Cut by another direction than ``missing`` took, letters have other neighbours.
            if lost := face.lost(run):
                raise GlyphsMissing(self.name, each_once("".join(lost)))
            shaped = face.draw(run)
            clusters += [cluster.at(cluster.x + x) for cluster in shaped.clusters]
            x += shaped.advance
        return Shaped(tuple(clusters), x)

    def runs(self, text: str, rtl: bool | None = None, *, spaced: bool = False) -> Iterator[tuple[Face, Run]]:
        """What is drawn by whom, from left to right; ``text`` is in normal form (NFC).

        A piece without a face ends the line: ``missing`` has named it.
        """
        found: list[tuple[int, Face, Run]] = []
        pieces = self._pieces(text, from_the_right(text) if rtl is None else rtl)
        for (level, script, picture, _), group in groupby(pieces, key=lambda p: (p.level, p.script, p.picture, p.face)):
            members = list(group)
            face = members[0].face
            if face is None:
                return
            run = Run("".join(piece.text for piece in members), script, level % 2 == 1, spaced, picture)
            found.append((level, face, run))
        yield from ((face, run) for _, face, run in visual(found, [level for level, _, _ in found]))

    def _pieces(self, text: str, rtl: bool) -> list[_Piece]:
        parts = graphemes(text)
        ranks = levels(text, rtl)
        starts = accumulate((len(part) for part in parts[:-1]), initial=0)
        own = [None if pictured(part) else script_of(part) for part in parts]
        first = next((script for script in own if script), LATIN)
        resolved = accumulate(own, lambda before, script: script or before, initial=first)
        next(resolved)
        pieces = [
            _Piece(part, ranks[start], script or LATIN, pictured(part))
            for part, start, script in zip(parts, starts, resolved, strict=True)
        ]
        return self._faced(pieces, own)

    def _faced(self, pieces: list[_Piece], own: list[str | None]) -> list[_Piece]:
        """Words first, by one face if one has all of their letters; then signs and spaces, which go with the words."""
        faces: list[Face | None] = []
        for (script, picture), group in groupby(
            zip(pieces, own, strict=True), key=lambda pair: (pair[1], pair[0].picture)
        ):
            word = [piece.text for piece, _ in group]
            if script or picture:
                whole = None if picture else self._draws("".join(word), script or LATIN, False)
                faces += [whole or self._draws(part, script or LATIN, picture) for part in word]
            else:
                faces += [None] * len(word)
        homes: dict[str | None, Face | None] = {}
        for script, face in zip(own, faces, strict=True):
            homes.setdefault(script, face)
        return list(self._signs(pieces, own, faces, homes))

    def _signs(
        self,
        pieces: list[_Piece],
        own: list[str | None],
        faces: list[Face | None],
        homes: dict[str | None, Face | None],
    ) -> Iterator[_Piece]:
        """Signs by the face of the word before them, or of the first word of their script; brackets by pairs."""
        before: Face | None = None
        opened: list[tuple[str, Face | None]] = []
        for piece, script, given in zip(pieces, own, faces, strict=True):
            face = given
            if not script and not piece.picture:
                partner = opened.pop()[1] if opened and opened[-1][0] == piece.text else None
                beside = (partner, before, homes.get(piece.script))
                face = next(
                    (f for f in beside if f and _has(f, piece.text) and not f.lost(Run(piece.text, piece.script))), None
                )
                face = face or self._draws(piece.text, piece.script, False)
                if piece.text in CLOSES:
                    opened.append((CLOSES[piece.text], face))
            yield replace(piece, face=face)
            before = face if script else before

    def _wholly(self, grapheme: str, script: str, picture: bool) -> Face | None:
        """The first face that draws the grapheme wholly."""
        run = Run(grapheme, script, emoji=picture)
        if picture:
            return self._emoji if self._emoji and not self._emoji.lost(run) else None
        by_letter = sorted(self._faces, key=lambda face: not _has(face, grapheme))
        return next((face for face in by_letter if not face.lost(run)), None)

    def _unseen(self, piece: _Piece) -> tuple[str, ...]:
        emoji = self._emoji is not None and self._emoji.has(piece.text[0])
        return unseen(piece.text, piece.script, picture=piece.picture, emoji=emoji)

    def _unknown(self, grapheme: str) -> list[str]:
        """Which of its characters are to blame: those that no face has, or all, where only together they are."""
        nowhere = [character for character in grapheme if not any(face.has(character) for face in self._faces)]
        return nowhere or list(grapheme)


def _has(face: Face, text: str) -> bool:
    """Whether it has each character as it is, so that none is taken to pieces whose marks it may not know to place."""
    return all(face.has(character) for character in text if not invisible(character))


class Alone(ABC):
    """A face that is a font by itself."""

    name: str

    @abstractmethod
    def has(self, character: str) -> bool: ...

    @abstractmethod
    def lost(self, run: Run) -> tuple[str, ...]: ...

    @abstractmethod
    def draw(self, run: Run) -> Shaped: ...

    @cached_property
    def _alone(self) -> FontChain:
        return FontChain(self.name, [self])

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters of a line that this face cannot draw, each once, in the text's order."""
        return self._alone.missing(text)

    def shape(self, text: str, *, rtl: bool | None = None, spaced: bool = False) -> Shaped:
        """One line. Raises GlyphsMissing."""
        return self._alone.shape(text, rtl=rtl, spaced=spaced)
