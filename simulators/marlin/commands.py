"""What each command does. A command that waits is a generator of :class:`Wait`; it goes on when the wait is over."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulators.marlin import reports
from simulators.marlin.heaters import Heater

if TYPE_CHECKING:
    from simulators.marlin.firmware import Firmware

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


def parse(text: str) -> tuple[str, Parameters]:
    """A command's name and parameters; the name is empty where there is none."""
    found = COMMAND.match(text)
    if found is None:
        return "", Parameters({}, text)
    letter, digits, rest = found.groups()
    values = {key: float(value) if value else None for key, value in PARAMETER.findall(rest)}
    return letter + str(int(digits)), Parameters(values, rest)


# --- waits ---


def room(firmware: Firmware) -> Wait:
    """A slot of the planner."""
    return Wait(lambda: firmware.planner.free > 0)


def drained(firmware: Firmware) -> Wait:
    """planner.synchronize()"""
    return Wait(lambda: not len(firmware.planner), flush=True)


def until(firmware: Firmware, time: float) -> Wait:
    return Wait(lambda: firmware.now >= time - 1e-9, time)


def person(firmware: Firmware) -> Wait:
    return Wait(lambda: not firmware.user)


# --- motion ---


def straight(firmware: Firmware, parameters: Parameters) -> Steps:
    """G0, G1."""
    target, e = _destination(firmware, parameters)
    if firmware.planner.free > 0:
        _line(firmware, target, e)
        return None
    return _later(firmware, target, e)


def _later(firmware: Firmware, target: tuple[float, float, float], e: float) -> Generator[Wait]:
    yield room(firmware)
    _line(firmware, target, e)


def _destination(firmware: Firmware, parameters: Parameters) -> tuple[tuple[float, float, float], float]:
    values = parameters.values
    unit = 25.4 if firmware.inches else 1.0
    target = list(firmware.position)
    for axis, letter in enumerate("XYZ"):
        value = values.get(letter)
        if value is not None:
            target[axis] = value * unit + (target[axis] if firmware.relative else -firmware.shift[axis])
    e = firmware.e
    value = values.get("E")
    if value is not None:
        e = value * unit + (e if firmware.relative_e else 0.0)
    value = values.get("F")
    if value is not None and value > 0:
        firmware.feed = value * unit / 60
    return (target[0], target[1], target[2]), e


def _line(firmware: Firmware, target: tuple[float, float, float], e: float) -> None:
    """One straight move in native coordinates to the planner, past the guards."""
    recorder = firmware.recorder
    moves = target != firmware.position
    target = _clamped(firmware, target)
    de = e - firmware.e
    firmware.e = e
    if de:
        if firmware.min_temp > 0:
            firmware.heat()
            if firmware.hotend.shown < firmware.min_temp:
                firmware.say("echo: cold extrusion prevented\n")
                recorder.count("cold_extrusions")
                de = 0.0
        if abs(de) > LONGEST_EXTRUSION:
            firmware.say("echo: too long extrusion prevented\n")
            recorder.count("long_extrusions")
            de = 0.0
    if moves and len(firmware.homed) < 3:
        recorder.count("unhomed_moves")
    dx, dy, dz = firmware.offset
    ox, oy, oz = firmware.position
    origin = (ox + dx, oy + dy, oz + dz)
    destination = (target[0] + dx, target[1] + dy, target[2] + dz)
    if firmware.planner.append(
        firmware.now, origin, destination, de * firmware.flow_factor, firmware.feed * firmware.speed_factor
    ):
        firmware.position = target


def _clamped(firmware: Firmware, target: tuple[float, float, float]) -> tuple[float, float, float]:
    """Soft endstops: homed axes stay within the envelope."""
    if not firmware.homed:
        return target
    most = firmware.options.envelope
    inside = [
        min(max(value, 0.0), most[axis]) if axis in firmware.homed else value for axis, value in enumerate(target)
    ]
    result = (inside[0], inside[1], inside[2])
    if result != target:
        firmware.recorder.count("clamped_moves")
    return result


def arc(clockwise: bool) -> Callable[[Firmware, Parameters], Steps]:
    """G2, G3 in the plane XY, by I and J or by R; a full circle where the end is the start."""

    def command(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
        x0, y0, z0 = firmware.position
        e0 = firmware.e
        target, e1 = _destination(firmware, parameters)
        centre = _centre(firmware, parameters, target, clockwise)
        if centre is None:
            firmware.say("Error:G2/G3 bad parameters\n")
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
            yield room(firmware)
            _line(firmware, target if index == count else point, e0 + (e1 - e0) * share)

    return command


def _centre(
    firmware: Firmware, parameters: Parameters, target: tuple[float, float, float], clockwise: bool
) -> tuple[float, float] | None:
    unit = 25.4 if firmware.inches else 1.0
    x0, y0, _ = firmware.position
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


def dwell(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
    """G4: P in ms, S in s; S wins."""
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    yield drained(firmware)
    yield until(firmware, firmware.now + max(0.0, seconds))


def home(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
    """G28: the axes named, or all; X, then Y, then Z, each with a second slow approach."""
    axes = [axis for axis, letter in enumerate("XYZ") if letter in parameters.values] or [0, 1, 2]
    yield drained(firmware)
    if 2 in axes:
        firmware.recorder.boundary("home")
    for axis in axes:
        distance = abs(firmware.physical[axis])
        seconds = distance / HOMING[axis] + 3 * BUMP[axis] / HOMING[axis]
        yield until(firmware, firmware.now + seconds)
        firmware.physical = _with(firmware.physical, axis, 0.0)
        firmware.position = _with(firmware.position, axis, 0.0)
        firmware.offset = _with(firmware.offset, axis, 0.0)
        firmware.shift = _with(firmware.shift, axis, 0.0)
        firmware.homed.add(axis)
    firmware.say(firmware.position_text())


def _with(point: tuple[float, float, float], axis: int, value: float) -> tuple[float, float, float]:
    changed = list(point)
    changed[axis] = value
    return changed[0], changed[1], changed[2]


def set_position(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
    """G92: names the place where the tool is; E always, X, Y, Z by shifting the coordinates. Waits for the planner."""
    yield drained(firmware)
    unit = 25.4 if firmware.inches else 1.0
    for axis, letter in enumerate("XYZ"):
        if parameters.has(letter):
            firmware.shift = _with(firmware.shift, axis, parameters.get(letter, 0) * unit - firmware.position[axis])
    if parameters.has("E"):
        firmware.e = parameters.get("E", 0) * unit


def _set_e(firmware: Firmware, parameters: Parameters) -> Steps:
    """G92 E0 alone does not wait for motion."""
    if set(parameters.values) == {"E"} and parameters.has("E"):
        firmware.e = parameters.get("E", 0) * (25.4 if firmware.inches else 1.0)
        return None
    return set_position(firmware, parameters)


def finish(firmware: Firmware, _: Parameters) -> Generator[Wait]:
    """M400, and what else first waits for the motion's end."""
    yield drained(firmware)


def absolute(firmware: Firmware, _: Parameters) -> Steps:
    """G90: E becomes absolute too."""
    firmware.relative = firmware.relative_e = False
    return None


def relative(firmware: Firmware, _: Parameters) -> Steps:
    """G91: E becomes relative too."""
    firmware.relative = firmware.relative_e = True
    return None


def _relative_e(value: bool) -> Callable[[Firmware, Parameters], Steps]:
    def command(firmware: Firmware, _: Parameters) -> Steps:
        firmware.relative_e = value
        return None

    return command


def _inches(value: bool) -> Callable[[Firmware, Parameters], Steps]:
    def command(firmware: Firmware, _: Parameters) -> Steps:
        firmware.inches = value
        return None

    return command


# --- heat ---


def _set_heat(name: str) -> Callable[[Firmware, Parameters], Steps]:
    def command(firmware: Firmware, parameters: Parameters) -> Steps:
        if parameters.has("S") or parameters.has("R"):
            firmware.heat()
            _heater(firmware, name).set(parameters.get("S", parameters.get("R", 0)))
        return None

    return command


def _wait_heat(name: str) -> Callable[[Firmware, Parameters], Steps]:
    """M109, M190: S waits only for heating, R for cooling too; temperatures are printed each second meanwhile."""

    def command(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
        yield drained(firmware)
        if not (parameters.has("S") or parameters.has("R")):
            return
        firmware.heat()
        heater = _heater(firmware, name)
        heater.set(parameters.get("S", parameters.get("R", 0)))
        firmware.heating = True
        if heater.target < heater.shown and not parameters.has("R"):
            return
        ready: float | None = None
        while firmware.heating and (ready is None or firmware.now < ready):
            firmware.heat()
            if abs(heater.shown - heater.target) > WINDOW:
                ready = None
            elif ready is None:
                ready = firmware.now + (RESIDENCY if name == "hotend" else 0.0)
            left = "?" if ready is None else f"{math.ceil(ready - firmware.now)}"
            firmware.say(reports.temperatures(firmware.hotend, firmware.bed) + f" W:{left}\n")
            next_look = firmware.now + 1.0
            yield Wait(lambda at=next_look: not firmware.heating or firmware.now >= at, next_look)  # type: ignore[misc]

    return command


def _heater(firmware: Firmware, name: str) -> Heater:
    return firmware.hotend if name == "hotend" else firmware.bed


def temperatures(firmware: Firmware, _: Parameters) -> Steps:
    """M105: its ok carries the temperatures, and no N, P, B."""
    firmware.heat()
    firmware.tail = reports.temperatures(firmware.hotend, firmware.bed)
    return None


def cold_allowed(firmware: Firmware, parameters: Parameters) -> Steps:
    """M302: S the least temperature, P1 allows all."""
    if parameters.has("S"):
        firmware.min_temp = parameters.get("S", 0)
    if parameters.has("P"):
        firmware.min_temp = 0.0 if parameters.get("P", 0) else firmware.options.min_temp
    if not parameters.values:
        state = "disabled" if firmware.min_temp > 0 else "enabled"
        firmware.say(f"echo:Cold extrudes are {state} (min temp {firmware.min_temp:.0f}C)\n")
    return None


# --- people ---


def prompt(firmware: Firmware, text: str) -> Generator[Wait]:
    """Ask, with a button, and wait for it, M876, M108 or the button at the machine."""
    firmware.say(
        f"//action:prompt_end\n//action:prompt_begin {text}\n//action:prompt_button Continue\n//action:prompt_show\n"
    )
    firmware.user = True
    yield person(firmware)
    firmware.say("//action:prompt_end\n")


def stop(firmware: Firmware, parameters: Parameters) -> Generator[Wait]:
    """M0, M1: with S or P a pause of that length, otherwise until someone answers."""
    yield drained(firmware)
    seconds = parameters.get("S", parameters.get("P", 0) / 1000)
    if seconds > 0:
        yield until(firmware, firmware.now + seconds)
        return
    text = re.sub(r"^(?:[SP]\s*[\d.]*\s*)+", "", parameters.text).strip()
    if text:
        firmware.say(f"echo:{text}\n")
    yield from prompt(firmware, "M0 Stop")


def change(firmware: Firmware, _: Parameters) -> Generator[Wait]:
    """M600: park, ask, come back."""
    yield drained(firmware)
    firmware.say("//action:paused\n")
    place, e = firmware.position, firmware.e
    feed, firmware.feed = firmware.feed, 100.0
    most = firmware.options.envelope
    lifted = min(place[2] + PARK[2], most[2])
    for target in ((place[0], place[1], lifted), (PARK[0], most[1] - PARK[1], lifted)):
        yield room(firmware)
        _line(firmware, target, e)
    yield drained(firmware)
    yield from prompt(firmware, "Nozzle Parked")
    for target in ((place[0], place[1], lifted), place):
        yield room(firmware)
        _line(firmware, target, e)
    yield drained(firmware)
    firmware.feed = feed
    firmware.say("//action:resumed\n")


def runout(firmware: Firmware) -> Generator[Wait]:
    """The sensor saw the end of the material: tell the host, then M600."""
    firmware.say("//action:out_of_filament T0\n//action:paused filament_runout 0\n")
    yield from change(firmware, Parameters({}, ""))


# --- settings and reports ---


def _limit(name: str, scale: float = 1.0) -> Callable[[Firmware, Parameters], Steps]:
    """M201, M203: a limit per axis."""

    def command(firmware: Firmware, parameters: Parameters) -> Steps:
        limits = firmware.planner.limits
        before = limits.acceleration if name == "acceleration" else limits.feedrate
        x, y, z, e = (parameters.get(letter, value) * scale for letter, value in zip("XYZE", before, strict=True))
        if min(x, y, z, e) > 0:
            changed = (x, y, z, e)
            firmware.planner.limits = (
                replace(limits, acceleration=changed) if name == "acceleration" else replace(limits, feedrate=changed)
            )
        return None

    return command


def accelerations(firmware: Firmware, parameters: Parameters) -> Steps:
    """M204: P printing, R retracting, T travel, S printing and travel."""
    limits = firmware.planner.limits
    both = parameters.values.get("S")
    printing = parameters.get("P", both if both is not None else limits.printing)
    travel = parameters.get("T", both if both is not None else limits.travel)
    retracting = parameters.get("R", limits.retracting)
    if min(printing, travel, retracting) > 0:
        firmware.planner.limits = replace(limits, printing=printing, travel=travel, retracting=retracting)
    return None


def advanced(firmware: Firmware, parameters: Parameters) -> Steps:
    """M205: J junction deviation; X, Y, Z, E classic jerk where it is built in."""
    limits = firmware.planner.limits
    if parameters.get("J", 0) > 0:
        limits = replace(limits, deviation=parameters.get("J", 0))
    if limits.jerk is not None:
        x, y, z, e = (
            max(0.01, parameters.get(letter, value)) for letter, value in zip("XYZE", limits.jerk, strict=True)
        )
        limits = replace(limits, jerk=(x, y, z, e))
    firmware.planner.limits = limits
    return None


def speed(firmware: Firmware, parameters: Parameters) -> Steps:
    """M220."""
    if parameters.get("S", 0) > 0:
        firmware.speed_factor = parameters.get("S", 100) / 100
    return None


def flow(firmware: Firmware, parameters: Parameters) -> Steps:
    """M221."""
    if parameters.has("S"):
        firmware.flow_factor = max(0.0, parameters.get("S", 100)) / 100
    return None


def fan(firmware: Firmware, parameters: Parameters) -> Steps:
    """M106."""
    firmware.fan = int(min(255, max(0, parameters.get("S", 255))))
    return None


def fan_off(firmware: Firmware, _: Parameters) -> Steps:
    """M107."""
    firmware.fan = 0
    return None


def line_number(firmware: Firmware, parameters: Parameters) -> Steps:
    """M110 without a number of its own."""
    if parameters.has("N"):
        firmware.last_n = int(parameters.get("N", 0))
    return None


def keepalive(firmware: Firmware, parameters: Parameters) -> Steps:
    """M113."""
    if parameters.has("S"):
        firmware.keepalive = min(60.0, max(0.0, parameters.get("S", 2)))
    else:
        firmware.say(f"echo:M113 S{firmware.keepalive:.0f}\n")
    return None


def where(firmware: Firmware, _: Parameters) -> Steps:
    """M114."""
    firmware.say(firmware.position_text())
    return None


def about(firmware: Firmware, _: Parameters) -> Steps:
    """M115."""
    firmware.say(reports.capabilities(firmware.options.emergency_parser, firmware.options.envelope))
    return None


def message(firmware: Firmware, parameters: Parameters) -> Steps:
    """M117: to the display, and to the host as a notification."""
    firmware.say(f"//action:notification {parameters.text}\n")
    return None


def to_host(firmware: Firmware, parameters: Parameters) -> Steps:
    """M118: E1 and A1 choose a prefix."""
    text, prefix = parameters.text, ""
    while found := re.match(r"([EAP])([01])\s+", text):
        prefix += {"E1": "echo:", "A1": "//"}.get(found[1] + found[2], "")
        text = text[found.end() :]
    firmware.say(f"{prefix}{text}\n")
    return None


def report_temperatures(firmware: Firmware, parameters: Parameters) -> Steps:
    """M155."""
    firmware.report_each(temperature=min(60.0, max(0.0, parameters.get("S", 0))))
    return None


def report_positions(firmware: Firmware, parameters: Parameters) -> Steps:
    """M154."""
    firmware.report_each(position=min(60.0, max(0.0, parameters.get("S", 0))))
    return None


def settings(firmware: Firmware, _: Parameters) -> Steps:
    """M503, in brief."""
    limits = firmware.planner.limits
    a, v = limits.acceleration, limits.feedrate
    firmware.say(
        "echo:  G21    ; Units in mm (mm)\n"
        f"echo:  M203 X{v[0]:.2f} Y{v[1]:.2f} Z{v[2]:.2f} E{v[3]:.2f}\n"
        f"echo:  M201 X{a[0]:.2f} Y{a[1]:.2f} Z{a[2]:.2f} E{a[3]:.2f}\n"
        f"echo:  M204 P{limits.printing:.2f} R{limits.retracting:.2f} T{limits.travel:.2f}\n"
    )
    return None


def motors_off(firmware: Firmware, _: Parameters) -> Generator[Wait]:
    """M18, M84: once motion ended. Marlin then no longer trusts the axes."""
    yield drained(firmware)
    firmware.homed.clear()


def nothing(_: Firmware, __: Parameters) -> Steps:
    """Accepted, and of no effect here."""
    return None


def halt(firmware: Firmware, _: Parameters) -> Steps:
    """M112 from the queue."""
    firmware.kill("echo:M112 Shutdown")
    return None


def quick_stop(firmware: Firmware, _: Parameters) -> Steps:
    """M410 from the queue."""
    firmware.quick_stop()
    return None


def released(firmware: Firmware, _: Parameters) -> Steps:
    """M108, M876 from the queue: too late for a wait, which holds the queue."""
    firmware.heating = False
    return None


COMMANDS: Mapping[str, Callable[[Firmware, Parameters], Steps]] = {
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
