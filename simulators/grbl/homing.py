"""$H: find the switches, Z first, then X and Y together (limits.c)."""

from __future__ import annotations

import math

from simulators.grbl.board import Board, State
from simulators.grbl.steps import Aborted, Steps, drained, seconds
from simulators.grbl.store import Point

CYCLES = ((2,), (0, 1))
SEARCH = 1.5
"""HOMING_AXIS_SEARCH_SCALAR: how many travels a switch is searched for."""
NOT_FOUND = 9


def home(board: Board) -> Steps:
    yield drained(board)
    board.off()
    board.state = State.HOME
    board.recorder.boundary("home")
    store = board.store
    seek, feed, pulloff = store.values[25] / 60, store.values[24] / 60, store.values[27]
    debounce = store.values[26] / 1000
    for axes in CYCLES:
        place = board.true(board.stopped)
        ways = {axis: abs(_switch(board, axis) - place[axis]) for axis in axes}
        search = SEARCH * max(store.values[130 + axis] for axis in axes)
        missed = board.homing_fault == NOT_FOUND or max(ways.values()) > search
        yield seconds(board, (search if missed else max(ways.values())) / max(seek, 1e-3))
        if not missed:
            yield seconds(board, 2 * pulloff / max(seek, 1e-3) + pulloff / max(feed, 1e-3) + 4 * debounce)
        if missed or board.homing_fault:
            code, board.homing_fault = board.homing_fault or NOT_FOUND, 0
            board.alarm(code)
            raise Aborted
        _found(board, axes, pulloff)
    board.homed = True
    board.parser.position = board.stopped
    board.wco_count = 0
    board.state = State.IDLE


def _negative(board: Board, axis: int) -> bool:
    """The switch is at the lower end of an axis."""
    return bool(int(board.store.values[23]) & 1 << axis)


def _switch(board: Board, axis: int) -> float:
    """Its place on the bed."""
    return 0.0 if _negative(board, axis) else board.options.envelope[axis]


def _found(board: Board, axes: tuple[int, ...], pulloff: float) -> None:
    """The axes stand off their switches, and the firmware says where that is: machine space is negative."""
    offset, stopped = list(board.offset), list(board.stopped)
    for axis in axes:
        travel = board.store.values[130 + axis]
        negative = _negative(board, axis)
        stopped[axis] = -travel + pulloff if negative else -pulloff
        true = _switch(board, axis) + (pulloff if negative else -pulloff)
        offset[axis] = true - stopped[axis]
    board.offset, board.stopped = _point(offset), board.stepped(_point(stopped))


def _point(values: list[float]) -> Point:
    if not all(map(math.isfinite, values)):
        raise ValueError(f"homing ends nowhere: {values}")
    return values[0], values[1], values[2]
