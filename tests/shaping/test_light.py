"""A lithophane's proof: what its own bytes lay, seen against the light, is the photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fulfillment.cad import Shelf
from gcode.design import Tone
from gcode.pictures.through import thickness, through
from gcode.pictures.tubes import Tubes, tubes
from gcode.proof import ProofError
from gcode.shaping.lithophane import lithophane

Picture = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
BED = np.array([20.0, 20.0])


def laid(found: Any) -> Tubes:
    own = tubes(found.data, found.profile.filament_area)
    return replace(own, start=own.start - BED, end=own.end - BED)


@pytest.mark.parametrize("curve", [0.0, 120.0])
def test_the_bytes_show_the_photo(photo: Picture, curve: float, tried: Callable[..., Any]) -> None:
    values = {"width": 32.0, "height": 30.0, "frame": 3.0, "curve": curve}
    template = Shelf().template("lithophane")
    assert template.lit is not None
    lit = template.lit(template.checked(values))
    tone = Tone(photo, 3.0, 3.0, 32.0, 30.0)
    found = tried(lithophane(tone, 0.45, 0.8, 2.8, 3.0, curve), height=0.2 if curve else 0.12)
    printed = laid(found)
    behind = thickness(printed, lit.unrolled, lit.width, lit.height)
    assert behind.sum() * lit.width * lit.height / behind.size == pytest.approx(found.solid.volume, rel=0.02)
    pixels = through(printed, lit.unrolled, lit.width, lit.height, px_per_mm=4.0)
    edge = 12 + 12
    seen = pixels[edge:-edge, edge:-edge].mean(axis=2)
    x, y = np.meshgrid(3 + (np.arange(seen.shape[1]) + 0.5) / 4, 33 - (np.arange(seen.shape[0]) + 0.5) / 4)
    wanted = tone.at(x.ravel(), y.ravel())
    like = np.corrcoef(seen.ravel(), wanted)[0, 1]
    assert like > 0.9
    assert np.corrcoef(seen[:, ::-1].ravel(), wanted)[0, 1] < like - 0.3, "not its mirror image"
    assert pixels[2, 2].max() < 60, "it is dark around it"


def test_nothing_and_too_much_are_no_pictures() -> None:
    nothing = np.zeros(0)
    empty = Tubes(np.zeros((0, 2)), np.zeros((0, 2)), nothing, nothing, nothing, np.zeros(0, np.int64))
    with pytest.raises(ProofError, match="nothing is laid"):
        through(empty, lambda points: points[:, :2], 10.0, 10.0)
    one = Tubes(np.zeros((1, 2)), np.ones((1, 2)), np.ones(1), np.ones(1), np.ones(1), np.zeros(1, np.int64))
    with pytest.raises(ProofError, match="too large"):
        through(one, lambda points: points[:, :2], 5000.0, 5000.0)
