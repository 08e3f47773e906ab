"""The personal note of an order: whose words it has, and whether a pen writes it on a card of its own.

A person's words come first, then the first rule of config.yaml that fits, then the house's own. Values of customers are
put beside the words of a rule as they are; nothing in them is read for braces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, exists, select

from fulfillment.catalog import Product
from fulfillment.config import Config, Factory
from fulfillment.config.notes import FIRST_NAME, By, NoteRule, Notes, parts, text_fields
from fulfillment.personalization import DIRECTION, INVISIBLE
from fulfillment.sources import route_of
from jobs import models as m
from jobs import noting
from jobs.collating import cards
from jobs.intake import NewLine, NewOrder
from jobs.reprints import Prints
from jobs.states import OrderState
from jobs.store import NotFound, Store

HOUSE: Final = NoteRule(
    text="Thank you, {first_name}! This one was made for you alone. We hope that it brings a smile.",
    nameless="Thank you! This one was made for you alone. We hope that it brings a smile.",
)
"""Where no rule fits."""
DOCUMENT: Final = "document"
SLIP: Final = "slip"
"""The paper that a note is printed on."""


@dataclass(frozen=True)
class About:
    """What a note may depend on, of one order."""

    pieces: tuple[tuple[str, Mapping[str, str]], ...]
    """(product, choices by option) of each line that is ours."""
    order: str
    first_name: str = ""
    gift: bool = False
    first: bool | None = None
    """Whether it is the customer's first on record; None: nobody knows whose it is."""


@dataclass(frozen=True)
class Said:
    """What a note says, and how it is made. ``rule``: its number from 1; 0: a person's, or the house's own words."""

    text: str
    by: By
    rule: int = 0


def said(notes: Notes, about: About, factory: str, item: str, written: str = "") -> Said:
    """The note of an order. ``item``: what was ordered, in words; ``written``: what a person wrote for it."""
    if written.strip():
        return Said(written, notes.by)
    words = {FIRST_NAME: about.first_name, "item": item, "order": about.order, "factory": factory}
    for number, rule in enumerate(notes.rules, 1):
        text = _worded(rule, words) if fits(rule, about) else None
        if text is not None:
            return Said(text, rule.by or notes.by, number)
    return Said(_worded(HOUSE, words) or "", notes.by)


def fits(rule: NoteRule, about: About) -> bool:
    """Whether a rule is about such an order, whatever it says."""
    asked = rule.options.items()
    pieces = [chosen for name, chosen in about.pieces if not rule.products or name in rule.products]
    return (
        any(asked <= dict(chosen).items() for chosen in pieces)
        and rule.first_order in (None, about.first)
        and rule.gift in (None, about.gift)
    )


def _worded(rule: NoteRule, words: Mapping[str, str]) -> str | None:
    """A rule's words with their values; None where it needs a name that the order does not have."""
    template: str | None = rule.text
    if not words[FIRST_NAME] and any(name == FIRST_NAME for _, name in parts(rule.text)):
        template = rule.nameless
    if template is None:
        return None
    return "".join(text + (words[name] if name else "") for text, name in parts(template)).strip()


def item_of(config: Config, products: Iterable[Product | None]) -> str:
    """What was ordered, in words: each product once, as config.yaml calls it in notes, or by its title."""
    known = [product for product in products if product is not None]
    return ", ".join(dict.fromkeys(config.notes.items.get(product.name, product.title) for product in known))


# --- what the record says of an order -----------------------------------------------------------------------------


def about(connection: Connection, factory: Factory, order: Any) -> About:
    """What a note may depend on, of an order on record (a row of it)."""
    line = m.line_items.c
    lines = connection.execute(
        select(line.product, line.personalization)
        .where(line.order_id == order.id, line.product.is_not(None), ~line.is_note)
        .order_by(line.position)
    ).all()
    earlier = _earlier(connection, order.source, order.customer, m.orders.c.received_at < order.received_at)
    return _about(factory, lines, order, order.customer, earlier)


def _about(factory: Factory, lines: Iterable[Any], order: Any, customer: str, earlier: bool) -> About:
    ship_to = order.ship_to
    products = factory.catalog.products
    return About(
        pieces=tuple((one.product, _chosen(products.get(one.product), one.personalization)) for one in lines),
        order=str(ship_to.get("order") or order.external_id),
        first_name=_seen(str(ship_to.get(FIRST_NAME) or "")),
        gift=bool(ship_to.get("gift")),
        first=not earlier if customer else None,
    )


def _earlier(connection: Connection, source: str, customer: str, when: Any) -> bool:
    """Whether an order of that customer came in before. Of one that was forgotten nobody knows whose it was."""
    o = m.orders.c
    found = exists().where(o.customer == customer, o.source == source, when)
    return bool(customer) and bool(connection.execute(select(found)).scalar_one())


def _seen(name: str) -> str:
    """A name in one line, without characters that nobody sees."""
    shown = DIRECTION.sub("", INVISIBLE.sub("", unicodedata.normalize("NFC", name)))
    return " ".join("".join(c if unicodedata.category(c) != "Cc" else " " for c in shown).split())


def _chosen(product: Product | None, personalization: Mapping[str, Any]) -> dict[str, str]:
    """Choices by option as they were asked for, by name or by title; the product's own where none was."""
    asked = personalization.get("options", {})
    found = {}
    for name, option in product.options.items() if product else ():
        wanted = str(asked.get(name) or "").strip().casefold()
        titles = {choice: (choice.casefold(), value.title.casefold()) for choice, value in option.choices.items()}
        choice = next((choice for choice, called in titles.items() if wanted in called), option.default)
        if choice is not None:
            found[name] = choice
    return found


def of_order(connection: Connection, factory: Factory, order: Any, product: Product | None = None) -> Said:
    """The note of an order on record. ``product``: of the piece whose paper has it; None: all of the order is meant."""
    facts = about(connection, factory, order)
    products = [product] if product else [factory.catalog.products.get(name) for name, _ in facts.pieces]
    config = factory.config
    return said(config.notes, facts, config.site.name, item_of(config, products), order.note)


def printed(connection: Connection, factory: Factory, order: Any, unit_id: str, product: Product) -> tuple[str, str]:
    """(the note that the paper of a piece has, the code of the card that goes with its order): one of the two is empty.

    A card's own paper has neither.
    """
    card = cards(connection, [order.id]).get(order.id)
    if card is None or card.state == "cancelled":
        return of_order(connection, factory, order, product).text, ""
    return "", card.unit_id if card.unit_id != unit_id else ""


def view(connection: Connection, factory: Factory, order_id: str) -> dict[str, Any]:
    """The note of an order, for pages and programs. Raises NotFound."""
    order: Any = connection.execute(select(m.orders).where(m.orders.c.id == order_id)).one_or_none()
    if order is None:
        raise NotFound(f"there is no order {order_id}")
    card = cards(connection, [order_id]).get(order_id)
    found = of_order(connection, factory, order)
    return {
        "order": order_id,
        "text": "" if order.forgotten_at else found.text,
        "hand": bool(order.note),
        "rule": found.rule,
        "by": "pen" if card else "slip",
        "card": card.view() if card else None,
        "open": order.state == OrderState.OPEN,
    }


# --- a card that a pen writes on ----------------------------------------------------------------------------------


def with_card(store: Store, factory: Factory, order: NewOrder) -> NewOrder:
    """An order as it comes in, with the card that goes with it where its note is written by a pen."""
    notes, lines = factory.config.notes, [line for line in order.lines if line.product]
    if notes.product is None or not lines:
        return order
    with store.read() as connection:
        same = (m.orders.c.source == order.source) & (m.orders.c.external_id == order.external_id)
        earlier = _earlier(connection, order.source, order.customer, ~same)
    facts = _about(factory, lines, order, order.customer, earlier)
    products = [factory.catalog.products.get(name) for name, _ in facts.pieces]
    item = item_of(factory.config, products)
    found = said(notes, facts, factory.config.site.name, item, order.note)
    return replace(order, card=card_of(factory, found.text)) if found.by == "pen" else order


def card_of(factory: Factory, text: str) -> NewLine:
    """A note as a line of its order. KeyError where config.yaml names no card."""
    product = factory.catalog[str(factory.config.notes.product)]
    return NewLine(product.name, 1, product.name, _filled(factory, product, text), route_of(product))


def _filled(factory: Factory, product: Product, text: str) -> dict[str, Any]:
    notes = factory.config.notes
    field = notes.field or text_fields(product)[0]
    return {"fields": {field: text}, "options": dict(notes.options)}


# --- by hand ------------------------------------------------------------------------------------------------------


def papers(store: Store, factory: Factory, order_id: str) -> noting.Papers:
    """How the notes of an order are made here, for :mod:`jobs.noting`."""
    return noting.Papers(_prints(factory), _to_card(store, factory, order_id))


def _prints(factory: Factory) -> Prints:
    def prints(product: str, operation: str) -> bool:
        known = factory.catalog.products.get(product)
        step = known.route.get(operation) if known else None
        if step is None or step.process != DOCUMENT:
            return False
        template = factory.papers.templates.get(step.paper or SLIP)
        return template is None or template.paper == SLIP

    return prints


def _to_card(store: Store, factory: Factory, order_id: str) -> Callable[[str], Mapping[str, Any]]:
    """A card is written anew with a person's words or, where those are empty, with the rule's."""
    with store.read() as connection:
        order: Any = connection.execute(select(m.orders).where(m.orders.c.id == order_id)).one_or_none()
        ours = connection.execute(
            select(m.units.c.product)
            .join(m.line_items, m.line_items.c.id == m.units.c.line_item_id)
            .where(m.units.c.order_id == order_id, m.line_items.c.is_note)
        ).scalar()
        facts = about(connection, factory, order) if order is not None else None

    def to_card(text: str) -> Mapping[str, Any]:
        config, product = factory.config, factory.catalog[str(ours)]
        products = [factory.catalog.products.get(name) for name, _ in facts.pieces] if facts else []
        words = said(config.notes, facts, config.site.name, item_of(config, products), text).text if facts else text
        return _filled(factory, product, words)

    return to_card
