"""Papers that products print, against the templates that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fulfillment.catalog import Catalog
from fulfillment.labels import PAPER as LABEL
from fulfillment.papers import Papers
from fulfillment.positions import Problem, closest

OF_PIECES: Final = ("slip", "traveler")
"""Papers that are about one piece, and so can be an operation of its route."""


def unknown_papers(catalog: Catalog, papers: Papers) -> Iterator[Problem]:
    """Operations that print a paper of which there is no template, or one that is not about a piece."""
    known = [LABEL, *(name for name, template in papers.templates.items() if template.paper in OF_PIECES)]
    for product in catalog.products.values():
        for name, operation in product.route.items():
            if operation.paper and operation.paper not in known:
                document = catalog.documents[product.name]
                text = f"No paper of a piece is called {operation.paper!r}."
                yield document.problem(("route", name, "paper"), text, closest(operation.paper, known, "Papers are"))
