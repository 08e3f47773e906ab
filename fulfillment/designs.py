"""From a specification to what is laid out: material, recipe, fields in their zones, and the last look at the bytes.

What processes share; none of it knows a firmware. Whatever a person must mend is raised as Problems.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

from PIL import ImageColor

from fulfillment.catalog import PhotoField, Product, TextField
from fulfillment.config import Machine, Material
from fulfillment.machines import NO_HEAT, Heat, dialect_of, limits_of, spoken
from fulfillment.photos import PhotoError
from fulfillment.processes import Problems, Spec
from gcode import text
from gcode.design import Drawing, Zone
from gcode.fonts import Font
from gcode.preflight import Report, check
from gcode.proof import Piece

REACH: Final = 5.0
"""mm: an artifact's reach is rounded up to this, so that like designs have like needs."""

T = TypeVar("T")
R = TypeVar("R")
Lay = Callable[[str, PhotoField | TextField, Zone], T | None]
"""A field by its name, laid out in its zone; None where the customer left it out. Raises PhotoError, TextRefused."""


def problem(reason: str, mend: str) -> Problems:
    """One problem that is no field's."""
    return Problems([{"field": "", "reason": reason, "mend": mend}])


def material_of(spec: Spec) -> Material:
    """The material that the chosen options stand for."""
    name = spec.product.material(spec.operation, spec.options)
    found = spec.materials.get(name or "")
    if not isinstance(found, Material):
        raise problem(f"The material {name!r} is not one of this factory.", "Add it to materials in config.yaml.")
    return found


def recipe_of(product: Product, material: Material, wanted: type[R]) -> R:
    """The product's recipe for this kind of material."""
    found = product.recipes.get(material.kind)
    if found is None:
        raise problem(f"{product.title} has no recipe for {material.kind}.", "Add one to the product's recipes.")
    if not isinstance(found, wanted):
        reason = f"{product.title} has a recipe for {material.kind} that is of another type."
        raise problem(reason, f"A {found.type} cannot do this: write another one.")
    return found


def largest_group(
    machines: Sequence[Machine], material: Material, alike: Callable[[Machine], Hashable | None]
) -> list[Machine]:
    """The largest group that one program serves; those that hold the material come first. None: it cannot do it."""
    groups: dict[Hashable, list[Machine]] = {}
    for machine in machines:
        if (key := alike(machine)) is not None:
            groups.setdefault(key, []).append(machine)
    return max(groups.values(), key=lambda group: (_holding(group, material), len(group)), default=[])


def _holding(group: Sequence[Machine], material: Material) -> int:
    return sum(machine.material == material.name for machine in group)


def laid_out(spec: Spec, lay: Lay[T]) -> list[T]:
    """The fields of this operation in their zones, as ``lay`` makes them. Raises Problems with all that is wrong."""
    problems: list[dict[str, str]] = []
    found: list[T] = []
    for name in spec.product.route[spec.operation].fields:
        field = spec.product.fields[name]
        box = spec.product.zones[field.zone]
        try:
            made = lay(name, field, Zone(field.zone, box.x, box.y, box.width, box.height))
        except PhotoError as error:
            problems.append({"field": name, "reason": error.reason, "mend": error.mend})
        except text.TextRefused as error:
            problems.append({"field": name, **_refused(field, error)})
        else:
            found += [made] if made is not None else []
    if problems:
        raise Problems(problems)
    return found


def words(written: str, field: TextField, zone: Zone, font: Font, line_width: float) -> Drawing:
    """A text in its zone, with room for half a line's width at each side. Raises TextRefused."""
    rule = text.Fit(
        min_height=field.min_height,
        max_height=field.max_height,
        max_lines=field.lines,
        align=text.Align(field.align),
        margin=line_width / 2,
    )
    return text.fit(written, font, zone, rule).drawing


def _refused(field: PhotoField | TextField, error: text.TextRefused) -> dict[str, str]:
    """Why the words cannot be made, for their customer, who knows nothing of fonts and zones."""
    if error.missing:
        reason = f"{field.title} has characters that cannot be made here: {' '.join(error.missing[:8])} ."
        return {"reason": reason, "mend": "Please write it without them."}
    if error.code == "too-small" and isinstance(field, TextField):
        reason = (
            f"{field.title} is too long: its letters would be lower than {field.min_height:g} mm, too small to read."
        )
        return {"reason": reason, "mend": f"Please {error.mend}."}
    return {"reason": sentence(error.reason), "mend": sentence(error.mend)}


def sentence(said: str) -> str:
    """What gcode says, as a sentence."""
    said = said.strip().rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def passed(data: bytes, machines: Sequence[Machine], process: str, heat: Heat = NO_HEAT) -> Report:
    """The report of a machine that may run it, or Problems: a defect of the product or of the configuration.

    ``heat``: the windows that its heaters must be held in.
    """
    reports = [check(data, spoken(dialect_of(m, process) or ""), limits_of(m, heat)) for m in machines]
    for report in reports:
        if report.ok:
            return report
    found = [f"{machines[0].name}, line {finding.line}: {finding.text}" for finding in reports[0].errors[:5]]
    mend = "Mend the product's recipe or the machine's limits; the customer did nothing wrong."
    raise problem("Preflight refused it: " + "; ".join(found), mend)


def reach_of(report: Report) -> tuple[float, float, float]:
    """The far corner of all motion, rounded up."""
    box = report.motion
    corner = (box.x1, box.y1, box.z1) if box else (0.0, 0.0, 0.0)
    x, y, z = (math.ceil(value / REACH) * REACH for value in corner)
    return x, y, z


def bounds_of(report: Report) -> list[float] | None:
    """Of what is laid, burnt or drawn, in machine coordinates."""
    box = report.marks
    return [round(v, 3) for v in (box.x0, box.y0, box.z0, box.x1, box.y1, box.z1)] if box else None


def piece_of(product: Product, material: Material) -> Piece:
    """The blank as the proof shows it, and the colour of what is laid, burnt or drawn on it."""
    piece = product.piece
    surface, mark = ImageColor.getrgb(piece.colour), ImageColor.getrgb(material.colour)
    return Piece(piece.width, piece.height, piece.corner_radius, surface[:3], mark[:3])
