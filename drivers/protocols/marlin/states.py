"""The life of a link to one machine, as a table. A cue that a state does not list is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from drivers.contract import OurFault


class State(StrEnum):
    CLOSED = "closed"
    BOOTING = "booting"
    """The port is open; many boards reset at that, and talk for a second or two."""
    GREETING = "greeting"
    """Line numbers are set and the firmware says what it is."""
    IDLE = "idle"
    SERVING = "serving"
    """A technician's lines are at work; no attempt can begin."""
    RUNNING = "running"
    PAUSING = "pausing"
    """Nothing more is fed; what is queued still moves."""
    PAUSED = "paused"
    FINISHING = "finishing"
    """All is sent; the motion is not over."""
    ENDING = "ending"
    """An attempt is being ended before its time: heaters and motors go off."""
    HALTED = "halted"
    """Nothing more is sent until the port is opened anew."""


class Cue(StrEnum):
    OPEN = "open"
    GREET = "greet"
    READY = "ready"
    SERVE = "serve"
    SERVED = "served"
    BEGIN = "begin"
    WITHDRAW = "withdraw"
    """An attempt is taken back before its first line was sent."""
    PAUSE = "pause"
    RESUME = "resume"
    FED = "fed"
    DRAINED = "drained"
    END = "end"
    ENDED = "ended"
    REBOOT = "reboot"
    HALT = "halt"
    CLOSE = "close"


_ANYWHERE = {Cue.HALT: State.HALTED, Cue.CLOSE: State.CLOSED}

TABLE: Mapping[State, Mapping[Cue, State]] = {
    State.CLOSED: {Cue.OPEN: State.BOOTING, Cue.CLOSE: State.CLOSED},
    State.BOOTING: {Cue.GREET: State.GREETING, Cue.REBOOT: State.BOOTING, **_ANYWHERE},
    State.GREETING: {Cue.READY: State.IDLE, Cue.REBOOT: State.BOOTING, **_ANYWHERE},
    State.IDLE: {Cue.BEGIN: State.RUNNING, Cue.SERVE: State.SERVING, Cue.REBOOT: State.BOOTING, **_ANYWHERE},
    State.SERVING: {Cue.SERVED: State.IDLE, Cue.REBOOT: State.BOOTING, **_ANYWHERE},
    State.RUNNING: {
        Cue.WITHDRAW: State.IDLE,
        Cue.PAUSE: State.PAUSING,
        Cue.FED: State.FINISHING,
        Cue.END: State.ENDING,
        **_ANYWHERE,
    },
    State.PAUSING: {Cue.DRAINED: State.PAUSED, Cue.RESUME: State.RUNNING, Cue.END: State.ENDING, **_ANYWHERE},
    State.PAUSED: {Cue.RESUME: State.RUNNING, Cue.END: State.ENDING, **_ANYWHERE},
    State.FINISHING: {Cue.DRAINED: State.IDLE, Cue.END: State.ENDING, **_ANYWHERE},
    State.ENDING: {Cue.ENDED: State.IDLE, **_ANYWHERE},
    State.HALTED: dict(_ANYWHERE),
}

RUNS = frozenset({State.RUNNING, State.PAUSING, State.PAUSED, State.FINISHING, State.ENDING})
"""An attempt is on the machine. A reboot in one of these is the attempt's end."""


def step(state: State, cue: Cue) -> State:
    """The next state, or OurFault where the table has none."""
    try:
        return TABLE[state][cue]
    except KeyError:
        raise OurFault(f"a link that is {state} cannot {cue}; nothing was sent") from None
