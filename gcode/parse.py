"""A program's bytes as columns, by numpy over all bytes at once; strict, because the bytes may come from anywhere.

A line is empty, a comment (``;`` to its end), or one command: a code (``G``, ``M`` or ``T`` with 0 to 9999 and at most
one decimal, as in ``G92.1``) and words, each a capital letter with a plain decimal number. All else is a finding: line
numbers and checksums, lower case, exponents, NaN, a word twice, two commands, bytes outside ASCII.

Limits: ``MAX_BYTES`` and ``MAX_LINES`` unless the caller gives smaller ones, numbers of at most 8 whole and 8 decimal
digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.units import FloatArray, IntArray

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_LINES: Final = 8_000_000
LETTERS: Final = "XYZEFSPRIJTLB"
"""Letters that words may have. Each costs a column of 8 bytes a line once it is used."""
SHOWN: Final = 5
"""Of each kind of fault this many are reported with their lines; the rest are counted."""

_Bytes = npt.NDArray[np.uint8]
_BLOCK: Final = 1 << 17
"""Bytes looked at at once; also the longest line that is taken at all."""
DIGITS: Final = 8
"""The most that a number may have before its point, and after it."""
_FRONT, _BACK = b"\n" * DIGITS, b"\n" * 3
_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x0606060606060606)
_HIGH_NIBBLES: Final = np.uint64(0xF0F0F0F0F0F0F0F0)

_SPACE, _LETTER, _POINT, _DIGIT, _SIGN, _OTHER = range(6)
_CLASS: Final = np.full(256, _OTHER, dtype=np.uint8)
_CLASS[[ord(c) for c in " \t\n"]] = _SPACE
_CLASS[ord("A") : ord("Z") + 1] = _LETTER
_CLASS[ord("0") : ord("9") + 1] = _DIGIT
_CLASS[ord(".")] = _POINT
_CLASS[[ord("+"), ord("-")]] = _SIGN
_IS_CODE: Final = np.isin(np.arange(256), [ord("G"), ord("M"), ord("T")])
_IS_WORD: Final = np.isin(np.arange(256), [ord(letter) for letter in LETTERS])
_POWERS: Final = 10.0 ** np.arange(DIGITS + 1)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the writing itself: ``count`` faults of this code, one of them in ``line`` (from 1)."""

    code: str
    line: int
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Commands in their order, as columns. ``words`` holds NaN where a command has no such word."""

    code: IntArray
    """``letter * 100_000 + number * 10``: see :func:`code_of`."""
    line: IntArray
    """From 1."""
    words: dict[str, FloatArray]
    lines: int
    faults: tuple[Fault, ...]

    def __len__(self) -> int:
        return len(self.code)

    def word(self, letter: str) -> FloatArray:
        """The column of a letter; NaN throughout where no command uses it."""
        return self.words.get(letter, np.broadcast_to(np.nan, (len(self.code),)))


def code_of(name: str) -> int:
    """``"G92.1"`` as the number that :attr:`Program.code` holds."""
    return ord(name[0]) * 100_000 + round(float(name[1:]) * 10)


def name_of(code: int) -> str:
    """The reverse of :func:`code_of`."""
    number = code % 100_000
    return f"{chr(code // 100_000)}{number // 10}" + (f".{number % 10}" if number % 10 else "")


class _Faults:
    """Faults by code: the first few with their lines, and how many there are."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Fault]] = {}
        self._count: dict[str, int] = {}

    def add(self, code: str, lines: IntArray, text: str) -> None:
        if len(lines) == 0:
            return
        self._count[code] = self._count.get(code, 0) + len(lines)
        kept = self._seen.setdefault(code, [])
        kept.extend(Fault(code, int(line), text) for line in lines[: SHOWN - len(kept)])

    def all(self) -> tuple[Fault, ...]:
        counted = (
            Fault(fault.code, fault.line, fault.text, self._count[code])
            for code, kept in self._seen.items()
            for fault in kept
        )
        return tuple(sorted(counted, key=lambda fault: fault.line))


@dataclass(slots=True)
class _Part:
    """One block's commands and words, still to be put together."""

    code: IntArray
    line: IntArray
    letter: npt.NDArray[np.uint8]
    value: FloatArray
    owner: IntArray


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, max_lines: int = MAX_LINES) -> Program:
    """The commands of a program and the faults of its writing. Never raises for what the bytes are."""
    lines = data.count(b"\n") + (not data.endswith(b"\n") and len(data) > 0)
    if len(data) > max_bytes:
        return _refused(
            lines, Fault("too-large", 1, f"the program has {len(data)} bytes, {max_bytes} are allowed: split it")
        )
    if lines > max_lines:
        return _refused(
            lines, Fault("too-many-lines", 1, f"the program has {lines} lines, {max_lines} are allowed: split it")
        )
    faults = _Faults()
    _lone_returns(data, faults)
    parts = []
    first_line, commands = 1, 0
    for block in _blocks(data):
        if len(block) > _BLOCK:
            faults.add(
                "endless-line",
                np.array([first_line]),
                f"a line of more than {_BLOCK} bytes: nothing behind it was read",
            )
            break
        part, count = _block(block, first_line, faults)
        part.owner += commands
        parts.append(part)
        first_line += count
        commands += len(part.code)
    return _joined(parts, commands, lines, faults)


def _lone_returns(data: bytes, faults: _Faults) -> None:
    """A return that no line feed follows ends a line for a firmware: behind a comment it would hide a command."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return
    buffer = np.frombuffer(data + b"\n", dtype=np.uint8)
    at = np.flatnonzero(buffer == ord("\r"))
    at = at[buffer[at + 1] != ord("\n")]
    if len(at):
        where = np.searchsorted(np.flatnonzero(buffer == ord("\n")), at) + 1
        faults.add("lone-return", where, "a carriage return inside a line, which firmwares take for its end: remove it")


def _refused(lines: int, fault: Fault) -> Program:
    return Program(np.zeros(0, np.int64), np.zeros(0, np.int64), {}, lines, (fault,))


def _blocks(data: bytes) -> Iterator[bytes]:
    """The bytes in pieces that end with a line each, so that the work stays in the cache and memory stays bounded."""
    begin = 0
    while begin < len(data):
        end = len(data)
        if end - begin > _BLOCK:
            cut = data.rfind(b"\n", begin, begin + _BLOCK)
            cut = data.find(b"\n", begin + _BLOCK) if cut < 0 else cut
            end = len(data) if cut < 0 else cut + 1
        yield data[begin:end]
        begin = end


def _joined(parts: list[_Part], commands: int, lines: int, faults: _Faults) -> Program:
    words: dict[str, FloatArray] = {}
    for letter in LETTERS:
        for part in parts:
            chosen = part.letter == ord(letter)
            if chosen.any():
                column = words.setdefault(letter, np.full(commands, np.nan))
                column[part.owner[chosen]] = part.value[chosen]
    nothing = np.zeros(0, np.int64)
    return Program(
        np.concatenate([part.code for part in parts]) if parts else nothing,
        np.concatenate([part.line for part in parts]) if parts else nothing,
        words,
        lines,
        faults.all(),
    )


def _without_comments(raw: bytes) -> bytes:
    """Comments blanked, length and line ends kept."""
    if b";" not in raw:
        return raw
    return b"\n".join(
        line if (at := line.find(b";")) < 0 else line[:at] + b" " * (len(line) - at) for line in raw.split(b"\n")
    )


def _block(raw: bytes, first_line: int, faults: _Faults) -> tuple[_Part, int]:
    """One block of whole lines; also how many lines it has."""
    text = _FRONT + _without_comments(raw).replace(b"\r\n", b" \n") + _BACK
    buffer = np.frombuffer(text, dtype=np.uint8)
    kinds = _CLASS[buffer]
    breaks = np.flatnonzero(kinds <= _POINT)
    at_break = kinds[breaks]
    lines = np.cumsum(buffer[breaks] == ord("\n")) + (first_line - len(_FRONT))

    def lines_at(positions: IntArray) -> IntArray:
        where: IntArray = lines[np.searchsorted(breaks, positions, side="right") - 1]
        return where

    odd = np.flatnonzero(kinds == _OTHER)
    if len(odd):
        faults.add("bad-byte", lines_at(odd), "a byte other than capitals, digits, + - . and spaces, outside comments")
    lonely = np.flatnonzero((kinds[1:] > _LETTER) & (kinds[:-1] == _SPACE)) + 1
    if len(lonely):
        faults.add("loose-number", lines_at(lonely), "a number without a letter; write each word as letter and number")
    letters = np.flatnonzero(at_break == _LETTER)
    value, good = _numbers(buffer, breaks, at_break, letters)
    where = lines[letters]
    faults.add("bad-number", where[~good], "a word whose number is missing, malformed or longer than 8 + 8 digits")
    part = _commands(buffer[breaks[letters]], value, where, good, faults)
    return part, raw.count(b"\n")


def _numbers(
    buffer: _Bytes, breaks: IntArray, at_break: _Bytes, letters: IntArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The number behind each letter, and whether it is well formed.

    ``breaks`` are the places of spaces, letters and points: what follows a letter's own break ends its whole part, and
    if that is a point, the next one ends its decimals.
    """
    start, stop = breaks[letters], breaks[letters + 1]
    pointed = at_break[letters + 1] == _POINT
    end = np.where(pointed, breaks[letters + 2], stop)
    first = buffer[start + 1]
    minus = first == ord("-")
    signed = minus | (first == ord("+"))
    whole_length = stop - start - 1 - signed
    rest_length = np.where(pointed, end - stop - 1, 0)
    whole, whole_good = _digits(buffer, stop, whole_length)
    rest, rest_good = _digits(buffer, end, rest_length)
    good = whole_good & rest_good & (whole_length + rest_length > 0) & ~(pointed & (at_break[letters + 2] == _POINT))
    units = _POWERS[np.minimum(rest_length, DIGITS)]
    value = (whole * units + rest) / units
    return np.where(minus, -value, value), good


def _digits(buffer: _Bytes, end: IntArray, length: IntArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The number that the ``length`` bytes before ``end`` write, and whether they are at most eight digits.

    Eight bytes are read as one integer; tens, hundreds and ten thousands are then added up side by side within it.
    """
    eights = np.ndarray((len(buffer) - DIGITS + 1,), dtype="<u8", buffer=buffer, strides=(1,))
    good = length <= DIGITS
    unused = (DIGITS * 8 - 8 * np.clip(length, 0, DIGITS)).astype(np.uint64)
    some = length > 0
    number = np.where(some, (eights[end - DIGITS] ^ _ZEROS) >> np.minimum(unused, np.uint64(63)), np.uint64(0))
    good &= (((number + _OVER_NINE) | number) & _HIGH_NIBBLES) == 0
    number <<= np.minimum(unused, np.uint64(63))
    number = (number * np.uint64(10) + (number >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    number = (number * np.uint64(100) + (number >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    number = (number * np.uint64(10_000) + (number >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return number.astype(np.float64), good


def _commands(
    letters: _Bytes, value: FloatArray, where: IntArray, good: npt.NDArray[np.bool_], faults: _Faults
) -> _Part:
    """Words gathered into commands: the first word of a line is its code."""
    first = np.ones(len(letters), dtype=bool)
    first[1:] = where[1:] != where[:-1]
    is_code = _IS_CODE[letters]
    number = np.rint(value * 10)
    sane = is_code & (value >= 0) & (value < 10_000) & (np.abs(value * 10 - number) < 1e-6)
    faults.add(
        "no-code", where[first & good & ~sane], "a line that does not begin with G, M or T and a number from 0 to 9999"
    )
    later_code = ~first & is_code & (letters != ord("T"))
    faults.add("two-commands", where[later_code], "a second command in one line; write one a line")
    unknown = ~first & ~is_code & ~_IS_WORD[letters]
    faults.add("unknown-word", where[unknown], f"a word that no command here takes; known are {', '.join(LETTERS)}")
    index = np.cumsum(first) - 1
    code = letters[first].astype(np.int64) * 100_000 + np.where(sane[first] & good[first], number[first], 0).astype(
        np.int64
    )
    code[~(sane & good)[first]] = 0
    keep = ~first & ~later_code & ~unknown & good
    owner, letter = index[keep], letters[keep]
    pair = owner * 256 + letter
    ordered = np.sort(pair)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]]) // 256
    faults.add("double-word", where[first][twice], "the same word twice in one command; write it once")
    return _Part(code, where[first].astype(np.int64), letter, value[keep], owner)
