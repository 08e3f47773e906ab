"""A program's bytes as columns, by numpy over all bytes at once; strict, because the bytes may come from anywhere.

A line is empty, a comment (``;`` to its end), or one command: a code (``G``, ``M`` or ``T`` with 0 to 9999 and at most
one decimal, as in ``G92.1``) and words, each a capital letter with a plain decimal number. All else is a finding: line
numbers and checksums, lower case, exponents, NaN, a word twice, two commands, bytes outside ASCII.

Limits: ``MAX_BYTES`` and ``MAX_LINES`` unless the caller gives smaller ones, numbers of at most 9 whole and 9 decimal
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
LETTERS: Final = "XYZEFSPRIJT"
"""Letters that words may have. Each costs a column of 8 bytes a line once it is used."""
SHOWN: Final = 5
"""Of each kind of fault this many are reported with their lines; the rest are counted."""

_Bytes = npt.NDArray[np.uint8]
_BLOCK: Final = 1 << 18
"""Bytes looked at at once; also the longest line that is taken at all."""
_NUMBER: Final = 20
"""Bytes of a number looked at: sign, 9 + 9 digits, point."""
_PAD: Final = b"\n" * (_NUMBER + 2)

_SPACE, _LETTER, _DIGIT, _POINT, _SIGN, _OTHER = range(6)
_CLASS: Final = np.full(256, _OTHER, dtype=np.uint8)
_CLASS[[ord(c) for c in " \t\n"]] = _SPACE
_CLASS[ord("A") : ord("Z") + 1] = _LETTER
_CLASS[ord("0") : ord("9") + 1] = _DIGIT
_CLASS[ord(".")] = _POINT
_CLASS[[ord("+"), ord("-")]] = _SIGN
_IS_CODE: Final = np.isin(np.arange(256), [ord("G"), ord("M"), ord("T")])
_IS_WORD: Final = np.isin(np.arange(256), [ord(letter) for letter in LETTERS])
_TENTHS: Final = 10.0 ** -np.arange(_NUMBER + 1)


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
    text = _without_comments(raw).replace(b"\r\n", b" \n") + _PAD
    buffer = np.frombuffer(text, dtype=np.uint8)[: len(text) - len(_PAD) + 1]
    ends = np.flatnonzero(buffer == ord("\n"))
    kinds = _CLASS[buffer]

    def lines_at(positions: IntArray) -> IntArray:
        return np.searchsorted(ends, positions) + first_line

    faults.add(
        "bad-byte",
        lines_at(np.flatnonzero(kinds == _OTHER)),
        "a byte that no command may hold; only capitals, digits, + - . and spaces may stand outside comments",
    )
    starts = np.flatnonzero(kinds == _LETTER)
    loose = (kinds[1:] != _SPACE) & (kinds[1:] != _LETTER) & (kinds[:-1] == _SPACE)
    lonely = np.flatnonzero(loose) + 1
    if len(kinds) and kinds[0] not in (_SPACE, _LETTER):
        lonely = np.concatenate([[0], lonely])
    faults.add(
        "loose-number",
        lines_at(lonely),
        "a number without a letter before it; write each word as a letter and its number",
    )
    value, good = _numbers(text, starts)
    where = lines_at(starts)
    faults.add("bad-number", where[~good], "a word whose number is missing, malformed or longer than 9 + 9 digits")
    part = _commands(buffer[starts], value, where, good, faults)
    return part, raw.count(b"\n")


def _numbers(text: bytes, starts: IntArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The number behind each letter, and whether it is well formed."""
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(text, dtype=np.uint8), _NUMBER)
    digits = np.ascontiguousarray(windows[starts + 1].T)
    count = len(starts)
    total = np.zeros(count, dtype=np.int64)
    places = np.zeros(count, dtype=np.int8)
    seen = np.zeros(count, dtype=np.int8)
    point = np.zeros(count, dtype=bool)
    active = np.ones(count, dtype=bool)
    good = np.ones(count, dtype=bool)
    for position in range(_NUMBER):
        byte = digits[position]
        kind = _CLASS[byte]
        is_digit = (kind == _DIGIT) & active
        is_point = (kind == _POINT) & active
        good &= ~(is_point & point)
        if position:
            good &= ~((kind == _SIGN) & active)
        point |= is_point
        seen += is_digit
        places += is_digit & point
        np.multiply(total, 10, out=total, where=is_digit)
        np.add(total, byte.astype(np.int64) - ord("0"), out=total, where=is_digit)
        active &= (kind != _SPACE) & (kind != _LETTER)
        if not active.any():
            break
    good &= ~active & (seen > 0) & (places <= 9) & (seen - places <= 9)
    value = total * _TENTHS[places]
    return np.where(digits[0] == ord("-"), -value, value), good


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
