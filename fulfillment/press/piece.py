"""One piece as it shall be printed: photos and outlines on its two sides, laid out in mm and told in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

from fulfillment.catalog import PdfField, PhotoField, PressRecipe, Product
from fulfillment.catalog.models import Box
from fulfillment.designs import design, problem
from fulfillment.fields import Craft, Refused
from fulfillment.fields.written import SAMPLE, value_of
from fulfillment.press import guests, pictures, shapes
from fulfillment.press.colour import Colours, Ink
from fulfillment.press.guests import Placed
from fulfillment.press.pictures import Picture
from fulfillment.processes import Problems, Spec
from gcode.design import Drawing, Zone
from gcode.hatch import grown
from gcode.mask import contour

Side = Literal["front", "back"]
TOUCHES = 0.01
"""mm: a zone that ends so near to the trim goes on beyond it."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A drawing in one colour."""

    drawing: Drawing
    colour: str
    ink: Ink


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The content of a field on a side of the piece."""

    field: str
    zone: Zone
    side: Side
    content: Picture | Painted | Placed

    @property
    def shape(self) -> Picture | Placed | Drawing:
        return self.content.drawing if isinstance(self.content, Painted) else self.content


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """All of it; ``edge``: what a cutter leaves of each copy."""

    code: str
    parts: tuple[Part, ...]
    edge: BaseGeometry | None
    notes: tuple[str, ...] = ()
    grounds: Mapping[Side, Ink] = field(default_factory=dict)
    colours: Mapping[Side, str] = field(default_factory=dict)
    """Of the grounds, as they are to be seen."""

    def on(self, side: Side) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.side == side)

    @property
    def pictures(self) -> list[Picture]:
        return [part.content for part in self.parts if isinstance(part.content, Picture)]

    def told(self) -> dict[str, Any]:
        """For the manifest."""
        photos = {part.field: part.content.told() for part in self.parts if isinstance(part.content, Picture)}
        pages = {part.field: part.content.told() for part in self.parts if isinstance(part.content, Placed)}
        return {"photos": photos} | ({"pdfs": pages} if pages else {})


def sides_of(product: Product, operation: str, recipe: PressRecipe) -> tuple[Side, ...]:
    """The sides that an operation prints, whatever a customer leaves out: a sheet is turned for all of its pieces."""
    used = {product.zones[product.fields[name].zone].side for name in product.route[operation].fields}
    return ("front", "back") if "back" in used or "back" in recipe.grounds else ("front",)


def laid_out(spec: Spec, files: Mapping[str, bytes], recipe: PressRecipe, colours: Colours) -> Piece:
    """Everything that a customer sent, in its place. Raises Problems with all that is wrong."""
    product, problems = spec.product, list[dict[str, str]]()
    parts: dict[str, Part] = {}
    notes: list[str] = []
    names = product.route[spec.operation].fields
    try:
        for layer in _lettering(spec, files, recipe):
            colour = recipe.inks.get(layer.field) or product.ink(spec.options) or recipe.ink
            assert isinstance(layer.content, Drawing)  # noqa: S101  (photos are not asked for)
            large = colours.mixes_black(colour) and _large(layer.content, colours.profile.black.rich_from)
            ink = colours.ink(colour, large=large)
            side = product.zones[product.fields[layer.field].zone].side
            parts[layer.field] = Part(layer.field, layer.zone, side, Painted(layer.content, colour, ink))
            notes += [f"{layer.field}: {note}" for note in layer.content.notes]
    except Problems as found:
        problems += found.problems
    for name in names:
        asked = product.fields[name]
        if isinstance(asked, PdfField) and name in files:
            box = product.zones[asked.zone]
            zone = _zone(asked.zone, box, product, colours.profile.bleed)
            page, said, wrong = guests.laid(asked.title, files[name], box, zone, colours)
            problems += [{"field": name, "reason": one.reason, "mend": one.mend} for one in wrong]
            notes += [f"{name}: {one}" for one in said]
            if page is not None:
                parts[name] = Part(name, zone, box.side, page)
            continue
        if not isinstance(asked, PhotoField) or name not in files:
            continue
        box = product.zones[asked.zone]
        zone = _zone(asked.zone, box, product, colours.profile.bleed)
        mask = contour(asked.mask, box.x, box.y, box.width, box.height) if asked.mask else None
        try:
            picture, said = pictures.laid(asked.title, files[name], zone, colours, mask)
        except Refused as refused:
            problems.append({"field": name, "reason": refused.reason, "mend": refused.mend})
            continue
        parts[name] = Part(name, zone, box.side, picture)
        notes += [f"{name}: {one}" for one in said]
    if problems:
        raise Problems(problems)
    if not parts:
        titles = " or ".join(product.fields[name].title for name in names)
        raise problem(f"Nothing was sent that could be printed: {titles}.", "Please send one of them.")
    ordered = tuple(parts[name] for name in names if name in parts)
    grounds = {side: colours.ink(colour, large=True) for side, colour in recipe.grounds.items()}
    code = str((spec.facts or SAMPLE).get("unit", SAMPLE["unit"]))
    return Piece(code, ordered, _edge(product, recipe, ordered), tuple(notes), grounds, recipe.grounds)


def _lettering(spec: Spec, files: Mapping[str, bytes], recipe: PressRecipe) -> Sequence[Any]:
    """All but photos and pages, as outlines and lines."""
    product = spec.product
    sent: dict[str, str | bytes] = {**spec.fields, **files}
    photos = {name for name, one in product.fields.items() if isinstance(one, PhotoField | PdfField)}
    facts = spec.facts or SAMPLE
    rest = [name for name in product.route[spec.operation].fields if name not in photos]
    if all(value_of(product.fields[name], sent.get(name), facts) is None for name in rest):
        return ()
    others = {name: data for name, data in files.items() if name not in photos}
    return design(spec, others, Craft(recipe.line_width, fills=True)).layers


def _large(drawing: Drawing, thick: float) -> bool:
    """Whether any of its letters or shapes is so thick (mm)."""
    return bool(drawing.outlines) and bool(grown(drawing.outlines, -thick / 2))


def _zone(name: str, box: Box, product: Product, bleed: float) -> Zone:
    """A photo's zone, with the bleed at those sides where it ends at the trim."""
    if box.turn or box.mirrored:
        raise problem(
            f"The zone {name!r} turns a photo, which is not printed yet.", "Take turn and mirrored out of it."
        )
    piece = product.piece
    left, low = (bleed if edge < TOUCHES else 0.0 for edge in (box.x, box.y))
    right = bleed if piece.width - box.x - box.width < TOUCHES else 0.0
    high = bleed if piece.height - box.y - box.height < TOUCHES else 0.0
    return Zone(name, box.x - left, box.y - low, box.width + left + right, box.height + low + high)


def _edge(product: Product, recipe: PressRecipe, parts: Sequence[Part]) -> BaseGeometry | None:
    cut = recipe.cut
    if cut is None:
        return None
    box = product.zones[cut.zone] if cut.zone else None
    zone = Zone("cut", box.x, box.y, box.width, box.height) if box else None
    found = shapes.edge(cut, zone, [part.shape for part in parts if part.side == "front"], recipe.line_width)
    return None if found.is_empty else found
