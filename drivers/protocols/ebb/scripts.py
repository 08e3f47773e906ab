"""What is said to a plotter, in order. Each script is a generator: it yields what it waits for or has to tell, and is
sent the answer's lines. It reads no clock and writes to no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np

import drivers.protocols.ebb.words as words
from drivers.contract import Made, Progressed
from drivers.protocols.ebb.desk import Desk, Rest, Trouble, Unanswered
from drivers.protocols.ebb.events import Answered, Began
from drivers.protocols.ebb.line import Ask
from drivers.protocols.ebb.motion import Slices, plan
from drivers.protocols.ebb.program import Path, Pen, Program
from drivers.protocols.ebb.states import Cue

Lines = tuple[bytes, ...] | None
Wanted = Ask | Rest | Cue | Began | Progressed | Made | Answered
Script = Generator[Wanted, Lines, None]
Way = Callable[[float, float], Path]
"""A path, made when it is known where the carriage stands: x, y in mm."""
Reply = Generator[Wanted, Lines, bytes]

SETTLE = 0.15
"""Seconds after which a line that an earlier sender left half said was refused by the board."""
LOOK_AGAIN, SELDOM = 0.02, 0.32
"""Seconds between two looks whether the motion is over: twice as many each time, and at most."""
STEP = 0.01
"""Of the way, between two tellings of progress."""
NO_POWER = (
    "the motors have no power (QC reads {}, {} is the least): switch its power supply on; USB alone moves nothing"
)
NO_BOARD = (
    "what is on this port does not answer V, as every EBB does: another machine may be there, so look at the address; "
    "or the board gets no power, so look at its USB cable"
)
RESTARTED = (
    "the board was restarted or its motors were switched off, so nobody knows where the carriage stands: put it into "
    "its home corner and connect again"
)


def _value(ask: Ask) -> Reply:
    lines = yield ask
    return lines[0] if lines else b""


# --- greeting ---------------------------------------------------------------------------------------------------------


def greet(desk: Desk) -> Script:
    """Who it is; nothing moves any more; the pen goes up; where the origin is."""
    yield Rest(SETTLE)
    try:
        said = yield from _value(words.ASK_VERSION)
    except Unanswered:
        raise Trouble(NO_BOARD) from None
    desk.firmware, desk.version, future = words.version(said)
    if desk.version < words.OLDEST:
        oldest = ".".join(map(str, words.OLDEST))
        raise Trouble(f"its firmware ({desk.firmware}) is older than {oldest}: update it")
    if future:
        yield words.LEGACY
    yield words.ACKNOWLEDGE
    yield words.stop(desk.options)
    yield words.pen_up(desk.options)
    yield words.pen_down(desk.options)
    yield words.lift(desk.options)
    desk.down = False
    yield from _powered(desk, latches=False)
    yield from _origin(desk)
    yield Cue.READY


def _origin(desk: Desk) -> Script:
    """The origin is where the carriage stands when the motors are switched on; it stays as long as they stay on."""
    if desk.version >= words.KNOWS_MOTORS:
        motors = words.pair((yield from _value(words.ASK_MOTORS)))
        if motors == words.SIXTEENTH and int((yield from _value(words.ASK_MARK))) == words.MARK:
            desk.place = words.pair((yield from _value(words.ASK_PLACE)))
            return
    yield from _still(desk)  # EM waits behind the pen; the counters are set to zero when it is done.
    yield words.ENABLE
    yield from _still(desk)
    yield words.ZERO
    yield words.SET_MARK
    desk.place = (0, 0)


def _powered(desk: Desk, *, latches: bool) -> Script:
    _, level = words.pair((yield from _value(words.ASK_POWER)))
    if level < desk.options.least_power:
        raise Trouble(NO_POWER.format(level, desk.options.least_power), latches=latches)


def _still(desk: Desk) -> Script:
    """Until nothing moves and nothing waits."""
    wait = LOOK_AGAIN
    while words.busy((yield from _value(words.ASK_BUSY))):
        yield Rest(wait)
        wait = min(2 * wait, SELDOM)
    desk.queued = 0.0


# --- moving -----------------------------------------------------------------------------------------------------------


def _follow(desk: Desk, slices: Slices) -> Script:
    """Slices one after the other, as planned: for what no pause can interrupt."""
    for ms, a, b in slices.tolist():
        yield from _slice(desk, ms, a, b)


def _slice(desk: Desk, ms: int, a: int, b: int) -> Script:
    yield words.move(ms, a, b, desk.queued)
    desk.place = (desk.place[0] + a, desk.place[1] + b)
    desk.queued = desk.queued / 2 + ms / 1000


def _pen(desk: Desk, *, down: bool) -> Script:
    if desk.down is not down:
        # Noted before it is said: a pen that may be down is lifted.
        desk.down = desk.down or down
        yield (words.lower if down else words.lift)(desk.options)
        desk.down = down
        desk.queued = desk.queued / 2 + desk.options.pen_delay


def _way(desk: Desk, path: Path) -> Slices:
    """A path from where the pen is to its points."""
    points = np.vstack([np.array([desk.point]), path.points])
    return plan(points, path.feeds, desk.limits, desk.frame)


# --- an attempt -------------------------------------------------------------------------------------------------------


def run(desk: Desk, attempt: str, program: Program, now: Callable[[], float], surplus: Callable[[], int]) -> Script:
    """A whole program. ``now``: the time, for how often the button is looked at. ``surplus``: answers to nothing."""
    yield from _ready(desk)
    approach = _way(desk, program.approach)
    desk.total = len(approach) + program.slices
    yield from _pen(desk, down=False)
    yield from _make(desk, attempt, approach, now)
    for act in program.acts:
        if isinstance(act, Pen):
            desk.moved = True
            yield from _pen(desk, down=act is Pen.DOWN)
        else:
            yield from _make(desk, attempt, act, now)
    while desk.stop:
        yield from _stand(desk)
    if desk.done == 0:
        yield Began(attempt)  # It had no way to go.
    yield Cue.FED
    yield from _still(desk)
    counted = words.pair((yield from _value(words.ASK_PLACE)))
    if counted != desk.place:
        raise Trouble(
            f"the board counted {counted[0]}, {counted[1]} steps where {desk.place[0]}, {desk.place[1]} were sent: "
            "what was drawn is not what was meant; look at the USB cable"
        )
    if surplus():  # Two moves that were made twice may cancel each other out in what the board counts.
        raise Trouble(
            f"the board answered {surplus()} times more than it was asked, as it does to what arrives twice: what was "
            "drawn may not be what was meant; look at the USB cable"
        )
    yield from _powered(desk, latches=True)
    yield Cue.DRAINED
    yield Made(attempt, f"all {desk.total} slices were taken, the motion is over, and the board counted every step")


def _ready(desk: Desk) -> Script:
    """Power, the same origin as at the greeting, no press of the button that is long forgotten."""
    yield from _powered(desk, latches=False)
    yield from _same(desk)
    yield words.ASK_BUTTON
    desk.place = words.pair((yield from _value(words.ASK_PLACE)))


def _same(desk: Desk) -> Script:
    """The board was not restarted and its motors were not switched off since the origin was set."""
    if not (yield from _stayed(desk)):
        raise Trouble(RESTARTED, latches=True)


def _stayed(desk: Desk) -> Generator[Wanted, Lines, bool]:
    if desk.version >= words.KNOWS_MOTORS:
        motors = yield from _value(words.ASK_MOTORS)
        if words.pair(motors) != words.SIXTEENTH:
            return False
    mark = yield from _value(words.ASK_MARK)
    return int(mark) == words.MARK


def _make(desk: Desk, attempt: str, slices: Slices, now: Callable[[], float]) -> Script:
    """Slices of an attempt: slower where a pause comes or goes, and looking up now and then."""
    for ms, a, b in slices.tolist():
        if now() >= desk.looked:
            yield from _look(desk)
            desk.looked = now() + desk.options.poll
        way = desk.frame.way(a, b)
        while (took := desk.pace.next(ms, way, stop=desk.stop)) is None:
            yield from _stand(desk)
        desk.moved = True
        yield from _slice(desk, took, a, b)
        if desk.done == 0:
            yield Began(attempt)
        desk.done += 1
        if desk.done >= min(desk.told + STEP * desk.total, desk.total):
            desk.told = desk.done
            yield Progressed(attempt, desk.done / desk.total)


def _look(desk: Desk) -> Script:
    """At the power, at the board, and at its button: pressed, somebody there wants it to pause."""
    yield from _powered(desk, latches=True)
    yield from _same(desk)
    if (yield from _value(words.ASK_BUTTON)) == b"1" and not desk.stop:
        desk.stop = True
        desk.prompt = "somebody pressed the button of the plotter: look at it, then resume"
        yield Cue.PAUSE


def _stand(desk: Desk) -> Script:
    """Stand still with the pen up until somebody wants it to go on, then put the pen where it was."""
    was_down = desk.down
    yield from _still(desk)
    yield from _pen(desk, down=False)
    yield from _still(desk)
    while desk.stop:
        yield Cue.STOOD
        yield Rest(desk.options.poll)
        yield from _powered(desk, latches=True)
        yield from _same(desk)
        yield words.ASK_BUTTON  # What is pressed while it stands is no wish for another pause.
    yield from _pen(desk, down=was_down)
    desk.pace.begin()


def end(desk: Desk, *, astray: str | None) -> Script:
    """Motion off and pen up, whatever was under way. ``astray``: why the origin is lost; the board forgets it too."""
    desk.prompt, desk.astray = None, astray
    yield words.stop(desk.options)
    yield words.lift(desk.options)
    desk.down = False
    yield from _still(desk)
    if astray is not None:
        yield words.CLEAR_MARK
    elif not (yield from _stayed(desk)):
        desk.astray = RESTARTED
    desk.place = words.pair((yield from _value(words.ASK_PLACE)))
    yield Cue.ENDED


# --- what a technician asks -------------------------------------------------------------------------------------------


def facts(desk: Desk) -> Script:
    """What the board says of itself, one ``name: value`` a line."""
    asked = [("current and power (QC)", words.ASK_POWER), ("place in steps (QS)", words.ASK_PLACE)]
    if desk.version >= words.KNOWS_MOTORS:
        asked.append(("motors (QE)", words.ASK_MOTORS))
    said = []
    for name, ask in asked:
        value = yield from _value(ask)
        said.append(f"{name}: {value.decode('ascii', 'replace')}")
        desk.place = words.pair(value) if ask is words.ASK_PLACE else desk.place
    yield Cue.SERVED
    yield Answered(tuple(said))


def say(desk: Desk, text: bytes) -> Script:
    """One line of a technician. The pen may be anywhere after it, so it counts as down."""
    desk.down = True
    lines = yield Ask(text, all=True)
    yield Cue.SERVED
    yield Answered(tuple(line.decode("ascii", "replace") for line in lines or ()))


def visit(desk: Desk, way: Way) -> Script:
    """A path from where the carriage is, with the pen up."""
    yield from _powered(desk, latches=False)
    yield from _same(desk)
    desk.place = words.pair((yield from _value(words.ASK_PLACE)))
    yield words.lift(desk.options)
    desk.down = False
    yield from _follow(desk, _way(desk, way(*desk.point)))
    yield from _still(desk)
    yield Cue.SERVED
    yield Answered()
