"""The papers that go with a piece, by their templates. A pure function from a specification to PDF bytes.

Everything is drawn on a canvas, never through markup: a customer's text is glyphs and nothing else. Equal papers give
equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fulfillment.labels import printing
from fulfillment.papers.drawing import lay, paint
from fulfillment.papers.pages import Pages
from fulfillment.processes import Made, Problems, Spec
from fulfillment.typeset import PaperError
from jobs.queue import Needs

PROCESS: Final = "document"
MEDIA_TYPE: Final = "application/pdf"
ONE_SIDED: Final = "one-sided"


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """A paper of a piece, as ``fulfillment.slips.facts_of`` has specified it. Raises Problems."""
    if "label" in spec.facts:
        return printing.render(spec.facts, files)
    facts = spec.facts
    pictures = {**facts["pictures"], **files}
    try:
        pages = lay(facts["template"], facts["says"], pictures, language=facts["language"], paper=facts["paper"])
        data = paint(pages, pictures)
    except PaperError as error:
        raise Problems([{"field": "", "reason": error.reason, "mend": error.mend}]) from error
    return Made(data, needs(pages), told(pages))


def needs(pages: Pages) -> Needs:
    """What a paper needs of its printer."""
    ticket: dict[str, float | str] = {
        "media": pages.paper,
        "width": pages.width,
        "height": pages.height,
        "pages": len(pages.pages),
        "sides": ONE_SIDED,
    }
    return Needs(process=PROCESS, media_type=MEDIA_TYPE, ticket=ticket)


def told(pages: Pages) -> dict[str, object]:
    """What the manifest says of a paper; lengths in mm."""
    return {
        "pages": len(pages.pages),
        "paper": pages.paper,
        "size": [pages.width, pages.height],
        "language": pages.language,
    }
