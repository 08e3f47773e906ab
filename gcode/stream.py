"""A program of any length, piece by piece: memory is bounded by a piece, and each is what it would be in the whole.

What holds at the end of a piece (where the tool is, units, modes, speed, tool) is said again as commands before the
next one, so that each piece is a program of its own, and ``gcode.trace`` stays the only place that knows what commands
mean. What was said again is taken out of the result: a piece has its own commands alone, with their lines in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gcode.parse import Program, parse
from gcode.trace import G28, G90, G91, G92, M82, M83, MOVES, WAITS, Trace, carried, latest, switched, trace
from gcode.units import BoolArray, FloatArray, IntArray

PIECE: Final = 2 * 1024 * 1024
"""Bytes looked at at once: some 25 times as much memory is in use meanwhile."""
_TOOL: Final = ord("T") * 100_000
_TOOLS: Final = 10 * 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a program. ``moves.index`` counts the commands of this piece."""

    raw: bytes
    program: Program
    moves: Trace
    line: int
    """Of the piece's first byte, from 1."""
    tool: IntArray
    """Of each command: the tool that the last T before it, or it itself, has picked; 0 before the first."""


def cut(data: bytes, size: int = PIECE) -> Iterator[bytes]:
    """Bytes in pieces of about that size, each of whole lines."""
    begin = 0
    while begin < len(data):
        at = data.find(b"\n", begin + size)
        end = len(data) if at < 0 else at + 1
        yield data[begin:end]
        begin = end


def pieces(parts: Iterable[bytes], traced: Callable[[Program], Trace] = trace) -> Iterator[Piece]:
    """The pieces of a program that comes in parts of whole lines (:func:`cut`). Never raises for what the bytes are.

    ``traced``: how commands become moves (``Dialect.trace``).
    """
    said, line, tool = b"", 1, 0
    for raw in parts:
        whole = parse(said + raw)
        before, commands = said.count(b"\n"), int(np.searchsorted(whole.line, said.count(b"\n"), side="right"))
        moves = traced(whole)
        tools = _tools(whole, tool)
        yield Piece(raw, _own(whole, commands, line - 1 - before), _moved(moves, commands), line, tools[commands:])
        tool = int(tools[-1]) if len(tools) else tool
        said = state(whole, moves, said)
        line += raw.count(b"\n")


def _own(whole: Program, commands: int, shift: int) -> Program:
    """A piece's program without the commands before it, with the lines of the file."""
    return Program(
        code=whole.code[commands:],
        line=whole.line[commands:] + shift,
        words={letter: column[commands:] for letter, column in whole.words.items()},
        lines=whole.lines,
        faults=tuple(replace(fault, line=fault.line + shift) for fault in whole.faults),
    )


def _moved(moves: Trace, commands: int) -> Trace:
    own: BoolArray = moves.index >= commands
    return replace(moves.only(own), index=moves.index[own] - commands)


def _tools(program: Program, before: int) -> IntArray:
    picks = (program.code >= _TOOL) & (program.code < _TOOL + _TOOLS)
    if not len(program):
        return np.zeros(0, np.int64)
    at = latest(picks)
    tools: IntArray = np.where(at >= 0, (program.code[at] - _TOOL) // 10, before)
    return tools


def state(program: Program, moves: Trace, before: bytes) -> bytes:
    """What the machine knows at the end, as commands."""
    if not len(program):
        return before
    code = program.code
    move: BoolArray = np.asarray(np.isin(code, MOVES))
    relative, relative_e = switched(code, (G91,), (G90,)), switched(code, (G91, M83), (G90, M82))
    homed = len(moves) > 0 and (code[moves.index[-1] :] == G28).any()
    at = moves.end[-1] if len(moves) and not homed else np.zeros(3)
    modes = [relative, relative, relative, relative_e]
    logical = [_logical(program, letter, mode, move) for letter, mode in zip("XYZE", modes, strict=True)]
    feed = carried(np.where(move, program.word("F"), np.nan))[-1]
    said = [
        "G90",
        "G0 " + _words("XYZ", at) + ("" if np.isnan(feed) else f" F{feed:.6f}"),
        "G92 " + _words("XYZE", logical),
        "G91" if relative[-1] else "G90",
        "M83" if relative_e[-1] else "M82",
    ]
    if len(moves) and (np.isin(code[moves.index[-1] :], WAITS) | (code[moves.index[-1] :] >= _TOOL)).any():
        said.append("M400")
    return "\n".join(said).encode("ascii") + b"\n"


def _words(letters: str, values: FloatArray | list[float]) -> str:
    return " ".join(f"{letter}{float(value):.8f}" for letter, value in zip(letters, values, strict=True))


def _logical(program: Program, letter: str, relative: BoolArray, moves: BoolArray) -> float:
    """What the program calls its position on an axis at its end: the last value set, and what was added since."""
    value = program.word(letter)
    given = ~np.isnan(value)
    homes = (program.code == G28) & (letter != "E")
    sets = (moves & given & ~relative) | ((program.code == G92) & given) | homes
    numbers = np.where(homes, 0.0, np.nan_to_num(value))
    last = int(latest(sets)[-1])
    base = float(numbers[last]) if last >= 0 else 0.0
    return base + float(numbers[last + 1 :][(moves & given & relative)[last + 1 :]].sum())
