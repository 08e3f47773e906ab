"""What a person takes for one character: a letter with its marks, an emoji of several, a flag.

HarfBuzz knows the rules (Unicode's UAX 29 as far as shaping needs it); an empty font makes it tell them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

import uharfbuzz as hb
from fontTools import unicodedata as scripts

from gcode.characters import JOINERS, PICTURES, SELECTORS, SKINS, TAGS, category, invisible

_NONE: Final = hb.Font(hb.Face(hb.Blob(b"")))
_JOINING: Final = frozenset({
    "Adlm", "Arab", "Beng", "Deva", "Gujr", "Guru", "Knda", "Mlym", "Mong", "Mymr", "Nkoo", "Orya", "Rohg", "Sinh",
    "Syrc", "Taml", "Telu", "Tibt",
})  # fmt: skip
"""Scripts whose joiners are seen, though they have no shape of their own."""
TOUCHING: Final = frozenset(_JOINING - {"Taml", "Mymr", "Sinh", "Telu", "Knda", "Mlym", "Gujr", "Orya", "Tibt"})
"""Scripts whose letters touch, by strokes or by a headline."""


@lru_cache(maxsize=4096)
def graphemes(text: str) -> tuple[str, ...]:
    """The text in pieces that must stay whole."""
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(character) for character in text])
    buffer.direction, buffer.script = "ltr", "Zyyy"
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_GRAPHEMES
    hb.shape(_NONE, buffer)
    starts = sorted({0, *(info.cluster for info in buffer.glyph_infos)}) if text else []
    return tuple(text[start:end] for start, end in pairwise([*starts, len(text)]))


def script_of(grapheme: str) -> str | None:
    """Its script (ISO 15924); None for what all scripts share: spaces, digits, signs, emoji."""
    script = str(scripts.script(grapheme[0]))
    return None if script in ("Zyyy", "Zinh", "Zzzz") else script


def pictured(grapheme: str) -> bool:
    """Whether it is to be an emoji rather than a letter or sign."""
    if "\ufe0e" in grapheme or grapheme in _HEARTS:
        return False
    first = grapheme[0]
    if any(c in "\ufe0f\u20e3" or ord(c) in SKINS or ord(c) in TAGS for c in grapheme):
        return True
    if category(first) != "So":
        return False
    return "\u200d" in grapheme or ord(first) in PICTURES or unicodedata.east_asian_width(first) == "W"


_HEARTS: Final = frozenset({"\u2764\ufe0f", "\u2665\ufe0f"})
"""Red hearts: the emoji is hatched, as heralds draw red, and finer than most tools; the sign is solid."""


_BLACK_FLAG: Final = "\U0001f3f4"
"""The one character that tags may follow: they say whose flag it is."""


def unseen(grapheme: str, script: str, *, picture: bool, emoji: bool) -> tuple[str, ...]:
    """Its characters that would not be seen: no shape of their own, and nothing near them that they shape.

    ``picture``: the grapheme is an emoji; ``emoji``: its first character can be one.
    """
    found = []
    for index, character in enumerate(grapheme):
        if character in JOINERS:
            lost = not (picture and character == "\u200d") and (
                script not in _JOINING or not index or grapheme[0].isspace()
            )
        elif character in SELECTORS:
            lost = not (emoji and (index == 1 or picture))
        elif ord(character) in TAGS:
            lost = grapheme[0] != _BLACK_FLAG
        elif category(character)[0] == "M" and (not index or grapheme[0].isspace()):
            lost = True
        else:
            lost = invisible(character)
        if lost:
            found.append(character)
    return tuple(found)
