"""Typefaces of papers by name: chains of the shipped fonts, read when first asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fulfillment.typefaces import EMOJI, FONTS, SIGNS, TOUCHING, TYPEFACES, cjk
from fulfillment.typeset.glyphs import ColourFace, PaperFace
from fulfillment.typeset.lines import Chain

BOLD: Final = ("NotoSans-Bold", "NotoSansArabic-Bold", "NotoSansHebrew-Bold", "NotoSansThai-Bold")
CHAINS: Mapping[str, tuple[str, ...]] = {
    "sans": TYPEFACES["sans"].outlines,
    "sans-bold": (*BOLD, *SIGNS),
    "serif": TYPEFACES["serif"].outlines,
    "script": TYPEFACES["script"].outlines,
    "calligraphy": TYPEFACES["calligraphy"].outlines,
    "handwriting": TYPEFACES["handwriting"].outlines,
}
"""The files of each typeface: its own first, then those of other scripts, then signs. Emoji come by themselves."""
COLOUR: Final = (
    Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/noto/NotoColorEmoji.ttf"),
    FONTS / "NotoColorEmoji.ttf",
)
"""Where colour emoji are looked for (Debian's package fonts-noto-color-emoji); without them emoji have one colour."""


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface of papers; ``name`` is a key of CHAINS. KeyError where it is not."""

    name: str

    def __post_init__(self) -> None:
        CHAINS[self.name]

    @property
    def chain(self) -> Chain:
        return _chain(self.name)

    def width(self, text: str, size: float) -> float:
        """Width in points of one line of which nothing is missing."""
        return self.chain.paragraph(text).line().width * size

    def missing(self, text: str) -> tuple[str, ...]:
        """Characters of a line that no font of the chain can show, each once."""
        return self.chain.missing(unicodedata.normalize("NFC", text))


@cache
def _chain(name: str) -> Chain:
    faces = [_face(file) for file in dict.fromkeys(CHAINS[name])]
    if found := cjk():
        faces.append(PaperFace(found))
    return Chain(name, faces, [*_colour(), _face(EMOJI)])


@cache
def _face(file: str) -> PaperFace:
    return PaperFace(FONTS / f"{file}.ttf", joins=file in TOUCHING)


@cache
def _colour() -> tuple[PaperFace, ...]:
    return tuple(ColourFace(path) for path in COLOUR if path.is_file())[:1]
