"""Which command does what (UBW.c, ebb.c). Each is a generator: it yields while it waits, and returns its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from simulators.ebb.board import MICRO, Board, Motion
from simulators.ebb.parameters import INVALID, Bad, Field, Given, fields
from simulators.ebb.tracks import Track, delay, limited, straight, timed

FASTEST = 25
"""Steps in a ms."""
MOST = 0xFFFFFF
SLOWEST = 1311
"""ms in which at least one step must be made, in 2.x."""
LONGEST_DELAY = 65_536
"""ms; 2.x takes a longer one for a mistake, and does not wait at all."""
FIFO_MOST = 25
"""QU,2"""


@dataclass(frozen=True, slots=True)
class Answer:
    """``text``: None for a command, whose answer is OK. ``ending`` and ``ok`` as 2.x has them."""

    text: str | None = None
    ending: str = "\r\n"
    ok: bool = True
    named: bool = False
    """The name stands before the text also in 2.x."""


OK = Answer()
Steps = Generator[Callable[[], bool], None, Answer]
Act = Callable[[Board, Given], Steps]


@dataclass(frozen=True, slots=True)
class Command:
    wanted: Sequence[Field]
    act: Act
    since: int = 2
    """The first version, as its first number."""


def at_once(act: Callable[[Board, Given], Answer | None]) -> Act:
    """A command that does not wait."""

    def steps(board: Board, given: Given) -> Steps:
        yield from ()
        return act(board, given) or OK

    return steps


def queued(make: Callable[[Board, Given], Motion]) -> Act:
    """A command that goes into the motion queue: until there is room, nothing else is heard."""

    def steps(board: Board, given: Given) -> Steps:
        motion = make(board, given)
        yield lambda: board.room
        board.queue(motion)
        return OK

    return steps


# --- moves ---


def _checked(board: Board, duration: int, first: int, second: int) -> Motion:
    """SM within the limits of the version."""
    if duration == 0:
        raise Bad(INVALID)
    if board.options.version < "3":
        if duration > MOST:
            raise Bad("!0 Err: <move_duration> larger than 16777215 ms.")
        for axis, steps in (("<axis1>", abs(first)), ("<axis2>", abs(second))):
            if steps > MOST:
                raise Bad(f"!0 Err: {axis} larger than 16777215 steps.")
            if steps // duration > FASTEST:
                raise Bad(f"!0 Err: {axis} step rate > 25K steps/second.")
            if steps and duration // SLOWEST >= steps:
                raise Bad(f"!0 Err: {axis} step rate < 1.31Hz.")
    return _move(board, duration, first, second)


def _move(board: Board, duration: int, first: int, second: int) -> Motion:
    """Both axes at constant speed; without steps a delay."""
    if first or second:
        least = max(abs(first), abs(second)) / FASTEST
        return Motion(straight(max(duration, least) / 1000, (float(first), float(second))), motors=True)
    if board.options.version < "3":
        return Motion(delay(0.0 if duration > LONGEST_DELAY else duration / 1000))
    return Motion(delay(min(duration, 100_000) / 1000))


def _sm(board: Board, given: Given) -> Motion:
    return _checked(board, given.number(0), given.number(1), given.number(2))


def _xm(board: Board, given: Given) -> Motion:
    a, b = given.number(1), given.number(2)
    return _checked(board, given.number(0), a + b, a - b)


def _lm(_: Board, given: Given) -> Motion:
    rate1, steps1, gain1, rate2, steps2, gain2 = (given.number(index) for index in range(6))
    return _low(limited((rate1, rate2), (steps1, steps2), (gain1, gain2)))


def _lt(_: Board, given: Given) -> Motion:
    ticks, rate1, gain1, rate2, gain2 = (given.number(index) for index in range(5))
    return _low(timed(ticks, (rate1, rate2), (gain1, gain2)))


def _low(track: Track) -> Motion:
    return Motion(track, motors=any(track.total) or math.isinf(track.duration))


def home(board: Board, given: Given) -> Steps:
    """HM: to an absolute place of the counters, once all else is done."""
    rate, first, second = given.number(0), given.number(1), given.number(2)
    if rate == 0:
        raise Bad(INVALID)
    yield lambda: not board.busy
    steps1, steps2 = first - board.motors.counts[0], second - board.motors.counts[1]
    longest = max(abs(steps1), abs(steps2))
    if longest > MOST:
        raise Bad("!0 Err: steps to home larger than 16,777,215.")
    if rate // 1000 > FASTEST:
        raise Bad(f"!0 Err: HM <axis{1 if abs(steps1) > abs(steps2) else 2}> step rate > 25K steps/second.")
    board.queue(_move(board, max(10, longest * 1000 // rate), steps1, steps2))
    return OK


# --- pen and motors ---


def set_pen(board: Board, given: Given) -> Steps:
    """SP. In 3.x 2 and 3 lift the pen past the queue, and 3 keeps it up."""
    value, duration = given.number(0), given.number(1)
    if board.options.version >= "3" and value in (2, 3):
        if value == 3:
            board.servo.high = board.servo.low
        board.pen(True, board.now)
        return OK
    up = value > 0
    yield lambda: board.room
    board.queue(Motion(delay(duration / 1000), lambda time: board.pen(up, time)))
    return OK


def toggle_pen(board: Board, given: Given) -> Steps:
    up = not board.servo.up
    yield lambda: board.room
    board.queue(Motion(delay(given.number(0) / 1000), lambda time: board.pen(up, time)))
    return OK


def _enable(board: Board, given: Given) -> Motion:
    second = given.number(1) if given.values[1] is not None else None
    return Motion(delay(0.0), lambda _: board.enable(given.number(0), second))


def enable(board: Board, given: Given) -> Steps:
    """EM. 2.8 does not answer, nor do anything, without its second parameter."""
    if given.values[1] is None and board.options.version < "3":
        return Answer("", "", ok=False)
    if given.number(0) > max(MICRO) and board.options.version >= "3":
        raise Bad(INVALID)
    return (yield from queued(_enable)(board, given))


def _set_register(board: Board, given: Given) -> None:
    """SC: the servo's ends and rates; what else there is has no effect here."""
    servo, value = board.servo, given.number(1)
    match given.number(0):
        case 4:
            servo.low = value
        case 5:
            servo.high = value
        case 10:
            servo.rate_up = servo.rate_down = value
        case 11:
            servo.rate_up = value
        case 12:
            servo.rate_down = value


def _servo_power(board: Board, given: Given) -> None:
    if given.values[1] is not None:
        board.servo.powered = given.number(1) > 0


def _clear_steps(board: Board, _: Given) -> None:
    """CS. What of the current motion was counted until now is forgotten."""
    counts = board.steps()
    board.motors.counts = [before - now for before, now in zip(board.motors.counts, counts, strict=True)]


def stop(board: Board, given: Given) -> Answer:
    """ES"""
    interrupted, waiting, left = board.stop()
    if given.number(0) == 1:
        board.motors.enabled = [False, False]
    if board.options.version >= "3":
        return Answer(str(int(interrupted)), "\n\r")
    numbers = (int(interrupted), *map(round, waiting), *map(round, left))
    return Answer(",".join(map(str, numbers)), "\n\r")


def _reset(board: Board, _: Given) -> None:
    board.stop()
    board.reset()
    board.recorder.boundary("reset")


def _nothing(_: Board, __: Given) -> None:
    """Accepted, and of no effect here."""


def _name(board: Board, given: Given) -> None:
    """ST: the nickname outlives a restart."""
    board.tag = given.text(0)


def _reboot(board: Board, _: Given) -> Answer:
    """RB: off the USB, and back as if just plugged in. Nothing is answered."""
    board.restarts = True
    return Answer("", "", ok=False)


def _layer(board: Board, given: Given) -> None:
    board.layers[given.number(1) % len(board.layers)] = given.number(0)


def _node(change: Callable[[int, Given], int]) -> Callable[[Board, Given], None]:
    def act(board: Board, given: Given) -> None:
        board.nodes = min(4_294_967_295, max(0, change(board.nodes, given)))

    return act


COMMANDS: Mapping[str, Command] = {
    "SM": Command(fields("u32", "i32", "i32?", "u8?"), queued(_sm)),
    "XM": Command(fields("u32", "i32", "i32", "u8?"), queued(_xm)),
    "LM": Command(fields("u32", "i32", "i32", "u32", "i32", "i32", "u8?"), queued(_lm)),
    "LT": Command(fields("u32", "i32", "i32", "i32", "i32", "u8?"), queued(_lt)),
    "HM": Command(fields("u32", "i32?", "i32?"), home),
    "SP": Command(fields("u8", "u16?", "u8?"), set_pen),
    "TP": Command(fields("u16?"), toggle_pen),
    "EM": Command(fields("u8", "u8?"), enable),
    "SC": Command(fields("u8", "u16"), at_once(_set_register)),
    "SR": Command(fields("u32", "u8?"), at_once(_servo_power)),
    "S2": Command(fields("u16", "u8", "u16?", "u16?"), queued(lambda _, given: Motion(delay(given.number(3) / 1000)))),
    "SE": Command(fields("u8", "u16?", "u8?"), at_once(_nothing)),
    "CS": Command((), at_once(_clear_steps)),
    "ES": Command(fields("u8?"), at_once(stop)),
    "R": Command((), at_once(_reset)),
    "RB": Command((), at_once(_reboot)),
    "SL": Command(fields("u8", "u8?"), at_once(_layer)),
    "ST": Command(fields("text"), at_once(_name)),
    "SN": Command(fields("u32"), at_once(_node(lambda _, given: given.number(0)))),
    "NI": Command((), at_once(_node(lambda count, _: count + 1))),
    "ND": Command((), at_once(_node(lambda count, _: count - 1))),
    "PD": Command(fields("char", "u8", "u8"), at_once(_nothing)),
    "PO": Command(fields("char", "u8", "u8"), at_once(_nothing)),
}
