"""Texts that Marlin prints of itself."""

from __future__ import annotations

from simulators.marlin.heaters import Heater

VERSION = "2.1.2.5"
DATE = "2024-11-20"
UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"


def banner(reason: str) -> str:
    """The boot messages; ``reason`` as Marlin words it."""
    return (
        f"start\n{reason}\nMarlin {VERSION}\n\n"
        f"echo: Last Updated: {DATE} | Author: (none, default config)\n"
        f"echo: Compiled: Nov 20 2024\n"
        "echo: Free Memory: 3724  PlannerBufferBytes: 1152\n"
        "echo:Hardcoded Default Settings Loaded\n"
        "//action:prompt_end\n"
    )


def capabilities(emergency_parser: bool, envelope: tuple[float, float, float], probe: bool = False) -> str:
    """The answer to M115 with EXTENDED_CAPABILITIES_REPORT and M115_GEOMETRY_REPORT."""
    flags = {
        "SERIAL_XON_XOFF": 0,
        "BINARY_FILE_TRANSFER": 0,
        "EEPROM": 0,
        "VOLUMETRIC": 1,
        "AUTOREPORT_POS": 1,
        "AUTOREPORT_TEMP": 1,
        "PROGRESS": 0,
        "PRINT_JOB": 1,
        "AUTOLEVEL": int(probe),
        "RUNOUT": 1,
        "Z_PROBE": int(probe),
        "LEVELING_DATA": int(probe),
        "BUILD_PERCENT": 1,
        "SOFTWARE_POWER": 0,
        "TOGGLE_LIGHTS": 0,
        "CASE_LIGHT_BRIGHTNESS": 0,
        "EMERGENCY_PARSER": int(emergency_parser),
        "HOST_ACTION_COMMANDS": 1,
        "PROMPT_SUPPORT": 1,
        "SDCARD": 0,
        "REPEAT": 0,
        "SD_WRITE": 0,
        "AUTOREPORT_SD_STATUS": 0,
        "LONG_FILENAME": 0,
        "THERMAL_PROTECTION": 1,
        "MOTION_MODES": 0,
        "ARCS": 1,
        "BABYSTEPPING": 0,
        "CHAMBER_TEMPERATURE": 0,
        "COOLER_TEMPERATURE": 0,
        "MEATPACK": 0,
        "CONFIG_EXPORT": 0,
    }
    x, y, z = (f"{value:.4f}" for value in envelope)
    corner = f"min:{{x:0.0000,y:0.0000,z:0.0000}},max:{{x:{x},y:{y},z:{z}}}"
    return (
        f"FIRMWARE_NAME:Marlin {VERSION} (Nov 20 2024 12:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
        f"PROTOCOL_VERSION:1.0 MACHINE_TYPE:3D Printer EXTRUDER_COUNT:1 UUID:{UUID}\n"
        + "".join(f"Cap:{name}:{value}\n" for name, value in flags.items())
        + f"area:{{full:{{{corner}}},work:{{{corner}}}}}\n"
    )


def temperatures(hotend: Heater, bed: Heater) -> str:
    """`` T:.. /.. B:.. /.. @:.. B@:..``, with the leading blank."""
    return (
        f" T:{hotend.shown:.2f} /{hotend.target:.2f} B:{bed.shown:.2f} /{bed.target:.2f} @:{hotend.duty} B@:{bed.duty}"
    )
