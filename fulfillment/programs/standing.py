"""What a file is held against: a machine of this factory, strictly, or a printer that is described by a few numbers.

A described printer judges what its numbers say: bounds, heat, flow, speeds. What only a machine's own allow-list can
say becomes a remark, not a fault: other slicers' files are full of words that their printers know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from fulfillment.config import Machine, Material
from fulfillment.machines import dialect_of, limits_of, motion_of, spoken
from fulfillment.programs.facts import Facts
from fulfillment.programs.facts import motion_of as motion_said
from fulfillment.refusal import Refusal
from gcode.dialects import DIALECTS, Dialect
from gcode.estimate import Firmware, firmware_of
from gcode.findings import Finding, Severity
from gcode.limits import Limits
from gcode.recipe import Motion

FILAMENT: Final = 1.75
COLDEST: Final = 170.0
HOTTEST: Final = (300.0, 120.0)
"""Nozzle and bed, where nobody says other limits."""
MOST_BYTES: Final = 2 * 1024**3
MOST_LINES: Final = 100_000_000
DEFAULTS: Final[Mapping[Firmware, Motion]] = MappingProxyType(
    {
        Firmware.MARLIN: Motion(1250, 8.0, (200, 200, 12, 60), jerks=(8, 8, 0.4, 5)),
        Firmware.KLIPPER: Motion(3000, 8.0, (300, 300, 15, 60), square_corner=5.0),
        Firmware.REPRAP: Motion(1500, 8.0, (250, 250, 12, 60), jerks=(10, 10, 0.5, 5)),
        Firmware.GRBL: Motion(500, 8.0, (80, 80, 20, math.nan), junction_deviation=0.01),
    }
)
"""A usual machine of each firmware, where nobody says its limits."""
_DIALECTS: Final[Mapping[Firmware, str]] = MappingProxyType(
    {
        Firmware.MARLIN: "marlin-fdm",
        Firmware.KLIPPER: "klipper-fdm",
        Firmware.REPRAP: "reprap-fdm",
        Firmware.GRBL: "grbl-laser",
    }
)
_FLAVOURS: Final = (
    ("klipper", Firmware.KLIPPER),
    ("reprap", Firmware.REPRAP),
    ("duet", Firmware.REPRAP),
    ("grbl", Firmware.GRBL),
)
REMARKS: Final = frozenset((
    "command-not-allowed", "word-not-allowed", "value-out-of-range", "no-code", "bad-byte", "unknown-word",
    "loose-number", "bad-number", "two-commands", "double-word", "not-ascii", "long-line", "units-not-set",
    "positioning-not-set", "extrusion-not-set", "not-homed", "absolute-extrusion", "after-the-end", "e-jump",
    "fan-left-on", "too-fast",
))  # fmt: skip
"""Findings that are no faults on a printer of which only a few numbers are known."""
BY_MACROS: Final = frozenset(("cold-extrusion", "heat-left-on"))
"""What a Klipper printer's own start and end macros may see to, which the file only names."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a file is held against, in words and in numbers."""

    name: str
    dialect: Dialect
    limits: Limits
    firmware: Firmware
    strict: bool
    material: Material | None = None
    e_area: float = math.pi * FILAMENT**2 / 4
    nozzle: float | None = None
    not_checked: tuple[str, ...] = ()
    """What it cannot judge, and what would make it able to."""

    def judged(self, finding: Finding) -> Finding:
        """A finding as it counts here."""
        unsure = REMARKS | (BY_MACROS if self.firmware is Firmware.KLIPPER else frozenset())
        if self.strict or finding.code not in unsure:
            return finding
        return replace(finding, severity=Severity.WARNING)

    def remarks(self, facts: Facts) -> list[Finding]:
        """Where the file says that it was made for another nozzle."""
        said = facts.number("nozzle_diameter")
        if said is None or self.nozzle is None or math.isclose(said, self.nozzle, abs_tol=0.01):
            return []
        text = f"the file was sliced for a nozzle of {said:g} mm, and this one has {self.nozzle:g}: slice it anew"
        return [Finding(Severity.WARNING, "other-nozzle", 0, text)]


@dataclass(frozen=True, slots=True)
class Described:
    """A printer by a few numbers; None where nobody says one."""

    bed: tuple[float, float, float] | None = None
    nozzle: float | None = None
    filament: float | None = None
    flow: float | None = None
    heat: tuple[float, float] | None = None
    firmware: Firmware | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    """Of the motion: acceleration, jerk, deviation, square."""


def firmware_said(facts: Facts) -> Firmware:
    """For which firmware a file was written, as far as it says."""
    said = (facts.settings.get("gcode_flavor") or facts.settings.get("FLAVOR") or "").lower()
    return next((firmware for word, firmware in _FLAVOURS if word in said), Firmware.MARLIN)


def described(plain: Described, facts: Facts) -> Standing:
    """A standing by numbers. What is not said is taken from the file's own comments, or not checked."""
    firmware = plain.firmware or firmware_said(facts)
    filament = plain.filament or facts.number("filament_diameter") or FILAMENT
    missing = []
    if plain.bed is None:
        missing.append("whether it stays on the bed: say --bed 220x220x250")
    if plain.flow is None:
        missing.append("whether the hot end melts as much: say --flow 11 (mm3/s)")
    nozzle, bed = plain.heat or HOTTEST
    far = 1e6
    x, y, z = plain.bed or (far, far, far)
    low = 0.0 if plain.bed else -far
    limits = Limits(
        envelope=(low, low, low, x, y, z),
        e_area=math.pi * filament**2 / 4,
        max_flow=plain.flow or math.inf,
        motion=motion_by(plain, facts, firmware),
        tool_temperature=(0.0, nozzle),
        bed_temperature=(0.0, bed),
        min_extrusion_temperature=COLDEST,
        max_bytes=MOST_BYTES,
        max_lines=MOST_LINES,
        max_time=math.inf,
    )
    dialect = DIALECTS[_DIALECTS[firmware]]
    size = f"a bed of {x:g} x {y:g} x {z:g} mm" if plain.bed else "a bed of any size"
    heat = f"nozzle up to {nozzle:g}, bed up to {bed:g} degC"
    flow = f", {plain.flow:g} mm3/s" if plain.flow else ""
    name = f"{size}, {firmware.value}, {filament:g} mm filament, {heat}{flow}"
    missing += ["keep-outs, what is loaded, and the words that one machine allows: say --machine NAME"]
    lenient = replace(dialect, last=None) if firmware is not Firmware.GRBL else dialect
    return Standing(name, lenient, limits, firmware, False, None, limits.e_area, plain.nozzle, tuple(missing))


def motion_by(plain: Described, facts: Facts, firmware: Firmware) -> Motion:
    """How the described printer moves: what is said, else what the file says, else a usual one."""
    motion = (motion_said(facts) if firmware is not Firmware.KLIPPER else None) or DEFAULTS[firmware]
    more = plain.more
    if "acceleration" in more:
        motion = replace(motion, acceleration=more["acceleration"], travel_acceleration=None, retract_acceleration=None)
    if "square" in more:
        return replace(motion, square_corner=more["square"])
    if "deviation" in more:
        return replace(motion, junction_deviation=more["deviation"], square_corner=None)
    if "jerk" in more:
        return replace(motion, jerk=more["jerk"], jerks=None, junction_deviation=None, square_corner=None)
    return motion


def of_machine(machine: Machine, material: Material | None, left: float | None = None) -> Standing:
    """A machine of this factory, as a job would be held against it. ``left``: mm3 in it, where that is counted."""
    process = next((name for name in sorted(machine.processes) if dialect_of(machine, name)), None)
    dialect = dialect_of(machine, process) if process else None
    if dialect is None or machine.limits is None or machine.envelope is None:
        raise Refusal(f"{machine.name} takes no G-code.", "Name a machine that does, or say --bed.")
    missing = []
    if machine.limits.flow is None and machine.e_area is not None:
        missing.append(f"whether the hot end melts as much: {machine.name} has no limits.flow in config.yaml")
    if material is None:
        missing.append("whether its material may be as hot: nobody has said what is loaded")
    elif material.nozzle_temperature is None and machine.limits.nozzle_temperature:
        missing.append(f"whether {material.name} may be as hot: it has no nozzle_temperature in config.yaml")
    if left is None and machine.e_area is not None:
        missing.append("whether enough material is in it: it is not counted (`ful machine load --volume`)")
    limits = limits_of(machine, material=material, left=left)
    motion = motion_of(machine)
    area = machine.e_area or limits.e_area
    name = f"{machine.name} ({spoken(dialect).name}{f', {material.name}' if material else ''})"
    return Standing(
        name, spoken(dialect), limits, firmware_of(motion), True, material, area, machine.nozzle, tuple(missing)
    )
