"""Frosting, chocolate, batter: photos and words of an order as beads on a piece, checked and proved from the bytes.

The artifact is made for a group of like machines (same dialect, nozzle and feeder), never for one machine by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fulfillment import uneven
from fulfillment.catalog import Product, Recipe
from fulfillment.catalog.recipes import Pour as PourRule
from fulfillment.config import Machine, Material
from fulfillment.designs import (
    bounds_of,
    design,
    largest_group,
    marks_light,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    recipe_of,
    stamp_of,
)
from fulfillment.earlier import stands_out
from fulfillment.fidelity import faithful
from fulfillment.fields import Craft
from fulfillment.fields.craft import sentence
from fulfillment.machines import GCODE, dialect_of, limits_of, motion_of, spoken
from fulfillment.processes import Made, Spec
from gcode.design import Design
from gcode.dialects import Dialect, Setup
from gcode.faithful import Rows
from gcode.frosting import Polarity, plan
from gcode.geometry import Bounds
from gcode.pour import Pour, mirrored, pour
from gcode.preflight import Report
from gcode.proof import beads, before_rest, heights, proof, turned_proof
from gcode.recipe import Bead, Motion, Place
from gcode.tag import Plate
from gcode.toolpath import Toolpath
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
    machines = _like_machines(spec.machines, recipe, material, product)
    bead = recipe.bead(machines[0].e_area or 1.0)
    uneven.possible(product, recipe, stands_out(spec))
    if (high := stands_out(spec)) >= recipe.clearance:
        reason = (
            f"The nozzle would pass {recipe.clearance:g} mm above the piece, and what was laid is {high:g} mm high."
        )
        raise problem(reason, "Write a higher clearance into the recipe.")
    content = design(spec, files, Craft(line_width=bead.line_width, row=bead.pitch))
    # A piece that is poured begins on the bed itself.
    place = Place(product.jig.x, product.jig.y, 0.0 if product.pour else product.piece.thickness)
    motion = min((motion_of(machine) for machine in machines), key=lambda motion: motion.acceleration)
    toolpath = _toolpath(spec, content, bead, motion, place, material)
    setup = replace(
        _setup(recipe, bead, motion, place, machines),
        stamp=stamp_of(spec, material, files),
        survey=uneven.survey(product, toolpath, place, machines[0]),
    )
    data = program(toolpath, _dialect(machines[0]), setup)
    report = passed(data, machines, PROCESS, recipe.heat)
    fidelity = _fidelity(data, spec, content, bead, place, machines[0], material)
    needs = _needs(report, machines[0], material, recipe, spec)
    if product.pour:
        picture = turned_proof(data, piece_of(spec, material, files), bead, place, _dialect(machines[0]))
    else:
        picture = proof(data, piece_of(spec, material, files), bead, place)
    told = {"notes": content.notes, "fidelity": fidelity}
    return Made(data, needs, _manifest(report, material, needs, bead) | told, picture)


def _dialect(machine: Machine) -> Dialect:
    return spoken(dialect_of(machine, PROCESS) or "")


def _like_machines(machines: Sequence[Machine], recipe: Recipe, material: Material, product: Product) -> list[Machine]:
    """Machines of the recipe's nozzle and feeder that hold its heat, and that one program serves.

    Those that measure a piece must have like probes, as the program says where the probe goes.
    """

    def alike(machine: Machine) -> tuple[str, float | None] | None:
        dialect = dialect_of(machine, PROCESS)
        fits = machine.nozzle == recipe.nozzle and recipe.feeder in (None, machine.feeder) and _holds(machine, recipe)
        return (dialect, machine.e_area) if dialect and fits else None

    able = [machine for machine in machines if alike(machine) is not None]
    if product.piece.unevenness and able:
        able = uneven.able(product.piece, able)
        return largest_group(able, material, lambda machine: (alike(machine), machine.probe))
    group = largest_group(able, material, alike)
    if not group:
        with_feeder = f" and a {recipe.feeder}" if recipe.feeder else ""
        held = "".join(f", its {heater} at {low:g} to {high:g} degC" for heater, (low, high) in recipe.heat.items())
        reason = f"No machine of this factory lays {material.name} with a nozzle of {recipe.nozzle:g} mm{with_feeder}"
        raise problem(f"{reason}{held}.", "Mount that nozzle and say so in config.yaml.")
    return group


def _holds(machine: Machine, recipe: Recipe) -> bool:
    """Whether each of its heaters reaches the upper end of its window."""
    limits = machine.limits
    reach = {"nozzle": limits.nozzle_temperature, "bed": limits.bed_temperature} if limits else {}
    return all(reach.get(heater, 0.0) >= high for heater, (_, high) in recipe.heat.items())


def _fidelity(
    data: bytes, spec: Spec, content: Design, bead: Bead, place: Place, machine: Machine, material: Material
) -> dict[str, Any]:
    """The beads of the bytes held against the design; of a body that is poured, those that were laid first."""
    piece = spec.product.piece
    marks, box = beads(data, bead, place), Bounds(0.0, 0.0, piece.width, piece.height)
    if spec.product.pour:
        marks = marks.only(before_rest(data, _dialect(machine))).turned(piece.width)
    rows = Rows(bead.pitch, bead.coverage, dark=_polarity(spec, material) is Polarity.DARK_ON_LIGHT)
    if bead.layers == 1:
        return faithful(content, marks, bead.line_width, box, rows)
    layer = np.rint((heights(data) - place.surface) / bead.height)
    each = [
        faithful(content if n == 1 else content.lines, marks.only(layer == n), bead.line_width, box, rows)
        for n in range(1, bead.layers + 1)
    ]
    return min(each, key=lambda found: float(found["lines"]["coverage"])) | {"layers": bead.layers}


def _polarity(spec: Spec, material: Material) -> Polarity:
    return Polarity.LIGHT_ON_DARK if marks_light(spec, material) else Polarity.DARK_ON_LIGHT


def _toolpath(
    spec: Spec,
    content: Design,
    bead: Bead,
    motion: Motion,
    place: Place,
    material: Material,
) -> Toolpath:
    product = spec.product
    return plan(
        content.tones[-1] if content.tones else None,
        mirrored(content.drawings, product.piece.width) if product.pour else content.drawings,
        bead,
        motion=motion,
        polarity=_polarity(spec, material),
        place=place,
        prime=product.prime.line() if product.prime else None,
        pour=_poured(product, product.pour) if product.pour else None,
        wipe=product.wipe.line() if product.wipe else None,
        uneven=product.piece.unevenness > 0,
    )


def _poured(product: Product, how: PourRule) -> Pour:
    piece = product.piece
    body = Plate(piece.width, piece.height, piece.corner_radius, piece.thickness)
    try:
        return pour(body, how.width, how.pitch, how.rest, how.bake)
    except ValueError as error:
        raise problem(sentence(str(error)), "Mend the product's pour, or its piece.") from None


def _setup(recipe: Recipe, bead: Bead, motion: Motion, place: Place, machines: Sequence[Machine]) -> Setup:
    top = min(machine.envelope.z for machine in machines if machine.envelope)
    coldest = limits_of(machines[0]).min_extrusion_temperature
    return Setup(
        tool_temperature=recipe.temperature,
        bed_temperature=recipe.bed_temperature,
        exact=bool(recipe.heat),
        cold_extrusion=recipe.temperature is None or recipe.temperature < coldest,
        acceleration=motion.acceleration,
        relief=bead.relief / bead.e_area,
        relief_speed=min(bead.retract_flow / bead.e_area, motion.max_feed[3]),
        lift=min(top, place.surface + LIFT),
        park=(0.0, min(machine.envelope.y for machine in machines if machine.envelope)),
        travel=min(bead.travel, *(machine.limits.speed.z for machine in machines if machine.limits)),
    )


def _needs(report: Report, machine: Machine, material: Material, recipe: Recipe, spec: Spec) -> Needs:
    allergens = {name: frozenset(entry.allergens) for name, entry in spec.materials.items()}
    traits: dict[str, float | str] = {"nozzle": machine.nozzle or 0.0, "e_area": machine.e_area or 0.0}
    if spec.product.piece.unevenness and machine.probe:
        traits["probe"] = machine.probe.trait
    return Needs(
        process=PROCESS,
        media_type=GCODE,
        dialect=dialect_of(machine, PROCESS),
        material=material.name,
        reach=reach_of(report),
        traits=traits | ({"feeder": recipe.feeder} if recipe.feeder else {}),
        heat=recipe.heat,
        contains=tuple(sorted(spec.product.contains(spec.options, allergens))),
        leaves=tuple(sorted(spec.product.leaves(spec.options, allergens))),
    )


def _manifest(report: Report, material: Material, needs: Needs, bead: Bead) -> dict[str, Any]:
    used = {"volume": round(report.volume, 1), "cartridge": round(report.pressed, 1)}
    return {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: used},
        "allergens": list(needs.contains or ()),
        "bead": {"height": bead.height, "pitch": bead.pitch, "line_width": bead.line_width},
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
