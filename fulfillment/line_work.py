"""Tools that mark a piece and lay nothing on it: what engraving and plotting share.

The artifact is made for all machines of one dialect, never for one machine by name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from fulfillment.catalog import LaserRecipe, PenRecipe, Product
from fulfillment.config import Machine, Material
from fulfillment.designs import (
    bounds_of,
    largest_group,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    recipe_of,
)
from fulfillment.fidelity import faithful
from fulfillment.fields import Craft
from fulfillment.machines import GCODE, dialect_of, motion_of, spoken
from fulfillment.processes import Made, Spec
from fulfillment.together import designs, place_of, sheet, stamp, told
from gcode.design import Drawing
from gcode.dialects import Dialect, Setup
from gcode.geometry import Bounds
from gcode.preflight import Report
from gcode.proof import line_proof, lines
from gcode.recipe import Motion, Place
from gcode.toolpath import NAN, Toolpath
from gcode.write import program
from jobs.queue import Needs

R = TypeVar("R", LaserRecipe, PenRecipe)


@dataclass(frozen=True, slots=True)
class Bench:
    """The machines that one program is made for, what is in them, and where the piece lies on their beds."""

    process: str
    product: Product
    machines: Sequence[Machine]
    dialect: Dialect
    material: Material
    place: Place
    motion: Motion


def bench(spec: Spec, process: str, does: str, alike: Callable[[Machine], Hashable | None] | None = None) -> Bench:
    """Where this can be made. ``does``: for a sentence, a machine that does a material. Raises Problems."""
    material = material_of(spec)

    def dialect(machine: Machine) -> Hashable | None:
        return dialect_of(machine, process)

    machines = largest_group(spec.machines, material, alike or dialect)
    if not machines:
        reason = f"No machine of this factory {does} {material.name}."
        raise problem(reason, f"Add one to config.yaml that does {process}.")
    jig = spec.product.jig
    spoken_here = spoken(dialect_of(machines[0], process) or "")
    return Bench(process, spec.product, machines, spoken_here, material, Place(jig.x, jig.y), _motion(machines))


def finished(at: Bench, data: bytes, picture: bytes, traits: Mapping[str, float | str], **more: Any) -> Made:
    """The program held against its machines, with needs and manifest. Raises Problems where none may run it."""
    report = passed(data, at.machines, at.process)
    needs = Needs(
        process=at.process,
        media_type=GCODE,
        dialect=dialect_of(at.machines[0], at.process),
        material=at.material.name,
        reach=reach_of(report, at.product),
        traits=traits,
    )
    return Made(data, needs, _manifest(report, at.material) | more, picture)


@dataclass(frozen=True, slots=True)
class LineWork(Generic[R]):
    """One way to make lines physical."""

    process: str
    does: str
    """For a sentence: a machine that ``does`` a material."""
    recipe: type[R]
    plan: Callable[[Sequence[Drawing], R, Place, Motion, Dialect], Toolpath]
    setup: Callable[[R, Dialect, Motion], Setup]
    settings: Callable[[R], dict[str, Any]]
    """What of the recipe a person wants to know of the artifact."""


def render(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]], work: LineWork[R]) -> Made:
    """The program that makes the designs' lines, each piece in its pocket; its needs, manifest and proof.

    Raises Problems.
    """
    spec = specs[0]
    recipe = recipe_of(spec.product, material_of(spec), work.recipe)
    at = bench(spec, work.process, work.does)
    contents = designs(specs, files, Craft(line_width=recipe.line_width))
    places = [place_of(one) for one in specs]
    toolpath = Toolpath.join(
        [
            work.plan(content.drawings, recipe, place, at.motion, at.dialect)
            for content, place in zip(contents, places, strict=True)
        ]
    )
    setup = replace(work.setup(recipe, at.dialect, at.motion), stamp=stamp(specs, at.material, files))
    data = program(toolpath, at.dialect, setup)
    box, each, pictures = Bounds(0.0, 0.0, spec.product.piece.width, spec.product.piece.height), [], []
    drawn = lines(data, at.dialect, recipe.line_width)
    for one, own, content, place in zip(specs, files, contents, places, strict=True):
        marks = drawn.on(place)
        each.append({"notes": content.notes, "fidelity": faithful(content, marks, recipe.line_width, box)})
        pictures.append(line_proof(marks, piece_of(one, at.material, own)))
    return finished(at, data, sheet(specs, pictures), {}, line=work.settings(recipe), **told(specs, each))


def _motion(machines: Sequence[Machine]) -> Motion:
    """What all of them can follow."""
    motions = [motion_of(machine) for machine in machines]
    x, y, z = (min(motion.max_feed[axis] for motion in motions) for axis in range(3))
    acceleration, jerk = min(motion.acceleration for motion in motions), min(motion.jerk for motion in motions)
    return Motion(acceleration, jerk, (x, y, z, NAN))


def _manifest(report: Report, material: Material) -> dict[str, Any]:
    return {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: {"length": round(report.length, 1)}},
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
