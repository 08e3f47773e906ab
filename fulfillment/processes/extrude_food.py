"""Frosting, chocolate, batter: photos and words of an order as beads on a piece, checked and proved from the bytes.

The artifact is made for a group of like machines (same dialect, nozzle and feeder), never for one machine by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import ImageColor

from fulfillment.catalog import PhotoField, Recipe, TextField
from fulfillment.config import Machine, Material
from fulfillment.designs import (
    bounds_of,
    laid_out,
    largest_group,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    recipe_of,
    sentence,
    words,
)
from fulfillment.machines import GCODE, dialect_of, motion_of, spoken
from fulfillment.photos import PhotoError, open_photo
from fulfillment.processes import Made, Spec
from gcode import photo
from gcode.design import Drawing, Tone, Zone
from gcode.dialects import Setup
from gcode.frosting import Polarity, plan
from gcode.preflight import Report
from gcode.proof import proof
from gcode.recipe import Bead, Motion, Place
from gcode.strokefont import StrokeFont
from gcode.write import program
from jobs.queue import Needs

PROCESS = "extrude-food"
LIFT = 20.0
"""mm above the surface where the tool parks, clear of the piece when a person takes it off."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The program that lays the design, its needs, manifest and proof. Raises Problems."""
    product = spec.product
    material = material_of(spec)
    recipe = recipe_of(product, material, Recipe)
    machines = _like_machines(spec.machines, recipe, material)
    bead = recipe.bead(machines[0].e_area or 1.0)
    tone, drawings = _design(spec, files, bead)
    place = Place(product.jig.x, product.jig.y, product.piece.thickness)
    motion = min((motion_of(machine) for machine in machines), key=lambda motion: motion.acceleration)
    data = _program(spec, tone, drawings, bead, motion, place, material, machines)
    report = passed(data, machines, PROCESS)
    needs = _needs(report, machines[0], material)
    picture = proof(data, piece_of(product, material), bead, place)
    return Made(data, needs, _manifest(report, material, spec, bead), picture)


def _like_machines(machines: Sequence[Machine], recipe: Recipe, material: Material) -> list[Machine]:
    """Machines of the recipe's nozzle that one program serves."""

    def alike(machine: Machine) -> tuple[str, float | None] | None:
        dialect = dialect_of(machine, PROCESS)
        return (dialect, machine.e_area) if dialect and machine.nozzle == recipe.nozzle else None

    group = largest_group(machines, material, alike)
    if not group:
        reason = f"No machine of this factory lays {material.name} with a nozzle of {recipe.nozzle:g} mm."
        raise problem(reason, "Mount that nozzle and say so in config.yaml.")
    return group


def _design(spec: Spec, files: Mapping[str, bytes], bead: Bead) -> tuple[Tone | None, list[Drawing]]:
    """The fields of this operation, laid out in their zones."""
    font = StrokeFont()

    def lay(name: str, field: PhotoField | TextField, zone: Zone) -> Tone | Drawing | None:
        if isinstance(field, PhotoField):
            return _photo(files[name], zone, bead) if name in files else None
        return words(spec.fields[name], field, zone, font, bead.line_width) if name in spec.fields else None

    laid = laid_out(spec, lay)
    tones = [one for one in laid if isinstance(one, Tone)]
    return (tones[-1] if tones else None), [one for one in laid if isinstance(one, Drawing)]


def _photo(data: bytes, zone: Zone, bead: Bead) -> Tone:
    grey = open_photo(data)
    found = photo.quality(photo.crop(photo.grey_of(grey), zone.width / zone.height), zone, bead.pitch)
    if found:
        raise PhotoError(sentence(found[0].reason), sentence(found[0].mend))
    return photo.tone(grey, zone, bead.pitch)


def _program(
    spec: Spec,
    tone: Tone | None,
    drawings: Sequence[Drawing],
    bead: Bead,
    motion: Motion,
    place: Place,
    material: Material,
    machines: Sequence[Machine],
) -> bytes:
    prime = spec.product.prime.line() if spec.product.prime else None
    polarity = Polarity.DARK_ON_LIGHT
    if _lightness(material.colour) > _lightness(spec.product.piece.colour):
        polarity = Polarity.LIGHT_ON_DARK
    toolpath = plan(tone, drawings, bead, motion=motion, polarity=polarity, place=place, prime=prime)
    top = min(machine.envelope.z for machine in machines if machine.envelope)
    setup = Setup(
        tool_temperature=bead.temperature,
        cold_extrusion=bead.temperature is None,
        acceleration=motion.acceleration,
        lift=min(top, place.surface + LIFT),
        park=(0.0, min(machine.envelope.y for machine in machines if machine.envelope)),
        travel=min(bead.travel, *(machine.limits.speed.z for machine in machines if machine.limits)),
    )
    return program(toolpath, spoken(dialect_of(machines[0], PROCESS) or ""), setup)


def _lightness(colour: str) -> float:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _needs(report: Report, machine: Machine, material: Material) -> Needs:
    return Needs(
        process=PROCESS,
        media_type=GCODE,
        dialect=dialect_of(machine, PROCESS),
        material=material.name,
        reach=reach_of(report),
        traits={"nozzle": machine.nozzle or 0.0, "e_area": machine.e_area or 0.0},
    )


def _manifest(report: Report, material: Material, spec: Spec, bead: Bead) -> dict[str, Any]:
    allergens = {name: frozenset(entry.allergens) for name, entry in spec.materials.items()}
    return {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: {"volume": round(report.volume, 1)}},
        "allergens": sorted(spec.product.contains(spec.options, allergens)),
        "bead": {"height": bead.height, "pitch": bead.pitch, "line_width": bead.line_width},
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
