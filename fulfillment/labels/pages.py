"""A carrier's PDF: looked through within limits, one page taken out, a page drawn. For render workers and commands."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf

from fulfillment import pdfs
from fulfillment.labels import FOUR_BY_SIX, PDF, TOLERANCE, ZPL, Inspected, LabelRefused, Media, preflight, refused

ZPL_MARK = b"^XA"


def inspect(data: bytes, pieces: int, dpi: int) -> Inspected:
    """Whatever a carrier sent, as it may be printed. Raises LabelRefused."""
    if data.startswith(b"%PDF-"):
        return inspect_pdf(data, pieces)
    if ZPL_MARK in data[:2000].upper():
        return preflight.inspect(data, pieces, dpi)
    raise refused(
        "It is neither a PDF nor ZPL.", "Send the label as the carrier gives it: PDF, or ZPL from ^XA to ^XZ."
    )


def inspect_pdf(data: bytes, pieces: int, media: Media = FOUR_BY_SIX) -> Inspected:
    """One page for the order, or one for each of its pieces, each as large as a label. Raises LabelRefused."""
    try:
        report = pdfs.preflight(data, replace(pdfs.LABELS, pages=(1, max(pieces, 1))))
    except pdfs.PdfRefused as damaged:
        raise refused(damaged.reason, damaged.mend) from None
    found = [one for one in report.findings if one.level == "error"]
    if found:
        raise LabelRefused(
            [{"field": "label", "reason": _at(one.page, one.object, one.reason), "mend": one.mend} for one in found]
        )
    pages = report.facts.pages
    if len(pages) not in (1, pieces):
        mend = f"Send one page for all, or one for each of {pieces} pieces."
        raise refused(f"The file has {len(pages)} pages.", mend)
    for page in pages:
        short, long = sorted(page.seen(page.shown))
        if abs(short - media.width) > TOLERANCE or abs(long - media.height) > TOLERANCE:
            mend = f"Have the carrier make labels of {media.name} inches ({media.width:g} x {media.height:g} mm)."
            raise refused(f"Page {page.number} is {short:.0f} x {long:.0f} mm.", mend)
    warnings = tuple(f"{one.reason} {one.mend}" for one in report.findings if one.level != "error")
    return Inspected(PDF, len(pages), None, warnings)


def _at(page: int | None, name: str, reason: str) -> str:
    return f"{'' if page is None else f'Page {page}, '}{name}: {reason}"


def page(data: bytes, number: int, pages: int) -> bytes:
    """One page as a file of its own, byte-stable; a file of one page as it is."""
    if pages == 1:
        return data
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as whole, pikepdf.new() as single:
        single.pages.append(whole.pages[number - 1])
        out = io.BytesIO()
        single.save(out, deterministic_id=True)
    return out.getvalue()


def drawn(data: bytes, dpi: int) -> bytes:
    """The first page as PNG, a pixel a dot."""
    return pdfs.pictures(data, float(dpi), (1,))[0]


__all__ = ["PDF", "ZPL", "drawn", "inspect", "inspect_pdf", "page"]
