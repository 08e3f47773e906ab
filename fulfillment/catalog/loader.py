"""A folder of product files into a catalog. Parsing takes text; only :func:`load` reads files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fulfillment.catalog.models import Product
from fulfillment.positions import Document, Problem, read, validate

FOLDER = Path(__file__).parent
"""The products that are shipped."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Products by name, and where each stands in its file."""

    products: Mapping[str, Product] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    """Products whose files have problems: known by name, and nothing else of them."""
    documents: Mapping[str, Document] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Product:
        return self.products[name]

    def __contains__(self, name: object) -> bool:
        return name in self.products


def parse(text: bytes | str, file: str) -> tuple[Product, Document] | list[Problem]:
    """A product from the text of its file, or everything that is wrong with it. ``file`` is a name ending in .yaml."""
    document = read(text, file)
    if isinstance(document, list):
        return document
    product, problems = validate(document, Product)
    if product is None:
        return problems
    stem = Path(file).stem
    if product.name != stem:
        mend = f"Rename the file to {product.name}.yaml, or write name: {stem}."
        return [document.problem(("name",), f"The product {product.name!r} stands in a file of another name.", mend)]
    return product, document


def load(folder: Path) -> tuple[Catalog, list[Problem]]:
    """Every ``*.yaml`` of a folder. Files with problems are left out, and all their problems are told."""
    products: dict[str, Product] = {}
    documents: dict[str, Document] = {}
    broken: set[str] = set()
    problems: list[Problem] = []
    try:
        files = sorted(folder.glob("*.yaml"))
    except OSError as error:
        reason = f"The folder of products cannot be read: {error.strerror}."
        return Catalog(), [Problem(1, 1, "", reason, "Is it the right folder?", str(folder)[:200])]
    if not files:
        problems.append(
            Problem(1, 1, "", "There is no product (*.yaml) in this folder.", "Is it the right folder?", str(folder))
        )
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as error:
            problems.append(
                Problem(1, 1, "", f"The file cannot be read: {error.strerror}.", "Mend its permissions.", str(path))
            )
            continue
        found = parse(raw, str(path))
        if isinstance(found, list):
            problems.extend(found)
            broken.add(path.stem)
        else:
            products[found[0].name], documents[found[0].name] = found
    return Catalog(products, frozenset(broken), documents), problems
