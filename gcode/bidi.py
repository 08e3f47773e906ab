"""Directions of writing: the Unicode bidirectional algorithm (UAX 9) for one paragraph without explicit controls.

Marks that override the direction are refused long before a text is laid out, so that the rules for them (X1 to X8) are
not here; everything else is, brackets too.
"""

from __future__ import annotations

import unicodedata
from bisect import insort
from collections.abc import Sequence
from itertools import groupby
from typing import Final, TypeVar

T = TypeVar("T")

_PAIRS: Final = (
    "()[]{}༺༻༼༽᚛᚜⁅⁆⁽⁾₍₎⌈⌉⌊⌋〈〉❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟅⟆⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦍⦐⦏⦎⦑⦒⦓⦔⦕⦖⦗⦘"
    "⧘⧙⧚⧛⧼⧽⸢⸣⸤⸥⸦⸧⸨⸩〈〉《》「」『』【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞（）［］｛｝｟｠｢｣"
)
CLOSES: Final = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
"""Brackets, and what closes them."""
_SAME: Final = {"\u2329": "\u3008", "\u232a": "\u3009"}
_STRONG: Final = ("L", "R")
_NEUTRAL: Final = frozenset({"B", "S", "WS", "ON"})
_UNSEEN: Final = frozenset({"BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def from_the_right(text: str) -> bool:
    """Whether a paragraph is written from the right: its first letter says so (P2, P3)."""
    return next((kind != "L" for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL")), False)


def levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of each character of a line: even ones are written from the left, odd from the right."""
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    seen = [index for index, kind in enumerate(kinds) if kind not in _UNSEEN]
    base = 1 if rtl else 0
    resolved = _weak([kinds[index] for index in seen], _STRONG[base])
    _brackets([text[index] for index in seen], [kinds[index] for index in seen], resolved, _STRONG[base])
    _neutral(resolved, _STRONG[base])
    found = [base] * len(text)
    for index, kind in zip(seen, resolved, strict=True):
        found[index] = _level(kind, base)
    for index in range(1, len(text)):
        if kinds[index] in _UNSEEN:
            found[index] = found[index - 1]
    _ends(kinds, found, base)
    return found


def visual(items: Sequence[T], levels: Sequence[int]) -> list[T]:
    """Items of a line as they stand from left to right (L2). Each item has one level."""
    order = list(range(len(items)))
    for level in range(max(levels, default=0), 0, -1):
        turned: list[int] = []
        for within, group in groupby(order, key=lambda index: levels[index] >= level):
            members = list(group)
            turned += reversed(members) if within else members
        order = turned
    return [items[index] for index in order]


def _level(kind: str, base: int) -> int:
    if kind == "L":
        return base + base % 2
    if kind == "R":
        return base + 1 - base % 2
    return base + 2 - base % 2


def _ends(kinds: list[str], found: list[int], base: int) -> None:
    """L1: separators, white space before them and at the end of the line are written as the paragraph is."""
    trailing = True
    for index in range(len(kinds) - 1, -1, -1):
        if kinds[index] in ("B", "S"):
            trailing = True
        elif kinds[index] != "WS" and kinds[index] not in _UNSEEN:
            trailing = False
        if trailing:
            found[index] = base


def _weak(kinds: list[str], outside: str) -> list[str]:
    """W1 to W7: numbers, their signs, and marks."""
    last = outside
    for index, kind in enumerate(kinds):
        kinds[index] = last = last if kind == "NSM" else kind
    last = outside
    for index, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            last = kind
        elif kind == "EN" and last == "AL":
            kinds[index] = "AN"
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for index in range(1, len(kinds) - 1):
        before, kind, after = kinds[index - 1 : index + 2]
        if before == after and ((kind == "ES" and before == "EN") or (kind == "CS" and before in ("EN", "AN"))):
            kinds[index] = before
    start = 0
    for kind, group in groupby(list(kinds)):
        end = start + len(list(group))
        if kind == "ET" and "EN" in (*kinds[max(0, start - 1) : start], *kinds[end : end + 1]):
            kinds[start:end] = ["EN"] * (end - start)
        start = end
    last = outside
    for index, kind in enumerate(kinds):
        if kind in _STRONG:
            last = kind
        elif kind in ("ES", "ET", "CS"):
            kinds[index] = "ON"
        elif kind == "EN" and last == "L":
            kinds[index] = "L"
    return kinds


def _pairs(characters: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    """Brackets that belong together (BD16), by the place of the opening one; none beyond 63 open ones."""
    opened: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for index, raw in enumerate(characters):
        character = _SAME.get(raw, raw)
        if kinds[index] != "ON":
            continue
        if character in CLOSES:
            if len(opened) == 63:
                return []
            opened.append((CLOSES[character], index))
            continue
        for depth in range(len(opened) - 1, -1, -1):
            if opened[depth][0] == character:
                insort(found, (opened[depth][1], index))
                del opened[depth:]
                break
    return found


def _brackets(characters: list[str], raw: list[str], kinds: list[str], outside: str) -> None:
    """N0: a pair of brackets goes with what is in it, or with what stands before it."""
    for start, end in _pairs(characters, kinds):
        inside = {_strong(kind) for kind in kinds[start + 1 : end]} - {None}
        if outside in inside:
            side = outside
        elif inside:
            before = next((strong for kind in reversed(kinds[:start]) if (strong := _strong(kind))), outside)
            side = before if before in inside else outside
        else:
            continue
        for index in (start, end):
            kinds[index] = side
            for mark in range(index + 1, len(kinds)):
                if raw[mark] != "NSM":
                    break
                kinds[mark] = side


def _strong(kind: str) -> str | None:
    return "L" if kind == "L" else "R" if kind in ("R", "EN", "AN") else None


def _neutral(kinds: list[str], outside: str) -> None:
    """N1 and N2: what has no direction takes that of both its sides, or of the paragraph."""
    start = 0
    for within, group in groupby(list(kinds), key=_NEUTRAL.__contains__):
        end = start + len(list(group))
        if within:
            before = _strong(kinds[start - 1]) if start else outside
            after = _strong(kinds[end]) if end < len(kinds) else outside
            kinds[start:end] = [before if before and before == after else outside] * (end - start)
        start = end
