"""Beads from a program's bytes, in blocks: memory stays bounded by a block and the widest layer.

What the machine knows at the end of a block (position, modes, E) is said again as commands before the next one, so that
each block is a program of its own (``gcode.stream``) and ``gcode.trace`` stays the only place that knows what commands
mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from gcode.parse import Program, code_of, parse
from gcode.stream import state
from gcode.trace import Trace, latest, trace
from gcode.units import BoolArray, FloatArray, IntArray

BLOCK: Final = 4 * 1024 * 1024
"""Bytes read at once."""
SAME_Z: Final = 0.002
"""mm between beads of one layer."""
CHORD: Final = 0.5
"""mm: arcs are taken as chords of about this length."""
MAX_CHORDS: Final = 256

PART, BRIDGE, BESIDE = range(3)
"""What a bead is for, as far as comments say: the part; the part over nothing; skirt, brim, supports, priming."""
_ROLES: Final[tuple[tuple[bytes, int], ...]] = (
    (b"bridge", BRIDGE),
    (b"overhang", BRIDGE),
    (b"skirt", BESIDE),
    (b"brim", BESIDE),
    (b"support", BESIDE),
    (b"custom", BESIDE),
    (b"tower", BESIDE),
)
_MARK: Final = re.compile(rb"^; ?(?:(?:TYPE|FEATURE):(.*)|LAYER_CHANGE.*|CHANGE_LAYER.*|LAYER:.*)$", re.M)
_M486: Final = code_of("M486")
_M600: Final = code_of("M600")
_TOOL: Final = range(code_of("T0"), code_of("T9999") + 1)
BY_HAND: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Beads:
    """Straight pieces of material at one height, in their order. Columns of equal length."""

    start: FloatArray
    """(n, 2)."""
    end: FloatArray
    z: FloatArray
    volume: FloatArray
    """mm3."""
    role: IntArray
    label: IntArray
    """The body that M486 names; -1 for none."""
    line: IntArray
    filament: IntArray
    """The tool that lays it, and BY_HAND more for each filament that a person put in before (M600)."""

    def __len__(self) -> int:
        return len(self.z)

    def only(self, chosen: BoolArray | slice) -> Beads:
        return Beads(*(getattr(self, one.name)[chosen] for one in fields(self)))


def joined(parts: list[Beads]) -> Beads:
    if len(parts) == 1:
        return parts[0]
    return Beads(
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        z=np.concatenate([part.z for part in parts]),
        volume=np.concatenate([part.volume for part in parts]),
        role=np.concatenate([part.role for part in parts]),
        label=np.concatenate([part.label for part in parts]),
        line=np.concatenate([part.line for part in parts]),
        filament=np.concatenate([part.filament for part in parts]),
    )


class Reader:
    """The layers of a program, in its order, and what is said besides."""

    def __init__(self, data: bytes, filament_area: float, block: int = BLOCK) -> None:
        self._data, self._area, self._size = data, filament_area, block
        self._role, self._label, self._line = BESIDE if _MARK.search(data) else PART, -1, 0
        self._tool, self._by_hand = 0, 0
        self._typed = False
        self._said = b""
        self.slanted = 0
        """Beads laid while Z changes."""
        self.unread = 0
        """Faults of the writing: what preflight tells."""

    def layers(self) -> Iterator[Beads]:
        """Beads of equal height that follow each other. What lies beside the part stays with them."""
        waiting: list[Beads] = []
        for beads in self._blocks():
            cuts = np.flatnonzero(np.abs(np.diff(beads.z)) > SAME_Z) + 1
            for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(beads)], strict=True):
                if waiting and abs(float(waiting[0].z[0]) - float(beads.z[begin])) > SAME_Z:
                    yield joined(waiting)
                    waiting = []
                waiting.append(beads.only(slice(begin, end)))
        if waiting:
            yield joined(waiting)

    def _blocks(self) -> Iterator[Beads]:
        begin, data = 0, self._data
        while begin < len(data):
            end = len(data)
            if end - begin > self._size:
                cut = data.find(b"\n", begin + self._size)
                end = len(data) if cut < 0 else cut + 1
            beads = self._block(data[begin:end])
            if len(beads):
                yield beads
            begin = end

    def _block(self, raw: bytes) -> Beads:
        program = parse(self._said + raw)
        self.unread += sum({fault.code: fault.count for fault in program.faults}.values())
        moves = trace(program)
        role = self._roles(raw, program.line[moves.index], self._said.count(b"\n"))
        label = self._labels(program)[moves.index]
        filament = self._filaments(program)[moves.index]
        line = program.line[moves.index] - self._said.count(b"\n") + self._line
        self._line += raw.count(b"\n")
        self._said = state(program, moves, self._said)
        # A full circle ends where it begins.
        lays = moves.lays | (moves.arc & (moves.e > 0))
        self.slanted += int((lays & (np.abs(moves.end[:, 2] - moves.start[:, 2]) > SAME_Z)).sum())
        start, end, which = straight(moves, np.flatnonzero(lays))
        share = np.bincount(which, minlength=len(moves))[which]
        return Beads(
            start=start,
            end=end,
            z=moves.end[which, 2],
            volume=moves.e[which] * self._area / share,
            role=role[which],
            label=label[which],
            line=line[which],
            filament=filament[which],
        )

    def _roles(self, raw: bytes, lines: IntArray, before: int) -> IntArray:
        """Of moves in these lines: what the last comment above them says."""
        marks = list(_MARK.finditer(raw))
        known = [self._role]
        for mark in marks:
            # Before the first mark the nozzle is primed; a mark of a layer alone says that the part begins, but where
            # roles are said, they are said only where they change.
            if mark[1] is not None:
                self._typed = True
                known.append(next((role for word, role in _ROLES if word in mark[1].lower()), PART))
            else:
                known.append(known[-1] if self._typed else PART)
        self._role = known[-1]
        ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n")) if marks else np.zeros(0, np.int64)
        at = np.searchsorted(ends, [mark.start() for mark in marks]) + 1 + before
        return np.array(known, dtype=np.int64)[np.searchsorted(at, lines, side="right")]

    def _labels(self, program: Program) -> IntArray:
        said = (program.code == _M486) & ~np.isnan(program.word("S"))
        if not len(program):
            return np.zeros(0, np.int64)
        at = latest(said)
        values = np.nan_to_num(program.word("S")).astype(np.int64)
        labels: IntArray = np.where(at >= 0, values[at], self._label)
        self._label = int(labels[-1])
        return labels

    def _filaments(self, program: Program) -> IntArray:
        if not len(program):
            return np.zeros(0, np.int64)
        at = latest((program.code >= _TOOL.start) & (program.code < _TOOL.stop))
        tool = np.where(at >= 0, (program.code[at] - _TOOL.start) // 10, self._tool)
        by_hand = np.cumsum(program.code == _M600) + self._by_hand
        self._tool, self._by_hand = int(tool[-1]), int(by_hand[-1])
        filaments: IntArray = tool + BY_HAND * by_hand
        return filaments


def straight(moves: Trace, chosen: IntArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Both ends of straight pieces of the chosen moves, and the move that each is of. Arcs become chords."""
    start, end = moves.start[:, :2], moves.end[:, :2]
    arcs = chosen[moves.arc[chosen] & ~np.isnan(moves.radius[chosen]) & (moves.radius[chosen] > 0)]
    if not len(arcs):
        return start[chosen], end[chosen], chosen
    centre = moves.centre[arcs]
    first, turn = (angles[arcs] for angles in moves.turns)
    count = np.ones(len(moves), dtype=np.int64)
    count[arcs] = np.clip(np.ceil(np.abs(turn) * moves.radius[arcs] / CHORD), 4, MAX_CHORDS)
    which = np.repeat(chosen, count[chosen])
    step = np.arange(len(which)) - np.repeat(np.cumsum(count[chosen]) - count[chosen], count[chosen])
    begin, finish = start[which].copy(), end[which].copy()
    place = np.zeros(len(moves), dtype=np.int64)
    place[arcs] = np.arange(len(arcs))
    bent = np.isin(which, arcs)
    of, number = place[which[bent]], step[bent]
    pieces = count[which[bent]]
    for points, share in ((begin, number / pieces), (finish, (number + 1) / pieces)):
        angle = first[of] + turn[of] * share
        radius = moves.radius[arcs][of]
        points[bent] = centre[of] + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return begin, finish, which
