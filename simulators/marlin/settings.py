"""Settings, reports and messages: M110-M118, M154, M155, M201-M221, M503 and the like."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

from simulators.marlin import reports
from simulators.marlin.board import Board
from simulators.marlin.steps import Parameters, Steps, Wait, drained
from simulators.motion import Axes


def _axes(parameters: Parameters, before: Axes) -> Axes:
    """X, Y, Z, E where they are given and above zero."""
    x, y, z, e = (parameters.get(letter, value) for letter, value in zip("XYZE", before, strict=True))
    return (x, y, z, e) if min(x, y, z, e) > 0 else before


def max_accelerations(board: Board, parameters: Parameters) -> Steps:
    """M201."""
    limits = board.planner.limits
    board.planner.limits = replace(limits, acceleration=_axes(parameters, limits.acceleration))
    return None


def max_feedrates(board: Board, parameters: Parameters) -> Steps:
    """M203."""
    limits = board.planner.limits
    board.planner.limits = replace(limits, feedrate=_axes(parameters, limits.feedrate))
    return None


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
        limits = replace(limits, jerk=_axes(parameters, limits.jerk))
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


def seconds(parameters: Parameters) -> float:
    """S in whole seconds, at most a minute, as these settings keep it in a byte."""
    return float(int(min(60, max(0, parameters.get("S", 0)))))


def keepalive(board: Board, parameters: Parameters) -> Steps:
    """M113."""
    if parameters.has("S"):
        board.keepalive = seconds(parameters)
    else:
        board.say(f"echo:M113 S{board.keepalive:.0f}\n")
    return None


def where(board: Board, _: Parameters) -> Steps:
    """M114."""
    board.say(board.position_text())
    return None


def about(board: Board, _: Parameters) -> Steps:
    """M115."""
    build = board.options
    board.say(reports.capabilities(build.emergency_parser, build.envelope, build.probe is not None))
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
    board.temperature_period = seconds(parameters)
    board.temperature_due = board.now + board.temperature_period
    return None


def report_positions(board: Board, parameters: Parameters) -> Steps:
    """M154."""
    board.position_period = seconds(parameters)
    board.position_due = board.now + board.position_period
    return None


def report(board: Board, _: Parameters) -> Steps:
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


def soft_endstops(board: Board, parameters: Parameters) -> Steps:
    """M211: S switches them; without it, the report of 2.0.9.2 and later, in two lines."""
    if parameters.has("S"):
        board.soft_endstops = parameters.get("S", 1) > 0
        return None
    x, y, z = board.options.envelope
    board.say(
        f"  M211 S{int(board.soft_endstops)} ; {'ON' if board.soft_endstops else 'OFF'}\n"
        f"  Min:  X0.00 Y0.00 Z0.00   Max:  X{x:.2f} Y{y:.2f} Z{z:.2f}\n"
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
