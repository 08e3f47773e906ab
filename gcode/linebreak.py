"""Where a line may end: at spaces, and between the characters of scripts that are written without spaces.

Thai, Lao, Khmer and Burmese have no spaces between words either, but only a dictionary knows their words: they are
broken at spaces or not at all, for a wrong break is worse than smaller letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gcode.graphemes import graphemes, script_of

_ANYWHERE: Final = frozenset({"Hani", "Hira", "Kana", "Bopo", "Yiii"})
_NO_START: Final = frozenset(
    "、。，．・：；？！ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞ〻…‥,.:;?!%‰°℃゠–〜"
)
"""What stays with the character before it."""
_NO_END: Final = frozenset("¥$£€№#＄￥￡")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that stays on one line. ``spaced``: a space stands before it, unless it begins its line."""

    text: str
    spaced: bool = False


def pieces(paragraph: str) -> list[Piece]:
    """A paragraph as the smallest pieces that lines may be made of; runs of spaces are one."""
    found: list[Piece] = []
    for word in paragraph.split(" "):
        found += [Piece(part, not index and bool(found)) for index, part in enumerate(_parts(word))]
    return found


def line_of(parts: list[Piece]) -> str:
    """The text of a line made of these pieces."""
    return "".join(f" {part.text}" if part.spaced and index else part.text for index, part in enumerate(parts))


def _parts(word: str) -> Iterator[str]:
    reach = before = ""
    for grapheme in graphemes(word):
        if reach and _may_break(before, grapheme):
            yield reach
            reach = ""
        reach += grapheme
        before = grapheme
    if reach:
        yield reach


def _may_break(before: str, after: str) -> bool:
    last = before[-1]
    if unicodedata.category(after[0]) in ("Pe", "Pf") or after[0] in _NO_START:
        return False
    if unicodedata.category(last) in ("Ps", "Pi") or last in _NO_END:
        return False
    return script_of(before) in _ANYWHERE or script_of(after) in _ANYWHERE
