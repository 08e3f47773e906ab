"""The personal note as config.yaml has it: rules, in whose words what stands, and whether a pen writes it."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fulfillment.catalog import Catalog, Product, TextField
from fulfillment.catalog.words import Name
from fulfillment.positions import Document, Mend, Problem, Written, closest

FIRST_NAME: Final = "first_name"
WORDS: Final = (FIRST_NAME, "item", "order", "factory")
"""What a note may name: the customer, what was ordered, the order's number, the factory."""
MOST: Final = 1000
"""Characters of a note."""


def parts(template: str) -> Iterator[tuple[str, str | None]]:
    """A template as (text, name behind it or None). ValueError where a brace is left open.

    The template is the operator's; what the names stand for is put in by whoever reads this, as it is: nothing that a
    customer wrote is ever read for braces.
    """
    for text, name, form, turn in string.Formatter().parse(template):
        yield text, f"{name}{'!' + turn if turn else ''}{':' + form if form else ''}" if name is not None else None


def names(template: str) -> set[str]:
    return {name for _, name in parts(template) if name is not None}


def _template(value: str) -> str:
    try:
        named = names(value)
    except ValueError:
        raise Mend("A brace is left open.", "Write names in braces, such as {item}; a brace itself is {{.") from None
    for name in sorted(named - set(WORDS)):
        raise Mend(f"{{{name[:40]}}} is not known here.", closest(name[:40], WORDS, "Names are"))
    if not value.strip():
        raise Mend("This note says nothing.", "Write some words.")
    return value


Template = Annotated[str, Field(max_length=MOST), AfterValidator(_template)]
By = Literal["slip", "pen"]


class NoteRule(Written):
    text: Template
    """What the note says. {first_name}, {item}, {order} and {factory} stand for theirs."""
    nameless: Template | None = None
    """What it says where the order has no first name; none: a rule that needs one does not fit such an order."""
    products: frozenset[Name] = frozenset()
    """It fits orders with a piece of one of these products; none: of any."""
    options: Mapping[Name, Name] = Field(default_factory=dict)
    """It fits orders with a piece (of products, where those are named) that has each of these options chosen."""
    first_order: bool | None = None
    """true: it fits a customer's first order on record; false: any later one. An order whose source does not say who
    the customer is fits neither."""
    gift: bool | None = None
    """true: it fits orders that are a gift; false: those that are none."""
    by: By | None = None
    """`slip`: printed on the packing slip. `pen`: written by a machine on a card of its own. None: as `notes.by`."""

    @model_validator(mode="after")
    def _nameless_needs_no_name(self) -> Self:
        if self.nameless is not None and FIRST_NAME in names(self.nameless):
            raise Mend("{first_name} is what this text does without.", "Take it out.", ("nameless",))
        return self


class Notes(Written):
    by: By = "slip"
    """How notes are made that no rule says otherwise of, and those that people write: `slip` or `pen`."""
    product: Name | None = None
    """The product of the card that a pen writes on."""
    field: Name | None = None
    """Its field that the note is written into; none: its only field that takes a text."""
    options: Mapping[Name, Name] = Field(default_factory=dict)
    """What is chosen for the card, such as its ink."""
    items: Mapping[Name, Annotated[str, Field(min_length=1, max_length=80)]] = Field(default_factory=dict)
    """What {item} says by product, such as "your pastry"; a product that is not here goes by its title."""
    rules: Annotated[tuple[NoteRule, ...], Field(max_length=100)] = ()
    """What notes say: the first rule that fits an order counts; none fits: the house's own words."""

    @model_validator(mode="after")
    def _a_pen_needs_a_card(self) -> Self:
        at: tuple[str | int, ...] | None = ("by",) if self.by == "pen" else None
        for number, rule in enumerate(self.rules):
            at = at or (("rules", number, "by") if rule.by == "pen" else None)
        if at is not None and self.product is None:
            raise Mend("A pen needs a card to write on.", "Add product: the product of that card.", at)
        return self


def text_fields(product: Product) -> list[str]:
    return [name for name, field in product.fields.items() if isinstance(field, TextField)]


def findings(document: Document, catalog: Catalog) -> Iterator[Problem]:
    """What only shows when notes are held against the catalog."""
    known = catalog.products.keys() | catalog.broken
    for pattern in (("notes", "product"), ("notes", "rules", "*", "products", "*")):
        for loc, name in document.select(*pattern):
            if isinstance(name, str) and name not in known:
                yield _unknown(document, name, known, at=loc)
    for loc, _ in document.select("notes", "items", "*"):
        if loc[-1] not in known:
            yield _unknown(document, str(loc[-1]), known, at=loc, key=True)
    for _, name in document.select("notes", "product"):
        if isinstance(name, str) and name in catalog.products:
            yield from _card(document, catalog[name])


def _unknown(
    document: Document, name: str, known: Collection[str], at: tuple[str | int, ...], *, key: bool = False
) -> Problem:
    text = f"No product is called {name[:60]!r}."
    return document.problem(at, text, closest(name[:60], known, "There are"), key=key)


def _card(document: Document, product: Product) -> Iterator[Problem]:
    """The card takes the note, its options are its own, and a person packs it."""
    fields = text_fields(product)
    written = [(loc, name) for loc, name in document.select("notes", "field") if isinstance(name, str)]
    for loc, name in written:
        if name not in fields:
            text = f"{product.name} has no field {name[:60]!r} that takes a text."
            yield document.problem(loc, text, closest(name[:60], fields, "Its fields of text are"))
    if not written and len(fields) != 1:
        text = f"{product.name} has {len(fields)} fields that take a text."
        yield document.problem(("notes", "product"), text, f"Say by field: which is the note: {', '.join(fields)}.")
    for loc, choice in document.select("notes", "options", "*"):
        option = product.options.get(str(loc[-1]))
        if option is None:
            text = f"{product.name} has no option {str(loc[-1])[:60]!r}."
            yield document.problem(loc, text, closest(str(loc[-1]), product.options, "Options are"), key=True)
        elif isinstance(choice, str) and choice not in option.choices:
            text = f"No choice is called {choice[:60]!r}."
            yield document.problem(loc, text, closest(choice, option.choices, "Choices are"))
    last = set(product.route) - {name for step in product.route.values() for name in step.after}
    if len(last) != 1 or any(product.route[name].process is not None for name in last):
        text = f"The route of {product.name} does not end with one step that a person does."
        yield document.problem(("notes", "product"), text, "Give it one: there it is laid to the pieces of its order.")
