"""A technician's lines, one at a time, on a machine that has nothing else in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import drivers.protocols.grbl.meanings as meanings
from drivers.contract import WireFault
from drivers.protocols.grbl.boot import not_told
from drivers.protocols.grbl.report import Report
from drivers.protocols.grbl.run import STILL
from drivers.protocols.grbl.session import JOG_CANCEL, PROMPTS, Session
from drivers.protocols.grbl.states import Cue, State
from drivers.protocols.grbl.talk import HOME, Talk
from drivers.protocols.grbl.watch import NEVER


def serve(m: Session, lines: tuple[bytes, ...], limit: float) -> bytes:
    m.turn(Cue.SERVE)
    m.talk = Talk(lines)
    m.timer = m.now + limit
    return say(m, m.talk)


def say(m: Session, talk: Talk) -> bytes:
    if not talk.left:
        m.watch.commanded()
        m.watch.soon(m.now)
        return b"" if talk.moves else served(m)
    talk.said = talk.left.popleft()

    def done() -> bytes:
        if talk.said == HOME:
            m.note_homed()
        return say(m, talk)

    def unsaid(code: int) -> bytes:
        talk.refused = meanings.error(code)
        talk.left.clear()
        return JOG_CANCEL + say(m, talk)

    return m.ask(talk.said, done, unsaid)


def serve_report(m: Session, report: Report, fresh: bool) -> bytes:
    """What was said may still move: it is done when the machine stands still."""
    if m.talk is None or m.asked is not None:
        return b""
    prompt = PROMPTS.get(report.state)
    if prompt != m.prompt:
        m.prompt, m.touched = prompt, True
    m.talk.still = m.talk.still + 1 if report.quiet and fresh else 0
    return served(m) if m.talk.still >= STILL else b""


def served(m: Session) -> bytes:
    talk = m.talk
    if talk is not None and talk.stores:  # What the machine is may have changed: have it told anew.
        talk.stores = False
        m.known.settings.clear()
        m.talk = None
        return m.ask(b"$$", lambda: reread(m, talk), lambda code: not_told(m, code))
    m.timer = NEVER
    m.turn(Cue.SETTLE)
    m.watch.soon(m.now)
    m.end_talk()
    return b""


def reread(m: Session, talk: Talk) -> bytes:
    m.talk = talk
    m.sight.inches = m.known.inches
    served(m)
    if misfit := m.known.misfit(m.options, m.envelope):
        m.halt(misfit)
    return b""


def overdue(m: Session) -> bytes:
    m.end_talk(WireFault("the machine was not done in time and was reset"))
    m.prompt = None
    return m.reset(m.settle)


REPORTS: Mapping[State, Callable[[Session, Report, bool], bytes]] = {State.SERVING: serve_report}

TIMERS: Mapping[State, Callable[[Session], bytes]] = {State.SERVING: overdue}
