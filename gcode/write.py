"""A toolpath as the bytes of a program, by planes of digits instead of a loop over lines.

Each word is two eight-byte entries of lookup tables (letter, sign and whole part; point and decimals without trailing
zeros), gathered for all rows at once. Unused bytes are NUL and are deleted at the end. The same toolpath always gives
the same bytes, on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.dialects import Command, Dialect, DialectError, Setup
from gcode.toolpath import Kind, Toolpath
from gcode.units import FloatArray

WHOLE_DIGITS: Final = 5
"""A word's whole part has at most this many digits: 99,999 (an F word of 100 m/min)."""
ROWS: Final = 16_384
"""Rows a block: its planes (about 1 MB) stay in the processor's cache."""

_Entries = npt.NDArray[np.uint64]
_SIGN: Final = 2
_COLUMNS: Final = tuple((column.name, column.name.upper()) for column in fields(Toolpath) if column.name != "kind")


@lru_cache(maxsize=64)
def _whole(letter: str) -> _Entries:
    """`` X`` + a byte for the sign + the whole part, for 0 to 99,999."""
    count = 10**WHOLE_DIGITS
    table = np.zeros((count, 8), dtype=np.uint8)
    table[:, 0], table[:, 1] = ord(" "), ord(letter)
    number = np.arange(count)
    for place in range(WHOLE_DIGITS):
        shown = (number >= 10**place) | (place == 0)
        table[:, 7 - place] = np.where(shown, ord("0") + number // 10**place % 10, 0)
    return table.view(np.uint64).ravel()


@lru_cache(maxsize=8)
def _fraction(decimals: int) -> _Entries:
    """The point and the decimals without trailing zeros; nothing at all for 0."""
    count = 10**decimals
    table = np.zeros((count, 8), dtype=np.uint8)
    number = np.arange(count)
    table[1:, 0] = ord(".")
    for place in range(decimals):
        shown = number % 10 ** (decimals - place) != 0
        table[:, 1 + place] = np.where(shown, ord("0") + number // 10 ** (decimals - 1 - place) % 10, 0)
    return table.view(np.uint64).ravel()


def _word_entries(values: FloatArray, letter: str, decimals: int) -> tuple[_Entries, _Entries]:
    """The two entries of each value's word; NUL where the value is NaN."""
    scaled = np.rint(np.abs(values) * 10.0**decimals)
    absent = np.isnan(values)
    some_absent = bool(absent.any())
    units = (np.where(absent, 0.0, scaled) if some_absent else scaled).astype(np.int64)
    whole, rest = np.divmod(units, 10**decimals)
    if len(whole) and whole.max() >= 10**WHOLE_DIGITS:
        raise DialectError(f"{letter}{np.nanmax(np.abs(values)):g} has more than {WHOLE_DIGITS} whole digits")
    head, tail = _whole(letter)[whole], _fraction(decimals)[rest]
    minus = (values < 0) & (units > 0)
    if minus.any():
        head.view(np.uint8).reshape(-1, 8)[minus, _SIGN] = ord("-")
    if some_absent:
        head[absent] = 0
        tail[absent] = 0
    return head, tail


def _code_entries(kind: npt.NDArray[np.uint8], dialect: Dialect) -> _Entries:
    table = np.zeros((256, 8), dtype=np.uint8)
    for member, code in dialect.codes.items():
        table[member, : len(code) + 1] = list(f"\n{code}".encode("ascii"))
    return table.view(np.uint64).ravel()[kind]


def lines(toolpath: Toolpath, dialect: Dialect) -> bytes:
    """The rows as lines, each *beginning* with a newline. Raises DialectError for a word outside its range."""
    factors = {"f": dialect.feed_per_mm_s, "p": dialect.dwell_per_second}
    _check_ranges(toolpath, dialect, factors)
    blocks = []
    for begin in range(0, len(toolpath), ROWS):
        block = slice(begin, begin + ROWS)
        planes = [_code_entries(toolpath.kind[block], dialect)]
        for name, letter in _COLUMNS:
            values = getattr(toolpath, name)[block]
            if values.strides == (0,) and np.isnan(values[:1]).all():
                continue
            if np.isnan(values).all():
                continue
            planes += _word_entries(values * factors.get(name, 1.0), letter, dialect.decimals[letter])
        blocks.append(np.stack(planes, axis=1).tobytes().translate(None, b"\0"))
    return b"".join(blocks)


def _check_ranges(toolpath: Toolpath, dialect: Dialect, factors: dict[str, float]) -> None:
    """Each used word of each used kind lies in the allow-list: checked by its extremes, once a column."""
    for kind in Kind:
        chosen = toolpath.kind == kind
        if not chosen.any():
            continue
        if kind not in dialect.codes:
            raise DialectError(f"{dialect.name} has no command for {kind.name}: it cannot do that")
        everywhere = bool(chosen.all())
        for name, letter in _COLUMNS:
            column = getattr(toolpath, name)
            values = column if everywhere else column[chosen]
            low, high = np.fmin.reduce(values), np.fmax.reduce(values)
            if np.isnan(low):
                continue
            factor = factors.get(name, 1.0)
            for extreme in (low, high):
                dialect.check(Command(dialect.codes[kind], ((letter, float(extreme) * factor),)))


def command_line(command: Command, dialect: Dialect) -> bytes:
    """One checked command as a line without its newline."""
    dialect.check(command)
    words = []
    for letter, value in command.words:
        text = f"{value:.{dialect.decimals.get(letter, 3)}f}"
        words.append(f" {letter}{text.rstrip('0').rstrip('.') if '.' in text else text}")
    return (command.code + "".join(words)).encode("ascii")


def _block(commands: Iterable[Command], dialect: Dialect) -> bytes:
    return b"\n".join(command_line(command, dialect) for command in commands)


def program(toolpath: Toolpath, dialect: Dialect, setup: Setup) -> bytes:
    """The whole program: the stamp, the dialect's start, the moves, the dialect's end. Raises DialectError."""
    stamp = f"; {setup.stamp}\n".encode("ascii") if setup.stamp else b""
    start, end = _block(dialect.start(setup), dialect), _block(dialect.end(setup), dialect)
    return stamp + start + lines(toolpath, dialect) + b"\n" + end + b"\n"
