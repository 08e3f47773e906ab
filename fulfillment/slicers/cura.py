"""CuraEngine, as Debian has it (4.13), by its command line.

It is the engine of Cura without Cura: all settings are in Cura's fdmprinter.def.json, and what Cura would work out of
others (a number of walls out of their thickness, say) keeps its default here unless it is said. So every number of a
profile is said in the words that the engine itself reads. What it is told and does not know it takes without a word,
as it takes a body beside the bed; its file's head says ``;TIME:6666`` for everything.

Sources: ``CuraEngine help``, its README, and fdmprinter.def.json. The definitions are looked for where the engine's own
CURA_ENGINE_SEARCH_PATH says, or where Debian's package cura has them.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fulfillment.slicers import asking, evidence
from fulfillment.slicers.backend import Bounds, Printer, SlicerError
from gcode.slicing.fill import speed_of
from gcode.slicing.profile import Pattern, Profile, Role, Seam
from gcode.slicing.solid import Solid

PROGRAM: Final = "CuraEngine"
PLACES: Final = "CURA_ENGINE_SEARCH_PATH"
DEBIAN: Final = Path("/usr/share/cura/resources/definitions")
PRINTER: Final = "fdmprinter.def.json"
EXTRUDER: Final = "fdmextruder.def.json"
FORBIDDEN: Final = frozenset({
    "mesh_position_x", "mesh_position_y", "mesh_position_z", "mesh_rotation_matrix", "center_object", "print_sequence",
    "machine_extruder_count", "extruders_enabled_count", "mold_enabled", "magic_spiralize",
    "adaptive_layer_height_enabled",
})  # fmt: skip
"""Keys that move the body, or make another one of it."""
SUPPORTS: Final = "support_enable"
BOUNDS: Final = Bounds(PROGRAM)
ALL: Final = 999_999
"""Solid layers of what is solid throughout, as Cura itself says it."""

_PATTERNS: Final[Mapping[Pattern, tuple[str, float]]] = {
    Pattern.RECTILINEAR: ("lines", 1.0),
    Pattern.GRID: ("grid", 2.0),
    Pattern.GYROID: ("gyroid", 1.0),
}
"""Its word, and how many directions share the material of a layer."""
_SEAMS: Final[Mapping[Seam, str]] = {Seam.REAR: "back", Seam.CORNER: "sharpest_corner"}
_FLAVOURS: Final[Mapping[str, str]] = {
    "marlin": "RepRap (Marlin/Sprinter)",
    "klipper": "RepRap (Marlin/Sprinter)",
    "reprapfirmware": "RepRap (RepRap)",
}


def keys_of(profile: Profile, printer: Printer) -> dict[str, str]:
    """A profile and a printer in CuraEngine's words. Its widths are those of a rectangle, as ours are.

    It lays a brim or a skirt: where both are asked for, the brim.
    """
    if printer.flavour not in _FLAVOURS:
        raise SlicerError(
            f"{PROGRAM} has no word for the firmware {printer.flavour!r}.", f"Write one of: {', '.join(_FLAVOURS)}."
        )
    values: dict[str, float | str | bool] = {
        "machine_width": printer.x,
        "machine_depth": printer.y,
        "machine_height": printer.z,
        "machine_center_is_zero": False,
        "machine_gcode_flavor": _FLAVOURS[printer.flavour],
        "machine_start_gcode": printer.start,
        "machine_end_gcode": printer.end,
        "relative_extrusion": True,
        "machine_nozzle_size": profile.nozzle,
        "material_diameter": profile.filament,
        "layer_height": profile.height,
        "layer_height_0": profile.first_height,
        "meshfix_maximum_resolution": 0.1,
        "meshfix_maximum_deviation": 0.01,
        "xy_offset_layer_0": -profile.elephant_foot,
        "z_seam_type": _SEAMS[profile.seam],
        "outer_inset_first": profile.outer_first,
        **_insides(profile),
        **_widths(profile),
        **_speeds(profile),
        **_cooling(profile),
        **_adhesion(profile),
    }
    return {key: _said(value) for key, value in values.items()}


def _said(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.6g}"


def _insides(profile: Profile) -> dict[str, float | str | bool]:
    infill, widths = profile.infill, profile.widths
    pattern, shares = _PATTERNS[infill.pattern]
    solid = infill.density == 1
    walls = profile.perimeters * widths.inner
    bottom = ALL if solid else profile.bottom_layers
    return {
        "wall_line_count": profile.perimeters,
        "top_layers": 0 if solid else profile.top_layers,
        "bottom_layers": bottom,
        "initial_bottom_layers": bottom,
        "infill_sparse_density": infill.density * 100,
        "infill_line_distance": widths.sparse / infill.density * shares if infill.density else 0.0,
        "infill_pattern": pattern,
        "infill_angles": f"[{infill.angle:g}, {infill.angle + 90:g}]" if shares == 1 else f"[{infill.angle:g}]",
        "skin_angles": f"[{infill.angle:g}, {infill.angle + 90:g}]",
        "min_infill_area": infill.least_area,
        "top_skin_preshrink": walls,
        "bottom_skin_preshrink": walls,
        "top_skin_expand_distance": walls,
        "bottom_skin_expand_distance": walls,
        "skin_overlap_mm": 0.05 * (widths.solid + widths.inner),
        "infill_overlap_mm": 0.0 if solid else 0.1 * (widths.sparse + widths.inner),
    }


def _widths(profile: Profile) -> dict[str, float | str | bool]:
    widths = profile.widths
    return {
        "line_width": widths.inner,
        "wall_line_width_0": widths.outer,
        "wall_line_width_x": widths.inner,
        "skin_line_width": widths.solid,
        "infill_line_width": widths.sparse,
        "skirt_brim_line_width": widths.inner,
        "initial_layer_line_width_factor": widths.first / widths.inner * 100,
    }


def _speeds(profile: Profile) -> dict[str, float | str | bool]:
    widths, speeds = profile.widths, profile.speeds

    def speed(role: Role, width: float) -> float:
        return speed_of(role, width, profile.height, profile, first=False)

    first = speed_of(Role.SOLID, widths.first, profile.first_height, profile, first=True)
    return {
        "speed_wall_0": speed(Role.OUTER, widths.outer),
        "speed_wall_x": speed(Role.INNER, widths.inner),
        "speed_topbottom": speed(Role.TOP, widths.solid),
        "speed_infill": speed(Role.SPARSE, widths.sparse),
        "speed_print_layer_0": first,
        "skirt_brim_speed": first,
        "speed_travel": speeds.travel,
        "speed_travel_layer_0": speeds.travel,
        "speed_slowdown_layers": 1,
        "speed_z_hop": speeds.z,
        "cool_min_speed": speeds.least,
    }


def _cooling(profile: Profile) -> dict[str, float | str | bool]:
    cooling, retraction = profile.cooling, profile.retraction
    return {
        "cool_fan_enabled": cooling.fan > 0,
        "cool_fan_speed": cooling.fan * 100,
        "cool_fan_speed_0": 0.0,
        "cool_fan_speed_min": cooling.fan_least * 100,
        "cool_fan_speed_max": cooling.fan * 100,
        "cool_fan_full_layer": cooling.fan_from + 1,
        "cool_min_layer_time": cooling.least_time,
        "cool_min_layer_time_fan_speed_max": cooling.fan_full_below,
        "retraction_enable": retraction.length > 0,
        "retraction_amount": retraction.length,
        "retraction_retract_speed": retraction.speed,
        "retraction_prime_speed": retraction.speed,
        "retraction_min_travel": retraction.least_travel,
        "retraction_hop_enabled": retraction.hop > 0,
        "retraction_hop": retraction.hop,
    }


def _adhesion(profile: Profile) -> dict[str, float | str | bool]:
    adhesion = profile.adhesion
    lines = round(adhesion.brim / profile.widths.first)
    return {
        "adhesion_type": "brim" if lines else "skirt" if adhesion.skirt else "none",
        "brim_line_count": lines,
        "brim_gap": adhesion.brim_gap,
        "skirt_line_count": adhesion.skirt,
        "skirt_gap": adhesion.skirt_distance,
        "skirt_brim_minimal_length": 0.0,
    }


@dataclass(frozen=True, slots=True)
class CuraEngine:
    """``settings``: CuraEngine's own keys that no profile has, such as support_enable or material_print_temperature."""

    printer: Printer
    settings: Mapping[str, str]
    bounds: Bounds = BOUNDS
    definitions: Path = DEBIAN
    """The folder with Cura's definitions."""

    def slice(self, body: Solid, profile: Profile) -> bytes:
        """See :class:`backend.Slicer`. Raises SlicerError."""
        ours = keys_of(profile, self.printer)
        asking.checked(PROGRAM, self.settings, _known(self.definitions), ours, FORBIDDEN)
        asking.check_room(body, self.printer)
        supports = self.settings.get(SUPPORTS, "false").lower() != "false"
        if not supports:
            asking.check_stands(body, profile, f"set {SUPPORTS} to true")
        keys = {**ours, **{key: value.replace("\\n", "\n") for key, value in self.settings.items()}}
        # In its file the middle of the bed is at 0, 0.
        middle = (at - room / 2 for at, room in zip(self.printer.centre, (self.printer.x, self.printer.y), strict=True))
        sides = zip(body.low[:2], body.high[:2], middle, strict=True)
        origin = [*((low + high) / 2 - at for low, high, at in sides), body.low[2]]
        said = [word for key, value in keys.items() for word in ("-s", f"{key}={value}")]
        with tempfile.TemporaryDirectory(prefix="slice-") as name:
            folder = Path(name)
            (folder / "body.stl").write_bytes(asking.stl(body, origin))
            printer = str((self.definitions / PRINTER).resolve())
            # Said twice: an extruder has values of its own, and does not ask the printer for them.
            argv = ["slice", "-j", printer, *said, "-e0", *said, "-o", "out.gcode", "-l", "body.stl"]
            ended = asking.run_within(self.bounds, argv, folder)
            data = asking.made(self.bounds.program, ended, folder / "out.gcode")
        evidence.check(data, body, profile, self.printer, supports=supports)
        return data


@lru_cache(maxsize=4)
def _known(definitions: Path) -> frozenset[str]:
    """The settings that there are, by Cura's own word. Raises SlicerError."""
    found: set[str] = set()
    for name in (PRINTER, EXTRUDER):
        try:
            told = json.loads((definitions / name).read_bytes())["settings"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SlicerError(
                f"Cura's definitions of settings cannot be read: {definitions / name} ({type(error).__name__}).",
                f"Install Debian's package cura, or name the folder that has them in {PLACES}.",
            ) from None
        _gather(told, found)
    return frozenset(found)


def _gather(settings: Mapping[str, Any], found: set[str]) -> None:
    for key, one in settings.items():
        if one.get("type") != "category":
            found.add(key)
        _gather(one.get("children", {}), found)


def slicer(printer: Printer, settings: Mapping[str, str], bounds: Bounds) -> CuraEngine:
    named = os.environ.get(PLACES, "").split(os.pathsep)[0]
    return CuraEngine(
        printer, settings, replace(bounds, program=bounds.program or PROGRAM), Path(named) if named else DEBIAN
    )
