"""Drawings as strokes that a tool follows without laying material: burnt by a laser, or drawn by a pen.

The same values always give the same moves. A line without length is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gcode.design import Drawing, lines_of
from gcode.geometry import Line, Transform
from gcode.order import ordered
from gcode.recipe import Burn, Motion, Pen, Place
from gcode.toolpath import NAN, Kind, Toolpath, repeats_removed


def burnt(drawings: Sequence[Drawing], burn: Burn, full: float, place: Place, motion: Motion) -> Toolpath:
    """The moves of a laser whose power is said with each move; ``full`` is its S at full power.

    The power is 0 on every travel, in so many words: a machine that is not in laser mode does not burn there either.
    """
    return followed(_placed(drawings, place), burn, full, motion)


def followed(strokes: Sequence[Line], burn: Burn, full: float, motion: Motion) -> Toolpath:
    """Lines in machine coordinates burnt in their order, all of them as often as the burn has passes."""
    speed = slowest(burn.speed, motion)
    parts: list[Toolpath] = []
    for _ in range(burn.passes):
        for stroke in strokes:
            parts.append(Toolpath.rows(Kind.TRAVEL, 1, x=float(stroke[0, 0]), y=float(stroke[0, 1]), s=0.0))
            parts.append(_along(stroke, speed, s=repeats_removed(np.full(len(stroke) - 1, burn.power * full))))
    return Toolpath.join(parts)


def cut(contours: Sequence[Sequence[Line]], burn: Burn, full: float, place: Place, motion: Motion) -> Toolpath:
    """Contours cut through in their order, each with all of its passes before the next one: what lies inside of
    another is free before its surroundings move. A contour is as many lines as it has tabs."""
    to_machine = Transform.move(place.x, place.y)
    return Toolpath.join([followed([to_machine(line) for line in lines], burn, full, motion) for lines in contours])


def drawn(
    drawings: Sequence[Drawing], pen: Pen, place: Place, motion: Motion, *, servo: float | None = None
) -> Toolpath:
    """The moves of a pen. ``servo``: S at the far end of the servo's way; None: the machine knows its pen itself."""
    speed, travel = slowest(pen.speed, motion), slowest(pen.travel, motion)
    up = Toolpath.rows(Kind.UP, 1, s=NAN if servo is None else pen.up * servo)
    down = Toolpath.rows(Kind.DOWN, 1, s=NAN if servo is None else pen.down * servo)
    wait = Toolpath.rows(Kind.DWELL, 0 if servo is None else 1, p=pen.settle)
    parts: list[Toolpath] = []
    for stroke in _placed(drawings, place):
        x, y = float(stroke[0, 0]), float(stroke[0, 1])
        to = Toolpath.rows(Kind.TRAVEL, 1, x=x, y=y, f=travel if servo is None else NAN)
        parts += [to, down, wait, _along(stroke, speed), up, wait]
    return Toolpath.join(parts)


def slowest(speed: float, motion: Motion) -> float:
    """The speed, or what the slower of the two axes does where that is less: it is then kept in all directions."""
    return float(np.nanmin([speed, motion.max_feed[0], motion.max_feed[1]]))


def _placed(drawings: Sequence[Drawing], place: Place) -> list[Line]:
    """The strokes in machine coordinates, in a short order from the origin."""
    to_machine = Transform.move(place.x, place.y)
    return ordered([to_machine(line) for line in lines_of(drawings)])


def _along(stroke: Line, speed: float, s: np.ndarray[tuple[int], np.dtype[np.float64]] | float = NAN) -> Toolpath:
    count = len(stroke) - 1
    feed = repeats_removed(np.full(count, speed))
    return Toolpath.rows(Kind.LINE, count, x=stroke[1:, 0], y=stroke[1:, 1], f=feed, s=s)
