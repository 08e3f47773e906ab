"""What a font is to the layout: it says what it cannot draw, and draws the rest. In cap heights (an H is 1 high)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from gcode.design import Drawing


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """One line of text: its drawing with the baseline at y = 0, starting at x = 0, and how far the pen goes."""

    drawing: Drawing
    advance: float


class Font(Protocol):
    """``missing`` comes first, always: ``shape`` raises GlyphsMissing rather than leave anything out."""

    @property
    def name(self) -> str: ...

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters that this font cannot draw, each once, in the text's order."""
        ...

    def shape(self, text: str) -> Shaped: ...


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


def invisible(character: str) -> bool:
    """Controls, format characters, variation selectors, unassigned: shapers leave them out without a word."""
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Zl", "Zp") or 0xFE00 <= ord(character) <= 0xFE0F


def each_once(characters: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(characters))
