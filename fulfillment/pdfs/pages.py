"""The page tree, walked within limits, and each page's boxes. A library walks it to its end, however far that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pikepdf import Array, Dictionary

from fulfillment.pdfs.collect import AGAIN, Collected
from fulfillment.pdfs.report import Box, Page, PdfRefused, Where
from fulfillment.pdfs.values import Key, Thing, get, integer, items, key, kind, name, number, numbers

MM: Final = 25.4 / 72
"""Of a point."""
INHERITED: Final = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
HUGE: Final = 100_000.0
"""mm of a page's side: 100 m, which a roll may have."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page, with what it has from those above it."""

    thing: Thing
    inherited: dict[str, Thing]

    def get(self, entry: str) -> Thing:
        own = get(self.thing, entry)
        return self.inherited.get(entry) if own is None else own


def tree(root: Thing, most: int, depth: int) -> tuple[list[Leaf], list[Thing]]:
    """Pages in their order, and the nodes above them. Raises PdfRefused where they are too many, too deep, or no tree.

    Each node may be met once: a small tree whose branches are shared would have any number of pages.
    """
    top = get(root, "/Pages")
    said = integer(get(top, "/Count"))
    if said is not None and said > most:
        raise too_many(f"says that it has {said:,} pages", most)
    seen: set[Key] = set()
    found: list[Leaf] = []
    nodes: list[Thing] = []
    stack: list[tuple[Thing, dict[str, Thing], int]] = [(top, {}, 0)]
    while stack:
        node, above, deep = stack.pop()
        if (mark := key(node)) in seen and mark != (0, 0):
            raise PdfRefused(f"Object {mark[0]} is twice in its tree of pages.", AGAIN)
        seen.add(mark)
        if kind(node) is not Dictionary or deep > depth:
            raise PdfRefused(f"Its tree of pages is {'damaged' if deep <= depth else f'deeper than {depth}'}.", AGAIN)
        below = above | {entry: own for entry in INHERITED if (own := get(node, entry)) is not None}
        if get(node, "/Kids") is None and name(get(node, "/Type")) != "/Pages":
            found.append(Leaf(node, below))
        else:
            nodes.append(node)
            kids = items(get(node, "/Kids")) if len_of(get(node, "/Kids")) <= most else None
            if kids is None:
                raise too_many(f"has {len_of(get(node, '/Kids')):,} pages or more", most)
            stack.extend((kid, below, deep + 1) for kid in reversed(kids))
        if len(found) > most or len(stack) + len(nodes) > 2 * most:
            raise too_many(f"has more than {most:,} pages", most)
    if not found:
        raise PdfRefused("It has no pages.", AGAIN)
    return found, nodes


def len_of(kids: Thing) -> int:
    return len(kids) if kind(kids) is Array else 0


def too_many(said: str, most: int) -> PdfRefused:
    return PdfRefused(f"The file {said}; at most {most:,} are read.", "Please send it in several files.")


def page_of(leaf: Leaf, number_: int, to: Collected) -> Page:
    """A page's boxes. What cannot be read is noted, and taken as if it were not there. Raises PdfRefused."""
    unit = number(get(leaf.thing, "/UserUnit"))
    if unit is not None and not 0 < unit <= 75_000:
        to.note(Where(number_, "UserUnit"), "damaged", f"It is {unit:g}, and should be more than 0.")
        unit = None
    unit = unit or 1.0
    boxes: dict[str, Box | None] = {}
    for entry in ("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"):
        boxes[entry] = _box(leaf.get(entry), unit, Where(number_, entry[1:]), to)
    media = boxes["/MediaBox"]
    if media is None:
        raise PdfRefused("It has no media box, so that nobody knows how large it is.", AGAIN, number_, "MediaBox")
    rotate = integer(leaf.get("/Rotate")) or 0
    if rotate % 90:
        to.note(Where(number_, "Rotate"), "damaged", f"It is turned by {rotate} degrees; quarters of a turn are known.")
        rotate = 0
    crop, bleed, trim, art = (boxes[entry] for entry in ("/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"))
    return Page(number_, media, crop, bleed, trim, art, rotate % 360, unit)


def _box(thing: Thing, unit: float, where: Where, to: Collected) -> Box | None:
    if thing is None:
        return None
    found = numbers(thing, 4)
    if found is None:
        to.note(where, "damaged", "It is not four finite numbers.")
        return None
    x0, y0, x1, y1 = (value * unit * MM for value in found)
    box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    if not 0 < box.width <= HUGE or not 0 < box.height <= HUGE or not math.isfinite(box.x0 + box.y0):
        to.note(where, "damaged", f"It is {box.width:.4g} x {box.height:.4g} mm.")
        return None
    return box
