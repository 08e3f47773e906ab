"""What bodies ask of a layer, from their sections alone: where it must be solid, where it may be sparse, and how far
material may lie beyond their edge."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import signed
from gcode.slicing.areas import Area, area_of, contours, offset, opened
from gcode.slicing.check.cells import Grid
from gcode.slicing.profile import Profile
from gcode.slicing.sections import Section, sections
from gcode.slicing.solid import Solid
from gcode.units import BoolArray

CELL: Final = 0.375
"""Of the nozzle: a cell's width."""
BEYOND: Final = 0.5
"""Of the nozzle: how far a bead may stand out of the edge, at tips that are narrower than it."""
INSIDE: Final = 0.5
"""Of the nozzle: how far from the edge cells are looked at; round corners of beads lie nearer."""
NARROW: Final = 0.8
"""Of a bead: what is narrower need not be laid."""
KEPT: Final = 32
"""Layers whose cells are known at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A body, and where its own origin lies on the bed. mm."""

    solid: Solid
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Of one layer."""

    key: bytes
    grid: Grid
    height: float
    area: Area
    wall: BoolArray
    skin: BoolArray
    sparse: BoolArray
    allowed: BoolArray
    """Where material may lie at all."""
    apron: BoolArray | None
    """Of these cells, those of brim and skirt, which are no part of the body."""
    least: float
    """mm3 that it takes at least, and at most."""
    most: float


class Bodies:
    """The sections of bodies that are printed together, on one grid."""

    def __init__(self, pieces: Sequence[Piece], profile: Profile) -> None:
        self._pieces, self._profile = pieces, profile
        self._cuts: list[list[Section]] = [list(sections(piece.solid, profile)) for piece in pieces]
        self._known: OrderedDict[bytes, Wanted] = OrderedDict()
        adhesion = profile.adhesion
        lines = adhesion.skirt * profile.widths.first
        self._apron = max(
            adhesion.brim + adhesion.brim_gap if adhesion.brim else 0.0,
            adhesion.brim + adhesion.skirt_distance + 2 * lines if adhesion.skirt else 0.0,
        )
        boxes = np.array([box(piece) for piece in pieces])
        margin = self._apron + 2.0
        low, high = boxes[:, :2].min(axis=0) - margin, boxes[:, 2:].max(axis=0) + margin
        self.grid = Grid.over((low[0], low[1]), (high[0], high[1]), CELL * profile.nozzle)
        self.tops: tuple[float, ...] = tuple(cut.z for cut in max(self._cuts, key=len))

    def layer(self, number: int) -> Wanted:
        """Layers that ask for the same have the same value."""
        here = [(cuts, number) for cuts in self._cuts]
        shift = [(piece.x, piece.y) for piece in self._pieces]
        area, deep = (
            _sum([part(*one).translate(at) for one, at in zip(here, shift, strict=True)])
            for part in (self._area, self._deep)
        )
        lines = [line.tobytes() for part in (area, deep) for line in (*contours(part), np.zeros((0, 2)))]
        key = hashlib.sha256(b"first" * (number == 0) + b"|".join(lines)).digest()
        if key not in self._known:
            self._known[key] = self._made(key, number, area, deep)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[key]

    def _area(self, cuts: list[Section], number: int) -> Area:
        return cuts[number].area if 0 <= number < len(cuts) else Area()

    def _deep(self, cuts: list[Section], number: int) -> Area:
        """What so many layers above and below cover."""
        profile = self._profile
        if profile.infill.density >= 1 or number >= len(cuts):
            return Area()
        own = cuts[number]
        deep = own.area
        for at in range(number - profile.bottom_layers, number + profile.top_layers + 1):
            if not 0 <= at < len(cuts):
                return Area()
            if cuts[at].digest != own.digest:
                deep = deep ^ cuts[at].area
        return deep

    def _made(self, key: bytes, number: int, area: Area, deep: Area) -> Wanted:
        profile, grid = self._profile, self.grid
        edge, width = INSIDE * profile.nozzle, profile.widths.outer
        height = profile.height if number else profile.first_height
        shrunk = offset(area, -profile.elephant_foot) if number == 0 else area
        must = offset(opened(shrunk, NARROW * width), -edge)
        walls = profile.perimeters * profile.widths.inner
        # Of a single wall at least what lies over its middle.
        band = must - offset(area, -max(walls - edge, edge + width / 2)) if walls else Area()
        # What is sparse reaches under skins that lean, and narrow skins may be left to the walls beside them.
        skin = opened(must - offset(deep, edge), 2 * width)
        sparse = offset(offset(deep ^ area, -walls), -edge)
        solid = shrunk - (offset(area, -walls) - skin) if not deep.is_empty() else shrunk
        beyond = grid.mask(offset(area, BEYOND * profile.nozzle))
        apron = grid.mask(self._around(area)) & ~beyond if number == 0 and self._apron else None
        return Wanted(
            key=key,
            grid=grid,
            height=height,
            area=area,
            wall=grid.mask(band),
            skin=grid.mask(skin - band),
            sparse=grid.mask(sparse),
            allowed=beyond if apron is None else beyond | apron,
            apron=apron,
            least=(solid.area() + profile.infill.density * (shrunk - solid).area()) * height,
            most=area.area() * height,
        )

    def _around(self, area: Area) -> Area:
        """What brim and skirt take: outside of outer contours, not in holes."""
        whole = area_of([line for line in contours(area) if signed(line) > 0])
        return offset(whole.hull(), self._apron + self._profile.widths.first) - whole


def _sum(areas: Sequence[Area]) -> Area:
    total = Area()
    for area in areas:
        total = total + area
    return total


def box(piece: Piece) -> tuple[float, float, float, float]:
    (x0, y0, _), (x1, y1, _) = piece.solid.low, piece.solid.high
    return x0 + piece.x, y0 + piece.y, x1 + piece.x, y1 + piece.y
