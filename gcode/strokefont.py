"""Single-stroke letters: the Hershey faces, with accents and some further letters drawn here.

The package has 96 characters a face and drops all others without a word, so it is asked for single known characters
only, and every other one is composed here or refused. Typographic quotes and dashes are drawn as their plain forms.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import numpy as np
from HersheyFonts import HersheyFonts

from gcode.design import Drawing
from gcode.fontchain import Alone
from gcode.fonts import Cluster, GlyphsMissing, Run, Shaped
from gcode.geometry import Line
from gcode.graphemes import SELECTORS, graphemes

Strokes = tuple[Line, ...]
FACE: Final = "futural"
"""Simplex sans: round, open letters without serifs, the best to read where a bead is thick."""
_PLAIN: Final = frozenset(map(chr, range(32, 127)))
_CAP, _BASE = 21.0, 9.0
_GAP: Final = 0.12
_SAME: Final = {
    "\u00a0": " ", "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00b4": "'", "\u00d7": "x",
    "\u2764": "\u2665",
}  # fmt: skip
_MIRRORED: Final = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
JOINING: Final = frozenset({"scripts", "scriptc", "cursive"})
"""Faces whose letters touch."""
_ALIKE: Final = {"\u0131": "i", "\u0237": "j"}
"""Dotless letters: drawn from the dotted ones."""


def _line(*points: tuple[float, float]) -> Line:
    return np.array(points, dtype=np.float64)


def _ring(x: float, y: float, radius: float) -> Line:
    angles = np.linspace(0, 2 * np.pi, 11)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _dot(x: float, y: float) -> Line:
    return _line((x - 0.03, y), (x + 0.03, y))


_ABOVE: Final[dict[str, Strokes]] = {
    "\u0300": (_line((-0.14, 0.2), (0.08, 0)),),
    "\u0301": (_line((0.14, 0.2), (-0.08, 0)),),
    "\u0302": (_line((-0.16, 0), (0, 0.18), (0.16, 0)),),
    "\u0303": (_line((-0.2, 0.02), (-0.1, 0.12), (0.1, 0.02), (0.2, 0.12)),),
    "\u0304": (_line((-0.2, 0.06), (0.2, 0.06)),),
    "\u0306": (_line((-0.16, 0.18), (-0.08, 0.04), (0.08, 0.04), (0.16, 0.18)),),
    "\u0307": (_dot(0, 0.06),),
    "\u0308": (_dot(-0.16, 0.06), _dot(0.16, 0.06)),
    "\u030a": (_ring(0, 0.11, 0.11),),
    "\u030b": (_line((0, 0.2), (-0.14, 0)), _line((0.22, 0.2), (0.08, 0))),
    "\u030c": (_line((-0.16, 0.18), (0, 0), (0.16, 0.18)),),
}
"""Around x = 0, standing on y = 0, to be put above a letter. In cap heights."""
_BELOW: Final[dict[str, Strokes]] = {
    "\u0323": (_dot(0, -0.08),),
    "\u0326": (_line((0.02, -0.06), (-0.06, -0.24)),),
    "\u0327": (_line((0, 0), (0, -0.08), (0.1, -0.16), (0.02, -0.26), (-0.1, -0.26)),),
    "\u0328": (_line((0.08, 0), (-0.02, -0.14), (0.06, -0.24), (0.16, -0.2)),),
}
"""Hanging from y = 0, to be put below a letter."""

_DRAWN: Final[dict[str, tuple[Strokes, float]]] = {
    "\u00df": ((_line((0.1, 0), (0.1, 0.75), (0.17, 0.92), (0.32, 1), (0.48, 0.95), (0.56, 0.8), (0.5, 0.64),
                (0.32, 0.55), (0.5, 0.5), (0.62, 0.33), (0.6, 0.14), (0.46, 0.01), (0.28, 0.02)),), 0.76),
    "\u00c6": ((_line((0.05, 0), (0.5, 1), (1.0, 1)), _line((0.5, 1), (0.5, 0), (1.0, 0)),
                _line((0.5, 0.52), (0.9, 0.52)), _line((0.2, 0.33), (0.5, 0.33))), 1.1),
    "\u2665": ((_line((0.5, 0.05), (0.14, 0.42), (0.06, 0.62), (0.12, 0.8), (0.28, 0.88), (0.42, 0.82), (0.5, 0.66),
                (0.58, 0.82), (0.72, 0.88), (0.88, 0.8), (0.94, 0.62), (0.86, 0.42), (0.5, 0.05)),), 1.0),
}  # fmt: skip
"""Letters of our own: strokes and advance."""
_STRUCK: Final[dict[str, tuple[str, Line]]] = {
    "\u00f8": ("o", _line((-0.3, -0.36), (0.3, 0.36))),
    "\u00d8": ("O", _line((-0.42, -0.54), (0.42, 0.54))),
    "\u0142": ("l", _line((-0.15, -0.1), (0.15, 0.1))),
    "\u0141": ("L", _line((-0.48, -0.06), (-0.12, 0.14))),
    "\u0111": ("d", _line((-0.05, 0.3), (0.4, 0.3))),
    "\u0110": ("D", _line((-0.5, 0), (-0.08, 0))),
    "\u20ac": ("C", _line((-0.52, 0.08), (0.14, 0.08), (0.12, -0.08), (-0.52, -0.08))),
}
"""A letter and one stroke across it, around the middle of its ink."""
_JOINED: Final = {"\u00e6": "ae", "\u0153": "oe", "\u0152": "OE"}
"""Two letters whose ink touches."""


class StrokeFont(Alone):
    """A Hershey face as a Font: open centre lines, an H is 1 high."""

    def __init__(self, face: str = FACE) -> None:
        letters = HersheyFonts()
        if face not in letters.default_font_names:
            raise ValueError(f"no Hershey face is called {face!r}; there are {', '.join(letters.default_font_names)}")
        letters.load_default_font(face)
        self.name = f"Hershey {face}"
        self._joins = face in JOINING
        self._letters = letters
        self._glyph = lru_cache(maxsize=1024)(self._compose)

    def _plain(self, character: str) -> tuple[Strokes, float]:
        glyph = next(iter(self._letters.glyphs_for_text(character)))
        to = np.array([float(glyph.left_offset), _BASE])
        strokes = tuple(
            (np.array(stroke, dtype=np.float64) - to) * [1, -1] / _CAP for stroke in glyph.strokes if len(stroke) > 1
        )
        return strokes, float(glyph.char_width) / _CAP

    def _compose(self, character: str) -> tuple[Strokes, float] | None:
        """Strokes and advance of one character; None where nothing can be drawn."""
        if character in _PLAIN:
            return self._plain(character)
        if character in _DRAWN:
            return _DRAWN[character]
        if character in _ALIKE:
            return self._dotless(_ALIKE[character])
        if character in _STRUCK:
            base, stroke = _STRUCK[character]
            strokes, advance = self._plain(base)
            low, high = _extent(strokes)
            return (*strokes, stroke + (low + high) / 2), advance
        if character in _JOINED:
            return self._join(*_JOINED[character])
        return self._accented(character)

    def _dotless(self, character: str) -> tuple[Strokes, float]:
        strokes, advance = self._plain(character)
        return tuple(stroke for stroke in strokes if stroke[:, 1].min() < 0.7), advance

    def _join(self, first: str, second: str) -> tuple[Strokes, float]:
        left, _ = self._plain(first)
        right, width = self._plain(second)
        shift = _extent(left)[1][0] - _extent(right)[0][0]
        return (*left, *(stroke + np.array([shift, 0.0]) for stroke in right)), shift + width

    def _accented(self, character: str) -> tuple[Strokes, float] | None:
        base, *marks = list(unicodedata.normalize("NFD", character))
        if (
            not marks
            or base not in _PLAIN
            or base == " "
            or not all(mark in _ABOVE or mark in _BELOW for mark in marks)
        ):
            return None
        above = any(mark in _ABOVE for mark in marks)
        strokes, advance = self._dotless(base) if above and base in "ij" else self._plain(base)
        low, high = _extent(strokes)
        middle, top = (low[0] + high[0]) / 2, high[1] + _GAP
        for mark in marks:
            if mark in _ABOVE:
                put = tuple(stroke + np.array([middle, top]) for stroke in _ABOVE[mark])
                top = _extent(put)[1][1] + _GAP
            else:
                put = tuple(stroke + np.array([middle, min(low[1], 0.0)]) for stroke in _BELOW[mark])
            strokes = (*strokes, *put)
        return strokes, advance

    def has(self, character: str) -> bool:
        return bool(graphemes(character)) and self._strokes(character) is not None

    def lost(self, run: Run) -> tuple[str, ...]:
        """The graphemes of which a character has no strokes."""
        return tuple(part for part in graphemes(run.text) if run.emoji or self._strokes(part) is None)

    def _strokes(self, grapheme: str) -> tuple[Strokes, float] | None:
        """Strokes and advance; typographic forms are the plain ones that are drawn for them."""
        strokes: list[Line] = []
        x = 0.0
        for character in _SAME.get(letter := grapheme.rstrip(SELECTORS), letter):
            glyph = self._glyph(character)
            if glyph is None or not (glyph[0] or character == " "):
                return None
            strokes += [stroke + np.array([x, 0.0]) for stroke in glyph[0]]
            x += glyph[1]
        return tuple(strokes), x

    def draw(self, run: Run) -> Shaped:
        """The strokes of a run of which nothing is lost."""
        x, clusters = 0.0, []
        parts = graphemes(run.text)
        for part in reversed(parts) if run.rtl else parts:
            found = self._strokes(_MIRRORED.get(part, part) if run.rtl else part)
            if found is None:
                raise GlyphsMissing(self.name, tuple(part))
            strokes, advance = found
            clusters.append(Cluster(part, Drawing(strokes=strokes), x, advance, self._joins and part != " "))
            x += advance
        return Shaped(tuple(clusters), x)


def _extent(strokes: Strokes) -> tuple[Line, Line]:
    points = np.vstack(strokes)
    return points.min(axis=0), points.max(axis=0)
