"""Pieces whose surface is uneven: which machines can measure them, and what is measured. See ``gcode.probe``."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from fulfillment.catalog import Product, Recipe
from fulfillment.catalog.models import Piece
from fulfillment.config import Machine
from fulfillment.designs import problem
from fulfillment.fields.craft import sentence
from gcode.probe import Survey, area
from gcode.recipe import Place
from gcode.toolpath import Toolpath


def able(piece: Piece, machines: Sequence[Machine]) -> list[Machine]:
    """Those of the machines that can measure the piece. Raises Problems with what each lacks, where none can."""
    lacks = {machine.name: _lacks(piece, machine) for machine in machines}
    found = [machine for machine in machines if not lacks[machine.name]]
    if not found:
        told = "; ".join(f"{name}: {lack}" for name, lack in lacks.items())
        reason = (
            f"The piece is uneven by {piece.unevenness:g} mm, and no machine that could lay it can measure it: {told}."
        )
        raise problem(reason, "Fit a probe and write it as probe: of the machine in config.yaml.")
    return found


def _lacks(piece: Piece, machine: Machine) -> str:
    if machine.probe is None:
        return "it has no probe"
    return "; ".join(machine.probe.measures().misfits(piece.thickness, piece.unevenness))


def possible(product: Product, recipe: Recipe, laid: float) -> None:
    """Raise Problems where an uneven piece cannot be measured, or its heights not be followed.

    ``laid``: how high what lies on it already stands out, mm.
    """
    piece = product.piece
    if not piece.unevenness:
        return
    if laid > 0:
        reason = f"What lies on the piece already is {laid:g} mm high, and the probe would touch it."
        raise problem(reason, "Let the operation that measures come first, or make all of it on one machine.")
    if piece.unevenness + recipe.height >= recipe.clearance:
        reason = (
            f"The nozzle would pass {recipe.clearance:g} mm above the piece, and its beads may stand "
            f"{piece.unevenness + recipe.height:g} mm high."
        )
        raise problem(reason, "Write a higher clearance into the recipe.")


def survey(product: Product, toolpath: Toolpath, place: Place, machine: Machine) -> Survey | None:
    """What the program measures: a rectangle on the piece over all that is laid on it. None: the piece is flat."""
    piece = product.piece
    if not piece.unevenness or machine.probe is None:
        return None
    try:
        sides = area(toolpath, (place.x, place.y, place.x + piece.width, place.y + piece.height))
    except ValueError as error:
        raise problem(sentence(str(error)), "Enlarge the piece, or take its unevenness out.") from None
    edge, *holes = (shapely.Polygon(contour) for contour in piece.edges())
    measured = shapely.box(sides[0] - place.x, sides[1] - place.y, sides[2] - place.x, sides[3] - place.y)
    if not edge.buffer(1e-6).covers(measured) or any(measured.intersects(hole) for hole in holes):
        x0, y0, x1, y1 = measured.bounds
        reason = f"The probe would go from x {x0:g} to {x1:g}, y {y0:g} to {y1:g} mm, which is not all on the piece."
        raise problem(reason, "Make the zones smaller, or move them away from edges, corners and holes.")
    height = machine.probe.measures().from_height(place.surface, piece.unevenness)
    return Survey(*sides, place.surface, height)
