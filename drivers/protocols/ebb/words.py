"""The board's commands as values, and its answers as numbers. Source: the EBB command set of 2.4.4 to 3.0."""

from __future__ import annotations

import re

from drivers.protocols.ebb.line import Ask
from drivers.protocols.ebb.motion import Steps
from drivers.protocols.ebb.options import Options

OLDEST = (2, 4, 4)
"""QS and the QM that tells of the queue. The board's makers recommend to update anything older."""
KNOWS_MOTORS = (2, 8, 0)
"""QE."""
SIXTEENTH = (16, 16)
"""What QE says of both motors on, at the steps that the options are for."""
MARK = 87
"""Kept in the board's memory (SL) once the origin is set: gone, the board was restarted since."""

_NUMBER = rb"-?\d+"
_PAIR = re.compile(rb"(-?\d+),(-?\d+)")
_VERSION = re.compile(rb"(V,)?(EBB.*Version (\d+)\.(\d+)(?:\.(\d+))?.*)")
_BUSY = re.compile(rb"QM,(\d+),(\d+),(\d+),(\d+)")
STOPPED = re.compile(rb"(ES,)?[01](,\d+){0,4}")

ASK_VERSION = Ask(b"V", _VERSION, ok=False)
ACKNOWLEDGE = Ask(b"CU,1,1")
"""Another program may have switched the answers off."""
LEGACY = Ask(b"CU,10,0")
"""Another program may have switched a board of 3.x to its future answers."""
ENABLE = Ask(b"EM,1,1")
"""Both motors, 1/16 step. From 2.6.2 on this also sets the counters to zero."""
ZERO = Ask(b"CS")
SET_MARK, CLEAR_MARK = Ask(b"SL,%d" % MARK), Ask(b"SL,0")
ASK_MARK = Ask(b"QL", re.compile(_NUMBER))
ASK_MOTORS = Ask(b"QE", _PAIR)
ASK_POWER = Ask(b"QC", _PAIR)
ASK_PLACE = Ask(b"QS", _PAIR)
ASK_BUTTON = Ask(b"QB", re.compile(rb"[01]"))
ASK_BUSY = Ask(b"QM", _BUSY, ok=False)
ASK_NAME = Ask(b"QT", all=True)
FAREWELL = b"\rES\rSP,1\r"
"""Behind a line that may be half said: motion ends, the pen goes up."""


def stop(options: Options) -> Ask:
    """No motion any more. It may wait behind a pen that is on its way."""
    return Ask(b"ES", STOPPED, time=options.pen_delay)


def pen_up(options: Options) -> Ask:
    """Where the pen is up."""
    return Ask(b"SC,4,%d" % options.servo(options.pen_up))


def pen_down(options: Options) -> Ask:
    """Where it is down."""
    return Ask(b"SC,5,%d" % options.servo(options.pen_down))


def lift(options: Options) -> Ask:
    """Pen up; what follows waits until it is."""
    return Ask(b"SP,1,%d" % options.delay, time=options.pen_delay)


def lower(options: Options) -> Ask:
    return Ask(b"SP,0,%d" % options.delay, time=options.pen_delay)


def move(ms: int, a: int, b: int, before: float) -> Ask:
    """``before``: seconds of what stands before it. The board answers when it has room for it."""
    return Ask(b"SM,%d,%d,%d" % (ms, a, b), time=before)


def version(line: bytes) -> tuple[str, tuple[int, int, int], bool]:
    """The firmware's name, its number, and whether it answers in the way of the future."""
    match = _VERSION.fullmatch(line)
    if match is None:
        raise ValueError(f"{line!r} is no version")
    numbers = (int(match[3]), int(match[4]), int(match[5] or 0))
    return match[2].decode("ascii", "replace").strip(), numbers, match[1] is not None


def pair(line: bytes) -> Steps:
    first, _, second = line.partition(b",")
    return int(first), int(second)


def busy(line: bytes) -> bool:
    """Whether QM says that anything moves or waits."""
    return any(int(value) for value in line.split(b",")[1:])
