"""The life of a link to a GRBL machine, as a table. A cue that a state does not list is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from drivers.contract import OurFault


class State(StrEnum):
    CLOSED = "closed"
    BOOTING = "booting"
    """The port is open. A board that resets at that says its banner; one that does not is asked and then reset."""
    WAITING = "waiting"
    """It answers, and is at something that was not ordered from here, or stands at its open door."""
    GREETING = "greeting"
    """The firmware says what it is and how it is set."""
    IDLE = "idle"
    HOMING = "homing"
    CHECKING = "checking"
    """The program passes through the firmware's check mode: nothing moves."""
    RESETTING = "resetting"
    """A soft reset was sent; the banner, and then a report, are awaited."""
    RUNNING = "running"
    PAUSING = "pausing"
    """A hold was sent; the machine slows down."""
    PAUSED = "paused"
    RESUMING = "resuming"
    """The machine was told to go on; a report has not shown it yet."""
    FINISHING = "finishing"
    """All lines are answered; the motion is not over."""
    STOPPING = "stopping"
    """An attempt is ended before its time: first the machine stands still, then it is reset."""
    SERVING = "serving"
    """A technician's lines are at work; no attempt can begin."""
    HALTED = "halted"
    """Nothing more is sent until the port is opened anew."""


class Cue(StrEnum):
    OPEN = "open"
    WAIT = "wait"
    GREET = "greet"
    """It is asked what it is: at connection, and after a banner that was not asked for."""
    READY = "ready"
    HOME = "home"
    CHECK = "check"
    RESET = "reset"
    SETTLE = "settle"
    """What was under way has ended, and the machine is free."""
    FEED = "feed"
    PAUSE = "pause"
    HELD = "held"
    RESUME = "resume"
    GO = "go"
    FED = "fed"
    STOP = "stop"
    SERVE = "serve"
    HALT = "halt"
    CLOSE = "close"


_ANYWHERE = {Cue.HALT: State.HALTED, Cue.CLOSE: State.CLOSED}

TABLE: Mapping[State, Mapping[Cue, State]] = {
    State.CLOSED: {Cue.OPEN: State.BOOTING, Cue.CLOSE: State.CLOSED},
    State.BOOTING: {Cue.WAIT: State.WAITING, Cue.GREET: State.GREETING, **_ANYWHERE},
    State.WAITING: {Cue.RESET: State.RESETTING, Cue.GREET: State.GREETING, **_ANYWHERE},
    State.GREETING: {Cue.WAIT: State.WAITING, Cue.READY: State.IDLE, Cue.GREET: State.GREETING, **_ANYWHERE},
    State.IDLE: {
        Cue.HOME: State.HOMING,
        Cue.CHECK: State.CHECKING,
        Cue.FEED: State.RUNNING,
        Cue.SERVE: State.SERVING,
        Cue.GREET: State.GREETING,
        **_ANYWHERE,
    },
    State.HOMING: {
        Cue.CHECK: State.CHECKING,
        Cue.FEED: State.RUNNING,
        Cue.RESET: State.RESETTING,
        Cue.SETTLE: State.IDLE,
        Cue.GREET: State.GREETING,
        **_ANYWHERE,
    },
    State.CHECKING: {
        Cue.RESET: State.RESETTING,
        Cue.SETTLE: State.IDLE,
        Cue.GREET: State.GREETING,
        **_ANYWHERE,
    },
    State.RESETTING: {
        Cue.GREET: State.GREETING,
        Cue.FEED: State.RUNNING,
        Cue.SETTLE: State.IDLE,
        **_ANYWHERE,
    },
    State.RUNNING: {
        Cue.PAUSE: State.PAUSING,
        Cue.HELD: State.PAUSED,
        Cue.FED: State.FINISHING,
        Cue.STOP: State.STOPPING,
        **_ANYWHERE,
    },
    State.PAUSING: {Cue.HELD: State.PAUSED, Cue.STOP: State.STOPPING, **_ANYWHERE},
    State.PAUSED: {Cue.RESUME: State.RESUMING, Cue.GO: State.RUNNING, Cue.STOP: State.STOPPING, **_ANYWHERE},
    State.RESUMING: {
        Cue.PAUSE: State.PAUSING,
        Cue.HELD: State.PAUSED,
        Cue.GO: State.RUNNING,
        Cue.STOP: State.STOPPING,
        **_ANYWHERE,
    },
    State.FINISHING: {
        Cue.PAUSE: State.PAUSING,
        Cue.HELD: State.PAUSED,
        Cue.SETTLE: State.IDLE,
        Cue.STOP: State.STOPPING,
        **_ANYWHERE,
    },
    State.STOPPING: {Cue.RESET: State.RESETTING, **_ANYWHERE},
    State.SERVING: {
        Cue.RESET: State.RESETTING,
        Cue.SETTLE: State.IDLE,
        Cue.GREET: State.GREETING,
        **_ANYWHERE,
    },
    State.HALTED: dict(_ANYWHERE),
}

RUNS = frozenset(
    {State.RUNNING, State.PAUSING, State.PAUSED, State.RESUMING, State.FINISHING, State.STOPPING},
)
"""Lines of an attempt were sent. A banner that was not asked for in one of these is the attempt's end."""

KNOWN = frozenset({State.IDLE, State.HOMING, State.CHECKING, State.SERVING})
"""Where the machine stands is known, and nothing of an attempt was carried out."""

PREPARES = frozenset({State.HOMING, State.CHECKING})
"""An attempt is made ready, and no line of it was sent but to be checked."""


def step(state: State, cue: Cue) -> State:
    """The next state, or OurFault where the table has none."""
    try:
        return TABLE[state][cue]
    except KeyError:
        raise OurFault(f"a link that is {state} cannot {cue}; nothing was sent") from None
