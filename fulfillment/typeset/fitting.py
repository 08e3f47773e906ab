"""Text into a box: checked for what no font has, broken into lines, at the largest size that fits. Points."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fulfillment.typeset.faces import Face
from fulfillment.typeset.lines import Line
from fulfillment.typeset.sheet import PaperError
from gcode.fonts import named

MAX_CHARACTERS: Final = 10_000
"""Of one text: what no paper holds is refused before it is shaped."""
TALLER: Final = 1.2
"""How much further apart lines of tall scripts stand."""
UNSEEN: Final = str.maketrans({
    "\u00a0": " ", "\u00ad": None, "\u200b": None, "\u2060": None, "\ufeff": None, "\r": None, "\t": " ",
})  # fmt: skip
"""What a person does not see: a space that does not break, and characters without width."""


def written(text: str, face: Face, what: str) -> str:
    """The text in normal form, every character of it in the face. Raises PaperError; ``what`` names the text."""
    if len(text) > MAX_CHARACTERS:
        raise PaperError(f"{what} has {len(text)} characters.", f"At most {MAX_CHARACTERS} are set on paper.")
    normal = unicodedata.normalize("NFC", text).translate(UNSEEN).strip()
    missing: list[str] = []
    for paragraph in normal.split("\n"):
        missing += face.chain.lost(paragraph)
    if missing:
        names = ", ".join(named(character) for character in dict.fromkeys(missing[:3]))
        reason = f"{what} has characters that no font of {face.name} can write: {names}."
        raise PaperError(reason, "Write it without them, or add a font that has them.")
    return normal


@dataclass(frozen=True, slots=True)
class Set:
    """Lines of one size. ``leading`` is the distance of base lines in points."""

    lines: tuple[Line, ...]
    face: Face
    size: float
    leading: float
    broken: int = 0
    """Words that did not go onto one line."""

    @property
    def height(self) -> float:
        return self.leading * len(self.lines)

    @property
    def width(self) -> float:
        return max((line.width for line in self.lines), default=0.0) * self.size

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def wrapped(text: str, face: Face, size: float, width: float, *, rtl: bool | None = None) -> Set:
    """Lines no wider than ``width`` points; a word that is wider is broken. A newline always ends a line."""
    return _set(text, face, size, width, 1.25, rtl)


def _set(text: str, face: Face, size: float, width: float, spacing: float, rtl: bool | None) -> Set:
    lines: list[Line] = []
    broken = 0
    for paragraph in text.split("\n"):
        found, cut = face.chain.paragraph(" ".join(paragraph.split(" ")), rtl).wrapped(width / size + 1e-9)
        lines += found
        broken += cut
    leading = size * spacing * (TALLER if any(line.tall for line in lines) else 1.0)
    return Set(tuple(lines), face, size, leading, broken)


def fitted(
    text: str,
    face: Face,
    sizes: Sequence[float],
    width: float,
    height: float,
    *,
    spacing: float = 1.25,
    what: str,
    rtl: bool | None = None,
) -> Set:
    """The text at the largest of ``sizes`` (descending) at which it fits into the box; points.

    A smaller size is taken rather than a broken word. Raises PaperError; ``what`` names the text.
    """
    broken: Set | None = None
    for size in sizes:
        found = _set(text, face, size, width, spacing, rtl)
        if found.height > height + 1e-6:
            continue
        if not found.broken:
            return found
        broken = broken or found
    if broken is None:
        raise PaperError(f"{what} is too long for its place on the paper ({len(text)} characters).", "Shorten it.")
    return broken


def balanced(block: Set, text: str, width: float, *, rtl: bool | None = None) -> Set:
    """The same text in as many lines, of more equal length: no last line of one word."""
    best, low, high = block, 50, 100
    while high - low > 2:
        percent = (low + high) // 2
        found = _set(text, block.face, block.size, width * percent / 100, 1.0, rtl)
        if len(found.lines) > len(block.lines) or found.broken > block.broken:
            low = percent
        else:
            best, high = replace(found, leading=block.leading), percent
    return best
