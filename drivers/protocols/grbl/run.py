"""A program is carried out: fed, held, resumed, and brought to an end that is the machine's own word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import drivers.protocols.grbl.meanings as meanings
from drivers.contract import Cancelled, Failed, Made, NotSupported, Progressed
from drivers.protocols.grbl.events import Began
from drivers.protocols.grbl.program import dwell
from drivers.protocols.grbl.report import Mode, Report
from drivers.protocols.grbl.session import HOLD, PROMPTS, RESUME, Session
from drivers.protocols.grbl.states import PREPARES, Cue, State
from drivers.protocols.grbl.task import Task

AGAIN = 1.0
"""Seconds after which a hold that shows no effect is sent again."""

STILL = 2
"""Reports in a row of an idle machine that are believed: one alone can fall between two moves."""

_CLOSED_AGAIN = "the safety door is closed again: resume when it is safe"


# --- verbs --------------------------------------------------------------------------------------------------------


def pause(m: Session, task: Task) -> bytes:
    task.resume = False
    if m.state in (State.PAUSING, State.PAUSED):
        return b""
    if m.state not in (State.RUNNING, State.RESUMING, State.FINISHING):
        raise NotSupported("it is being made ready or is ending; there is nothing to pause")
    m.turn(Cue.PAUSE)
    return m.command(HOLD)


def resume(m: Session, task: Task) -> bytes:
    last = m.sight.last
    if m.state not in (State.PAUSING, State.PAUSED):
        return b""
    if last is not None and last.state is Mode.DOOR and not last.closed:
        raise NotSupported("the safety door is open; close it, then resume")
    task.resume = True
    return go_on(m, last) if m.state is State.PAUSED and last is not None else b""


def go_on(m: Session, report: Report) -> bytes:
    """Obey a resume that was asked for, once the hold stands still: during Hold:1 the firmware would lose it."""
    task = m.task
    if task is None or not task.resume or not (report.still or report.state is Mode.TOOL):
        return b""
    task.resume = False
    m.prompt = None
    m.turn(Cue.RESUME)
    return m.command(RESUME)


def end(m: Session, ending: Cancelled | Failed) -> bytes:
    """End an attempt on a machine that still listens: held, and reset when it stands still."""
    if m.task is not None:
        m.task.ending = ending
    m.prompt = None
    if m.state is State.RESETTING:  # It is being made ready: the reset that is under way will do.
        m.then = lambda report: ended(m, report)
        return b""
    if m.state in PREPARES:
        return over(m)
    last = m.sight.last
    stands = m.state is State.PAUSED and last is not None and last.still
    m.turn(Cue.STOP)
    if stands:
        return over(m)
    m.timer = m.now + m.options.hold_wait
    return m.command(HOLD)


def over(m: Session) -> bytes:
    return m.reset(lambda report: ended(m, report))


def fail(m: Session, why: str) -> bytes:
    task = m.task
    return end(m, Failed(task.attempt, why)) if task is not None and task.ending is None else b""


def ended(m: Session, report: Report) -> bytes:
    task, m.task = m.task, None
    m.settle(report)
    if task is not None and task.ending is not None:
        how = "its position was lost by that" if report.state is Mode.ALARM else "the firmware has kept its position"
        m.events.append(replace(task.ending, why=f"{task.ending.why}; {how}"))
    return b""


# --- answers ------------------------------------------------------------------------------------------------------


def run_ok(m: Session) -> bytes:
    """Lines were answered: tell what that means."""
    task, window = m.task, m.window
    if task is None:
        return b""
    if not task.began and window.answered > task.program.first:
        task.began = True
        m.events.append(Began(task.attempt))
    if window.answered >= task.next_mark and window.answered > task.told:
        task.told = window.answered
        m.events.append(Progressed(task.attempt, window.answered / window.total))
    if window.done and m.state is State.RUNNING:
        m.turn(Cue.FED)
        m.still = 0
        m.watch.commanded()
        m.watch.soon(m.now)
    return b""


def run_error(m: Session, code: int, line: str) -> bytes:
    meaning = meanings.error(code)
    m.homed, m.lost = False, f"a job ended at {meaning}, and its position is not certain"
    return fail(m, f"the machine refused {line} ({meaning}); what stood behind it in its buffer may be done")


# --- reports ------------------------------------------------------------------------------------------------------


def run_report(m: Session, report: Report, fresh: bool) -> bytes:
    if report.state in PROMPTS:
        held(m, report)
        return b""
    if report.state in (Mode.SLEEP, Mode.CHECK):
        return m.crash(f"it says {report.state} in the middle of a job")
    if m.state is State.FINISHING:
        return finish_report(m, report, fresh)
    if report.state is not Mode.IDLE:
        m.idle_at = m.now
        return b""
    return look_for_loss(m)


def look_for_loss(m: Session) -> bytes:
    """Idle with an answer due: it dwells, or the answer, or the line, was lost on the way."""
    if not m.window.in_flight:
        return b""
    waited = m.now - max(m.idle_at, m.answer_at)
    patience = 0.0 if m.sight.drained else m.options.patience
    if waited < m.options.silence + patience or waited < m.options.silence + dwell(m.window.unanswered()):
        return b""
    empty = ", its buffers are empty" if m.sight.last and m.sight.last.free and m.sight.drained else ""
    return fail(
        m,
        f"an answer is missing: the machine is idle{empty}, and {m.window.in_flight} of the lines that it was sent are "
        f"not answered, {m.window.oldest()} first. GRBL has no line numbers: whether each of them was carried out "
        "cannot be known, and none is sent twice. Look at the cable and its shield",
    )


def finish_report(m: Session, report: Report, fresh: bool) -> bytes:
    m.still = m.still + 1 if report.state is Mode.IDLE and fresh and m.sight.drained else 0
    if m.still >= STILL:
        task, m.task = m.task, None
        m.turn(Cue.SETTLE)
        if task is not None:
            m.events.append(Made(task.attempt, f"all {task.program.total} lines were answered, and it is idle"))
        m.window.drop()
    return b""


def held(m: Session, report: Report) -> None:
    m.turn(Cue.HELD)
    m.prompt = PROMPTS[report.state]


def pause_report(m: Session, report: Report, fresh: bool) -> bytes:
    if not fresh:
        return b""
    if report.state in (Mode.DOOR, Mode.TOOL):
        held(m, report)
    elif report.state is Mode.HOLD and report.still:
        m.turn(Cue.HELD)
        return go_on(m, report)
    elif report.state in (Mode.RUN, Mode.IDLE) and m.now - m.commanded_at >= AGAIN:
        return m.command(HOLD)
    return b""


def paused_report(m: Session, report: Report, fresh: bool) -> bytes:
    if report.state in (Mode.RUN, Mode.IDLE):
        return go(m) if fresh else b""  # Somebody has started it at the machine.
    if report.state is Mode.DOOR:
        prompt = _CLOSED_AGAIN if report.closed else PROMPTS[Mode.DOOR]
        m.touched |= prompt != m.prompt
        m.prompt = prompt
    return go_on(m, report)


def resume_report(m: Session, report: Report, fresh: bool) -> bytes:
    if not fresh:
        return b""
    if report.state in (Mode.RUN, Mode.IDLE):
        return go(m)
    if report.open or (report.state is Mode.HOLD and not report.still):
        held(m, report)
    elif report.still:
        return m.command(RESUME)
    return b""


def go(m: Session) -> bytes:
    """It goes on, by its own word."""
    m.prompt = None
    m.turn(Cue.GO)
    m.idle_at = m.now
    return run_ok(m)


def stop_report(m: Session, report: Report, fresh: bool) -> bytes:
    return over(m) if fresh and (report.still or report.quiet) else b""


REPORTS: Mapping[State, Callable[[Session, Report, bool], bytes]] = {
    State.RUNNING: run_report,
    State.FINISHING: run_report,
    State.PAUSING: pause_report,
    State.PAUSED: paused_report,
    State.RESUMING: resume_report,
    State.STOPPING: stop_report,
}

TIMERS: Mapping[State, Callable[[Session], bytes]] = {State.STOPPING: over}
