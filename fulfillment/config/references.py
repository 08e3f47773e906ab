"""Checks across the file: names that must be there, names that may stand only once.

They look at what was written, not at the typed model, so that a slip elsewhere does not hide what they find.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from drivers.contract import OurFault, Settings
from drivers.registry import DRIVERS, build
from fulfillment.cad import Shelf
from fulfillment.catalog import Catalog, LaserRecipe, MillRecipe, Product, Recipe
from fulfillment.config.bodies import findings as body_findings
from fulfillment.config.bodies import kinds as body_kinds
from fulfillment.config.notes import findings as note_findings
from fulfillment.positions import Document, Mend, Problem, Unit, closest
from fulfillment.profiles import Profiles

EXTRUDE = ("extrude-food", "fdm")
"""Processes whose recipes are for a nozzle."""

UNIQUE: tuple[tuple[str, ...], ...] = (
    ("machines", "*", "name"),
    ("machines", "*", "address"),
    ("materials", "*", "name"),
    ("order_sources", "*", "name"),
)
"""Values that may stand only once."""


def _named(document: Document, *pattern: str) -> set[str]:
    return {value for _, value in document.select(*pattern) if isinstance(value, str)}


def _unique(document: Document) -> Iterator[Problem]:
    for pattern in UNIQUE:
        first: dict[object, int] = {}
        for loc, value in document.select(*pattern):
            if not isinstance(value, str | int):
                continue
            if value in first:
                what = f"{value!r} is the {pattern[-1]} of two of the {pattern[-3]}."
                yield document.problem(loc, what, f"The other one is on line {first[value]}: change one of them.")
            first.setdefault(value, document.values[loc][0])


def _one_of(document: Document, pattern: tuple[str, ...], known: Collection[str], what: str) -> Iterator[Problem]:
    for loc, value in document.select(*pattern):
        if isinstance(value, str) and value not in known:
            yield document.problem(loc, f"No {what} is called {value[:60]!r}.", closest(value, known, "There are"))


def _skus(document: Document, catalog: Catalog) -> Iterator[Problem]:
    yield from _one_of(
        document, ("order_sources", "*", "skus", "*", "product"), catalog.products.keys() | catalog.broken, "product"
    )
    for source, _ in document.select("order_sources", "*"):
        seen: dict[object, int] = {}
        for loc, sku in document.select("order_sources", "*", "skus", "*", "sku"):
            if loc[1] != source[1] or not isinstance(sku, str | int):
                continue
            if sku in seen:
                yield document.problem(
                    loc, f"The sku {sku!r} stands here for the second time.", f"It is already on line {seen[sku]}."
                )
            seen.setdefault(sku, document.values[loc][0])
    for loc, name in document.select("order_sources", "*", "skus", "*", "product"):
        if isinstance(name, str) and name in catalog:
            yield from _mapping(document, loc[:-1], catalog[name])


def _mapping(document: Document, sku: tuple[str | int, ...], product: Product) -> Iterator[Problem]:
    """Options, choices, fields: what an article settles and feeds must be there in its product."""
    for loc, choice in document.select("order_sources", "*", "skus", "*", "options", "*"):
        if loc[:4] != sku:
            continue
        option = product.options.get(str(loc[-1]))
        if option is None:
            mend = closest(str(loc[-1]), product.options, "Options are")
            yield document.problem(loc, f"{product.name} has no option {str(loc[-1])[:60]!r}.", mend, key=True)
        elif isinstance(choice, str) and choice not in option.choices:
            yield document.problem(
                loc, f"No choice is called {choice[:60]!r}.", closest(choice, option.choices, "Choices are")
            )
    fed = product.fields.keys() | product.options.keys()
    for loc, target in document.select("order_sources", "*", "skus", "*", "properties", "*"):
        if loc[:4] == sku and isinstance(target, str) and target not in fed:
            mend = closest(target, fed, "Fields and options are")
            yield document.problem(loc, f"{product.name} has no field or option {target[:60]!r}.", mend)


def _catalog_needs(document: Document, catalog: Catalog, profiles: Profiles) -> Iterator[Problem]:
    """Materials that products name are in the factory, and each product says how their kind is used.

    A product that no machine of the factory can make, and that no order source sells, is not offered here: nothing is
    asked for it.
    """
    kinds = {
        material["name"]: material.get("kind")
        for _, material in document.select("materials", "*")
        if isinstance(material, dict) and isinstance(material.get("name"), str)
    }
    sold = _named(document, "order_sources", "*", "skus", "*", "product")
    for product in catalog.products.values():
        if product.name not in sold and not _made_here(document, product):
            continue
        own = catalog.documents[product.name]
        yield from body_kinds(product, kinds, own, profiles)
        by_recipe = {operation.material_from for operation in product.route.values() if operation.process != "fdm"}
        for option, choice, name in product.materials():
            at = ("options", option, "choices", choice, "material")
            if name not in kinds:
                yield own.problem(
                    at, f"No material of the factory is called {name!r}.", closest(name, kinds, "There are")
                )
            elif isinstance(kind := kinds[name], str) and option in by_recipe and kind not in product.recipes:
                yield own.problem(
                    at,
                    f"{name!r} is of the kind {kind!r}, and there is no recipe for it.",
                    closest(kind, product.recipes, "Recipes are"),
                )


def _made_here(document: Document, product: Product) -> bool:
    """Whether each of the product's processes has a machine here that one of its recipes is for."""
    written = [machine for _, machine in document.select("machines", "*") if isinstance(machine, dict)]
    machines = [machine for machine in written if isinstance(machine.get("processes"), list)]
    for process in {operation.process for operation in product.route.values() if operation.process}:
        doing = [machine for machine in machines if process in machine["processes"]]
        beads = [recipe for recipe in product.recipes.values() if isinstance(recipe, Recipe)]
        if process in EXTRUDE and beads:
            doing = [machine for machine in doing if any(_lays(machine, recipe) for recipe in beads)]
            doing = [machine for machine in doing if machine.get("probe") or not product.piece.unevenness]
        if process == "engrave":
            doing = [machine for machine in doing if _works(machine) in {type(one) for one in product.recipes.values()}]
        if not doing:
            return False
    return True


def _works(machine: Mapping[str, Any]) -> type[LaserRecipe | MillRecipe]:
    """The type of recipe that a machine which engraves, as it is written, works by."""
    options = machine.get("options")
    return MillRecipe if isinstance(options, dict) and options.get("tool") == "spindle" else LaserRecipe


def _lays(machine: Mapping[str, Any], recipe: Recipe) -> bool:
    """Whether a machine, as it is written, is fitted out for a recipe. What cannot be read is a problem of its own."""
    limits = machine.get("limits")
    limits = limits if isinstance(limits, dict) else {}
    nozzle = _number(Unit("mm"), machine.get("nozzle"), 0.0)
    reach = {name: _number(Unit("degC"), limits.get(f"{name}_temperature", 0.0), 0.0) for name in ("nozzle", "bed")}
    warm = all(reach[heater] >= high for heater, (_, high) in recipe.heat.items())
    return nozzle == recipe.nozzle and recipe.feeder in (None, machine.get("feeder")) and warm


def _number(unit: Unit, written: object, otherwise: float) -> float:
    with suppress(Mend):
        read = unit.read(written)
        return float(read) if isinstance(read, int | float) else otherwise
    return otherwise


class _Still:
    """A clock for constructors, which check their options and do nothing."""

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a driver's constructor wanted to wait for {seconds} s")


def _driver_options(document: Document) -> Iterator[Problem]:
    """Options are the driver's own keys, so the driver itself is asked what it thinks of them."""
    for loc, machine in document.select("machines", "*"):
        if not isinstance(machine, dict):
            continue
        driver, options = machine.get("driver"), machine.get("options", {})
        if not isinstance(driver, str) or driver not in DRIVERS or not isinstance(options, dict):
            continue
        secret = "kept elsewhere" if machine.get("secret") else None
        settings = Settings(str(machine.get("name")), str(machine.get("address")), options, secret=secret)
        try:
            build(driver, settings, _Still())
        except OurFault as fault:
            key = next((key for key in options if key in str(fault)), None)
            at = (*loc, "options", key) if key else (*loc, "options") if options else loc
            text = str(fault).removeprefix(f"machine {settings.name}: ")
            yield document.problem(
                at, f"The driver refuses this: {text.rstrip('.')}.", "Mend the option, or take it out.", key=bool(key)
            )
        except ImportError as missing:
            text = f"The driver {driver!r} cannot be loaded: {missing}."
            yield document.problem((*loc, "driver"), text, "Install what it needs.")


def findings(document: Document, catalog: Catalog, profiles: Profiles, shelf: Shelf) -> Iterator[Problem]:
    """Everything that only shows when one part of the configuration is held against another."""
    yield from _unique(document)
    yield from _one_of(document, ("machines", "*", "driver"), DRIVERS.keys(), "driver")
    yield from _one_of(document, ("machines", "*", "material"), _named(document, "materials", "*", "name"), "material")
    yield from _driver_options(document)
    yield from _skus(document, catalog)
    yield from note_findings(document, catalog)
    yield from _catalog_needs(document, catalog, profiles)
    for name, product in catalog.products.items():
        yield from body_findings(product, catalog.documents[name], shelf, profiles)
