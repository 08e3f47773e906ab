"""Single-stroke letters: the Hershey faces, with accents and the letters they lack from `gcode.strokeletters`.

The package has 96 characters a face and drops all others without a word, so it is asked for single known characters
only, and every other one is composed here or refused. What has strokes: Latin-1, Latin Extended-A, Greek and Cyrillic
as they are written today, and the marks of typesetters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
from HersheyFonts import HersheyFonts

from gcode import strokeletters as letters
from gcode.characters import SELECTORS
from gcode.design import Drawing
from gcode.fontchain import Alone
from gcode.fonts import Cluster, GlyphsMissing, Run, Shaped
from gcode.geometry import Line
from gcode.graphemes import graphemes, script_of
from gcode.smooth import smoothed
from gcode.strokeletters import Letter, Strokes

FACE: Final = "futural"
"""Simplex sans: round, open letters without serifs, the best to read where a bead is thick."""
TOLERANCE: Final = 0.004
"""Of curves, in cap heights, as of outlines."""
_PLAIN: Final = frozenset(map(chr, range(32, 127)))
_CAP, _BASE = 21.0, 9.0
_GAP: Final = 0.12
_SMALL, _RAISED = 0.667, 0.55
"""Height of an x, and of raised figures, in cap heights."""
_MIRRORED: Final = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))


@dataclass(frozen=True, slots=True)
class Hand:
    """A Hershey face of Latin letters, and what goes with it."""

    greek: str = "greeks"
    cyrillic: bool = False
    """Whether the Hershey face's Cyrillic is taken, which has serifs."""
    joins: bool = False
    """Whether its letters touch."""


HANDS: Final = {
    "timesr": Hand("greekc", cyrillic=True),
    "timesrb": Hand("greekc", cyrillic=True),
    "timesi": Hand("greekc", cyrillic=True),
    "scripts": Hand(joins=True),
    "scriptc": Hand(joins=True),
    "cursive": Hand(joins=True),
}
"""Faces that differ from simplex."""


class StrokeFont(Alone):
    """A Hershey face as a face, and as a font by itself: open centre lines, an H is 1 high."""

    def __init__(self, face: str = FACE) -> None:
        known = HersheyFonts().default_font_names
        if face not in known:
            raise ValueError(f"no Hershey face is called {face!r}; there are {', '.join(known)}")
        self.name = f"Hershey {face}"
        self._hand = HANDS.get(face, Hand())
        self._face = face
        self._glyph = lru_cache(maxsize=1024)(self._compose)

    def has(self, character: str) -> bool:
        mark = character in letters.ABOVE or character in letters.BELOW or character in letters.RIGHT
        return mark or self._strokes(character) is not None

    def lost(self, run: Run) -> tuple[str, ...]:
        """The graphemes of which a character has no strokes."""
        return tuple(part for part in graphemes(run.text) if run.emoji or self._strokes(part) is None)

    def draw(self, run: Run) -> Shaped:
        """The strokes of a run of which nothing is lost."""
        x, clusters = 0.0, []
        parts = graphemes(run.text)
        for part in reversed(parts) if run.rtl else parts:
            found = self._strokes(_MIRRORED.get(part, part) if run.rtl else part)
            if found is None:
                raise GlyphsMissing(self.name, tuple(part))
            strokes, advance = found
            clusters.append(Cluster(part, Drawing(strokes=strokes), x, advance, self._hand.joins and part.isalpha()))
            x += advance
        return Shaped(tuple(clusters), x)

    def _strokes(self, grapheme: str) -> Letter | None:
        """Strokes and advance of a letter with its marks."""
        text = grapheme.rstrip(SELECTORS) or grapheme
        if self._face != FACE and not self._hand.cyrillic and script_of(text) == "Cyrl":
            return _simplex()._strokes(grapheme)
        return self._glyph(unicodedata.normalize("NFC", text))

    def _compose(self, text: str) -> Letter | None:
        """None where nothing can be drawn."""
        if text in letters.SAME:
            return self._row(letters.SAME[text])
        if len(text) == 1 and (found := self._single(text)):
            return found
        return self._accented(text)

    def _single(self, character: str) -> Letter | None:
        if character in _PLAIN:
            return _hershey(self._face, character)
        if self._hand.cyrillic and character in letters.CYRILLIC:
            return self._serifed(character)
        if character in letters.DRAWN:
            strokes, advance = letters.DRAWN[character]
            return tuple(smoothed(stroke, TOLERANCE) for stroke in strokes), advance
        if character in letters.GREEK:
            return _hershey(self._hand.greek, letters.GREEK[character])
        if character in letters.STRUCK:
            return self._struck(*letters.STRUCK[character])
        if character in letters.SPACING:
            return _alone(letters.SPACING[character])
        return self._made(character)

    def _made(self, character: str) -> Letter | None:
        """From other letters, whole."""
        if character in letters.DOTLESS:
            return self._dotless(letters.DOTLESS[character])
        if character in letters.JOINED:
            return self._join(*letters.JOINED[character])
        if character in letters.MIRRORED:
            return _mapped(self._plain(letters.MIRRORED[character]), mirrored=True)
        if character in letters.TURNED:
            strokes, advance = self._plain(letters.TURNED[character])
            return tuple([advance, _SMALL] - stroke for stroke in strokes), advance
        if character in letters.SMALL and (capital := self._glyph(character.upper())):
            return _mapped(capital, _SMALL)
        if character in letters.RAISED and (row := self._row(letters.RAISED[character])):
            return _mapped(row, _RAISED, up=1 - _RAISED)
        if character in letters.LOWERED:
            return _mapped(self._plain(letters.LOWERED[character]), _RAISED, up=-0.15)
        if character in letters.FRACTIONS:
            return self._fraction(*letters.FRACTIONS[character])
        return None

    def _plain(self, character: str) -> Letter:
        return _hershey(self._face, character)

    def _row(self, text: str) -> Letter | None:
        """Letters side by side."""
        strokes: list[Line] = []
        x = 0.0
        for character in text:
            found = self._glyph(character)
            if found is None:
                return None
            strokes += [stroke + np.array([x, 0.0]) for stroke in found[0]]
            x += found[1]
        return tuple(strokes), x

    def _serifed(self, character: str) -> Letter:
        face, at = letters.CYRILLIC[character]
        found = _hershey(face, at)
        # The package's small letter is a capital there.
        return _mapped(_hershey("cyrillic", "C"), _SMALL) if character == "э" else found

    def _struck(self, base: str, stroke: Line) -> Letter:
        strokes, advance = self._plain(base)
        low, high = _extent(strokes)
        return (*strokes, stroke + (low + high) / 2), advance

    def _dotless(self, character: str) -> Letter:
        strokes, advance = self._plain(character)
        body = max(float(stroke[:, 1].max()) for stroke in strokes if np.ptp(stroke[:, 1]) > 0.3)
        return tuple(stroke for stroke in strokes if stroke[:, 1].min() < body + 0.1), advance

    def _join(self, first: str, second: str) -> Letter:
        left, _ = self._plain(first)
        right, width = self._plain(second)
        shift = _extent(left)[1][0] - _extent(right)[0][0]
        return (*left, *(stroke + np.array([shift, 0.0]) for stroke in right)), shift + width

    def _fraction(self, upper: str, lower: str) -> Letter:
        top, wide = _mapped(self._plain(upper), _RAISED, up=1 - _RAISED)
        bottom, width = _mapped(self._plain(lower), _RAISED)
        slash = letters.line((wide - 0.1, 0), (wide + 0.3, 1))
        return (*top, slash, *(stroke + np.array([wide + 0.2, 0.0]) for stroke in bottom)), wide + 0.2 + width

    def _accented(self, text: str) -> Letter | None:
        base, *marks = list(unicodedata.normalize("NFD", text))
        known = letters.ABOVE.keys() | letters.BELOW.keys() | letters.RIGHT.keys()
        if not marks or base.isspace() or not known.issuperset(marks):
            return None
        if marks == ["\u030c"] and base in letters.BESIDE_OF:
            return self._beside(base)
        if base in letters.COMMA_BELOW:
            marks = ["\u0326" if mark == "\u0327" else mark for mark in marks]
            marks = ["\u0312" if (base, mark) == ("g", "\u0326") else mark for mark in marks]
        above = any(mark in letters.ABOVE for mark in marks)
        dotted = letters.SAME.get(base, base)
        letter = self._dotless(dotted) if above and dotted in "ij" else self._glyph(base)
        if letter is None or not letter[0]:
            return None
        greek = base in letters.GREEK and base.isupper() and marks == ["\u0301"]
        return _before(letter) if greek else _marked(letter, marks)

    def _beside(self, base: str) -> Letter:
        strokes, advance = self._plain(base)
        right = _extent([stroke[stroke[:, 1] > 0.7] for stroke in strokes if (stroke[:, 1] > 0.7).any()])[1][0]
        return (*strokes, *(stroke + np.array([right + 0.04, 0.0]) for stroke in letters.BESIDE)), advance + 0.08


@cache
def _simplex() -> StrokeFont:
    """What writes Cyrillic where a face has none of its own: half of its letters would be Latin ones of that face."""
    return StrokeFont(FACE)


@cache
def _loaded(face: str) -> HersheyFonts:
    found = HersheyFonts()
    found.load_default_font(face)
    return found


def _hershey(face: str, character: str) -> Letter:
    """A glyph of the package in cap heights."""
    glyph = next(iter(_loaded(face).glyphs_for_text(character)))
    to = np.array([float(glyph.left_offset), _BASE])
    strokes = tuple(
        smoothed((np.array(stroke, dtype=np.float64) - to) * [1, -1] / _CAP, TOLERANCE)
        for stroke in glyph.strokes
        if len(stroke) > 1
    )
    return strokes, float(glyph.char_width) / _CAP


def _mapped(letter: Letter, scale: float = 1.0, up: float = 0.0, *, mirrored: bool = False) -> Letter:
    strokes, advance = letter
    if mirrored:
        strokes = tuple(stroke * [-1, 1] + [advance, 0] for stroke in strokes)
    return tuple(stroke * scale + [0, up] for stroke in strokes), advance * scale


def _marked(letter: Letter, marks: list[str]) -> Letter:
    """A letter with its marks above and below, each further out than the one before."""
    strokes, advance = letter
    low, high = _extent(strokes)
    middle, top, bottom = (low[0] + high[0]) / 2, high[1] + _GAP, min(low[1], 0.0)
    for mark in marks:
        if mark in letters.ABOVE:
            put = tuple(stroke + np.array([middle, top]) for stroke in letters.ABOVE[mark])
            top = _extent(put)[1][1] + _GAP
        elif mark in letters.RIGHT:
            put = tuple(stroke + high for stroke in letters.RIGHT[mark])
        else:
            put = tuple(stroke + np.array([middle, bottom]) for stroke in letters.BELOW[mark])
            bottom = _extent(put)[0][1]
        strokes = (*strokes, *put)
    return strokes, advance


def _before(letter: Letter) -> Letter:
    """A Greek capital carries its tonos before it."""
    strokes, advance = letter
    tonos = letters.line((0.16, 1.04), (0.04, 0.8))
    return (tonos, *(stroke + np.array([0.12, 0.0]) for stroke in strokes)), advance + 0.12


def _alone(mark: str) -> Letter:
    """An accent as a sign."""
    up = 0.78 if mark in letters.ABOVE else 0.0
    drawn: Strokes = letters.ABOVE.get(mark) or letters.BELOW[mark]
    return tuple(stroke + np.array([0.3, up]) for stroke in drawn), 0.6


def _extent(strokes: Strokes | list[Line]) -> tuple[Line, Line]:
    points = np.vstack(strokes)
    return points.min(axis=0), points.max(axis=0)
