"""All that hangs on a file, object by object, within limits, each with the way that led to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from pikepdf import Array, Dictionary, Stream

from fulfillment.pdfs.collect import SIMPLER
from fulfillment.pdfs.limits import Limits
from fulfillment.pdfs.naming import Path, named
from fulfillment.pdfs.pages import Leaf
from fulfillment.pdfs.report import PdfRefused, Where
from fulfillment.pdfs.values import Key, Thing, entries, get, items, key, kind, name

CONTAINERS: Final = (Dictionary, Stream, Array)
LONGEST: Final = 40
"""Steps of a way that are kept: forms in forms need three each."""


@dataclass(frozen=True, slots=True)
class Met:
    """Something in a file: a dictionary, a stream or an array. ``path`` begins at the page, or at the file's root."""

    thing: Thing
    path: Path
    page: int | None
    kinds: dict[Path, str]

    @property
    def where(self) -> Where:
        return Where(self.page, named(self.path, self.kinds))

    @property
    def last(self) -> str:
        """The key that it has."""
        return self.path[-1] if self.path else ""

    @property
    def among(self) -> str:
        """The key of what it is one of."""
        return self.path[-2] if len(self.path) > 1 else ""


def walked(pages: Sequence[Leaf], nodes: Iterable[Thing], root: Thing, limits: Limits) -> Iterator[Met]:
    """Each container once: those of pages in the pages' order, then what else the file has. Raises PdfRefused."""
    for count, met in enumerate(_every(pages, nodes, root)):
        if count >= limits.objects:
            raise PdfRefused(f"It has more than {limits.objects:,} arrays and dictionaries.", SIMPLER, met.page)
        yield met


def _every(pages: Sequence[Leaf], nodes: Iterable[Thing], root: Thing) -> Iterator[Met]:
    """Pages and the nodes above them are known from the start, so that no way leads from one page to another."""
    starts = [Met(leaf.thing, (), number, {}) for number, leaf in enumerate(pages, 1)]
    starts += [Met(node, ("/Pages",), None, {}) for node in nodes]
    starts += [Met(root, (), None, {})]
    seen = {mark for met in starts if (mark := key(met.thing)) != (0, 0)}
    above = [leaf.inherited.get("/Resources") for leaf in pages]
    done: set[int] = set()
    for met, resources in zip_longest(starts, above):
        yield from _below(met, seen)
        # What a page has from above it, it has as if it were its own; the next one has the same.
        if kind(resources) is Dictionary and id(resources) not in done and key(resources) not in seen:
            done.add(id(resources))
            yield from _below(Met(resources, ("/Resources",), met.page, met.kinds), seen)


def _below(start: Met, seen: set[Key]) -> Iterator[Met]:
    queue = deque([start])
    while queue:
        met = queue.popleft()
        yield met
        queue.extend(_children(met, seen))


def _children(met: Met, seen: set[Key]) -> Iterator[Met]:
    if kind(met.thing) is Array:
        pairs = [(f"[{place}]", child) for place, child in enumerate(items(met.thing))]
    else:
        pairs = entries(met.thing)
    for step, child in pairs:
        if kind(child) not in CONTAINERS:
            continue
        if (mark := key(child)) != (0, 0):
            if mark in seen:
                continue
            seen.add(mark)
        # What is next in a row is called as the first. A way that is longer than this is a row by another name.
        path = met.path if step == "/Next" else (*met.path[-LONGEST:], step)
        if met.last == "/XObject" and (said := KINDS.get(name(get(child, "/Subtype")))):
            met.kinds[path] = said
        yield Met(child, path, met.page, met.kinds)


KINDS: Final = {"/Image": "image", "/Form": "form", "/PS": "PostScript object"}
