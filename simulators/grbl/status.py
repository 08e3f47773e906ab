"""The answer to ``?`` (report.c, interface.md "Real-time Status Reports")."""

from __future__ import annotations

from simulators.grbl.board import MOVING, Board, State
from simulators.grbl.reports import point, rate
from simulators.grbl.store import Point

WCO_BUSY, WCO_IDLE = 30, 10
OVERRIDE_BUSY, OVERRIDE_IDLE = 20, 10
POSITION, BUFFER = 1, 2
"""Bits of $10."""


def status(board: Board, free: int) -> str:
    """``free``: bytes of the receive buffer."""
    store, inches = board.store, board.store.on(13)
    mask = int(store.values[10])
    place, offset = board.machine(), board.parser.offset()
    if mask & POSITION:
        fields = [_state(board), f"MPos:{point(place, inches)}"]
    else:
        x, y, z = (m - o for m, o in zip(place, offset, strict=True))
        fields = [_state(board), f"WPos:{point((x, y, z), inches)}"]
    if mask & BUFFER:
        fields.append(f"Bf:{board.planner.free},{free}")
    running = board.planner.running
    if running is not None and running.work is not None and running.work.number and "N" in _options(board):
        fields.append(f"Ln:{running.work.number}")
    fields.append("FS:{},{:.0f}".format(*_speeds(board)))
    if pins := _pins(board, place):
        fields.append(f"Pn:{pins}")
    fields += _rhythm(board, point(offset, inches))
    return f"<{'|'.join(fields)}>\r\n"


def _options(board: Board) -> str:
    return "" if board.options.flavour == "grbl" else "N"


def _state(board: Board) -> str:
    held = board.held
    if board.state is State.HOLD:
        return f"Hold:{int(not held.complete)}"
    if board.state is State.DOOR:
        if held.restoring is not None:
            return "Door:3"
        return f"Door:{int(board.ajar)}" if held.complete else "Door:2"
    return str(board.state.value)


def _speeds(board: Board) -> tuple[str, float]:
    """Feed in mm/min and revolutions, as they are now."""
    inches = board.store.on(13)
    running = board.planner.running
    if running is None or running.work is None:
        return rate(0.0, inches), board.spindle.revolutions * board.overrides.spindle / 100
    speed, work = running.speed(board.now), running.work
    share = speed / work.programmed if work.follows and work.programmed else 1.0
    turns = work.revolutions * share * board.overrides.spindle / 100 if work.power else 0.0
    return rate(speed * 60, inches), min(turns, board.store.values[30])


def _pins(board: Board, place: Point) -> str:
    pins = ""
    if board.store.on(22):
        for axis, letter in enumerate("XYZ"):
            negative = int(board.store.values[23]) & 1 << axis
            switch = 0.0 if negative else board.options.envelope[axis]
            pins += letter if abs(board.true(place)[axis] - switch) < 1e-3 else ""
    return pins + ("D" if board.ajar else "")


def _rhythm(board: Board, offset: str) -> list[str]:
    """Offsets and overrides come when they changed, and once in a while."""
    busy = board.state in (*MOVING, State.HOME, State.HOLD, State.DOOR)
    fields = []
    if board.wco_count > 0:
        board.wco_count -= 1
    else:
        board.wco_count = (WCO_BUSY if busy else WCO_IDLE) - 1
        board.override_count = board.override_count or 1
        fields.append(f"WCO:{offset}")
    if board.override_count > 0:
        board.override_count -= 1
    else:
        board.override_count = (OVERRIDE_BUSY if busy else OVERRIDE_IDLE) - 1
        overrides = board.overrides
        fields.append(f"Ov:{overrides.feed},{overrides.rapid},{overrides.spindle}")
        if accessories := _accessories(board):
            fields.append(f"A:{accessories}")
    return fields


def _accessories(board: Board) -> str:
    running = board.planner.running
    work = running.work if running is not None else None
    power = work.power if work is not None else board.spindle.power
    mode = board.parser.modal.spindle if work is not None else board.spindle.mode
    letters = {"M3": "S", "M4": "C"}.get(mode, "") if power > 0 else ""
    return letters + ("F" if board.flood else "") + ("M" if board.mist else "")
