"""An attempt is made ready: the machine homes, and its firmware checks the program. Nothing of it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import drivers.protocols.grbl.meanings as meanings
from drivers.contract import ArtifactFault, DriverError, MachineFault
from drivers.protocols.grbl.events import Prepared, Rehearsed
from drivers.protocols.grbl.report import Mode, Report
from drivers.protocols.grbl.session import RESET, Session
from drivers.protocols.grbl.states import Cue, State
from drivers.protocols.grbl.talk import HOME
from drivers.protocols.grbl.task import Task
from drivers.protocols.grbl.watch import NEVER

_OF_THE_MACHINE = frozenset({7, 8, 9, 13, 18, 45, 46, 50, 51, 79})
"""Errors that say nothing about the line they answer."""

_OUTSIDE = 2
"""The alarm of a target outside the travel: in check mode it is found without moving."""

MOVED = "nothing moved"


def rehearse(m: Session, task: Task) -> bytes:
    m.task = task
    task.steps.extend((partial(check, m), partial(checked, m)))
    return step(m)


def begin(m: Session, task: Task, *, rehearsed: bool) -> bytes:
    m.task = task
    if m.home_due:
        task.steps.append(partial(home, m))
    if m.options.dry_run and not rehearsed:
        task.steps.append(partial(check, m))
    task.steps.append(partial(feed, m))
    return step(m)


def step(m: Session) -> bytes:
    return m.task.steps.popleft()() if m.task else b""


def home(m: Session) -> bytes:
    m.turn(Cue.HOME)
    m.timer = m.now + m.options.home_wait

    def homed() -> bytes:
        m.timer = NEVER
        m.note_homed()
        return step(m)

    return m.ask(HOME, homed, lambda code: not_ready(m, code))


def not_ready(m: Session, code: int) -> bytes:
    m.timer = NEVER
    m.turn(Cue.SETTLE)
    m.withdraw(MachineFault(f"the machine cannot be made ready ({meanings.error(code)}); nothing of the job was sent"))
    return b""


def not_homed(m: Session) -> bytes:
    m.halt(f"homing was not over after {m.options.home_wait:g} s; look at the machine and its switches")
    return RESET


def check(m: Session) -> bytes:
    m.turn(Cue.CHECK)

    def checking() -> bytes:
        m.watch.commanded()
        if m.task is not None:
            m.window.load(m.task.program)
        return b""

    return m.ask(b"$C", checking, lambda code: not_ready(m, code))


def check_report(m: Session, report: Report, fresh: bool) -> bytes:
    if m.asked is None and fresh and report.state is not Mode.CHECK:
        return refuse(m, MachineFault(f"it left its check mode by itself and says {report.state}; {MOVED}"))
    if m.now - m.answer_at < m.options.silence:
        return b""
    return refuse(
        m, MachineFault(f"an answer was lost while the program was checked; {MOVED}. Look at the cable and retry")
    )


def check_ok(m: Session) -> bytes:
    return m.reset(lambda report: check_over(m, report)) if m.window.done else b""


def check_error(m: Session, code: int, line: str) -> bytes:
    kind = MachineFault if code in _OF_THE_MACHINE else ArtifactFault
    return refuse(m, kind(f"{line} is refused by the firmware ({meanings.error(code)}); {MOVED}"))


def check_alarm(m: Session, code: int) -> bytes:
    kind = ArtifactFault if code == _OUTSIDE else MachineFault
    what = meanings.alarm(code, hal=m.known.hal)
    return refuse(m, kind(f"{m.window.oldest()} is refused by the firmware ({what}); {MOVED}"))


def check_over(m: Session, report: Report) -> bytes:
    """The reset that ends check mode is over."""
    if report.state is Mode.IDLE:
        return step(m)
    return refused(m, MachineFault(f"after the check it says {report.state} instead of Idle"), report)


def checked(m: Session) -> bytes:
    """The last step of a rehearsal."""
    task, m.task = m.task, None
    m.turn(Cue.SETTLE)
    m.watch.soon(m.now)
    if task is not None:
        m.events.append(Rehearsed(task.attempt))
    return b""


def refuse(m: Session, fault: DriverError) -> bytes:
    """Leave check mode: the program may not start."""
    return m.reset(lambda report: refused(m, fault, report))


def refused(m: Session, fault: DriverError, report: Report) -> bytes:
    m.settle(report)
    m.withdraw(fault)
    return b""


def feed(m: Session) -> bytes:
    m.turn(Cue.FEED)
    m.watch.soon(m.now)
    m.answer_at = m.idle_at = m.now
    if m.task is not None:
        m.task.fed = True
        m.window.load(m.task.program)
        m.events.append(Prepared(m.task.attempt))
    return b""


def reset_report(m: Session, report: Report, _: bool) -> bytes:
    then = m.then
    if not m.banner or then is None:
        return b""
    if report.state is Mode.RUN:  # A startup line of its own moves it.
        m.timer = m.now + m.options.reset_wait
        return b""
    m.then, m.timer = None, NEVER
    return then(report)


def no_reset(m: Session) -> bytes:
    why = m.task.ending.why if m.task is not None and m.task.ending else "it was to be reset"
    m.halt(f"{why}; then it did not come back from its reset: switch it off by hand")
    return RESET


REPORTS: Mapping[State, Callable[[Session, Report, bool], bytes]] = {
    State.CHECKING: check_report,
    State.RESETTING: reset_report,
}

TIMERS: Mapping[State, Callable[[Session], bytes]] = {
    State.HOMING: not_homed,
    State.RESETTING: no_reset,
}
