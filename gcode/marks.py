"""What comments of a program say of its moves: what they are for, and in which layer. Of ours and of other slicers.

``;TYPE:`` and ``; FEATURE:`` name what follows; ``;LAYER:``, ``;LAYER_CHANGE`` and ``; CHANGE_LAYER`` begin a layer.
Where no comment says a layer, the next one begins where material is laid at another height.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from gcode.stream import Piece
from gcode.units import IntArray

TRAVEL, FEEDER, OTHER = range(3)
NAMES: Final = ("travel", "feeder alone", "laid, not said what for")
MOST_ROLES: Final = 64
LONGEST: Final = 40
"""Letters of a role's name."""
SAME_Z: Final = 0.002
"""mm between beads of one layer."""
_MARK: Final = re.compile(
    rb"^; ?(?:(?:TYPE|FEATURE):[ \t]*([^\r\n]{1,200})|(LAYER_CHANGE\b|CHANGE_LAYER\b|LAYER:))[^\n]*$", re.M
)


class Marks:
    """Roles and layers of moves, over the pieces of a program."""

    def __init__(self) -> None:
        self.roles = list(NAMES)
        self._role, self._layer, self._z = OTHER, -1, float("nan")
        self._marked = False

    def at(self, piece: Piece) -> tuple[IntArray, IntArray]:
        """Of each move: its role (a place in ``roles``), and its layer from 0; -1 before the first."""
        moves = piece.moves
        found = list(_MARK.finditer(piece.raw))
        ends = np.flatnonzero(np.frombuffer(piece.raw, dtype=np.uint8) == ord("\n")) if found else np.zeros(0, np.int64)
        lines = np.searchsorted(ends, [mark.start() for mark in found]) + piece.line
        where = np.searchsorted(lines, piece.program.line[moves.index], side="right")
        said = self._said(found)[where]
        alone = (moves.e != 0) & (moves.distance == 0) & ~moves.arc
        lays = moves.lays | (moves.arc & (moves.e > 0))
        role: IntArray = np.where(lays, said, np.where(alone, FEEDER, TRAVEL))
        return role, self._layers(piece, [mark[2] is not None for mark in found], where)

    def _said(self, found: list[re.Match[bytes]]) -> IntArray:
        """The role in force before the first mark, and from each on."""
        known = [self._role]
        for mark in found:
            known.append(known[-1] if mark[1] is None else self._number(mark[1]))
        self._role = known[-1]
        return np.array(known, dtype=np.int64)

    def _number(self, name: bytes) -> int:
        text = "".join(letter for letter in name.decode("ascii", "replace").strip() if letter.isprintable())[:LONGEST]
        if text not in self.roles:
            if not text or len(self.roles) >= MOST_ROLES:
                return OTHER
            self.roles.append(text)
        return self.roles.index(text)

    def _layers(self, piece: Piece, begins: list[bool], where: IntArray) -> IntArray:
        if any(begins) and not self._marked:
            self._marked, self._layer = True, -1
        if self._marked:
            layers: IntArray = (self._layer + np.concatenate([[0], np.cumsum(begins)]).astype(np.int64))[where]
            self._layer += int(sum(begins))
            return layers
        lays = np.flatnonzero(piece.moves.lays)
        if not len(lays):
            return np.full(len(piece.moves), self._layer)
        heights = np.concatenate([[self._z], piece.moves.end[lays, 2]])
        rises = np.zeros(len(piece.moves), dtype=np.int64)
        rises[lays] = ~(np.abs(np.diff(heights)) <= SAME_Z)
        risen: IntArray = self._layer + np.cumsum(rises)
        self._layer, self._z = int(risen[-1]), float(heights[-1])
        return risen
