"""What can be asked, and what is configured (UBW.c, ebb.c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulators.ebb.board import Board
from simulators.ebb.commands import FIFO_MOST, Answer, Command, Steps, at_once
from simulators.ebb.parameters import INVALID, Bad, Given, fields

CURRENT = 394
"""The potentiometer that sets the motors' current, as QC reads it."""
POWERED, UNPOWERED = 300, 24
"""V+ as QC reads it: 9 V, or what leaks in from the USB."""
RB5, RB2 = 128, 64
POWER_LOST = 64
PUSHED, PEN_UP, EXECUTING, MOTOR1, MOTOR2, WAITING = 32, 16, 8, 4, 2, 1
REVERSED = "\n\r"
"""Some answers end so."""


def _version(board: Board, _: Given) -> Answer:
    return Answer(f"EBBv13_and_above EB Firmware Version {board.options.version}", ok=False)


def _motion(board: Board) -> tuple[int, int, int, int]:
    first, second = board.moving_axes()
    return int(board.current is not None), int(first), int(second), int(bool(board.fifo))


def _general(board: Board, _: Given) -> Answer:
    executing, first, second, waiting = _motion(board)
    byte = EXECUTING * executing + MOTOR1 * first + MOTOR2 * second + WAITING * waiting
    byte += PEN_UP * board.servo.up + PUSHED * board.pressed
    byte += RB5 + RB2 if board.options.version < "3" else POWER_LOST * board.lost
    board.pressed = board.lost = False
    return Answer(f"{byte:02X}", ok=False)


def _motors(board: Board, _: Given) -> Answer:
    return Answer(",".join(map(str, _motion(board))), REVERSED, ok=False, named=True)


def _button(board: Board, _: Given) -> Answer:
    pressed, board.pressed = board.pressed, False
    return Answer(str(int(pressed)))


def _current(board: Board, _: Given) -> Answer:
    return Answer(f"{CURRENT:04d},{POWERED if board.powered else UNPOWERED:04d}")


def _enables(board: Board, _: Given) -> Answer:
    states = (board.motors.micro if on else 0 for on in board.motors.enabled)
    return Answer(",".join(map(str, states)), REVERSED if board.options.version < "3" else "\r\n")


def _steps(board: Board, _: Given) -> Answer:
    return Answer(",".join(map(str, board.steps())), REVERSED)


def _layer(board: Board, given: Given) -> Answer:
    value = board.layers[given.number(0) % len(board.layers)]
    return Answer(f"{value:03d}" if board.options.version < "3" else str(value))


def _pin(_: Board, given: Given) -> Answer:
    """Every free pin of port B is pulled up."""
    return Answer(str(int(given.text(0).upper() == "B")), ok=False, named=True)


def _utility(board: Board, given: Given) -> Answer:
    values: Mapping[int, str] = {
        2: str(FIFO_MOST),
        3: str(board.depth),
        6: f"{len(board.fifo):02d}",
        60: str(board.threshold),
    }
    if given.number(0) not in values:
        raise Bad(INVALID)
    return Answer(values[given.number(0)], named=True)


def configure(board: Board, given: Given) -> Steps:
    """CU. The queue's size changes once it is empty."""
    number, value = given.number(0), given.number(1)
    if number == 4 and board.options.version >= "3":
        yield lambda: not board.busy
        board.depth = min(max(1, value), FIFO_MOST)
        return Answer()
    act = OPTIONS.get(number)
    if act is None or (number > 3 and board.options.version < "3"):
        raise Bad(INVALID)
    act(board, value)
    return Answer()


def _acknowledge(board: Board, value: int) -> None:
    board.acknowledges = value != 0


def _future(board: Board, value: int) -> None:
    board.future = value != 0


def _threshold(board: Board, value: int) -> None:
    board.threshold = value
    board.lost = board.lost or (not board.powered and value > UNPOWERED)


def _ignored(_: Board, __: int) -> None:
    """Accepted, and of no effect here."""


OPTIONS: Mapping[int, Callable[[Board, int], None]] = {
    1: _acknowledge,
    2: _ignored,
    3: _ignored,
    10: _future,
    50: _ignored,
    53: _ignored,
    60: _threshold,
    61: _ignored,
}

QUERIES: Mapping[str, Command] = {
    "V": Command((), at_once(_version)),
    "QG": Command((), at_once(_general)),
    "QM": Command((), at_once(_motors)),
    "QB": Command((), at_once(_button)),
    "QC": Command((), at_once(_current)),
    "QE": Command((), at_once(_enables)),
    "QP": Command((), at_once(lambda board, _: Answer(str(int(board.servo.up)), REVERSED))),
    "QR": Command((), at_once(lambda board, _: Answer(str(int(board.servo.powered))))),
    "QS": Command((), at_once(_steps)),
    "QL": Command(fields("u8?"), at_once(_layer)),
    "QN": Command((), at_once(lambda board, _: Answer(f"{board.nodes:010d}"))),
    "QT": Command((), at_once(lambda board, _: Answer(board.tag))),
    "QU": Command(fields("u8"), at_once(_utility), since=3),
    "PI": Command(fields("char", "u8"), at_once(_pin)),
    "CU": Command(fields("u8", "i16"), configure),
}
