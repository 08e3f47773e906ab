"""Bodies that benchmarks print, one for each customer: a name on a tag, letters on a disc, a cutter, a photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType, Manifold

from gcode.geometry import rectangle
from gcode.outlinefont import OutlineFont
from gcode.slicing.profile import Infill, Pattern, Profile
from gcode.slicing.solid import Solid
from gcode.units import FloatArray

FONTS: Final = Path(__file__).parents[1] / "fulfillment" / "fonts"
NAMES: Final = ("Grace", "Jürgen", "Siobhán", "Łukasz", "Margaret", "Ada", "Ottilie", "Björn")
LETTERS: Final = ("AGH", "MWS", "KRD", "BQX", "EFN", "TYJ", "CUZ", "PVL")
PETALS: Final = (5, 6, 7, 8, 9, 3, 4, 10)


@lru_cache(maxsize=4)
def font(name: str) -> OutlineFont:
    return OutlineFont(name, (FONTS / name).read_bytes())


def lettering(text: str, height: float, name: str, x: float, y: float) -> Any:
    """The area of a text with capitals this tall, its middle at x, y."""
    outlines = font(name).shape(text).drawing.outlines
    area = CrossSection([np.ascontiguousarray(line * height) for line in outlines if len(line) > 2], FillRule.NonZero)
    x0, y0, x1, y1 = area.bounds()
    return area.translate((x - (x0 + x1) / 2, y - (y0 + y1) / 2))


def tag(number: int) -> Manifold:
    """A plate of 70 x 24 x 1.6 mm with a hole, and a name raised by 0.8 mm."""
    plate = CrossSection([rectangle(0.0, 0.0, 70.0, 24.0, 4.0)], FillRule.NonZero)
    hole = CrossSection.circle(2.0, 48).translate((5.0, 12.0))
    words = lettering(NAMES[number], 9.0, "NotoSans-Bold.ttf", 38.0, 12.0)
    return Manifold.extrude(plate - hole, 1.6) + Manifold.extrude(words, 0.9).translate((0.0, 0.0, 1.5))


def monogram(number: int) -> Manifold:
    """A disc of 60 mm, 3 mm thick, with a rim and three letters raised by 1 mm."""
    disc = CrossSection.circle(30.0, 180)
    rim = disc - disc.offset(-2.0, JoinType.Round)
    words = lettering(LETTERS[number], 16.0, "NotoSerif-Regular.ttf", 0.0, 0.0)
    return Manifold.extrude(disc, 3.0) + Manifold.extrude(words + rim, 1.1).translate((0.0, 0.0, 2.9))


def cutter(number: int) -> Manifold:
    """A drawing's outline as a wall of 1.2 x 15 mm on a rim of 4 x 2 mm."""
    angle = np.linspace(0.0, 2 * np.pi, 240, endpoint=False)
    radius = 28.0 + 6.0 * np.cos(PETALS[number] * angle) + 2.0 * np.sin(2 * angle)
    drawn = CrossSection([np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)], FillRule.NonZero)
    wall, rim = (drawn.offset(by, JoinType.Round) - drawn for by in (1.2, 4.0))
    return Manifold.extrude(rim, 2.0) + Manifold.extrude(wall, 15.0)


def lithophane(number: int) -> Manifold:
    """A photo of 80 x 60 mm that lies flat, 0.8 to 3 mm thick, with a point each 0.4 mm."""
    wide, tall, step = 201, 151, 0.4
    x, y = np.meshgrid(np.arange(wide) * step, np.arange(tall) * step)
    random = np.random.default_rng(number)
    photo = np.zeros_like(x)
    for _ in range(24):
        u, v, size = random.uniform(0, 80), random.uniform(0, 60), random.uniform(3, 16)
        photo += random.uniform(-1, 1) * np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * size**2))
    photo = (photo - photo.min()) / np.ptp(photo)
    top = np.stack([x, y, 0.8 + 2.2 * photo], axis=-1).reshape(-1, 3)
    return relief(top, wide, tall)


def relief(top: FloatArray, wide: int, tall: int) -> Manifold:
    """A grid of points as a body that stands on z = 0."""
    from manifold3d import Mesh64

    points = np.vstack([top, top * [1.0, 1.0, 0.0]])
    at = np.arange(wide * tall).reshape(tall, wide)
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel()
    upper = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    edge = np.concatenate([at[0, :-1], at[:-1, -1], at[-1, :0:-1], at[:0:-1, 0]])
    after, below = np.roll(edge, -1), len(top)
    sides = np.concatenate(
        [np.stack([edge, edge + below, after + below], axis=1), np.stack([edge, after + below, after], axis=1)]
    )
    faces = np.concatenate([upper, upper[:, ::-1] + below, sides])
    return Manifold(Mesh64(vert_properties=points, tri_verts=faces.astype(np.uint64)))


@dataclass(frozen=True, slots=True)
class Case:
    """A product: its body for the customer of this number, and how it is printed."""

    body: Callable[[int], Manifold]
    profile: Profile

    def solid(self, number: int) -> Solid:
        return Solid.from_manifold(self.body(number))

    @property
    def filled(self) -> Profile:
        """Without sparse places, so that what is laid is what the model has."""
        return replace(self.profile, infill=replace(self.profile.infill, density=1.0))


CASES: Final[Mapping[str, Case]] = {
    "tag": Case(tag, Profile()),
    "monogram": Case(monogram, Profile()),
    "cutter": Case(cutter, Profile()),
    "lithophane": Case(lithophane, Profile(infill=Infill(Pattern.RECTILINEAR, 1.0))),
}
