"""Commands that wait for a person: M0, M1, M600, and the end of the material."""

from __future__ import annotations

import re
from collections.abc import Generator

from simulators.marlin.board import Board
from simulators.marlin.moves import line
from simulators.marlin.steps import Parameters, Wait, drained, person, room, until

PARK = (10.0, 10.0, 20.0)
"""NOZZLE_PARK_POINT: X, distance from the far end of Y, lift."""


def prompt(board: Board, text: str) -> Generator[Wait]:
    """Ask, with a button, and wait for it, M876, M108 or the button at the machine."""
    board.say(
        f"//action:prompt_end\n//action:prompt_begin {text}\n//action:prompt_button Continue\n//action:prompt_show\n"
    )
    board.user = True
    yield person(board)
    board.say("//action:prompt_end\n")


def stop(board: Board, parameters: Parameters) -> Generator[Wait]:
    """M0, M1: with S or P a pause of that length, otherwise until someone answers."""
    yield drained(board)
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    if seconds > 0:
        yield until(board, board.now + seconds)
        return
    text = re.sub(r"^(?:[SP]\s*[\d.]*\s*)+", "", parameters.text).strip()
    if text:
        board.say(f"echo:{text}\n")
    yield from prompt(board, "M0 Stop")


def change(board: Board, _: Parameters) -> Generator[Wait]:
    """M600: park, ask, come back."""
    yield drained(board)
    board.say("//action:paused\n")
    place, e = board.position, board.e
    feed, board.feed = board.feed, 100.0
    most = board.options.envelope
    lifted = min(place[2] + PARK[2], most[2])
    for target in ((place[0], place[1], lifted), (PARK[0], most[1] - PARK[1], lifted)):
        yield room(board)
        line(board, target, e)
    yield drained(board)
    yield from prompt(board, "Nozzle Parked")
    for target in ((place[0], place[1], lifted), place):
        yield room(board)
        line(board, target, e)
    yield drained(board)
    board.feed = feed
    board.say("//action:resumed\n")


def runout(board: Board) -> Generator[Wait]:
    """The sensor saw the end of the material: tell the host, then M600."""
    board.say("//action:out_of_filament T0\n//action:paused filament_runout 0\n")
    yield from change(board, Parameters({}, ""))
