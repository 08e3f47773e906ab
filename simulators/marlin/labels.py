"""M486: see ``objects``."""

from __future__ import annotations

from simulators.marlin.board import Board
from simulators.marlin.objects import NOBODY, Objects
from simulators.marlin.steps import Parameters, Steps


def objects(board: Board, parameters: Parameters) -> Steps:
    """M486."""
    known = board.objects
    if parameters.has("T"):
        known = board.objects = Objects()
        known.count = int(parameters.get("T", 1))
    if parameters.has("S"):
        known.active = int(parameters.get("S", NOBODY))
        known.count = max(known.count, known.active + 1)
    if "C" in parameters.values:
        _leave_out(board, known.active)
    if parameters.has("P"):
        _leave_out(board, int(parameters.get("P", NOBODY)))
    if parameters.has("U"):
        known.left_out.discard(int(parameters.get("U", NOBODY)))
    return None


def _leave_out(board: Board, number: int) -> None:
    if board.objects.leave_out(number):
        board.recorder.event(board.now, "object", f"{number} is left out")
