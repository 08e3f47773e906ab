"""Engraving by a spindle: strokes and filled shapes of an order carved into its piece, as the recipe of the bit says.

The bed is Z 0, and the piece's surface as high as the piece is thick. The artifact is made for all spindles alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

from fulfillment.catalog import MillRecipe
from fulfillment.config import Bit, Machine
from fulfillment.designs import design, material_of, piece_of, problem, recipe_of, stamp_of
from fulfillment.fields import Craft
from fulfillment.line_work import bench, finished
from fulfillment.machines import dialect_of
from fulfillment.processes import Made, Spec
from gcode.carve import carved, grooves, opened
from gcode.design import Design
from gcode.dialects import Setup
from gcode.proof import Marks, marks_proof
from gcode.recipe import Place
from gcode.stitches.areas import covered
from gcode.write import program

PROCESS: Final = "engrave"
DIALECT: Final = "grbl-mill"
COVERAGE: Final = 0.96
"""Of the design that must be taken away; corners that a bit cannot reach are round."""
OVERFLOW: Final = 0.03
"""Of what is taken away that may lie beside the design."""
RIM: Final = 0.05
"""mm by which a groove may miss: chords, and the steps in which a middle line is found."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The spindle's program, its needs, manifest and proof. Raises Problems."""
    recipe = recipe_of(spec.product, material_of(spec), MillRecipe)
    piece, how = spec.product.piece, recipe.carving()
    if recipe.max_depth >= piece.thickness:
        reason = f"The recipe carves {recipe.max_depth:g} mm deep, and the piece is {piece.thickness:g} mm thick."
        raise problem(reason, "Lower max_depth: the bed is no material.")
    bit = Bit(angle=recipe.angle, diameter=recipe.diameter).trait
    at = bench(spec, PROCESS, f"has a bit of {bit} and carves", lambda machine: _kind(machine, bit))
    place = Place(at.place.x, at.place.y, piece.thickness)
    content = design(spec, files, Craft(line_width=recipe.line_width, fills=True))
    if content.tones:
        raise problem("A photo cannot be carved by a bit.", "Send a text or a drawing.")
    safe = place.surface + how.safe
    stamp = stamp_of(spec, at.material, files)
    setup = Setup(lift=safe, spindle=recipe.spindle, settle=recipe.spin_up, stamp=stamp)
    data = program(carved(content.drawings, how, place, at.motion), at.dialect, setup)
    marks = grooves(data, at.dialect, how, place)
    fidelity = _faithful(content, marks, recipe.line_width)
    picture = marks_proof(marks, piece_of(spec, at.material, files))
    told: dict[str, Any] = {"carving": recipe.model_dump(exclude={"type"}), "notes": content.notes}
    return finished(at, data, picture, {"bit": bit}, fidelity=fidelity, **told)


def _kind(machine: Machine, bit: str) -> Hashable | None:
    dialect = dialect_of(machine, PROCESS)
    mounted = machine.bit.trait if machine.bit else None
    return dialect if dialect == DIALECT and mounted == bit else None


def _faithful(content: Design, marks: Marks, line_width: float) -> dict[str, float]:
    """What the bytes take away against the design, by area. Raises Problems: a defect of ours, or too wide a bit."""
    wanted = [covered(drawing, line_width) for drawing in content.drawings]
    made = opened(marks)
    whole = wanted[0]
    for part in wanted[1:]:
        whole = whole.union(part)
    coverage = whole.intersection(made.buffer(RIM)).area / whole.area
    overflow = made.difference(whole.buffer(RIM)).area / max(made.area, 1e-9)
    if coverage < COVERAGE or overflow > OVERFLOW:
        reason = (
            f"The bit would make {coverage:.1%} of the design, and {overflow:.1%} of what it takes is not designed."
        )
        raise problem(reason, "The customer did nothing wrong: report it, with the order's number and the recipe.")
    return {"coverage": round(float(coverage), 4), "overflow": round(float(overflow), 4)}
