"""Commands that heat: M104, M105, M109, M140, M190, M302."""

from __future__ import annotations

import math
from collections.abc import Generator

from simulators.marlin import reports
from simulators.marlin.board import Board
from simulators.marlin.heaters import Heater
from simulators.marlin.steps import Command, Parameters, Steps, Wait, drained, second

RESIDENCY = 10.0
"""TEMP_RESIDENCY_TIME: seconds within the window before a hotend is ready; a bed is ready at once."""
WINDOW = 1.0
"""TEMP_WINDOW, degrees C."""


def set_heat(name: str) -> Command:
    def command(board: Board, parameters: Parameters) -> Steps:
        if parameters.has("S") or parameters.has("R"):
            board.heat()
            _heater(board, name).set(parameters.get("S", parameters.get("R", 0)))
        return None

    return command


def wait_heat(name: str) -> Command:
    """M109, M190: S waits only for heating, R for cooling too; temperatures are printed each second meanwhile."""

    def command(board: Board, parameters: Parameters) -> Generator[Wait]:
        yield drained(board)
        if not (parameters.has("S") or parameters.has("R")):
            return
        board.heat()
        heater = _heater(board, name)
        heater.set(parameters.get("S", parameters.get("R", 0)))
        board.heating = True
        if heater.target < heater.shown and not parameters.has("R"):
            return
        ready: float | None = None
        while board.heating and (ready is None or board.now < ready):
            board.heat()
            if abs(heater.shown - heater.target) > WINDOW:
                ready = None
            elif ready is None:
                ready = board.now + (RESIDENCY if name == "hotend" else 0.0)
            left = "?" if ready is None else f"{math.ceil(ready - board.now)}"
            board.say(reports.temperatures(board.hotend, board.bed) + f" W:{left}\n")
            yield second(board)

    return command


def _heater(board: Board, name: str) -> Heater:
    return board.hotend if name == "hotend" else board.bed


def temperatures(board: Board, _: Parameters) -> Steps:
    """M105: its ok carries the temperatures, and no N, P, B."""
    board.heat()
    board.tail = reports.temperatures(board.hotend, board.bed)
    return None


def cold_allowed(board: Board, parameters: Parameters) -> Steps:
    """M302: S the least temperature, P1 allows all."""
    if parameters.has("S"):
        board.min_temp = parameters.get("S", 0)
    if parameters.has("P"):
        board.min_temp = 0.0 if parameters.get("P", 0) else board.options.min_temp
    if not parameters.values:
        state = "disabled" if board.min_temp > 0 else "enabled"
        board.say(f"echo:Cold extrudes are {state} (min temp {board.min_temp:.0f}C)\n")
    return None
