"""Bytes of a host into commands, as they come in.

A command that begins with ^ ends where the next ^ or ~ begins; ^XA and ^XZ, and most that begin with ~, have a fixed
length and are there as soon as their letters are. Strictly binary graphics (^GFB) are counted: nothing in them is a
command, not even a question of the host. Lines that begin with ``! U1`` are Set/Get/Do commands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FIXED = {b"^XA": 3, b"^XZ": 3, b"~HQ": 5}
"""Commands that are complete by themselves, and their lengths; every other one with ~ has three letters."""
WITH_DATA = (b"~DG", b"~DY", b"~DB", b"~DE", b"~DS", b"~DU", b"~CC", b"~CD", b"~CT")
BINARY = re.compile(rb"\^GFB,(\d*),\d*,\d*,")
NEXT = re.compile(rb"[\^~]")
SGD = b"! U1 "
MOST_WAITING = 8 * 1024 * 1024
"""Bytes of one command; more is dropped, as no memory holds it."""


@dataclass(frozen=True, slots=True)
class Command:
    """``name``: prefix and letters, such as ^FO or ~HS; ^A has its font in ``data``. ``size``: bytes that it took."""

    name: str
    data: bytes
    size: int


class Stream:
    """Bytes in, commands out."""

    def __init__(self) -> None:
        self._in = bytearray()

    def clear(self) -> None:
        self._in.clear()

    @property
    def waiting(self) -> int:
        return len(self._in)

    def feed(self, data: bytes) -> list[Command]:
        self._in += data
        if len(self._in) > MOST_WAITING:
            self._in.clear()
        found = []
        while (command := self._next()) is not None:
            found.append(command)
        return found

    def _next(self) -> Command | None:
        self._skip()
        data = self._in
        if not data:
            return None
        if data[:1] == b"!":
            end = data.find(b"\n")
            return self._take(end + 1, "!", bytes(data[len(SGD) : end])) if end >= 0 else None
        if len(data) < 3:
            return None
        name = bytes(data[:3])
        if name == b"^GF" and (whole := self._binary()) is not None:
            return whole if isinstance(whole, Command) else None
        if name in FIXED or (name[:1] == b"~" and name not in WITH_DATA):
            size = FIXED.get(name, 3)
            return self._take(size, name.decode("latin-1"), bytes(data[3:size])) if len(data) >= size else None
        ends = NEXT.search(data, 1)
        if ends is None:
            return None
        letters = 2 if name[:2] == b"^A" else 3
        return self._take(ends.start(), name[:letters].decode("latin-1"), bytes(data[letters : ends.start()]))

    def _binary(self) -> Command | bool | None:
        """The whole command; True while more of it must come; None where it is no binary graphic."""
        head = BINARY.match(self._in)
        if head is None:
            return (
                True if len(self._in) < 32 and self._in.startswith(b"^GFB") and not NEXT.search(self._in, 1) else None
            )
        end = head.end() + int(head.group(1) or 0)
        return self._take(end, "^GF", bytes(self._in[3:end])) if len(self._in) >= end else True

    def _skip(self) -> None:
        """What stands between commands is nothing."""
        start = next((i for i, byte in enumerate(self._in) if byte in b"^~!"), len(self._in))
        if start < len(self._in) and self._in[start] == 0x21 and not SGD.startswith(bytes(self._in[start : start + 5])):
            start += 1
            del self._in[:start]
            return self._skip()
        del self._in[:start]
        return None

    def _take(self, size: int, name: str, data: bytes) -> Command:
        del self._in[:size]
        return Command(name.upper(), data, size)
