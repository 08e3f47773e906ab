"""Which command does what."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.marlin import heat, labels, leveling, moves, people, settings
from simulators.marlin.steps import Command

COMMANDS: Mapping[str, Command] = {
    "G0": moves.straight,
    "G1": moves.straight,
    "G2": moves.arc(clockwise=True),
    "G3": moves.arc(clockwise=False),
    "G4": moves.dwell,
    "G20": moves.inches(True),
    "G21": moves.inches(False),
    "G28": moves.home,
    "G90": moves.absolute,
    "G91": moves.relative,
    "G92": moves.name_position,
    "M0": people.stop,
    "M1": people.stop,
    "M17": settings.nothing,
    "M18": settings.motors_off,
    "M73": settings.nothing,
    "M75": settings.nothing,
    "M76": settings.nothing,
    "M77": settings.nothing,
    "M82": moves.extruder_relative(False),
    "M83": moves.extruder_relative(True),
    "M84": settings.motors_off,
    "M92": settings.nothing,
    "M104": heat.set_heat("hotend"),
    "M105": heat.temperatures,
    "M106": settings.fan,
    "M107": settings.fan_off,
    "M108": settings.released,
    "M109": heat.wait_heat("hotend"),
    "M110": settings.line_number,
    "M112": settings.halt,
    "M113": settings.keepalive,
    "M114": settings.where,
    "M115": settings.about,
    "M117": settings.message,
    "M118": settings.to_host,
    "M140": heat.set_heat("bed"),
    "M154": settings.report_positions,
    "M155": settings.report_temperatures,
    "M190": heat.wait_heat("bed"),
    "M201": settings.max_accelerations,
    "M203": settings.max_feedrates,
    "M204": settings.accelerations,
    "M205": settings.advanced,
    "M211": settings.soft_endstops,
    "M220": settings.speed,
    "M221": settings.flow,
    "M302": heat.cold_allowed,
    "M400": moves.finish,
    "M410": settings.quick_stop,
    "M503": settings.report,
    "M600": people.change,
    "M876": settings.released,
    "T0": settings.nothing,
}

LEVELING: Mapping[str, Command] = {"G29": leveling.probe_bed, "M420": leveling.state}
"""What a firmware knows that is built with a probe."""

CANCEL_OBJECTS: Mapping[str, Command] = {"M486": labels.objects}
