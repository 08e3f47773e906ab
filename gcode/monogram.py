"""Monograms: two or three letters as one figure, with or without a frame, as large as their zone allows.

The figure is drawn in a square from -1 to 1 and then put into the zone. Letters that fill a shape (circle, diamond) are
stretched to it; interlocked ones go over and under each other by turns. Nothing is dropped: what is no letter, or has
no glyph, refuses the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType

from gcode.design import Drawing, Zone
from gcode.fonts import Font, GlyphsMissing
from gcode.geometry import Bounds, Line, Transform, resampled
from gcode.graphemes import graphemes
from gcode.text import Laid, TextRefused, united
from gcode.units import FloatArray

STEP: Final = 0.02
"""Of the square: pieces of lines that are bent to a shape."""
WIDEST: Final = 1.7
"""Times its own width that a letter may be stretched to fill its part."""
SMALLER: Final = 0.66
"""Height of the outer letters where the middle one stands out."""
OVERLAP: Final = 0.3
"""Of the narrower letter, where letters are interlocked."""
PAD: Final = 0.18
"""Of half a letter's height, between a frame and the letters."""
_ROUND: Final = 64


class Layout(StrEnum):
    ROW = "row"
    """Side by side."""
    CLASSIC = "classic"
    """The middle one of three larger: the family's name. Two: side by side."""
    CIRCLE = "circle"
    DIAMOND = "diamond"
    """Stretched to fill it."""
    STACKED = "stacked"
    """Two above each other, and the third beside them as high as both."""
    INTERLOCKED = "interlocked"
    """Over and under each other."""


class Frame(StrEnum):
    NONE = "none"
    CIRCLE = "circle"
    DOUBLE = "double"
    """Two circles."""
    DIAMOND = "diamond"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a monogram may be laid out; mm."""

    min_height: float
    """Of the smallest of its letters."""
    layout: Layout = Layout.CLASSIC
    frame: Frame = Frame.NONE
    gap: float = 0.0
    """Between letters, and where one goes under another, at least."""
    margin: float = 0.0
    """Kept free at each side."""


Figure = list[Drawing]
"""The letters of a monogram where they stand in the square, first to last."""


def monogram(text: str, font: Font, zone: Zone, rule: Rule) -> Laid:
    """The letters at the largest size that the zone allows; ``height`` is that of the smallest. Raises TextRefused."""
    letters = _letters(text, font)
    if min(zone.width, zone.height) <= 2 * rule.margin:
        reason = f"zone {zone.name!r} has no room inside a margin of {rule.margin:g} mm"
        raise TextRefused("too-small", reason, "enlarge it")
    room = zone.inset(rule.margin)
    gap = max(0.06, rule.gap / (min(room.width, room.height) / 2))
    figure = _LAYOUTS[rule.layout]([_upright(letter, font) for letter in letters], gap)
    around = _framed(rule.frame, figure)
    whole = _bounds([*figure, *around])
    scale = min(room.width / whole.width, room.height / whole.height)
    height = scale * min(drawing.bounds.height for drawing in figure if drawing.bounds)
    if height < rule.min_height:
        reason = f"the smallest letter would be {height:.1f} mm high, zone {zone.name!r} has {room.width:.1f} x "
        raise TextRefused("too-small", f"{reason}{room.height:.1f} mm", "choose a larger piece or another layout")
    put = Transform.move(-(whole.x0 + whole.x1) / 2, -(whole.y0 + whole.y1) / 2).then(Transform.scale(scale))
    put = put.then(Transform.move(room.x + room.width / 2, room.y + room.height / 2))
    drawing = united(_together(figure)).moved(put)
    frame = _together(around).moved(put)
    filled = tuple(letters) if drawing.outlines else ()
    return Laid(Drawing((*drawing.strokes, *frame.strokes), drawing.outlines), height, ("".join(letters),), filled)


def _letters(text: str, font: Font) -> list[str]:
    letters = [letter for letter in graphemes(text) if letter not in (" ", ".")]
    if len(letters) not in (2, 3) or not all(letter.isalpha() for letter in (one[0] for one in letters)):
        raise TextRefused("letters", "a monogram has two or three letters", "write two or three letters")
    if lost := tuple(dict.fromkeys(character for letter in letters for character in font.missing(letter))):
        problem = GlyphsMissing(font.name, lost)
        raise TextRefused("missing-glyphs", problem.reason, problem.mend, lost)
    return letters


def _upright(letter: str, font: Font) -> Drawing:
    """A letter 2 high, its ink in the middle of the square."""
    drawing = united(font.shape(letter).drawing)
    bounds = _bounds([drawing])
    centre = Transform.move(-(bounds.x0 + bounds.x1) / 2, -(bounds.y0 + bounds.y1) / 2)
    return drawing.moved(centre.then(Transform.scale(2 / max(bounds.height, 1e-6))))


def _bounds(drawings: Sequence[Drawing]) -> Bounds:
    found = [drawing.bounds for drawing in drawings]
    boxes = [box for box in found if box]
    return Bounds(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


def _together(drawings: Sequence[Drawing]) -> Drawing:
    return Drawing(
        tuple(line for drawing in drawings for line in drawing.strokes),
        tuple(line for drawing in drawings for line in drawing.outlines),
    )


def _width(drawing: Drawing) -> float:
    return drawing.bounds.width if drawing.bounds else 0.0


def _row(letters: Figure, gap: float) -> Figure:
    placed: Figure = []
    x = 0.0
    for letter in letters:
        wide = _width(letter)
        placed.append(letter.moved(Transform.move(x + wide / 2, 0)))
        x += wide + 1.5 * gap
    return placed


def _classic(letters: Figure, gap: float) -> Figure:
    if len(letters) == 2:
        return _row(letters, gap)
    sizes = (SMALLER, 1.0, SMALLER)
    return _row([one.moved(Transform.scale(size)) for one, size in zip(letters, sizes, strict=True)], gap)


def _stacked(letters: Figure, gap: float) -> Figure:
    half = (2 - gap) / 4
    small = [letter.moved(Transform.scale(half)) for letter in letters[:2]]
    column = max(map(_width, small))
    placed = [
        letter.moved(Transform.move(-column / 2, side * (half + gap / 2)))
        for letter, side in zip(small, (1, -1), strict=True)
    ]
    return placed + [letter.moved(Transform.move(1.5 * gap + _width(letter) / 2, 0)) for letter in letters[2:]]


def _filling(half_height: Callable[[FloatArray], FloatArray]) -> Callable[[Figure, float], Figure]:
    """Letters stretched to columns of a shape, given half of its height at each x."""

    def fill(letters: Figure, gap: float) -> Figure:
        edges = [-1.0, 0.0, 1.0] if len(letters) == 2 else [-1.0, -0.36, 0.36, 1.0]
        placed: Figure = []
        for index, letter in enumerate(letters):
            left = edges[index] + (gap / 2 if index else 0.0)
            right = edges[index + 1] - (gap / 2 if index + 1 < len(letters) else 0.0)
            high = float(half_height(np.array([(left + right) / 2]))[0])
            wide = min(right - left, WIDEST * _width(letter) * high)
            # A narrow letter stays at the inner side of its column.
            if index == 0:
                left = right - wide
            elif index == len(letters) - 1:
                right = left + wide
            else:
                left, right = (left + right - wide) / 2, (left + right + wide) / 2
            placed.append(_stretched(letter, left, right, half_height))
        return placed

    return fill


def _stretched(letter: Drawing, left: float, right: float, half_height: Callable[[FloatArray], FloatArray]) -> Drawing:
    bounds = _bounds([letter])
    wide = max(bounds.width, 1e-6)

    def bent(line: Line) -> Line:
        x = left + (line[:, 0] - bounds.x0) / wide * (right - left)
        return np.stack([x, line[:, 1] * half_height(x)], axis=1)

    return Drawing(
        tuple(bent(resampled(line, STEP)) for line in letter.strokes),
        tuple(bent(resampled(np.vstack([line, line[:1]]), STEP)[:-1]) for line in letter.outlines),
    )


def _circle(x: FloatArray) -> FloatArray:
    return np.sqrt(1 - (0.92 * x) ** 2)


def _diamond(x: FloatArray) -> FloatArray:
    return 1 - 0.72 * np.abs(x)


def _interlocked(letters: Figure, gap: float) -> Figure:
    """Letters that overlap; where areas do, one is cut a gap wide around the other, by turns."""
    placed: Figure = []
    right = 0.0
    for index, letter in enumerate(letters):
        wide = _width(letter)
        left = right - OVERLAP * min(wide, _width(letters[index - 1])) if index else 0.0
        placed.append(letter.moved(Transform.move(left + wide / 2, -0.32 * (index % 2))))
        right = left + wide
    if not all(letter.outlines for letter in placed):
        return placed
    shapes = [CrossSection(list(letter.outlines), FillRule.NonZero) for letter in placed]
    for index in range(1, len(shapes)):
        shapes[index - 1], shapes[index] = _woven(shapes[index - 1], shapes[index], gap)
    return [Drawing(letter.strokes, tuple(shape.to_polygons())) for letter, shape in zip(placed, shapes, strict=True)]


def _woven(one: CrossSection, other: CrossSection, gap: float) -> tuple[CrossSection, CrossSection]:
    crossings = sorted((one ^ other).decompose(), key=lambda crossing: crossing.bounds()[1])
    first, second = one, other
    for number, crossing in enumerate(crossings):
        near = crossing.offset(1.5 * gap, JoinType.Round, 2.0, _ROUND)
        if number % 2:
            first = first - (other.offset(gap, JoinType.Round, 2.0, _ROUND) ^ near)
        else:
            second = second - (one.offset(gap, JoinType.Round, 2.0, _ROUND) ^ near)
    return first, second


def _framed(frame: Frame, letters: Figure) -> list[Drawing]:
    """The frame's lines, around the middle of the letters and as near to them as PAD allows."""
    box = _bounds(letters)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    drawn = _together(letters)
    points = np.abs(np.vstack([*drawn.strokes, *drawn.outlines]) - [x, y])
    radius = float(np.hypot(*points.T).max()) + PAD
    rings: Mapping[Frame, tuple[Line, ...]] = {
        Frame.NONE: (),
        Frame.CIRCLE: (_polygon(x, y, radius, _ROUND * 2),),
        Frame.DOUBLE: (_polygon(x, y, radius, _ROUND * 2), _polygon(x, y, radius + PAD / 2, _ROUND * 2)),
        Frame.DIAMOND: (_polygon(x, y, float(points.sum(axis=1).max()) + math.sqrt(2) * PAD, 4),),
        Frame.SQUARE: (_box(x, y, box.width / 2 + PAD, box.height / 2 + PAD),),
    }
    return [Drawing(strokes=rings[frame])] if rings[frame] else []


def _polygon(x: float, y: float, radius: float, corners: int) -> Line:
    angles = np.linspace(0, 2 * math.pi, corners + 1)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _box(x: float, y: float, wide: float, high: float) -> Line:
    return np.array([[x - wide, y - high], [x + wide, y - high], [x + wide, y + high], [x - wide, y + high],
                     [x - wide, y - high]])  # fmt: skip


_LAYOUTS: Final[Mapping[Layout, Callable[[Figure, float], Figure]]] = {
    Layout.ROW: _row,
    Layout.CLASSIC: _classic,
    Layout.CIRCLE: _filling(_circle),
    Layout.DIAMOND: _filling(_diamond),
    Layout.STACKED: _stacked,
    Layout.INTERLOCKED: _interlocked,
}
