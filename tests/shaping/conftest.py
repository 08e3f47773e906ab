"""Words as drawings, and what a printer would lay of a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from manifold3d import Manifold

from gcode.design import Drawing
from gcode.dialects import MARLIN_FDM, Setup
from gcode.geometry import Transform
from gcode.outlinefont import OutlineFont
from gcode.slicing.check.verdict import Printed, printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Infill, Profile
from gcode.slicing.slicer import Sliced, slice_solid
from gcode.slicing.solid import Solid

FONTS = Path(__file__).resolve().parents[2] / "fulfillment" / "fonts"
PLA = Profile(infill=Infill(density=1.0))
"""0.4 mm, layers of 0.2: solid, so that what is laid is what the body holds."""
SETUP = Setup(
    tool_temperature=210.0, bed_temperature=60.0, lift=120.0, park=(0.0, 200.0), travel=10.0, acceleration=1000.0
)


@cache
def font(name: str) -> OutlineFont:
    return OutlineFont(name, (FONTS / f"{name}.ttf").read_bytes())


def lettering(text: str, width: float, typeface: str = "NotoSans-Bold", x: float = 0.0, y: float = 0.0) -> Drawing:
    """A text this wide, its lower left corner there."""
    drawing = font(typeface).shape(text).drawing
    box = drawing.bounds
    assert box is not None
    onto = Transform.move(-box.x0, -box.y0).then(Transform.scale(width / box.width)).then(Transform.move(x, y))
    return drawing.moved(onto)


class Tried:
    """A body sliced, written, and held against itself by its bytes."""

    def __init__(self, body: Manifold, profile: Profile = PLA) -> None:
        self.solid = Solid.from_manifold(body)
        self.profile = profile
        self.sliced: Sliced = slice_solid(self.solid, profile)
        self.data = program([Placed(self.sliced, 20.0, 20.0)], MARLIN_FDM, SETUP)

    def held(self, other: Solid | None = None) -> Printed:
        return printed(self.data, [Piece(other or self.solid, 20.0, 20.0)], self.profile)

    def check(self) -> None:
        assert self.held().wrong == ()
        assert self.sliced.overhangs == ()
        assert self.held().volume == pytest.approx(self.solid.volume, rel=0.02)


@pytest.fixture(scope="session", name="lettering")
def lettering_fixture() -> Callable[..., Drawing]:
    return lettering


@pytest.fixture(scope="session")
def tried() -> Callable[..., Tried]:
    def attempt(bodies: Mapping[str, Manifold], **changes: object) -> Tried:
        (body,) = bodies.values()
        return Tried(body, replace(PLA, **changes))  # type: ignore[arg-type]

    return attempt


@pytest.fixture(scope="session")
def photo() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Soft blots of all greys, another at each place: nothing in it is symmetric. Row 0 is its top."""
    y, x = np.mgrid[0:90, 0:120] / 30.0
    return (0.5 + 0.25 * np.sin(2.1 * x + y) + 0.25 * np.cos(1.3 * y * y - x)).astype(np.float32)
