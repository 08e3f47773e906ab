"""Text laid out in a zone: as large as it goes on a few lines, or refused with the size it would need.

Nothing is ever dropped: a character that the font cannot draw refuses the whole text and is named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final

from gcode.design import Drawing, Zone
from gcode.fonts import Font, GlyphsMissing, Shaped
from gcode.geometry import Bounds, Line, Transform, bounds_of

MAX_CHARACTERS: Final = 400
MAX_WORDS: Final = 80


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


_SHARE: Final = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}


class TextRefused(ValueError):
    """The text cannot be made in this zone. ``code``: ``empty``, ``too-long``, ``too-small``, ``missing-glyphs``."""

    def __init__(self, code: str, reason: str, mend: str, missing: tuple[str, ...] = ()) -> None:
        self.code, self.reason, self.mend, self.missing = code, reason, mend, missing
        super().__init__(f"{reason}: {mend}")


@dataclass(frozen=True, slots=True)
class Fit:
    """How a text may be laid out. Heights are those of a capital letter, in mm."""

    min_height: float
    """The smallest that the material can show."""
    max_height: float = 1000.0
    max_lines: int = 3
    spacing: float = 1.7
    """From baseline to baseline, in cap heights."""
    align: Align = Align.CENTRE
    margin: float = 0.0
    """mm kept free at each side: half a bead, so that the material stays in the zone too."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A text in its zone."""

    drawing: Drawing
    height: float
    """Of its capitals, mm."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Lines at cap height 1: their ink, and the size of all together."""

    lines: tuple[str, ...]
    drawings: tuple[Drawing, ...]
    inks: tuple[Bounds, ...]
    width: float
    top: float
    bottom: float

    def scale(self, room: Zone) -> float:
        return min(room.width / max(self.width, 1e-9), room.height / max(self.top - self.bottom, 1e-9))


def fit(text: str, font: Font, zone: Zone, rule: Fit) -> Laid:
    """The text at the largest size that the zone and the rule allow. Raises TextRefused with the mend."""
    words = _checked(text, font)
    room = _room(zone, rule)
    blocks = [_block(lines, font, rule.spacing) for lines in _broken(words, rule.max_lines, font)]
    best = max(blocks, key=lambda block: block.scale(room))
    height = min(best.scale(room), rule.max_height)
    if height < rule.min_height:
        raise _too_small(best, room, zone, rule, height, len(words))
    return Laid(_placed(best, room, rule, height), height, best.lines)


def _checked(text: str, font: Font) -> list[list[str]]:
    """The words of each paragraph; a line break that the customer typed is kept."""
    if len(text) > MAX_CHARACTERS or len(text.split()) > MAX_WORDS:
        raise TextRefused(
            "too-long", f"a text may have {MAX_CHARACTERS} characters and {MAX_WORDS} words", "shorten it"
        )
    paragraphs = [line.split(" ") for line in text.replace("\r\n", "\n").split("\n")]
    words = [[word for word in paragraph if word] for paragraph in paragraphs]
    words = [paragraph for paragraph in words if paragraph]
    if not words:
        raise TextRefused("empty", "there is no text to make", "enter at least one character")
    if lost := font.missing("".join("".join(paragraph) for paragraph in words)):
        problem = GlyphsMissing(font.name, lost)
        raise TextRefused("missing-glyphs", problem.reason, problem.mend, lost)
    return words


def _room(zone: Zone, rule: Fit) -> Zone:
    if min(zone.width, zone.height) <= 2 * rule.margin:
        raise TextRefused(
            "too-small", f"zone {zone.name!r} has no room inside a margin of {rule.margin:g} mm", "enlarge it"
        )
    return zone.inset(rule.margin)


def _broken(words: list[list[str]], most: int, font: Font) -> Iterator[tuple[str, ...]]:
    """The best way to break the text for each number of lines, by its longest line; typed breaks are kept."""
    space = font.shape("n n").advance - font.shape("nn").advance
    advances = [[font.shape(word).advance + space for word in paragraph] for paragraph in words]
    widths = sorted({width for row in advances for start in range(len(row)) for width in accumulate(row[start:])})

    def lines(width: float) -> int:
        return sum(len(_rows(row, width)) for row in advances)

    for count in range(len(words), max(len(words), min(most, sum(map(len, words)))) + 1):
        # A wider line never takes more lines, so the narrowest that will do is found by halving.
        width = widths[bisect_left(widths, True, key=lambda width: lines(width) <= count)]
        yield tuple(
            " ".join(paragraph[start:end])
            for paragraph, row in zip(words, advances, strict=True)
            for start, end in _rows(row, width)
        )


def _rows(advances: list[float], width: float) -> list[tuple[int, int]]:
    """The words of a paragraph in rows of at most this width (or one word), as full as they get."""
    rows, start, reach = [], 0, 0.0
    for index, advance in enumerate(advances):
        if index > start and reach + advance > width:
            rows.append((start, index))
            start, reach = index, 0.0
        reach += advance
    return [*rows, (start, len(advances))]


def _block(lines: tuple[str, ...], font: Font, spacing: float) -> _Block:
    shaped: list[Shaped] = [font.shape(line) for line in lines]
    inks = []
    for one in shaped:
        ink = bounds_of((*one.drawing.strokes, *one.drawing.outlines))
        inks.append(ink or Bounds(0.0, 0.0, one.advance, 1.0))
    tops = [ink.y1 - number * spacing for number, ink in enumerate(inks)]
    bottoms = [ink.y0 - number * spacing for number, ink in enumerate(inks)]
    drawings = tuple(one.drawing for one in shaped)
    return _Block(lines, drawings, tuple(inks), max(ink.width for ink in inks), max(tops), min(bottoms))


def _placed(block: _Block, room: Zone, rule: Fit, height: float) -> Drawing:
    """The block in the middle of the room, its lines aligned."""
    base = room.y + room.height / 2 - height * (block.top + block.bottom) / 2
    strokes: list[Line] = []
    outlines: list[Line] = []
    for number, (drawing, ink) in enumerate(zip(block.drawings, block.inks, strict=True)):
        x = room.x + (room.width - ink.width * height) * _SHARE[rule.align] - ink.x0 * height
        moved = drawing.moved(Transform.scale(height).then(Transform.move(x, base - number * rule.spacing * height)))
        strokes += moved.strokes
        outlines += moved.outlines
    return Drawing(tuple(strokes), tuple(outlines))


def _too_small(block: _Block, room: Zone, zone: Zone, rule: Fit, height: float, typed: int) -> TextRefused:
    width, tall = block.width * rule.min_height, (block.top - block.bottom) * rule.min_height
    share = height / rule.min_height
    kept = max(1, int(sum(map(len, block.lines)) * min(share, 1.0)))
    mend = f"shorten it to about {kept} characters, or choose a larger piece"
    if 1 < typed == len(block.lines) and width <= room.width:
        mend = f"write it on about {max(1, int(len(block.lines) * share))} line(s), or choose a larger piece"
    return TextRefused(
        "too-small",
        f"at letters of {rule.min_height:g} mm the text needs {width:.1f} x {tall:.1f} mm on {len(block.lines)} "
        f"line(s), zone {zone.name!r} has {room.width:.1f} x {room.height:.1f} mm (letters of {height:.1f} mm)",
        mend,
    )
