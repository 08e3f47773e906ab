"""Plans: pieces where they lie, to scale, each a frame with its picture and its words. Points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from reportlab.lib.units import mm

from fulfillment.papers import models
from fulfillment.papers.filling import Item as Facts
from fulfillment.papers.ground import Ground, Room, said
from fulfillment.papers.items import Item, Laid, Panel, Part, Photo
from fulfillment.typeset import PaperError

FARTHEST = 100_000.0
"""mm from the first piece to the last."""
EDGE = 0.08
"""Of a frame's shorter side, between it and its words."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a piece lies, in mm; y goes away from whoever stands before the machine."""

    x: float
    y: float
    width: float
    height: float
    facts: Facts


def plan(block: models.PlanBlock, ground: Ground, room: Room) -> Laid:
    """Frames as large as the room holds all of them. Raises PaperError."""
    frames = [_frame(facts) for facts in ground.words.items(block.list)]
    if not frames:
        return Laid(())
    left, low = min(one.x for one in frames), min(one.y for one in frames)
    width = max(one.x + one.width for one in frames) - left
    height = max(one.y + one.height for one in frames) - low
    most = min(ground.pt(block.most), room.height)
    scale = min(room.width / width, most / height, ground.pt(1.0) * block.largest)
    high, start = height * scale, (room.width - width * scale) / 2
    items: list[Item] = []
    for one in frames:
        x = start + (one.x - left) * scale
        y = high - (one.y + one.height - low) * scale
        items += [item.at(x, y) for item in _piece(block, ground, one, scale)]
    return Laid((Part(high, tuple(items)),))


def _frame(facts: Facts) -> Frame:
    """Raises PaperError for what is no place."""
    try:
        x, y, width, height = (float(facts[key]) for key in models.PLACE)
    except (KeyError, ValueError):
        raise PaperError("A piece of the plan has no place.", "Give it x, y, width and height in mm.") from None
    if not all(math.isfinite(one) and abs(one) <= FARTHEST for one in (x, y, width, height)) or min(width, height) <= 0:
        raise PaperError(f"A piece of the plan lies at {x:g}, {y:g}, {width:g} x {height:g} mm.", "Look at its place.")
    return Frame(x, y, width, height, facts)


def _piece(block: models.PlanBlock, ground: Ground, frame: Frame, scale: float) -> Iterator[Item]:
    """A frame with what stands in it, from its own upper left corner."""
    width, height = frame.width * scale, frame.height * scale
    edge = min(width, height) * EDGE
    yield Panel(0.0, 0.0, width, height, None, block.frame, 0.25 * mm, min(edge, ground.pt(1.0)))
    words = list(_words(block, ground, frame, width - 2 * edge, height - 2 * edge))
    below = sum(part.height for part in words)
    if name := frame.facts.get("picture", ""):
        yield from _photo(ground, name, width - 2 * edge, height - 3 * edge - below, edge)
    y = height - edge - below if name else (height - below) / 2
    for part in words:
        yield from part.at(edge, y)
        y += part.height


def _photo(ground: Ground, name: str, width: float, height: float, edge: float) -> Iterator[Item]:
    pixels = ground.pictures.get(name)
    if pixels is None or height <= 0:
        return
    scale = min(width / pixels[0], height / pixels[1])
    wide, high = pixels[0] * scale, pixels[1] * scale
    yield Photo(edge + (width - wide) / 2, edge + (height - high) / 2, wide, high, name, None, 0.0)


def _words(block: models.PlanBlock, ground: Ground, frame: Frame, width: float, height: float) -> Iterator[Part]:
    """Lines that fit in a frame. What does not fit even at the smallest size stands in the table beside the plan."""
    words, left = ground.words.of(frame.facts), height
    for line in block.lines:
        if not (text := words.fill(line.text).strip()):
            continue
        try:
            found = ground.set(text, line.style, width, said(line.text), most=left)
        except PaperError:
            continue
        left -= found.height
        yield Part(found.height, (ground.text(found, line.style, width, "centre"),))
