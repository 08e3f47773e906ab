"""One Marlin machine as an engine without I/O: bytes and times in, bytes and events out.

The owner of the port calls :meth:`Engine.receive` with what was read, :meth:`Engine.tick` when :attr:`Engine.wake`
has come, and the verbs; each returns the bytes to be written now. Events gather in :attr:`Engine.events`. A verb out of
turn raises OurFault; what the machine or the wire does wrong never raises here, it ends the attempt with an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import drivers.protocols.marlin.objects as objects
import drivers.protocols.marlin.replies as replies
import drivers.protocols.marlin.surface as surface
from drivers.contract import (
    Activity,
    Cancelled,
    Changed,
    DriverError,
    Event,
    Failed,
    Foreign,
    Link,
    MachineFault,
    Made,
    NotSupported,
    Progressed,
    Status,
    WireFault,
    WrongAttempt,
)
from drivers.protocols.marlin.events import Answered, Began, Warned, Withdrawn
from drivers.protocols.marlin.known import Known
from drivers.protocols.marlin.link import ASK, CountLost, LinkFailed
from drivers.protocols.marlin.link import Link as Lines
from drivers.protocols.marlin.options import Options
from drivers.protocols.marlin.program import BLOCK, Program
from drivers.protocols.marlin.states import RUNS, Cue, State, step
from drivers.protocols.marlin.talk import Talk

LONGEST_REPLY = 1024
"""Bytes without an end of line that are kept; more is noise and is dropped."""

_NOTES = 20
"""Remarks kept about one attempt."""

_NEVER = float("inf")

_ACTIVITY = {
    State.PAUSED: Activity.PAUSED,
    State.HALTED: Activity.FAULT,
    **dict.fromkeys(
        (State.SERVING, State.RUNNING, State.PAUSING, State.FINISHING, State.ENDING),
        Activity.BUSY,
    ),
}

_LINK = {State.CLOSED: Link.OFFLINE, State.BOOTING: Link.CONNECTING, State.GREETING: Link.CONNECTING}

_TALKS = RUNS | {State.GREETING, State.IDLE, State.SERVING}
"""States in which lines are exchanged."""

_POLLED = frozenset({State.IDLE, State.RUNNING, State.PAUSED})


Told = Event | Began | Withdrawn | Warned | Answered


class Engine:
    """The state machine of one connection; see the module."""

    def __init__(self, options: Options, envelope: tuple[float, float, float] | None = None) -> None:
        """``envelope``: what jobs may use, in mm; where it is given, the firmware must let its axes go that far."""
        self._options, self._envelope = options, envelope
        self._link = Lines(options.window, options.silence, options.patience)
        self.state = State.CLOSED
        self.events: list[Told] = []
        self.wake = _NEVER
        self._now = 0.0
        self._talk: Talk | None = None
        self.fault: str | None = None
        self.halt_confirmed = False
        """The firmware has said that it halted."""
        self._forget()

    def _forget(self) -> None:
        """Know nothing of the machine: it is a new epoch."""
        self._partial = b""
        self._attempt: str | None = None
        self._began = self._warned = False
        self._objects: objects.Objects | None = None
        self._leaving: tuple[bytes, ...] | None = None
        self._nameless: str | None = None
        self._surface: float | None = None
        self._grid = surface.Grid()
        self._told = 0
        self._ending: Cancelled | Failed | None = None
        self._gate: Callable[[Engine], None] | None = None
        self._gate_lines: tuple[bytes, ...] | None = None
        self._answered = False
        self._known = Known()
        self._foreign_told = self._booted = False
        self._timer = self._polled = _NEVER
        self._notes: list[str] = []
        self._shown = Status()
        self._touched = True

    # --- what is known --------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """The last snapshot that was told, with the progress of now. Safe to read from another thread."""
        return replace(self._shown, progress=self._progress())

    @property
    def attempt(self) -> str | None:
        return self._attempt

    @property
    def immediate_stop(self) -> bool:
        """Whether M112 works past the queue: the firmware says it has EMERGENCY_PARSER."""
        return self._known.immediate

    def _progress(self) -> float | None:
        total = self._link.total
        return self._link.fed / total if self._attempt is not None and total else None

    # --- the wire -------------------------------------------------------------------------------------------------

    def opened(self, now: float) -> bytes:
        """The port is open: wait for a banner or for the end of ``boot_wait``."""
        self._now = now
        self._turn(Cue.OPEN)
        self._epoch(self._options.boot_wait)
        return self._out(b"")

    def _epoch(self, wait: float) -> None:
        self._forget()
        self._link.reset(self._now)
        self.fault = None
        self.halt_confirmed = False
        self._timer = self._now + wait

    def receive(self, data: bytes, now: float) -> bytes:
        """Take what was read; the bytes to write."""
        if data == b"ok\n" and not self._partial and (line := self._link.plain_ok(now)):
            return line
        self._now = now
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()[-LONGEST_REPLY:]
        out = b""
        try:
            for line in lines:
                out += self._hear(line)
        except LinkFailed as failed:
            out += self._broken(failed)
        return self._out(out)

    def tick(self, now: float) -> bytes:
        """Do what time calls for; the bytes to write."""
        self._now = now
        out = b""
        if now >= self._timer:
            self._timer = _NEVER
            out += _TIMERS[self.state](self)
        if now >= self._polled:
            self._poll()
        try:
            if self.state in _TALKS:
                out += self._link.tick(now)
        except LinkFailed as failed:
            out += self._broken(failed)
        return self._out(out)

    def lost(self, why: str) -> None:
        """The wire is gone or given back. A running attempt has failed: a serial print is never resumed."""
        if self.state is State.CLOSED:
            return
        latched = self.fault
        self._end_talk(WireFault(why))
        self._halt(why)
        self._turn(Cue.CLOSE)
        self.fault = latched
        self._show()

    def _out(self, data: bytes) -> bytes:
        """What is to be written now, behind ``data``; then tell what changed and when time is of interest again."""
        out = data
        if self.state in _TALKS:
            out += self._link.pump(self._now)
            self._follow()
            out += self._link.pump(self._now)
        if self._touched:
            self._show()
        link_due = self._link.due if self.state in _TALKS else _NEVER
        self.wake = min(self._timer, self._polled, link_due)
        return out

    def _turn(self, cue: Cue) -> None:
        self.state = step(self.state, cue)
        self._touched = True

    def _show(self) -> None:
        self._touched = False
        activity = _ACTIVITY.get(self.state, Activity.BUSY if self._known.foreign else Activity.IDLE)
        if self._known.prompt is not None and self.state in RUNS:
            activity = Activity.PAUSED
        if self.fault is not None:
            activity = Activity.FAULT
        shown = Status(
            link=_LINK.get(self.state, Link.ONLINE),
            activity=activity,
            attempt=self._attempt,
            temperatures=dict(self._known.temperatures),
            prompt=self._known.prompt,
            fault=self.fault,
            firmware=self._known.firmware,
        )
        if shown != self._shown:
            self._shown = shown
            self.events.append(Changed(self.status))

    # --- gates: what waits until the machine has done all that was sent ---------------------------------------------

    def _when_done(self, gate: Callable[[Engine], None], *lines: bytes) -> None:
        """Once everything sent is acknowledged, send ``lines`` and an M105, and pass the gate at its answer."""
        self._gate, self._gate_lines, self._answered = gate, (*lines, ASK), False
        self._link.slow()

    def _follow(self) -> None:
        link = self._link
        if not self._began and self._attempt is not None and link.begun:
            self._begin_seen()
        if link.fed - self._told >= BLOCK and self._attempt is not None:
            self._told = link.fed
            self.events.append(Progressed(self._attempt, link.fed / link.total))
        if not self._warned and self._attempt is not None and link.resends * 10 > link.fed + 50:
            self._warned = True
            self._notes.append("more than every tenth line was refused; look at the cable and its shield")
            self.events.append(Warned(self._attempt, self._notes[-1]))
        if self._leaving is not None and link.watched:
            self._left_out()
        if not link.quiet:
            return
        if self.state is State.RUNNING and link.feeding and link.fed == link.total:
            self._turn(Cue.FED)
            self._when_done(Engine._made, b"M400")
        if self._gate is None or link.asked():
            return
        if self._gate_lines is not None:
            link.urgent.extend(self._gate_lines)
            self._gate_lines = None
        elif self._answered:
            gate, self._gate = self._gate, None
            gate(self)
            self._follow()
        else:
            link.urgent.append(ASK)  # The last one was taken but its answer lost; only an answer opens the gate.

    def _begin_seen(self) -> None:
        if self._attempt is not None and not self._began:
            self._began = True
            self.events.append(Began(self._attempt))

    def _greet(self) -> bytes:
        self._turn(Cue.GREET)
        hello = self._link.hello(self._now)
        self._link.urgent.append(b"M115")
        self._when_done(Engine._identified)
        return hello

    def _identified(self) -> None:
        # A firmware without a card does not know M27, and says so on its screen.
        card = (b"M27",) if self._known.has_card else ()
        self._when_done(Engine._ready, *card, *((b"M211",) if self._envelope else ()))

    def _ready(self) -> None:
        reach = self._known.reach
        if self._envelope and reach and not reach.holds(self._envelope):
            size = " x ".join(f"{value:g}" for value in self._envelope)
            self._halt(
                f"its axes go {reach} (M211), and the configuration gives it an envelope of {size} mm: write one that "
                "it can reach, or connect the machine that is meant"
            )
            return
        self._turn(Cue.READY)
        self._polled = self._now + self._options.poll
        if self._known.reports:
            self._link.urgent.append(b"M155 S%d" % max(1, round(self._options.poll)))

    def _poll(self) -> None:
        """Ask for temperatures, or on a machine that reports them by itself, seldom, whether it is still there."""
        reports, card = self._known.reports, self._known.card
        self._polled = self._now + self._options.poll * (15 if reports and not card else 1)
        if self.state in _POLLED and not self._link.asked() and not (reports and self.state is State.RUNNING):
            self._link.slow()
            self._link.urgent.extend((b"M27", ASK) if card else (ASK,))

    # --- verbs ----------------------------------------------------------------------------------------------------

    def begin(self, attempt: str, program: Program, now: float) -> bytes:
        """Feed a program. Raises OurFault out of turn, MachineFault where the machine is not free."""
        self._now = now
        self._check_free()
        self._turn(Cue.BEGIN)
        self._attempt, self._began, self._warned = attempt, False, False
        self._surface, self._grid = program.surface, surface.Grid()
        self._objects, self._nameless = program.objects, None
        self._told, self._notes = 0, []
        self._link.resends = 0
        self._link.load(program)
        self._when_done(Engine._feed)
        return self._out(b"")

    def leave_out(self, attempt: str, number: int, asked: tuple[bytes, ...], now: float) -> bytes:
        """Lay no more of one object; Answered to ``asked`` tells when the firmware has taken that.

        Raises WrongAttempt, and NotSupported where it would not help.
        """
        self._now = now
        self._check(attempt)
        if self._objects is None:
            raise NotSupported("the program does not say which object it lays; nothing was done")
        command = self._objects.command(number, self._link.fed)
        if self.state in (State.FINISHING, State.ENDING):
            raise NotSupported("the last line is sent and the attempt ends by itself; nothing was done")
        if self._nameless is not None:
            raise NotSupported(f"{self._nameless}; nothing was done")
        if self._leaving is not None:
            raise NotSupported("another object is being left out: ask again in a moment; nothing was done")
        self._leaving = asked
        self._link.watch(command)
        return self._out(b"")

    def _left_out(self, fault: DriverError | None = None) -> None:
        asked, self._leaving = self._leaving, None
        if asked is not None:
            refused = NotSupported(self._nameless) if self._nameless is not None and fault is None else fault
            self.events.append(Answered(asked, (), None, refused))

    def _feed(self) -> None:
        self._link.feeding = True

    def talk(self, lines: tuple[bytes, ...], now: float) -> bytes:
        """Have an idle machine do a technician's lines; Answered tells when all of them are done.

        Raises WrongAttempt while an attempt is on the machine, MachineFault where it is not free.
        """
        self._now = now
        if self._attempt is not None:
            raise WrongAttempt(f"{self._attempt} is on this machine; nothing was sent")
        self._check_free()
        self._turn(Cue.SERVE)
        self._talk = Talk(lines)
        self._when_done(Engine._talked, *lines)
        return self._out(b"")

    def _talked(self) -> None:
        self._turn(Cue.SERVED)
        self._end_talk()

    def _end_talk(self, fault: DriverError | None = None) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            self.events.append(talk.ended(fault))

    def _check_free(self) -> None:
        if self.state is State.HALTED:
            raise MachineFault(f"the machine is in fault: {self.fault}")
        if self._known.foreign:
            raise MachineFault("the machine runs something that nobody here ordered; wait until it is over")

    def withdraw(self, attempt: str) -> bool:
        """Take an attempt back; False when a line of it was already sent."""
        if self._attempt != attempt or self._link.fed or self.state is not State.RUNNING:
            return False
        self._turn(Cue.WITHDRAW)
        self._drop()
        self._show()
        return True

    def pause(self, attempt: str, now: float) -> bytes:
        """Feed no more, and be paused when the motion is over. Raises WrongAttempt, NotSupported."""
        self._now = now
        self._check(attempt)
        if self.state in (State.PAUSING, State.PAUSED):
            return b""
        if self.state in (State.FINISHING, State.ENDING):
            raise NotSupported("the last line is sent and the attempt ends by itself; there is nothing to pause")
        self._pause()
        return self._out(b"")

    def _pause(self) -> None:
        self._turn(Cue.PAUSE)
        self._link.feeding = False
        self._when_done(Engine._paused, b"M400")

    def _paused(self) -> None:
        self._turn(Cue.DRAINED)
        self._link.urgent.extend(map(str.encode, self._options.park))

    def resume(self, attempt: str, now: float) -> bytes:
        """Go on at the next line, or answer the machine's prompt. Raises WrongAttempt, NotSupported."""
        self._now = now
        self._check(attempt)
        out = self._answer() if self._known.prompt is not None else b""
        if self.state in (State.PAUSING, State.PAUSED):
            self._resume()
        return self._out(out)

    def _resume(self) -> None:
        parked = self.state is State.PAUSED
        self._turn(Cue.RESUME)
        if parked:
            self._link.urgent.extend(map(str.encode, self._options.unpark))
        self._gate, self._gate_lines = None, None
        self._link.unqueue(b"M400", ASK)
        self._link.feeding = True

    def _answer(self) -> bytes:
        if not self.immediate_stop:
            raise NotSupported(
                f"a person is awaited ({self._known.prompt}) and the firmware takes no answer over the wire "
                "(EMERGENCY_PARSER is off); answer at the machine"
            )
        command = b"M876 S0" if self._known.dialog else b"M108"
        self._known.answered()
        self._touched = True
        return self._link.out_of_band(command, self._now)

    def cancel(self, attempt: str, now: float) -> bytes:
        """Feed no more, stop the motion if the firmware can, switch off. Raises WrongAttempt."""
        self._now = now
        self._check(attempt)
        if self.state is State.ENDING:
            return b""
        how = "stopped at once" if self.immediate_stop else "queued moves came to their end first (no EMERGENCY_PARSER)"
        return self._out(self._end(Cancelled(attempt, f"cancelled; {how}")))

    def emergency(self) -> bytes:
        """M112, past the queue where the firmware can; see :attr:`immediate_stop`. Nothing is sent after it."""
        if self.state in (State.CLOSED, State.HALTED):
            return b""
        self._halt("stopped by emergency stop; look at the machine, reset it, and connect again")
        self._show()
        return b"\nM112\n"

    def _check(self, attempt: str) -> None:
        if attempt != self._attempt or self._attempt is None:
            raise WrongAttempt(f"{attempt} is not on this machine ({self._attempt or 'nothing'} is); nothing was done")

    # --- ends -----------------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        self._link.drop()
        self._link.urgent.clear()
        self._gate, self._gate_lines = None, None
        self._left_out(WireFault("the attempt ended before the machine said that it leaves the object out"))
        self._attempt = None
        self._known.answered()

    def _made(self) -> None:
        why = f"all {self._link.total} lines were taken and the motion is over"
        ending = Made(self._attempt or "", "; ".join([why, *self._notes]))
        self._turn(Cue.DRAINED)
        self._drop()
        self.events.append(ending)

    def _end(self, ending: Cancelled | Failed) -> bytes:
        """End an attempt on a machine that still listens."""
        self._turn(Cue.END)
        self._ending = ending
        self._left_out(WireFault("the attempt was ended before the machine said that it leaves the object out"))
        self._link.drop()
        self._link.urgent.clear()
        self._link.urgent.extend(self._last_lines())
        self._when_done(Engine._ended, b"M400")
        self._timer = self._now + self._options.end_wait
        if not self.immediate_stop:
            return b""
        return b"".join(self._link.out_of_band(command, self._now) for command in (b"M108", b"M410"))

    def _ended(self) -> None:
        self._timer = _NEVER
        self._turn(Cue.ENDED)
        self._drop()
        if self._ending is not None:
            self.events.append(self._ending)
            self._ending = None

    def _out_of_control(self) -> bytes:
        why = self._ending.why if self._ending else "ended"
        self._halt(f"{why}; then it did not take the lines that switch it off: switch it off by hand")
        return b""

    def _fail(self, why: str) -> bytes:
        if self._attempt is None or self.state is State.ENDING:
            self._notes.append(why)
            return b""
        return self._end(Failed(self._attempt, why))

    def _halt(self, why: str) -> None:
        """Nothing is sent any more; a person must look, and the port be opened anew."""
        self._end_talk(MachineFault(why))
        if self.state is not State.HALTED:
            self._turn(Cue.HALT)
            self.fault = why
        attempt, untouched = self._attempt, self._link.fed == 0
        self._drop()
        self._timer = self._polled = self.wake = _NEVER
        if attempt is not None:
            self.events.append(Withdrawn(attempt, why) if untouched else Failed(attempt, why))

    def _broken(self, failed: LinkFailed) -> bytes:
        """Lines do not get through. Blind and once, the lines of the safe end; never to a machine that restarted."""
        self._halt(str(failed))
        if isinstance(failed, CountLost):
            return b""
        return b"".join(b"%b\n" % line for line in self._last_lines())

    def _last_lines(self) -> tuple[bytes, ...]:
        """What switches a machine off, and leaves nothing behind in it of the attempt."""
        forget = surface.FORGET if self._surface is not None else ()
        return (*forget, *map(str.encode, self._options.safe_end))

    # --- replies --------------------------------------------------------------------------------------------------

    def _hear(self, line: bytes) -> bytes:
        reply = replies.parse(line)
        if self._talk is not None:
            self._talk.hear(line, reply)
        if reply is None or isinstance(reply, replies.Garbled) or self._known.hear(reply):
            self._fact(reply)
            return self._measured(line) if reply is None else b""
        return _REPLIES[type(reply)](self, reply) or b""

    def _measured(self, line: bytes) -> bytes:
        """Chatter may be the heights of the surface that this attempt has measured."""
        heights = self._grid.hear(line) if self._surface is not None and self._attempt is not None else None
        if heights is None or self._surface is None:
            return b""
        self._notes.append(str(heights))
        missing = heights.missing(self._surface)
        return self._fail(missing) if missing is not None else b""

    def _fact(self, reply: replies.Reply | None) -> None:
        self._link.heard(self._now)
        self._touched |= reply is not None
        if self.state is State.BOOTING and self._booted:
            self._timer = self._now + self._options.settle
        if isinstance(reply, replies.Waiting):
            self._link.busy(self._now)
            self._link.slow()
        if isinstance(reply, replies.CardPrint) and reply.printing:
            self._found_foreign("a print from the machine's own memory card")

    def _found_foreign(self, name: str) -> None:
        if not self._foreign_told:
            self._foreign_told = True
            self.events.append(Foreign(name))

    def _ok(self, reply: replies.Ok) -> None:
        if self.state not in _TALKS:
            return
        if reply.temperatures:
            self._known.temperatures.update(reply.temperatures)
            self._touched = True
        if self._known.prompt is not None and not self._known.dialog:
            self._known.answered()
            self._touched = True
        if self._link.ok(reply, self._now):
            self._answered = True
            if self._known.busy:
                self._known.busy, self._touched = False, True
            self._foreign_told &= self._known.foreign

    def _busy(self, reply: replies.Busy) -> None:
        self._link.busy(self._now)
        if self._link.feeding and self._link.reached:
            self._begin_seen()  # It reports work, and nothing else than the first line gives it work.
        if self.state is State.HALTED:
            return  # It may still speak of the attempt that was stopped: nothing foreign runs.
        if self.state is State.SERVING:
            return
        if self._attempt is None and (self.state is not State.IDLE or self._link.quiet):
            self._known.busy = self._touched = True
            self._found_foreign(f"something that keeps it busy ({reply.what})")

    def _refused(self, reply: replies.Rejected) -> None:
        if self.state in _TALKS:
            self._link.refused(reply.last)

    def _resend(self, reply: replies.Resend) -> None:
        if self.state in _TALKS:
            self._link.resend(reply.number, self._now)

    def _boot(self, reply: replies.Booted) -> None:
        if self.state in RUNS:
            self._halt(
                f"the machine restarted ({reply.text}): position and heat are lost; clear the bed, connect again"
            )
        elif self.state is not State.HALTED:
            self._end_talk(MachineFault(f"the machine restarted ({reply.text}) before it had answered"))
            self._turn(Cue.REBOOT)
            self._epoch(self._options.settle)
            self._booted = True

    def _halted(self, reply: replies.Halted) -> None:
        self.halt_confirmed = True
        if self.state is State.HALTED:
            return
        before = f"{self._ending.why}; then " if self._ending is not None else ""
        self._halt(
            f"{before}the firmware has halted ({reply.text}); find the cause, reset the machine, and connect again"
        )

    def _trouble(self, reply: replies.Trouble) -> bytes:
        return self._fail(surface.sentence(reply.text))

    def _unknown(self, reply: replies.Unknown) -> bytes:
        why = surface.skipped(reply.text)
        if self._attempt is not None and why is not None:
            return self._fail(why)
        if reply.text.startswith(objects.UNKNOWN) and self._attempt is not None:
            if self._nameless is None:
                self._nameless = "the firmware cannot leave objects out: build it with CANCEL_OBJECTS"
                self._notes.append(self._nameless)
            return b""
        if self._attempt is not None and len(self._notes) < _NOTES:
            self._notes.append(f"the firmware skipped a command ({reply.text})")
        return b""

    def _strange(self, reply: replies.Stranger) -> None:
        if self.state in (State.BOOTING, State.GREETING):
            self._halt(
                f"this is {reply.name} (it says {reply.text!r}), and the configuration says marlin: write the driver "
                "that speaks to it, or connect the machine that is meant"
            )

    def _action(self, reply: replies.Action) -> bytes:
        act = _ACTIONS.get(reply.verb)
        return (act(self) or b"") if act else b""

    def _asks_pause(self) -> None:
        if self.state is State.RUNNING:
            self._pause()

    def _asks_resume(self) -> None:
        if self.state in (State.PAUSING, State.PAUSED):
            self._resume()

    def _asks_cancel(self) -> bytes:
        return self._fail("it was cancelled at the machine")

    def _finds_nothing(self) -> bytes:
        return self._fail(surface.sentence(surface.ACTION))

    def _goes_away(self) -> None:
        self._halt("the machine said that it switches off; switch it on and connect again")


_REPLIES: Mapping[type, Callable[[Engine, Any], bytes | None]] = {
    replies.Ok: Engine._ok,
    replies.Resend: Engine._resend,
    replies.Rejected: Engine._refused,
    replies.Busy: Engine._busy,
    replies.Booted: Engine._boot,
    replies.Halted: Engine._halted,
    replies.Trouble: Engine._trouble,
    replies.Unknown: Engine._unknown,
    replies.Action: Engine._action,
    replies.Stranger: Engine._strange,
}

_ACTIONS: Mapping[str, Callable[[Engine], bytes | None]] = {
    "pause": Engine._asks_pause,
    "paused": Engine._asks_pause,
    "resume": Engine._asks_resume,
    "resumed": Engine._asks_resume,
    "cancel": Engine._asks_cancel,
    surface.ACTION: Engine._finds_nothing,
    "disconnect": Engine._goes_away,
    "poweroff": Engine._goes_away,
    "shutdown": Engine._goes_away,
}

_TIMERS: Mapping[State, Callable[[Engine], bytes]] = {
    State.BOOTING: Engine._greet,
    State.ENDING: Engine._out_of_control,
}
