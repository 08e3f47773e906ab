"""From the file to the factory: everything that is wrong at once, or a Config."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from fulfillment import press as paper
from fulfillment import profiles as printing
from fulfillment.cad import BUILTIN, Shelf
from fulfillment.catalog import FOLDER, Allergen, Catalog, Product
from fulfillment.catalog import load as load_catalog
from fulfillment.config.models import Config
from fulfillment.config.paper import unknown_profiles
from fulfillment.config.papers import unknown_papers
from fulfillment.config.places import beside
from fulfillment.config.references import findings
from fulfillment.papers import Papers, shipped, with_own
from fulfillment.positions import Document, Mend, Problem, read, table, validate
from fulfillment.profiles import Profiles


class ConfigError(Exception):
    """The configuration was refused; ``problems`` are all of them, and the text lists them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "There is 1 problem" if count == 1 else f"There are {count} problems"
        super().__init__("\n".join([f"{head} with the configuration:", *(f"  {problem}" for problem in self.problems)]))


@dataclass(frozen=True, slots=True)
class Factory:
    """A factory as read: its configuration and the products that it offers."""

    config: Config
    catalog: Catalog
    profiles: Profiles = field(default_factory=Profiles)
    """How things are printed."""
    press: paper.Profiles = field(default_factory=paper.Profiles)
    """What presses want of a page."""
    shelf: Shelf = field(default_factory=Shelf)
    """Templates of bodies."""
    papers: Papers = field(default_factory=shipped)
    """Templates of papers."""


def _folder(document: Document, folder: Path, *key: str) -> Path | None:
    """A folder that the file names, as far as it says it: what is in it is looked at even when other keys are wrong."""
    for _, written in document.select(*key):
        with suppress(Mend):  # the model refuses it too, with its line
            return beside(folder, written) if isinstance(written, str) else None
    return None


def inspect(path: Path) -> tuple[Factory | None, list[Problem]]:
    """The factory, or None, and every problem of the file and of its catalog."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, [
            Problem(1, 1, "", f"The file cannot be read: {error.strerror}.", "Name an existing file.", str(path))
        ]
    return inspect_bytes(raw, path)


def inspect_bytes(raw: bytes, path: Path) -> tuple[Factory | None, list[Problem]]:
    """As :func:`inspect`, of what would be the file at ``path``: its folder is what relative paths begin at."""
    document = read(raw, str(path))
    if isinstance(document, list):
        return None, document
    if not isinstance(document.data, dict):
        return None, validate(document, Config)[1]
    folder = path.absolute().parent
    config, problems = validate(document, Config, {"folder": folder})
    catalog, of_catalog = load_catalog(_folder(document, folder, "catalog") or FOLDER)
    own_profiles, own_templates = (_folder(document, folder, *key) for key in (("profiles",), ("cad", "templates")))
    profiles, of_profiles = printing.load(printing.SHIPPED, *([own_profiles] if own_profiles else ()))
    press, of_press = paper.load(*(_folder(document, folder, "press", key) for key in ("profiles", "icc")))
    papers = with_own(_folder(document, folder, "papers"))
    shelf = Shelf((own_templates, BUILTIN) if own_templates else (BUILTIN,))
    of_profiles += () if of_profiles else printing.impossible(profiles)
    found = {*problems, *findings(document, catalog, profiles, shelf)}
    found |= {*unknown_profiles(catalog, press), *unknown_papers(catalog, papers)}
    beside_it = (*of_catalog, *of_profiles, *of_press, *papers.problems)
    problems = [*sorted(found, key=lambda p: (p.file != str(path), p)), *beside_it]
    factory = None if config is None else Factory(config, _offered(catalog, config), profiles, press, shelf, papers)
    return (None if problems else factory), problems


def _offered(catalog: Catalog, config: Config) -> Catalog:
    """The products of which this factory has all materials: others are shipped for other factories."""
    here = {material.name for material in config.materials}
    products = catalog.products.items()
    offered = {name: one for name, one in products if all(material in here for _, _, material in one.materials())}
    return replace(catalog, products=offered)


def check(path: Path) -> list[Problem]:
    """Everything that is wrong with the configuration at ``path``; nothing is raised."""
    return inspect(path)[1]


def load_factory(path: Path) -> Factory:
    """The configuration at ``path`` and its catalog. Raises ConfigError with all problems."""
    factory, problems = inspect(path)
    if factory is None:
        raise ConfigError(problems)
    return factory


def load(path: Path) -> Config:
    """The configuration at ``path``. Raises ConfigError with all problems, the catalog's too."""
    return load_factory(path).config


def reference() -> str:
    """Every key of config.yaml and of a product's file, as markdown tables for the docs."""
    allergens = ", ".join(f"`{allergen}`" for allergen in Allergen)
    return (
        f"### config.yaml\n\n{table(Config)}\n### A product (`<name>.yaml`)\n\n{table(Product)}\n"
        f"### Allergens\n\n{allergens}. Where wheat is contained, write both `wheat` (US) and `gluten` (EU).\n"
    )
