"""What commands are made of: waits of the main loop, and the end of a command that a reset cut off."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from simulators.grbl.board import Board
from simulators.grbl.store import BYTE


@dataclass(slots=True)
class Wait:
    """``event``: when to look again, if time brings it. ``dwells``: seconds count only while nothing is held."""

    met: Callable[[float | None], bool]
    event: float | None = None
    dwells: bool = False

    def over(self) -> bool:
        return self.met(self.event)


Steps = Generator[Wait, None, None]


class Aborted(Exception):
    """An alarm cut the command off."""


def room(board: Board) -> Wait:
    """A block of the planner."""
    return Wait(lambda _: board.planner.free > 0)


def drained(board: Board) -> Wait:
    """protocol_buffer_synchronize()"""
    return Wait(lambda _: not len(board.planner))


def still(board: Board) -> Wait:
    """The tool is at rest."""
    return Wait(lambda _: board.planner.running is None)


def seconds(board: Board, duration: float, dwells: bool = False) -> Wait:
    return Wait(lambda event: event is None or board.now >= event - 1e-9, board.now + duration, dwells)


def write(board: Board, count: int) -> Steps:
    """So many bytes to the EEPROM, once the queue is empty. Meanwhile the processor hears nothing."""
    yield drained(board)
    board.deaf = board.now + count * BYTE
    yield seconds(board, count * BYTE)
