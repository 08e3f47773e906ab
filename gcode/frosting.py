"""Frosting as a toolpath: a photo as one serpentine at constant flow whose speed sets the width, lettering as single
strokes.

The pump of a syringe answers with a lag of some tenths of a second. A flow that follows the picture therefore smears
it; a constant flow with a speed that follows the picture does not, as long as the speed changes no faster than the
machine accelerates. So the speeds are limited here, and the amount on each piece is what the planned speed needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Final

import numpy as np

from gcode.design import Drawing, Tone, lines_of
from gcode.geometry import Line, Transform, arc, length, resampled, split_at, without_repeats
from gcode.mask import Span, chains, spans
from gcode.order import ordered
from gcode.pour import Pour
from gcode.recipe import Bead, Motion, Place, Prime, Wipe
from gcode.toolpath import NAN, Kind, Toolpath, repeats_removed, settled
from gcode.units import FloatArray

STEP: Final = 0.6
"""mm between the points at which a row's width may change: half a bead."""
ROW_SAMPLES: Final = (-0.375, -0.125, 0.125, 0.375)
"""Where across a row the photo is looked at, in pitches."""
ALIKE: Final = 0.02
"""Neighbouring pieces whose speeds differ by less than this share become one move."""
MOST_LEFT: Final = 2.0
"""Pitches of a row that a turn may leave out at the edge of a mask: stopping the pump there would be seen as well."""
E_DECIMALS: Final = 5


class Polarity(StrEnum):
    """Which of the two is dark: the frosting or the piece."""

    DARK_ON_LIGHT = "dark-on-light"
    LIGHT_ON_DARK = "light-on-dark"


def coverage(tone: Tone, bead: Bead, polarity: Polarity) -> Tone:
    """The share of the surface to be covered, 0 to 1, within what the bead can lay: a design's tone as aimed at."""
    low, high = bead.coverage
    wanted = 1 - tone.lightness if polarity is Polarity.DARK_ON_LIGHT else tone.lightness
    return Tone((low + (high - low) * wanted).astype(np.float32), tone.x, tone.y, tone.width, tone.height)


def serpentine(tone: Tone, bead: Bead) -> Line:
    """Rows at the bead's pitch from the lower left, joined by half circles that stay inside the tone's rectangle."""
    count = max(1, math.floor(tone.height / bead.pitch + 1e-9))
    first = tone.y + (tone.height - (count - 1) * bead.pitch) / 2
    radius = bead.pitch / 2
    left, right = tone.x + radius + bead.width_max / 2, tone.x + tone.width - radius - bead.width_max / 2
    if left >= right:
        raise ValueError(
            f"a photo of {tone.width} mm width has no room for rows of {bead.pitch} mm pitch: enlarge its zone"
        )
    pieces = []
    for row in range(count):
        y = first + row * bead.pitch
        ends = (left, right) if row % 2 == 0 else (right, left)
        pieces.append(resampled(np.array([[ends[0], y], [ends[1], y]]), STEP))
        if row + 1 < count:
            turn = math.pi if row % 2 == 0 else -math.pi
            pieces.append(arc((ends[1], y + radius), radius, -math.pi / 2, turn)[1:-1])
    return np.vstack(pieces)


def snakes(tone: Tone, bead: Bead) -> list[Line]:
    """The lines of a photo: one serpentine, or as many as its mask's shape asks for.

    Rows of a mask end where they and their neighbours are within it, half a bead from its edge.
    """
    if tone.mask is None:
        return [serpentine(tone, bead)]
    count = max(1, math.floor(tone.height / bead.pitch + 1e-9))
    first = tone.y + (tone.height - (count - 1) * bead.pitch) / 2
    ys = [first + row * bead.pitch for row in range(count)]
    found = [line for chain in chains(spans(tone.mask, bead.width_max / 2, ys)) for line in _through(chain, ys, bead)]
    if not found:
        raise ValueError(
            f"a photo of {tone.width} x {tone.height} mm has no room for rows in its mask: enlarge its zone"
        )
    return found


def _through(chain: Sequence[tuple[int, Span]], ys: Sequence[float], bead: Bead) -> Iterator[Line]:
    """Lines through rows that lie one over the other, each row the other way than the one before. A line ends where
    a turn that stays within both rows would leave too much of one of them, or has no room."""
    radius = bead.pitch / 2
    pieces: list[Line] = []
    forth, begin = 1.0, math.nan
    for (number, span), after in zip_longest(chain, chain[1:]):
        y, (low, high) = ys[number], _along(span, forth)
        start = begin if pieces else low
        following = _along(after[1], forth) if after else (math.inf, -math.inf)
        turn = min(high, following[1]) - radius
        left = abs(high - following[1])
        if left <= MOST_LEFT * bead.pitch and turn > max(start + bead.pitch, following[0]):
            pieces.append(resampled(np.array([[forth * start, y], [forth * turn, y]]), STEP))
            pieces.append(arc((forth * turn, y + radius), radius, -math.pi / 2, forth * math.pi)[1:-1])
            forth, begin = -forth, -turn
            continue
        if high - start > STEP:
            pieces.append(resampled(np.array([[forth * start, y], [forth * high, y]]), STEP))
        if pieces:
            yield np.vstack(pieces)
        pieces, forth = [], 1.0


def _along(span: Span, forth: float) -> Span:
    """A row as it is passed: to the left, x grows the other way."""
    return span if forth > 0 else (-span[1], -span[0])


def _followed(speed: FloatArray, steps: FloatArray, acceleration: float) -> FloatArray:
    """The highest speeds below ``speed`` whose squares change by at most 2 a s: what the machine can follow.

    The lower envelope of all ramps is two running minima over the squares (as in gcode.estimate).
    """
    along = 2 * acceleration * np.concatenate([[0.0], np.cumsum(steps[:-1] + steps[1:]) / 2])
    squares = speed**2
    ahead = np.minimum.accumulate(squares - along) + along
    back = np.minimum.accumulate((squares + along)[::-1])[::-1] - along
    followed: FloatArray = np.sqrt(np.minimum(ahead, back))
    return followed


def _merged(points: Line, speed: FloatArray) -> tuple[Line, FloatArray]:
    """Pieces in one straight line and of nearly one speed as one piece of the same duration (so amounts are kept)."""
    steps = np.diff(points, axis=0)
    heading = np.arctan2(steps[:, 1], steps[:, 0])
    turns = (np.abs(np.diff(heading, prepend=heading[:1])) > 1e-6).tolist()
    begins = [0]
    slow = fast = float(speed[0])
    for index, own in enumerate(speed.tolist()):
        slow, fast = min(slow, own), max(fast, own)
        if turns[index] or fast > slow * (1 + ALIKE):
            begins.append(index)
            slow = fast = own
    distance = np.hypot(*steps.T)
    pieces = np.array(begins)
    merged: FloatArray = np.add.reduceat(distance, pieces) / np.add.reduceat(distance / speed, pieces)
    return points[[*begins, len(speed)]], merged


def _row_mean(tone: Tone, points: Line, pitch: float) -> FloatArray:
    """The tone around each point over the height of a row: a row stands for all of it, not for its middle line."""
    x, y = points[:, 0], points[:, 1]
    mean: FloatArray = np.mean([tone.at(x, y + share * pitch) for share in ROW_SAMPLES], axis=0)
    return mean


def photo_paths(tone: Tone, bead: Bead, motion: Motion, polarity: Polarity) -> list[tuple[Line, FloatArray]]:
    """The points of each of a photo's lines, and the speed of each piece between them."""
    return [_paced(line, tone, bead, motion, polarity) for line in snakes(tone, bead)]


def _paced(points: Line, tone: Tone, bead: Bead, motion: Motion, polarity: Polarity) -> tuple[Line, FloatArray]:
    middle = (points[1:] + points[:-1]) / 2
    steps = np.hypot(*np.diff(points, axis=0).T)
    width = _row_mean(coverage(tone, bead, polarity), middle, bead.pitch) * bead.pitch
    wanted = bead.flow / (np.clip(width, bead.width_min, bead.width_max) * bead.height * bead.fill)
    speed = np.clip(_followed(wanted, steps, motion.acceleration), bead.min_speed, bead.max_speed)
    return _merged(points, speed)


class _Layer:
    """Moves being put together at one place: knows heights and the pump, not what is drawn."""

    def __init__(self, bead: Bead, place: Place, motion: Motion) -> None:
        self._bead = bead
        self._low = place.surface + bead.height
        self._high = place.surface + bead.clearance
        x, y, z, e = motion.max_feed
        self._travel_speed = float(np.nanmin([bead.travel, x, y]))
        self._z_speed = float(np.nanmin([bead.travel, z]))
        self._retract_speed = float(np.nanmin([bead.retract_flow / bead.e_area, e]))
        self._to_machine = Transform.move(place.x, place.y)
        self._parts: list[Toolpath] = []
        self._pressed = False
        self._up = False

    def line(self, points: Line, speed: FloatArray, e: FloatArray) -> None:
        """Travel to the first point, lay the line, and stop the pump before its end."""
        bead, at = self._bead, self._to_machine(points)
        self._travel(at[0])
        if self._pressed and bead.retract > 0:
            self._pump(bead.retract, self._retract_speed)
        self._pressed = True
        rows = Toolpath.rows(Kind.LINE, len(speed), x=at[1:, 0], y=at[1:, 1], e=e, f=repeats_removed(speed))
        self._parts.append(rows)
        if bead.retract > 0:
            self._pump(-bead.retract, self._retract_speed)
        self._wait()
        self._lift()

    def press(self, at: tuple[float, float], volume: float) -> None:
        """Press an amount (mm3) out on the spot."""
        self._travel(self._to_machine(np.array([at]))[0])
        self._pump(volume, self._bead.flow / self._bead.e_area)

    def wipe(self, wipe: Wipe) -> None:
        """Draw the nozzle along a line beside the piece, laying nothing."""
        first, last = self._to_machine(np.array([[wipe.x0, wipe.y0], [wipe.x1, wipe.y1]])).tolist()
        self._travel(np.array(first))
        self._parts.append(Toolpath.rows(Kind.TRAVEL, 1, x=last[0], y=last[1], f=self._travel_speed))
        self._lift()

    def rest(self, seconds: float) -> None:
        """Wait above what was laid."""
        self._lift()
        if seconds > 0:
            self._parts.append(Toolpath.rows(Kind.DWELL, 1, p=seconds))

    def follow(self, on: bool) -> None:
        """Follow the measured heights from now on, or no more. Where that moves the axes' zero, Z is said anew."""
        self._lift()
        self._parts.append(Toolpath.rows(Kind.FOLLOW, 1, s=float(on), z=0.0 if on else NAN))
        self._up = False
        self._lift()

    def climb(self, height: float) -> None:
        """Lay so much higher from now on."""
        self._low += height
        self._high += height
        self._up = False
        self._lift()

    def go_on(self, place: Place) -> None:
        """Lay on the piece at another place from now on. The way there is as high as the nozzle has been lifted."""
        self._lift()
        self._to_machine = Transform.move(place.x, place.y)
        self._low, self._high = place.surface + self._bead.height, place.surface + self._bead.clearance

    def _travel(self, to: FloatArray) -> None:
        rows = Toolpath.rows
        self._lift()
        self._parts.append(rows(Kind.TRAVEL, 1, x=float(to[0]), y=float(to[1]), f=self._travel_speed))
        self._parts.append(rows(Kind.TRAVEL, 1, z=self._low, f=self._z_speed))
        self._up = False

    def _lift(self) -> None:
        if not self._up:
            self._parts.append(Toolpath.rows(Kind.TRAVEL, 1, z=self._high, f=self._z_speed))
        self._up = True

    def _pump(self, volume: float, speed: float) -> None:
        """Move the plunger alone."""
        self._parts.append(Toolpath.rows(Kind.LINE, 1, e=volume / self._bead.e_area, f=speed))

    def _wait(self) -> None:
        if self._bead.settle > 0:
            self._parts.append(Toolpath.rows(Kind.DWELL, 1, p=self._bead.settle))

    def toolpath(self) -> Toolpath:
        return Toolpath.join(self._parts)


def _stopped(points: Line, speed: FloatArray, e: FloatArray, ahead: float) -> tuple[Line, FloatArray, FloatArray]:
    """The same line with no amount on its last ``ahead`` mm, at most its last quarter (a dot stays a dot)."""
    total = length(points)
    cut = max(total - ahead, total * 0.75)
    first, rest = split_at(points, cut)
    if len(rest) < 2:
        return points, speed, e
    kept = len(first) - 1
    steps = np.hypot(*np.diff(points, axis=0).T)
    rate = e / steps
    laid = np.hypot(*np.diff(first, axis=0).T) * rate[:kept]
    tail = len(rest) - 1
    return (
        np.vstack([first, rest[1:]]),
        np.concatenate([speed[:kept], speed[-tail:]]),
        np.concatenate([laid, np.full(tail, np.nan)]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Topping:
    """What is laid on one piece, and where that lies."""

    tone: Tone | None
    drawings: Sequence[Drawing]
    place: Place
    polarity: Polarity = Polarity.DARK_ON_LIGHT


def plan(
    tone: Tone | None,
    drawings: Sequence[Drawing],
    bead: Bead,
    *,
    motion: Motion | None = None,
    polarity: Polarity = Polarity.DARK_ON_LIGHT,
    place: Place | None = None,
    prime: Prime | None = None,
    pour: Pour | None = None,
    wipe: Wipe | None = None,
    uneven: bool = False,
) -> Toolpath:
    """As :func:`plan_all`, for one piece at ``place``, beside which the nozzle is filled and cleared."""
    at = place or Place()
    toppings = [Topping(tone, drawings, at, polarity)]
    return plan_all(toppings, bead, motion=motion, home=at, prime=prime, pour=pour, wipe=wipe, uneven=uneven)


def plan_all(
    toppings: Sequence[Topping],
    bead: Bead,
    *,
    home: Place,
    motion: Motion | None = None,
    prime: Prime | None = None,
    pour: Pour | None = None,
    wipe: Wipe | None = None,
    uneven: bool = False,
) -> Toolpath:
    """The moves that lay photos and drawings on pieces, one piece after the other: prime, then of each its photo and
    its strokes in a short order, then the body that is poured over them, and at the end the wipe that clears the
    nozzle. ``home``: from where prime and wipe are measured. ``uneven``: on the piece the heights that were measured
    are followed.

    The same values always give the same moves. A line without length lays nothing and moves nothing.
    """
    motion = motion or Motion()
    layer = _Layer(bead, home, motion)
    end = (0.0, 0.0)
    if prime is not None:
        if prime.extra > 0:
            layer.press((prime.x0, prime.y0), prime.extra)
        points = without_repeats(np.array([[prime.x0, prime.y0], [prime.x1, prime.y1]]))
        if len(points) > 1:
            _lay_constant(layer, points, bead)
        end = (prime.x1, prime.y1)
    if uneven:
        layer.follow(True)
    at = home
    for topping in toppings:
        if topping.place != at:
            layer.go_on(topping.place)
            at, end = topping.place, (0.0, 0.0)
        _lay(layer, topping, bead, motion, end)
    if at != home:
        layer.go_on(home)
    if pour is not None:
        layer.rest(pour.rest)
        for line in pour.lines:
            _lay_constant(layer, line, bead, pour.width)
    if uneven:
        layer.follow(False)
    if wipe is not None:
        layer.wipe(wipe)
    if pour is not None:
        layer.rest(pour.bake)
    return layer.toolpath()


def _lay(layer: _Layer, topping: Topping, bead: Bead, motion: Motion, end: tuple[float, float]) -> None:
    """``end``: where the nozzle is, on the piece."""
    if topping.tone is not None:
        for points, speed in photo_paths(topping.tone, bead, motion, topping.polarity):
            steps = np.hypot(*np.diff(points, axis=0).T)
            amounts = settled(steps * bead.flow / (speed * bead.e_area), E_DECIMALS)
            layer.line(*_stopped(points, speed, amounts, bead.stop_ahead))
            end = (float(points[-1, 0]), float(points[-1, 1]))
    strokes = ordered(lines_of(topping.drawings), end)
    for number in range(bead.layers if strokes else 0):
        if number:
            layer.rest(bead.layer_rest)
            layer.climb(bead.height)
        for stroke in strokes:
            _lay_constant(layer, stroke, bead)


def _lay_constant(layer: _Layer, points: Line, bead: Bead, width: float | None = None) -> None:
    width = bead.line_width if width is None else width
    speed = np.full(len(points) - 1, min(max(bead.speed(width), bead.min_speed), bead.max_speed))
    steps = np.hypot(*np.diff(points, axis=0).T)
    amounts = settled(steps * bead.e_per_mm(width), E_DECIMALS)
    layer.line(*_stopped(points, speed, amounts, bead.stop_ahead))
