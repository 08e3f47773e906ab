"""Seconds of a program: of each move, of all, and by role and layer, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gcode.estimate.moves import moves_of, nothing
from gcode.estimate.planner import Timed, planner
from gcode.estimate.words import Firmware, Said, firmware_of
from gcode.marks import Marks
from gcode.parse import Program, code_of
from gcode.recipe import Motion
from gcode.stream import Piece, cut, pieces
from gcode.trace import Trace
from gcode.units import FloatArray, IntArray
from gcode.used import Feeders

DWELLING: Final = "dwells"
NOT_COUNTED: Final[Mapping[str, str]] = {
    "G28": "homing",
    "G29": "measuring the bed",
    "M109": "waiting for the nozzle's heat",
    "M190": "waiting for the bed's heat",
    "M600": "changes of filament by hand",
    "M0": "waiting for a person",
}
"""Commands whose time nobody knows from the program, and what they are."""


def move_times(
    trace: Trace, motion: Motion, program: Program | None = None, firmware: Firmware | None = None
) -> FloatArray:
    """Seconds of each move; 0 for a move that moves nothing.

    ``program``: that of the trace, whose words for accelerations, jerks and speeds then count.
    """
    said = Said(firmware or firmware_of(motion)).at(program, trace.index) if program is not None else {}
    owner, seconds = planner(motion).finish(moves_of(trace, motion, said))
    return _added(np.zeros(len(trace)), owner, seconds)


def duration(trace: Trace, motion: Motion, program: Program | None = None, *, homing: float = 0.0) -> float:
    """Seconds of a whole program: moves, dwells and ``homing``."""
    return float(move_times(trace, motion, program).sum() + trace.dwell + homing)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a program takes. s, mm."""

    seconds: float = 0.0
    roles: Mapping[str, float] = field(default_factory=dict)
    """Seconds by what moves are for, longest first; dwells among them."""
    layers: tuple[float, ...] = ()
    """Seconds of each layer, with all that is done until the next one begins."""
    before: float = 0.0
    """Seconds before the first layer."""
    filament: Mapping[int, float] = field(default_factory=dict)
    """mm of E by tool."""
    not_counted: Mapping[str, int] = field(default_factory=dict)
    """How often there is something whose time is not known, by what it is."""


class Clock:
    """Estimates a program that comes in pieces: memory is bounded by a piece."""

    def __init__(self, motion: Motion, firmware: Firmware | None = None) -> None:
        self._motion, self._said = motion, Said(firmware or firmware_of(motion))
        self._planner, self._marks, self._feeders = planner(motion), Marks(), Feeders()
        self._begun = self._base = 0
        self._labels = np.zeros((0, 2), np.int64)
        self._roles, self._layers = np.zeros(0), np.zeros(0)
        self._dwell = 0.0
        self._counts: dict[str, int] = {}

    def add(self, piece: Piece) -> None:
        role, layer = self._marks.at(piece)
        moves = moves_of(piece.moves, self._motion, self._said.at(piece.program, piece.moves.index))
        moves.owner[:] += self._begun
        self._labels = np.concatenate([self._labels, np.column_stack([role, layer])])
        self._begun += len(piece.moves)
        self._count(self._planner.add(moves))
        self._feeders.add(piece)
        self._dwell += piece.moves.dwell
        for name, what in NOT_COUNTED.items():
            times = int((piece.program.code == code_of(name)).sum())
            if times:
                self._counts[what] = self._counts.get(what, 0) + times

    def finish(self) -> Estimate:
        self._count(self._planner.finish(nothing()))
        found = {name: float(seconds) for name, seconds in zip(self._marks.roles, self._roles, strict=False) if seconds}
        if self._dwell:
            found[DWELLING] = self._dwell
        return Estimate(
            seconds=float(self._roles.sum()) + self._dwell,
            roles=dict(sorted(found.items(), key=lambda pair: -pair[1])),
            layers=tuple(self._layers[1:].tolist()),
            before=float(self._layers[:1].sum()),
            filament=self._feeders.used,
            not_counted=self._counts,
        )

    def _count(self, timed: Timed) -> None:
        owner, seconds = timed
        if not len(owner):
            return
        labels = self._labels[owner - self._base]
        self._roles = _added(self._roles, labels[:, 0], seconds)
        self._layers = _added(self._layers, labels[:, 1] + 1, seconds)
        done = int(owner[-1])
        self._labels, self._base = self._labels[done - self._base :], done


def _added(sums: FloatArray, places: IntArray, values: FloatArray) -> FloatArray:
    total = np.zeros(max(len(sums), int(places.max(initial=-1)) + 1))
    np.add.at(total, places, values)
    total[: len(sums)] += sums
    return total


def estimate(data: bytes | Iterable[bytes], motion: Motion, firmware: Firmware | None = None) -> Estimate:
    """What a program takes on a machine.

    ``data``: a program, or its parts of whole lines (:func:`gcode.stream.cut`); then memory is bounded by a part.
    """
    clock = Clock(motion, firmware)
    for piece in pieces(cut(data) if isinstance(data, bytes) else data):
        clock.add(piece)
    return clock.finish()
