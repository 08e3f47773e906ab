"""A customer's own page on a sheet: what it draws, and nothing else of its file.

The page becomes a form: its operators, and the fonts and pictures that they name. Annotations, scripts, names and
attachments stay where they were. What is placed was preflighted (fulfillment.pdfs) and is opened in a render worker.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from fulfillment.pdfs import Box, Page, PdfRefused
from gcode.geometry import Bounds

POINT: Final = 72 / 25.4
TOLERANCE: Final = 1.0
"""mm by which a page without a trim box may differ from what is cut."""
KEPT: Final = frozenset({"/Type", "/Subtype", "/BBox", "/Matrix", "/Resources", "/Group", "/Length", "/Filter"})
"""Of the form that a page becomes."""


@dataclass(frozen=True, slots=True)
class Lies:
    """Where a page is cut: in mm, in its own coordinates; and what the customer is told."""

    trim: Box
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """A page on its way to a sheet: ``trim``: where it is cut on the sheet, in mm; ``clip``: as far as it may reach."""

    data: bytes
    page: Page
    lies: Lies
    trim: Bounds
    clip: Bounds


def lying(page: Page, size: tuple[float, float], bleed: float) -> Lies:
    """Where a page is cut to this size (mm, as it is looked at). Raises PdfRefused where it is another.

    By its own trim box, where it has one. Else the whole page is the piece, or the piece with its bleed around it.
    """
    shown = page.shown
    seen = page.seen(page.trim or shown)
    notes: list[str] = []
    if _alike(seen, size):
        trim = page.trim or shown
    elif page.trim is None and _alike(seen, (size[0] + 2 * bleed, size[1] + 2 * bleed)):
        wide, high = size if page.rotate % 180 == 0 else size[::-1]
        left, low = shown.x0 + (shown.width - wide) / 2, shown.y0 + (shown.height - high) / 2
        trim = Box(left, low, left + wide, low + high)
        notes.append(f"The page says no trim: it is cut {bleed:g} mm inside of its edges.")
    else:
        turned = " Please turn it by a quarter." if _alike(seen, size[::-1]) else ""
        reason = f"The page is {seen[0]:.4g} x {seen[1]:.4g} mm; {size[0]:g} x {size[1]:g} mm are printed."
        mend = f"Please make it that size, or {bleed:g} mm larger at each side for the bleed.{turned}"
        raise PdfRefused(reason, mend, page.number, "TrimBox" if page.trim else "page size")
    there = (page.bleed or shown).around(trim)
    if there < bleed - TOLERANCE / 2:
        notes.append(f"The page goes on {max(there, 0.0):.2g} mm beyond its edge: beside the cut there may be white.")
    return Lies(trim, tuple(notes))


def _alike(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    return all(abs(one - other) <= TOLERANCE for one, other in zip(found, wanted, strict=True))


def placed(sheet: bytes, guests: Sequence[Guest]) -> bytes:
    """The first page of a file with customers' pages under all that it has. Same guests, same bytes."""
    with pikepdf.open(io.BytesIO(sheet), attempt_recovery=False) as pdf:
        page, code = pdf.pages[0], bytearray()
        forms = page.obj.Resources.get("/XObject") or Dictionary()
        for number, guest in enumerate(guests):
            name = f"/Guest{number}"
            forms[name], matrix = _form(pdf, guest)
            clip = " ".join(f"{value * POINT:.4f}" for value in _corner_and_size(guest.clip))
            code += f"q {clip} re W n {matrix} cm {name} Do Q\n".encode()
        page.obj.Resources["/XObject"] = forms
        page.contents_add(Stream(pdf, bytes(code)), prepend=True)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _corner_and_size(box: Bounds) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.width, box.height


def _form(pdf: Pdf, guest: Guest) -> tuple[pikepdf.Object, str]:
    """A page as a form of the sheet, and the matrix that lays its trim over the guest's place."""
    with pikepdf.open(io.BytesIO(guest.data), attempt_recovery=False) as source:
        form = pdf.copy_foreign(source.pages[guest.page.number - 1].as_form_xobject())
    for key in set(form.keys()) - KEPT:
        del form[key]
    form.Subtype = Name.Form
    unit = guest.page.unit
    shown = guest.page.bleed or guest.page.shown
    form.BBox = Array([round(value * POINT / unit, 4) for value in (shown.x0, shown.y0, shown.x1, shown.y1)])
    # A quarter's turn is clockwise; what was the trim's lower left goes to the corner that it then has.
    a, b, c, d = {0: (1, 0, 0, 1), 90: (0, -1, 1, 0), 180: (-1, 0, 0, -1), 270: (0, 1, -1, 0)}[guest.page.rotate]
    form.Matrix = Array([a * unit, b * unit, c * unit, d * unit, 0, 0])
    trim = guest.lies.trim
    left = min(a * x + c * y for x in (trim.x0, trim.x1) for y in (trim.y0, trim.y1))
    low = min(b * x + d * y for x in (trim.x0, trim.x1) for y in (trim.y0, trim.y1))
    place = guest.trim
    return form, f"1 0 0 1 {(place.x0 - left) * POINT:.4f} {(place.y0 - low) * POINT:.4f}"
