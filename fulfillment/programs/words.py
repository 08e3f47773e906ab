"""What commands do, each as the end of "It ...". From the documents of Marlin, Klipper, RepRapFirmware and grbl."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "G0": "moves in a straight line, laying nothing by custom",
        "G1": "moves in a straight line, with E while laying material",
        "G2": "moves along an arc, clockwise",
        "G3": "moves along an arc, counter-clockwise",
        "G4": "stands still (P in ms, with grbl in s; S in s)",
        "G5": "moves along a cubic curve",
        "G10": "draws filament back as the firmware was set up",
        "G11": "gives filament again as the firmware was set up",
        "G17": "takes arcs in the plane of X and Y",
        "G18": "takes arcs in the plane of X and Z",
        "G19": "takes arcs in the plane of Y and Z",
        "G20": "counts in inches from here on",
        "G21": "counts in millimetres from here on",
        "G28": "homes the axes, all or those that are named",
        "G29": "measures the bed",
        "G34": "levels the gantry",
        "G53": "moves in the machine's own coordinates",
        "G54": "takes the first stored origin",
        "G80": "measures the bed (Prusa), or ends a cycle",
        "G90": "takes positions as absolute from here on",
        "G91": "takes positions as relative from here on",
        "G92": "calls the present position something else (E0: counts filament from 0)",
        "G92.1": "takes shifted positions back",
        "G93": "takes F as the inverse of a time",
        "G94": "takes F as a speed for each minute",
        "M0": "waits for a person",
        "M1": "waits for a person",
        "M2": "ends the program",
        "M3": "switches the spindle on, or the laser, or moves a servo",
        "M4": "switches the spindle on backwards, or the laser by its speed",
        "M5": "switches the spindle or laser off",
        "M6": "changes the tool",
        "M7": "switches the air or mist on",
        "M8": "switches the coolant or air on",
        "M9": "switches coolant and air off",
        "M17": "switches the motors on",
        "M18": "switches the motors off",
        "M30": "ends the program",
        "M73": "tells the screen how far it is",
        "M82": "counts E absolute from here on",
        "M83": "counts E relative from here on",
        "M84": "switches the motors off",
        "M85": "sets after how long the motors are switched off",
        "M92": "sets steps for each millimetre: a machine's own setting",
        "M104": "heats the nozzle and goes on",
        "M105": "asks for temperatures",
        "M106": "sets the fan",
        "M107": "switches the fan off",
        "M109": "heats the nozzle and waits for it",
        "M110": "sets the number of a line",
        "M112": "stops the machine at once: an emergency stop",
        "M114": "asks for the position",
        "M115": "asks which firmware it is (Prusa: whether it is new enough)",
        "M117": "writes on the screen",
        "M118": "writes to the computer",
        "M140": "heats the bed and goes on",
        "M141": "heats the chamber and goes on",
        "M190": "heats the bed and waits for it",
        "M191": "heats the chamber and waits for it",
        "M200": "sets the filament's diameter, and counts E as volume",
        "M201": "sets the highest acceleration by axis",
        "M203": "sets the highest speed by axis",
        "M204": "sets the acceleration of printing, travels and drawing back",
        "M205": "sets jerk, junction deviation and the least speeds",
        "M206": "shifts the origin",
        "M207": "sets how filament is drawn back by G10",
        "M208": "sets how filament is given again by G11",
        "M220": "scales all speeds (S in %)",
        "M221": "scales all extrusion (S in %)",
        "M226": "waits for a pin, or for a person",
        "M240": "takes a picture",
        "M280": "moves a servo",
        "M300": "beeps",
        "M301": "sets the regulation of the nozzle's heater: a machine's own setting",
        "M302": "allows or forbids extruding cold",
        "M400": "waits until all moves are done",
        "M401": "puts the probe down",
        "M402": "takes the probe up",
        "M412": "sets the watch over filament running out",
        "M413": "sets what happens after a power loss",
        "M420": "follows the measured bed, or not",
        "M425": "sets the correction of backlash",
        "M486": "says which body is printed, so that one can be left out",
        "M500": "stores settings for good",
        "M501": "reads stored settings",
        "M502": "takes settings back to those of the firmware",
        "M555": "says where the print is (Prusa), so that only that is heated or measured",
        "M569": "sets how a motor is driven",
        "M572": "sets pressure advance (RepRapFirmware, Prusa)",
        "M593": "sets input shaping",
        "M600": "changes filament by hand",
        "M701": "loads filament",
        "M702": "unloads filament",
        "M851": "sets the probe's offset: a machine's own setting",
        "M862.3": "checks which printer it is (Prusa)",
        "M900": "sets linear advance",
        "M906": "sets the current of motors: a machine's own setting",
        "M907": "sets the current of motors: a machine's own setting",
        "M914": "sets homing without switches: a machine's own setting",
    }
)
"""By command. A T is a change of the tool, whatever its number."""
LASTING: Final = frozenset({"M92", "M301", "M304", "M500", "M501", "M502", "M851", "M906", "M907", "M914", "M206"})
"""Commands that change the machine beyond this program: a technician looks twice."""
MACROS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SET_VELOCITY_LIMIT": "sets speeds and accelerations (Klipper)",
        "SET_PRESSURE_ADVANCE": "sets pressure advance (Klipper)",
        "EXCLUDE_OBJECT_DEFINE": "names a body that can be left out (Klipper)",
        "EXCLUDE_OBJECT_START": "begins a body that can be left out (Klipper)",
        "EXCLUDE_OBJECT_END": "ends a body that can be left out (Klipper)",
        "BED_MESH_CALIBRATE": "measures the bed (Klipper)",
        "BED_MESH_PROFILE": "takes a stored measure of the bed (Klipper)",
        "START_PRINT": "runs the printer's own start macro (Klipper)",
        "PRINT_START": "runs the printer's own start macro (Klipper)",
        "END_PRINT": "runs the printer's own end macro (Klipper)",
        "PRINT_END": "runs the printer's own end macro (Klipper)",
        "TIMELAPSE_TAKE_FRAME": "takes a picture (Moonraker)",
        "SET_PRINT_STATS_INFO": "tells the screen which layer it is (Klipper)",
    }
)


def sentence(name: str) -> str | None:
    """What a command does; None: it is not known here."""
    if name[:1] == "T" and name[1:].isdigit():
        return "changes to another tool, or picks it"
    found = SENTENCES.get(name) or MACROS.get(name)
    return found or SENTENCES.get(name.partition(".")[0])
