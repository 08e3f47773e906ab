"""Type on paper: the shipped fonts, which characters they have, and text fitted into a width. Points are the unit here.

A printer draws a character that its font lacks as nothing, without an error: so every text is held against its font
first, and refused with the characters by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from fulfillment.refusal import Refusal

FONTS = Path(__file__).parent / "fonts"
CONTROLS = frozenset({"Cc", "Cf", "Cs"})
"""Categories that are refused even where a font maps them (Noto Sans has U+0000)."""
MARKS = frozenset({"Mn", "Mc", "Me"})
"""Categories that stand in the right place only where text is shaped, which paper's is not."""
UNSEEN = str.maketrans({"\u00a0": " ", "\u00ad": None, "\u200b": None, "\u2060": None, "\ufeff": None})
"""What a person does not see: a space that does not break, and characters without width."""


class PaperError(Refusal):
    """Something that cannot be printed as it is."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font as shipped; ``name`` is also the name of its file."""

    name: str

    def __post_init__(self) -> None:
        _font(self.name)

    def width(self, text: str, size: float) -> float:
        """Width in points."""
        return float(_font(self.name).stringWidth(text, size))

    def missing(self, text: str) -> tuple[str, ...]:
        """Characters of the text that the font cannot show, each once: without a glyph, or not shown by one alone."""
        known = _font(self.name).face.charToGlyph
        return tuple(dict.fromkeys(c for c in text if ord(c) not in known or _needs_more(c)))


def _needs_more(character: str) -> bool:
    """Whether a glyph alone does not show it: controls, marks, and a script whose letters join and change places."""
    named = unicodedata.name(character, "")
    return unicodedata.category(character) in CONTROLS | MARKS or named.startswith("DEVANAGARI")


@cache
def _font(name: str) -> TTFont:
    font = TTFont(name, FONTS / f"{name}.ttf")
    pdfmetrics.registerFont(font)
    return font


def written(text: str, face: Face, what: str) -> str:
    """The text in normal form, every character of it in the font. Raises PaperError; ``what`` names the text."""
    normal = unicodedata.normalize("NFC", text).translate(UNSEEN).strip()
    if missing := face.missing(normal.replace("\n", "")):
        names = ", ".join(f"{unicodedata.name(c, 'unnamed')} (U+{ord(c):04X})" for c in missing[:3])
        reason = f"{what} has characters that {face.name} cannot write: {names}."
        raise PaperError(reason, "Write it without them, or add a font that has them.")
    return normal


@dataclass(frozen=True, slots=True)
class Set:
    """Lines of one size. ``leading`` is the distance of base lines in points."""

    lines: tuple[str, ...]
    face: Face
    size: float
    leading: float

    @property
    def height(self) -> float:
        return self.leading * len(self.lines)


def wrapped(text: str, face: Face, size: float, width: float) -> tuple[str, ...]:
    """Lines no wider than ``width`` points; a word that is wider is broken. A newline always ends a line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if face.width(longer, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, face, size, width)
            lines += full
        lines.append(line)
    return tuple(lines)


def _broken(word: str, face: Face, size: float, width: float) -> list[str]:
    """A word in pieces no wider than ``width``, each at least one character."""
    pieces = [""]
    for character in word:
        if pieces[-1] and face.width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _breaks_words(text: str, lines: tuple[str, ...]) -> bool:
    return sum(len(line.split()) for line in lines) > len(text.split())


def fitted(
    text: str, face: Face, sizes: Sequence[float], width: float, height: float, *, spacing: float = 1.25, what: str
) -> Set:
    """The text at the largest of ``sizes`` (descending) at which it fits into the box; points.

    A smaller size is taken rather than a broken word. Raises PaperError; ``what`` names the text.
    """
    broken: Set | None = None
    for size in sizes:
        found = Set(wrapped(text, face, size, width), face, size, size * spacing)
        if found.height > height + 1e-6:
            continue
        if not _breaks_words(text, found.lines):
            return found
        broken = broken or found
    if broken is None:
        raise PaperError(f"{what} is too long for its place on the paper ({len(text)} characters).", "Shorten it.")
    return broken


def balanced(block: Set, width: float) -> Set:
    """The same text in as many lines, of more equal length: no last line of one word."""
    text, best = " ".join(block.lines), block
    for percent in range(98, 50, -2):
        lines = wrapped(text, block.face, block.size, width * percent / 100)
        if len(lines) > len(block.lines) or _breaks_words(text, lines):
            return best
        best = Set(lines, block.face, block.size, block.leading)
    return best
