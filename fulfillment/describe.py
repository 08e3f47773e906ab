"""A product in plain values, for people and programs: what may be asked for, and what the factory makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fulfillment.catalog import Bound, Opening, Parameter, Product, Rule
from fulfillment.catalog.files import by_factory

View = dict[str, Any]


def described(product: Product) -> View:
    """Everything that a shop needs to offer it."""
    piece = product.piece
    return {
        "name": product.name,
        "title": product.title,
        "piece": {"width": piece.width, "height": piece.height, "thickness": piece.thickness},
        "allergens": sorted(product.allergens),
        "fields": {
            name: field.model_dump(mode="json", exclude={"zone"}) | {"size": _size(product, field.zone)}
            for name, field in product.fields.items()
        },
        "options": {
            name: {
                "title": option.title,
                "default": option.default,
                "choices": {choice: value.title for choice, value in option.choices.items()},
            }
            for name, option in product.options.items()
        },
        "parameters": {name: one.model_dump(mode="json") for name, one in product.parameters.items()},
        "rules": [_rule(rule, product) for rule in product.rules],
        "openings": {name: _opening(one) for name, one in product.openings.items()},
        "route": {
            name: {
                "title": operation.title,
                "process": operation.process,
                "fields": list(operation.fields),
                "after": sorted(operation.after),
            }
            for name in product.order()
            for operation in (product.route[name],)
        },
    }


def _size(product: Product, zone: str) -> list[float]:
    box = product.zones[zone]
    return [box.width, box.height]


def _rule(rule: Rule, product: Product) -> str:
    """A rule as a sentence."""
    one, how = product.parameters[rule.value], "least" if rule.at_least else "most"
    return f"{one.title} is at {how} {_bound(rule.bound, one, product)}. {rule.because}"


def _bound(bound: Bound, unit: Parameter, product: Product) -> str:
    if bound.of is None:
        return unit.said(bound.plus)
    times = "" if bound.times == 1 else f"{bound.times:g} x "
    plus = "" if not bound.plus else f" {'+' if bound.plus > 0 else '-'} {unit.said(abs(bound.plus))}"
    return f"{times}{product.parameters[bound.of].title}{plus}"


def _opening(opening: Opening) -> View:
    return {"title": opening.title, "width": opening.width, "height": opening.height}


def lines(product: Product) -> Iterator[str]:
    """The same for a terminal."""
    piece = product.piece
    yield f"{product.title} ({product.name}), {piece.width:g} x {piece.height:g} x {piece.thickness:g} mm"
    if product.allergens:
        yield f"  contains {', '.join(sorted(product.allergens))}"
    for head, rows in (
        ("Personalization, what the customer sends (--text, --file)", _fields(product)),
        ("Options, what the customer picks (--option)", _options(product)),
        ("Parameters, what the customer sets (--option)", _parameters(product)),
        ("Rules", (f"{_rule(rule, product)}" for rule in product.rules)),
        ("Route", _route(product)),
    ):
        if found := list(rows):
            yield ""
            yield f"{head}:"
            yield from (f"  {row}" for row in found)


def _fields(product: Product) -> Iterator[str]:
    for name, field in product.fields.items():
        width, height = _size(product, field.zone)
        need = ", written by the factory" if by_factory(field) else "" if field.required else ", may be left out"
        yield f"{name}: {field.title}, a {field.type} on {width:g} x {height:g} mm{need}"


def _options(product: Product) -> Iterator[str]:
    for name, option in product.options.items():
        default = f" (else {option.default})" if option.default else ""
        yield f"{name}: {option.title}, one of {', '.join(option.choices)}{default}"


def _parameters(product: Product) -> Iterator[str]:
    for name, one in product.parameters.items():
        step = f" in steps of {one.said(one.step)}" if one.step else ""
        default = f" (else {one.said(one.default)})" if one.default is not None else ""
        yield f"{name}: {one.title}, {one.said(one.minimum)} to {one.said(one.maximum)}{step}{default}"


def _route(product: Product) -> Iterator[str]:
    for name in product.order():
        operation = product.route[name]
        by = f" by {operation.process}" if operation.process else " by hand"
        after = f", after {' and '.join(sorted(operation.after))}" if operation.after else ""
        yield f"{name}: {operation.title}{by}{after}"
