"""Commands that move: G0-G4, G28, G90-G92, M82, M83, M400."""

from __future__ import annotations

import math
from collections.abc import Generator

from simulators.marlin.board import Board, Point
from simulators.marlin.steps import Command, Parameters, Steps, Wait, drained, room, until

HOMING = (50.0, 50.0, 4.0)
"""HOMING_FEEDRATE_MM_M, here in mm/s."""
BUMP = (5.0, 5.0, 2.0)
"""HOMING_BUMP_MM; the second approach runs at half the speed."""
LONGEST_EXTRUSION = 200.0
"""EXTRUDE_MAXLENGTH."""
FRAME = 2.0
"""An axis that was not homed can be told to go so many envelopes far, and no farther."""
ARC_SEGMENT = 1.0
"""mm of an arc in one block."""


def straight(board: Board, parameters: Parameters) -> Steps:
    """G0, G1."""
    target, e = _destination(board, parameters)
    shares = board.leveling.borders(board.position, target)
    if shares:
        return _split(board, target, e, shares)
    if board.planner.free > 0:
        line(board, target, e)
        return None
    return _later(board, target, e)


def _later(board: Board, target: Point, e: float) -> Generator[Wait]:
    yield room(board)
    line(board, target, e)


def _split(board: Board, target: Point, e: float, shares: list[float]) -> Generator[Wait]:
    """A move that crosses the mesh's lines, in pieces: each is straight between heights that are right."""
    begin, e0 = board.position, board.e
    for share in [*shares, 1.0]:
        x, y, z = (a + share * (b - a) for a, b in zip(begin, target, strict=True))
        yield room(board)
        line(board, target if share == 1.0 else (x, y, z), e0 + share * (e - e0))


def _destination(board: Board, parameters: Parameters) -> tuple[Point, float]:
    values = parameters.values
    unit = 25.4 if board.inches else 1.0
    target = list(board.position)
    for axis, letter in enumerate("XYZ"):
        value = values.get(letter)
        if value is not None and not board.objects.skipping:
            target[axis] = value * unit + (target[axis] if board.relative else -board.shift[axis])
    e = board.e
    value = values.get("E")
    if value is not None:
        e = value * unit + (e if board.relative_e else 0.0)
    value = values.get("F")
    if value is not None and value > 0:
        board.feed = value * unit / 60
    return (target[0], target[1], target[2]), e


def line(board: Board, target: Point, e: float) -> None:
    """One straight move in native coordinates to the planner, past the guards."""
    recorder = board.recorder
    moves = target != board.position
    target = _clamped(board, target)
    de = e - board.e
    board.e = e
    if board.objects.skipping:
        de = 0.0
    if de:
        if board.min_temp > 0:
            board.heat()
            if board.hotend.shown < board.min_temp:
                board.say("echo: cold extrusion prevented\n")
                recorder.count("cold_extrusions")
                de = 0.0
        if abs(de) > LONGEST_EXTRUSION:
            board.say("echo: too long extrusion prevented\n")
            recorder.count("long_extrusions")
            de = 0.0
    if moves and len(board.homed) < 3:
        recorder.count("unhomed_moves")
    dx, dy, dz = board.offset
    ox, oy, oz = board.leveling.raised(board.position)
    tx, ty, tz = board.leveling.raised(target)
    origin = (ox + dx, oy + dy, oz + dz)
    destination = (tx + dx, ty + dy, tz + dz)
    if board.planner.append(board.now, origin, destination, de * board.flow_factor, board.feed * board.speed_factor):
        board.position = target


def _clamped(board: Board, target: Point) -> Point:
    """Soft endstops: homed axes stay within the envelope. Any other is stopped by the frame, not far beyond it."""
    most = board.options.envelope
    inside = [
        min(max(value, 0.0), most[axis])
        if axis in board.homed and board.soft_endstops
        else min(max(value, -FRAME * most[axis]), FRAME * most[axis])
        for axis, value in enumerate(target)
    ]
    result = (inside[0], inside[1], inside[2])
    if result != target:
        board.recorder.count("clamped_moves")
    return result


def arc(clockwise: bool) -> Command:
    """G2, G3 in the plane XY, by I and J or by R; a full circle where the end is the start."""

    def command(board: Board, parameters: Parameters) -> Generator[Wait]:
        x0, y0, z0 = board.position
        e0 = board.e
        target, e1 = _destination(board, parameters)
        centre = _centre(board, parameters, target, clockwise)
        if centre is None:
            board.say("Error:G2/G3 bad parameters\n")
            return
        cx, cy = centre
        radius = math.hypot(x0 - cx, y0 - cy)
        begin = math.atan2(y0 - cy, x0 - cx)
        sweep = (math.atan2(target[1] - cy, target[0] - cx) - begin) % (2 * math.pi)
        if clockwise:
            sweep -= 2 * math.pi
        if abs(target[0] - x0) < 1e-9 and abs(target[1] - y0) < 1e-9:
            sweep = -2 * math.pi if clockwise else 2 * math.pi
        count = max(1, math.floor(abs(sweep) * radius / ARC_SEGMENT))
        for index in range(1, count + 1):
            share = index / count
            angle = begin + sweep * share
            point = (cx + radius * math.cos(angle), cy + radius * math.sin(angle), z0 + (target[2] - z0) * share)
            yield room(board)
            line(board, target if index == count else point, e0 + (e1 - e0) * share)

    return command


def _centre(board: Board, parameters: Parameters, target: Point, clockwise: bool) -> tuple[float, float] | None:
    unit = 25.4 if board.inches else 1.0
    x0, y0, _ = board.position
    if not parameters.has("R"):
        i, j = parameters.get("I", 0) * unit, parameters.get("J", 0) * unit
        return (x0 + i, y0 + j) if i or j else None
    r = parameters.get("R", 0) * unit
    dx, dy = target[0] - x0, target[1] - y0
    chord = math.hypot(dx, dy)
    if not r or not chord:
        return None
    height = math.sqrt(max(0.0, r * r - chord * chord / 4))
    side = -1.0 if clockwise != (r < 0) else 1.0
    return x0 + dx / 2 - side * height * dy / chord, y0 + dy / 2 + side * height * dx / chord


def dwell(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G4: P in ms, S in s; S wins."""
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    yield drained(board)
    yield until(board, board.now + max(0.0, seconds))


def home(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G28: the axes named, or all; X, then Y, then Z, each with a second slow approach. It switches leveling off."""
    axes = [axis for axis, letter in enumerate("XYZ") if letter in parameters.values] or [0, 1, 2]
    yield drained(board)
    board.position = board.leveling.switch(False, board.position)
    if 2 in axes:
        board.recorder.boundary("home")
    for axis in axes:
        distance = abs(board.physical[axis])
        seconds = distance / HOMING[axis] + 3 * BUMP[axis] / HOMING[axis]
        yield until(board, board.now + seconds)
        board.physical = with_axis(board.physical, axis, 0.0)
        board.position = with_axis(board.position, axis, 0.0)
        board.offset = with_axis(board.offset, axis, 0.0)
        board.shift = with_axis(board.shift, axis, 0.0)
        board.homed.add(axis)
    board.say(board.position_text())


def with_axis(point: Point, axis: int, value: float) -> Point:
    changed = list(point)
    changed[axis] = value
    return changed[0], changed[1], changed[2]


def set_position(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G92: names the place where the tool is; E always, X, Y, Z by shifting the coordinates. Waits for the planner."""
    yield drained(board)
    unit = 25.4 if board.inches else 1.0
    for axis, letter in enumerate("XYZ"):
        if parameters.has(letter):
            board.shift = with_axis(board.shift, axis, parameters.get(letter, 0) * unit - board.position[axis])
    if parameters.has("E"):
        board.e = parameters.get("E", 0) * unit


def name_position(board: Board, parameters: Parameters) -> Steps:
    """G92 E0 alone does not wait for motion."""
    if set(parameters.values) == {"E"} and parameters.has("E"):
        board.e = parameters.get("E", 0) * (25.4 if board.inches else 1.0)
        return None
    return set_position(board, parameters)


def finish(board: Board, _: Parameters) -> Generator[Wait]:
    """M400, and what else first waits for the motion's end."""
    yield drained(board)


def absolute(board: Board, _: Parameters) -> Steps:
    """G90: E becomes absolute too."""
    board.relative = board.relative_e = False
    return None


def relative(board: Board, _: Parameters) -> Steps:
    """G91: E becomes relative too."""
    board.relative = board.relative_e = True
    return None


def extruder_relative(value: bool) -> Command:
    def command(board: Board, _: Parameters) -> Steps:
        board.relative_e = value
        return None

    return command


def inches(value: bool) -> Command:
    def command(board: Board, _: Parameters) -> Steps:
        board.inches = value
        return None

    return command
