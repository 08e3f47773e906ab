"""A photo on a small field, and the simulator that plays a program and tells where it burnt."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gcode.design import Tone, Zone
from gcode.photo import tone

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "fulfillment" / "demo" / "files" / "cat.jpg"
BLACK_ON_WHITE = ("--mark-colour", "#000000", "--surface-colour", "#ffffff", "--background-colour", "#ffffff")
FINE = 4
"""Pixels of the simulator's picture in one dot."""

DENSITY = 40
"""Pixels of the simulator's picture in a mm, where dots are 0.1 mm wide."""

Dots = np.ndarray[Any, np.dtype[np.bool_]]
Grey = np.ndarray[Any, np.dtype[np.float64]]


def _by_dot(values: Grey) -> Grey:
    rows, columns = (side // FINE for side in values.shape)
    return values.reshape(rows, FINE, columns, FINE).mean(axis=(1, 3))


@dataclass(frozen=True)
class Burnt:
    darkness: Grey
    """0 to 1 by pixel of the field, row 0 at the top."""
    record: dict[str, Any]

    def dots(self) -> Dots:
        """Whether each dot of the field is more than half burnt."""
        means = _by_dot(self.darkness)
        return means > means.max() / 2

    def energy(self) -> Grey:
        """What fell on each dot, where nothing is as dark as it can be."""
        return _by_dot(-np.log2(1 - self.darkness))


Play = Callable[..., Burnt]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """``play(data, region, ...)``: the program on a simulated laser whose spot is a point."""

    def run(data: bytes, region: tuple[float, float, float, float], *arguments: str) -> Burnt:
        source, image, record = tmp_path / "piece.gcode", tmp_path / "piece.png", tmp_path / "piece.json"
        source.write_bytes(data)
        command = [
            sys.executable, "-m", "simulators", "grbl", "--play", str(source), "--picture", str(image), "--json",
            str(record), "--no-homing", "--envelope", "300x210x40", "--px-per-mm", str(DENSITY), "--tool", "laser",
            "--spot", "0.02", "--piece", ",".join(map(str, region)), *BLACK_ON_WHITE, *arguments,
        ]  # fmt: skip
        subprocess.run(command, check=True, timeout=120, cwd=ROOT, stdout=subprocess.DEVNULL)
        grey = np.asarray(Image.open(image).convert("L"), dtype=float) / 255
        return Burnt(1 - grey, json.loads(record.read_text()))

    return run


@pytest.fixture(scope="session")
def cat() -> Tone:
    """15 x 10 mm of it, ten values a mm."""
    return tone(np.asarray(Image.open(PHOTO)), Zone("photo", 3.0, 2.0, 15.0, 10.0), 0.4)
