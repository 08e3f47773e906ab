"""What a PDF may cost and how large it may be.

These are counts and sizes, so that the same file is refused everywhere and always. What is small and still takes long
meets the bounds of time and memory, SECONDS and MEMORY (see fulfillment.apart).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is the most that is allowed. Tests take smaller ones."""

    bytes: int = 250_000_000
    """Of the file: a gang sheet's 100 pages with a photo each have 200 MB."""
    pages: int = 2_000
    """Leaves of the page tree; rules may allow fewer."""
    objects: int = 300_000
    """In the file's table, whether they are used or not."""
    depth: int = 48
    """Containers in containers: of the page tree, of arrays and dictionaries, of graphics states."""
    forms: int = 16
    """Forms, patterns and glyphs that draw each other."""
    saved: int = 512
    """Graphics states that are saved and not restored yet."""
    stream: int = 256_000_000
    """Bytes of one decoded stream."""
    decoded: int = 1_000_000_000
    """Bytes of all decoded streams."""
    content: int = 64_000_000
    """Bytes of one decoded stream of drawing operators, which is kept in memory."""
    operators: int = 2_000_000
    """Run for one page, each as often as it runs: a city's map has one million."""
    drawn: int = 100_000
    """Forms, patterns and glyphs that are run for one page, each as often as it is."""
    pixels: int = 200_000_000
    """Of one picture in it."""
    side: int = 60_000
    """Pixels of a picture's longer side, and bytes of a predictor's row over its channels."""
    filters: int = 4
    """Codings of a stream on top of each other."""
    facts: int = 20_000
    """Things that are noted: beyond that it is no page that somebody drew."""
    findings: int = 200
    """That a report lists; it says how many more there are."""


LIMITS: Final = Limits()

SECONDS: Final = 30
"""Of processor time for one file. A press page takes 0.02, 100 pages with photos some."""
MEMORY: Final = 700_000_000
"""Bytes of address space for one file, on top of what the process has."""

QPDF: Final = {
    "parser_max_nesting": 64,
    "max_stream_filters": LIMITS.filters,
    "flate_max_memory": LIMITS.content,
    "png_max_memory": LIMITS.content,
    "tiff_max_memory": LIMITS.content,
    "run_length_max_memory": LIMITS.content,
    "dct_max_memory": LIMITS.content,
    "dct_max_progressive_scans": 64,
}
"""qpdf's own limits: it unpacks tables and packed objects itself while it opens a file. Its ``doc_max_warnings`` is not
among them: with it, opening walks the tree of pages to its end (12.4)."""
