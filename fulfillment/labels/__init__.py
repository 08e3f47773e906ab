"""Shipping labels: a carrier's file, looked through, and printed as it is or as a picture.

``paper: label`` of a product's operation is the hook; the record is :mod:`jobs.labelling`. A label is a PDF or ZPL of
one page for the whole order, or one for each of its pieces. What is here costs nothing to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fulfillment.catalog import Catalog

PAPER: Final = "label"
"""The paper of a product's operation that prints the order's shipping label."""
PDF: Final = "application/pdf"
ZPL: Final = "application/zpl"
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a carrier's file."""
DPI: Final = 203
"""Dots for each inch, where nobody says for which printer a carrier's ZPL was written: most are of this kind."""
HEADS: Final = (203, 300, 600)


@dataclass(frozen=True, slots=True)
class Media:
    """A label as it comes off its roll: mm."""

    name: str
    width: float
    height: float

    def dots(self, dpi: int) -> tuple[int, int]:
        return round(self.width / 25.4 * dpi), round(self.height / 25.4 * dpi)


FOUR_BY_SIX: Final = Media("4x6", 101.6, 152.4)
"""What every carrier prints on."""
TOLERANCE: Final = 5.0
"""mm by which a page may differ from its label: A6 is taken, too."""


class LabelRefused(Exception):
    """What a carrier's file would need to be printed here: reason and mend of each finding."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(f"{one['reason']} {one['mend']}" for one in self.problems)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A carrier's file that can be printed. ``dpi``: of ZPL, the print head that it was written for."""

    media_type: str
    pages: int
    dpi: int | None
    warnings: tuple[str, ...] = ()

    def facts(self, digest: str) -> Mapping[str, object]:
        """As the record has them."""
        return {"sha256": digest, "media_type": self.media_type, "pages": self.pages, "dpi": self.dpi}


def prints(catalog: Catalog, product: str, operation: str) -> bool:
    """Whether that operation of that product prints the order's shipping label."""
    return (
        product in catalog and operation in catalog[product].route and catalog[product].route[operation].paper == PAPER
    )


def refused(reason: str, mend: str) -> LabelRefused:
    return LabelRefused([{"field": "label", "reason": reason, "mend": mend}])
