"""Tones as dots: the mean stays, the screen is regular, and the dots of a tone are what their author published."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.catalog.laser import Dither
from gcode.design import Tone
from gcode.dither import ATKINSON, DITHERS, FLOYD_STEINBERG, GREYSCALE, Raster, diffused
from gcode.raster import LEVELS, bitmap, resampled
from gcode.recipe import RecipeError

FAITHFUL = sorted(set(DITHERS) - {"atkinson"})


def flat(darkness: float, side: int = 64) -> np.ndarray:
    return np.full((side, side), darkness, dtype=np.float32)


def serpentine(darkness: np.ndarray, weights: dict[tuple[int, int], float]) -> np.ndarray:
    """Error diffusion as the books have it, one place after the other."""
    left = darkness.astype(np.float64)
    rows, columns = left.shape
    dots = np.zeros((rows, columns), dtype=bool)
    for row in range(rows):
        way = -1 if row % 2 else 1
        for column in range(columns)[::way]:
            dots[row, column] = left[row, column] >= 0.5
            error = left[row, column] - dots[row, column]
            for (across, down), weight in weights.items():
                to_row, to_column = row + down, column + way * across
                if to_row < rows and 0 <= to_column < columns:
                    left[to_row, to_column] += weight * error
    return dots


BOOKS = {
    "floyd-steinberg": {(1, 0): 7, (-1, 1): 3, (0, 1): 5, (1, 1): 1},
    "atkinson": {(1, 0): 1, (2, 0): 1, (-1, 1): 1, (0, 1): 1, (1, 1): 1, (0, 2): 1},
    "stucki": {
        (1, 0): 8, (2, 0): 4, (-2, 1): 2, (-1, 1): 4, (0, 1): 8, (1, 1): 4, (2, 1): 2,
        (-2, 2): 1, (-1, 2): 2, (0, 2): 4, (1, 2): 2, (2, 2): 1,
    },
    "jarvis": {
        (1, 0): 7, (2, 0): 5, (-2, 1): 3, (-1, 1): 5, (0, 1): 7, (1, 1): 5, (2, 1): 3,
        (-2, 2): 1, (-1, 2): 3, (0, 2): 5, (1, 2): 3, (2, 2): 1,
    },
}  # fmt: skip
WHOLE = {"floyd-steinberg": 16, "atkinson": 8, "stucki": 42, "jarvis": 48}


@pytest.mark.parametrize("name", BOOKS)
def test_errors_go_where_the_books_send_them(name: str) -> None:
    darkness = np.random.default_rng(3).random((37, 53)).astype(np.float32)
    weights = {place: share / WHOLE[name] for place, share in BOOKS[name].items()}
    assert (DITHERS[name](darkness) == serpentine(darkness, weights)).all()
    assert not (DITHERS[name](darkness) == serpentine(darkness[:, ::-1], weights)[:, ::-1]).all()


@pytest.mark.parametrize("name", FAITHFUL)
@given(darkness=st.floats(0, 1, width=32))
@settings(max_examples=25, deadline=None)
def test_as_many_dots_as_the_tone_is_dark(name: str, darkness: float) -> None:
    assert DITHERS[name](flat(darkness)).mean() == pytest.approx(darkness, abs=0.02)


def test_atkinson_drops_the_ends_of_the_scale() -> None:
    assert not diffused(flat(0.1), ATKINSON).any()
    assert 0.05 < diffused(flat(0.1), FLOYD_STEINBERG).mean() < 0.15


def test_a_halftone_is_of_clusters_and_bayer_is_not() -> None:
    def lonely(dots: np.ndarray) -> float:
        """The share of dots with no dot beside them."""
        beside = dots[1:-1, :-2] | dots[1:-1, 2:]
        return float((~beside[dots[1:-1, 1:-1]]).mean())

    assert lonely(DITHERS["halftone"](flat(0.3))) < 0.25 < 0.9 < lonely(DITHERS["ordered"](flat(0.2)))


def test_recipes_name_what_there_is() -> None:
    assert set(get_args(Dither)) == {*DITHERS, GREYSCALE}


def picture(values: np.ndarray, side: float = 10.0) -> Tone:
    return Tone(values.astype(np.float32), 0.0, 0.0, side, side)


def test_a_picture_is_made_smaller_by_means_and_larger_by_lines() -> None:
    checks = np.indices((400, 400)).sum(axis=0) % 2
    assert bitmap(picture(checks), Raster(0.1, GREYSCALE)).power == pytest.approx(0.5, abs=0.02)
    ramp = np.tile(np.linspace(0, 1, 10), (10, 1)).astype(np.float32)
    wide = resampled(ramp, 100, 100)
    assert wide.shape == (100, 100)
    assert wide.min() >= 0
    assert wide.max() <= 1
    assert (np.diff(wide[50]) >= 0).all()
    assert len(np.unique(wide[50])) > 50


def test_greyscale_has_its_ends_and_white_stays_white() -> None:
    values = np.array([[1.0, 0.999], [0.5, 0.0]]).repeat(50, axis=0).repeat(50, axis=1)
    power = bitmap(picture(values), Raster(0.1, GREYSCALE, power=0.8, min_power=0.2)).power
    assert power[0, 0] == power[0, -1] == 0.0
    assert power[-1, -1] == pytest.approx(0.8)
    assert power[-1, 0] == pytest.approx(0.5, abs=1 / LEVELS)
    light = bitmap(picture(values), Raster(0.1, GREYSCALE, light=True)).power
    assert (light[0, 0], light[-1, -1]) == (1.0, 0.0)


def test_gamma_lightens_the_middle_and_leaves_the_ends() -> None:
    grey = picture(np.full((100, 100), 0.5))
    even, lighter = (bitmap(grey, Raster(0.1, gamma=gamma)).power.mean() for gamma in (1.0, 2.0))
    assert even == pytest.approx(0.5, abs=0.01)
    assert lighter == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("settings_", "says"),
    [
        ({"interval": 0.0}, "must be above 0"),
        ({"interval": 0.1, "dither": "burkes"}, "no dither is called 'burkes': write floyd-steinberg, "),
        ({"interval": 0.1, "power": 0.3, "min_power": 0.4}, "write shares that rise"),
        ({"interval": 0.001}, "are too many"),
    ],
)
def test_a_slip_in_the_recipe_is_told(settings_: dict[str, float], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        bitmap(picture(np.zeros((4, 4))), Raster(**settings_))  # type: ignore[arg-type]
