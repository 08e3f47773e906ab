"""An artifact's bytes into what a plotter does: paths, and a pen that goes down and up between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from drivers.contract import ArtifactFault
from drivers.protocols.ebb.motion import Frame, Limits, Points, Slices, plan
from gcode.dialects import EBB, Command, DialectError
from gcode.parse import Program as Parsed
from gcode.parse import code_of, name_of, parse

_MOVES = (code_of("G0"), code_of("G1"))
_DOWN, _UP, _END = code_of("M3"), code_of("M5"), code_of("M2")
_STATES = (code_of("G21"), code_of("G90"))
MAX_MOVES = 2_000_000
"""More take more memory to plan than a driver should."""


class Pen(Enum):
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Moves without a stop between them. ``points`` begin where the path before ended; mm, mm/s."""

    points: Points
    feeds: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """An artifact, planned. ``approach``: where the first travel goes, from wherever the carriage stands then."""

    approach: Path
    acts: tuple[Slices | Pen, ...]
    slices: int


def program(data: bytes, limits: Limits, frame: Frame) -> Program:
    """The program of an artifact. Raises ArtifactFault for bytes that a plotter cannot run."""
    acts = list(_acts(_commands(data), limits.speed))
    if acts and isinstance(acts[0], Path):
        first = acts.pop(0)
        approach = Path(first.points[1:], first.feeds) if isinstance(first, Path) else _TO_ORIGIN
    else:
        approach = _TO_ORIGIN
    planned = tuple(act if isinstance(act, Pen) else plan(act.points, act.feeds, limits, frame) for act in acts)
    return Program(approach, planned, sum(len(act) for act in planned if not isinstance(act, Pen)))


_TO_ORIGIN = Path(np.zeros((1, 2)), np.full(1, np.inf))


def _commands(data: bytes) -> Parsed:
    parsed = parse(data)
    if parsed.faults:
        fault = parsed.faults[0]
        raise ArtifactFault(f"line {fault.line} cannot be run: {fault.text}")
    if len(parsed) > MAX_MOVES:
        raise ArtifactFault(f"the artifact has {len(parsed)} commands, {MAX_MOVES} are allowed; split it")
    _allowed(parsed)
    if not np.isin(parsed.code, _MOVES).any():
        raise ArtifactFault("the artifact moves nothing; make it anew")
    if int(parsed.code[-1]) != _END or (parsed.code[:-1] == _END).any():
        raise ArtifactFault("the artifact does not end with its only M2: it was cut short, or something follows")
    first = int(np.flatnonzero(np.isin(parsed.code, _MOVES))[0])
    if not set(_STATES) <= set(parsed.code[:first].tolist()):
        raise ArtifactFault("G21 and G90 must stand before the first move")
    return parsed


def _allowed(parsed: Parsed) -> None:
    """Each kind of command, and the extremes of its words, are of the dialect."""
    for code in np.unique(parsed.code).tolist():
        chosen = parsed.code == code
        line = int(parsed.line[chosen][0])
        for letter, column in (("", None), *parsed.words.items()):
            values = np.zeros(0) if column is None else column[chosen][~np.isnan(column[chosen])]
            words = tuple((letter, float(value)) for value in (values.min(), values.max())) if len(values) else ()
            try:
                EBB.check(Command(name_of(code), words))
            except DialectError as error:
                raise ArtifactFault(f"line {line} cannot be run: {error}") from None


def _acts(parsed: Parsed, speed: float) -> Iterator[Path | Pen]:
    """Paths, and the pen's ways between them; a pen that is there already does not go there again."""
    moves = EBB.trace(parsed)
    feed = np.where(np.isnan(moves.feed), speed, moves.feed)
    switches = np.flatnonzero(np.isin(parsed.code, (_DOWN, _UP)))
    begins = np.searchsorted(moves.index, np.concatenate([[0], switches]))
    ends = np.append(begins[1:], len(moves))
    now = Pen.UP
    for number, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        if number:
            wanted = Pen.DOWN if int(parsed.code[switches[number - 1]]) == _DOWN else Pen.UP
            if wanted is not now:
                yield wanted
            now = wanted
        if end > begin:
            points = np.vstack([moves.start[begin, :2], moves.end[begin:end, :2]])
            yield Path(points, feed[begin:end])
    if now is Pen.DOWN:
        raise ArtifactFault("the artifact ends with the pen on the paper; make it anew")
