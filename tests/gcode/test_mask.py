"""A photo cut to a shape: nothing is made beyond it, and all of it is made."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode import raster
from gcode.design import Design, Layer, Tone, Turn, Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.dither import DITHERS, GREYSCALE, Raster
from gcode.faithful import Rows, compare
from gcode.frosting import Polarity, Topping, plan_all, snakes
from gcode.geometry import Bounds, length
from gcode.mask import MASKS, chains, contour, within
from gcode.proof import beads
from gcode.recipe import Bead, Motion, Place
from gcode.surface import EDGE, Surface, strays
from gcode.write import program

SIDES = st.floats(25.0, 120.0)


def masked(name: str, width: float, height: float, lightness: float | None = None) -> Tone:
    """Waves, or one tone, from 10, 20 on."""
    rows, columns = np.mgrid[0:60, 0:60] / 60
    waves = 0.5 + 0.4 * np.sin(columns * 9) * np.cos(rows * 7)
    picture = waves if lightness is None else np.full((60, 60), lightness)
    return Tone(picture.astype(np.float32), 10.0, 20.0, width, height, contour(name, 10.0, 20.0, width, height))


@pytest.mark.parametrize("name", MASKS)
@given(width=st.floats(0.5, 500), height=st.floats(0.5, 500))
def test_a_mask_fills_its_rectangle_and_does_not_cross_itself(name: str, width: float, height: float) -> None:
    line = contour(name, 3.0, -4.0, width, height)
    shape = shapely.Polygon(line)
    assert shape.is_valid and shape.exterior.is_ccw
    assert shape.bounds == pytest.approx((3.0, -4.0, 3.0 + width, -4.0 + height), abs=0.01 * max(width, height))
    assert 0.5 < shape.area / (width * height) < 1


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(MASKS)), SIDES, SIDES)
def test_rows_stay_within_the_mask_and_reach_all_of_it(bead: Bead, name: str, width: float, height: float) -> None:
    tone = masked(name, width, height)
    shape = shapely.Polygon(tone.mask)
    lines = shapely.MultiLineString(snakes(tone, bead))
    assert shape.buffer(1e-6 - bead.width_max / 2).covers(lines)
    # What no row reaches is a rim as wide as the turns of two rows, and the ends of points.
    left = shape.buffer(-2 * bead.pitch).difference(lines.buffer(bead.pitch))
    assert left.area < 0.01 * shape.area


def test_most_of_a_mask_is_one_line_and_a_heart_splits_at_its_top(bead: Bead) -> None:
    """Where rows grow fast, at a pole, each is a line of its own: a turn would leave out too much of it."""
    for name in MASKS:
        lengths = sorted(length(line) for line in snakes(masked(name, 80, 60), bead))
        assert lengths[-1] > 0.65 * sum(lengths) and len(lengths) < 12, name
    tops = [line[:, 1].max() for line in snakes(masked("heart", 80, 60), bead)]
    assert sum(top > 20 + 0.9 * 60 for top in tops) >= 2


def test_chains_end_where_rows_split_and_join() -> None:
    rows = [[(0.0, 9.0)], [(0.0, 4.0), (5.0, 9.0)], [(0.0, 3.0), (6.0, 9.0)], [(1.0, 8.0)], [], [(1.0, 2.0)]]
    numbers = [[number for number, _ in chain] for chain in chains(rows)]
    assert numbers == [[0], [1, 2], [1, 2], [3], [5]]


@pytest.mark.parametrize("name", MASKS)
def test_the_bytes_make_what_the_mask_holds(name: str, bead: Bead) -> None:
    tone, place = masked(name, 70.0, 60.0), Place(30.0, 30.0, 8.0)
    topping = Topping(tone, (), place, Polarity.DARK_ON_LIGHT)
    path = plan_all([topping], bead, home=place, motion=Motion(1000.0))
    found = beads(program(path, MARLIN_FOOD, Setup(cold_extrusion=True)), bead, place)
    design = Design((Layer("photo", Zone("photo", 10, 20, 70, 60), tone),))
    rows, box = Rows(bead.pitch, bead.coverage), Bounds(0, 0, 100, 100)
    assert compare(design, found, bead.line_width, box, rows).wrong == ()
    other = "heart" if name != "heart" else "ellipse"
    elsewhere = Design((Layer("photo", Zone("photo", 10, 20, 70, 60), masked(other, 70.0, 60.0)),))
    assert compare(elsewhere, found, bead.line_width, box, rows).wrong, "another mask is told apart"


@pytest.mark.parametrize("dither", [GREYSCALE, *DITHERS])
def test_a_laser_is_dark_within_the_mask_alone(dither: str) -> None:
    tone = masked("heart", 40.0, 40.0, lightness=0.1)
    picture = raster.bitmap(tone, Raster(0.25, dither))
    inside = tone.holds(*tone.cells(*picture.power.shape))
    assert not picture.power[~inside].any()
    assert picture.power[inside].mean() > 0.5


def test_a_mask_turns_with_its_picture() -> None:
    zone = Zone("photo", 10, 20, 70, 60)
    tone = masked("heart", 70.0, 60.0)
    assert tone.mask is not None
    upright = Tone(tone.lightness, 0.0, 0.0, 60.0, 70.0, contour("heart", 0.0, 0.0, 60.0, 70.0))
    turned = Turn(90).placed(upright, zone)
    assert isinstance(turned, Tone) and turned.mask is not None
    assert shapely.Polygon(turned.mask).bounds == pytest.approx((10, 20, 80, 80), abs=0.1)
    tip = turned.mask[np.argmax(turned.mask[:, 0])]
    assert tip == pytest.approx([80, 50], abs=0.5), "a heart's tip is below; turned to the left it is at the right"


def test_a_masked_photo_fits_a_round_piece_where_its_rectangle_does_not() -> None:
    edge = contour("ellipse", 0.0, 0.0, 80.0, 80.0)
    inside = contour("ellipse", 4.0, 4.0, 72.0, 72.0)
    tone = Tone(np.ones((2, 2), dtype=np.float32), 4.0, 4.0, 72.0, 72.0, inside)
    assert strays(tone, Surface(edge), 0.5) == ()
    assert strays(Tone(tone.lightness, 4.0, 4.0, 72.0, 72.0), Surface(edge), 0.5) == (EDGE,)
    assert within(edge, np.array([40.0, 1.0]), np.array([40.0, 1.0])).tolist() == [True, False]
