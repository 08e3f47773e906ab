"""What prints an order's shipping label: the facts of a piece's label, and its rendering (:mod:`fulfillment.labels`).

A label goes to a printer that speaks ZPL, where the factory has one: a PDF as a picture in that printer's dots. Where
it has none, a PDF goes to a document printer as it is. Where one label is for several pieces, the first of them gets
it, and each other piece a label that says with which one it travels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fulfillment.config import Factory
from fulfillment.labels import FOUR_BY_SIX, PDF, ZPL, LabelRefused, Media
from fulfillment.machines import head
from fulfillment.processes import Made, Problems, Spec
from jobs.labelling import label_of, missing
from jobs.queue import Needs
from jobs.store import Store

PROCESS: Final = "document"
PLAIN: Final = 300
"""Dots for each inch of what is drawn here for printers that take PDF."""
FILE: Final = "(label)"
"""Among a specification's files: what the carrier sent. No field can be called so."""
WHO: Final = "planner"


def facts_of(store: Store, factory: Factory, job: Any, base: Spec) -> Spec | None:
    """The specification of a piece's label; None while the order has none. What is missing is said of the job."""
    with store.read() as connection:
        label = label_of(connection, job.order_id)
    if label is None or job.unit_id not in label["units"]:
        missing(store, job.id, WHO)
        return None
    units, pages = label["units"], label["pages"]
    number = units.index(job.unit_id) + 1
    facts = {
        "label": label["media_type"],
        "page": number if pages > 1 else 1,
        "pages": pages,
        "unit": job.unit_id,
        "with": units[0] if pages == 1 and number > 1 else "",
        "number": f"{number} of {len(units)}",
        "dpi": label["dpi"] or _head(factory),
    }
    return replace(base, files={FILE: label["sha256"]}, machines=(), materials={}, fields={}, options={}, facts=facts)


def _head(factory: Factory) -> int | None:
    """Dots for each inch of the label printer that is asked first; None: no machine speaks ZPL."""
    printers = sorted((one for one in factory.config.machines if PROCESS in one.processes), key=lambda one: one.name)
    return next((dpi for printer in printers if (dpi := head(printer)) is not None), None)


def render(facts: Mapping[str, Any], files: Mapping[str, bytes], media: Media = FOUR_BY_SIX) -> Made:
    """The label of one piece. Raises Problems."""
    from fulfillment.labels import companion, pages, picture, preflight  # loaded by render workers alone

    data, dpi = files[FILE], facts["dpi"]
    try:
        if facts["with"]:
            image = companion.drawn(facts["unit"], facts["with"], facts["number"], media, dpi or PLAIN)
            proof = picture.png(image, dpi or PLAIN)
            if dpi is None:
                return _made(companion.pdf(proof, media), PDF, media, None, proof)
            return _made(picture.zpl(image), ZPL, media, dpi, proof)
        if facts["label"] == ZPL:
            return _made(preflight.label(data, facts["page"]), ZPL, media, dpi, None)
        page = pages.page(data, facts["page"], facts["pages"])
        if dpi is None:
            return _made(page, PDF, media, None, pages.drawn(page, 150))
        image = picture.dots(pages.drawn(page, dpi), media, dpi)
        return _made(picture.zpl(image), ZPL, media, dpi, picture.png(image, dpi))
    except LabelRefused as refused:
        raise Problems(refused.problems) from refused


def _made(data: bytes, kind: str, media: Media, dpi: int | None, proof: bytes | None) -> Made:
    ticket: dict[str, float | str] = {
        "media": media.name,
        "width": media.width,
        "height": media.height,
        "pages": 1,
        "copies": 1,
        "sides": "one-sided",
        "colour": "monochrome",
    }
    traits: dict[str, float | str] = {"dpi": dpi} if dpi is not None and kind == ZPL else {}
    needs = Needs(process=PROCESS, media_type=kind, traits=traits, ticket=ticket)
    manifest: dict[str, Any] = {"pages": 1, "paper": media.name, "size": [media.width, media.height]}
    if proof is None:
        manifest["unseen"] = "Only a printer knows what it makes of a carrier's ZPL: there is no picture of it."
    return Made(data, needs, manifest, proof)
