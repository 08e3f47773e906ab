"""Handwriting that does not repeat: no two letters alike, and yet the same from the same seed.

A letter has several forms (fonts that agree on what they can draw); the same one never follows itself in its letter.
Each is then bent a little as a whole, so that no stroke is torn and no loop is closed; lines rise and fall, slant and
gaps drift as a hand's do. Nothing here is random but what the seed says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.random import PCG64, Generator

from gcode import text
from gcode.bidi import from_the_right
from gcode.design import Drawing, Zone
from gcode.fonts import Cluster, Font
from gcode.geometry import Bounds, Line, Transform, bounds_of, resampled

SHARE: Final = {text.Align.LEFT: 0.0, text.Align.CENTRE: 0.5, text.Align.RIGHT: 1.0}
HEIGHT: Final = {text.Vertical.BOTTOM: 0.0, text.Vertical.CENTRE: 0.5, text.Vertical.TOP: 1.0}
STEP: Final = 0.08
"""Cap heights between points: a straight stem must be able to bend."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write every letter. ``without``: letters that this form does not write well."""

    font: Font
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Manner:
    """How far a hand strays. Lengths in cap heights, angles in degrees; each is a standard deviation, or nearly."""

    slant: float = 2.0
    """Of the whole note against the face, and by a third of that of each letter."""
    slope: float = 0.35
    """Of each line."""
    drift: float = 0.045
    """Of the base line along its line."""
    gap: float = 0.022
    """Between letters; between words by four times that."""
    size: float = 0.03
    """Of letters, as a share."""
    bend: float = 0.02
    """Of each letter within itself; never more than twice that at any place."""
    start: float = 0.18
    """Of where lines begin, at the left."""
    reach: float = 0.12
    """Over which a pen stays down to the next small letter, where it stands in the way."""
    joins: float = 0.7
    """How often it does."""


PLAIN: Final = Manner()
ROOM: Final = 0.94
"""Of a zone's width and height that is planned to be filled: the rest is for straying."""


def written(
    value: str, forms: Sequence[Form], zone: Zone, rule: text.Fit, seed: int, manner: Manner = PLAIN
) -> text.Laid:
    """The text in the zone, all of it, by a hand that the seed stands for. Raises TextRefused.

    ``rule``: an arc and tracking are left out of account. Lines and size are those of the first form set straight.
    """
    straight = replace(rule, arc=None, tracking=0.0)
    inner = zone.inset(rule.margin) if min(zone.width, zone.height) > 2 * rule.margin else zone
    planned = Zone(zone.name, inner.x, inner.y, inner.width * ROOM, inner.height * ROOM)
    laid = text.fit(value, forms[0].font, planned, replace(straight, margin=0.0))
    hand = _Hand(tuple(forms), manner, Generator(PCG64(seed)))
    lines = [hand.line(line) for line in laid.lines]
    return replace(laid, drawing=_placed(lines, laid, inner, rule, hand))


@dataclass
class _Hand:
    """A pen in the middle of a note: what it wrote last, and how it strays just now."""

    forms: tuple[Form, ...]
    manner: Manner
    chance: Generator
    last: dict[str, int] = field(default_factory=dict)
    lean: float = 0.0

    def __post_init__(self) -> None:
        self.lean = self.about(self.manner.slant)

    def about(self, spread: float) -> float:
        """A number around 0, never beyond twice its spread."""
        return float(np.clip(self.chance.normal(0.0, spread), -2 * spread, 2 * spread))

    def line(self, words: str) -> tuple[Line, ...]:
        """The strokes of one line from x = 0 on, its base line about y = 0, in cap heights."""
        rtl = from_the_right(words)
        shaped = [form.font.shape(words, rtl=rtl).clusters for form in self.forms]
        alike = len({tuple(cluster.text for cluster in clusters) for clusters in shaped}) == 1
        usable = shaped if alike else shaped[:1]
        slope, x, drift = math.tan(math.radians(self.about(self.manner.slope))), 0.0, 0.0
        strokes: list[Line] = []
        before: list[Line] = []
        for number, first in enumerate(usable[0]):
            cluster = usable[self._form(first.text, len(usable))][number]
            drift = 0.8 * drift + 0.6 * self.about(self.manner.drift)
            letter = [stroke + np.array([x, drift + slope * x]) for stroke in self._letter(cluster)]
            if before and first.text.islower() and self.chance.random() < self.manner.joins:
                self._join(before, letter)
            strokes += before
            before = letter if first.text.islower() else []
            strokes += [] if before else letter
            x += cluster.advance + self.about(self.manner.gap * (4 if first.text.isspace() else 1))
        return (*strokes, *before)

    def _form(self, letter: str, count: int) -> int:
        """Another than last time."""
        can = [number for number in range(count) if letter not in self.forms[number].without] or [0]
        if len(can) > 1:
            can = [number for number in can if number != self.last.get(letter)]
        chosen = can[int(self.chance.integers(len(can)))]
        self.last[letter] = chosen
        return chosen

    def _letter(self, cluster: Cluster) -> list[Line]:
        """One letter, moved and bent as a whole: near points stay near, in their order."""
        manner, wide = self.manner, max(cluster.advance, 0.2)
        lean = math.tan(math.radians(self.lean + self.about(manner.slant / 3)))
        across, up = 1 + self.about(manner.size), 1 + self.about(manner.size)
        amount = [self.about(manner.bend / 2) for _ in range(4)]
        phase = self.chance.uniform(0.0, 2 * math.pi, 4)
        # Outlines (of letters that this hand does not know) are areas: bent the same way, they stay as they are filled.
        lines = [*cluster.drawing.strokes, *map(_closed, cluster.drawing.outlines)]
        bent = []
        for line in lines:
            points = resampled(line, STEP)
            x, y = points[:, 0], points[:, 1]
            u, v = x / wide * 2.2, y * 2.2
            dx = amount[0] * np.sin(v + phase[0]) + amount[1] * np.sin(u + v + phase[1])
            dy = amount[2] * np.sin(u + phase[2]) + amount[3] * np.sin(u - v + phase[3])
            bent.append(np.stack([across * x + lean * y + dx, up * y + dy], axis=1))
        return bent

    def _join(self, before: list[Line], letter: list[Line]) -> None:
        """Go on from the letter before without lifting the pen, where its end points at a beginning of this one."""
        ends = [(end, turn, n) for n, line in enumerate(before) for turn, end in ((1, line[-1]), (-1, line[0]))]
        starts = [(at, turn, n) for n, line in enumerate(letter) for turn, at in ((1, line[0]), (-1, line[-1]))]
        gap, one, other = min(
            ((float(math.dist(end[0], at[0])), end[1:], at[1:]) for end in ends for at in starts),
            key=lambda found: (found[0], found[1], found[2]),
        )
        if gap > self.manner.reach:
            return
        (turn, first), (side, second) = one, other
        came = before.pop(first)[::turn]
        letter[second] = np.vstack([came, letter[second][::side]])


def _closed(outline: Line) -> Line:
    return np.vstack([outline, outline[:1]])


def _placed(lines: Sequence[Sequence[Line]], laid: text.Laid, room: Zone, rule: text.Fit, hand: _Hand) -> Drawing:
    """Lines under each other, aligned; a line that grew too long is written closer, as a person does at the edge."""
    size = laid.height
    strokes: list[Line] = []
    for number, line in enumerate(lines):
        ink = bounds_of(line) or Bounds(0.0, 0.0, 1.0, 1.0)
        closer = min(1.0, room.width / max(ink.width * size, 1e-9))
        free = room.width - ink.width * closer * size
        share = SHARE[rule.align]
        share = 1.0 - share if from_the_right(laid.lines[number]) else share
        stray = abs(hand.about(hand.manner.start)) * size
        x = room.x + min(free * share + (stray if share == 0.0 else 0.0), free) - ink.x0 * closer * size
        y = -number * rule.spacing * size
        strokes += [Transform.scale(size * closer, size).then(Transform.move(x, y))(stroke) for stroke in line]
    ink = bounds_of(strokes) or Bounds(0.0, 0.0, 1.0, 1.0)
    # Lines that rise into each other's room never make the block higher than its zone by more than their straying.
    lower = min(1.0, room.height / max(ink.height, 1e-9))
    y = room.y + (room.height - ink.height * lower) * HEIGHT[rule.vertical] - ink.y0 * lower
    return Drawing(tuple(Transform.scale(1.0, lower).then(Transform.move(0.0, y))(stroke) for stroke in strokes))
