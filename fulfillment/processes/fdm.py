"""Printing with filament: a flat tag with the words of an order raised on it, checked and proved from the bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fulfillment.catalog import Product, Recipe
from fulfillment.config import Machine, Material
from fulfillment.designs import (
    bounds_of,
    design,
    largest_group,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    recipe_of,
    stamp_of,
)
from fulfillment.fidelity import faithful
from fulfillment.fields import Craft
from fulfillment.machines import GCODE, dialect_of, motion_of, spoken
from fulfillment.processes import Made, Spec
from gcode.design import lines_of
from gcode.dialects import Setup
from gcode.geometry import Bounds
from gcode.preflight import Report
from gcode.proof import beads, heights, relief_proof
from gcode.recipe import Bead, Motion, Place
from gcode.tag import Plate, layers, plan
from gcode.write import program
from jobs.queue import Needs

PROCESS: Final = "fdm"
RELIEF: Final = 0.6
"""mm by which words stand out of their tag."""
LIFT: Final = 20.0
"""mm above the tag where the nozzle parks."""
COOLING: Final = 1.0
"""The fan, as a share of its full speed."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The program that prints the tag, its needs, manifest and proof. Raises Problems."""
    product, material = spec.product, material_of(spec)
    recipe = recipe_of(product, material, Recipe)
    machines = _like_machines(spec.machines, recipe, material)
    bead = recipe.bead(machines[0].e_area or 1.0)
    plate = _plate(product, bead)
    content = design(spec, files, Craft(line_width=bead.line_width))
    strokes = lines_of(content.drawings)
    place = Place(product.jig.x, product.jig.y)
    motion = min((motion_of(machine) for machine in machines), key=lambda motion: motion.acceleration)
    toolpath = plan(plate, strokes, RELIEF, bead, motion=motion, place=place)
    setup = replace(_setup(recipe, plate, motion, machines), stamp=stamp_of(spec, material, files))
    data = program(toolpath, spoken(dialect_of(machines[0], PROCESS) or ""), setup)
    report = passed(data, machines, PROCESS)
    top = plate.thickness + bead.height / 2
    raised = beads(data, bead, place).only(heights(data) > top)
    fidelity = faithful(content, raised, bead.line_width, Bounds(0.0, 0.0, plate.width, plate.height))
    picture = relief_proof(data, piece_of(spec, material, files), bead, place, top)
    manifest = _manifest(report, material, bead) | {"notes": content.notes, "fidelity": fidelity}
    return Made(data, _needs(report, machines[0], material, product), manifest, picture)


def _like_machines(machines: Sequence[Machine], recipe: Recipe, material: Material) -> list[Machine]:
    """Printers of the recipe's nozzle that one program serves."""

    def alike(machine: Machine) -> tuple[str, float | None] | None:
        dialect = dialect_of(machine, PROCESS)
        return (dialect, machine.e_area) if dialect and machine.nozzle == recipe.nozzle else None

    group = largest_group(machines, material, alike)
    if not group:
        reason = f"No machine of this factory prints {material.name} with a nozzle of {recipe.nozzle:g} mm."
        raise problem(reason, "Mount that nozzle and say so in config.yaml.")
    return group


def _plate(product: Product, bead: Bead) -> Plate:
    """The tag, its thickness in whole layers."""
    piece = product.piece
    thickness = layers(piece.thickness, bead.height) * bead.height
    return Plate(piece.width, piece.height, piece.corner_radius, thickness)


def _setup(recipe: Recipe, plate: Plate, motion: Motion, machines: Sequence[Machine]) -> Setup:
    box = min((machine.envelope for machine in machines if machine.envelope), key=lambda box: box.z)
    return Setup(
        tool_temperature=recipe.temperature,
        bed_temperature=recipe.bed_temperature,
        acceleration=motion.acceleration,
        lift=min(box.z, plate.thickness + LIFT),
        park=(0.0, min(machine.envelope.y for machine in machines if machine.envelope)),
        travel=min(recipe.travel, *(machine.limits.speed.z for machine in machines if machine.limits)),
        fan=COOLING,
    )


def _needs(report: Report, machine: Machine, material: Material, product: Product) -> Needs:
    return Needs(
        process=PROCESS,
        media_type=GCODE,
        dialect=dialect_of(machine, PROCESS),
        material=material.name,
        reach=reach_of(report, product),
        traits={"nozzle": machine.nozzle or 0.0, "e_area": machine.e_area or 0.0},
    )


def _manifest(report: Report, material: Material, bead: Bead) -> dict[str, Any]:
    return {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: {"volume": round(report.volume, 1)}},
        "bead": {"height": bead.height, "line_width": bead.line_width},
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
