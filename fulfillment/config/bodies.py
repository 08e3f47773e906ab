"""Products that are printed against templates and profiles: whether their bodies can be built, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fulfillment.cad import CadError, CadRefused, Shelf, Template
from fulfillment.catalog import Body, Product
from fulfillment.positions import Document, Loc, Problem, closest
from fulfillment.profiles import Profiles
from gcode.design import Zone

NEAR = 0.05
"""mm by which a written zone may lie beside the template's."""


def findings(product: Product, own: Document, shelf: Shelf, profiles: Profiles) -> Iterator[Problem]:
    """Everything about the body of one product that only templates and profiles can say."""
    body = product.body
    if body is None:
        return
    qualities = profiles.names("qualities")
    if body.profile not in qualities:
        mend = closest(body.profile, qualities, "Qualities are")
        yield own.problem(("body", "profile"), f"No quality is called {body.profile!r}.", mend)
    if body.template is None:
        return
    try:
        template = shelf.template(body.template)
    except CadRefused as refused:
        one = refused.conflicts[0]
        yield own.problem(("body", "template"), one.reason, one.mend)
        return
    except CadError as error:
        yield own.problem(("body", "template"), f"The template has a defect: {error}.", "Mend its file.")
        return
    if body.style is not None and body.style not in template.styles:
        mend = closest(body.style, template.styles, "Styles are") if template.styles else "Take it out."
        yield own.problem(("body", "style"), f"{template.title} has no style {body.style!r}.", mend)
    found = [*_ranges(product, body, own, template), *_values(product, own, template)]
    yield from found or _zones(product, own, template)


def _ranges(product: Product, body: Body, own: Document, template: Template) -> Iterator[Problem]:
    """What a customer may set can be built at both of its ends."""
    for name, one in body.values.items():
        if isinstance(one, str) and one in product.parameters and name in template.parameters:
            ends = product.parameters[one]
            for key in ("minimum", "maximum"):
                if why := template.parameters[name].wrong(getattr(ends, key)):
                    text = f"{template.parameters[name].title} of the template {why}"
                    yield own.problem(("parameters", one, key), text, "Write an end that can be built.")


def _values(product: Product, own: Document, template: Template) -> Iterator[Problem]:
    """The body as it is by default, and with each choice that sets a value."""
    options = product.default_choices
    tried: list[tuple[dict[str, str], Loc]] = [(options, ("body", "values"))]
    for option, one in product.options.items():
        for choice, picked in one.choices.items():
            if picked.values and options.get(option) != choice:
                tried.append((options | {option: choice}, ("options", option, "choices", choice, "values")))
    told = set()
    for chosen, at in tried:
        try:
            template.checked(product.body_values(chosen, product.default_parameters))
        except CadRefused as refused:
            for conflict in refused.conflicts:
                if str(conflict) not in told:
                    told.add(str(conflict))
                    yield own.problem((*at, conflict.parameter), conflict.reason, conflict.mend)


def _zones(product: Product, own: Document, template: Template) -> Iterator[Problem]:
    """The template's own zone is written as it is by default; others lie in it."""
    zone = template.zone(template.checked(product.body_values(product.default_choices, product.default_parameters)))
    for name, box in product.zones.items():
        sides = (box.x, box.y, box.x + box.width, box.y + box.height)
        wanted = (zone.x, zone.y, zone.x + zone.width, zone.y + zone.height)
        off = [abs(one - other) for one, other in zip(sides, wanted, strict=True)]
        beyond = [*(wanted[n] - sides[n] for n in (0, 1)), *(sides[n] - wanted[n] for n in (2, 3))]
        if max(off if name == zone.name else beyond) > NEAR:
            reason = "is not" if name == zone.name else "reaches beyond"
            text = f"The zone {name!r} {reason} the zone {zone.name!r} of the template."
            yield own.problem(("zones", name), text, f"Write {_said(zone)}, or mend the body's values.")


def _said(zone: Zone) -> str:
    return f"{{ x: {zone.x:g} mm, y: {zone.y:g} mm, width: {zone.width:g} mm, height: {zone.height:g} mm }}"


def kinds(product: Product, named: Mapping[str, Any], own: Document, profiles: Profiles) -> Iterator[Problem]:
    """Each material that the product is printed of has a profile. ``named``: kinds of the factory's materials."""
    printed = {operation.material_from for operation in product.route.values() if operation.process == "fdm"}
    known = profiles.names("materials")
    for option, choice, name in product.materials():
        kind = named.get(name)
        if option in printed and isinstance(kind, str) and kind not in known:
            at = ("options", option, "choices", choice, "material")
            text = f"{name!r} is of the kind {kind!r}, and there is no profile for it."
            yield own.problem(at, text, closest(kind, known, "Profiles of materials are"))
