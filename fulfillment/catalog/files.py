"""Fields that bring their own shapes: a customer's drawing or solid, a QR code, and what the factory calls a unit."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from fulfillment.catalog.lettering import HAND, TextField
from fulfillment.catalog.words import Name as Named
from fulfillment.catalog.words import PositiveMm, Title
from fulfillment.meshes.units import NAMED, Unit
from fulfillment.positions import Mend, Written, closest

IDENTITY: Final = ("unit", "order", "number")
"""What a template may say of a unit: its code on the slip, the shop's order number, which one of the line it is."""
TEXT: Final = "text"
"""What a template may say of the customer: the words that were sent for the field."""


def named(template: str) -> list[str]:
    """The names in braces, in their order. ValueError where a brace is left open."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def _template(known: Collection[str]) -> AfterValidator:
    def check(value: str) -> str:
        try:
            parsed = list(string.Formatter().parse(value))
        except ValueError:
            raise Mend(
                "A brace is left open.", "Write names in braces, such as {unit}; a brace itself is {{."
            ) from None
        for _, name, form, turn in parsed:
            if name is not None and (name not in known or form or turn):
                raise Mend(f"{{{name}}} is not known here.", closest(name, known, "Names are"))
        return value

    return AfterValidator(check)


OfCode = Annotated[str, Field(min_length=1, max_length=200), _template((TEXT, *IDENTITY))]
OfUnit = Annotated[str, Field(min_length=1, max_length=80), _template(IDENTITY)]


class DrawingField(Written):
    type: Literal["drawing"]
    """A drawing that the customer sends, as SVG or DXF."""
    title: Title
    """What the shop's page calls it."""
    zone: Named
    """The zone that it fills."""
    required: bool = True
    """Whether a piece can be made without it."""
    size: Literal["fit", "true", "cover"] = "fit"
    """`fit`: as large as its zone holds all of it. `true`: as large as its file says, and refused where its zone is
    smaller. `cover`: as large as it takes to fill its zone; what hangs over is cut off."""
    align: Literal["left", "centre", "right"] = "centre"
    """Where it lies across its zone."""
    vertical: Literal["bottom", "centre", "top"] = "centre"
    """Where it lies along the height of its zone."""
    rotation: Annotated[float, Field(ge=-360, le=360)] = 0.0
    """Degrees that it is turned by, to the left."""
    mirror: bool = False
    """Whether it is made as in a mirror: for stamps, or on the back of something transparent."""
    lines: Literal["centre", "width"] = "centre"
    """What becomes of lines wider than the tool's: one line along the middle, or the whole width as a surface."""


Format = Literal["stl", "3mf", "obj"]
FORMATS: Final[frozenset[Format]] = frozenset(("stl", "3mf", "obj"))
BY_FILE: Final = "file"
"""The choice of a unit that leaves it to the file."""


class ModelField(Written):
    type: Literal["model"]
    """A solid that the customer sends, as STL, 3MF or OBJ; the product's `body` names it."""
    title: Title
    """What the shop's page calls it."""
    zone: Named
    """The zone in whose middle it stands, as it was drawn; larger than that it may not be."""
    tallest: PositiveMm
    """How tall it may be."""
    required: bool = True
    """Whether a piece can be made without it."""
    formats: frozenset[Format] = Field(default=FORMATS, min_length=1)
    """Kinds of files that are taken."""
    unit_from: Named | None = None
    """The option whose choice says in which unit a file was drawn that says none (STL, OBJ): micron, millimeter,
    centimeter, inch, foot, meter, or file where that is left to it; none, and file: in mm, which is told."""

    def unit(self, options: Mapping[str, str]) -> Unit | None:
        """What these choices say of it."""
        return NAMED.get(options.get(self.unit_from or "", BY_FILE))


class PdfField(Written):
    type: Literal["pdf"]
    """A page that the customer sends as a PDF, printed as it is: a press lays it in its zone (docs/pdfs.md)."""
    title: Title
    """What the shop's page calls it."""
    zone: Named
    """The zone whose size it has; where that ends at the edge of the piece, the page goes on beyond it as bleed."""
    required: bool = True
    """Whether a piece can be made without it."""


class CodeField(Written):
    type: Literal["code"]
    """A QR code."""
    title: Title
    """What the shop's page calls it."""
    zone: Named
    """The zone that it fills, with its quiet edge."""
    content: OfCode = "{text}"
    """What it says: {text} is what the customer wrote, {unit} the unit's code, {order} the shop's number of the order,
    {number} which one of its line it is; such as `https://example.com/u/{unit}`."""
    required: bool = True
    """Whether a piece can be made without it, where the customer writes it."""
    max_characters: int = Field(default=120, ge=1, le=500)
    """Length at most of what the customer writes, in characters."""
    min_module: PositiveMm = 0.5
    """Least side of one of its squares; it is never less than two lines of the tool."""
    quiet: int = Field(default=4, ge=2, le=10)
    """Squares that stay bare around it; 4 are the standard's."""
    correction: Literal["L", "M", "Q", "H"] = "M"
    """How much of it may be damaged and still be read: 7, 15, 25 or 30 %."""

    @property
    def asks(self) -> bool:
        """Whether the customer writes a part of it."""
        return TEXT in named(self.content)


class SerialField(Written):
    type: Literal["serial"]
    """What the factory calls the unit, in letters; the customer sends nothing for it."""
    title: Title
    """What screens call it."""
    zone: Named
    """The zone that it fills."""
    content: OfUnit = "{unit}"
    """What it says: {unit} is the unit's code, {order} the shop's number of the order, {number} which one of its line
    it is; such as `No. {number}`."""
    min_height: PositiveMm
    """Height of the capitals below which it is refused instead of shrunk."""
    max_height: PositiveMm = 1000
    """Height of the capitals beyond which it is not enlarged."""
    align: Literal["left", "centre", "right"] = "centre"
    """Where it begins, where it does not fill its zone."""

    @property
    def required(self) -> bool:
        """The customer is never asked for it."""
        return False


def by_factory(field: Any) -> bool:
    """Whether the factory writes all of it, so that the customer is not asked."""
    return isinstance(field, SerialField) or (isinstance(field, CodeField) and not field.asks)


def identity(fields: Collection[Any]) -> frozenset[str]:
    """What these fields say of a unit's identity: names of IDENTITY."""
    templates = [field.content for field in fields if isinstance(field, CodeField | SerialField)]
    said = frozenset(name for template in templates for name in named(template)) & frozenset(IDENTITY)
    # No two units are written by the same hand, and a remake by the hand of the first.
    by_hand = any(isinstance(field, TextField) and field.font == HAND for field in fields)
    return said | {"unit"} if by_hand else said
