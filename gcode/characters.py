"""Characters one by one: what kind they are, whether they can be seen, and how many a person counts."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

JOINERS: Final = "\u200c\u200d"
SELECTORS: Final = "\ufe0e\ufe0f"
"""Of a character that is both text and picture: as text, as picture."""
PICTURES: Final = range(0x1F000, 0x1FB00)
"""Where Unicode puts its emoji; some are younger than Python's tables."""
SKINS: Final = range(0x1F3FB, 0x1F400)
TAGS: Final = range(0xE0020, 0xE0080)
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\u2800")
"""Letters, marks and signs by their category that have no ink."""
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_MORE: Final = re.compile("\u200d.?|[\u200c\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What belongs to the character before it."""


def category(character: str) -> str:
    """Unicode's category; emoji that Python does not know yet are signs as the others are."""
    found = unicodedata.category(character)
    return "So" if found == "Cn" and ord(character) in PICTURES else found


def invisible(character: str) -> bool:
    """Controls, format characters, fillers, unassigned: shapers leave them out without a word."""
    kind = category(character)
    return kind[0] == "C" or kind in ("Zl", "Zp") or character in _FILLERS or _selects(character)


def _selects(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def counted(text: str) -> int:
    """How many characters a person sees: an emoji of several counts once, accents not at all."""
    return sum(category(character) not in ("Mn", "Me") for character in _MORE.sub("", _FLAG.sub("x", text)))
