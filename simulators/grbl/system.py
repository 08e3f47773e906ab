"""Lines that begin with ``$`` (system.c, jog.c)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulators.grbl import reports, settings
from simulators.grbl.board import Board, State
from simulators.grbl.homing import home
from simulators.grbl.lines import line
from simulators.grbl.meaning import resolve
from simulators.grbl.steps import Steps, write
from simulators.grbl.store import COORDINATE_BYTES, LINE_BYTES, ORIGIN, PLACES, SETTING_BYTES, SYSTEMS
from simulators.grbl.words import NUMBER, Refused, parse

BAD_NUMBER, UNKNOWN, NOT_ENABLED, NOT_IDLE, DOOR_OPEN, TOO_FAR = 2, 3, 5, 8, 13, 15

Validate = Callable[[str], Steps]
"""Executes a block of G-code, as a startup line is when it is stored."""


def system(board: Board, text: str, execute: Validate) -> Steps:
    """``text``: a filtered line that begins with ``$``. Raises :class:`Refused`, also while it runs."""
    name = text[1:2]
    if name == "J":
        yield from _jog(board, text)
        return
    if name in AT_ANY_TIME:
        if len(text) > 2:
            raise Refused(UNKNOWN)
        AT_ANY_TIME[name](board)
        return
    if name == "":
        board.say(reports.HELP)
        return
    if board.state not in (State.IDLE, State.ALARM):
        raise Refused(NOT_IDLE)
    if name == "N" and text != "$N":
        yield from _store_line(board, text, execute)
        return
    yield from AT_REST.get(name, _set)(board, text)


# --- in any state ---


def _settings(board: Board) -> None:
    if board.state in (State.RUN, State.HOLD):
        raise Refused(NOT_IDLE)
    board.say(reports.listing(board.store.values))


def _modes(board: Board) -> None:
    parser, modal = board.parser, board.parser.modal
    inches = board.store.on(13)
    coolant = [word for word, on in (("M7", modal.mist), ("M8", modal.flood)) if on] or ["M9"]
    words = [modal.motion, modal.system, modal.plane, modal.units, modal.distance, modal.feed]
    words += [modal.flow] if modal.flow else []
    words += [
        modal.spindle,
        *coolant,
        f"T{parser.tool}",
        f"F{reports.rate(parser.feed, inches)}",
        f"S{parser.speed:.0f}",
    ]
    board.say(f"[GC:{' '.join(words)}]\r\n")


def _check(board: Board) -> None:
    """Leaving check mode is a reset."""
    if board.state is State.CHECK:
        board.message("Disabled")
        board.reboot_at = board.now
    elif board.state is not State.IDLE:
        raise Refused(NOT_IDLE)
    else:
        board.state = State.CHECK
        board.message("Enabled")


def _unlock(board: Board) -> None:
    if board.state is not State.ALARM:
        return
    if board.ajar:
        raise Refused(DOOR_OPEN)
    board.message("Caution: Unlocked")
    board.state = State.IDLE


AT_ANY_TIME: Mapping[str, Callable[[Board], None]] = {"$": _settings, "G": _modes, "C": _check, "X": _unlock}


# --- in Idle and Alarm ---


def _parameters(board: Board, text: str) -> Steps:
    _exactly(text, "$#")
    inches = board.store.on(13)
    for name in (*SYSTEMS, *PLACES):
        board.say(f"[{name}:{reports.point(board.store.coordinates[name], inches)}]\r\n")
    board.say(f"[G92:{reports.point(board.parser.shift, inches)}]\r\n")
    board.say(f"[TLO:{reports.point((board.parser.length,), inches)}]\r\n")
    place, found = board.probe
    board.say(f"[PRB:{reports.point(place, inches)}:{int(found)}]\r\n")
    yield from ()


def _home(board: Board, text: str) -> Steps:
    if not board.store.on(22):
        raise Refused(NOT_ENABLED)
    if board.ajar:
        raise Refused(DOOR_OPEN)
    _exactly(text, "$H")
    yield from home(board)
    board.startup = True


def _sleep(board: Board, text: str) -> Steps:
    """Everything is switched off; only a reset wakes it, and then it does not know where it is."""
    _exactly(text, "$SLP")
    board.off()
    board.state = State.SLEEP
    board.homed = False
    board.message("Sleeping")
    yield from ()


def _build(board: Board, text: str) -> Steps:
    options = board.options
    if text == "$I":
        letters = {"grbl": "V", "grblhal": "VNMSL+"}[options.flavour]
        board.say(reports.build(options.flavour, board.store.info, options.blocks, options.buffer, letters))
        return
    if text[2] != "=":
        raise Refused(UNKNOWN)
    yield from write(board, LINE_BYTES)
    board.store.info = text[3:]


def _restore(board: Board, text: str) -> Steps:
    """$RST: to what the maker left, and a reset."""
    what = text[5:]
    if not text.startswith("$RST=") or what not in ("$", "#", "*"):
        raise Refused(UNKNOWN)
    store, options = board.store, board.options
    if what in "$*":
        yield from write(board, SETTING_BYTES * len(settings.SETTINGS))
        store.values = settings.initial(options.tool, options.envelope, options.homing) | dict(options.overrides)
        board.configure()
    if what in "#*":
        yield from write(board, COORDINATE_BYTES * len(store.coordinates))
        store.coordinates = dict.fromkeys(store.coordinates, ORIGIN)
    if what == "*":
        store.startup, store.info = ["", ""], ""
    board.message("Restoring defaults")
    board.reboot_at = board.now


def _lines(board: Board, _: str) -> Steps:
    for index, text in enumerate(board.store.startup):
        board.say(f"$N{index}={text}\r\n")
    yield from ()


def _store_line(board: Board, text: str, execute: Validate) -> Steps:
    """$Nx=: the block is executed, so that it is known to be good."""
    if board.state is not State.IDLE:
        raise Refused(NOT_IDLE)
    index, block = _assignment(text[2:])
    if not 0 <= index < len(board.store.startup):
        raise Refused(UNKNOWN)
    yield from execute(block)
    yield from write(board, LINE_BYTES)
    board.store.startup[int(index)] = block


def _set(board: Board, text: str) -> Steps:
    """$x=value"""
    number, rest = _assignment(text[1:])
    found = NUMBER.match(rest)
    if found is None:
        raise Refused(BAD_NUMBER)
    if found.end() != len(rest) or number > 255:
        raise Refused(UNKNOWN)
    changes = settings.stored(board.store.values, number, float(found[0]))
    if isinstance(changes, int):
        raise Refused(changes)
    yield from write(board, SETTING_BYTES)
    board.store.values.update(changes)
    board.configure()


AT_REST: Mapping[str, Callable[[Board, str], Steps]] = {
    "#": _parameters,
    "H": _home,
    "S": _sleep,
    "I": _build,
    "R": _restore,
    "N": _lines,
}


def _exactly(text: str, expected: str) -> None:
    if text != expected:
        raise Refused(UNKNOWN)


def _assignment(text: str) -> tuple[float, str]:
    found = NUMBER.match(text)
    if found is None:
        raise Refused(BAD_NUMBER)
    if text[found.end() : found.end() + 1] != "=":
        raise Refused(UNKNOWN)
    return float(found[0]), text[found.end() + 1 :]


def _jog(board: Board, text: str) -> Steps:
    """$J=: a move that leaves no trace in the parser's modes, and that a hold cancels."""
    if board.state not in (State.IDLE, State.JOG):
        raise Refused(NOT_IDLE)
    if text[2:3] != "=":
        raise Refused(UNKNOWN)
    parser = board.parser
    words = parse(text[3:], parser.modal, mist=board.options.flavour != "grbl")
    meaning = resolve(words, parser, board.store.coordinates, jog=True)
    if board.store.on(20) and board.too_far(meaning.target):
        raise Refused(TOO_FAR)
    before = board.state
    board.state = State.JOG
    yield from line(board, meaning.target, board.work(parser.speed, meaning.feed / 60, meaning.number, fixed=True))
    if before is State.IDLE and not len(board.planner):
        board.state = State.IDLE
    parser.position = meaning.target
