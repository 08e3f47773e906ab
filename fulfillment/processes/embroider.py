"""Embroidery: monograms, names and drawings of an order sewn onto cloth, as the recipe of their thread says.

The artifact is a file of the machine's own format (Tajima DST, Brother PES, Janome JEF), made for all machines of one
format and one hoop. What is checked and drawn is what its bytes say when they are read back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fulfillment.catalog import ThreadRecipe
from fulfillment.config import Machine
from fulfillment.designs import REACH, design, largest_group, material_of, piece_of, problem, recipe_of, stamp_of
from fulfillment.embroidery import FORMATS, Format, Unreadable, format_of, read, written
from fulfillment.fidelity import DEFECT
from fulfillment.fields import Craft
from fulfillment.fields.craft import sentence
from fulfillment.processes import Made, Spec
from gcode.design import Design
from gcode.geometry import Bounds
from gcode.stitches.check import fidelity, unfit
from gcode.stitches.fill import FillError
from gcode.stitches.pattern import Pattern
from gcode.stitches.picture import proof
from gcode.stitches.plan import StitchError, stitched, surface
from gcode.stitches.thread import Thread
from jobs.queue import Needs

PROCESS: Final = "embroider"
TRIM_SECONDS: Final = 6.0
"""That a trim takes: stop, cut, go, start slowly."""
START_SECONDS: Final = 12.0
"""From the button to full speed, and from the last stitch to the machine's rest."""
UPPER: Final = 1.35
"""mm of upper thread in a mm of stitch: it goes down to the hook and up again."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The machine's file, its needs, manifest and proof. Raises Problems."""
    material = material_of(spec)
    recipe = recipe_of(spec.product, material, ThreadRecipe)
    machines = largest_group(spec.machines, material, _alike)
    if not machines:
        formats = ", ".join(FORMATS)
        raise problem(
            f"No machine of this factory embroiders with {material.name}.",
            f"Add one to config.yaml that does {PROCESS}, with the extension of its files ({formats}) in its options.",
        )
    kind = format_of(machines[0].options)
    box = machines[0].envelope
    assert kind is not None and box is not None  # noqa: S101  (_alike leaves no other machine)
    thread = recipe.thread()
    content = design(spec, files, Craft(recipe.narrowest, height=recipe.letter, fills=True))
    hoop = Bounds(-spec.product.jig.x, -spec.product.jig.y, box.x - spec.product.jig.x, box.y - spec.product.jig.y)
    planned = _stitched(content, thread, recipe.line_width)
    middle = ((hoop.x0 + hoop.x1) / 2, (hoop.y0 + hoop.y1) / 2)
    data = written(planned.moved(-middle[0], -middle[1]), kind, stamp_of(spec, material, files), material.colour)
    sewn = _read(data, kind).moved(*middle)
    told = _checked(sewn, planned, content, thread, recipe.line_width, hoop)
    picture = proof(sewn, piece_of(spec, material, files), thread.width)
    bounds = sewn.bounds
    assert bounds is not None  # noqa: S101  (unfit refuses a pattern without stitches)
    reach = [math.ceil(value / REACH) * REACH for value in (bounds.x1 - hoop.x0, bounds.y1 - hoop.y0)]
    needs = Needs(
        process=PROCESS,
        media_type=kind.media_type,
        material=material.name,
        reach=(min(reach[0], box.x), min(reach[1], box.y), 0.0),
        traits={"hoop": f"{box.x:g}x{box.y:g}"},
    )
    manifest = _manifest(sewn, recipe, hoop, material.name) | told
    if content.notes:
        manifest["notes"] = content.notes
    return Made(data, needs, manifest, picture)


def _alike(machine: Machine) -> tuple[str, float, float] | None:
    """What machines must share to sew one file."""
    kind = format_of(machine.options)
    if kind is None or machine.envelope is None:
        return None
    return kind.name, machine.envelope.x, machine.envelope.y


def _stitched(content: Design, thread: Thread, line_width: float) -> Pattern:
    if content.tones:
        raise problem("A photo cannot be sewn.", "Take the field out of the product's operation.")
    try:
        return stitched(content.drawings, thread, line_width)
    except (StitchError, FillError) as error:
        raise problem(sentence(str(error)), "Choose a smaller zone or a simpler drawing.") from None


def _read(data: bytes, kind: Format) -> Pattern:
    try:
        return read(data, kind.media_type)
    except Unreadable as error:
        raise problem(f"What was written cannot be read again: {error}.", DEFECT) from None


def _checked(
    sewn: Pattern, planned: Pattern, content: Design, thread: Thread, line_width: float, hoop: Bounds
) -> dict[str, Any]:
    """Preflight on what the bytes say; its numbers for the manifest. Raises Problems."""
    wrong = unfit(sewn, thread, hoop)
    if (sewn.stitches, sewn.trims) != (planned.stitches, planned.trims):
        wrong.append(
            f"the file has {sewn.stitches} stitches and {sewn.trims} trims, planned were {planned.stitches} and "
            f"{planned.trims}"
        )
    found = fidelity(sewn, surface(content.drawings, thread, line_width), thread)
    wrong += found.wrong()
    if wrong:
        raise problem(f"Preflight refused it: {'; '.join(wrong)}.", DEFECT)
    return {"fidelity": {"thread": found.body()}}


def _manifest(sewn: Pattern, recipe: ThreadRecipe, hoop: Bounds, material: str) -> dict[str, Any]:
    box = sewn.bounds
    assert box is not None  # noqa: S101  (see render)
    seconds = sewn.stitches / recipe.speed * 60 + sewn.trims * TRIM_SECONDS + START_SECONDS
    bounds: Sequence[float] = (box.x0 - hoop.x0, box.y0 - hoop.y0, 0.0, box.x1 - hoop.x0, box.y1 - hoop.y0, 0.0)
    return {
        "bounds": [round(value, 2) for value in bounds],
        "seconds": round(seconds, 1),
        "materials": {material: {"length": round(sewn.length * UPPER, 1)}},
        "stitches": sewn.stitches,
        "trims": sewn.trims,
        "colour_changes": sewn.changes,
        "extent": [round(box.width, 1), round(box.height, 1)],
        "speed": recipe.speed,
        "hoop": [hoop.width, hoop.height],
        "warnings": [],
    }
