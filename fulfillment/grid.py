"""A test piece for one laser and one material: planned, held against the machine, and proved, like any artifact."""

from __future__ import annotations

from typing import Any, Final

from PIL import ImageColor

from fulfillment.catalog import LaserRecipe
from fulfillment.config import Factory, Machine, Material
from fulfillment.config.lasers import Laser
from fulfillment.designs import passed, problem
from fulfillment.fields.craft import sentence
from fulfillment.machines import dialect_of, motion_of, spoken
from gcode.burns import burn_proof, burns
from gcode.dialects import Setup
from gcode.grid import Grid, labels, plan
from gcode.proof import Piece
from gcode.recipe import Place, RecipeError
from gcode.scan import Scan, reach
from gcode.strokefont import StrokeFont
from gcode.text import TextRefused
from gcode.write import program

PROCESS = "engrave"
LABEL = LaserRecipe(type="laser", power=0.5, speed=20.0, line_width=0.2)
"""Of a material that nothing is known of yet."""
SURFACE = "#dcb877"
RADIUS = 2.0
"""Of the piece's corners, for the proof. mm."""


FLAT: Final = "grbl-laser"
"""What a laser speaks whose X and Y are mm: the test piece is flat."""


def known(factory: Factory, machine: Machine, material: Material) -> tuple[LaserRecipe, str]:
    """How this laser burns lines into the material, and the colour of its surface, as far as the factory knows."""
    presets = machine.laser.presets if machine.laser else {}
    found: tuple[LaserRecipe, str] = (presets.get(material.kind, LABEL), SURFACE)
    for product in factory.catalog.products.values():
        recipe = product.recipes.get(material.kind)
        if isinstance(recipe, LaserRecipe) and material.name in {name for _, _, name in product.materials()}:
            return presets.get(material.kind, recipe), product.piece.colour
    return found


def render(
    machine: Machine, material: Material, grid: Grid, label: LaserRecipe, surface: str, at: Place
) -> tuple[bytes, bytes, dict[str, Any]]:
    """Program, proof and manifest. ``label``: how letters are burnt into it. Raises Problems."""
    dialect_name = dialect_of(machine, PROCESS)
    if dialect_name is None:
        raise problem(f"{machine.name} does not engrave.", "Name a laser of config.yaml.")
    if dialect_name != FLAT:
        raise problem(f"{machine.name} is no laser over a flat bed.", "Take its rotary out, or name another laser.")
    motion = motion_of(machine)
    # A slower square with less power would be as dark, and its label would lie.
    if max(grid.speeds) > (most := min(motion.max_feed[:2])):
        reason = f"{machine.name} runs at most {most:g} mm/s, the grid asks for {max(grid.speeds):g}."
        raise problem(reason, "Ask for slower squares.")
    dialect, laser = spoken(dialect_name), machine.laser or Laser(kind="laser")
    scan = Scan(
        speed=max(grid.speeds),
        full=dialect.full or 1.0,
        motion=motion,
        controller=laser.controller(),
        offsets=laser.table(),
    )
    title = f"{material.title or material.name}: % across, mm/s up, {grid.interval:g} mm"
    try:
        toolpath = plan(grid, labels(grid, StrokeFont(), title), label.burn(), scan, at)
    except (RecipeError, TextRefused) as error:
        raise problem(sentence(str(error)), "Ask for fewer or larger squares.") from None
    data = program(toolpath, dialect, Setup(air=label.air and laser.air))
    report = passed(data, [machine], PROCESS)
    width, height = grid.size
    ground, mark = (ImageColor.getrgb(one)[:3] for one in (surface, material.colour))
    piece = Piece(width, height, RADIUS, ground, mark)
    picture = burn_proof(burns(data, dialect, at), piece, label.line_width, label.dose)
    frame = reach(toolpath)
    manifest = {
        "process": PROCESS,
        "machine": machine.name,
        "material": material.name,
        "powers": list(grid.powers),
        "speeds": list(grid.speeds),
        "interval": grid.interval,
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "frame": [frame.x0, frame.y0, frame.x1, frame.y1] if frame else None,
    }
    return data, picture, manifest
