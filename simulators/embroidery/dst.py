"""DST files as records: how far the frame moves, and what the needle does then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

HEADER = 512
RECORD = 3

X_WEIGHTS: tuple[Mapping[int, int], ...] = (
    {0x01: 1, 0x02: -1, 0x04: 9, 0x08: -9},
    {0x01: 3, 0x02: -3, 0x04: 27, 0x08: -27},
    {0x04: 81, 0x08: -81},
)
"""Of the bits of the three bytes, tenths of a mm."""
Y_WEIGHTS: tuple[Mapping[int, int], ...] = (
    {0x80: 1, 0x40: -1, 0x20: 9, 0x10: -9},
    {0x80: 3, 0x40: -3, 0x20: 27, 0x10: -27},
    {0x20: 81, 0x10: -81},
)
ALWAYS = 0x03
"""Bits of the third byte that every record sets."""
KIND = 0xC0
"""Bits of the third byte that say what the record is."""
END = 0xF3


class Act(Enum):
    STITCH = 0x00
    SEQUIN = 0x40
    JUMP = 0x80
    STOP = 0xC0
    """A change of colour."""


@dataclass(frozen=True, slots=True)
class Record:
    """mm."""

    act: Act
    dx: float
    dy: float


class Broken(ValueError):
    """The file is none that the machine reads. The text says why, as its screen would."""


def header(data: bytes) -> dict[str, str]:
    """Fields of the header by their two letters, such as ``ST``, the number of records."""
    if len(data) < HEADER or not data.startswith(b"LA:"):
        raise Broken("no DST header")
    lines = data[:HEADER].split(b"\x1a")[0].replace(b"\n", b"\r").split(b"\r")
    return {line[:2].decode("latin-1"): line[3:].decode("latin-1").strip() for line in lines if line[2:3] == b":"}


def records(data: bytes) -> Iterator[Record]:
    """The records up to the end mark. Raises Broken where a byte is not as it must be, or the mark is missing."""
    header(data)
    for at in range(HEADER, len(data) - RECORD + 1, RECORD):
        one = data[at : at + RECORD]
        if one[2] == END:
            return
        if one[2] & ALWAYS != ALWAYS:
            raise Broken(f"record {(at - HEADER) // RECORD + 1} is none")
        yield Record(Act(one[2] & KIND), _sum(one, X_WEIGHTS) / 10, _sum(one, Y_WEIGHTS) / 10)
    raise Broken("the file has no end mark")


def _sum(record: bytes, weights: tuple[Mapping[int, int], ...]) -> int:
    return sum(weight for byte, bits in zip(record, weights, strict=True) for bit, weight in bits.items() if byte & bit)
