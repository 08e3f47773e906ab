"""PrusaSlicer, as Debian has it (2.5), by its command line.

Source: PrusaSlicer's command line help and its configuration as ``--save`` writes it: a key that is not there is
unknown, though the program would end with 0.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from fulfillment.slicers import asking, evidence
from fulfillment.slicers.backend import Bounds, Printer, SlicerError
from gcode.slicing.profile import Pattern, Profile, Seam
from gcode.slicing.solid import Solid

PROGRAM: Final = "prusa-slicer"
FORBIDDEN: Final = frozenset((
    "post_process", "output_filename_format", "gcode_substitutions", "printer_technology", "thumbnails",
))  # fmt: skip
"""Keys that start programs, name files, rewrite what was sliced, or are taken and not obeyed (it draws no STL)."""
SUPPORTS: Final = "support_material"
BOUNDS: Final = Bounds(PROGRAM)

_SAID = re.compile(rb"(?m)^; ([a-z0-9_]+) = (.*?)\r?$")
_PATTERNS: Final[Mapping[Pattern, str]] = {
    Pattern.RECTILINEAR: "rectilinear",
    Pattern.GRID: "grid",
    Pattern.GYROID: "gyroid",
}
_SEAMS: Final[Mapping[Seam, str]] = {Seam.REAR: "rear", Seam.CORNER: "aligned"}


def keys_of(profile: Profile, printer: Printer) -> dict[str, str]:
    """A profile and a printer in PrusaSlicer's words.

    Its widths are those of a bead with round sides, ours of a rectangle of the same section.
    """
    round_ = profile.height * (1 - math.pi / 4)
    widths, speeds, cooling, retraction = profile.widths, profile.speeds, profile.cooling, profile.retraction
    values: dict[str, float | str | bool] = {
        "bed_shape": f"0x0,{printer.x:g}x0,{printer.x:g}x{printer.y:g},0x{printer.y:g}",
        "max_print_height": printer.z,
        "gcode_flavor": printer.flavour,
        "start_gcode": printer.start.replace("\n", "\\n"),
        "end_gcode": printer.end.replace("\n", "\\n"),
        "use_relative_e_distances": True,
        "layer_gcode": "G92 E0",
        "nozzle_diameter": profile.nozzle,
        "filament_diameter": profile.filament,
        "layer_height": profile.height,
        "first_layer_height": profile.first_height,
        "perimeters": profile.perimeters,
        "top_solid_layers": profile.top_layers,
        "bottom_solid_layers": profile.bottom_layers,
        "fill_density": f"{profile.infill.density * 100:g}%",
        "fill_pattern": "rectilinear" if profile.infill.density == 1 else _PATTERNS[profile.infill.pattern],
        "fill_angle": profile.infill.angle,
        "solid_infill_below_area": profile.infill.least_area,
        "external_perimeter_extrusion_width": widths.outer + round_,
        "perimeter_extrusion_width": widths.inner + round_,
        "solid_infill_extrusion_width": widths.solid + round_,
        "top_infill_extrusion_width": widths.solid + round_,
        "infill_extrusion_width": widths.sparse + round_,
        "first_layer_extrusion_width": widths.first + profile.first_height * (1 - math.pi / 4),
        "external_perimeter_speed": speeds.outer,
        "perimeter_speed": speeds.inner,
        "gap_fill_speed": speeds.gap,
        "top_solid_infill_speed": speeds.top,
        "solid_infill_speed": speeds.solid,
        "infill_speed": speeds.sparse,
        "bridge_speed": speeds.bridge,
        "first_layer_speed": speeds.first,
        "travel_speed": speeds.travel,
        "travel_speed_z": speeds.z,
        "min_print_speed": speeds.least,
        "filament_max_volumetric_speed": profile.max_flow,
        "max_fan_speed": round(cooling.fan * 100),
        "min_fan_speed": round(cooling.fan_least * 100),
        "bridge_fan_speed": round(cooling.fan_bridge * 100),
        "disable_fan_first_layers": cooling.fan_from,
        "fan_below_layer_time": round(cooling.fan_full_below),
        "slowdown_below_layer_time": round(cooling.least_time),
        "retract_length": retraction.length,
        "retract_speed": retraction.speed,
        "retract_lift": retraction.hop,
        "retract_before_travel": retraction.least_travel,
        "brim_width": profile.adhesion.brim,
        "brim_separation": profile.adhesion.brim_gap,
        "skirts": profile.adhesion.skirt,
        "skirt_distance": profile.adhesion.skirt_distance,
        "elefant_foot_compensation": profile.elephant_foot,
        "seam_position": _SEAMS[profile.seam],
        "external_perimeters_first": profile.outer_first,
        "bridge_flow_ratio": profile.bridge_flow,
    }
    return {key: value if isinstance(value, str) else f"{float(value):.6g}" for key, value in values.items()}


@dataclass(frozen=True, slots=True)
class PrusaSlicer:
    """``settings``: PrusaSlicer's own keys that no profile has, such as support_material or temperature."""

    printer: Printer
    settings: Mapping[str, str]
    bounds: Bounds = BOUNDS

    def slice(self, body: Solid, profile: Profile) -> bytes:
        """See :class:`backend.Slicer`. A body is watertight, or there is no Solid of it. Raises SlicerError."""
        keys = self._keys(profile)
        asking.check_room(body, self.printer)
        supports = self.settings.get(SUPPORTS, "0") != "0"
        if not supports:
            asking.check_stands(body, profile, f"set {SUPPORTS} to 1")
        with tempfile.TemporaryDirectory(prefix="slice-") as name:
            folder = Path(name)
            (folder / "body.stl").write_bytes(asking.stl(body))
            (folder / "keys.ini").write_text("".join(f"{key} = {value}\n" for key, value in keys.items()))
            middle = ",".join(f"{at:.3f}" for at in self.printer.centre)
            argv = ["--load", "keys.ini", "--export-gcode", "--output", "out.gcode", "--center", middle, "body.stl"]
            ended = asking.run_within(self.bounds, argv, folder)
            data = asking.made(self.bounds.program, ended, folder / "out.gcode")
        _check_taken(data, keys)
        evidence.check(data, body, profile, self.printer, supports=supports)
        return data

    def _keys(self, profile: Profile) -> dict[str, str]:
        """All keys, each one that the program knows and that is nobody else's. Raises SlicerError."""
        ours = keys_of(profile, self.printer)
        asking.checked(self.bounds.program, self.settings, _known(self.bounds), ours, FORBIDDEN)
        return {**ours, **self.settings}


@lru_cache(maxsize=8)
def _known(bounds: Bounds) -> frozenset[str]:
    """The settings that this program has, by its own word."""
    with tempfile.TemporaryDirectory(prefix="slice-") as name:
        ended = asking.run_within(bounds, ["--save", "all.ini"], Path(name))
        out = Path(name) / "all.ini"
        if ended.status != 0 or not out.is_file():
            raise SlicerError(
                f"{bounds.program} does not say which settings it has ({asking.how(ended)}).", "Install it anew."
            )
        lines = out.read_text().splitlines()
    return frozenset(line.partition("=")[0].strip() for line in lines if "=" in line and line[:1] != "#")


def _check_taken(data: bytes, keys: Mapping[str, str]) -> None:
    """Raises SlicerError where the file says another value of a setting than it was given, or none."""
    said = {key.decode(): value.decode("utf-8", "replace") for key, value in _SAID.findall(data)}
    for key, value in keys.items():
        if key not in said or not _same(said[key], value):
            raise SlicerError(
                f"The slicer took {key} as {said.get(key, 'nothing')!r}, and was told {value!r}.", "Mend that setting."
            )


def _same(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one.rstrip("%")), float(other.rstrip("%")), rel_tol=1e-4, abs_tol=1e-4)
    except ValueError:
        return one.strip().strip('"') == other.strip().strip('"')


def slicer(printer: Printer, settings: Mapping[str, str], bounds: Bounds) -> PrusaSlicer:
    return PrusaSlicer(printer, settings, replace(bounds, program=bounds.program or PROGRAM))
