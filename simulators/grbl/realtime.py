"""Bytes that act at once, whatever waits (serial.c, protocol.c "real-time commands")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulators.grbl.board import MOVING, Board, Held, State

RESET, STATUS, HOLD, RESUME, DOOR, JOG_CANCEL = 0x18, 0x3F, 0x21, 0x7E, 0x84, 0x85
ABORT_CYCLE, HOMING_RESET, HOMING_DOOR = 3, 6, 7
RESTORE_SPINDLE, RESTORE_COOLANT = 4.0, 1.0
"""Seconds after the door was closed: SAFETY_DOOR_SPINDLE_DELAY, SAFETY_DOOR_COOLANT_DELAY."""


def reset(board: Board) -> None:
    """0x18. In motion the position is lost."""
    board.recorder.count("resets")
    if board.reboot_at is not None:
        return
    if board.state is State.HOME:
        board.alarm(HOMING_RESET)
    elif not board.critical and (board.state in MOVING or board.slowing):
        board.alarm(ABORT_CYCLE)
    else:
        board.reboot_at = board.now


def hold(board: Board) -> None:
    """``!``"""
    if board.state in MOVING:
        _brake(board, State.HOLD)
    elif board.state is State.IDLE:
        board.recorder.count("holds")
        rest(board)


def rest(board: Board) -> None:
    """A hold is complete. A laser is switched off for it (DISABLE_LASER_DURING_HOLD)."""
    since = board.held.since if board.state is State.HOLD else board.now
    board.state, board.held = State.HOLD, Held(complete=True, since=since)
    if board.store.on(32) and board.parser.modal.spindle != "M5":
        board.held.before = board.spindle
        board.turn("M5", 0.0)


def _brake(board: Board, state: State) -> None:
    board.recorder.count("holds")
    board.held = Held(jog=board.state is State.JOG, since=board.now)
    board.planner.hold(board.now)
    board.settle()
    if not board.held.jog:
        board.state = state


def cancel(board: Board) -> None:
    """0x85"""
    if board.state is State.JOG and not board.held.jog:
        _brake(board, State.HOLD)


def door(board: Board) -> None:
    """0x84, and the switch of the door."""
    if board.state in (State.ALARM, State.CHECK, State.SLEEP):
        return
    if board.state is State.HOME:
        board.alarm(HOMING_DOOR)
        return
    board.message("Check Door")
    if board.state in MOVING:
        _brake(board, State.DOOR)
    elif board.state is State.DOOR:
        board.held.restoring = None
    else:
        complete = board.state is State.IDLE or board.held.complete
        board.held = Held(complete=complete, since=board.held.since if board.state is State.HOLD else board.now)
        board.state = State.DOOR
        if complete:
            _darken(board)


def _darken(board: Board) -> None:
    """What a door switches off when all stands still."""
    board.held.before = board.spindle if board.spindle.mode != "M5" else board.held.before
    before = board.held.before
    board.off()
    board.held.before = before


def resume(board: Board) -> None:
    """``~``: lost unless a hold has come to its end."""
    if board.state is State.DOOR:
        if not board.ajar and board.held.complete and board.held.restoring is None:
            board.held.restoring = board.now + _restore(board)
    elif board.state is State.HOLD and board.held.complete:
        if board.held.before is not None:
            board.message("Restoring spindle")
        _go_on(board)


def _restore(board: Board) -> float:
    """Seconds until spindle and coolant are back."""
    modal = board.parser.modal
    delay = RESTORE_SPINDLE if modal.spindle != "M5" and not board.store.on(32) else 0.0
    return delay + (RESTORE_COOLANT if modal.mist or modal.flood else 0.0)


def _go_on(board: Board) -> None:
    before, board.held = board.held.before, Held(since=board.held.since)
    if before is not None:
        board.turn(before.mode, before.revolutions)
    modal = board.parser.modal
    board.mist, board.flood = modal.mist, modal.flood
    board.state = State.RUN if len(board.planner) else State.IDLE
    board.planner.resume(board.now)


def progress(board: Board) -> None:
    """Holds that have come to their end, and cycles."""
    held = board.held
    resting = board.planner.running is None
    if held.jog and resting:
        board.planner.abort(board.now)
        board.parser.position = board.stopped
        board.held = Held(complete=True, since=board.now)
        board.state = State.DOOR if board.ajar else State.IDLE
        if board.state is State.IDLE:
            board.held = Held()
    elif board.state in (State.HOLD, State.DOOR) and not held.complete and resting:
        held.complete = True
        if board.state is State.DOOR:
            _darken(board)
        else:
            rest(board)
    elif board.state is State.DOOR and held.restoring is not None and board.now >= held.restoring - 1e-9:
        _go_on(board)
    elif board.state in MOVING and not len(board.planner):
        board.state = State.IDLE


def _feed(change: Callable[[int], int]) -> Callable[[Board], None]:
    def act(board: Board) -> None:
        percent = min(200, max(10, change(board.overrides.feed)))
        if percent != board.overrides.feed:
            board.overrides.feed = percent
            board.respeed()

    return act


def _rapid(percent: int) -> Callable[[Board], None]:
    def act(board: Board) -> None:
        if percent != board.overrides.rapid:
            board.overrides.rapid = percent
            board.respeed()

    return act


def _turns(change: Callable[[int], int]) -> Callable[[Board], None]:
    def act(board: Board) -> None:
        percent = min(200, max(10, change(board.overrides.spindle)))
        if percent != board.overrides.spindle:
            board.overrides.spindle = percent
            board.respeed()

    return act


def stop_spindle(board: Board) -> None:
    """0x9E: in a hold only, and again to restore."""
    if board.state is not State.HOLD or not board.held.complete:
        return
    if board.held.before is None and board.spindle.mode != "M5":
        board.held.before = board.spindle
        board.turn("M5", 0.0)
    elif board.held.before is not None:
        before, board.held.before = board.held.before, None
        board.message("Restoring spindle")
        board.turn(before.mode, before.revolutions)


def flood(board: Board) -> None:
    """0xA0"""
    if board.state in (State.IDLE, State.HOLD, *MOVING):
        board.flood, board.override_count = not board.flood, 0


ACTS: Mapping[int, Callable[[Board], None]] = {
    RESET: reset,
    HOLD: hold,
    RESUME: resume,
    DOOR: door,
    JOG_CANCEL: cancel,
    0x90: _feed(lambda _: 100),
    0x91: _feed(lambda percent: percent + 10),
    0x92: _feed(lambda percent: percent - 10),
    0x93: _feed(lambda percent: percent + 1),
    0x94: _feed(lambda percent: percent - 1),
    0x95: _rapid(100),
    0x96: _rapid(50),
    0x97: _rapid(25),
    0x99: _turns(lambda _: 100),
    0x9A: _turns(lambda percent: percent + 10),
    0x9B: _turns(lambda percent: percent - 10),
    0x9C: _turns(lambda percent: percent + 1),
    0x9D: _turns(lambda percent: percent - 1),
    0x9E: stop_spindle,
    0xA0: flood,
}
"""``?`` is the firmware's, as it knows the buffer. Other bytes above 0x7F are dropped."""
