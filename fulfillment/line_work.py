"""Lines that a tool burns into a piece or draws on it: what engraving and plotting share.

The artifact is made for all machines of one dialect, never for one machine by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fulfillment.catalog import LaserRecipe, PenRecipe
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
)
from fulfillment.fields import Craft
from fulfillment.machines import GCODE, dialect_of, motion_of, spoken
from fulfillment.processes import Made, Spec
from gcode.design import Drawing
from gcode.dialects import Dialect, Setup
from gcode.preflight import Report
from gcode.proof import line_proof
from gcode.recipe import Motion, Place
from gcode.toolpath import Toolpath
from gcode.write import program
from jobs.queue import Needs

R = TypeVar("R", LaserRecipe, PenRecipe)


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


def render(spec: Spec, files: Mapping[str, bytes], work: LineWork[R]) -> Made:
    """The program that makes the design's lines, its needs, manifest and proof. Raises Problems."""
    product = spec.product
    material = material_of(spec)
    recipe = recipe_of(product, material, work.recipe)
    machines = largest_group(spec.machines, material, lambda machine: dialect_of(machine, work.process))
    if not machines:
        reason = f"No machine of this factory {work.does} {material.name}."
        raise problem(reason, f"Add one to config.yaml that does {work.process}.")
    dialect = spoken(dialect_of(machines[0], work.process) or "")
    content = design(spec, files, Craft(line_width=recipe.line_width))
    place = Place(product.jig.x, product.jig.y)
    motion = _motion(machines)
    toolpath = work.plan(content.drawings, recipe, place, motion, dialect)
    data = program(toolpath, dialect, work.setup(recipe, dialect, motion))
    report = passed(data, machines, work.process)
    picture = line_proof(data, piece_of(spec, material), dialect, recipe.line_width, place)
    needs = Needs(
        process=work.process,
        media_type=GCODE,
        dialect=dialect_of(machines[0], work.process),
        material=material.name,
        reach=reach_of(report),
    )
    return Made(data, needs, _manifest(report, material, work.settings(recipe)), picture)


def _motion(machines: Sequence[Machine]) -> Motion:
    """That of the slowest: what it can follow, all can."""
    return min((motion_of(machine) for machine in machines), key=lambda motion: min(motion.max_feed[:2]))


def _manifest(report: Report, material: Material, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: {"length": round(report.length, 1)}},
        "line": settings,
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
