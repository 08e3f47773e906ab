"""Finding out what is at the other end of the port, without moving anything and without ending what is not ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import drivers.protocols.grbl.meanings as meanings
import drivers.protocols.grbl.replies as replies
from drivers.protocols.grbl.report import Mode, Report
from drivers.protocols.grbl.session import RESET, RESUME, Session
from drivers.protocols.grbl.states import Cue, State
from drivers.protocols.grbl.watch import NEVER
from drivers.protocols.grbl.window import LEAST

ANSWER_WAIT = 1.0
"""Seconds for an answer to a question that GRBL answers within 20 ms."""

_QUESTIONS = (b"?", RESET, b"\n")
"""Asked one after the other of a board that says no banner, until one is answered. It is asked what it is doing and,
unless it is at work, reset: at rest that loses no position, and nothing else clears what an earlier sender left in its
line buffer. The empty line makes firmwares that are no GRBL speak."""


def opened(m: Session) -> None:
    """Wait for a banner, or for the end of ``boot_wait``."""
    m.turn(Cue.OPEN)
    m.forget()
    m.unasked = list(_QUESTIONS)
    m.timer = m.now + m.options.boot_wait


def no_banner(m: Session) -> bytes:
    if not m.unasked:
        m.halt("it does not answer as GRBL does; look at the baud rate, at the firmware, and at its reset button")
        return b""
    question = m.unasked.pop(0)
    m.timer = m.now + (m.options.reset_wait if question is RESET else ANSWER_WAIT)
    return question


def boot_report(m: Session, report: Report, _: bool) -> bytes:
    if not report.quiet:
        wait(m, report)
    elif RESET in m.unasked:
        return no_banner(m)
    return b""


def wait(m: Session, report: Report) -> None:
    """It is busy, or its door is open: nothing can be asked until that is over."""
    m.turn(Cue.WAIT)
    m.timer = NEVER
    m.watch.soon(m.now)
    m.look_around(report)


def wait_report(m: Session, report: Report, _: bool) -> bytes:
    m.look_around(report)
    return m.reset(lambda after: greet_after(m, after)) if report.quiet or report.closed else b""


def greet_after(m: Session, report: Report) -> bytes:
    m.turn(Cue.GREET)
    m.look_around(report)
    m.timer = m.now + m.options.greeting
    return greet_report(m, report, True)


def greet(m: Session, reply: replies.Booted) -> bytes:
    """A banner: a new epoch. Its first report tells whether it can be asked anything."""
    m.turn(Cue.GREET)
    m.forget()
    m.known.booted(reply)
    m.timer = m.now + m.options.greeting
    m.watch.soon(m.now)
    return b""


def greet_report(m: Session, report: Report, _: bool) -> bytes:
    if m.asked is not None:
        return b""
    if report.state in (Mode.DOOR, Mode.HOLD):
        wait(m, report)
        return b""
    if not report.quiet:  # A startup line of its own moves it.
        return b""

    def settings() -> bytes:
        return m.ask(b"$$", lambda: ready(m), lambda code: not_told(m, code))

    return m.ask(b"$I", settings, lambda code: not_told(m, code))


def not_told(m: Session, code: int) -> bytes:
    m.halt(f"it does not say what it is ({meanings.error(code)}); connect again")
    return b""


def no_greeting(m: Session) -> bytes:
    m.halt("it said its banner and then not what it is; look at the cable, and connect again")
    return b""


def ready(m: Session) -> bytes:
    """It has told all: is it the machine that is meant, and can it run?"""
    known = m.known
    m.window.fit(known.buffer or LEAST)
    m.sight.inches = known.inches
    if misfit := known.misfit(m.options, m.envelope):
        m.halt(misfit)
    elif not m.locked or known.homes:
        return greeted(m)
    elif known.limit_pressed:
        m.halt("it is locked because a limit switch is pressed; free it by hand, then connect again")
    else:
        # The only lock that is opened without homing: this machine cannot home, and a person has just connected it.
        return m.ask(b"$X", lambda: greeted(m), lambda code: not_told(m, code))
    return b""


def greeted(m: Session) -> bytes:
    m.timer = NEVER
    m.turn(Cue.READY)
    m.watch.soon(m.now)
    return b""


def idle_report(m: Session, report: Report, fresh: bool) -> bytes:
    if report.state is Mode.SLEEP:
        m.halt("it sleeps, with its motors off; connect again to wake it")
        return b""
    m.touched = True
    m.look_around(report)
    if m.locked and m.homed:
        m.homed, m.lost = False, "it has locked itself"
    # The door is closed again, and nothing is queued that this could move.
    return m.command(RESUME) if fresh and report.closed else b""


def strange(m: Session, reply: replies.Stranger) -> bytes:
    if m.state in (State.BOOTING, State.GREETING):
        m.halt(
            f"this is {reply.name} (it says {reply.text[:60]!r}), and the configuration says grbl: write the driver "
            "that speaks to it, or connect the machine that is meant"
        )
    return b""


REPORTS: Mapping[State, Callable[[Session, Report, bool], bytes]] = {
    State.BOOTING: boot_report,
    State.WAITING: wait_report,
    State.GREETING: greet_report,
    State.IDLE: idle_report,
}

TIMERS: Mapping[State, Callable[[Session], bytes]] = {
    State.BOOTING: no_banner,
    State.GREETING: no_greeting,
}
