"""One pen plotter behind an EiBotBoard as an engine without I/O: bytes and times in, bytes and events out.

The owner of the port calls :meth:`Engine.receive` with what was read, :meth:`Engine.tick` when :attr:`Engine.wake`
has come, and the verbs; each returns the bytes to be written now. Events gather in :attr:`Engine.events`. A verb out of
turn raises OurFault; what the board or the wire does wrong never raises here, it ends the attempt with an event.

What is said to the board, and in which order, stands in ``scripts``.
"""

from __future__ import annotations

from dataclasses import replace

import drivers.protocols.ebb.scripts as scripts
import drivers.protocols.ebb.words as words
from drivers.contract import (
    Activity,
    Cancelled,
    Changed,
    DriverError,
    Event,
    Failed,
    Link,
    MachineFault,
    Made,
    NotSupported,
    Status,
    WireFault,
    WrongAttempt,
)
from drivers.protocols.ebb.desk import Desk, Rest, Trouble, Unanswered
from drivers.protocols.ebb.events import Answered, Began, Withdrawn
from drivers.protocols.ebb.line import NEVER, Answer, Ask, Line
from drivers.protocols.ebb.motion import Frame
from drivers.protocols.ebb.options import Options
from drivers.protocols.ebb.program import Program
from drivers.protocols.ebb.scripts import Script, Way
from drivers.protocols.ebb.states import Cue, State, step

_ACTIVITY = {
    State.PAUSED: Activity.PAUSED,
    State.HALTED: Activity.FAULT,
    **dict.fromkeys((State.SERVING, State.RUNNING, State.PAUSING, State.FINISHING, State.ENDING), Activity.BUSY),
}
_LINK = {State.CLOSED: Link.OFFLINE, State.GREETING: Link.CONNECTING}

Ending = Failed | Cancelled | Withdrawn
Told = Event | Began | Withdrawn | Answered


class Engine:
    """The state machine of one connection; see the module."""

    def __init__(self, options: Options, frame: Frame) -> None:
        self.state = State.CLOSED
        self.events: list[Told] = []
        self.wake = NEVER
        self.fault: str | None = None
        self.parting: str | None = None
        """Why the last word is said: what is on the machine has failed by that. Set from any thread, before it is."""
        self.parted = False
        """The board has answered the last word."""
        self.desk = Desk(options, frame)
        self._line = Line(options.silence)
        self._script: Script | None = None
        self._awaited: int | None = None
        """What of all that was said the script waits for."""
        self._timer = NEVER
        self._now = 0.0
        self._attempt: str | None = None
        self._ending: Ending | None = None
        self._shown = Status()

    # --- what is known --------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """The last snapshot that was told, with the progress of now. Safe to read from another thread."""
        return replace(self._shown, progress=self.desk.progress if self._attempt is not None else None)

    @property
    def attempt(self) -> str | None:
        return self._attempt

    def _turn(self, cue: Cue) -> None:
        self.state = step(self.state, cue)

    def _show(self) -> None:
        shown = Status(
            link=_LINK.get(self.state, Link.ONLINE),
            activity=_ACTIVITY.get(self.state, Activity.IDLE) if self.fault is None else Activity.FAULT,
            attempt=self._attempt,
            prompt=self.desk.prompt,
            fault=self.fault,
            firmware=self.desk.firmware,
        )
        if shown != self._shown:
            self._shown = shown
            self.events.append(Changed(self.status))

    # --- the wire -------------------------------------------------------------------------------------------------

    def opened(self, now: float) -> bytes:
        """The port is open: end a line that an earlier sender may have left half said, then greet."""
        self._now = now
        self._turn(Cue.OPEN)
        return self._told(b"\r" + self._play(scripts.greet(self.desk)))

    def receive(self, data: bytes, now: float) -> bytes:
        """Take what was read; the bytes to write."""
        self._now = now
        out = b""
        for line in self._line.receive(data):
            if self.parting is not None:
                self.parted |= words.STOPPED.fullmatch(line) is not None
            elif (answer := self._line.hear(line, now)) is not None:
                out += self._answered(answer)
        return self._told(out)

    def tick(self, now: float) -> bytes:
        """Do what time calls for; the bytes to write."""
        self._now = now
        out = b""
        if now >= self._timer:
            self._timer = NEVER
            out += self._drive()
        if now >= self._line.due:
            out += self._answered(self._line.lost())
        return self._told(out)

    def lost(self, why: str) -> None:
        """The wire is gone or given back. A running attempt has failed: what is fed is not resumed."""
        if self.state is State.CLOSED:
            return
        latched = self.fault
        self._halt(self.parting or why)
        self._turn(Cue.CLOSE)
        self.fault = latched
        self._show()

    def stopped(self, now: float) -> None:
        """The last word was said (see :data:`words.FAREWELL`): nothing else is, and what ran has failed."""
        self._now = now
        if self.state not in (State.CLOSED, State.HALTED):
            self._halt(self.parting or "stopped")
        self._told(b"")

    def _told(self, out: bytes) -> bytes:
        """``out``, when all that changed is told and the next time of interest is set."""
        self._show()
        if self.parting is not None:
            self.wake = NEVER
            return b""
        self.wake = min(self._timer, self._line.due)
        return out

    # --- the script -----------------------------------------------------------------------------------------------

    def _play(self, script: Script) -> bytes:
        """This script from now on; the one before it is over, and what it had asked no longer counts."""
        if self._script is not None:
            self._script.close()
        self._script, self._awaited, self._timer = script, None, NEVER
        return self._drive()

    def _answered(self, answer: Answer) -> bytes:
        if answer.number != self._awaited:
            return b""
        self._awaited = None
        if answer.error is None:
            return self._drive(answer.lines)
        if not answer.error:
            return self._drive(trouble=Unanswered(answer.ask))
        said = answer.error.decode("ascii", "replace")
        return self._drive(trouble=Trouble(f"the board refuses {answer.ask.text.decode('ascii', 'replace')}: {said}"))

    def _drive(self, lines: tuple[bytes, ...] = (), trouble: Trouble | None = None) -> bytes:
        """Let the script go on until it waits for something."""
        while (script := self._script) is not None:
            try:
                wanted = script.throw(trouble) if trouble is not None else script.send(lines or None)
            except StopIteration:
                self._script = None
                return b""
            except Trouble as found:
                self._script = None
                return self._troubled(found)
            lines, trouble = (), None
            if isinstance(wanted, Ask):
                out = self._line.say(wanted, self._now)
                self._awaited = self._line.said
                return out
            if isinstance(wanted, Rest):
                self._timer = self._now + wanted.seconds
                return b""
            if isinstance(wanted, Cue):
                self._cued(wanted)
            else:
                self._tell(wanted)
        return b""

    def _cued(self, cue: Cue) -> None:
        self._turn(cue)
        if cue is Cue.ENDED and self._ending is not None:
            ending, self._ending = self._ending, None
            self._tell(ending)
            if self.desk.astray is not None:
                self._halt(self.desk.astray)

    def _tell(self, event: Told) -> None:
        if isinstance(event, Made | Failed | Cancelled | Withdrawn):
            self._attempt = None
            self.desk.total = 0
        self.events.append(event)

    # --- verbs ----------------------------------------------------------------------------------------------------

    def begin(self, attempt: str, program: Program, now: float) -> bytes:
        """Draw a program. Raises OurFault out of turn, MachineFault where the machine is not free."""
        self._now = now
        self._free()
        self._turn(Cue.BEGIN)
        self._attempt = attempt
        self.desk.begin(program.slices)
        self._line.surplus = 0
        script = scripts.run(self.desk, attempt, program, lambda: self._now, lambda: self._line.surplus)
        return self._told(self._play(script))

    def _free(self) -> None:
        if self.state is State.HALTED:
            raise MachineFault(f"the machine is in fault: {self.fault}")

    def pause(self, attempt: str, now: float) -> bytes:
        """Slow down to a standstill and lift the pen. Raises WrongAttempt, NotSupported."""
        self._now = now
        self._check(attempt)
        if self.state in (State.PAUSING, State.PAUSED):
            return b""
        if self.state is not State.RUNNING:
            raise NotSupported("the last motion is sent and the attempt ends by itself; there is nothing to pause")
        self._turn(Cue.PAUSE)
        self.desk.stop = True
        return self._told(b"")

    def resume(self, attempt: str, now: float) -> bytes:
        """Put the pen where it was and go on. Raises WrongAttempt."""
        self._now = now
        self._check(attempt)
        if self.state not in (State.PAUSING, State.PAUSED):
            return b""
        self._turn(Cue.RESUME)
        self.desk.stop, self.desk.prompt = False, None
        if self._timer < NEVER and self._awaited is None:
            self._timer = now
        return self._told(b"")

    def cancel(self, attempt: str, now: float) -> bytes:
        """Stop the motion where it is and lift the pen. Raises WrongAttempt."""
        self._now = now
        self._check(attempt)
        if self.state is State.ENDING:
            return b""
        return self._told(self._end(Cancelled(attempt, "cancelled; the motion was stopped and the pen is up")))

    def _check(self, attempt: str) -> None:
        if attempt != self._attempt or self._attempt is None:
            raise WrongAttempt(f"{attempt} is not on this machine ({self._attempt or 'nothing'} is); nothing was done")

    def facts(self, now: float) -> bytes:
        """Ask the board for what it says of itself; Answered follows. Raises WrongAttempt, MachineFault."""
        return self._serve(scripts.facts(self.desk), now)

    def say(self, text: bytes, now: float) -> bytes:
        """One line of a technician; Answered follows."""
        return self._serve(scripts.say(self.desk, text), now)

    def visit(self, way: Way, now: float) -> bytes:
        """Follow a path with the pen up; Answered follows."""
        return self._serve(scripts.visit(self.desk, way), now)

    def _serve(self, script: Script, now: float) -> bytes:
        self._now = now
        if self._attempt is not None:
            raise WrongAttempt(f"{self._attempt} is on the machine; nothing was done")
        self._free()
        self._turn(Cue.SERVE)
        return self._told(self._play(script))

    # --- ends -----------------------------------------------------------------------------------------------------

    def _end(self, ending: Ending, astray: str | None = None) -> bytes:
        """End an attempt on a board that still listens."""
        self._turn(Cue.END)
        self._ending = ending
        return self._play(scripts.end(self.desk, astray=astray))

    def _troubled(self, trouble: Trouble) -> bytes:
        why = str(trouble)
        if self.state is State.GREETING:
            self._halt(why)
        elif self.state is State.SERVING:
            return self._unserved(trouble)
        elif self.state is State.ENDING:
            self._halt(f"{self._why()}; then {why}: lift the pen and switch the machine off by hand, connect again")
        elif self._attempt is not None:
            ending = Failed(self._attempt, why) if self.desk.moved else Withdrawn(self._attempt, why)
            return self._end(ending, why if trouble.latches else None)
        return b""

    def _unserved(self, trouble: Trouble) -> bytes:
        """A technician's wish that did not come true. Where an answer is missing, nothing can be said any more."""
        if isinstance(trouble, Unanswered) or trouble.latches:
            self._halt(str(trouble), MachineFault)
            return b""
        self._turn(Cue.SERVED)
        self._tell(Answered(fault=MachineFault(str(trouble))))
        return b""

    def _why(self) -> str:
        return self._ending.why if self._ending is not None else "it was to be ended"

    def _halt(self, why: str, culprit: type[DriverError] = WireFault) -> None:
        """Nothing is said any more; a person must look, and the port be opened anew."""
        served = self.state is State.SERVING
        if self.state is not State.HALTED:
            self._turn(Cue.HALT)
            self.fault = why
        if self._script is not None:
            self._script.close()
        self._script, self._awaited, self._timer = None, None, NEVER
        self._line.clear()
        self.desk.prompt = None
        attempt, ending, self._ending = self._attempt, self._ending, None
        if attempt is not None:
            begun = self.desk.moved or isinstance(ending, Cancelled)
            self._tell(Failed(attempt, why) if begun else Withdrawn(attempt, why))
        if served:
            self._tell(Answered(fault=culprit(why)))
