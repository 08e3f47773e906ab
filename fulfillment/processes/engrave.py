"""Engraving: the words of an order as lines that a laser burns, at the power and speed of their material's recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fulfillment.catalog import LaserRecipe
from fulfillment.line_work import LineWork
from fulfillment.line_work import render as render_lines
from fulfillment.processes import Made, Spec
from gcode.design import Drawing
from gcode.dialects import Dialect, Setup
from gcode.recipe import Motion, Place
from gcode.strokes import burnt
from gcode.toolpath import Toolpath

PROCESS: Final = "engrave"


def _plan(drawings: Sequence[Drawing], recipe: LaserRecipe, place: Place, motion: Motion, dialect: Dialect) -> Toolpath:
    return burnt(drawings, recipe.burn(), dialect.full or 1.0, place, motion)


WORK: Final = LineWork(
    process=PROCESS,
    does="engraves",
    recipe=LaserRecipe,
    plan=_plan,
    setup=lambda _recipe, _dialect, _motion: Setup(),
    settings=lambda recipe: {
        "width": recipe.line_width,
        "power": recipe.power,
        "speed": recipe.speed,
        "passes": recipe.passes,
    },
)


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The laser's program, its needs, manifest and proof. Raises Problems."""
    return render_lines(spec, files, WORK)
