"""What a block that was accepted does, in the order of the standard (gcode.c, step 4)."""

from __future__ import annotations

import math
from dataclasses import replace

from simulators.grbl import realtime
from simulators.grbl.board import Board, Overrides, State
from simulators.grbl.lines import arc, line, probe
from simulators.grbl.meaning import Meaning
from simulators.grbl.steps import Steps, Wait, drained, seconds, write
from simulators.grbl.store import COORDINATE_BYTES
from simulators.grbl.words import Claim, Modal
from simulators.motion import Work

DWELL_STEP = 0.05
"""A dwell is counted in pieces so long, rounded up."""
CUTTING = ("G1", "G2", "G3")


def execute(board: Board, meaning: Meaning) -> Steps:
    parser, modal = board.parser, meaning.modal
    checking = board.state is State.CHECK
    parser.feed, parser.tool = meaning.feed, meaning.tool
    yield from _spindle(board, meaning, checking)
    if (parser.modal.mist, parser.modal.flood) != (modal.mist, modal.flood) and not checking:
        yield drained(board)
        board.mist, board.flood, board.override_count = modal.mist, modal.flood, 0
    if meaning.action == "G4" and not checking:
        yield drained(board)
        yield seconds(board, math.ceil(meaning.dwell / DWELL_STEP - 1e-9) * DWELL_STEP, dwells=True)
    yield from _offsets(board, meaning)
    parser.modal = modal
    if meaning.action in ("G28", "G30"):
        rapid = _work(board, meaning, rapid=True)
        if meaning.claim is not Claim.NONE:
            yield from line(board, meaning.target, rapid)
        yield from line(board, meaning.place, rapid)
        parser.position = meaning.place
    if meaning.moves:
        yield from _move(board, meaning)
    if modal.flow:
        yield from _flow(board, modal, checking)


def _powered(board: Board, modal: Modal) -> bool:
    """A laser is on in G1, G2 and G3 only; a spindle always."""
    return not board.store.on(32) or modal.motion in CUTTING


def _spindle(board: Board, meaning: Meaning, checking: bool) -> Steps:
    """S and M3, M4, M5. With a laser, a new S in a block that moves stops nothing (laser_mode.md)."""
    parser, modal, before = board.parser, meaning.modal, board.parser.modal
    laser, powered = board.store.on(32), _powered(board, modal)
    speed = meaning.speed if powered else 0.0
    sync = laser and not meaning.moves and before.spindle == "M3" and (before.motion in CUTTING) != powered
    changed = (parser.speed != meaning.speed or sync) and before.spindle != "M5"
    if changed and not (laser and meaning.moves) and not checking:
        yield drained(board)
        board.turn(before.spindle, speed)
    parser.speed = meaning.speed
    if before.spindle != modal.spindle and not checking:
        yield drained(board)
        board.turn(modal.spindle, speed)


def _offsets(board: Board, meaning: Meaning) -> Steps:
    """G43.1, G54-G59, G10, G28.1, G30.1, G92. The queue is emptied before a write or another offset."""
    parser, modal = board.parser, meaning.modal
    before = parser.offset()
    if meaning.claim is Claim.LENGTH:
        parser.length = meaning.target[2] if modal.length == "G43.1" else 0.0
    parser.system = meaning.system
    if meaning.action == "G10":
        yield from write(board, COORDINATE_BYTES)
        board.store.coordinates[meaning.stored] = meaning.place
        if meaning.stored == modal.system:
            parser.system = meaning.place
    elif meaning.action in ("G28.1", "G30.1"):
        yield from write(board, COORDINATE_BYTES)
        board.store.coordinates[meaning.action.removesuffix(".1")] = parser.position
    elif meaning.action in ("G92", "G92.1"):
        parser.shift = meaning.place
    if parser.offset() != before:
        yield drained(board)
        board.wco_count = 0


def _work(board: Board, meaning: Meaning, rapid: bool) -> Work:
    speed = meaning.speed if _powered(board, meaning.modal) else 0.0
    return board.work(speed, meaning.feed / 60, meaning.number, rapid)


def _move(board: Board, meaning: Meaning) -> Steps:
    parser, modal = board.parser, meaning.modal
    rapid = modal.motion == "G0"
    work = _work(board, meaning, rapid)
    if modal.feed == "G93" and not rapid and meaning.arc is None:
        work = replace(work, programmed=work.programmed * math.dist(parser.position, meaning.target))
    if modal.motion.startswith("G38"):
        yield from probe(board, meaning.target, work, modal.motion)
        return
    if meaning.arc is not None:
        yield from arc(board, meaning.target, meaning.arc, work, modal.feed == "G93")
    else:
        yield from line(board, meaning.target, work)
    parser.position = meaning.target


def _flow(board: Board, modal: Modal, checking: bool) -> Steps:
    """M0 holds; M2 and M30 end the program and restore modes."""
    parser = board.parser
    yield drained(board)
    if modal.flow == "M0":
        if not checking:
            realtime.rest(board)
            yield Wait(lambda _: board.state is not State.HOLD)
        parser.modal = replace(modal, flow="")
        return
    parser.modal = Modal("G1", units=modal.units, length=modal.length)
    if not checking:
        board.overrides = Overrides()
        parser.system = board.store.coordinates["G54"]
        board.wco_count = 0
        board.off()
        board.recorder.boundary("end")
    board.message("Pgm End")
