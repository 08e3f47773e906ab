"""The board and the plotter that it moves: the motion queue, two motors, a servo that lowers a pen.

Time is passed in. Motors count steps; ``place`` is where the pen truly is on the bed, in mm, and no step moves it
while the motors have no power.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.beads import rest
from simulators.ebb.tracks import Steps, Track
from simulators.record import Recorder

PERIOD = 0.024
"""A servo takes its rate's step so often."""
MICRO: Mapping[int, int] = {1: 16, 2: 8, 3: 4, 4: 2, 5: 1}
"""EM's values and their microsteps."""
SPARE = 1e-9


@dataclass(frozen=True, slots=True)
class Options:
    """The machine around the board. mm; ``steps``: per mm of a motor at 16 microsteps."""

    version: str = "2.8.1"
    kinematics: str = "axidraw"
    envelope: tuple[float, float] = (300.0, 218.0)
    home: tuple[float, float] = (0.0, 218.0)
    """Where the pen stands at first, on the bed."""
    downward: bool = True
    """Y grows towards the lower end of the bed, as on an AxiDraw."""
    steps: float = 80.0
    lag: float = 0.1
    """Seconds that the servo takes at least from up to down, and back."""
    jump: float = 150.0
    """mm/s: a motor that is told to change its speed by more at once loses its footing. 0: never."""
    powered: bool = True


def axidraw(first: float, second: float) -> Steps:
    """Motor 1 is X + Y, motor 2 is X - Y."""
    return (first + second) / 2, (first - second) / 2


def cartesian(first: float, second: float) -> Steps:
    return first, second


KINEMATICS: Mapping[str, Callable[[float, float], Steps]] = {"axidraw": axidraw, "cartesian": cartesian}


@dataclass(slots=True)
class Motion:
    """One entry of the queue. ``begin``: what happens when its turn comes."""

    track: Track
    begin: Callable[[float], None] = lambda _: None
    motors: bool = False
    """It moves motors: ES removes it."""
    start: float = 0.0

    @property
    def end(self) -> float:
        return self.start + self.track.duration


@dataclass(slots=True)
class Servo:
    """The pen's servo, in its own units. ``up`` is what was commanded."""

    low: int = 12000
    """SC,4: pen up."""
    high: int = 16000
    """SC,5: pen down."""
    rate_up: int = 0
    rate_down: int = 0
    up: bool = True
    powered: bool = False
    touches: bool = False
    """The pen is on the paper."""
    change: float | None = None
    """When it will be, or will not be any more."""


@dataclass(slots=True)
class Motors:
    enabled: list[bool] = field(default_factory=lambda: [False, False])
    micro: int = 16
    counts: list[int] = field(default_factory=lambda: [0, 0])


class Board:
    def __init__(self, options: Options, recorder: Recorder) -> None:
        self.options = options
        self.recorder = recorder
        self.now = 0.0
        self.place = options.home
        self.powered = options.powered
        self.dry = False
        """The pen gives no ink."""
        self.acknowledges = True
        """CU,1"""
        self.future = False
        """CU,10: 3.x's syntax to come."""
        self.threshold = 0
        """CU,60"""
        self.lost = False
        """Motor power fell below it."""
        self.moved_at: float | None = None
        self.queued = 0
        """Motions since the start."""
        self.servo = Servo()
        self.tag = ""
        self.restarts = False
        """RB was said."""
        self._speed: Steps = (0.0, 0.0)
        self._recorded = 0.0
        """Up to when the current motion is on record."""
        self._chained: float | None = None
        """When the motion before ended, while others wait: the next one begins there."""
        self._landed = 0.0
        self._drew = False
        self.reset()

    def reset(self) -> None:
        """Power-on state of the board: the pen goes up, the motors are loose."""
        self.current: Motion | None = None
        self.fifo: deque[Motion] = deque()
        self.depth = 1
        self.motors = Motors()
        touches = self.servo.touches
        self.servo = Servo(touches=touches, change=self.now + self.options.lag if touches else None)
        self.pressed = False
        self.layers = [0] * 32
        self.nodes = 0

    # --- the queue ---

    @property
    def room(self) -> bool:
        return len(self.fifo) < self.depth

    @property
    def busy(self) -> bool:
        return self.current is not None or bool(self.fifo)

    def queue(self, motion: Motion) -> None:
        self.queued += 1
        self.fifo.append(motion)
        self.move_on(self.now)

    def move_on(self, now: float) -> None:
        """Let motion go on to a time."""
        while True:
            current = self.current
            if current is None and not self.fifo:
                self._chained = None
                return
            if current is None:
                self._begin(self.fifo.popleft(), now if self._chained is None else self._chained)
                continue
            if current.end > now + SPARE:
                return
            self._record(current, current.end)
            self.current, self._chained = None, current.end
            if not self.fifo:
                self._come_to_rest()

    def _begin(self, motion: Motion, time: float) -> None:
        motion.start = self._recorded = time
        self.current = motion
        motion.begin(time)
        if motion.motors:
            self.motors.enabled = [True, True]
            if self.moved_at is None:
                self.moved_at = time
        elif motion.track.duration > 0:
            self._come_to_rest()

    def _come_to_rest(self) -> None:
        if self.options.jump and max(map(abs, self._speed)) > self.options.jump:
            self.recorder.count("jolts")
        self._speed = (0.0, 0.0)

    def stop(self) -> tuple[bool, Steps, Steps]:
        """ES: what moves is stopped, and moves that wait are dropped; (whether, steps waiting, steps left)."""
        left: Steps = (0.0, 0.0)
        waiting = [motion.track.total for motion in self.fifo if motion.motors]
        current = self.current
        moving = current is not None and current.motors
        if current is not None and current.motors:
            done, total = current.track.at(self.now - current.start), current.track.total
            left = (abs(total[0] - done[0]), abs(total[1] - done[1]))
            self._record(current, self.now)
            self.current = None
            self.recorder.count("aborts")
        self.fifo = deque(motion for motion in self.fifo if not motion.motors)
        self._chained, self._speed = None, (0.0, 0.0)
        first = waiting[0] if waiting else (0.0, 0.0)
        self.move_on(self.now)
        return moving or bool(waiting), (abs(first[0]), abs(first[1])), left

    def next_event(self) -> float | None:
        times = [self.servo.change]
        if self.current is not None and math.isfinite(self.current.end):
            times.append(self.current.end)
        return min((time for time in times if time is not None), default=None)

    def moving_axes(self) -> tuple[bool, bool]:
        """Motor 1, motor 2."""
        current = self.current
        if current is None or not current.motors:
            return False, False
        done, total = current.track.at(self.now - current.start), current.track.total
        return done[0] != total[0], done[1] != total[1]

    def steps(self) -> tuple[int, int]:
        """QS: the counters now."""
        first, second = self.motors.counts
        current = self.current
        if current is None or not current.motors:
            return first, second
        before, done = current.track.at(self._recorded - current.start), current.track.at(self.now - current.start)
        return first + math.trunc(done[0]) - math.trunc(before[0]), second + math.trunc(done[1]) - math.trunc(before[1])

    # --- what is made ---

    def settle(self) -> None:
        """The servo's changes that are due; motion up to them is recorded first."""
        change = self.servo.change
        if change is None or change > self.now + SPARE:
            return
        if self.current is not None:
            self._record(self.current, min(change, self.current.end))
        self.servo.change = None
        self.servo.touches = not self.servo.touches
        if self.servo.touches:
            self._landed, self._drew = change, False
        elif not self._drew and not self.dry and change > self._landed:
            self.recorder.rested(rest((*self.place, 0.0), self._landed, change, 1.0))

    def catch_up(self) -> None:
        """What was made of the current motion until now goes on record."""
        if self.current is not None:
            self._record(self.current, min(self.now, self.current.end))

    def _record(self, motion: Motion, until: float) -> None:
        """A motion from where it was recorded last."""
        begun, ended = self._recorded - motion.start, until - motion.start
        self._recorded = max(self._recorded, until)
        if ended <= begun or not motion.motors:
            return
        before, after = motion.track.at(begun), motion.track.at(ended)
        for axis in (0, 1):
            self.motors.counts[axis] += math.trunc(after[axis]) - math.trunc(before[axis])
        for near, far, steps in motion.track.between(begun, ended):
            if far - near > SPARE:
                self._stride(motion.start + near, far - near, steps)

    def _stride(self, begun: float, duration: float, steps: Steps) -> None:
        """One straight piece: from motor steps to a line on the bed."""
        options = self.options
        per = options.steps * self.motors.micro / 16
        first, second = steps[0] / per, steps[1] / per
        speed = (first / duration, second / duration)
        jump = max(abs(speed[0] - self._speed[0]), abs(speed[1] - self._speed[1]))
        self._speed = speed
        if not self.powered:
            self.recorder.count("powerless_moves")
            return
        if options.jump and jump > options.jump:
            self.recorder.count("jolts")
        dx, dy = KINEMATICS[options.kinematics](first, second)
        x, y = self.place[0] + dx, self.place[1] + (-dy if options.downward else dy)
        inside = (min(max(x, 0.0), options.envelope[0]), min(max(y, 0.0), options.envelope[1]))
        if math.dist(inside, (x, y)) > 1e-3:
            self.recorder.count("outside_moves")
        self._ink(self.place, inside, begun, duration)
        self.place = inside

    def _ink(self, start: Steps, end: Steps, begun: float, duration: float) -> None:
        """A row of motion: the pen is down, or it is not."""
        length = math.dist(start, end)
        if length <= 0:
            return
        power = 1.0 if self.servo.touches and not self.dry else 0.0
        self._drew = self._drew or self.servo.touches
        speed = length / duration
        motion = (0.0, length, 1.0, speed, speed, speed, 0.0, duration, 0.0)
        self.recorder.made((begun, *start, 0.0, *end, 0.0, *motion, power, 0.0, 0.0))

    # --- the pen ---

    def pen(self, up: bool, time: float) -> None:
        """The servo begins to move."""
        servo = self.servo
        self.settle()
        servo.up, servo.powered = up, True
        rate = servo.rate_up if up else servo.rate_down
        travel = abs(servo.high - servo.low) * PERIOD / rate if rate else 0.0
        if servo.touches == (not up):
            servo.change = None
        elif not up and servo.high == servo.low:
            servo.change = None  # it is told to stay up
        else:
            servo.change = time + max(travel, self.options.lag)

    def enable(self, first: int, second: int | None) -> None:
        """EM, when its turn comes. The counters are zeroed."""
        motors = self.motors
        if first in MICRO:
            motors.micro = MICRO[first]
        motors.enabled[0] = first > 0
        if second is not None:
            motors.enabled[1] = second > 0
        motors.counts = [0, 0]
        self.recorder.boundary("enable")
