"""From a specification to what is laid out: material, recipe, fields in their zones, and the last look at the bytes.

What processes share; none of it knows a firmware. Whatever a person must mend is raised as Problems.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
from PIL import Image, ImageColor

from fulfillment.cad import CadError, CadRefused, Template
from fulfillment.cad.template import Lit
from fulfillment.catalog import ModelField, Product
from fulfillment.catalog.parameters import Values
from fulfillment.config import Machine, Material
from fulfillment.fields import Craft, Refused, laid
from fulfillment.fields.written import SAMPLE, value_of
from fulfillment.machines import NO_HEAT, Heat, dialect_of, limits_of, spoken
from fulfillment.meshes import Unit
from fulfillment.processes import UNDER, Problems, Spec
from gcode.design import Design, Layer, Turn, Zone
from gcode.geometry import Transform, rectangle
from gcode.preflight import Report, check
from gcode.proof import Piece
from gcode.surface import EDGE, Surface, strays

REACH: Final = 5.0
"""mm: an artifact's reach is rounded up to this, so that like designs have like needs."""

AROUND: Final = 1.0
"""mm around the zone of a body in which it is not looked for an edge."""

FACTORY: Final = "The customer did nothing wrong: see to it, then correct the unit, its fields as they are."
"""The mend of what is the factory's."""

NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})

R = TypeVar("R")


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


def design(spec: Spec, files: Mapping[str, bytes], craft: Craft) -> Design:
    """The fields of this operation laid out in their zones. Raises Problems with all that is wrong."""
    product = spec.product
    sent: dict[str, str | bytes] = {**spec.fields, **files}
    surface = _surface(spec)
    problems: list[dict[str, str]] = []
    layers: list[Layer] = []
    for name in product.route[spec.operation].fields:
        field = product.fields[name]
        value = value_of(field, sent.get(name), spec.facts or SAMPLE)
        if value is None:
            continue
        zone, turn = _zone(spec, field.zone), _turn(product, field.zone)
        try:
            upright = laid(
                value, field, turn.upright(zone), replace(craft, seed=_seed(spec, name), unit=_unit(spec, field))
            )
            content = turn.placed(upright, zone)
        except Refused as refused:
            problems.append({"field": name, "reason": refused.reason, "mend": refused.mend})
            continue
        for what in strays(content, surface, craft.line_width):
            over = "the edge of the piece" if what == EDGE else what
            reason = f"{field.title} would reach over {over}, where nothing can be made."
            problems.append({"field": name, "reason": reason, "mend": "Please shorten it, or choose another layout."})
        layers.append(Layer(name, zone, content))
    if problems:
        raise Problems(problems)
    if not layers:
        titles = " or ".join(product.fields[name].title for name in product.route[spec.operation].fields)
        raise problem(f"Nothing was sent that could be made: {titles}.", "Please send one of them.")
    return Design(tuple(layers))


def _seed(spec: Spec, field: str) -> int:
    """What a hand that writes this field of this unit is made of; every unit has its own."""
    unit = str((spec.facts or SAMPLE).get("unit", ""))
    return int.from_bytes(hashlib.sha256(f"{unit}/{spec.operation}/{field}".encode()).digest()[:8])


def _unit(spec: Spec, field: Any) -> Unit | None:
    return field.unit(spec.options) if isinstance(field, ModelField) else None


def _zone(spec: Spec, name: str) -> Zone:
    """A zone of the piece as it was chosen: a template's own follows the values of its body, and on the piece's mirror
    image it lies on the other side."""
    body = body_of(spec)
    if body is not None and (own := body.template.zone(body.values)).name == name:
        return own
    box, width = spec.product.zones[name], spec.product.piece.width
    x = width - box.x - box.width if spec.product.mirrored(spec.options) else box.x
    return Zone(name, x, box.y, box.width, box.height)


@dataclass(frozen=True, slots=True)
class ChosenBody:
    """A template with all of its values, as an order chose them."""

    name: str
    template: Template
    values: Values

    @property
    def lit(self) -> Lit | None:
        """Where it is looked at against the light."""
        return self.template.lit(self.values) if self.template.lit else None

    @property
    def said(self) -> dict[str, Any]:
        """For a manifest."""
        return {"template": self.name, "values": dict(self.values)}

    @property
    def notes(self) -> tuple[str, ...]:
        return ()


def body_of(spec: Spec) -> ChosenBody | None:
    """The body that is printed; None for a blank. Raises Problems with what of its values cannot be built."""
    product = spec.product
    if product.body is None or product.body.template is None:
        return None
    name = product.body.template
    try:
        template = spec.shelf.template(name)
        values = template.checked(product.body_values(spec.options, spec.parameters))
    except CadError as error:
        raise refused_body(spec.product, error) from None
    return ChosenBody(name, template, values)


def refused_body(product: Product, error: CadError) -> Problems:
    """Why a body cannot be made, for its customer where it is the order, else for the factory."""
    if not isinstance(error, CadRefused):
        return problem(f"The body of {product.title} cannot be made: {error}", FACTORY)
    said = product.body.values if product.body else {}
    found = []
    for one in error.conflicts:
        named = said.get(one.parameter)
        found.append({"field": named if isinstance(named, str) else "", "reason": one.reason, "mend": one.mend})
    return Problems(found)


def _turn(product: Product, zone: str) -> Turn:
    box = product.zones[zone]
    return Turn(box.turn, box.mirrored)


def _surface(spec: Spec) -> Surface:
    """Where the piece as it was chosen has surface. A body's size follows its values: around its zone there is some,
    and whether its face carries the content is told where that is put on it (``gcode.shaping.dress``)."""
    product, body = spec.product, body_of(spec)
    edge, *holes = product.piece.edges()
    if body is not None:
        box = body.template.zone(body.values).bounds
        edge = rectangle(box.x0 - AROUND, box.y0 - AROUND, box.x1 + AROUND, box.y1 + AROUND)
    openings = {f"a hole ({number})": hole for number, hole in enumerate(holes, start=1)}
    openings |= {one.title: rectangle(*one.box(spec.parameters)) for one in product.openings.values()}
    if product.mirrored(spec.options):
        turn = Transform(a=-1.0, e=product.piece.width)
        return Surface(turn(edge), {name: turn(contour) for name, contour in openings.items()})
    return Surface(edge, openings)


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


def reach_of(report: Report, product: Product) -> tuple[float, float, float]:
    """The far corner of all motion, rounded up; where the jig has pockets, at least of its last one: pieces that are
    made together need a machine that reaches all of it, whatever is on each."""
    box = report.motion
    corner = (box.x1, box.y1, box.z1) if box else (0.0, 0.0, 0.0)
    if pockets := product.jig.pockets:
        last = product.jig.at(pockets.count)
        far = (last[0] + product.piece.width, last[1] + product.piece.height, 0.0)
        corner = (max(corner[0], far[0]), max(corner[1], far[1]), corner[2])
    x, y, z = (math.ceil(value / REACH) * REACH for value in corner)
    return x, y, z


def bounds_of(report: Report) -> list[float] | None:
    """Of what is laid, burnt or drawn, in machine coordinates."""
    box = report.marks
    return [round(v, 3) for v in (box.x0, box.y0, box.z0, box.x1, box.y1, box.z1)] if box else None


def piece_of(spec: Spec, material: Material, files: Mapping[str, bytes] = NOTHING) -> Piece:
    """The piece as it was chosen, as the proof shows it: with what lies on it already, where ``files`` hold that, and
    the colour of what is laid, burnt or drawn on it."""
    piece, surface = spec.product.piece, _surface(spec)
    colour, mark = ImageColor.getrgb(spec.product.colour(spec.options)), ImageColor.getrgb(material.colour)
    edges = (surface.edge, *surface.openings.values())
    under = np.asarray(Image.open(io.BytesIO(files[UNDER])).convert("RGB")) if UNDER in files else None
    return Piece(piece.width, piece.height, piece.corner_radius, colour[:3], mark[:3], edges=edges, under=under)


def stamp_of(spec: Spec, material: Material, files: Mapping[str, bytes]) -> str:
    """A digest of what the proof shows and the moves do not say. Bytes are kept once, with one proof and one manifest:
    the same name in another colour, or over another photo, must be other bytes."""
    below = hashlib.sha256(files.get(UNDER, b"")).hexdigest()
    said = [material.name, material.colour, spec.product.colour(spec.options), sorted(spec.options.items()), below]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def marks_light(spec: Spec, material: Material) -> bool:
    """Whether what is laid or burnt is lighter than the piece: it then makes the light of a photo, not its dark."""
    return _lightness(material.colour) > _lightness(spec.product.colour(spec.options))


def _lightness(colour: str) -> float:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return 0.299 * red + 0.587 * green + 0.114 * blue
