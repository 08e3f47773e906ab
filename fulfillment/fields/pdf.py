"""A customer's PDF before anything of it is planned: read whole within limits, and told what of it cannot be printed.

Where its page is cut, and in which inks, is asked when it is laid on its sheet (``fulfillment.press.guests``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fulfillment.catalog import PdfField, Product
from fulfillment.fields.craft import Refused
from fulfillment.pdfs import CUSTOMERS, Finding, PdfRefused, Report, Rules, preflight
from fulfillment.pdfs.report import Where

MOST_TOLD = 5
"""Findings of one file: who has mended these sends another one."""


def read(value: bytes, title: str, rules: Rules) -> tuple[Report | None, list[Refused]]:
    """What is in it, and what keeps it from being printed. It forks: see :func:`fulfillment.pdfs.preflight`."""
    try:
        report = preflight(value, rules)
    except PdfRefused as refused:
        return None, [told(title, refused.finding)]
    return report, [told(title, finding) for finding in report.errors[:MOST_TOLD]]


def told(title: str, finding: Finding) -> Refused:
    """A finding for the customer."""
    return Refused(f"{title}, {Where(finding.page, finding.object)}: {finding.reason}", finding.mend)


def refused(product: Product, files: Mapping[str, bytes]) -> Iterator[tuple[str, Refused]]:
    """What of a product's PDFs cannot be printed on any press, by field."""
    for name, field in product.fields.items():
        if isinstance(field, PdfField) and name in files:
            _, wrong = read(files[name], field.title, CUSTOMERS)
            yield from ((name, one) for one in wrong)
