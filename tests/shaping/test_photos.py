"""Photos as thicknesses: dark is thick, everything is closed, and no standing picture leans out too far."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.design import Tone
from gcode.shaping.areas import prism, rectangle
from gcode.shaping.dress import embossed
from gcode.shaping.lithophane import LEAN, leaning, lithophane
from gcode.shaping.wrong import ShapeError
from gcode.slicing.solid import MAX_TRIANGLES, Solid

Picture = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
FRAME = 3.0


def panel(picture: Picture, width: float = 40.0, bead: float = 0.45, frame: float = FRAME, curve: float = 0.0) -> Solid:
    tone = Tone(picture, frame, frame, width, width * picture.shape[0] / picture.shape[1])
    (body,) = lithophane(tone, bead, 0.8, 2.8, frame, curve).values()
    return Solid.from_manifold(body)


def thickness(solid: Solid, x: float, y: float) -> float:
    """Along z, by a needle."""
    needle = prism(rectangle(x - 0.01, y - 0.01, x + 0.01, y + 0.01), -1.0, 9.0)
    return float((solid.manifold ^ needle).volume()) / 0.0004


def test_dark_is_thick_and_the_top_of_the_photo_is_at_the_top(photo: Picture) -> None:
    solid = panel(photo)
    for row, column in ((20, 20), (20, 100), (70, 20), (70, 100), (45, 60)):
        x, y = FRAME + (column + 0.5) / 3, FRAME + 30.0 - (row + 0.5) / 3
        wanted = 0.8 + 2.0 * (1 - float(photo[row, column]))
        assert thickness(solid, x, y) == pytest.approx(wanted, abs=0.12)
    assert thickness(solid, 1.5, 20.0) == pytest.approx(2.8)
    assert solid.high == pytest.approx((46.0, 36.0, 2.8))


def test_without_a_frame_the_picture_goes_to_the_edge(photo: Picture) -> None:
    solid = panel(photo, frame=0.0)
    assert solid.high[:2] == pytest.approx((40.0, 30.0))
    assert solid.volume == pytest.approx(40 * 30 * (0.8 + 2.0 * (1 - float(photo.mean()))), rel=0.01)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 30.0, 120.0, 180.0]))
@settings(max_examples=25, deadline=None)
def test_any_photo_is_a_closed_body(rows: int, columns: int, seed: int, curve: float) -> None:
    picture = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    tone = Tone(picture, 2.0, 2.0, 12.0, 9.0)
    (body,) = lithophane(tone, 1.0, 0.8, 2.8, 2.0, curve).values()
    solid = Solid.from_manifold(body)
    assert 16 * 13 * 0.8 * 0.8 < solid.volume < 16 * 13 * 2.8 * 1.3
    assert len(body.decompose()) == 1


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_no_row_leans_out_over_the_one_below(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    thick, z = rng.uniform(0.8, 2.8, (rows, 5)), np.cumsum(rng.uniform(0.1, 1.0, rows))
    found = leaning(thick, z)
    assert (found <= thick + 1e-12).all()
    assert (np.diff(found, axis=0) <= LEAN * np.diff(z)[:, None] + 1e-9).all()
    assert (found >= thick.min(axis=0) - 1e-9).all(), "what is thinnest is left as it is"
    steep = (np.diff(thick, axis=0) > LEAN * np.diff(z)[:, None]).any(axis=0)
    assert found[:, ~steep] == pytest.approx(thick[:, ~steep], abs=1e-9)


def test_beyond_its_mask_a_photo_is_frame_or_nothing() -> None:
    square = np.array([(10.0, 10.0), (20, 10), (20, 20), (10, 20)])
    half = Tone(np.full((20, 20), 0.5, dtype=np.float32), 5.0, 5.0, 20.0, 20.0, square)
    solid = Solid.from_manifold(lithophane(half, 0.4, 1.0, 3.0, 0.0, 0.0)["body"])
    assert solid.volume == pytest.approx(20 * 20 * 3.0 - 100 * 1.0, rel=0.02)
    plate = prism(rectangle(0, 0, 30, 30), 0.0, 3.0)
    raised = Solid.from_manifold(embossed(plate, half, 0.4, "raised", 3.0, 1.0)["body"])
    assert raised.volume - 2700 == pytest.approx(100 * 0.5 + 300 * 0.01, rel=0.1)


def test_a_curved_one_goes_round_an_upright_axis(photo: Picture) -> None:
    solid = panel(photo, curve=180.0)
    # Half a turn of 46 mm: the smooth side has a radius of 46 / pi.
    radius = 46 / math.pi
    size = np.array(solid.high) - np.array(solid.low)
    assert size[2] == pytest.approx(36.0)
    assert size[0] == pytest.approx(2 * (radius + 2.8), abs=0.1)
    assert radius + 0.8 < size[1] < radius + 2.8 + 0.01


def test_there_are_never_more_triangles_than_a_body_may_have(photo: Picture) -> None:
    solid = panel(photo, width=200.0, bead=0.05)
    assert MAX_TRIANGLES * 0.5 < len(solid.faces) < MAX_TRIANGLES


def test_a_photo_stands_on_a_plate_or_is_sunk_into_it(photo: Picture) -> None:
    plate = prism(rectangle(0, 0, 50, 40), 0.0, 3.0)
    tone = Tone(photo, 5.0, 5.0, 40.0, 30.0)
    ink = 40 * 30 * (1 - float(photo.mean()))
    raised = embossed(plate, tone, 0.45, "raised", 3.0, 1.0)["body"]
    sunk = embossed(plate, tone, 0.45, "sunk", 3.0, 1.0)["body"]
    assert Solid.from_manifold(raised).volume - 6000 == pytest.approx(ink, rel=0.02)
    assert 6000 - Solid.from_manifold(sunk).volume == pytest.approx(ink, rel=0.02)
    with pytest.raises(ShapeError, match="raised or sunk"):
        embossed(plate, tone, 0.45, "inlaid", 3.0, 1.0)
    with pytest.raises(ShapeError, match="beside the face"):
        embossed(plate, Tone(photo, 20.0, 5.0, 40.0, 30.0), 0.45, "raised", 3.0, 1.0)


@pytest.mark.parametrize("curve", [0.0, 120.0])
def test_it_prints_without_supports_and_as_it_is(photo: Picture, curve: float, tried: Callable[..., Any]) -> None:
    bodies = lithophane(Tone(photo, FRAME, FRAME, 32.0, 24.0), 0.45, 0.8, 2.8, FRAME, curve)
    found = tried(bodies, height=0.2 if curve else 0.12)
    found.check()
    middle = found.solid.low[0] + found.solid.high[0]
    turned = Solid.from_manifold(found.solid.manifold.mirror((1.0, 0.0, 0.0)).translate((middle, 0.0, 0.0)))
    assert found.held(turned).wrong, "its mirror image is another body"
