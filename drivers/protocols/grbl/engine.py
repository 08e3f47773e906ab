"""One GRBL machine as an engine without I/O: bytes and times in, bytes and events out.

The owner of the port calls :meth:`Engine.receive` with what was read, :meth:`Engine.tick` when :attr:`Engine.wake`
has come, and the verbs; each returns the bytes to be written now. Events gather in :attr:`Engine.events`. A verb out of
turn raises OurFault; what the machine or the wire does wrong never raises here, it ends the attempt with an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import drivers.protocols.grbl.boot as boot
import drivers.protocols.grbl.prepare as prepare
import drivers.protocols.grbl.replies as replies
import drivers.protocols.grbl.run as run
import drivers.protocols.grbl.serve as serve
from drivers.contract import Cancelled, MachineFault, Status, WireFault, WrongAttempt
from drivers.protocols.grbl.events import Confirmed
from drivers.protocols.grbl.known import Known
from drivers.protocols.grbl.options import Options
from drivers.protocols.grbl.program import Program
from drivers.protocols.grbl.report import Mode, Report, Sight
from drivers.protocols.grbl.session import RESET, Session, Told
from drivers.protocols.grbl.states import KNOWN, RUNS, Cue, State
from drivers.protocols.grbl.task import Task
from drivers.protocols.grbl.watch import NEVER

LONGEST_REPLY = 1024
"""Bytes without an end of line that are kept; more is noise and is dropped."""

_OKS = b"ok\r\n" * 1024

_ANSWERED = RUNS | {State.CHECKING}
"""States in which lines of a program are answered."""

_FEEDS = frozenset({State.RUNNING, State.CHECKING})

_HEARTBEAT = RUNS | {State.IDLE, State.WAITING, State.CHECKING}
"""States in which reports come without fail; in the others a timer of their own ends the silence."""

_REPORTS = {**boot.REPORTS, **prepare.REPORTS, **run.REPORTS, **serve.REPORTS}
_TIMERS = {**boot.TIMERS, **prepare.TIMERS, **run.TIMERS, **serve.TIMERS}


class Engine:
    """The state machine of one connection; see the module."""

    def __init__(self, options: Options, envelope: tuple[float, float, float] | None = None) -> None:
        """``envelope``: what jobs may use, in mm; where it is given, the axes must travel that far."""
        self._session = Session(options, envelope)
        self.events: list[Told] = self._session.events
        self.wake = NEVER
        self._partial = b""
        self._mark = 0
        """Answers of the program at which something is to be told. 0: something else than a program is answered."""

    # --- what is known --------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._session.state

    @property
    def status(self) -> Status:
        """The last snapshot that was told, with the progress of now. Safe to read from another thread."""
        return replace(self._session.shown, progress=self._session.progress)

    @property
    def attempt(self) -> str | None:
        """The attempt that is run, or made ready to run."""
        return self._session.attempt

    @property
    def known(self) -> Known:
        return self._session.known

    @property
    def sight(self) -> Sight:
        return self._session.sight

    @property
    def can_check(self) -> bool:
        """Whether a program could be checked now: check mode needs a machine that is idle and not locked."""
        return self._session.free and not self._session.locked

    @property
    def locked(self) -> bool:
        """The firmware takes no motion until it has homed."""
        return self._session.locked

    @property
    def at_work(self) -> bool:
        """Something of ours is in hand: an attempt, its check, or a technician's lines."""
        return self._session.task is not None or self._session.talk is not None

    @property
    def stop_confirmed(self) -> bool:
        """The firmware has said its banner after it was halted: it was reset."""
        return self._session.stop_confirmed

    def part(self, why: str) -> None:
        """A last word is about to be written past this engine. May be called from any thread."""
        self._session.parting = why

    # --- the wire -------------------------------------------------------------------------------------------------

    def opened(self, now: float) -> bytes:
        """The port is open: wait for a banner or for the end of ``boot_wait``."""
        self._session.now = now
        boot.opened(self._session)
        return self._out(b"")

    def receive(self, data: bytes, now: float) -> bytes:
        """Take what was read; the bytes to write."""
        m = self._session
        window, answers = m.window, len(data) >> 2
        if self._mark and data == _OKS[: answers << 2] and not self._partial and window.take(answers):
            m.heard = m.answer_at = now
            if window.answered < self._mark:
                return window.pump()
            m.now = now
            return self._out(_answered(m))
        m.now = m.heard = now
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()[-LONGEST_REPLY:]
        return self._out(b"".join([self._hear(line) for line in lines]))

    def tick(self, now: float) -> bytes:
        """Do what time calls for; the bytes to write."""
        m = self._session
        m.now = now
        out = b""
        if now >= m.timer:
            m.timer = NEVER
            out += _TIMERS[m.state](m)
        if now >= m.watch.due:
            out += m.watch.ask(now, m.options.poll if m.state is State.IDLE else m.options.report)
        if m.state in _HEARTBEAT and now >= m.heard + m.options.patience:
            m.halt(f"nothing was heard for {m.options.patience:g} s; look at the cable and at the machine's power")
            out += RESET  # Should it hear and only not be heard, this switches the tool off.
        return self._out(out)

    def lost(self, why: str) -> None:
        """The wire is gone or given back. A running attempt has failed: it is never resumed."""
        m = self._session
        if m.state is State.CLOSED:
            return
        latched = m.fault
        m.halt(why, WireFault(why))
        m.turn(Cue.CLOSE)
        m.fault = latched
        m.show()

    def _out(self, data: bytes) -> bytes:
        """What is to be written now, behind ``data``; then tell what changed and when time is of interest again."""
        m = self._session
        out, self._mark = data, 0
        if m.state in _FEEDS and m.asked is None and m.task is not None:
            out += m.window.pump()
            self._mark = m.task.next_mark if m.state is State.RUNNING else m.window.total
        if m.touched:
            m.show()
        silent = m.heard + m.options.patience if m.state in _HEARTBEAT else NEVER
        self.wake = min(m.timer, m.watch.due, silent)
        return out

    # --- verbs ----------------------------------------------------------------------------------------------------

    def rehearse(self, attempt: str, program: Program, now: float) -> bytes:
        """Have the firmware check a program. Rehearsed or Withdrawn follows.

        Raises MachineFault where the machine is not free, ArtifactFault for too long a line.
        """
        m = self._session
        m.check_free()
        m.check_length(program)
        if m.locked:
            raise MachineFault("it is locked until it has homed; a start does that, and checks the program then")
        m.now = now
        return self._out(prepare.rehearse(m, Task(attempt, program, rehearsal=True)))

    def begin(self, attempt: str, program: Program, now: float, *, rehearsed: bool) -> bytes:
        """Home if that is due, have the program checked if it was not, and feed it. Began or Withdrawn follows.

        Raises as :meth:`rehearse` does.
        """
        m = self._session
        m.check_free()
        m.check_length(program)
        if m.must_home:
            raise MachineFault(m.must_home)
        m.now = now
        return self._out(prepare.begin(m, Task(attempt, program), rehearsed=rehearsed))

    def pause(self, attempt: str, now: float) -> bytes:
        """Hold; paused when the machine stands still. Raises WrongAttempt, NotSupported."""
        task = self._mine(attempt, now)
        return self._out(run.pause(self._session, task))

    def resume(self, attempt: str, now: float) -> bytes:
        """Go on, once the machine stands still. Raises WrongAttempt, and NotSupported while the door is open."""
        task = self._mine(attempt, now)
        return self._out(run.resume(self._session, task))

    def cancel(self, attempt: str, now: float) -> bytes:
        """Hold, and reset when the machine stands still: tool off, position kept. Raises WrongAttempt."""
        if self._mine(attempt, now).ending is not None:
            return b""
        return self._out(run.end(self._session, Cancelled(attempt, "cancelled; it was held and then reset")))

    def _mine(self, attempt: str, now: float) -> Task:
        m = self._session
        m.now = now
        if m.task is None or m.task.rehearsal or m.task.attempt != attempt:
            raise WrongAttempt(f"{attempt} is not on this machine ({m.attempt or 'nothing'} is); nothing was done")
        return m.task

    def serve(self, lines: tuple[bytes, ...], limit: float, now: float) -> bytes:
        """Have an idle machine do a technician's lines within ``limit`` seconds; Answered tells.

        Raises WrongAttempt while an attempt is on the machine, MachineFault where it is not free.
        """
        m = self._session
        m.now = now
        if m.task is not None:
            raise WrongAttempt(f"{m.task.attempt} is on this machine; nothing was sent")
        m.check_free()
        return self._out(serve.serve(m, lines, limit))

    def stopped(self, now: float) -> bytes:
        """A last word was written past this engine: tell how that ends what was in hand. Nothing is sent after it."""
        m = self._session
        m.now = now
        if m.state not in (State.CLOSED, State.HALTED):
            m.halt("it was stopped")
        return self._out(b"")

    # --- replies --------------------------------------------------------------------------------------------------

    def _hear(self, line: bytes) -> bytes:
        m = self._session
        reply = replies.parse(line)
        if m.talk is not None:
            m.talk.hear(line.decode("ascii", "replace").strip(), report=isinstance(reply, Report))
        if reply is None or m.known.hear(reply):
            return b""
        return _REPLIES[type(reply)](m, reply)


def _report(m: Session, reply: Report) -> bytes:
    fresh = m.watch.answered()
    m.sight.hear(reply)
    if reply.state is Mode.ALARM and m.state in RUNS - {State.STOPPING}:
        return m.crash("it has locked itself in an alarm", reply.sub)
    handler = _REPORTS.get(m.state)
    return handler(m, reply, fresh) if handler else b""


def _ok(m: Session, _: replies.Ok) -> bytes:
    m.answer_at = m.now
    if m.asked is not None:
        then, m.asked = m.asked[0], None
        return then()
    if m.state not in _ANSWERED:
        return b""
    if not m.window.take(1):
        return _one_too_many(m)
    return _answered(m)


def _answered(m: Session) -> bytes:
    """Lines of a program were answered well."""
    return prepare.check_ok(m) if m.state is State.CHECKING else run.run_ok(m)


def _error(m: Session, reply: replies.Error) -> bytes:
    m.answer_at = m.now
    if m.asked is not None:
        sorry, m.asked = m.asked[1], None
        return sorry(reply.code)
    if m.state not in _ANSWERED:
        return b""
    line = m.window.oldest()
    if not m.window.take(1):
        return _one_too_many(m)
    refuse = prepare.check_error if m.state is State.CHECKING else run.run_error
    return refuse(m, reply.code, line)


def _one_too_many(m: Session) -> bytes:
    why = "the machine answered more lines than it was sent: something else writes to its port"
    return prepare.refuse(m, MachineFault(why)) if m.state is State.CHECKING else run.fail(m, why)


def _alarm(m: Session, reply: replies.Alarm) -> bytes:
    m.alarm_code = reply.code
    return _ALARMS[m.state](m, reply.code) if m.state in _ALARMS else b""


def _booted(m: Session, reply: replies.Booted) -> bytes:
    if m.parting is not None and m.state is not State.HALTED:
        m.halt(m.parting)
    if m.state is State.HALTED:
        m.stop_confirmed = True
        m.events.append(Confirmed())
    elif m.state is State.RESETTING:
        m.known.booted(reply)
        m.banner = True
        m.watch.soon(m.now)
    elif m.state in RUNS:
        # What was on its way when it restarted is behind the banner in its buffer: the reset drops that.
        mend = "connect again" if m.known.homes else "set its origin anew, and connect again"
        return m.crash(f"the machine restarted, and no longer knows where it stands; clear the bed, {mend}")
    elif m.state in KNOWN and not m.known.homes:
        # Greeted anew it would look ready, and make the next piece wherever it happens to stand.
        m.halt(
            "the machine restarted by itself, and no longer knows where it stands; nothing of a job was carried out. "
            "Set its origin anew, and connect again"
        )
    else:
        why = MachineFault("the machine restarted by itself; nothing of the job was carried out")
        m.end_talk(why)
        m.withdraw(why)
        return boot.greet(m, reply)
    return b""


_REPLIES: Mapping[type, Callable[[Session, Any], bytes]] = {
    replies.Ok: _ok,
    replies.Error: _error,
    replies.Alarm: _alarm,
    replies.Booted: _booted,
    replies.Stranger: boot.strange,
    Report: _report,
}

_ALARMS: Mapping[State, Callable[[Session, int], bytes]] = {
    State.CHECKING: prepare.check_alarm,
    State.STOPPING: lambda m, _: run.over(m),
    **dict.fromkeys(
        (RUNS - {State.STOPPING}) | {State.IDLE, State.HOMING, State.SERVING}, lambda m, code: m.crash("", code)
    ),
}
