"""Plotting: the words of an order as lines that a pen draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fulfillment.catalog import PenRecipe
from fulfillment.line_work import LineWork
from fulfillment.line_work import render as render_lines
from fulfillment.processes import Made, Spec
from gcode.design import Drawing
from gcode.dialects import Dialect, Setup
from gcode.recipe import Motion, Place
from gcode.strokes import drawn, slowest
from gcode.toolpath import Toolpath

PROCESS: Final = "plot"


def _plan(drawings: Sequence[Drawing], recipe: PenRecipe, place: Place, motion: Motion, dialect: Dialect) -> Toolpath:
    return drawn(drawings, recipe.pen(), place, motion, servo=dialect.full)


def _setup(recipe: PenRecipe, dialect: Dialect, motion: Motion) -> Setup:
    pen_up = recipe.up * (dialect.full or 0.0)
    return Setup(pen_up=pen_up, settle=recipe.settle, travel=slowest(recipe.travel, motion))


WORK: Final = LineWork(
    process=PROCESS,
    does="draws with",
    recipe=PenRecipe,
    plan=_plan,
    setup=_setup,
    settings=lambda recipe: {"width": recipe.line_width, "speed": recipe.speed},
)


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The plotter's program, its needs, manifest and proof. Raises Problems."""
    return together([spec], [files])


def together(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made:
    """The program for several pieces, each in its pocket. Raises Problems."""
    return render_lines(specs, files, WORK)
