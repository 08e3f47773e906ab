"""The operators of a content stream, one by one. Pure, and bounded by its reader: nothing is built from the whole.

Of operands, only what colours, places and resources need is kept: numbers and names. The syntax is ISO 32000-2, 7.2
and 7.8.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Operand = float | str | None
"""A number; a name with its slash; None for strings, arrays and dictionaries, which are not kept."""
Operator = tuple[str, list[Operand]]

MOST: Final = 64
"""Operands that are kept, the last ones: DeviceN has 32 inks at most."""

TOKEN: Final = re.compile(
    rb"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?=[\0\t\n\f\r ()<>\[\]{}/%]|$))"
    rb"|(?P<space>[\0\t\n\f\r ]++|%[^\r\n]*+)"
    rb"|(?P<word>[^\0\t\n\f\r ()<>\[\]{}/%]++)"
    rb"|(?P<name>/[^\0\t\n\f\r ()<>\[\]{}/%]*+)"
    rb"|(?P<string>\((?:[^()\\]++|\\.)*+\)|<[0-9A-Fa-f\0\t\n\f\r ]*+>)"
    rb"|(?P<bracket>[\[\]]|<<|>>)"
    rb"|(?P<nested>\()"
    rb"|(?P<odd>.)",
    re.DOTALL,
)
PARENTHESIS: Final = re.compile(rb"[()]|\\.", re.DOTALL)
ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
NUMBERLIKE: Final = re.compile(rb"[+-]*[0-9]*\.?[0-9]*(?:-[0-9]*)?")
END: Final = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)")


class Unreadable(Exception):
    """A content stream that cannot be read; the text says why, and where in it."""


class Inline:
    """A picture in the middle of operators: its entries, with long names, and its data."""

    __slots__ = ("data", "entries")

    def __init__(self, entries: dict[str, str | float | list[str]], data: bytes) -> None:
        self.entries = entries
        self.data = data


def operators(data: bytes) -> Iterator[Operator | Inline]:
    """Each operator with its operands. Raises Unreadable."""
    operands: list[Operand] = []
    depth = at = 0
    while at < len(data):
        found = TOKEN.match(data, at)
        assert found is not None  # noqa: S101  (its last branch takes any byte)
        group, at = found.lastgroup, found.end()
        if group == "space":
            continue
        if group == "bracket":
            depth += 1 if found[0] in (b"[", b"<<") else -1
            if depth < 0 or depth > MOST:
                raise Unreadable(f"its brackets do not match at byte {found.start():,}")
            if not depth:
                operands.append(None)
        elif group == "nested":
            at = _closing(data, at)
            if not depth:
                operands.append(None)
        elif group == "odd":
            raise Unreadable(f"byte {found.start():,} belongs to nothing")
        elif depth:
            continue
        elif group == "number":
            operands.append(float(found[0]))
        elif group == "name":
            operands.append(_name(found[0]))
        elif group == "string":
            operands.append(None)
        elif found[0] == b"BI":
            inline, at = _inline(data, at)
            yield inline
            operands.clear()
        elif NUMBERLIKE.fullmatch(found[0]):
            operands.append(0.0)  # such as "--3" or "1.-2", which readers take for something or other
        elif found[0] in CONSTANTS:
            operands.append(None)
        else:
            yield found[0].decode("latin-1"), operands
            operands = []
        if len(operands) > MOST:
            del operands[0]
    if depth:
        raise Unreadable("it ends in the middle of an array or a dictionary")


CONSTANTS: Final = frozenset({b"true", b"false", b"null"})


def _name(token: bytes) -> str:
    if b"#" in token:
        token = ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), token)
    return token.decode("utf-8", "replace")


def _closing(data: bytes, at: int) -> int:
    """Behind the parenthesis that ends a string with others in it."""
    depth = 1
    for found in PARENTHESIS.finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    raise Unreadable("it ends in the middle of a string")


LONG: Final = {
    "/BPC": "/BitsPerComponent",
    "/CS": "/ColorSpace",
    "/D": "/Decode",
    "/DP": "/DecodeParms",
    "/F": "/Filter",
    "/H": "/Height",
    "/IM": "/ImageMask",
    "/I": "/Interpolate",
    "/W": "/Width",
}
"""Of an inline picture's keys."""
SPACES: Final = {"/G": "/DeviceGray", "/RGB": "/DeviceRGB", "/CMYK": "/DeviceCMYK", "/I": "/Indexed"}
"""Of the colour spaces that it may have."""


def _inline(data: bytes, at: int) -> tuple[Inline, int]:
    words: list[str | float | list[str]] = []
    array: list[str] | None = None
    while True:
        found = TOKEN.match(data, at)
        if found is None or len(words) > MOST:
            raise Unreadable("a picture in it has no data")
        group, token, at = found.lastgroup, found[0], found.end()
        if group == "word" and token == b"ID":
            break
        if token == b"[":
            array = []
        elif token == b"]":
            words.append(array or [])
            array = None
        elif group in ("name", "word", "number"):
            said: str | float = float(token) if group == "number" else _name(token)
            if array is None:
                words.append(said)
            elif len(array) < MOST:
                array.append(SPACES.get(str(said), str(said)))
    entries = {}
    for place in range(0, len(words) - 1, 2):
        key, value = str(words[place]), words[place + 1]
        entries[LONG.get(key, key)] = SPACES.get(value, value) if isinstance(value, str) else value
    return _with_data(entries, data, at + 1)


def _with_data(entries: dict[str, str | float | list[str]], data: bytes, at: int) -> tuple[Inline, int]:
    """Data that are not packed are as many as their rows have; others end with the first EI that stands alone."""
    if "/Filter" not in entries and (size := _plain(entries)) is not None:
        end = END.match(data, at + size) or END.match(data, at + size - 1)
    else:
        end = END.search(data, at)
    if end is None:
        raise Unreadable("a picture in it does not end")
    return Inline(entries, data[at : end.start()]), end.end()


CHANNELS: Final = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}


def _plain(entries: dict[str, str | float | list[str]]) -> int | None:
    width, height, bits = (entries.get(key) for key in ("/Width", "/Height", "/BitsPerComponent"))
    space = entries.get("/ColorSpace", "/DeviceGray")
    stencil = entries.get("/ImageMask") == "true"
    if isinstance(space, list):
        channels: int | None = 1 if space[:1] == ["/Indexed"] else None
    else:
        channels = CHANNELS.get(str(space))
    if not isinstance(width, float) or not isinstance(height, float) or channels is None:
        return None
    depth = 1 if stencil else int(bits) if isinstance(bits, float) else 8
    return int((width * channels * depth + 7) // 8 * height)
