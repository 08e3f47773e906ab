"""What kinds of command a program has: how often, where first, with which words; and lines that are no G-code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fulfillment.programs.words import LASTING, sentence
from gcode.findings import Finding, Severity
from gcode.parse import name_of
from gcode.stream import pieces

MOST_NAMES: Final = 500
"""Kinds of line that are told apart."""
_ODD: Final = re.compile(rb"^[ \t]*(?![GMT]\d)([^\s;][^\s;=]{0,39})[^\r\n]*", re.M)
_NUMBERED: Final = re.compile(rb"N\d+")
_LOWER: Final = re.compile(rb"[gmt]\d")


_SPOKEN: Final = re.compile(rb"^[ \t]*M11[78]\b[^\r\n]*", re.M)
"""Words for a screen, which are no G-code behind their command."""


class Plain:
    """The plain G-code of a program, part by part: lines in another style become comments, and are counted."""

    def __init__(self) -> None:
        self.odd = self.first = 0

    def of(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        line = 1
        for part in parts:
            found = [match.start() for match in _ODD.finditer(part)]
            if found and not self.odd:
                self.first = line + part.count(b"\n", 0, found[0])
            self.odd += len(found)
            yield _SPOKEN.sub(b";", _ODD.sub(b";", part) if found else part)
            line += part.count(b"\n")

    def remark(self) -> list[Finding]:
        if not self.odd:
            return []
        text = "no plain G-code (macros, numbered lines, small letters), not judged: `ful gcode explain` names them"
        return [Finding(Severity.WARNING, "not-plain", self.first, text, self.odd)]


@dataclass(slots=True)
class Kind:
    """One kind of command."""

    name: str
    count: int = 0
    line: int = 0
    """Of the first."""
    words: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Letters with the lowest and highest number that they had."""

    @property
    def does(self) -> str | None:
        return sentence(self.name)

    @property
    def lasting(self) -> bool:
        return self.name in LASTING


@dataclass(frozen=True, slots=True)
class Explained:
    kinds: tuple[Kind, ...]
    """In the order in which they come first."""
    lines: int
    odd: int
    """Lines that are no plain G-code."""


def explain(parts: Iterable[bytes]) -> Explained:
    """Memory is bounded by a part. Never raises for what the bytes are."""
    found: dict[str, Kind] = {}
    lines = odd = 0
    for piece in pieces(parts):
        code = piece.program.code
        names, first, which = np.unique(code, return_index=True, return_inverse=True)
        counts = np.bincount(which, minlength=len(names))
        for number, at, count in zip(names.tolist(), first.tolist(), counts.tolist(), strict=True):
            if number:
                kind = _kind(found, name_of(number), int(piece.program.line[at]), count)
                _widen(kind, {letter: column[code == number] for letter, column in piece.program.words.items()})
        odd += _odd_lines(piece.raw, piece.line, found)
        lines = piece.line - 1 + piece.raw.count(b"\n") + (not piece.raw.endswith(b"\n"))
    return Explained(tuple(sorted(found.values(), key=lambda kind: kind.line)), lines, odd)


def _kind(found: dict[str, Kind], name: str, line: int, count: int) -> Kind:
    if name not in found and len(found) >= MOST_NAMES:
        name = "(others)"
    kind = found.setdefault(name, Kind(name, 0, line))
    kind.count += count
    return kind


def _widen(kind: Kind, columns: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]) -> None:
    for letter, values in columns.items():
        given = values[~np.isnan(values)]
        if len(given):
            low, high = kind.words.get(letter, (np.inf, -np.inf))
            kind.words[letter] = (min(low, float(given.min())), max(high, float(given.max())))


def _odd_lines(raw: bytes, line: int, found: dict[str, Kind]) -> int:
    """Lines that begin with no command of G-code: macros, numbers of lines, small letters."""
    count, last, at = 0, 0, line
    for odd in _ODD.finditer(raw):
        at += raw.count(b"\n", last, odd.start())
        last, count = odd.start(), count + 1
        word = odd[1]
        name = (
            "N... (numbered lines)"
            if _NUMBERED.match(word)
            else "small letters"
            if _LOWER.match(word)
            else "".join(letter for letter in word.decode("ascii", "replace") if letter.isprintable())
        )
        _kind(found, name, at, 1)
    return count


def told(found: Explained) -> Iterator[str]:
    """A line for each kind, and what a technician should look at twice."""
    for kind in found.kinds:
        words = ", ".join(f"{letter} {_range(span)}" for letter, span in sorted(kind.words.items()))
        does = f"It {kind.does}" if kind.does else "It is not known here: look it up in the printer's own documents"
        where = f"{_times(kind.count)}, first in line {kind.line:,}"
        yield f"{kind.name:>8}  {does}: {where}{f' ({words})' if words else ''}."
    unknown = [kind.name for kind in found.kinds if kind.does is None]
    lasting = [kind.name for kind in found.kinds if kind.lasting]
    if unknown:
        yield f"\nNot known here: {', '.join(unknown[:20])}."
    if lasting:
        yield f"\nThese change the machine beyond this program: {', '.join(lasting)}."
    if found.odd:
        yield f"\n{found.odd:,} lines are no plain G-code (macros, or another style): estimates pass them over."


def _range(span: tuple[float, float]) -> str:
    return f"{span[0]:g}" if span[0] == span[1] else f"{span[0]:g} to {span[1]:g}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
