"""One Gaussian against another's."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import gaussian

from gcode.blur import blurred


@pytest.mark.parametrize("sigma", [0.4, 1.25, 1.5, 4.0])
@pytest.mark.parametrize(("nothing_around", "mode"), [(False, "reflect"), (True, "constant")])
def test_it_is_what_others_make_of_it(sigma: float, nothing_around: bool, mode: str) -> None:
    picture = np.random.default_rng(4).random((40, 61))
    theirs = gaussian(picture, sigma, mode=mode, truncate=3.5, preserve_range=True)
    assert blurred(picture, sigma, nothing_around=nothing_around) == pytest.approx(theirs, abs=1e-9)


def test_a_picture_of_one_tone_stays_and_a_heap_runs_out_over_the_edge() -> None:
    even = np.full((3, 50), 0.7)
    assert blurred(even, 4.0) == pytest.approx(even)
    assert blurred(even, 4.0, nothing_around=True).max() < 0.5


def test_a_spot_finer_than_a_pixel_stays_where_it_is() -> None:
    dot = np.zeros((5, 5))
    dot[2, 2] = 1.0
    assert (blurred(dot, 0.0, nothing_around=True) == dot).all()
