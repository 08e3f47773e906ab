"""Finished PDFs, ours and others': what is in them, whether that is what was agreed, and what they look like.

:class:`Rules` say what a file has to be; they are data, and cost nothing to load. :func:`preflight` and
:func:`pictures` decode strangers' files: each call forks a process that the kernel bounds, and belongs into a render
worker or a command, as they load pikepdf and pypdfium2.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from fulfillment.apart import Over, apart
from fulfillment.pdfs.limits import LIMITS, MEMORY, SECONDS
from fulfillment.pdfs.report import Box, Facts, Finding, Page, PdfRefused, Report
from fulfillment.pdfs.rules import CUSTOMERS, LABELS, PAPERS, PRESS, RULES, Rules

__all__ = [
    "CUSTOMERS",
    "LABELS",
    "PAPERS",
    "PRESS",
    "RULES",
    "Box",
    "Facts",
    "Finding",
    "Page",
    "PdfRefused",
    "Report",
    "Rules",
    "look_at",
    "pictures",
    "preflight",
]


def preflight(data: bytes, rules: Rules) -> Report:
    """What is in a PDF, and what of it is not as the rules want it.

    Raises PdfRefused where it cannot be looked at: damaged, encrypted, or beyond a limit (fulfillment.pdfs.limits). It
    is read in a process of its own, within 30 s of processor time and 700 MB.
    """
    judging: Any = import_module("fulfillment.pdfs.judge")
    found: Report = judging.judged(look_at(data), rules, LIMITS.findings)
    return found


def look_at(data: bytes) -> Facts:
    """What is in a PDF, whatever is wanted of it. Raises PdfRefused. See :func:`preflight`."""
    if len(data) > LIMITS.bytes:
        raise PdfRefused(
            f"The file has {len(data) / 1e6:.0f} MB; at most {LIMITS.bytes // 1_000_000} MB are read.",
            "Please send a smaller one.",
        )
    # Imported here and not there, so that the bounds are those of the file and not of the libraries that read it.
    reading: Any = import_module("fulfillment.pdfs.reading")
    found: Facts = _bounded(reading.facts, data)
    return found


def pictures(data: bytes, dpi: float = 100.0, pages: Iterable[int] = (1,)) -> list[bytes]:
    """Pages as PNG, as a reader shows them; ``pages`` count from 1. Raises PdfRefused, as :func:`preflight` does."""
    drawing: Any = import_module("fulfillment.pdfs.drawing")
    wanted = tuple(pages)
    found: list[bytes] = _bounded(lambda one: drawing.drawn(one, dpi, wanted), data)
    return found


def _bounded(call: Any, data: bytes) -> Any:
    try:
        return apart(call, data, MEMORY, SECONDS)
    except Over as bound:
        reason = f"There is so much in it that it takes more than {bound} to look at."
        raise PdfRefused(reason, "Please export it simpler, or in several files.") from None
