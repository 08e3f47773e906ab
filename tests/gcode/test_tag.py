"""The printed tag: how much is laid where, and the case that must differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.dialects import DIALECTS, Setup
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.recipe import Bead, Motion, Place
from gcode.tag import Plate, layers, plan, rows
from gcode.trace import trace
from gcode.write import program

AREA = 2.405
BEAD = Bead(
    nozzle=0.4,
    height=0.2,
    width_min=0.4,
    width_max=0.8,
    pitch=0.8,
    flow=4.0,
    e_area=AREA,
    line_width=0.45,
    travel=120.0,
    min_speed=5.0,
    max_speed=60.0,
    stop_ahead=0.0,
    retract=1.9,
    clearance=0.4,
    temperature=210.0,
)
PLATE = Plate(60.0, 24.0, 4.0, 1.6)
LIMITS = Limits((0, 0, 0, 220, 220, 200), AREA, 15.0, Motion(1000, 8, (150, 150, 10, 60)), (180, 250), (40, 80), False)


def area(outline: np.ndarray) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def printed(plate: Plate, words: list[np.ndarray], relief: float = 0.6) -> bytes:
    path = plan(plate, words, relief, BEAD, motion=LIMITS.motion, place=Place(30.0, 40.0, 0.0))
    setup = Setup(tool_temperature=210, bed_temperature=60, lift=20, park=(0, 200), travel=10)
    return program(path, DIALECTS["marlin-fdm"], setup)


def test_the_plate_gets_the_volume_that_it_has() -> None:
    moves = trace(parse(printed(PLATE, [])))
    wanted = area(PLATE.outline(0)) * PLATE.thickness
    assert moves.e[moves.lays].sum() * AREA == pytest.approx(wanted, rel=0.03)
    thicker = trace(parse(printed(Plate(60, 24, 4, 2.4), [])))
    assert thicker.e[thicker.lays].sum() > 1.4 * moves.e[moves.lays].sum()


def test_words_lie_above_the_plate_and_nothing_leaves_it() -> None:
    word = np.array([[10.0, 8.0], [10.0, 16.0], [20.0, 16.0]])
    moves = trace(parse(printed(PLATE, [word])))
    lays = moves.lays
    above = lays & (moves.end[:, 2] > PLATE.thickness + 0.01)
    assert len(set(np.round(moves.end[above][:, 2], 3))) == layers(0.6, BEAD.height) == 3
    assert moves.e[above].sum() * AREA == pytest.approx(3 * 18.0 * 0.45 * 0.2, rel=0.01)
    x, y = moves.end[lays][:, 0] - 30, moves.end[lays][:, 1] - 40
    assert x.min() >= BEAD.line_width / 2 - 1e-3 and x.max() <= 60 - BEAD.line_width / 2 + 1e-3
    assert y.min() >= BEAD.line_width / 2 - 1e-3 and y.max() <= 24 - BEAD.line_width / 2 + 1e-3


def test_preflight_lets_it_pass_and_refuses_it_cold() -> None:
    data = printed(PLATE, [])
    assert check(data, DIALECTS["marlin-fdm"], LIMITS).errors == ()
    cold = data.replace(b"M109 S210\n", b"")
    assert cold != data and check(cold, DIALECTS["marlin-fdm"], LIMITS).errors


def test_the_same_tag_twice_is_the_same_bytes() -> None:
    assert printed(PLATE, []) == printed(PLATE, []) != printed(Plate(60, 24, 3, 1.6), [])


@settings(max_examples=60, deadline=None)
@given(
    st.floats(5, 200),
    st.floats(5, 200),
    st.floats(0, 30),
    st.floats(0.2, 3),
    st.sampled_from([45.0, -45.0, 0.0, 90.0]),
)
def test_rows_stay_inside_and_cover_the_outline(
    width: float, height: float, radius: float, pitch: float, degrees: float
) -> None:
    outline = Plate(width, height, radius, 1.0).outline(0.0)
    assert np.allclose(outline[0], outline[-1]) and area(outline) > 0
    found = rows(outline, pitch, degrees)
    ends = np.vstack(found)
    assert ends.min() >= -1e-6 and ends[:, 0].max() <= width + 1e-6 and ends[:, 1].max() <= height + 1e-6
    laid = sum(float(np.hypot(*(row[1] - row[0]))) for row in found) * pitch
    assert laid <= area(outline) * 1.1 + 4 * pitch * pitch
    assert laid >= area(outline) - 2 * pitch * (width + height)


@pytest.mark.parametrize("plate", [(0, 5, 1, 1), (5, 5, -1, 1), (5, 5, 1, 0)])
def test_a_plate_that_cannot_be_is_refused(plate: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a plate has"):
        Plate(*plate)
