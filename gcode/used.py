"""What a program takes off the spool, or out of the cartridge, tool by tool.

Counted is the furthest that each feeder has ever pushed: what was drawn back and given again is counted once, and what
is drawn back at the very end was used.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gcode.stream import Piece, cut, pieces


class Feeders:
    """How far each tool's feeder has come, over the pieces of a program."""

    def __init__(self) -> None:
        self._now: dict[int, float] = {}
        self._most: dict[int, float] = {}

    def add(self, piece: Piece) -> None:
        tools = piece.tool[piece.moves.index]
        fed = piece.moves.e != 0
        for tool in np.unique(tools[fed]).tolist():
            run = self._now.get(tool, 0.0) + np.cumsum(piece.moves.e[fed & (tools == tool)])
            self._now[tool] = float(run[-1])
            self._most[tool] = max(self._most.get(tool, 0.0), float(run.max()))

    @property
    def used(self) -> dict[int, float]:
        """mm of E by each tool's number; tools that have pushed nothing are left out."""
        return {tool: most for tool, most in sorted(self._most.items()) if most > 0}


def filament(data: bytes | Iterable[bytes]) -> dict[int, float]:
    """mm of E that each tool pushes, by its number (0 where a program names none).

    ``data``: a program, or its parts of whole lines (:func:`gcode.stream.cut`).
    """
    feeders = Feeders()
    for piece in pieces(cut(data) if isinstance(data, bytes) else data):
        feeders.add(piece)
    return feeders.used
