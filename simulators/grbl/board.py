"""The machine under the parser: where it is, what moves it, what its laser or spindle does, and what it says.

Machine coordinates are what the firmware believes; ``offset`` is what must be added to get to the true place on the
bed. It changes when steps are lost, and homing finds it again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import Enum

from simulators.beads import rest, worked
from simulators.grbl import reports, settings
from simulators.grbl.meaning import Parser
from simulators.grbl.store import ORIGIN, Point, Store
from simulators.motion import Block, Limits, Planner, Work
from simulators.record import Recorder

INFINITE = 1e9
SLOWEST_FEED = 1 / 60
"""MINIMUM_FEED_RATE, mm/s."""
PWM = 255
LONG_REST = 0.05
"""Seconds that a laser may stand still while it is on before it scorches."""
ADRIFT = 0.5
"""An abrupt stop loses up to this share of the way that braking would have taken."""
CRITICAL = (1, 2)
"""Alarms that wait for the host's reset."""
PROBING = (4, 5)
"""Alarms after which the firmware just stays locked."""
ALARM_DELAY = 0.5


class State(Enum):
    IDLE = "Idle"
    RUN = "Run"
    HOLD = "Hold"
    JOG = "Jog"
    ALARM = "Alarm"
    DOOR = "Door"
    CHECK = "Check"
    HOME = "Home"
    SLEEP = "Sleep"


MOVING = (State.RUN, State.JOG)


@dataclass(frozen=True, slots=True)
class Options:
    """How the firmware was built and the machine around it. mm; ``start``: where the tool stands on the bed."""

    tool: str = "laser"
    flavour: str = "grbl"
    envelope: Point = (300.0, 200.0, 50.0)
    buffer: int = 128
    blocks: int = 15
    homing: bool = False
    overrides: tuple[tuple[int, float], ...] = ()
    """Settings that differ from the tool's."""
    start: Point = ORIGIN
    surface: float = 0.0
    reset_on_open: bool = True
    line_time: float = 0.0
    """Seconds that a line keeps the processor busy."""


@dataclass(slots=True)
class Overrides:
    """Percent."""

    feed: int = 100
    rapid: int = 100
    spindle: int = 100


@dataclass(slots=True)
class Held:
    """How far a hold or an open door has got."""

    complete: bool = False
    jog: bool = False
    """A jog is being cancelled: there is nothing to resume."""
    restoring: float | None = None
    """When what the door switched off will be back."""
    since: float = 0.0
    before: Output | None = None
    """What the spindle did before it was switched off."""


@dataclass(slots=True)
class Output:
    """What the spindle pins do while nothing moves. ``power``: share of the full one."""

    mode: str = "M5"
    revolutions: float = 0.0
    power: float = 0.0


class Board:
    """``now`` is the simulated time of what happens at this moment."""

    def __init__(self, options: Options, recorder: Recorder, dice: random.Random) -> None:
        self.options = options
        self.recorder = recorder
        self.dice = dice
        self.now = 0.0
        self.store = Store(settings.initial(options.tool, options.envelope, options.homing) | dict(options.overrides))
        self.offset = options.start
        self.stopped: Point = ORIGIN
        """Where the tool is when nothing moves, in machine coordinates."""
        self.homed = False
        self.state = State.IDLE
        self.planner = self._planner()
        self._moved_at: float | None = None
        self._out: list[tuple[bytes, bool]] = []
        self._settled = 0.0
        self._scorched = 0.0
        self.ajar = False
        """The door is open, as its switch says."""
        self.startup = False
        """Startup lines are to run: after homing."""
        self.homing_fault = 0
        """The alarm that the next homing ends with."""
        self.blind = False
        """The laser or spindle is dead: it is told to work, and does not."""
        self.fresh()

    def fresh(self) -> None:
        """What a soft reset forgets."""
        self.parser = Parser(position=self.stopped, system=self.store.coordinates["G54"])
        self.overrides = Overrides()
        self.spindle = Output()
        self.held = Held()
        self.deaf = 0.0
        """Until when the processor writes its EEPROM."""
        self.critical = False
        """A limit was hit: nothing but a reset is heard."""
        self.reboot_at: float | None = None
        self.mist = self.flood = False
        self.probe: tuple[Point, bool] = (ORIGIN, False)
        self.wco_count = self.override_count = 0

    def _planner(self) -> Planner:
        store = self.store
        rates = tuple(value / 60 for value in store.three(110))
        limits = Limits(
            (rates[0], rates[1], rates[2], INFINITE),
            (*store.three(120), INFINITE),
            deviation=store.values[11],
            axes_alone=True,
        )
        return Planner(limits, self.options.blocks + 1, delay=0.0, agile=True)

    def configure(self) -> None:
        """Settings changed."""
        self.planner.limits = self._planner().limits
        self.wco_count = 0

    # --- texts ---

    def say(self, text: str) -> None:
        self._out.append((text.encode("ascii", "replace"), False))

    def message(self, text: str) -> None:
        self.say(reports.message(text))

    def take_output(self) -> list[tuple[bytes, bool]]:
        """(bytes, whether a pause follows) since the last call."""
        out, self._out = self._out, []
        return out

    # --- places ---

    def machine(self) -> Point:
        """Where the firmware believes to be now, in machine coordinates, on the grid of its steps."""
        place = self.planner.place(self.now) or self.stopped
        return self.stepped(place)

    def stepped(self, place: Point) -> Point:
        steps = self.store.three(100)
        x, y, z = (round(value * per) / per if per else value for value, per in zip(place, steps, strict=True))
        return x, y, z

    def true(self, place: Point) -> Point:
        """On the bed, where the frame stops it."""
        x, y, z = (
            min(max(value + shift, 0.0), most)
            for value, shift, most in zip(place, self.offset, self.options.envelope, strict=True)
        )
        return x, y, z

    def beyond(self, target: Point) -> bool:
        """Whether a target lies outside of the frame."""
        return any(
            not -1e-4 <= value + shift <= most + 1e-4
            for value, shift, most in zip(target, self.offset, self.options.envelope, strict=True)
        )

    def too_far(self, target: Point) -> bool:
        """Soft limits: machine space is negative."""
        return any(
            not -travel - 1e-6 <= value <= 1e-6 for value, travel in zip(target, self.store.three(130), strict=True)
        )

    # --- motion ---

    def move(self, target: Point, work: Work) -> bool:
        """Queue a line. False where it is shorter than a step."""
        last = self.planner.last
        origin = last.target if last is not None else self.stopped
        end = self.stepped(target)
        if self.store.on(22) and not self.homed:
            self.recorder.count("unhomed_moves")
        feed, share = self._pace(work)
        return self.planner.append(self.now, origin, end, 0.0, feed, work, share)

    def _pace(self, work: Work) -> tuple[float, float]:
        """By the overrides: the feed, mm/s, and the share of the axes' limits that may be used."""
        if work.rapid:
            return INFINITE, self.overrides.rapid / 100
        return max(SLOWEST_FEED, work.programmed * (1.0 if work.fixed else self.overrides.feed / 100)), 1.0

    def settle(self) -> None:
        """Hand over to the recorder what was made, and what a tool at rest did meanwhile."""
        done = self.planner.done
        for block in done:
            self._still(block.start)
            self._made(block)
        done.clear()
        running = self.planner.running
        self._still(self.now if running is None else min(self.now, running.start))

    def _made(self, block: Block) -> None:
        origin, target = self.true(block.origin), self.true(block.target)
        if self.beyond(block.target):
            self.recorder.count("outside_moves")
            self.recorder.event(self.now, "frame", "the tool ran into the frame, and steps were lost")
            x, y, z = (t - m for t, m in zip(target, block.target, strict=True))
            self.offset = (x, y, z)
        self._judge(block, origin, target)
        work = block.work
        if self.blind and work is not None:
            work = replace(work, power=0.0)
        self.recorder.made(worked(replace(block, origin=origin, target=target, work=work)))
        self.stopped = block.target
        self._settled = block.end
        work = block.work
        if work is not None:
            self.spindle.power = 0.0 if work.follows else work.power
            self.spindle.revolutions = 0.0 if work.follows else work.revolutions

    def _judge(self, block: Block, origin: Point, target: Point) -> None:
        """Count what a machinist would shout about. A bit that goes straight up cuts nothing: it stood there."""
        work = block.work
        if work is None:
            return
        if self.options.tool == "laser" and work.rapid and work.power > 0:
            self.recorder.count("travel_burns")
        rises = origin[:2] == target[:2] and target[2] > origin[2]
        below = min(origin[2], target[2]) < self.options.surface - 1e-6
        if self.options.tool == "spindle" and below and not rises:
            self.recorder.count("dry_cuts", int(work.power <= 0 or self.blind))
            self.recorder.count("rapid_cuts", int(work.rapid))

    def _still(self, until: float) -> None:
        """The tool at rest from the last settling on."""
        begun, self._settled = self._settled, max(self._settled, until)
        power = 0.0 if self.blind else self.spindle.power
        if power <= 0 or self._settled <= begun:
            self._scorched = 0.0
            return
        before, self._scorched = self._scorched, self._scorched + self._settled - begun
        if self.options.tool == "laser" and before <= LONG_REST < self._scorched:
            self.recorder.count("scorches")
            self.recorder.event(self.now, "scorch", "the laser is on, and nothing moves")
        self.recorder.rested(rest(self.true(self.stopped), begun, self._settled, power))

    def halt(self) -> None:
        """Stop dead in the middle of a move: steps are lost, so that the firmware no longer knows where it is."""
        self.planner.advance(self.now)
        running = self.planner.running
        speed = running.speed(self.now) if running is not None else 0.0
        place = self.planner.abort(self.now)
        self.settle()
        if place is not None:
            self.stopped = place
        if running is not None:
            slip = self.dice.uniform(0.1, ADRIFT) * speed * speed / (2 * running.acceleration)
            x, y, z = (shift + slip * running.unit[axis] for axis, shift in enumerate(self.offset))
            self.offset = (x, y, z)
            self.recorder.count("aborts")
            self.homed = False
        self.parser.position = self.stopped

    def crossing(self) -> float | None:
        """When the tool runs into a limit switch, if it does on the line at work and $21 watches them."""
        running = self.planner.running
        if running is None or not self.store.on(21) or not self.beyond(running.target):
            return None
        shares = [1.0]
        for begun, ended, shift, most in zip(
            running.origin, running.target, self.offset, self.options.envelope, strict=True
        ):
            edge = -shift if ended + shift < 0 else most - shift
            if ended != begun and (ended - edge) * (ended - begun) > 0:
                shares.append(max(0.0, (edge - begun) / (ended - begun)))
        return running.when(min(shares) * running.length)

    @property
    def moved_at(self) -> float | None:
        """When the first motion began, since power was given."""
        if self._moved_at is None:
            self._moved_at = self.planner.began
        return self._moved_at

    def alarm(self, code: int) -> None:
        """Everything off; what comes next is a reset, by itself or by the host."""
        self.recorder.count("refusals" if self.state is State.CHECK else "alarms")
        self.halt()
        self.off()
        self.state = State.ALARM
        self.recorder.event(self.now, "alarm", f"ALARM:{code}")
        self.say(f"ALARM:{code}\r\n")
        if code in CRITICAL:
            self.critical = True
            self.message("Reset to continue")
        elif code not in PROBING:
            self.reboot_at = self.now + ALARM_DELAY

    # --- the spindle's output ---

    def share(self, revolutions: float) -> float:
        """Of the full power: the firmware's eight bits of pulse width."""
        least, most = self.store.values[31], self.store.values[30]
        revolutions *= self.overrides.spindle / 100
        if revolutions <= 0:
            return 0.0
        if least >= most or revolutions >= most:
            return 1.0
        if revolutions <= least:
            return 1 / PWM
        return (int((revolutions - least) * (PWM - 1) / (most - least)) + 1) / PWM

    def turn(self, mode: str, revolutions: float) -> None:
        """Set the output while nothing moves. A laser in M4 is off then."""
        self.settle()
        if mode == "M5" or (mode == "M4" and self.store.on(32)):
            revolutions = 0.0
        self.spindle = Output(mode, revolutions, self.share(revolutions))
        self.override_count = 0

    def off(self) -> None:
        """Spindle and coolant off, whatever the parser thinks."""
        self.turn("M5", 0.0)
        self.mist = self.flood = False

    def work(self, revolutions: float, feed: float, number: int, rapid: bool = False, fixed: bool = False) -> Work:
        """What a block does by the modes that hold. ``feed`` in mm/s."""
        mode = self.parser.modal.spindle
        follows = mode == "M4" and self.store.on(32)
        power = 0.0 if mode == "M5" else self.share(revolutions)
        return Work(power, revolutions, follows, feed, rapid, fixed, number)

    def respeed(self) -> None:
        """An override changed: of what is queued, too."""

        def change(block: Block) -> None:
            work = block.work
            if work is None:
                return
            feed, share = self._pace(work)
            block.nominal = min(feed, block.fastest * share)
            block.work = replace(work, power=self.share(work.revolutions) if work.power else 0.0)

        self.planner.revise(self.now, change)
        self.settle()
        if self.spindle.power:
            self.spindle.power = self.share(self.spindle.revolutions)
        self.override_count = 0

    @property
    def slowing(self) -> bool:
        """Held, and not yet at rest."""
        return self.planner.held and self.planner.running is not None

    @property
    def suspended(self) -> bool:
        """The main loop does nothing but wait for the end of a hold."""
        return self.state in (State.HOLD, State.DOOR, State.SLEEP) or self.held.jog
