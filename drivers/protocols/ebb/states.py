"""The life of a link to one plotter, as a table. A cue that a state does not list is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from drivers.contract import OurFault


class State(StrEnum):
    CLOSED = "closed"
    GREETING = "greeting"
    """The board says what it is; the pen goes up."""
    IDLE = "idle"
    SERVING = "serving"
    """A technician's question or move."""
    RUNNING = "running"
    PAUSING = "pausing"
    """It slows down to a standstill."""
    PAUSED = "paused"
    """The pen is up, wherever it was."""
    FINISHING = "finishing"
    """All is sent; the motion is not over."""
    ENDING = "ending"
    """An attempt is being ended before its time: motion off, pen up."""
    HALTED = "halted"
    """Nothing more is sent until the port is opened anew."""


class Cue(StrEnum):
    OPEN = "open"
    READY = "ready"
    SERVE = "serve"
    SERVED = "served"
    BEGIN = "begin"
    PAUSE = "pause"
    STOOD = "stood"
    RESUME = "resume"
    FED = "fed"
    DRAINED = "drained"
    END = "end"
    ENDED = "ended"
    HALT = "halt"
    CLOSE = "close"


_ANYWHERE = {Cue.HALT: State.HALTED, Cue.CLOSE: State.CLOSED}
_RUNS = {Cue.END: State.ENDING, **_ANYWHERE}

TABLE: Mapping[State, Mapping[Cue, State]] = {
    State.CLOSED: {Cue.OPEN: State.GREETING, Cue.CLOSE: State.CLOSED},
    State.GREETING: {Cue.READY: State.IDLE, **_ANYWHERE},
    State.IDLE: {Cue.BEGIN: State.RUNNING, Cue.SERVE: State.SERVING, **_ANYWHERE},
    State.SERVING: {Cue.SERVED: State.IDLE, **_ANYWHERE},
    State.RUNNING: {Cue.PAUSE: State.PAUSING, Cue.FED: State.FINISHING, **_RUNS},
    State.PAUSING: {Cue.STOOD: State.PAUSED, Cue.RESUME: State.RUNNING, **_RUNS},
    State.PAUSED: {Cue.STOOD: State.PAUSED, Cue.RESUME: State.RUNNING, **_RUNS},
    State.FINISHING: {Cue.DRAINED: State.IDLE, **_RUNS},
    State.ENDING: {Cue.ENDED: State.IDLE, **_ANYWHERE},
    State.HALTED: dict(_ANYWHERE),
}


def step(state: State, cue: Cue) -> State:
    """The next state, or OurFault where the table has none."""
    try:
        return TABLE[state][cue]
    except KeyError:
        raise OurFault(f"a plotter that is {state} cannot {cue}; nothing was sent") from None
