"""Frosting, chocolate, batter: photos and words of an order as beads on a piece, checked and proved from the bytes.

The artifact is made for a group of like machines (same dialect, nozzle and feeder), never for one machine by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import ImageColor

from fulfillment.catalog import PhotoField, Product, Recipe, TextField
from fulfillment.config import Machine, Material
from fulfillment.machines import GCODE, dialect_of, limits_of, motion_of, spoken
from fulfillment.photos import PhotoError, open_photo
from fulfillment.processes import Made, Problems, Spec
from gcode import photo, text
from gcode.design import Drawing, Tone, Zone
from gcode.dialects import Setup
from gcode.frosting import Polarity, plan
from gcode.preflight import Report, check
from gcode.proof import Piece, proof
from gcode.recipe import Bead, Motion, Place
from gcode.strokefont import StrokeFont
from gcode.write import program
from jobs.queue import Needs

PROCESS = "extrude-food"
REACH = 5.0
"""mm: an artifact's reach is rounded up to this, so that like designs have like needs."""
LIFT = 20.0
"""mm above the surface where the tool parks, clear of the piece when a person takes it off."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The program that lays the design, its needs, manifest and proof. Raises Problems."""
    product = spec.product
    material = _material(spec)
    recipe = _recipe(product, material)
    machines = _like_machines(spec.machines, recipe, material)
    bead = recipe.bead(machines[0].e_area or 1.0)
    tone, drawings = _design(spec, files, bead)
    place = Place(product.jig.x, product.jig.y, product.piece.thickness)
    motion = min((motion_of(machine) for machine in machines), key=lambda motion: motion.acceleration)
    data = _program(spec, tone, drawings, bead, motion, place, material, machines)
    report = _checked(data, machines)
    needs = _needs(report, machines[0], material)
    picture = proof(data, _piece(product, material), bead, place)
    return Made(data, needs, _manifest(report, material, spec, bead), picture)


def _material(spec: Spec) -> Material:
    name = spec.product.material(spec.operation, spec.options)
    found = spec.materials.get(name or "")
    if not isinstance(found, Material):
        reason = f"The material {name!r} is not one of this factory."
        raise Problems([{"field": "", "reason": reason, "mend": "Add it to materials in config.yaml."}])
    return found


def _recipe(product: Product, material: Material) -> Recipe:
    if material.kind not in product.recipes:
        reason = f"{product.title} has no recipe for {material.kind}."
        raise Problems([{"field": "", "reason": reason, "mend": "Add one to the product's recipes."}])
    return product.recipes[material.kind]


def _like_machines(machines: Sequence[Machine], recipe: Recipe, material: Material) -> list[Machine]:
    """The largest group that one program serves; those that are loaded with the material come first."""
    groups: dict[tuple[object, ...], list[Machine]] = {}
    for machine in machines:
        if machine.nozzle == recipe.nozzle and dialect_of(machine, PROCESS):
            groups.setdefault((dialect_of(machine, PROCESS), machine.e_area), []).append(machine)
    if not groups:
        reason = f"No machine of this factory lays {material.name} with a nozzle of {recipe.nozzle:g} mm."
        raise Problems([{"field": "", "reason": reason, "mend": "Mount that nozzle and say so in config.yaml."}])
    return max(groups.values(), key=lambda group: (sum(m.material == material.name for m in group), len(group)))


def _design(spec: Spec, files: Mapping[str, bytes], bead: Bead) -> tuple[Tone | None, list[Drawing]]:
    """The fields of this operation, laid out in their zones. Raises Problems with all that is wrong."""
    problems: list[dict[str, str]] = []
    tone: Tone | None = None
    drawings: list[Drawing] = []
    for name in spec.product.route[spec.operation].fields:
        field = spec.product.fields[name]
        box = spec.product.zones[field.zone]
        zone = Zone(field.zone, box.x, box.y, box.width, box.height)
        try:
            if isinstance(field, PhotoField) and name in files:
                tone = _photo(files[name], zone, bead)
            elif isinstance(field, TextField) and name in spec.fields:
                drawings.append(_words(spec.fields[name], field, zone, bead))
        except PhotoError as error:
            problems.append({"field": name, "reason": error.reason, "mend": error.mend})
        except text.TextRefused as error:
            problems.append({"field": name, **_refused(field, error)})
    if problems:
        raise Problems(problems)
    return tone, drawings


def _photo(data: bytes, zone: Zone, bead: Bead) -> Tone:
    grey = open_photo(data)
    found = photo.quality(photo.crop(photo.grey_of(grey), zone.width / zone.height), zone, bead.pitch)
    if found:
        raise PhotoError(_sentence(found[0].reason), _sentence(found[0].mend))
    return photo.tone(grey, zone, bead.pitch)


def _words(words: str, field: TextField, zone: Zone, bead: Bead) -> Drawing:
    rule = text.Fit(min_height=field.min_height, margin=bead.line_width / 2)
    return text.fit(words, StrokeFont(), zone, rule).drawing


def _refused(field: PhotoField | TextField, error: text.TextRefused) -> dict[str, str]:
    """Why the words cannot be laid, for their customer, who knows nothing of fonts and zones."""
    if error.missing:
        reason = f"{field.title} has characters that cannot be made here: {' '.join(error.missing[:8])} ."
        return {"reason": reason, "mend": "Please write it without them."}
    if error.code == "too-small" and isinstance(field, TextField):
        reason = (
            f"{field.title} is too long: its letters would be lower than {field.min_height:g} mm, too small to read."
        )
        return {"reason": reason, "mend": f"Please {error.mend}."}
    return {"reason": _sentence(error.reason), "mend": _sentence(error.mend)}


def _sentence(words: str) -> str:
    words = words.strip().rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."


def _program(
    spec: Spec,
    tone: Tone | None,
    drawings: Sequence[Drawing],
    bead: Bead,
    motion: Motion,
    place: Place,
    material: Material,
    machines: Sequence[Machine],
) -> bytes:
    prime = spec.product.prime.line() if spec.product.prime else None
    polarity = Polarity.DARK_ON_LIGHT
    if _lightness(material.colour) > _lightness(spec.product.piece.colour):
        polarity = Polarity.LIGHT_ON_DARK
    toolpath = plan(tone, drawings, bead, motion=motion, polarity=polarity, place=place, prime=prime)
    top = min(machine.envelope.z for machine in machines if machine.envelope)
    setup = Setup(
        tool_temperature=bead.temperature,
        cold_extrusion=bead.temperature is None,
        acceleration=motion.acceleration,
        lift=min(top, place.surface + LIFT),
        park=(0.0, min(machine.envelope.y for machine in machines if machine.envelope)),
        travel=min(bead.travel, *(machine.limits.speed.z for machine in machines if machine.limits)),
    )
    return program(toolpath, spoken(dialect_of(machines[0], PROCESS) or ""), setup)


def _lightness(colour: str) -> float:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _checked(data: bytes, machines: Sequence[Machine]) -> Report:
    """The report of a machine that may run it, or Problems: a defect of the product or of the configuration."""
    reports = [check(data, spoken(dialect_of(m, PROCESS) or ""), limits_of(m)) for m in machines]
    for report in reports:
        if report.ok:
            return report
    found = [f"{machines[0].name}, line {finding.line}: {finding.text}" for finding in reports[0].errors[:5]]
    mend = "Mend the product's recipe or the machine's limits; the customer did nothing wrong."
    raise Problems([{"field": "", "reason": "Preflight refused it: " + "; ".join(found), "mend": mend}])


def _needs(report: Report, machine: Machine, material: Material) -> Needs:
    box = report.motion
    corner = (box.x1, box.y1, box.z1) if box else (0.0, 0.0, 0.0)
    x, y, z = (math.ceil(value / REACH) * REACH for value in corner)
    return Needs(
        process=PROCESS,
        media_type=GCODE,
        dialect=dialect_of(machine, PROCESS),
        material=material.name,
        reach=(x, y, z),
        traits={"nozzle": machine.nozzle or 0.0, "e_area": machine.e_area or 0.0},
    )


def _piece(product: Product, material: Material) -> Piece:
    piece = product.piece
    surface, frosting = ImageColor.getrgb(piece.colour), ImageColor.getrgb(material.colour)
    return Piece(piece.width, piece.height, piece.corner_radius, surface[:3], frosting[:3])


def _manifest(report: Report, material: Material, spec: Spec, bead: Bead) -> dict[str, Any]:
    box = report.marks
    allergens = {name: frozenset(entry.allergens) for name, entry in spec.materials.items()}
    return {
        "bounds": [round(v, 3) for v in (box.x0, box.y0, box.z0, box.x1, box.y1, box.z1)] if box else None,
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: {"volume": round(report.volume, 1)}},
        "allergens": sorted(spec.product.contains(spec.options, allergens)),
        "bead": {"height": bead.height, "pitch": bead.pitch, "line_width": bead.line_width},
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
    }
