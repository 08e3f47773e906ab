"""Papers as PDF and as pictures, in a render worker: what they show may be large, and what they say is of strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fulfillment.lists.sheet import Ready
from fulfillment.pdfs import PdfRefused, pictures
from fulfillment.processes import Problems
from jobs.artifacts import ArtifactStore

DPI: Final = 110.0
"""Of a picture on a screen."""


def pdf(ready: Ready, store: Path) -> bytes:
    """The paper. Raises Problems."""
    from fulfillment.papers.drawing import lay, paint  # fonts and pictures: only the worker loads them
    from fulfillment.typeset import PaperError

    artifacts = ArtifactStore(store)
    kept = {name: artifacts.path(digest) for name, digest in ready.pictures.items()}
    pictures = {name: path.read_bytes() for name, path in kept.items() if path.is_file()}
    pictures |= ready.files
    try:
        return paint(lay(ready.template, ready.facts, pictures, language=ready.language, paper=ready.size), pictures)
    except PaperError as error:
        raise Problems([{"field": "", "reason": error.reason, "mend": error.mend}]) from error


def picture(ready: Ready, store: Path, page: int) -> bytes:
    """One of its pages (from 1) as a PNG. Raises Problems."""
    try:
        return pictures(pdf(ready, store), DPI, (page,))[0]
    except PdfRefused as refused:
        raise Problems([{"field": "page", "reason": refused.reason, "mend": refused.mend}]) from None
