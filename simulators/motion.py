"""The motion planner: straight blocks, trapezoids of speed, look-ahead over the queue.

Written from what Marlin documents of its planner (module/planner.cpp, Configuration_adv.h "Planner"): per-axis limits
of speed and acceleration, a limited speed at each junction (junction deviation, or classic jerk), a reverse and a
forward pass. A block that has started is not changed any more, and the speed at its end binds the next one.

Left out: SLOWDOWN (stretching of short segments in a short queue), S-curves, linear advance, rounding to steps.
Units: mm, s, mm/s, mm/s2.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

SLOWEST = 0.05
"""MINIMUM_PLANNER_SPEED: blocks begin and end at rest with this speed."""

FIRST_BLOCK_DELAY = 0.1
"""BLOCK_DELAY_FOR_1ST_MOVE: a first block waits so long for company, unless three blocks are there."""

Axes = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """The machine's limits as X, Y, Z, E. ``jerk`` None: junction deviation is used. Defaults are Marlin's."""

    feedrate: Axes = (300.0, 300.0, 5.0, 25.0)
    acceleration: Axes = (3000.0, 3000.0, 100.0, 10000.0)
    printing: float = 3000.0
    """M204 P, of moves that extrude."""
    retracting: float = 3000.0
    """M204 R, of moves of E alone."""
    travel: float = 3000.0
    """M204 T, of moves that do not extrude."""
    jerk: Axes | None = None
    deviation: float = 0.013


@dataclass(slots=True)
class Block:
    """One straight move. ``start`` is filled when it begins; the profile is final from then on."""

    origin: tuple[float, float, float]
    target: tuple[float, float, float]
    e: float
    """mm of filament (or piston), signed."""
    length: float
    nominal: float
    acceleration: float
    max_entry: float
    """Square of the highest speed at its entry."""
    unit: Axes
    speeds: Axes
    reverse: float = 0.0
    """Square of the highest entry speed from which the rest of the queue can still be braked."""
    entry: float = 0.0
    """Square of the planned entry speed."""
    frozen: bool = False
    """The entry is bound by the block before, which has begun."""
    start: float = 0.0
    exit: float = 0.0
    peak: float = 0.0
    phases: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Seconds of acceleration, cruise and braking."""

    @property
    def duration(self) -> float:
        return self.phases[0] + self.phases[1] + self.phases[2]

    @property
    def end(self) -> float:
        return self.start + self.phases[0] + self.phases[1] + self.phases[2]

    def shape(self, start: float, exit_square: float) -> None:
        """Fix the trapezoid. Where the speeds cannot be reached it is a triangle."""
        a, d = self.acceleration, self.length
        entry_square = self.entry
        peak_square = min(self.nominal * self.nominal, a * d + (entry_square + exit_square) / 2)
        peak_square = max(peak_square, entry_square, exit_square)
        entry, leave, peak = math.sqrt(entry_square), math.sqrt(exit_square), math.sqrt(peak_square)
        cruise = d - (2 * peak_square - entry_square - exit_square) / (2 * a)
        self.start, self.exit, self.peak = start, leave, peak
        self.phases = ((peak - entry) / a, max(0.0, cruise) / peak, (peak - leave) / a)

    def travelled(self, time: float) -> float:
        """mm along the block at a time."""
        t = min(max(time - self.start, 0.0), self.duration)
        rise, cruise, _ = self.phases
        entry = math.sqrt(self.entry)
        if t <= rise:
            return min(self.length, entry * t + self.acceleration * t * t / 2)
        risen = (entry + self.peak) / 2 * rise
        if t <= rise + cruise:
            return min(self.length, risen + self.peak * (t - rise))
        fall = t - rise - cruise
        return min(self.length, risen + self.peak * cruise + self.peak * fall - self.acceleration * fall * fall / 2)

    def place(self, time: float) -> tuple[float, float, float]:
        f = self.travelled(time) / self.length
        (x0, y0, z0), (x1, y1, z1) = self.origin, self.target
        return x0 + f * (x1 - x0), y0 + f * (y1 - y0), z0 + f * (z1 - z0)

    def cut(self, time: float) -> Block:
        """The part that was done when motion was cut off at a time."""
        done = self.travelled(time)
        left = time - self.start
        rise = min(self.phases[0], left)
        cruise = min(self.phases[1], left - rise)
        fall = max(0.0, left - rise - cruise)
        speed = (
            self.peak - self.acceleration * fall
            if fall
            else min(self.peak, math.sqrt(self.entry) + self.acceleration * rise)
        )
        part = replace(self, target=self.place(time), e=self.e * done / self.length, length=done)
        part.exit, part.phases = max(speed, 0.0), (rise, cruise, fall)
        part.peak = self.peak if left > self.phases[0] else part.exit
        return part


@dataclass(slots=True)
class Planner:
    """A queue of blocks in simulated time. ``size`` is BLOCK_BUFFER_SIZE; one slot stays free, as in Marlin."""

    limits: Limits = field(default_factory=Limits)
    size: int = 16
    done: list[Block] = field(default_factory=list)
    """Blocks that were made; the owner takes them."""
    appended: int = 0
    """Blocks queued since the start."""
    began: float | None = None
    """When the first block began."""
    _queue: deque[Block] = field(default_factory=deque)
    _running: Block | None = None
    _deliver: float = 0.0
    _last: Block | None = None

    def __len__(self) -> int:
        return len(self._queue) + (self._running is not None)

    @property
    def free(self) -> int:
        """Marlin's moves_free, the P of ADVANCED_OK."""
        return self.size - 1 - len(self)

    def append(
        self, now: float, origin: tuple[float, float, float], target: tuple[float, float, float], e: float, feed: float
    ) -> bool:
        """Queue a move; False where it is too short to be one. ``feed`` in mm/s."""
        block = self._plan(origin, target, e, feed)
        if block is None:
            return False
        if not self:
            self._deliver = now + FIRST_BLOCK_DELAY
        self._queue.append(block)
        self.appended += 1
        self._replan()
        self._last = block
        if self._running is None and len(self._queue) >= 3:
            self._begin(now)
        return True

    def advance(self, now: float, flush: bool = False) -> None:
        """Let motion go on to ``now``. ``flush``: someone waits for the end, so a first block need not wait."""
        if self._running is None and self._queue and (flush or now >= self._deliver):
            self._begin(now if flush and now < self._deliver else self._deliver)
        running = self._running
        while running is not None and running.end <= now:
            self.done.append(running)
            self._running = None
            if self._queue:
                self._begin(running.end)
            running = self._running

    def next_event(self) -> float | None:
        """When the running block ends, or the first one begins."""
        if self._running is not None:
            return self._running.end
        return self._deliver if self._queue else None

    def abort(self, now: float) -> tuple[float, float, float] | None:
        """Drop everything at once (quick stop). Where the tool stands, or None if nothing moved."""
        place = None
        if self._running is not None:
            part = self._running.cut(now)
            place = part.target
            if part.length > 0 and part.duration > 0:
                self.done.append(part)
        elif self._queue:
            place = self._queue[0].origin
        self._queue.clear()
        self._running = None
        return place

    def place(self, now: float) -> tuple[float, float, float] | None:
        """Where the tool is, if anything is queued."""
        if self._running is not None:
            return self._running.place(now)
        return self._queue[0].origin if self._queue else None

    def _begin(self, time: float) -> None:
        block = self._queue.popleft()
        following = self._queue[0] if self._queue else None
        leave = SLOWEST * SLOWEST
        if following is not None:
            leave = min(following.entry, block.entry + 2 * block.acceleration * block.length)
            following.entry, following.frozen = leave, True
        block.shape(time, leave)
        self._running = block
        if self.began is None:
            self.began = time

    def _plan(
        self, origin: tuple[float, float, float], target: tuple[float, float, float], e: float, feed: float
    ) -> Block | None:
        dx, dy, dz = target[0] - origin[0], target[1] - origin[1], target[2] - origin[2]
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        length = distance if distance > 1e-6 else abs(e)
        if length < 1e-6:
            return None
        limits = self.limits
        vector: Axes = (dx / length, dy / length, dz / length, e / length)
        base = limits.retracting if distance <= 1e-6 else limits.printing if e else limits.travel
        speed = max(feed, SLOWEST)
        for share, fastest in zip(vector, limits.feedrate, strict=True):
            if abs(share) * speed > fastest:
                speed = fastest / abs(share)
        acceleration = _limited(base, vector, limits.acceleration)
        norm = math.sqrt(sum(v * v for v in vector))
        unit: Axes = (vector[0] / norm, vector[1] / norm, vector[2] / norm, vector[3] / norm)
        speeds: Axes = (vector[0] * speed, vector[1] * speed, vector[2] * speed, vector[3] * speed)
        block = Block(origin, target, e, length, speed, acceleration, 0.0, unit, speeds)
        previous = self._last if self else None
        block.max_entry = self._junction(previous, block)
        return block

    def _junction(self, previous: Block | None, block: Block) -> float:
        rest = SLOWEST * SLOWEST
        jerk = self.limits.jerk
        if jerk is not None:
            return _jerk_junction(previous, block, jerk)
        if previous is None:
            return rest
        cosine = -sum(p * q for p, q in zip(previous.unit, block.unit, strict=True))
        if cosine > 0.999999:
            return rest
        cap = min(block.nominal, previous.nominal) ** 2
        if cosine < -0.999999:
            return cap
        turn = [q - p for p, q in zip(previous.unit, block.unit, strict=True)]
        norm = math.sqrt(sum(v * v for v in turn))
        along: Axes = (turn[0] / norm, turn[1] / norm, turn[2] / norm, turn[3] / norm)
        acceleration = _limited(block.acceleration, along, self.limits.acceleration)
        half_sine = math.sqrt((1 - cosine) / 2)
        square = acceleration * self.limits.deviation * half_sine / (1 - half_sine)
        if block.length < 1 and cosine < -math.sqrt(0.5):  # a short chord of a curve: mind the curve's radius
            square = min(square, block.length * acceleration / math.acos(-cosine))
        return max(rest, min(square, cap))

    def _replan(self) -> None:
        """Reverse pass until nothing changes, then forward from there."""
        queue = self._queue
        leave = SLOWEST * SLOWEST
        first = len(queue) - 1
        for index in range(len(queue) - 1, -1, -1):
            block = queue[index]
            first = index
            if block.frozen:
                break
            reach = min(block.max_entry, leave + 2 * block.acceleration * block.length)
            if index < len(queue) - 1 and reach == block.reverse:
                break
            block.reverse = reach
            leave = reach
        if first == 0 and not queue[0].frozen:
            head = queue[0]
            head.entry = head.reverse if self._running is None else min(head.reverse, self._running.exit**2)
        for index in range(first, len(queue) - 1):
            block, following = queue[index], queue[index + 1]
            following.entry = min(following.reverse, block.entry + 2 * block.acceleration * block.length)


def _limited(acceleration: float, vector: Axes, limits: Axes) -> float:
    """The acceleration along a direction at which no axis exceeds its own limit."""
    for share, most in zip(vector, limits, strict=True):
        if abs(share) * acceleration > most:
            acceleration = most / abs(share)
    return acceleration


def _jerk_junction(previous: Block | None, block: Block, jerk: Axes) -> float:
    """Square of the entry speed at which no axis jumps by more than its jerk."""
    safe = _safe_speed(block, jerk)
    if previous is None:
        return safe * safe
    speed = min(block.nominal, previous.nominal)
    factor = 1.0
    for before, after, most in zip(previous.speeds, block.speeds, jerk, strict=True):
        leave, enter = before / previous.nominal * speed, after / block.nominal * speed
        jump = abs(leave - enter) if leave * enter >= 0 else max(abs(leave), abs(enter))
        if jump * factor > most:
            factor = most / jump
    return max(speed * factor, min(safe, _safe_speed(previous, jerk))) ** 2


def _safe_speed(block: Block, jerk: Axes) -> float:
    """The speed at which a block may begin from rest."""
    speed = block.nominal
    for component, most in zip(block.speeds, jerk, strict=True):
        share = abs(component) / block.nominal
        if share * speed > most:
            speed = most / share
    return max(speed, SLOWEST)
