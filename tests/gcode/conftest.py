"""A bead, a machine and a small face, as the tests of this folder use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gcode.design import Tone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import plan
from gcode.limits import Limits
from gcode.outlinefont import OutlineFont
from gcode.recipe import Bead, Motion, Place, Prime
from gcode.strokefont import StrokeFont
from gcode.write import program

FONTS = Path(__file__).parents[2] / "fulfillment" / "fonts"


@pytest.fixture(scope="session")
def bead() -> Bead:
    return Bead(
        nozzle=0.8, height=1.0, width_min=0.45, width_max=1.45, pitch=1.45, flow=14.0, e_area=314.0, line_width=1.2,
        travel=80.0, min_speed=8.0, max_speed=60.0, stop_ahead=0.6, retract=4.2, clearance=5.0, settle=0.2,
    )  # fmt: skip


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(
        envelope=(0, 0, 0, 235, 235, 100),
        e_area=314.0,
        max_flow=20.0,
        motion=Motion(500, 8, (200, 200, 80, 5)),
        cold_extrusion=True,
    )


@pytest.fixture(scope="session")
def setup() -> Setup:
    return Setup(cold_extrusion=True, relief=0.01, lift=40.0, park=(0.0, 180.0))


@pytest.fixture(scope="session")
def face() -> Tone:
    """Two dark eyes and a mouth on a light ground with a dark left edge."""
    y, x = np.mgrid[0:60, 0:80] / 60.0
    light = np.clip(x * 0.7, 0, 1)
    for cx, cy in ((0.45, 0.35), (0.95, 0.35)):
        light = np.where(np.hypot(x - cx, y - cy) < 0.12, 0.0, light)
    light = np.where((abs(y - 0.75) < 0.06) & (abs(x - 0.7) < 0.3), 0.0, light)
    return Tone(light.astype(np.float32), 5.0, 5.0, 40.0, 30.0)


@pytest.fixture(scope="session")
def good(face: Tone, bead: Bead, setup: Setup) -> bytes:
    """A program that preflight passes."""
    toolpath = plan(face, [], bead, place=Place(50, 50, 10), prime=Prime(-10, 0, -10, 30))
    return program(toolpath, MARLIN_FOOD, setup)


@pytest.fixture(scope="session")
def strokes() -> StrokeFont:
    return StrokeFont()


@pytest.fixture(scope="session", params=["NotoSans-Regular", "NotoSans-Bold", "Caveat-Regular"])
def outlines(request: pytest.FixtureRequest) -> OutlineFont:
    return OutlineFont(request.param, (FONTS / f"{request.param}.ttf").read_bytes())
