"""Text laid out in a zone: as large as it goes on a few lines, straight or along an arc, or refused with the size it
would need.

Nothing is ever dropped: a character that the font cannot draw refuses the whole text and is named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import Final

from gcode.bend import Arc, Bend, bent
from gcode.bidi import from_the_right
from gcode.design import Drawing, Zone
from gcode.fonts import Font, GlyphsMissing, Shaped
from gcode.geometry import Bounds, Line, Transform
from gcode.graphemes import graphemes
from gcode.hatch import grown
from gcode.linebreak import Piece, line_of, pieces

__all__ = ["Align", "Arc", "Bend", "Fit", "Laid", "TextRefused", "Vertical", "fit", "united"]

MAX_CHARACTERS: Final = 400
MAX_WORDS: Final = 80


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Vertical(StrEnum):
    TOP = "top"
    CENTRE = "centre"
    BOTTOM = "bottom"


_SHARE: Final = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}
_HEIGHT: Final = {Vertical.BOTTOM: 0.0, Vertical.CENTRE: 0.5, Vertical.TOP: 1.0}
_ROUNDS: Final = 16
"""Halvings of the range of sizes of bent text."""


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
    """Of lines shorter than the longest. Paragraphs written from the right are aligned as in a mirror. Bent lines
    stand in the middle."""
    vertical: Vertical = Vertical.CENTRE
    tracking: float = 0.0
    """More (or less) between letters than they have by themselves, in cap heights."""
    arc: Arc | None = None
    margin: float = 0.0
    """mm kept free at each side: half a bead, so that the material stays in the zone too."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A text in its zone."""

    drawing: Drawing
    height: float
    """Of its capitals, mm."""
    lines: tuple[str, ...]
    filled: tuple[str, ...] = ()
    """Its letters that are areas to be filled; all others are single strokes."""
    pictures: tuple[str, ...] = ()
    """Its emoji."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The text of one line; ``rtl``: its paragraph is written from the right."""

    text: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Pieces that lines are made of, and their advances at cap height 1."""

    pieces: list[Piece]
    rtl: bool
    advances: list[float]
    gaps: list[float]
    """Before each piece, where it does not begin its line."""

    def rows(self, width: float) -> list[tuple[int, int]]:
        """Its pieces in rows of at most this width (or one piece), as full as they get."""
        rows, start, reach = [], 0, 0.0
        for index, advance in enumerate(self.advances):
            longer = reach + (self.gaps[index] + advance)
            if index > start and longer > width:
                rows.append((start, index))
                start = index
            reach = longer if index > start else advance
        return [*rows, (start, len(self.advances))]

    def widths(self) -> Iterator[float]:
        """Of every row that could be made."""
        for start in range(len(self.advances)):
            steps = (
                gap + advance for gap, advance in zip(self.gaps[start + 1 :], self.advances[start + 1 :], strict=True)
            )
            yield from accumulate(steps, initial=self.advances[start])


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Lines at cap height 1: their ink, and the size of all together."""

    lines: tuple[_Line, ...]
    shaped: tuple[Shaped, ...]
    drawings: tuple[Drawing, ...]
    inks: tuple[Bounds, ...]
    width: float
    top: float
    bottom: float

    def scale(self, room: Zone) -> float:
        return min(room.width / max(self.width, 1e-9), room.height / max(self.top - self.bottom, 1e-9))


def fit(text: str, font: Font, zone: Zone, rule: Fit) -> Laid:
    """The text at the largest size that the zone and the rule allow. Raises TextRefused with the mend."""
    try:
        return _fitted(text, font, zone, rule)
    except GlyphsMissing as error:
        raise TextRefused("missing-glyphs", error.reason, error.mend, error.missing) from None


def _fitted(text: str, font: Font, zone: Zone, rule: Fit) -> Laid:
    paragraphs = _checked(text, font, rule)
    room = _room(zone, rule)
    blocks = [_block(lines, font, rule) for lines in _broken(paragraphs, 1 if rule.arc else rule.max_lines)]
    best = max(blocks, key=lambda block: block.scale(room))
    if rule.arc:
        height, drawing = _along(best, room, zone, rule, rule.arc)
        return _laid(drawing, height, best)
    height = min(best.scale(room), rule.max_height)
    if height < rule.min_height:
        raise _too_small(best, room, zone, rule, height, sum(len(paragraph.pieces) for paragraph in paragraphs))
    return _laid(_placed(best, room, rule, height), height, best)


def _laid(drawing: Drawing, height: float, block: _Block) -> Laid:
    clusters = [cluster for line in block.shaped for cluster in line.clusters]
    filled = dict.fromkeys(one.text for one in clusters if one.drawing.outlines and not one.picture)
    pictures = dict.fromkeys(one.text for one in clusters if one.picture)
    return Laid(united(drawing), height, tuple(line.text for line in block.lines), tuple(filled), tuple(pictures))


def united(drawing: Drawing) -> Drawing:
    """The same areas with simple outlines: where letters overlap, or one crosses itself, no line runs inside."""
    return replace(drawing, outlines=grown(drawing.outlines, 0.0)) if drawing.outlines else drawing


def _checked(text: str, font: Font, rule: Fit) -> list[_Paragraph]:
    """The paragraphs; a line break that the customer typed is kept."""
    if len(text) > MAX_CHARACTERS or len(text.split()) > MAX_WORDS:
        raise TextRefused(
            "too-long", f"a text may have {MAX_CHARACTERS} characters and {MAX_WORDS} words", "shorten it"
        )
    typed = [" ".join(filter(None, line.split(" "))) for line in text.replace("\r\n", "\n").split("\n")]
    typed = [line for line in typed if line]
    if not typed:
        raise TextRefused("empty", "there is no text to make", "enter at least one character")
    if lost := tuple(dict.fromkeys(character for line in typed for character in font.missing(line))):
        raise GlyphsMissing(font.name, lost)
    return [_measured(line, font, rule.tracking) for line in typed]


def _measured(line: str, font: Font, tracking: float) -> _Paragraph:
    parts = pieces(line)
    rtl = from_the_right(line)
    if len(parts) == 1:
        return _Paragraph(parts, rtl, [1.0], [0.0])  # Never broken, so that its width does not matter.
    space = font.shape("n n").advance - font.shape("nn").advance + 2 * tracking
    advances = [_shaped(_Line(part.text, rtl), font, tracking).advance for part in parts]
    return _Paragraph(parts, rtl, advances, [space if part.spaced else tracking for part in parts])


def _shaped(line: _Line, font: Font, tracking: float) -> Shaped:
    shaped = font.shape(line.text, rtl=line.rtl, spaced=bool(tracking))
    return shaped.tracked(tracking) if tracking else shaped


def _room(zone: Zone, rule: Fit) -> Zone:
    if min(zone.width, zone.height) <= 2 * rule.margin:
        raise TextRefused(
            "too-small", f"zone {zone.name!r} has no room inside a margin of {rule.margin:g} mm", "enlarge it"
        )
    return zone.inset(rule.margin)


def _broken(paragraphs: list[_Paragraph], most: int) -> Iterator[tuple[_Line, ...]]:
    """The best way to break the text for each number of lines, by its longest line; typed breaks are kept."""
    widths = sorted({width for paragraph in paragraphs for width in paragraph.widths()})

    def lines(width: float) -> int:
        return sum(len(paragraph.rows(width)) for paragraph in paragraphs)

    least, all_apart = len(paragraphs), sum(len(paragraph.pieces) for paragraph in paragraphs)
    for count in range(least, max(least, min(most, all_apart)) + 1):
        # A wider line never takes more lines, so the narrowest that will do is found by halving.
        width = widths[bisect_left(widths, True, key=lambda width: lines(width) <= count)]
        yield tuple(
            _Line(line_of(paragraph.pieces[start:end]), paragraph.rtl)
            for paragraph in paragraphs
            for start, end in paragraph.rows(width)
        )


def _block(lines: tuple[_Line, ...], font: Font, rule: Fit) -> _Block:
    shaped = tuple(_shaped(line, font, rule.tracking) for line in lines)
    drawings = tuple(one.drawing for one in shaped)
    inks = tuple(
        drawing.bounds or Bounds(0.0, 0.0, one.advance, 1.0) for drawing, one in zip(drawings, shaped, strict=True)
    )
    tops = [ink.y1 - number * rule.spacing for number, ink in enumerate(inks)]
    bottoms = [ink.y0 - number * rule.spacing for number, ink in enumerate(inks)]
    return _Block(lines, shaped, drawings, inks, max(ink.width for ink in inks), max(tops), min(bottoms))


def _placed(block: _Block, room: Zone, rule: Fit, height: float) -> Drawing:
    """The block at its height in the room, its lines aligned."""
    free = room.height - height * (block.top - block.bottom)
    base = room.y + free * _HEIGHT[rule.vertical] - height * block.bottom
    strokes: list[Line] = []
    outlines: list[Line] = []
    for number, (line, drawing, ink) in enumerate(zip(block.lines, block.drawings, block.inks, strict=True)):
        share = 1.0 - _SHARE[rule.align] if line.rtl else _SHARE[rule.align]
        x = room.x + (room.width - ink.width * height) * share - ink.x0 * height
        moved = drawing.moved(Transform.scale(height).then(Transform.move(x, base - number * rule.spacing * height)))
        strokes += moved.strokes
        outlines += moved.outlines
    return Drawing(tuple(strokes), tuple(outlines))


def _along(block: _Block, room: Zone, zone: Zone, rule: Fit, arc: Arc) -> tuple[float, Drawing]:
    """The largest size at which the lines go along the arc inside of the room, and the drawing."""

    def at(height: float) -> Drawing | None:
        drawing = bent(block.shaped, arc.radius / height, arc.bend, rule.spacing)
        bounds = drawing.bounds if drawing else None
        if (
            drawing is None
            or bounds is None
            or max(bounds.width / room.width, bounds.height / room.height) * height > 1
        ):
            return None
        x = room.x + room.width / 2 - height * (bounds.x0 + bounds.x1) / 2
        y = room.y + (room.height - height * bounds.height) * _HEIGHT[rule.vertical] - height * bounds.y0
        return drawing.moved(Transform.scale(height).then(Transform.move(x, y)))

    low, high = rule.min_height, max(rule.min_height, min(rule.max_height, room.height))
    best = at(low)
    if best is None:
        reason = (
            f"at letters of {rule.min_height:g} mm along an arc of radius {arc.radius:g} mm the text does not fit into "
            f"zone {zone.name!r} of {room.width:.1f} x {room.height:.1f} mm"
        )
        raise TextRefused("too-small", reason, "shorten it, or choose a larger piece")
    if drawing := at(high):
        return high, drawing
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if drawing := at(middle):
            low, best = middle, drawing
        else:
            high = middle
    return low, best


def _too_small(block: _Block, room: Zone, zone: Zone, rule: Fit, height: float, typed: int) -> TextRefused:
    width, tall = block.width * rule.min_height, (block.top - block.bottom) * rule.min_height
    share = height / rule.min_height
    kept = max(1, int(sum(len(graphemes(line.text)) for line in block.lines) * min(share, 1.0)))
    mend = f"shorten it to about {kept} characters, or choose a larger piece"
    if 1 < typed == len(block.lines) and width <= room.width:
        mend = f"write it on about {max(1, int(len(block.lines) * share))} line(s), or choose a larger piece"
    return TextRefused(
        "too-small",
        f"at letters of {rule.min_height:g} mm the text needs {width:.1f} x {tall:.1f} mm on {len(block.lines)} "
        f"line(s), zone {zone.name!r} has {room.width:.1f} x {room.height:.1f} mm (letters of {height:.1f} mm)",
        mend,
    )
