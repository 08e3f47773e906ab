"""A file that is said to be a program: opened without reading all of it, or refused with what it is instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fulfillment.refusal import Refusal
from gcode.stream import PIECE

ENDS: Final = 128 * 1024
"""Bytes at both ends of a file in which slicers say what they have done."""
MOST: Final = 2 * 1024**3
LONGEST: Final = 4 * 1024 * 1024
"""Bytes without a line's end: more is no program."""

_EXPORT: Final = "Have its slicer export G-code as text."
KINDS: Final[Mapping[bytes, tuple[str, str]]] = MappingProxyType(
    {
        b"GCDE": (
            "binary G-code (.bgcode)",
            "Switch off binary G-code in PrusaSlicer (Printer Settings, General) and export it again.",
        ),
        b"PK\x03\x04": (
            "a ZIP archive, such as a 3MF",
            "Take the .gcode out of it (`unzip`), or have the slicer export G-code alone.",
        ),
        b"\x1f\x8b": ("compressed (gzip)", "Unpack it with `gunzip`."),
        b"\xff\xfe": ("text in UTF-16", "Save it as ASCII or UTF-8."),
        b"\xfe\xff": ("text in UTF-16", "Save it as ASCII or UTF-8."),
        b"solid ": ("a model (STL), not a program", "Slice it first."),
        b"\x89PNG": ("a picture (PNG)", _EXPORT),
        b"\xff\xd8\xff": ("a picture (JPEG)", _EXPORT),
        b"%PDF": ("a PDF", _EXPORT),
        b"\x7fELF": ("a program for a computer, not for a machine tool", _EXPORT),
        b"MZ": ("a program for a computer, not for a machine tool", _EXPORT),
        b"<?xml": ("XML, such as an SVG", _EXPORT),
        b"<svg": ("a drawing (SVG)", _EXPORT),
        b"<!DOC": ("a web page", _EXPORT),
    }
)
"""What files begin with that are none; the mend of each."""
_WITHIN: Final[Mapping[bytes, str]] = MappingProxyType(
    {b"PK\x05\x06": "a ZIP archive", b"%%EOF": "a PDF", b"</svg>": "a drawing (SVG)", b"IEND\xaeB`\x82": "a picture"}
)
"""What another file ends with that hides behind a program."""


class NotAProgram(Refusal):
    """A file that is no G-code that can be read as text."""


@dataclass(frozen=True, slots=True)
class Opened:
    path: Path
    size: int
    head: bytes
    tail: bytes
    """Its last bytes; those of the head again where it is short."""

    def parts(self) -> Iterator[bytes]:
        """The bytes in parts of whole lines. Raises NotAProgram for bytes that no text has."""
        rest, at = b"", 0
        with self.path.open("rb") as file:
            while read := file.read(PIECE):
                if (zero := read.find(0)) >= 0:
                    where = f"At byte {at + zero} there is a zero, which no text has"
                    raise NotAProgram(f"{where}: something else is hidden in this file.", "Export it anew.")
                at += len(read)
                cut = read.rfind(b"\n") + 1
                if cut:
                    yield rest + read[:cut]
                    rest = b""
                rest += read[cut:]
                if len(rest) > LONGEST:
                    raise NotAProgram(f"A line is longer than {LONGEST} bytes: this is no G-code.", _EXPORT)
        if rest:
            yield rest


def opened(path: Path) -> Opened:
    """Raises NotAProgram, or OSError."""
    size = path.stat().st_size
    if size == 0:
        raise NotAProgram("The file is empty.", "Export it anew: the slicer or the copy was cut short.")
    if size > MOST:
        raise NotAProgram(f"The file has {size:,} bytes, {MOST:,} are taken.", "Split it.")
    with path.open("rb") as file:
        head = file.read(ENDS)
        file.seek(max(0, size - ENDS))
        tail = file.read(ENDS)
    for magic, (what, mend) in KINDS.items():
        if head.startswith(magic) or head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(magic):
            raise NotAProgram(f"This is {what}.", mend)
    for magic, what in _WITHIN.items():
        if magic in tail[-4096:]:
            raise NotAProgram(f"Behind its lines the file is {what}, too.", "Export it anew from its slicer.")
    return Opened(path, size, head, tail)
