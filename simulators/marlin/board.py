"""The board's state: what the commands read and change. It knows motion, heat and text, but no queue and no wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.ground import Ground
from simulators.marlin import reports
from simulators.marlin.heaters import bed, hotend
from simulators.marlin.mesh import Leveling, Probe
from simulators.marlin.objects import Objects
from simulators.motion import Limits, Planner
from simulators.record import Recorder

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)
STEPS = (80, 80, 400)
"""DEFAULT_AXIS_STEPS_PER_UNIT of X, Y, Z, for the counts of M114."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the firmware was built, in Marlin's words. Lengths in mm, degrees C."""

    envelope: Point = (220.0, 220.0, 60.0)
    limits: Limits = field(default_factory=Limits)
    min_temp: float = 170.0
    """EXTRUDE_MINTEMP."""
    advanced_ok: bool = True
    emergency_parser: bool = True
    reset_on_open: bool = True
    bufsize: int = 4
    blocks: int = 16
    bed_max: float = 120.0
    """The hottest that the bed may be set."""
    probe: Probe | None = None
    """None: it is built without a probe and without bed leveling."""
    ground: Ground = field(default_factory=lambda: Ground(0.0))
    """What a probe meets."""
    cancel_objects: bool = True
    """CANCEL_OBJECTS: it knows M486."""


class Board:
    """``now`` is the simulated time of what happens at this moment."""

    def __init__(self, options: Options, recorder: Recorder) -> None:
        self.options = options
        self.recorder = recorder
        self.now = 0.0
        self._moved_at: float | None = None
        self.mute: int | None = None
        """So many more points, and then the probe is not triggered."""
        self.physical: Point = ORIGIN
        """Where the tool truly stands when nothing moves."""
        self.hotend, self.bed = hotend(), bed(options.bed_max)
        self._out: list[tuple[bytes, bool]] = []
        self.reset()

    def reset(self) -> None:
        """Forget everything but the temperatures and the place of the tool."""
        self.planner = Planner(self.options.limits, self.options.blocks)
        """Its blocks are where the tool truly is; commands count in native coordinates."""
        self.dead = False
        self.last_n = 0
        self.position: Point = ORIGIN
        """Native coordinates at the end of the queue."""
        self.shift: Point = ORIGIN
        """G92: logical minus native."""
        self.offset: Point = self.physical
        """True minus native: zero once homed."""
        self.e = 0.0
        self.homed: set[int] = set()
        self.leveling = Leveling()
        self.objects = Objects()
        self.soft_endstops = True
        """M211: homed axes stay within the envelope."""
        self.feed = 25.0
        self.speed_factor = self.flow_factor = 1.0
        self.inches = self.relative = self.relative_e = False
        self.min_temp = self.options.min_temp
        self.fan = 0
        self.keepalive = 2.0
        self.temperature_period = self.position_period = 0.0
        self.temperature_due = self.position_due = 0.0
        self.user = False
        """Waits for a person."""
        self.heating = True
        """Cleared by M108: a wait for heat was broken off."""
        self.tail: str | None = None
        """What follows ``ok`` of the command at work; set, it replaces ADVANCED_OK's."""

    def say(self, text: str) -> None:
        """Text to the host, with its line ends."""
        self._out.append((text.encode("ascii", "replace"), False))

    def output(self) -> list[tuple[bytes, bool]]:
        """(bytes, whether a pause follows) since the last call."""
        out, self._out = self._out, []
        return out

    def kill(self, *lines: str) -> None:
        """Halt: heaters and motors off, silence until a reset."""
        self.recorder.count("kills")
        self.recorder.event(self.now, "kill", lines[0])
        self.cut_motion()
        self.hotend.set(0)
        self.bed.set(0)
        self.say("".join(f"{line}\n" for line in lines) + "Error:Printer halted. kill() called!\n//action:poweroff\n")
        self.dead = True

    def quick_stop(self) -> None:
        """M410: drop all motion at once. The firmware then takes the stepper's position as its own."""
        self.cut_motion()
        x, y, z = self.physical
        dx, dy, dz = self.offset
        self.position = self.leveling.flat((x - dx, y - dy, z - dz))

    def cut_motion(self) -> None:
        """Drop what is queued, in the middle of a block if need be."""
        self.planner.advance(self.now)
        if len(self.planner):
            self.recorder.count("aborts")
        place = self.planner.abort(self.now)
        self.settle()
        if place is not None:
            self.physical = place

    def settle(self) -> None:
        """Hand over to the recorder what the planner has made."""
        done = self.planner.done
        if not done:
            return
        for block in done:
            self.recorder.moved(block)
        self.physical = done[-1].target
        done.clear()

    @property
    def moved_at(self) -> float | None:
        """When the first motion began, since power was given."""
        if self._moved_at is None:
            self._moved_at = self.planner.began
        return self._moved_at

    def where(self) -> Point:
        """The tool's true place now."""
        return self.planner.place(self.now) or self.physical

    def heat(self) -> None:
        """Bring the temperatures up to now."""
        self.hotend.update(self.now)
        self.bed.update(self.now)

    def position_text(self) -> str:
        """M114: where the firmware will be when the queue is done, and the steps of where it is."""
        x, y, z = (p + s for p, s in zip(self.position, self.shift, strict=True))
        cx, cy, cz = (round((w - o) * k) for w, o, k in zip(self.where(), self.offset, STEPS, strict=True))
        return f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:{self.e:.2f} Count X:{cx} Y:{cy} Z:{cz}\n"

    def report(self) -> None:
        """The automatic reports that are due (M155, M154)."""
        if self.temperature_period and self.now >= self.temperature_due:
            self.heat()
            self.say(reports.temperatures(self.hotend, self.bed) + "\n")
            self.temperature_due = self.now + self.temperature_period
        if self.position_period and self.now >= self.position_due:
            self.say(self.position_text())
            self.position_due = self.now + self.position_period

    def next_report(self) -> float | None:
        due = [self.temperature_due] if self.temperature_period else []
        due += [self.position_due] if self.position_period else []
        return min(due, default=None)
