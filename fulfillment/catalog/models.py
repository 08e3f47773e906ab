"""What a product is. Coordinates: mm from the piece's lower-left corner, x to the right, y away from the person."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fulfillment.catalog.allergens import Allergen
from fulfillment.catalog.body import Body
from fulfillment.catalog.files import BY_FILE, CodeField, DrawingField, ModelField, PdfField, SerialField
from fulfillment.catalog.jigs import PLATED, TOGETHER, Jig, Plate, Pockets
from fulfillment.catalog.lettering import MonogramField, TextField
from fulfillment.catalog.lines import AnyRecipe
from fulfillment.catalog.mill import MillRecipe
from fulfillment.catalog.parameters import Opening, Parameter, Rule, unknown
from fulfillment.catalog.press import PressRecipe
from fulfillment.catalog.press import unknown as unknown_of_press
from fulfillment.catalog.recipes import Pour, Prime, Recipe, Wipe
from fulfillment.catalog.words import Colour, Mm, Name, Outline, PositiveMm, Process, Seconds, Title
from fulfillment.meshes.units import UNITS
from fulfillment.positions import Mend, Unit, Written, closest, refuse
from gcode.geometry import Line, rectangle
from gcode.outline import contours


class Box(Written):
    """An upright rectangle on the piece."""

    x: Mm
    """Left edge."""
    y: Mm
    """Lower edge."""
    width: PositiveMm
    """Extent in x."""
    height: PositiveMm
    """Extent in y."""
    turn: Literal[0, 90, 180, 270] = 0
    """Degrees that its content is turned by, to the left: 90 reads from the front to the back."""
    mirrored: bool = False
    """Whether its content is made as in a mirror: for stamps, or on the back of something transparent."""
    side: Literal["front", "back"] = "front"
    """Of a piece of paper: the side that it is printed on."""

    @property
    def lines_high(self) -> float:
        """mm that lines of a text have above each other."""
        return self.width if self.turn % 180 else self.height

    def overlaps(self, other: Box) -> bool:
        """Whether the two share area of one side; touching edges do not."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        along = self.y < other.y + other.height and other.y < self.y + self.height
        return self.side == other.side and across and along


class Piece(Written):
    """The blank that the customer's content goes on."""

    width: PositiveMm
    """Extent in x."""
    height: PositiveMm
    """Extent in y."""
    thickness: PositiveMm
    """Height of the surface over the bed."""
    unevenness: Annotated[float, Unit("mm"), Field(ge=0, le=20)] = 0.0
    """How far places of the surface may be higher or lower than that; above 0 the machine measures each piece with a
    probe before it lays anything on it, and follows its heights."""
    corner_radius: Mm = 0.0
    """Radius of the outline's corners."""
    diameter: PositiveMm | None = None
    """Of a cylinder: the piece is then its unrolled surface, x round it from seam to seam, y along its axis. Nothing
    crosses the seam. The jig says where its lower edge lies in X, and its seam in Y, in units of the rotary."""
    outline: Outline | None = None
    """The edge and then the holes, where the piece is no rectangle: a path of M, L, Q, C and Z in mm, as SVG has it."""
    colour: Colour
    """Colour of the surface, for the proof."""

    @model_validator(mode="after")
    def _goes_round(self) -> Self:
        if self.diameter is not None and abs(self.width - math.pi * self.diameter) > 0.5:
            mend = f"Write width: {math.pi * self.diameter:.2f} mm, or mend the diameter."
            raise Mend(f"A cylinder of {self.diameter:g} mm is not {self.width:g} mm round.", mend, ("width",))
        return self

    @model_validator(mode="after")
    def _outline_fits(self) -> Self:
        if self.outline is not None:
            edge = contours(self.outline)[0]
            if edge.min() < -0.01 or (edge.max(axis=0) > (self.width + 0.01, self.height + 0.01)).any():
                size = f"{self.width:g} x {self.height:g} mm"
                (x0, y0), (x1, y1) = edge.min(axis=0), edge.max(axis=0)
                spans = f"x {x0:.2f} to {x1:.2f}, y {y0:.2f} to {y1:.2f}"
                mend = "Move it, or enlarge the piece."
                raise Mend(f"The outline spans {spans} mm, beyond the piece of {size}.", mend, ("outline",))
        return self

    def edges(self) -> tuple[Line, ...]:
        """The outline and the holes as closed contours in mm."""
        if self.outline is not None:
            return contours(self.outline)
        return (rectangle(0.0, 0.0, self.width, self.height, self.corner_radius),)


class PhotoField(Written):
    type: Literal["photo"]
    """A picture that the customer sends."""
    title: Title
    """What the shop's page calls it."""
    zone: Name
    """The zone that it fills."""
    required: bool = True
    """Whether a piece can be made without it."""
    min_pixels: int = Field(default=200, ge=16, le=10_000)
    """Pixels that the shorter side must have."""
    mask: Literal["ellipse", "rounded", "heart"] | None = None
    """The shape that it is cut to in its zone; none: it fills the zone."""


AnyField = Annotated[
    PhotoField | TextField | MonogramField | DrawingField | ModelField | PdfField | CodeField | SerialField,
    Field(discriminator="type"),
]
"""What a customer may be asked for, or what the factory writes itself."""


class Choice(Written):
    title: Title
    """What the shop's page calls it."""
    allergens: frozenset[Allergen] = frozenset()
    """What this choice brings into the piece."""
    inside: bool = False
    """Whether that is sealed inside of the piece, so that it does not touch the machine."""
    material: Name | None = None
    """The material that this choice stands for, by its name in config.yaml."""
    colour: Colour | None = None
    """The colour that this choice gives to the piece's surface, for the proof."""
    ink: Colour | None = None
    """The colour in which a press prints texts and drawings with this choice."""
    mirrored: bool = False
    """Whether the piece is then the mirror image, left for right: zones and openings change sides, content does not."""
    values: Mapping[Name, Annotated[float, Unit("mm")]] = Field(default_factory=dict)
    """Values of the body's template that this choice sets, such as those of a size."""


class Option(Written):
    title: Title
    """What the shop's page calls it."""
    choices: Mapping[Name, Choice] = Field(min_length=1)
    """What the customer picks from."""
    default: Name | None = None
    """What is taken where the order says nothing; none: the order must say it."""


class Example(Written):
    """What a customer may send, for trying the product out."""

    fields: Mapping[Name, str] = Field(default_factory=dict)
    """Texts by the field's name; of a file its name among the demo's files."""
    options: Mapping[Name, str] = Field(default_factory=dict)
    """Choices and parameters."""
    together: tuple[str, ...] = ()
    """What the first field says on each piece of a jig, pocket by pocket."""


class Operation(Written):
    process: Process | None = None
    """What makes it; none: a person does it."""
    title: Title
    """What the screens call it."""
    material_from: Name | None = None
    """The option whose choice names the material."""
    fields: tuple[Name, ...] = ()
    """The fields that this operation makes physical."""
    cuts_out: bool = False
    """Whether the tool cuts the piece and its holes out of a sheet at the end, as the recipe's `cut` says."""
    after: frozenset[Name] = frozenset()
    """Operations that must be done before."""
    longest: Annotated[Seconds, Field(gt=0)] = 6 * 3600.0
    """The most time that one piece may take on its machine, by the estimate; what takes longer is refused."""
    paper: Name | None = None
    """Of process document: which paper is printed, by the name of its template; none: the packing slip."""

    @model_validator(mode="after")
    def _papers_are_documents(self) -> Self:
        if self.paper and self.process != "document":
            raise Mend(f"{self.process or 'A person'} prints no paper.", "Write process: document.", ("paper",))
        return self


class Product(Written):
    """A catalog entry. It names needs, never a machine."""

    name: Name
    """The product's name, which is also the name of its file."""
    title: Title
    """What screens and slips call it."""
    allergens: frozenset[Allergen] = frozenset()
    """What every piece contains, whatever is chosen."""
    piece: Piece
    """The blank."""
    body: Body | None = None
    """The solid, where a printer makes the piece itself; the piece then says how large it is by default."""
    jig: Jig
    """Where pieces lie on the bed."""
    prime: Prime | None = None
    """A line beside the piece, in the piece's coordinates, that fills the nozzle; may be negative."""
    wipe: Wipe | None = None
    """A line beside the piece that clears the nozzle at the end."""
    pour: Pour | None = None
    """How the machine pours the piece itself, where it is no blank."""
    zones: Mapping[Name, Box] = Field(min_length=1)
    """Rectangles on the piece that content may fill."""
    fields: Mapping[Name, AnyField]
    """Personalization: what the customer sends."""
    options: Mapping[Name, Option] = Field(default_factory=dict)
    """Customization: what the customer picks."""
    parameters: Mapping[Name, Parameter] = Field(default_factory=dict)
    """Configuration: numbers that the customer sets."""
    rules: tuple[Rule, ...] = ()
    """What parameters must be with regard to each other."""
    openings: Mapping[Name, Opening] = Field(default_factory=dict)
    """Where the piece has no surface that content could be made on."""
    example: Example = Example()
    """An order that can be made, for pictures and for trying the product out."""
    route: Mapping[Name, Operation] = Field(min_length=1)
    """The operations that make a unit, as a graph."""
    recipes: Mapping[Name, AnyRecipe] = Field(default_factory=dict)
    """How material is laid down, burnt or drawn, by the kind of the material."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        refuse(
            (
                *self._measured_pieces_can_be(),
                *self._zones_fit(),
                *self._is_beside("prime", self.prime),
                *self._is_beside("wipe", self.wipe),
                *self._pockets_fit(),
                *self._plate_is_printed(),
                *self._fields_have_zones(),
                *self._models_can_be(),
                *self._pdfs_can_be(),
                *self._options_agree(),
                *self._route_is_a_graph(),
                *unknown(self.parameters, self.rules, self.openings),
                *self._bodies_can_be(),
                *self._press_can_be(),
            )
        )
        return self

    def _measured_pieces_can_be(self) -> Iterator[Mend]:
        if not self.piece.unevenness:
            return
        at = ("piece", "unevenness")
        if self.pour or self.piece.diameter is not None:
            what = "poured" if self.pour else "turned"
            yield Mend(f"A piece that is {what} has no surface to be measured.", "Take unevenness out.", at)
        if self.piece.unevenness >= self.piece.thickness:
            yield Mend("The surface would sink below the bed.", "Lower unevenness, or mend the thickness.", at)
        layered = [name for name, one in self.recipes.items() if isinstance(one, Recipe) and one.layers > 1]
        for name in layered:
            mend = "Write layers: 1, or take unevenness out."
            yield Mend("Layers on an uneven piece are not made yet.", mend, ("recipes", name, "layers"))

    def _bodies_can_be(self) -> Iterator[Mend]:
        """What is printed has a body. Whether its template can build it is looked at with the factory's templates."""
        if self.body is not None:
            yield from self.body.unknown(self.parameters)
            return
        for name, operation in self.route.items():
            if operation.process == "fdm":
                mend = "Add body: with the template that the piece is printed from."
                yield Mend("What is printed has a body, and this product says none.", mend, ("route", name, "process"))
        for option, one in self.options.items():
            for choice, picked in one.choices.items():
                if picked.values:
                    at = ("options", option, "choices", choice, "values")
                    yield Mend("There is no body whose values could be set.", "Add body:, or take them out.", at)

    def _press_can_be(self) -> Iterator[Mend]:
        printed = any(one.process == "press" for one in self.route.values())
        for kind, recipe in self.recipes.items():
            if isinstance(recipe, PressRecipe):
                yield from unknown_of_press(recipe, kind, self.fields.keys(), self.zones.keys())
        for name, zone in self.zones.items():
            if zone.side == "back" and not printed:
                mend = "Take side out, or print it: process: press."
                yield Mend("Only paper has a back that can be printed.", mend, ("zones", name, "side"))

    def _zones_fit(self) -> Iterator[Mend]:
        for name, zone in self.zones.items():
            if zone.x + zone.width > self.piece.width or zone.y + zone.height > self.piece.height:
                size = f"{self.piece.width:g} x {self.piece.height:g} mm"
                yield Mend(
                    f"The zone {name!r} reaches beyond the piece of {size}.",
                    "Move it or make it smaller.",
                    ("zones", name),
                )
        for (one, a), (other, b) in combinations(self.zones.items(), 2):
            if a.overlaps(b):
                yield Mend(f"The zones {one!r} and {other!r} overlap.", "Move one of them.", ("zones", other))

    def _pockets_fit(self) -> Iterator[Mend]:
        """Pieces do not overlap, and every tool that finds them in the jig can make them there."""
        pockets = self.jig.pockets
        if pockets is None:
            return
        sides = (("x_step", pockets.columns, self.piece.width), ("y_step", pockets.rows, self.piece.height))
        for key, count, size in sides:
            if count > 1 and getattr(pockets, key) < size:
                mend = f"Write at least {size:g} mm, the piece's own."
                yield Mend("Pieces in neighbouring pockets would overlap.", mend, ("jig", "pockets", key))
        alone = {"pour": self.pour, "diameter": self.piece.diameter, "unevenness": self.piece.unevenness}
        for what in (name for name, value in alone.items() if value):
            mend = "Leave out `pockets`: such a piece is made by itself."
            yield Mend(f"A piece with {what} is not made with others.", mend, ("jig", "pockets"))
        for kind, recipe in self.recipes.items():
            if isinstance(recipe, MillRecipe):
                mend = "Leave out `pockets`, or burn it with a laser."
                yield Mend("A spindle carves one piece at a time.", mend, ("recipes", kind))
        for name, operation in self.route.items():
            if operation.process not in (None, "document", *TOGETHER):
                mend = f"Leave out `pockets`; {', '.join(sorted(TOGETHER))} make several pieces in one program."
                yield Mend(f"{operation.process} makes one piece at a time.", mend, ("route", name, "process"))

    def _plate_is_printed(self) -> Iterator[Mend]:
        """Some operation makes pieces side by side."""
        if self.jig.bed is not None and not any(one.process in PLATED for one in self.route.values()):
            mend = f"Leave out `bed`; {', '.join(sorted(PLATED))} makes pieces side by side."
            yield Mend("Nothing of this product is made side by side on a bed.", mend, ("jig", "bed"))
        if self.jig.bed is not None and self.body is not None and self.body.model is not None:
            mend = "Leave out `bed`: such a body may need another slicer, or supports."
            yield Mend("Customers' own bodies are printed one at a time.", mend, ("jig", "bed"))

    def room(self, operation: str) -> Pockets | Plate | None:
        """Where an operation is made for several pieces at once; None: each is made by itself."""
        process = self.route[operation].process
        if process in PLATED:
            return self.jig.bed
        return self.jig.pockets if process in TOGETHER else None

    def _is_beside(self, key: str, line: Prime | Wipe | None) -> Iterator[Mend]:
        if line is None:
            return
        left, right = sorted((line.x0, line.x1))
        low, high = sorted((line.y0, line.y1))
        # From the lower left corner of the first piece to the far one of the last.
        dx, dy = self.jig.pockets.at(self.jig.pockets.count) if self.jig.pockets else (0.0, 0.0)
        if left < self.piece.width + dx and right > 0 and low < self.piece.height + dy and high > 0:
            mend = "Lay it beside the piece, such as at x0: -15, x1: -15."
            yield Mend(f"The {key} line crosses the piece.", mend, (key,))
        if self.jig.x + left < 0 or self.jig.y + low < 0:
            yield Mend(f"The {key} line lies outside of the machine.", "Move it, or move the jig.", (key,))

    def _fields_have_zones(self) -> Iterator[Mend]:
        for name, field in self.fields.items():
            at = ("fields", name, "zone")
            if field.zone not in self.zones:
                yield Mend(f"No zone is called {field.zone!r}.", closest(field.zone, self.zones, "Zones are"), at)
            elif isinstance(field, TextField | SerialField) and field.min_height > self.zones[field.zone].lines_high:
                at = ("fields", name, "min_height")
                yield Mend("The letters would be higher than their zone.", "Lower min_height or raise the zone.", at)

    def _models_can_be(self) -> Iterator[Mend]:
        """A customer's model is the body of the piece, and its unit can be said."""
        wanted = self.body.model if self.body is not None else None
        models = {name: field for name, field in self.fields.items() if isinstance(field, ModelField)}
        if wanted is not None and wanted not in models:
            mend = closest(wanted, models, "Fields of that type are") if models else "Add one of the type model."
            yield Mend(f"No field of the type model is called {wanted!r}.", mend, ("body", "model"))
        for name, field in models.items():
            if wanted is None:
                mend = f"Add body: {{ model: {name} }}."
                yield Mend("A customer's model is only made as the body of its piece.", mend, ("fields", name, "type"))
            if field.unit_from is None:
                continue
            option = self.options.get(field.unit_from)
            if option is None:
                mend = closest(field.unit_from, self.options, "Options are")
                yield Mend(f"No option is called {field.unit_from!r}.", mend, ("fields", name, "unit_from"))
                continue
            for choice in option.choices.keys() - {*UNITS, BY_FILE}:
                at = ("options", field.unit_from, "choices", choice)
                yield Mend(f"No unit is called {choice!r}.", closest(choice, (*UNITS, BY_FILE), "Units are"), at)

    def _pdfs_can_be(self) -> Iterator[Mend]:
        """A customer's page is laid by a press on the front of a piece, below all else."""
        for name in [name for name, field in self.fields.items() if isinstance(field, PdfField)]:
            zone = self.zones.get(self.fields[name].zone)
            if zone is not None and (zone.side == "back" or zone.turn or zone.mirrored):
                mend = "Put it on the front, and take turn and mirrored out of it."
                yield Mend("A PDF lies upright on the front of its piece.", mend, ("fields", name, "zone"))
            for step, operation in self.route.items():
                if name in operation.fields and operation.process != "press":
                    mend = "Take it out, or make it with the process press."
                    yield Mend("Only a press prints a PDF.", mend, ("route", step, "fields"))
            for kind, recipe in self.recipes.items():
                if recipe.type == "press" and ("front" in recipe.grounds or recipe.white):
                    mend = "Take the ground of the front and white out of the recipe."
                    yield Mend("A PDF lies below all else, and would be covered.", mend, ("recipes", kind))

    def _options_agree(self) -> Iterator[Mend]:
        for name, option in self.options.items():
            if option.default is not None and option.default not in option.choices:
                mend = closest(option.default, option.choices, "Choices are")
                yield Mend(f"No choice is called {option.default!r}.", mend, ("options", name, "default"))
            if name in self.fields:
                yield Mend(f"{name!r} is also a field.", "Give one of the two another name.", ("options", name))
        for name in self.parameters:
            if name in self.fields or name in self.options:
                mend = "Give one of the two another name."
                yield Mend(f"{name!r} is also a field or an option.", mend, ("parameters", name))

    def _route_is_a_graph(self) -> Iterator[Mend]:
        for name, operation in self.route.items():
            for before in sorted(operation.after - self.route.keys()):
                yield Mend(f"No operation is called {before!r}.", closest(before, self.route), ("route", name, "after"))
            for i, field in enumerate(operation.fields):
                if field not in self.fields:
                    at = ("route", name, "fields", i)
                    yield Mend(f"No field is called {field!r}.", closest(field, self.fields, "Fields are"), at)
            yield from self._material_is_named(name, operation)
        try:
            yield from self._marks_in_turn()
        except CycleError as error:
            yield Mend(
                f"The route runs in a circle: {' > '.join(error.args[1])}.",
                "Take a name out of an `after`.",
                ("route",),
            )

    def _marks_in_turn(self) -> Iterator[Mend]:
        """One piece lies on one machine at a time, and a proof is drawn over what lies there already."""
        if any(operation.after - self.route.keys() for operation in self.route.values()):
            return
        for one, other in pairwise(self.marking):
            if one not in self.before(other):
                one, other = sorted((one, other), key=list(self.route).index)
                text = f"{one!r} and {other!r} both mark the piece, and neither comes after the other."
                yield Mend(text, f"Write after: [{one}] in {other!r}.", ("route", other))

    def _material_is_named(self, name: str, operation: Operation) -> Iterator[Mend]:
        option = operation.material_from
        if option is None:
            return
        if option not in self.options:
            at = ("route", name, "material_from")
            yield Mend(f"No option is called {option!r}.", closest(option, self.options, "Options are"), at)
            return
        for choice, value in self.options[option].choices.items():
            if value.material is None:
                mend = f"Add material: to it; the operation {name!r} needs it."
                yield Mend(f"The choice {choice!r} names no material.", mend, ("options", option, "choices", choice))

    @property
    def food(self) -> bool:
        """Whether people eat it: something edible is laid on it, or it declares what it contains."""
        return bool(self.allergens) or any(operation.process == "extrude-food" for operation in self.route.values())

    def order(self) -> tuple[str, ...]:
        """The operations' names, each behind all that it waits for; the same order every time."""
        return tuple(TopologicalSorter({name: sorted(op.after) for name, op in self.route.items()}).static_order())

    @property
    def marking(self) -> tuple[str, ...]:
        """The operations of machines on the piece itself, in their order; papers are none of them."""
        return tuple(name for name in self.order() if self.route[name].process not in (None, "document"))

    def before(self, operation: str) -> frozenset[str]:
        """All operations that must be done before one, at once or by way of others."""
        near = self.route[operation].after
        return near.union(*(self.before(name) for name in near))

    def under(self, operation: str) -> str | None:
        """The operation whose marks are the last on the piece when this one begins; None where it is bare."""
        marking = self.marking
        if operation not in marking or operation == marking[0]:
            return None
        return marking[marking.index(operation) - 1]

    def material(self, operation: str, chosen: Mapping[str, str]) -> str | None:
        """Name of the material that an operation needs for these options; None where it needs none."""
        option = self.route[operation].material_from
        return self.options[option].choices[chosen[option]].material if option else None

    def colour(self, chosen: Mapping[str, str]) -> str:
        """Of the piece's surface, with these options."""
        named = [colour for option, choice in chosen.items() if (colour := self.options[option].choices[choice].colour)]
        return named[-1] if named else self.piece.colour

    def ink(self, chosen: Mapping[str, str]) -> str | None:
        """In which a press prints texts and drawings, with these options; None where none of them says it."""
        named = [ink for option, choice in chosen.items() if (ink := self.options[option].choices[choice].ink)]
        return named[-1] if named else None

    @property
    def default_choices(self) -> dict[str, str]:
        """The choices of an order that says nothing; the first one where there is no default."""
        return {name: option.default or next(iter(option.choices)) for name, option in self.options.items()}

    @property
    def default_parameters(self) -> dict[str, float]:
        """The parameters of an order that says nothing; the least where there is no default."""
        return {name: one.minimum if one.default is None else one.default for name, one in self.parameters.items()}

    def body_values(self, chosen: Mapping[str, str], parameters: Mapping[str, float]) -> dict[str, float]:
        """Of the body's template, for these options and parameters; a later option's choice counts."""
        assert self.body is not None  # noqa: S101  (asked of products that have one)
        picked = (self.options[option].choices[choice].values for option, choice in chosen.items())
        return self.body.resolved({name: value for values in picked for name, value in values.items()}, parameters)

    def mirrored(self, chosen: Mapping[str, str]) -> bool:
        """Whether the piece is the mirror image with these options."""
        return sum(self.options[option].choices[choice].mirrored for option, choice in chosen.items()) % 2 == 1

    def materials(self) -> Iterator[tuple[str, str, str]]:
        """(option, choice, material) wherever a choice names a material."""
        for option, value in self.options.items():
            for choice, picked in value.choices.items():
                if picked.material is not None:
                    yield option, choice, picked.material

    def contains(
        self, chosen: Mapping[str, str], of_material: Mapping[str, frozenset[Allergen]]
    ) -> frozenset[Allergen]:
        """Every allergen of a unit: the piece's own, its choices', and those of the materials that they name."""
        found = set(self.allergens)
        for option, choice in chosen.items():
            picked = self.options[option].choices[choice]
            found |= picked.allergens
            if picked.material:
                found |= of_material[picked.material]
        return frozenset(found)

    def leaves(self, chosen: Mapping[str, str], of_material: Mapping[str, frozenset[Allergen]]) -> frozenset[Allergen]:
        """Those allergens of a unit that touch the machine: all but what is sealed inside of the piece."""
        sealed = {option: choice for option, choice in chosen.items() if self.options[option].choices[choice].inside}
        return self.contains({o: c for o, c in chosen.items() if o not in sealed}, of_material)
