"""What commands are made of: parameters, and the waits of those that take time."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

from simulators.marlin.board import Board

COMMAND = re.compile(r"\s*([GMT])\s*(\d+)(?:\.\d+)?\s*(.*)", re.DOTALL)
PARAMETER = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))?")


@dataclass(frozen=True, slots=True)
class Wait:
    """``event``: when to look again, if time brings it. ``flush``: the wait is for the planner to be empty."""

    met: Callable[[], bool]
    event: float | None = None
    flush: bool = False


Steps = Generator[Wait] | None


@dataclass(frozen=True, slots=True)
class Parameters:
    """Letters with their values (None: the letter stands alone), and the text behind the command."""

    values: Mapping[str, float | None]
    text: str

    def get(self, letter: str, otherwise: float) -> float:
        value = self.values.get(letter)
        return otherwise if value is None else value

    def has(self, letter: str) -> bool:
        return self.values.get(letter) is not None


Command = Callable[[Board, Parameters], Steps]


def parse(text: str) -> tuple[str, Parameters]:
    """A command's name and parameters; the name is empty where there is none."""
    found = COMMAND.match(text)
    if found is None:
        return "", Parameters({}, text)
    letter, digits, rest = found.groups()
    values = {key: float(value) if value else None for key, value in PARAMETER.findall(rest)}
    return letter + str(int(digits)), Parameters(values, rest)


def room(board: Board) -> Wait:
    """A slot of the planner."""
    return Wait(lambda: board.planner.free > 0)


def drained(board: Board) -> Wait:
    """planner.synchronize()"""
    return Wait(lambda: not len(board.planner), flush=True)


def until(board: Board, time: float) -> Wait:
    return Wait(lambda: board.now >= time - 1e-9, time)


def second(board: Board) -> Wait:
    """A second of heating, unless M108 breaks it off."""
    time = board.now + 1.0
    return Wait(lambda: not board.heating or board.now >= time, time)


def person(board: Board) -> Wait:
    return Wait(lambda: not board.user)
