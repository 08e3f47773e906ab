"""Bodies that tests print, and what their beads cover."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from manifold3d import CrossSection, FillRule, Manifold

from gcode.geometry import rectangle
from gcode.outlinefont import OutlineFont
from gcode.slicing.areas import Area, parts, polygons
from gcode.slicing.beads import Layer
from gcode.slicing.solid import Solid

FONTS = Path(__file__).resolve().parents[2] / "fulfillment" / "fonts"


@lru_cache(maxsize=4)
def _font(name: str) -> OutlineFont:
    return OutlineFont(name, (FONTS / name).read_bytes())


def lettering(text: str, height: float, font: str = "NotoSans-Bold.ttf") -> Any:
    """The area of a text with capitals this tall."""
    outlines = _font(font).shape(text).drawing.outlines
    return CrossSection([np.ascontiguousarray(line * height) for line in outlines if len(line) > 2], FillRule.NonZero)


def extruded(area: Any, height: float) -> Solid:
    return Solid.from_manifold(Manifold.extrude(area, height))


def name_tag(name: str) -> Solid:
    """A plate of 60 x 20 mm with a hole, 1.6 mm thick, and a name raised by 0.6 mm."""
    plate = CrossSection([rectangle(0.0, 0.0, 60.0, 20.0, 4.0)], FillRule.NonZero)
    hole = CrossSection.circle(2.0, 40).translate((5.0, 10.0))
    words = lettering(name, 9.0)
    x0, y0, x1, y1 = words.bounds()
    words = words.translate((33.0 - (x0 + x1) / 2, 10.0 - (y0 + y1) / 2))
    return Solid.from_manifold(
        Manifold.extrude(plate - hole, 1.6) + Manifold.extrude(words, 0.7).translate((0.0, 0.0, 1.5))
    )


def surface(area: Area) -> shapely.MultiPolygon:
    return polygons(parts(area))


def coverage(layer: Layer) -> Any:
    """What the beads of a layer cover, with round ends."""
    pieces = []
    for one in layer.beads:
        lines = shapely.linestrings(np.stack([one.points[:-1], one.points[1:]], axis=1))
        pieces.append(shapely.union_all(shapely.buffer(lines, one.widths / 2, quad_segs=4)))
    return shapely.union_all(pieces)


@pytest.fixture(scope="session", name="lettering")
def lettering_fixture() -> Callable[..., Any]:
    return lettering


@pytest.fixture(scope="session", name="extruded")
def extruded_fixture() -> Callable[[Any, float], Solid]:
    return extruded


@pytest.fixture(scope="session", name="name_tag")
def name_tag_fixture() -> Callable[[str], Solid]:
    return name_tag


@pytest.fixture(scope="session", name="surface")
def surface_fixture() -> Callable[[Area], shapely.MultiPolygon]:
    return surface


@pytest.fixture(scope="session", name="coverage")
def coverage_fixture() -> Callable[[Layer], Any]:
    return coverage
