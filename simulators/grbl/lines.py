"""Lines, arcs and probing, as the planner gets them (motion_control.c, limits.c)."""

from __future__ import annotations

import math
from dataclasses import replace

from simulators.grbl import reports
from simulators.grbl.board import Board, State
from simulators.grbl.meaning import Arc
from simulators.grbl.steps import Aborted, Steps, drained, room, still
from simulators.grbl.store import Point
from simulators.motion import Work

SLIGHT = 5e-7
"""ARC_ANGULAR_TRAVEL_EPSILON: an arc that comes back so exactly is a full circle."""
SOFT_LIMIT = 2
PROBE_FOUND, PROBE_MISSED = 4, 5


def line(board: Board, target: Point, work: Work) -> Steps:
    """One line, past the soft limits."""
    if board.store.on(20) and board.state is not State.JOG and board.too_far(target):
        yield from _limited(board)
    if board.state is State.CHECK:
        return
    yield room(board)
    if board.move(target, work):
        if board.state is State.IDLE:
            board.state = State.RUN
    elif board.store.on(32) and board.parser.modal.spindle == "M3":  # a laser whose line has no length
        yield drained(board)
        board.turn("M3", work.revolutions)


def _limited(board: Board) -> Steps:
    """All that is queued lies within the limits: come to rest, so that the position is kept, and lock."""
    if board.state is State.RUN:
        board.planner.hold(board.now)
        yield still(board)
    board.alarm(SOFT_LIMIT)
    raise Aborted


def arc(board: Board, target: Point, way: Arc, work: Work, inverse: bool) -> Steps:
    """An arc as chords that stay within $12 of it."""
    first, second, along = way.axes
    start = board.parser.position
    cx, cy = way.centre
    rx, ry = start[first] - cx, start[second] - cy
    tx, ty = target[first] - cx, target[second] - cy
    angle = math.atan2(rx * ty - ry * tx, rx * tx + ry * ty)
    if way.clockwise and angle >= -SLIGHT:
        angle -= 2 * math.pi
    elif not way.clockwise and angle <= SLIGHT:
        angle += 2 * math.pi
    tolerance = min(board.store.values[12], way.radius)
    chord = 2 * math.sqrt(max(tolerance * (2 * way.radius - tolerance), 1e-12))
    count = math.floor(abs(angle) * way.radius / chord)
    if inverse and count:
        length = math.hypot(abs(angle) * way.radius, target[along] - start[along])
        work = replace(work, programmed=work.programmed * length)
    point = list(start)
    for index in range(1, count):
        share = index / count
        turned = angle * share
        point[first] = cx + rx * math.cos(turned) - ry * math.sin(turned)
        point[second] = cy + rx * math.sin(turned) + ry * math.cos(turned)
        point[along] = start[along] + share * (target[along] - start[along])
        yield from line(board, (point[0], point[1], point[2]), work)
    yield from line(board, target, work)


def probe(board: Board, target: Point, work: Work, kind: str) -> Steps:
    """G38.2-G38.5 against the surface of the piece: downwards, until the tool touches it."""
    parser = board.parser
    if board.state is State.CHECK:
        return
    yield drained(board)
    away, silent = kind in ("G38.4", "G38.5"), kind in ("G38.3", "G38.5")
    surface = board.options.surface - board.offset[2]
    start = parser.position
    if (start[2] <= surface + 1e-6) != away:
        board.alarm(PROBE_FOUND)
        return
    drop = target[2] - start[2]
    share = (surface - start[2]) / drop if drop else -1.0
    found = 0 <= share <= 1
    x, y, z = (a + (share if found else 1.0) * (b - a) for a, b in zip(start, target, strict=True))
    yield from line(board, (x, y, z), replace(work, fixed=True))
    yield drained(board)
    parser.position = board.stopped
    board.probe = (board.stopped if found or silent else board.probe[0], found)
    if not found and not silent:
        board.alarm(PROBE_MISSED)
    board.say(f"[PRB:{reports.point(board.probe[0], board.store.on(13))}:{int(found)}]\r\n")
