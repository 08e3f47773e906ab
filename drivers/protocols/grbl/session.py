"""One connection: what is known of the machine, what is in hand, and the few moves that every phase is made of.

The phases (``boot``, ``prepare``, ``run``, ``serve``) decide; a move here returns the bytes that it sends. The
properties may be read from other threads; everything else is for the owner of the port.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import drivers.protocols.grbl.meanings as meanings
from drivers.contract import (
    Activity,
    ArtifactFault,
    Changed,
    DriverError,
    Event,
    Failed,
    Foreign,
    Link,
    MachineFault,
    Status,
)
from drivers.protocols.grbl.events import Answered, Began, Confirmed, Prepared, Rehearsed, Withdrawn
from drivers.protocols.grbl.known import Known
from drivers.protocols.grbl.options import Options
from drivers.protocols.grbl.program import Program
from drivers.protocols.grbl.report import Mode, Report, Sight
from drivers.protocols.grbl.states import Cue, State, step
from drivers.protocols.grbl.talk import Talk
from drivers.protocols.grbl.task import Task
from drivers.protocols.grbl.watch import NEVER, Watch
from drivers.protocols.grbl.window import Window

HOLD, RESUME, RESET, JOG_CANCEL = b"!", b"~", b"\x18", b"\x85"
"""Real-time bytes: outside the receive buffer, obeyed at once."""

PROMPTS = {
    Mode.HOLD: "it was held at the machine, or by a pause in the program (M0): resume when it is safe",
    Mode.DOOR: "the safety door was opened: close it, then resume",
    Mode.TOOL: "it waits for another tool: change it, then resume",
}

_IDLE_PROMPTS = {
    Mode.HOLD: "it was held at the machine: press cycle start there",
    Mode.DOOR: "the safety door was opened: close it",
    Mode.TOOL: "it waits for another tool: change it, and press cycle start there",
}

_ACTIVITY = {
    State.CLOSED: Activity.IDLE,
    State.BOOTING: Activity.IDLE,
    State.GREETING: Activity.IDLE,
    State.IDLE: Activity.IDLE,
    State.PAUSED: Activity.PAUSED,
    State.RESUMING: Activity.PAUSED,
    State.HALTED: Activity.FAULT,
}

_LINK = {State.CLOSED: Link.OFFLINE, State.BOOTING: Link.CONNECTING, State.GREETING: Link.CONNECTING}

Told = Event | Prepared | Began | Rehearsed | Withdrawn | Confirmed | Answered
Then = Callable[[Report], bytes]
Asked = tuple[Callable[[], bytes], Callable[[int], bytes]]


class Session:
    """See the module. Times are those of the caller's clock; ``now`` is when it was called last."""

    def __init__(self, options: Options, envelope: tuple[float, float, float] | None) -> None:
        self.options, self.envelope = options, envelope
        self.window = Window(options.streaming == "send-response")
        self.state = State.CLOSED
        self.events: list[Told] = []
        self.now = 0.0
        self.fault: str | None = None
        self.parting: str | None = None
        """Why a last word was written past the engine."""
        self.stop_confirmed = False
        """The firmware has said its banner after the machine was halted."""
        self.task: Task | None = None
        self.talk: Talk | None = None
        self.forget()

    def forget(self) -> None:
        """Know nothing of the machine: it is a new epoch."""
        self.known, self.sight, self.watch = Known(), Sight(), Watch()
        self.window.drop()
        self.asked: Asked | None = None
        """What to do when the line that was asked by itself is answered."""
        self.then: Then | None = None
        """What to do with the first report after a reset."""
        self.banner = False
        """The banner of that reset has come."""
        self.unasked: list[bytes] = []
        """Questions for a board that says no banner."""
        self.homed = False
        self.lost: str | None = None
        """Why it is not known where the machine stands."""
        self.alarm_code: int | None = None
        self.foreign = False
        self.prompt: str | None = None
        self.timer = NEVER
        self.heard = self.answer_at = self.now
        """When anything was heard, and when a line was answered last."""
        self.commanded_at = self.idle_at = self.now
        """When a real-time byte was sent, and since when the machine is idle with answers due."""
        self.still = 0
        """Reports in a row of a machine that stands still."""
        self.shown = Status()
        self.touched = True

    # --- what is known --------------------------------------------------------------------------------------------

    @property
    def attempt(self) -> str | None:
        """The attempt that is run, or made ready to run."""
        task = self.task
        return task.attempt if task is not None and not task.rehearsal else None

    @property
    def locked(self) -> bool:
        last = self.sight.last
        return last is not None and last.state is Mode.ALARM

    @property
    def free(self) -> bool:
        """Idle, with nothing of anybody's in hand."""
        return self.state is State.IDLE and not self.foreign and self.prompt is None

    @property
    def home_due(self) -> bool:
        wanted = self.options.home
        return self.known.homes and (wanted == "before-each" or (wanted == "once" and not self.homed))

    @property
    def must_home(self) -> str | None:
        """Why nothing may run before somebody has homed it; None where a start does it by itself, or need not."""
        if self.options.home != "never" or not self.known.homes or not (self.locked or self.lost):
            return None
        why = self.lost or "it is locked since it was switched on or stopped"
        return f"{why}: home it ($H) from the service page, or set the option home to once"

    def check_free(self) -> None:
        """Raises MachineFault where something keeps the machine from being used."""
        if self.state is State.HALTED:
            raise MachineFault(f"the machine is in fault: {self.fault}")
        if self.foreign:
            raise MachineFault("the machine runs something that nobody here ordered; wait until it is over")
        if self.prompt is not None:
            raise MachineFault(f"the machine waits: {self.prompt}")
        if self.state is not State.IDLE or self.task is not None:
            raise MachineFault(f"the machine is {self.state}, with {self.attempt or 'no attempt'} in hand; wait for it")

    def check_length(self, program: Program) -> None:
        most = min(self.known.longest, self.window.capacity - 1)
        if program.longest > most:
            raise ArtifactFault(f"its longest line has {program.longest} bytes, this firmware takes {most}: shorten it")

    def show(self) -> None:
        """Tell what changed."""
        self.touched = False
        fault = self.fault or (self.must_home if self.state is State.IDLE else None)
        activity = _ACTIVITY.get(self.state, Activity.BUSY)
        if self.foreign:
            activity = Activity.BUSY
        elif self.prompt is not None:
            activity = Activity.PAUSED
        shown = Status(
            link=_LINK.get(self.state, Link.ONLINE),
            activity=Activity.FAULT if fault is not None else activity,
            attempt=self.attempt,
            prompt=self.prompt,
            fault=fault,
            firmware=self.known.firmware,
        )
        if shown != self.shown:
            self.shown = shown
            self.events.append(Changed(replace(shown, progress=self.progress)))

    @property
    def progress(self) -> float | None:
        task = self.task
        running = task is not None and task.fed and self.window.total
        return self.window.answered / self.window.total if running else None

    # --- moves ----------------------------------------------------------------------------------------------------

    def turn(self, cue: Cue) -> None:
        self.state = step(self.state, cue)
        self.touched = True

    def ask(self, line: bytes, then: Callable[[], bytes], sorry: Callable[[int], bytes]) -> bytes:
        """Send one line by itself; ``then`` at its ok, ``sorry`` with the code of its error."""
        self.asked = (then, sorry)
        self.answer_at = self.now
        return line + b"\n"

    def command(self, byte: bytes) -> bytes:
        """A real-time byte that changes what the machine does."""
        self.watch.commanded()
        self.watch.soon(self.now)
        self.commanded_at = self.now
        return byte

    def reset(self, then: Then) -> bytes:
        """Soft reset: tool off, buffers empty. ``then`` gets the first report after the banner."""
        self.turn(Cue.RESET)
        self.window.drop()
        self.asked, self.then, self.banner = None, then, False
        self.watch.off()
        self.timer = self.now + self.options.reset_wait
        return RESET

    def settle(self, report: Report) -> bytes:
        """Be free again after a reset, unless it has left a lock that nobody but a person may open."""
        self.turn(Cue.SETTLE)
        self.watch.soon(self.now)
        if report.state is Mode.ALARM:
            code = self.alarm_code or report.sub or 0
            self.homed = False
            self.lost = meanings.alarm(code, hal=self.known.hal) if code else "it was locked by its reset"
            if not self.known.homes:
                self.halt(f"{self.lost}; {meanings.way_out(code, hal=self.known.hal, homes=False)}")
                return b""
        self.look_around(report)
        return b""

    def look_around(self, report: Report) -> None:
        """Somebody else's doing, or a door, on a machine that has nothing of ours in hand."""
        foreign = report.state in (Mode.RUN, Mode.JOG, Mode.HOME) or (
            report.state in (Mode.HOLD, Mode.TOOL) and self.state is State.WAITING
        )
        if foreign and not self.foreign:
            self.events.append(Foreign(f"something that keeps it busy ({report.state})"))
        prompt = None if foreign else _IDLE_PROMPTS.get(report.state)
        if (foreign, prompt) != (self.foreign, self.prompt):
            self.foreign, self.prompt, self.touched = foreign, prompt, True

    def note_homed(self) -> None:
        self.homed, self.lost, self.alarm_code = True, None, None
        self.sight.last = None  # It may still show the lock that homing has opened.
        self.watch.commanded()

    def withdraw(self, fault: DriverError) -> None:
        """The attempt ends before a line of it was to be carried out."""
        task, self.task = self.task, None
        self.touched = True
        if task is not None:
            self.events.append(Withdrawn(task.attempt, fault))

    def end_talk(self, fault: DriverError | None = None) -> None:
        said, self.talk = self.talk, None
        if said is not None:
            self.events.append(said.ended(fault))

    def crash(self, why: str, code: int | None = None) -> bytes:
        """It has stopped by itself. A reset switches the tool off, whatever the alarm has left on."""
        if code:
            hal, homes = self.known.hal, self.known.homes
            why = f"{meanings.alarm(code, hal=hal)}; {meanings.way_out(code, hal=hal, homes=homes)}"
        self.halt(why)
        return RESET

    def halt(self, why: str, fault: DriverError | None = None) -> None:
        """Nothing is sent any more; a person must look, and the port be opened anew."""
        why = self.parting or why
        if self.state is not State.HALTED:
            self.turn(Cue.HALT)
            self.fault = why
        task, self.task = self.task, None
        self.end_talk(fault or MachineFault(why))
        self.window.drop()
        self.asked = self.then = self.prompt = None
        self.foreign = False
        self.timer = NEVER
        self.watch.off()
        self.touched = True
        if task is not None:
            unsent = Withdrawn(task.attempt, fault or MachineFault(why))
            self.events.append(Failed(task.attempt, why) if task.fed else unsent)
