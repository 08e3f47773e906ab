"""The motion planner: straight blocks, trapezoids of speed, look-ahead over the queue.

Written from what Marlin documents of its planner (module/planner.cpp, Configuration_adv.h "Planner"): per-axis limits
of speed and acceleration, a limited speed at each junction (junction deviation, or classic jerk), a reverse and a
forward pass. A block that has started is not changed any more, and the speed at its end binds the next one.

An ``agile`` planner is GRBL's (grbl/planner.c, grbl/stepper.c): the block at work is planned anew while it runs, so
that it leaves faster when more comes, follows overrides, and can be held and resumed.

Left out: SLOWDOWN (stretching of short segments in a short queue), S-curves, linear advance, rounding to steps.
Units: mm, s, mm/s, mm/s2.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

SLOWEST = 0.05
"""MINIMUM_PLANNER_SPEED: blocks begin and end at rest with this speed."""

FIRST_BLOCK_DELAY = 0.1
"""BLOCK_DELAY_FOR_1ST_MOVE: a first block waits so long for company, unless three blocks are there."""

Axes = tuple[float, float, float, float]
Place = tuple[float, float, float]


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
    axes_alone: bool = False
    """GRBL: nothing but the axes limits acceleration, on lines and at corners."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a laser or spindle does along a block."""

    power: float
    """Share of the full power, 0 to 1."""
    revolutions: float = 0.0
    """The S of its line."""
    follows: bool = False
    """The power follows the speed, and is what it says at the programmed one."""
    programmed: float = 0.0
    """mm/s."""
    rapid: bool = False
    fixed: bool = False
    """Overrides do not apply."""
    number: int = 0
    """The N of its line."""


@dataclass(slots=True)
class Block:
    """One straight move. ``start`` is filled when it begins; the profile is final from then on."""

    origin: Place
    target: Place
    e: float
    """mm of filament (or piston), signed."""
    length: float
    nominal: float
    acceleration: float
    max_entry: float
    """Square of the highest speed at its entry."""
    unit: Axes
    speeds: Axes
    fastest: float = 0.0
    """The speed at which an axis reaches its limit."""
    corner: float = 0.0
    """Square of the highest speed at the corner before it, whatever the blocks' own speeds are."""
    work: Work | None = None
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

    def speed(self, time: float) -> float:
        """Its speed at a time."""
        t = min(max(time - self.start, 0.0), self.duration)
        rise, cruise, _ = self.phases
        if t < rise:
            return min(self.peak, math.sqrt(self.entry) + self.acceleration * t)
        return max(0.0, self.peak - self.acceleration * max(0.0, t - rise - cruise))

    def when(self, distance: float) -> float:
        """The time at which so many mm are travelled."""
        low, high = self.start, self.end
        for _ in range(48):
            middle = (low + high) / 2
            if self.travelled(middle) < distance:
                low = middle
            else:
                high = middle
        return high

    def split(self, distance: float) -> tuple[Block, Block]:
        """Two blocks in its place: the first so many mm long."""
        share = distance / self.length
        (x0, y0, z0), (x1, y1, z1) = self.origin, self.target
        middle = (x0 + share * (x1 - x0), y0 + share * (y1 - y0), z0 + share * (z1 - z0))
        first = replace(self, target=middle, length=distance, e=self.e * share)
        second = replace(self, origin=middle, length=self.length - distance, e=self.e * (1 - share))
        second.corner, second.max_entry = math.inf, math.inf
        return first, second

    def place(self, time: float) -> Place:
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
        part = replace(self, target=self.place(time), e=self.e * done / self.length, length=done)
        part.exit, part.phases = self.speed(time), (rise, cruise, fall)
        part.peak = self.peak if left > self.phases[0] else part.exit
        return part


@dataclass(slots=True)
class Planner:
    """A queue of blocks in simulated time. ``size`` is BLOCK_BUFFER_SIZE; one slot stays free, as in Marlin."""

    limits: Limits = field(default_factory=Limits)
    size: int = 16
    delay: float = FIRST_BLOCK_DELAY
    agile: bool = False
    done: list[Block] = field(default_factory=list)
    """Blocks that were made; the owner takes them."""
    appended: int = 0
    """Blocks queued since the start."""
    began: float | None = None
    """When the first block began."""
    held: bool = False
    """Nothing begins; what runs brakes, if anything does."""
    _braking: deque[Block] = field(default_factory=deque)
    """Parts that end a motion, to be run before all others."""
    _queue: deque[Block] = field(default_factory=deque)
    _running: Block | None = None
    _deliver: float = 0.0
    _last: Block | None = None

    def __len__(self) -> int:
        return len(self._queue) + len(self._braking) + (self._running is not None)

    @property
    def free(self) -> int:
        """Marlin's moves_free, the P of ADVANCED_OK."""
        return self.size - 1 - len(self)

    @property
    def running(self) -> Block | None:
        return self._running

    @property
    def last(self) -> Block | None:
        """The last one that is not made yet."""
        if self._queue:
            return self._queue[-1]
        return self._braking[-1] if self._braking else self._running

    def append(
        self,
        now: float,
        origin: Place,
        target: Place,
        e: float,
        feed: float,
        work: Work | None = None,
        share: float = 1.0,
    ) -> bool:
        """Queue a move; False where it is too short to be one. ``feed`` in mm/s; ``share`` of the axes' own limits."""
        block = self._plan(origin, target, e, feed, share)
        if block is None:
            return False
        block.work = work
        if not self:
            self._deliver = now + self.delay
        self._queue.append(block)
        self.appended += 1
        self._replan(now)
        self._last = block
        if self._running is None and len(self._queue) >= 3 and not self.held:
            self._begin(now)
        return True

    def advance(self, now: float, flush: bool = False) -> None:
        """Let motion go on to ``now``. ``flush``: someone waits for the end, so a first block need not wait."""
        if self._running is None and self._ready() and (flush or now >= self._deliver):
            self._begin(now if flush and now < self._deliver else self._deliver)
        running = self._running
        while running is not None and running.end <= now:
            self.done.append(running)
            self._running = None
            if self._ready():
                self._begin(running.end)
            running = self._running

    def _ready(self) -> bool:
        return bool(self._braking) or (bool(self._queue) and not self.held)

    def next_event(self) -> float | None:
        """When the running block ends, or the first one begins."""
        if self._running is not None:
            return self._running.end
        return self._deliver if self._ready() else None

    def hold(self, now: float) -> None:
        """Brake as fast as the blocks allow. What is left then waits for :meth:`resume`."""
        self._interrupt(now)
        self.held = True
        self._brake(lambda _: SLOWEST * SLOWEST)
        if self._braking and self._running is None:
            self._begin(now)

    def resume(self, now: float) -> None:
        """Go on after a :meth:`hold` that has come to its end."""
        self.held = False
        if not self._queue or self._running is not None:
            return
        head = self._queue[0]
        head.max_entry = head.entry = SLOWEST * SLOWEST
        head.frozen = False
        self._replan_all()
        self._begin(now)

    def revise(self, now: float, change: Callable[[Block], None]) -> None:
        """Change the speed or the work of every block, also of what is left of the one at work."""
        moves = self._interrupt(now)
        before = math.inf
        for index, block in enumerate(self._queue):
            change(block)
            if index:
                block.max_entry = max(SLOWEST**2, min(block.corner, block.nominal**2, before**2))
            before = block.nominal
        if not moves or self.held:
            return
        self._brake(lambda block: block.nominal**2)
        self._replan_all()
        self._begin(now)

    def _interrupt(self, now: float) -> bool:
        """Take the running block back: what was made of it is done, the rest is the queue's first, at its speed."""
        self.advance(now)
        running = self._running
        if running is None:
            return False
        done = running.travelled(now)
        if now > running.start and done > 0:
            self.done.append(running.cut(now))
        rest = running if done <= 0 else running.split(min(done, running.length * (1 - 1e-9)))[1]
        rest.entry = max(running.speed(now) ** 2, SLOWEST * SLOWEST)
        rest.frozen = True
        self._running = None
        if self._queue:
            self._queue[0].frozen = False
        while self._braking:
            self._queue.appendleft(self._braking.pop())
        self._queue.appendleft(rest)
        return True

    def _brake(self, wanted: Callable[[Block], float]) -> None:
        """Take from the queue what is needed to slow down to a square of speed, as soon as the blocks allow."""
        while self._queue:
            head = self._queue[0]
            needed = (head.entry - wanted(head)) / (2 * head.acceleration)
            if needed <= 0:
                return
            head = self._queue.popleft()
            rest = self._queue[0] if self._queue else None
            if needed < head.length - 1e-9:
                head, rest = head.split(needed)
                self._queue.appendleft(rest)
            self._braking.append(head)
            if rest is None:
                return
            rest.entry = max(SLOWEST * SLOWEST, head.entry - 2 * head.acceleration * head.length)
            rest.frozen = True

    def abort(self, now: float) -> Place | None:
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
        self._braking.clear()
        self._running, self.held = None, False
        return place

    def place(self, now: float) -> Place | None:
        """Where the tool is, if anything is queued."""
        if self._running is not None:
            return self._running.place(now)
        return self._queue[0].origin if self._queue else None

    def _begin(self, time: float) -> None:
        block = self._braking.popleft() if self._braking else self._queue.popleft()
        leave = max(SLOWEST * SLOWEST, block.entry - 2 * block.acceleration * block.length)
        following = self._queue[0] if self._queue and not self._braking and not self.held else None
        if following is not None:
            leave = max(leave, min(following.entry, block.entry + 2 * block.acceleration * block.length))
            following.entry, following.frozen = leave, not self.agile
        block.shape(time, leave)
        self._running = block
        if self.began is None:
            self.began = time

    def _plan(self, origin: Place, target: Place, e: float, feed: float, share: float) -> Block | None:
        dx, dy, dz = target[0] - origin[0], target[1] - origin[1], target[2] - origin[2]
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        length = distance if distance > 1e-6 else abs(e)
        if length < 1e-6:
            return None
        limits = self.limits
        vector: Axes = (dx / length, dy / length, dz / length, e / length)
        base = limits.retracting if distance <= 1e-6 else limits.printing if e else limits.travel
        fastest = _limited(math.inf, vector, limits.feedrate)
        speed = min(max(feed, SLOWEST), fastest * share)
        acceleration = _limited(math.inf if limits.axes_alone else base, vector, limits.acceleration)
        norm = math.sqrt(sum(v * v for v in vector))
        unit: Axes = (vector[0] / norm, vector[1] / norm, vector[2] / norm, vector[3] / norm)
        speeds: Axes = (vector[0] * speed, vector[1] * speed, vector[2] * speed, vector[3] * speed)
        block = Block(origin, target, e, length, speed, acceleration, 0.0, unit, speeds, fastest)
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
            block.corner = math.inf
            return cap
        turn = [q - p for p, q in zip(previous.unit, block.unit, strict=True)]
        norm = math.sqrt(sum(v * v for v in turn))
        along: Axes = (turn[0] / norm, turn[1] / norm, turn[2] / norm, turn[3] / norm)
        alone = self.limits.axes_alone
        acceleration = _limited(math.inf if alone else block.acceleration, along, self.limits.acceleration)
        half_sine = math.sqrt((1 - cosine) / 2)
        square = acceleration * self.limits.deviation * half_sine / (1 - half_sine)
        if not alone and block.length < 1 and cosine < -math.sqrt(0.5):  # a chord of a curve: mind the curve's radius
            square = min(square, block.length * acceleration / math.acos(-cosine))
        block.corner = square
        return max(rest, min(square, cap))

    def _replan_all(self) -> None:
        for block in self._queue:
            block.reverse = -1.0
        self._replan(None)

    def _replan(self, now: float | None) -> None:
        """Reverse pass until nothing changes, then forward from there. ``now``: a running block may be revised."""
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
        if first == 0 and queue and not queue[0].frozen:
            self._enter(queue[0], now)
        for index in range(first, len(queue) - 1):
            block, following = queue[index], queue[index + 1]
            reach = 2 * block.acceleration * block.length
            following.entry = max(min(following.reverse, block.entry + reach), block.entry - reach)

    def _enter(self, head: Block, now: float | None) -> None:
        """The speed at which the queue's first block is entered."""
        running = self._running
        if running is None or self.held:
            head.entry = head.reverse if not self.held else head.entry
            return
        if not self.agile or now is None:
            head.entry = min(head.reverse, running.exit**2)
            return
        reach = running.entry + 2 * running.acceleration * running.length
        if min(head.reverse, reach) > running.exit**2 * (1 + 1e-9):
            if now > running.start + running.phases[0] + running.phases[1]:  # it brakes already: go on from here
                self._interrupt(now)
                running = self._queue.popleft()
                reach = running.entry + 2 * running.acceleration * running.length
                self._running = running
                running.shape(now, min(head.reverse, reach))
            else:
                running.shape(running.start, min(head.reverse, reach))
        head.entry = min(head.reverse, running.exit**2)


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
