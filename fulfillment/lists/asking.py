"""From what a person asks for to a sheet with its facts: a list, a piece's paper once more, or an example of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Connection, select

from fulfillment.config import Factory
from fulfillment.lists import jigs, kitting, picking
from fulfillment.lists.examples import EXAMPLES, PROOF
from fulfillment.lists.sheet import Ready, Sheet
from fulfillment.papers import Template, languages
from fulfillment.planning import specification
from fulfillment.positions import closest
from fulfillment.shop import Shop
from fulfillment.slips import facts_of
from jobs import models as m
from jobs.fits import Floor
from jobs.store import NotFound, Refused

Facts = Callable[[Connection, Factory, Floor, str], Sheet]


@dataclass(frozen=True, slots=True)
class Kind:
    """A list. ``about``: what a person names to get one; empty: nothing."""

    about: str
    facts: Facts


LISTS: Final[Mapping[str, Kind]] = {
    "pick-list": Kind("", lambda connection, factory, floor, _: picking.sheet(connection, factory, floor)),
    "kitting-list": Kind("order", kitting.sheet),
    "jig-sheet": Kind("batch", jigs.sheet),
}
"""By what a template's `paper` says. All other papers are about a unit."""
UNIT: Final = "unit"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for. Empty language and size: the factory's own, as far as the template has it."""

    name: str
    about: str = ""
    example: bool = False
    language: str = ""
    size: str = ""


def about_of(template: Template) -> str:
    """What such a paper is about: unit, order, batch, or empty for the floor."""
    kind = LISTS.get(template.paper)
    return kind.about if kind else UNIT


def known(factory: Factory) -> list[dict[str, Any]]:
    """Every paper: what it is about, and what can be chosen for it."""
    return [
        {
            "name": template.name,
            "title": template.title,
            "paper": template.paper,
            "about": about_of(template),
            "sizes": list(template.sizes),
            "languages": list(languages()),
        }
        for template in factory.papers.templates.values()
    ]


def template_of(factory: Factory, name: str) -> Template:
    """Raises NotFound."""
    templates = factory.papers.templates
    if name not in templates:
        raise NotFound(f"no paper is called {name[:60]!r}. {closest(name[:60], templates, 'There are')}")
    return templates[name]


def ready(shop: Shop, asked: Asked) -> Ready:
    """Everything that a worker needs to draw it. Raises NotFound; Refused with what to say instead."""
    factory, template = shop.factory, template_of(shop.factory, asked.name)
    language, size = asked.language or factory.config.site.language, asked.size or _size(factory, template)
    if language not in languages():
        raise Refused(f"papers do not speak {language[:20]!r}. {closest(language[:20], languages(), 'Languages are')}")
    if size not in template.sizes:
        raise Refused(f"{asked.name} is not made for {size[:20]!r}. {closest(size[:20], template.sizes, 'Sizes are')}")
    sheet = _sheet(shop, template, asked)
    return Ready(template, sheet.facts, sheet.pictures, sheet.files, sheet.language or language, size)


def _size(factory: Factory, template: Template) -> str:
    """The factory's own paper for what goes with a piece; else the template's first."""
    own = factory.config.site.paper
    return own if own in template.sizes and about_of(template) == UNIT else next(iter(template.sizes))


def _sheet(shop: Shop, template: Template, asked: Asked) -> Sheet:
    if asked.example:
        return Sheet(template.name, EXAMPLES.get(template.paper, {}), files={"proof": PROOF.read_bytes()})
    kind, about = LISTS.get(template.paper), asked.about.strip().upper()
    wanted = about_of(template)
    if wanted and not about:
        raise Refused(f"{asked.name} is about one {wanted}: say which one, or ask for an example of it")
    if about and not wanted:
        raise Refused(f"{asked.name} is about the floor as it is now: it takes no {about[:20]!r}")
    if kind is None:
        return _of_unit(shop, template, about, asked.language)
    with shop.store.read() as connection:
        return kind.facts(connection, shop.factory, shop.floor, about)


def _of_unit(shop: Shop, template: Template, unit_id: str, language: str) -> Sheet:
    """A piece's paper once more, as the record is now."""
    unit = _unit(shop, unit_id)
    product = shop.factory.catalog.products.get(unit.product)
    if product is None:
        raise NotFound(f"{unit_id} is a {unit.product}, which is no product of this factory any more")
    if not unit.resolved:
        raise Refused(f"{unit_id} has no papers yet: it is not checked, or held before it was planned")
    operation = next(iter(product.route))
    base = replace(specification(shop.factory, product.name, operation, unit.resolved), files={})
    job = SimpleNamespace(unit_id=unit_id, order_id=unit.order_id)
    spec = facts_of(shop.store, shop.factory, job, base, template, language)
    if spec is None:
        raise Refused(f"what {unit_id} looks like is not drawn yet: ask again in a moment")
    said: Mapping[str, Any] = spec.facts
    return Sheet(template.name, said["says"], spec.files, said["pictures"], said["language"])


def _unit(shop: Shop, unit_id: str) -> Any:
    u, o = m.units.c, m.orders.c
    with shop.store.read() as connection:
        found = connection.execute(
            select(u.product, u.resolved, u.order_id, o.forgotten_at)
            .join(m.orders, o.id == u.order_id)
            .where(u.id == unit_id)
        ).one_or_none()
    if found is None:
        raise NotFound(f"there is no unit {unit_id[:60]}")
    if found.forgotten_at is not None:
        raise NotFound(f"the order of {unit_id} was forgotten, and what its papers said with it")
    return found
