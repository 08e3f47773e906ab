"""Frosting, chocolate, batter: photos and words of an order as beads on a piece, checked and proved from the bytes.

The artifact is made for a group of like machines (same dialect, nozzle and feeder), never for one machine by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fulfillment import uneven
from fulfillment.catalog import Product, Recipe
from fulfillment.catalog.recipes import Pour as PourRule
from fulfillment.config import Machine, Material
from fulfillment.designs import (
    bounds_of,
    largest_group,
    marks_light,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    recipe_of,
)
from fulfillment.earlier import stands_out
from fulfillment.fidelity import faithful
from fulfillment.fields import Craft
from fulfillment.fields.craft import sentence
from fulfillment.machines import GCODE, dialect_of, limits_of, motion_of, spoken
from fulfillment.processes import Made, Spec
from fulfillment.together import designs, place_of, sheet, stamp, told
from gcode.design import Design
from gcode.dialects import Dialect, Setup
from gcode.faithful import Rows
from gcode.frosting import Polarity, Topping, plan_all
from gcode.geometry import Bounds
from gcode.pour import Plate, Pour, mirrored, pour
from gcode.preflight import Report
from gcode.proof import Marks, bead_proof, beads, before_rest, heights, turned_proof
from gcode.proof import Piece as Look
from gcode.recipe import Bead, Motion, Place
from gcode.toolpath import Toolpath
from gcode.units import BoolArray, FloatArray
from gcode.write import program
from jobs.queue import Needs

PROCESS = "extrude-food"
LIFT = 20.0
"""mm above the surface where the tool parks, clear of the piece when a person takes it off."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The program that lays the design, its needs, manifest and proof. Raises Problems."""
    return together([spec], [files])


def together(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made:
    """The program that lays the designs of like pieces, each in its pocket. Raises Problems."""
    spec = specs[0]
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
    work = _Work(product, material, bead, machines[0])
    craft = Craft(line_width=bead.line_width, row=bead.pitch)
    contents = designs(specs, files, craft)
    pieces = [work.piece(*each) for each in zip(specs, files, contents, strict=True)]
    motion = min((motion_of(machine) for machine in machines), key=lambda motion: motion.acceleration)
    toolpath = work.toolpath(pieces, motion)
    setup = replace(
        _setup(recipe, bead, motion, work.home, machines),
        stamp=stamp(specs, material, files),
        survey=uneven.survey(product, toolpath, work.home, machines[0]),
    )
    data = program(toolpath, work.dialect, setup)
    report = passed(data, machines, PROCESS, recipe.heat)
    laid = work.laid(data)
    each = [{"notes": piece.content.notes, "fidelity": work.fidelity(laid, piece)} for piece in pieces]
    needs = _needs(report, machines[0], material, recipe, spec)
    picture = sheet(specs, [work.proof(laid, piece) for piece in pieces])
    return Made(data, needs, _manifest(report, material, needs, bead) | told(specs, each), picture)


@dataclass(frozen=True)
class _Piece:
    """One piece on its way."""

    spec: Spec
    content: Design
    look: Look
    place: Place
    polarity: Polarity


@dataclass(frozen=True)
class _Laid:
    """The beads of a whole program, as they lie on the bed: read once, however many pieces are looked at."""

    beads: Marks
    z: FloatArray
    first: BoolArray
    """Which were laid before the machine rested."""


@dataclass(frozen=True)
class _Work:
    """What like pieces share."""

    product: Product
    material: Material
    bead: Bead
    machine: Machine

    @property
    def dialect(self) -> Dialect:
        return _dialect(self.machine)

    @property
    def surface(self) -> float:
        """Height of what is laid on; a piece that is poured begins on the bed itself."""
        return 0.0 if self.product.pour else self.product.piece.thickness

    @property
    def home(self) -> Place:
        """Where the jig's first piece lies: beside it the nozzle is filled and cleared."""
        return Place(self.product.jig.x, self.product.jig.y, self.surface)

    def piece(self, spec: Spec, files: Mapping[str, bytes], content: Design) -> _Piece:
        look = piece_of(spec, self.material, files)
        polarity = Polarity.LIGHT_ON_DARK if marks_light(spec, self.material) else Polarity.DARK_ON_LIGHT
        return _Piece(spec, content, look, place_of(spec, self.surface), polarity)

    def toolpath(self, pieces: Sequence[_Piece], motion: Motion) -> Toolpath:
        product = self.product
        return plan_all(
            [self._topping(piece) for piece in pieces],
            self.bead,
            home=self.home,
            motion=motion,
            prime=product.prime.line() if product.prime else None,
            pour=_poured(product, product.pour) if product.pour else None,
            wipe=product.wipe.line() if product.wipe else None,
            uneven=product.piece.unevenness > 0,
        )

    def _topping(self, piece: _Piece) -> Topping:
        content = piece.content
        drawings = mirrored(content.drawings, self.product.piece.width) if self.product.pour else content.drawings
        return Topping(content.tones[-1] if content.tones else None, drawings, piece.place, piece.polarity)

    def laid(self, data: bytes) -> _Laid:
        return _Laid(beads(data, self.bead), heights(data), before_rest(data, self.dialect))

    def fidelity(self, laid: _Laid, piece: _Piece) -> dict[str, Any]:
        """The beads of the bytes held against the design; of a body that is poured, those that were laid first."""
        bead, content, blank = self.bead, piece.content, self.product.piece
        marks, box = laid.beads.on(piece.place), Bounds(0.0, 0.0, blank.width, blank.height)
        if self.product.pour:
            marks = marks.only(laid.first).turned(blank.width)
        rows = Rows(bead.pitch, bead.coverage, dark=piece.polarity is Polarity.DARK_ON_LIGHT)
        if bead.layers == 1:
            return faithful(content, marks, bead.line_width, box, rows)
        layer = np.rint((laid.z - piece.place.surface) / bead.height)
        each = [
            faithful(content if n == 1 else content.lines, marks.only(layer == n), bead.line_width, box, rows)
            for n in range(1, bead.layers + 1)
        ]
        return min(each, key=lambda found: float(found["lines"]["coverage"])) | {"layers": bead.layers}

    def proof(self, laid: _Laid, piece: _Piece) -> bytes:
        marks = laid.beads.on(piece.place)
        return turned_proof(marks, laid.first, piece.look) if self.product.pour else bead_proof(marks, piece.look)


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
        reach=reach_of(report, spec.product),
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
