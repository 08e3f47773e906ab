"""A file's facts, read in the process that it may take the memory of (see fulfillment.pdfs.preflight)."""

from __future__ import annotations

import io
import re
from typing import Final

import pikepdf
from pikepdf import Stream
from pikepdf.settings import set_qpdf_limits

from fulfillment.pdfs.collect import AGAIN, SIMPLER, Collected
from fulfillment.pdfs.content import Pen
from fulfillment.pdfs.limits import LIMITS, QPDF, Limits
from fulfillment.pdfs.objects import looked
from fulfillment.pdfs.pages import Leaf, page_of, tree
from fulfillment.pdfs.report import Facts, Intent, PdfRefused, Where
from fulfillment.pdfs.spaces import profile
from fulfillment.pdfs.values import Thing, entries, get, integer, items, kind, name, text

BEGINS: Final = re.compile(rb"%PDF-([12]\.[0-9])")
NAMELESS: Final = re.compile(r"^(?:stream )?<_io\.BytesIO object at 0x[0-9a-f]+>:? ?")
HEAD: Final = 1024
"""Bytes in which a file must begin, and end."""


def facts(data: bytes, limits: Limits = LIMITS) -> Facts:
    """All that is known of a PDF. Raises PdfRefused. It decodes a stranger's file: only in a process that may end."""
    version = whole(data, limits)
    set_qpdf_limits(**QPDF, dct_throw_on_corrupt_data=True)
    to = Collected(limits, version)
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False, inherit_page_attributes=False) as pdf:
            _read(pdf, to)
            for warning in pdf.get_warnings()[:20]:
                to.note(Where(None, "the file"), "damaged", f"It is damaged: {_plain(str(warning))}.")
    except pikepdf.PasswordError:
        raise encrypted() from None
    except (pikepdf.PdfError, ValueError, RuntimeError, OverflowError) as error:
        raise PdfRefused(f"It is damaged: {_plain(str(error))}.", AGAIN) from None
    return to.facts()


def whole(data: bytes, limits: Limits) -> str:
    """The version that a file says. Raises PdfRefused where it is too large, none, or ends in the middle."""
    if len(data) > limits.bytes:
        most = f"{limits.bytes // 1_000_000} MB"
        raise PdfRefused(
            f"The file has {len(data) / 1e6:.0f} MB; at most {most} are read.", "Please send a smaller one."
        )
    found = BEGINS.search(data[:HEAD])
    if found is None:
        raise PdfRefused("It is not a PDF.", "Please export it as PDF.")
    if b"%%EOF" not in data[-HEAD:] or b"startxref" not in data[-HEAD:]:
        raise PdfRefused("Its end is missing: it is only a part of a PDF.", "Please send it again, whole.")
    return found[1].decode()


def encrypted() -> PdfRefused:
    return PdfRefused(
        "It is encrypted.", "Please save it without a password and without restrictions.", None, "Encrypt"
    )


def _plain(error: str) -> str:
    """A library's message, without the name that it has for bytes in memory."""
    said = NAMELESS.sub("", error).replace("Too many warnings - file is too badly damaged", "it has too many mistakes")
    return "".join(letter if letter.isprintable() else "?" for letter in said.strip(" .:"))[:200]


def _read(pdf: pikepdf.Pdf, to: Collected) -> None:
    if pdf.is_encrypted:
        raise encrypted()
    # Neither pdf.objects nor pdf.Root: the one resolves all of them, and the other walks all pages.
    if (count := integer(get(pdf.trailer, "/Size")) or 0) > to.limits.objects:
        most = f"{to.limits.objects:,}"
        raise PdfRefused(f"It has {count:,} objects; at most {most} are read.", "Please send it in several files.")
    root = get(pdf.trailer, "/Root")
    pages, nodes = tree(root, to.limits.pages, to.limits.depth)
    for number, leaf in enumerate(pages, 1):
        to.pages.append(page_of(leaf, number, to))
        _content(leaf, number, to)
    looked(pages, nodes, root, to)
    _intents(root, to)


def _content(leaf: Leaf, number: int, to: Collected) -> None:
    contents, resources = get(leaf.thing, "/Contents"), leaf.get("/Resources")
    parts: list[bytes] = []
    size = 0
    for stream in items(contents) or [contents]:
        if kind(stream) is Stream:
            parts.append(to.content(stream, Where(number, "contents")) or b"")
            size += len(parts[-1])
            if size > to.limits.content:
                reason = f"Its operators are more than {to.limits.content:,} bytes."
                raise PdfRefused(reason, SIMPLER, number, "contents")
        elif stream is not None:
            to.note(Where(number, "contents"), "damaged", "Its contents are no stream.")
    pen = Pen(to, number, to.pages[-1].unit)
    pen.page(resources, b"\n".join(parts))
    for place, annotation in enumerate(items(get(leaf.thing, "/Annots")), 1):
        normal = get(get(annotation, "/AP"), "/N")
        shown = [normal] if kind(normal) is Stream else [state for _, state in entries(normal)]
        for stream in shown:
            if kind(stream) is Stream:
                pen.appearance(annotation, stream, f"appearance of annotation {place}", resources)
    if name(get(get(leaf.thing, "/Group"), "/S")) == "/Transparency":
        pen.transparent("the page", "a transparency group")


def _intents(root: Thing, to: Collected) -> None:
    for place, intent in enumerate(items(get(root, "/OutputIntents"))[:20], 1):
        where = Where(None, f"output intent {place}")
        subtype, condition = name(get(intent, "/S"))[1:], text(get(intent, "/OutputConditionIdentifier"))
        found, space, wrong = get(intent, "/DestOutputProfile"), "", ""
        if kind(found) is Stream:
            data = to.content(found, where)
            space, wrong = profile(data or b"", integer(get(found, "/N")))
        to.add(to.intents, Intent(where, subtype, condition, space, wrong))
