"""A design: content laid out in zones, in mm of the piece, y up. What each process consumes; no machine in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from gcode.geometry import Bounds, Line, Transform, bounds_of, without_repeats
from gcode.units import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Zone:
    """A rectangle on a piece: its lower left corner and size in mm. ``name`` is the catalog's."""

    name: str
    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0):
            raise ValueError(f"zone {self.name!r} is {self.width} x {self.height} mm: both sides must be above 0")

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.x, self.y, self.x + self.width, self.y + self.height)

    def inset(self, margin: float) -> Zone:
        """The zone less a margin on each side; ValueError where nothing is left."""
        return Zone(self.name, self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Lines in mm: ``strokes`` are open centre lines, ``outlines`` closed contours filled by the non-zero rule.

    Each line is an (n, 2) array. An outline does not repeat its first point.
    """

    strokes: tuple[Line, ...] = ()
    outlines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    """What was decided in laying it out that its customer may want to know, in sentences."""

    @property
    def bounds(self) -> Bounds | None:
        return bounds_of((*self.strokes, *self.outlines))

    def moved(self, transform: Transform) -> Self:
        return type(self)(tuple(map(transform, self.strokes)), tuple(map(transform, self.outlines)), self.notes)


def lines_of(drawings: Sequence[Drawing]) -> list[Line]:
    """Every stroke and every outline, closed, as a line with a length. What has none is left out."""
    lines: list[Line] = []
    for drawing in drawings:
        lines += drawing.strokes
        lines += [np.vstack([outline, outline[:1]]) for outline in drawing.outlines if len(outline)]
    cleaned = (without_repeats(np.asarray(line, dtype=np.float64)) for line in lines)
    return [line for line in cleaned if len(line) > 1]


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """A grey picture on a rectangle of the piece: ``lightness`` 0 (black) to 1 (white), row 0 is the top edge.

    Which of the two a material lays is the process's business (dark frosting on light pastry, or the reverse). Beyond
    its ``mask``, a contour in the rectangle, nothing is made at all; none: the whole rectangle is.
    """

    lightness: npt.NDArray[np.float32]
    x: float
    y: float
    width: float
    height: float
    mask: Line | None = None

    def __post_init__(self) -> None:
        if self.lightness.ndim != 2 or min(self.lightness.shape) < 2:
            raise ValueError(f"a tone needs a picture of at least 2 x 2 values, this one is {self.lightness.shape}")
        if not (self.width > 0 and self.height > 0):
            raise ValueError(f"a tone of {self.width} x {self.height} mm has no surface")

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.x, self.y, self.x + self.width, self.y + self.height)

    def cells(self, rows: int, columns: int) -> tuple[FloatArray, FloatArray]:
        """x and y of the middles of a grid over its rectangle, row 0 at the top."""
        x = self.x + (np.arange(columns) + 0.5) * self.width / columns
        y = self.y + self.height - (np.arange(rows) + 0.5) * self.height / rows
        across, up = np.meshgrid(x, y)
        return across, up

    def holds(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """Which points of the piece it says anything of."""
        if self.mask is None:
            return self.bounds.around(np.stack([x, y], axis=-1))
        # Imported here: most of those who know a design ask it nothing that needs a geometry library.
        from gcode.mask import within

        return within(self.mask, x, y)

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Lightness at points of the piece, between pixel centres by straight lines, beyond the edge as at the edge."""
        rows, columns = self.lightness.shape
        u = np.clip((x - self.x) / self.width * columns - 0.5, 0, columns - 1)
        v = np.clip((self.y + self.height - y) / self.height * rows - 0.5, 0, rows - 1)
        left, top = np.minimum(u.astype(int), columns - 2), np.minimum(v.astype(int), rows - 2)
        a, b = u - left, v - top
        picture = self.lightness
        upper = picture[top, left] * (1 - a) + picture[top, left + 1] * a
        lower = picture[top + 1, left] * (1 - a) + picture[top + 1, left + 1] * a
        mixed: FloatArray = upper * (1 - b) + lower * b
        return mixed


Content = Drawing | Tone

QUARTERS: Final[Mapping[int, Transform]] = {
    0: Transform(),
    90: Transform(0.0, 1.0, -1.0, 0.0),
    180: Transform(-1.0, 0.0, 0.0, -1.0),
    270: Transform(0.0, -1.0, 1.0, 0.0),
}
"""Turns to the left, without a rounding error."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How content stands in its zone: mirrored left for right, and then turned to the left by ``degrees``."""

    degrees: int = 0
    mirrored: bool = False

    def upright(self, zone: Zone) -> Zone:
        """The zone as its content sees it."""
        if self == Turn():
            return zone
        width, height = (zone.height, zone.width) if self.degrees % 180 else (zone.width, zone.height)
        return Zone(zone.name, 0.0, 0.0, width, height)

    def placed(self, content: Content, zone: Zone) -> Content:
        """What was laid out upright, as it stands on the piece."""
        if self == Turn():
            return content
        width = self.upright(zone).width
        mirror = Transform(a=-1.0, e=width) if self.mirrored else Transform()
        turned = mirror.then(QUARTERS[self.degrees])
        corner = turned(np.array([[0.0, 0.0], [width, self.upright(zone).height]])).min(axis=0)
        onto = turned.then(Transform.move(zone.x - float(corner[0]), zone.y - float(corner[1])))
        if isinstance(content, Drawing):
            return content.moved(onto)
        box = content.bounds
        x0, y0 = onto(np.array([[box.x0, box.y0], [box.x1, box.y1]])).min(axis=0).tolist()
        picture = content.lightness[:, ::-1] if self.mirrored else content.lightness
        sides = (content.height, content.width) if self.degrees % 180 else (content.width, content.height)
        mask = None if content.mask is None else onto(content.mask)
        return Tone(np.ascontiguousarray(np.rot90(picture, self.degrees // 90)), x0, y0, *sides, mask)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The content of one field in its zone."""

    field: str
    """The catalog's name of the field, so that whatever is wrong can be told of it."""
    zone: Zone
    content: Content


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """All content of one operation on its piece: the one value that processes consume. The lowest layer comes first."""

    layers: tuple[Layer, ...]

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        return tuple(layer.content for layer in self.layers if isinstance(layer.content, Drawing))

    @property
    def lines(self) -> Design:
        """The same without its photos."""
        return Design(tuple(layer for layer in self.layers if isinstance(layer.content, Drawing)))

    @property
    def tones(self) -> tuple[Tone, ...]:
        return tuple(layer.content for layer in self.layers if isinstance(layer.content, Tone))

    @property
    def notes(self) -> list[str]:
        """What was decided in laying it out, field by field."""
        return [
            f"{layer.field}: {note}"
            for layer in self.layers
            if isinstance(layer.content, Drawing)
            for note in layer.content.notes
        ]
