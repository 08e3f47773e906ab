"""What each command does. A command that waits is a generator of :class:`Wait`; it goes on when the wait is over."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace

from simulators.marlin import reports
from simulators.marlin.board import Board, Point
from simulators.marlin.heaters import Heater

COMMAND = re.compile(r"\s*([GMT])\s*(\d+)(?:\.\d+)?\s*(.*)", re.DOTALL)
PARAMETER = re.compile(r"([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))?")

HOMING = (50.0, 50.0, 4.0)
"""HOMING_FEEDRATE_MM_M, here in mm/s."""
BUMP = (5.0, 5.0, 2.0)
"""HOMING_BUMP_MM; the second approach runs at half the speed."""
RESIDENCY = 10.0
"""TEMP_RESIDENCY_TIME: so long within the window before a heater is ready."""
WINDOW = 1.0
LONGEST_EXTRUSION = 200.0
"""EXTRUDE_MAXLENGTH."""
PARK = (10.0, 10.0, 20.0)
"""NOZZLE_PARK_POINT: X, distance from the far end of Y, lift."""
ARC_SEGMENT = 1.0
"""mm of an arc in one block."""


@dataclass(frozen=True, slots=True)
class Wait:
    """``event``: when to look again, if time brings it. ``flush``: the wait is for the planner to be empty."""

    met: Callable[[], bool]
    event: float | None = None
    flush: bool = False


Steps = Generator[Wait] | None


@dataclass(frozen=True, slots=True)
class Parameters:
    """Letters with their values (None: the letter stands alone), and the text behind the command."""

    values: Mapping[str, float | None]
    text: str

    def get(self, letter: str, otherwise: float) -> float:
        value = self.values.get(letter)
        return otherwise if value is None else value

    def has(self, letter: str) -> bool:
        return self.values.get(letter) is not None


Command = Callable[[Board, Parameters], Steps]


def parse(text: str) -> tuple[str, Parameters]:
    """A command's name and parameters; the name is empty where there is none."""
    found = COMMAND.match(text)
    if found is None:
        return "", Parameters({}, text)
    letter, digits, rest = found.groups()
    values = {key: float(value) if value else None for key, value in PARAMETER.findall(rest)}
    return letter + str(int(digits)), Parameters(values, rest)


# --- waits ---


def room(board: Board) -> Wait:
    """A slot of the planner."""
    return Wait(lambda: board.planner.free > 0)


def drained(board: Board) -> Wait:
    """planner.synchronize()"""
    return Wait(lambda: not len(board.planner), flush=True)


def until(board: Board, time: float) -> Wait:
    return Wait(lambda: board.now >= time - 1e-9, time)


def second(board: Board) -> Wait:
    """A second of heating, unless M108 breaks it off."""
    time = board.now + 1.0
    return Wait(lambda: not board.heating or board.now >= time, time)


def person(board: Board) -> Wait:
    return Wait(lambda: not board.user)


# --- motion ---


def straight(board: Board, parameters: Parameters) -> Steps:
    """G0, G1."""
    target, e = _destination(board, parameters)
    if board.planner.free > 0:
        _line(board, target, e)
        return None
    return _later(board, target, e)


def _later(board: Board, target: Point, e: float) -> Generator[Wait]:
    yield room(board)
    _line(board, target, e)


def _destination(board: Board, parameters: Parameters) -> tuple[Point, float]:
    values = parameters.values
    unit = 25.4 if board.inches else 1.0
    target = list(board.position)
    for axis, letter in enumerate("XYZ"):
        value = values.get(letter)
        if value is not None:
            target[axis] = value * unit + (target[axis] if board.relative else -board.shift[axis])
    e = board.e
    value = values.get("E")
    if value is not None:
        e = value * unit + (e if board.relative_e else 0.0)
    value = values.get("F")
    if value is not None and value > 0:
        board.feed = value * unit / 60
    return (target[0], target[1], target[2]), e


def _line(board: Board, target: Point, e: float) -> None:
    """One straight move in native coordinates to the planner, past the guards."""
    recorder = board.recorder
    moves = target != board.position
    target = _clamped(board, target)
    de = e - board.e
    board.e = e
    if de:
        if board.min_temp > 0:
            board.heat()
            if board.hotend.shown < board.min_temp:
                board.say("echo: cold extrusion prevented\n")
                recorder.count("cold_extrusions")
                de = 0.0
        if abs(de) > LONGEST_EXTRUSION:
            board.say("echo: too long extrusion prevented\n")
            recorder.count("long_extrusions")
            de = 0.0
    if moves and len(board.homed) < 3:
        recorder.count("unhomed_moves")
    dx, dy, dz = board.offset
    ox, oy, oz = board.position
    origin = (ox + dx, oy + dy, oz + dz)
    destination = (target[0] + dx, target[1] + dy, target[2] + dz)
    if board.planner.append(board.now, origin, destination, de * board.flow_factor, board.feed * board.speed_factor):
        board.position = target


def _clamped(board: Board, target: Point) -> Point:
    """Soft endstops: homed axes stay within the envelope."""
    if not board.homed:
        return target
    most = board.options.envelope
    inside = [min(max(value, 0.0), most[axis]) if axis in board.homed else value for axis, value in enumerate(target)]
    result = (inside[0], inside[1], inside[2])
    if result != target:
        board.recorder.count("clamped_moves")
    return result


def arc(clockwise: bool) -> Command:
    """G2, G3 in the plane XY, by I and J or by R; a full circle where the end is the start."""

    def command(board: Board, parameters: Parameters) -> Generator[Wait]:
        x0, y0, z0 = board.position
        e0 = board.e
        target, e1 = _destination(board, parameters)
        centre = _centre(board, parameters, target, clockwise)
        if centre is None:
            board.say("Error:G2/G3 bad parameters\n")
            return
        cx, cy = centre
        radius = math.hypot(x0 - cx, y0 - cy)
        begin = math.atan2(y0 - cy, x0 - cx)
        sweep = (math.atan2(target[1] - cy, target[0] - cx) - begin) % (2 * math.pi)
        if clockwise:
            sweep -= 2 * math.pi
        if abs(target[0] - x0) < 1e-9 and abs(target[1] - y0) < 1e-9:
            sweep = -2 * math.pi if clockwise else 2 * math.pi
        count = max(1, math.floor(abs(sweep) * radius / ARC_SEGMENT))
        for index in range(1, count + 1):
            share = index / count
            angle = begin + sweep * share
            point = (cx + radius * math.cos(angle), cy + radius * math.sin(angle), z0 + (target[2] - z0) * share)
            yield room(board)
            _line(board, target if index == count else point, e0 + (e1 - e0) * share)

    return command


def _centre(board: Board, parameters: Parameters, target: Point, clockwise: bool) -> tuple[float, float] | None:
    unit = 25.4 if board.inches else 1.0
    x0, y0, _ = board.position
    if not parameters.has("R"):
        i, j = parameters.get("I", 0) * unit, parameters.get("J", 0) * unit
        return (x0 + i, y0 + j) if i or j else None
    r = parameters.get("R", 0) * unit
    dx, dy = target[0] - x0, target[1] - y0
    chord = math.hypot(dx, dy)
    if not r or not chord:
        return None
    height = math.sqrt(max(0.0, r * r - chord * chord / 4))
    side = -1.0 if clockwise != (r < 0) else 1.0
    return x0 + dx / 2 - side * height * dy / chord, y0 + dy / 2 + side * height * dx / chord


def dwell(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G4: P in ms, S in s; S wins."""
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    yield drained(board)
    yield until(board, board.now + max(0.0, seconds))


def home(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G28: the axes named, or all; X, then Y, then Z, each with a second slow approach."""
    axes = [axis for axis, letter in enumerate("XYZ") if letter in parameters.values] or [0, 1, 2]
    yield drained(board)
    if 2 in axes:
        board.recorder.boundary("home")
    for axis in axes:
        distance = abs(board.physical[axis])
        seconds = distance / HOMING[axis] + 3 * BUMP[axis] / HOMING[axis]
        yield until(board, board.now + seconds)
        board.physical = _with(board.physical, axis, 0.0)
        board.position = _with(board.position, axis, 0.0)
        board.offset = _with(board.offset, axis, 0.0)
        board.shift = _with(board.shift, axis, 0.0)
        board.homed.add(axis)
    board.say(board.position_text())


def _with(point: Point, axis: int, value: float) -> Point:
    changed = list(point)
    changed[axis] = value
    return changed[0], changed[1], changed[2]


def set_position(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G92: names the place where the tool is; E always, X, Y, Z by shifting the coordinates. Waits for the planner."""
    yield drained(board)
    unit = 25.4 if board.inches else 1.0
    for axis, letter in enumerate("XYZ"):
        if parameters.has(letter):
            board.shift = _with(board.shift, axis, parameters.get(letter, 0) * unit - board.position[axis])
    if parameters.has("E"):
        board.e = parameters.get("E", 0) * unit


def _set_e(board: Board, parameters: Parameters) -> Steps:
    """G92 E0 alone does not wait for motion."""
    if set(parameters.values) == {"E"} and parameters.has("E"):
        board.e = parameters.get("E", 0) * (25.4 if board.inches else 1.0)
        return None
    return set_position(board, parameters)


def finish(board: Board, _: Parameters) -> Generator[Wait]:
    """M400, and what else first waits for the motion's end."""
    yield drained(board)


def absolute(board: Board, _: Parameters) -> Steps:
    """G90: E becomes absolute too."""
    board.relative = board.relative_e = False
    return None


def relative(board: Board, _: Parameters) -> Steps:
    """G91: E becomes relative too."""
    board.relative = board.relative_e = True
    return None


def _relative_e(value: bool) -> Command:
    def command(board: Board, _: Parameters) -> Steps:
        board.relative_e = value
        return None

    return command


def _inches(value: bool) -> Command:
    def command(board: Board, _: Parameters) -> Steps:
        board.inches = value
        return None

    return command


# --- heat ---


def _set_heat(name: str) -> Command:
    def command(board: Board, parameters: Parameters) -> Steps:
        if parameters.has("S") or parameters.has("R"):
            board.heat()
            _heater(board, name).set(parameters.get("S", parameters.get("R", 0)))
        return None

    return command


def _wait_heat(name: str) -> Command:
    """M109, M190: S waits only for heating, R for cooling too; temperatures are printed each second meanwhile."""

    def command(board: Board, parameters: Parameters) -> Generator[Wait]:
        yield drained(board)
        if not (parameters.has("S") or parameters.has("R")):
            return
        board.heat()
        heater = _heater(board, name)
        heater.set(parameters.get("S", parameters.get("R", 0)))
        board.heating = True
        if heater.target < heater.shown and not parameters.has("R"):
            return
        ready: float | None = None
        while board.heating and (ready is None or board.now < ready):
            board.heat()
            if abs(heater.shown - heater.target) > WINDOW:
                ready = None
            elif ready is None:
                ready = board.now + (RESIDENCY if name == "hotend" else 0.0)
            left = "?" if ready is None else f"{math.ceil(ready - board.now)}"
            board.say(reports.temperatures(board.hotend, board.bed) + f" W:{left}\n")
            yield second(board)

    return command


def _heater(board: Board, name: str) -> Heater:
    return board.hotend if name == "hotend" else board.bed


def temperatures(board: Board, _: Parameters) -> Steps:
    """M105: its ok carries the temperatures, and no N, P, B."""
    board.heat()
    board.tail = reports.temperatures(board.hotend, board.bed)
    return None


def cold_allowed(board: Board, parameters: Parameters) -> Steps:
    """M302: S the least temperature, P1 allows all."""
    if parameters.has("S"):
        board.min_temp = parameters.get("S", 0)
    if parameters.has("P"):
        board.min_temp = 0.0 if parameters.get("P", 0) else board.options.min_temp
    if not parameters.values:
        state = "disabled" if board.min_temp > 0 else "enabled"
        board.say(f"echo:Cold extrudes are {state} (min temp {board.min_temp:.0f}C)\n")
    return None


# --- people ---


def prompt(board: Board, text: str) -> Generator[Wait]:
    """Ask, with a button, and wait for it, M876, M108 or the button at the machine."""
    board.say(
        f"//action:prompt_end\n//action:prompt_begin {text}\n//action:prompt_button Continue\n//action:prompt_show\n"
    )
    board.user = True
    yield person(board)
    board.say("//action:prompt_end\n")


def stop(board: Board, parameters: Parameters) -> Generator[Wait]:
    """M0, M1: with S or P a pause of that length, otherwise until someone answers."""
    yield drained(board)
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    if seconds > 0:
        yield until(board, board.now + seconds)
        return
    text = re.sub(r"^(?:[SP]\s*[\d.]*\s*)+", "", parameters.text).strip()
    if text:
        board.say(f"echo:{text}\n")
    yield from prompt(board, "M0 Stop")


def change(board: Board, _: Parameters) -> Generator[Wait]:
    """M600: park, ask, come back."""
    yield drained(board)
    board.say("//action:paused\n")
    place, e = board.position, board.e
    feed, board.feed = board.feed, 100.0
    most = board.options.envelope
    lifted = min(place[2] + PARK[2], most[2])
    for target in ((place[0], place[1], lifted), (PARK[0], most[1] - PARK[1], lifted)):
        yield room(board)
        _line(board, target, e)
    yield drained(board)
    yield from prompt(board, "Nozzle Parked")
    for target in ((place[0], place[1], lifted), place):
        yield room(board)
        _line(board, target, e)
    yield drained(board)
    board.feed = feed
    board.say("//action:resumed\n")


def runout(board: Board) -> Generator[Wait]:
    """The sensor saw the end of the material: tell the host, then M600."""
    board.say("//action:out_of_filament T0\n//action:paused filament_runout 0\n")
    yield from change(board, Parameters({}, ""))


# --- settings and reports ---


def _limit(name: str, scale: float = 1.0) -> Command:
    """M201, M203: a limit per axis."""

    def command(board: Board, parameters: Parameters) -> Steps:
        limits = board.planner.limits
        before = limits.acceleration if name == "acceleration" else limits.feedrate
        x, y, z, e = (parameters.get(letter, value) * scale for letter, value in zip("XYZE", before, strict=True))
        if min(x, y, z, e) > 0:
            changed = (x, y, z, e)
            board.planner.limits = (
                replace(limits, acceleration=changed) if name == "acceleration" else replace(limits, feedrate=changed)
            )
        return None

    return command


def accelerations(board: Board, parameters: Parameters) -> Steps:
    """M204: P printing, R retracting, T travel, S printing and travel."""
    limits = board.planner.limits
    both = parameters.values.get("S")
    printing = parameters.get("P", both if both is not None else limits.printing)
    travel = parameters.get("T", both if both is not None else limits.travel)
    retracting = parameters.get("R", limits.retracting)
    if min(printing, travel, retracting) > 0:
        board.planner.limits = replace(limits, printing=printing, travel=travel, retracting=retracting)
    return None


def advanced(board: Board, parameters: Parameters) -> Steps:
    """M205: J junction deviation; X, Y, Z, E classic jerk where it is built in."""
    limits = board.planner.limits
    if parameters.get("J", 0) > 0:
        limits = replace(limits, deviation=parameters.get("J", 0))
    if limits.jerk is not None:
        x, y, z, e = (
            max(0.01, parameters.get(letter, value)) for letter, value in zip("XYZE", limits.jerk, strict=True)
        )
        limits = replace(limits, jerk=(x, y, z, e))
    board.planner.limits = limits
    return None


def speed(board: Board, parameters: Parameters) -> Steps:
    """M220."""
    if parameters.get("S", 0) > 0:
        board.speed_factor = parameters.get("S", 100) / 100
    return None


def flow(board: Board, parameters: Parameters) -> Steps:
    """M221."""
    if parameters.has("S"):
        board.flow_factor = max(0.0, parameters.get("S", 100)) / 100
    return None


def fan(board: Board, parameters: Parameters) -> Steps:
    """M106."""
    board.fan = int(min(255, max(0, parameters.get("S", 255))))
    return None


def fan_off(board: Board, _: Parameters) -> Steps:
    """M107."""
    board.fan = 0
    return None


def line_number(board: Board, parameters: Parameters) -> Steps:
    """M110 without a number of its own."""
    if parameters.has("N"):
        board.last_n = int(parameters.get("N", 0))
    return None


def keepalive(board: Board, parameters: Parameters) -> Steps:
    """M113."""
    if parameters.has("S"):
        board.keepalive = min(60.0, max(0.0, parameters.get("S", 2)))
    else:
        board.say(f"echo:M113 S{board.keepalive:.0f}\n")
    return None


def where(board: Board, _: Parameters) -> Steps:
    """M114."""
    board.say(board.position_text())
    return None


def about(board: Board, _: Parameters) -> Steps:
    """M115."""
    board.say(reports.capabilities(board.options.emergency_parser, board.options.envelope))
    return None


def message(board: Board, parameters: Parameters) -> Steps:
    """M117: to the display, and to the host as a notification."""
    board.say(f"//action:notification {parameters.text}\n")
    return None


def to_host(board: Board, parameters: Parameters) -> Steps:
    """M118: E1 and A1 choose a prefix."""
    text, prefix = parameters.text, ""
    while found := re.match(r"([EAP])([01])\s+", text):
        prefix += {"E1": "echo:", "A1": "//"}.get(found[1] + found[2], "")
        text = text[found.end() :]
    board.say(f"{prefix}{text}\n")
    return None


def report_temperatures(board: Board, parameters: Parameters) -> Steps:
    """M155."""
    board.temperature_period = min(60.0, max(0.0, parameters.get("S", 0)))
    board.temperature_due = board.now + board.temperature_period
    return None


def report_positions(board: Board, parameters: Parameters) -> Steps:
    """M154."""
    board.position_period = min(60.0, max(0.0, parameters.get("S", 0)))
    board.position_due = board.now + board.position_period
    return None


def settings(board: Board, _: Parameters) -> Steps:
    """M503, in brief."""
    limits = board.planner.limits
    a, v = limits.acceleration, limits.feedrate
    board.say(
        "echo:  G21    ; Units in mm (mm)\n"
        f"echo:  M203 X{v[0]:.2f} Y{v[1]:.2f} Z{v[2]:.2f} E{v[3]:.2f}\n"
        f"echo:  M201 X{a[0]:.2f} Y{a[1]:.2f} Z{a[2]:.2f} E{a[3]:.2f}\n"
        f"echo:  M204 P{limits.printing:.2f} R{limits.retracting:.2f} T{limits.travel:.2f}\n"
    )
    return None


def motors_off(board: Board, _: Parameters) -> Generator[Wait]:
    """M18, M84: once motion ended. Marlin then no longer trusts the axes."""
    yield drained(board)
    board.homed.clear()


def nothing(_: Board, __: Parameters) -> Steps:
    """Accepted, and of no effect here."""
    return None


def halt(board: Board, _: Parameters) -> Steps:
    """M112 from the queue."""
    board.kill("echo:M112 Shutdown")
    return None


def quick_stop(board: Board, _: Parameters) -> Steps:
    """M410 from the queue."""
    board.quick_stop()
    return None


def released(board: Board, _: Parameters) -> Steps:
    """M108, M876 from the queue: too late for a wait, which holds the queue."""
    board.heating = False
    return None


COMMANDS: Mapping[str, Command] = {
    "G0": straight,
    "G1": straight,
    "G2": arc(clockwise=True),
    "G3": arc(clockwise=False),
    "G4": dwell,
    "G20": _inches(True),
    "G21": _inches(False),
    "G28": home,
    "G90": absolute,
    "G91": relative,
    "G92": _set_e,
    "M0": stop,
    "M1": stop,
    "M17": nothing,
    "M18": motors_off,
    "M73": nothing,
    "M75": nothing,
    "M76": nothing,
    "M77": nothing,
    "M82": _relative_e(False),
    "M83": _relative_e(True),
    "M84": motors_off,
    "M92": nothing,
    "M104": _set_heat("hotend"),
    "M105": temperatures,
    "M106": fan,
    "M107": fan_off,
    "M108": released,
    "M109": _wait_heat("hotend"),
    "M110": line_number,
    "M112": halt,
    "M113": keepalive,
    "M114": where,
    "M115": about,
    "M117": message,
    "M118": to_host,
    "M140": _set_heat("bed"),
    "M154": report_positions,
    "M155": report_temperatures,
    "M190": _wait_heat("bed"),
    "M201": _limit("acceleration"),
    "M203": _limit("feedrate"),
    "M204": accelerations,
    "M205": advanced,
    "M220": speed,
    "M221": flow,
    "M302": cold_allowed,
    "M400": finish,
    "M410": quick_stop,
    "M503": settings,
    "M600": change,
    "M876": released,
    "T0": nothing,
}
