from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Drawing, Tone, Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import Polarity, coverage, photo_paths, plan, serpentine
from gcode.geometry import Line
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.proof import beads
from gcode.recipe import Bead, Motion, Place, Prime, RecipeError
from gcode.strokefont import StrokeFont
from gcode.text import Fit, fit
from gcode.trace import trace
from gcode.write import program


def laid_volume(data: bytes, bead: Bead, place: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle, length x width of each bead."""
    laid = beads(data, bead, place)
    return (laid.start + laid.end) / 2, np.hypot(*(laid.end - laid.start).T), laid.width


def test_the_photo_path_stays_in_its_rectangle(face: Tone, bead: Bead) -> None:
    points = serpentine(face, bead)
    half = bead.width_max / 2
    assert points[:, 0].min() >= face.x + half - 1e-6
    assert points[:, 0].max() <= face.x + face.width - half + 1e-6
    assert points[:, 1].min() >= face.y
    assert points[:, 1].max() <= face.y + face.height


def test_flow_is_constant_and_speeds_can_be_followed(face: Tone, bead: Bead) -> None:
    motion = Motion(400)
    ((points, speed),) = photo_paths(face, bead, motion, Polarity.DARK_ON_LIGHT)
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert speed.max() > 1.8 * speed.min()
    change = np.abs(np.diff(speed**2))
    assert (change <= 2 * motion.acceleration * (steps[1:] + steps[:-1]) / 2 * 1.05 + 1e-6).all()
    moves = trace(parse(program(plan(face, [], bead, motion=motion), MARLIN_FOOD, Setup(cold_extrusion=True))))
    rows = moves.lays
    flow = moves.e[rows] / moves.distance[rows] * moves.feed[rows] * bead.e_area
    volume = moves.e[rows]
    assert np.average(flow, weights=volume) == pytest.approx(bead.flow, rel=0.002)
    assert np.abs(flow - bead.flow).max() < 0.03 * bead.flow, "what rounding of E leaves"


@pytest.mark.parametrize("polarity", list(Polarity))
def test_more_is_laid_where_the_polarity_wants_it(polarity: Polarity, face: Tone, bead: Bead) -> None:
    data = program(plan(face, [], bead, polarity=polarity), MARLIN_FOOD, Setup(cold_extrusion=True))
    middle, _, width = laid_volume(data, bead, Place())
    light = face.at(middle[:, 0], middle[:, 1])
    dark_is_wide = width[light < 0.05].mean() - width[light > 0.8].mean()
    assert (dark_is_wide > 0.3) == (polarity is Polarity.DARK_ON_LIGHT)
    assert (dark_is_wide < -0.3) == (polarity is Polarity.LIGHT_ON_DARK)
    aimed = coverage(face, bead, polarity).at(middle[:, 0], middle[:, 1]) * bead.pitch
    assert np.corrcoef(aimed, width)[0, 1] > 0.95


def test_the_place_moves_everything_by_the_jig(face: Tone, bead: Bead) -> None:
    here, there = (
        trace(parse(program(plan(face, [], bead, place=place), MARLIN_FOOD, Setup(cold_extrusion=True))))
        for place in (Place(0, 0, 0), Place(30, 40, 12))
    )
    moved = there.end[there.lays] - here.end[here.lays]
    assert np.abs(moved - [30, 40, 12]).max() < 0.0021


def test_lettering_keeps_its_width_and_its_place(strokes: StrokeFont, bead: Bead, limits: Limits, setup: Setup) -> None:
    zone = Zone("message", 5, 5, 90, 25)
    drawing = fit("Happy birthday, Zoë!", strokes, zone, Fit(4, margin=bead.line_width / 2)).drawing
    data = program(plan(None, [drawing], bead, place=Place(60, 60, 10)), MARLIN_FOOD, setup)
    assert check(data, MARLIN_FOOD, limits).findings == ()
    laid = beads(data, bead, Place(60, 60, 10))
    length = np.hypot(*(laid.end - laid.start).T)
    assert np.average(laid.width, weights=length) == pytest.approx(bead.line_width, rel=0.01)
    reach = laid.width.max() / 2
    ends = np.vstack([laid.start, laid.end])
    assert (ends.min(axis=0) >= [zone.x, zone.y]).all()
    assert (ends.max(axis=0) <= [zone.x + zone.width, zone.y + zone.height]).all()
    assert reach < bead.line_width


def test_the_pump_stops_before_a_line_ends(bead: Bead) -> None:
    line = np.array([[0.0, 0.0], [20.0, 0.0]])
    moves = trace(parse(program(plan(None, [Drawing((line,))], bead), MARLIN_FOOD, Setup(cold_extrusion=True))))
    ends = moves.end[moves.lays][:, 0]
    assert ends.max() == pytest.approx(20 - bead.stop_ahead)
    after = moves.e[moves.end[:, 0] == 20.0]
    assert after[0] == 0
    assert after[1] == pytest.approx(-bead.retract / bead.e_area, abs=1e-5)


point = st.tuples(st.floats(0, 50), st.floats(0, 50))
anything = st.lists(point, max_size=5).map(lambda points: np.array(points, dtype=float).reshape(-1, 2))


@given(st.lists(anything, max_size=6), st.lists(anything, max_size=3))
def test_any_drawing_is_harmless(
    bead: Bead, limits: Limits, setup: Setup, strokes: list[Line], outlines: list[Line]
) -> None:
    """Empty lines, single points and repeated points lay nothing and leave no pump on."""
    toolpath = plan(None, [Drawing(tuple(strokes), tuple(outlines))], bead, place=Place(50, 50, 10))
    data = program(toolpath, MARLIN_FOOD, setup)
    report = check(data, MARLIN_FOOD, limits)
    assert report.ok, [str(finding) for finding in report.errors]
    assert np.nansum(toolpath.e) >= -bead.retract / bead.e_area - 1e-9


def test_the_same_design_gives_the_same_bytes(face: Tone, bead: Bead, setup: Setup, good: bytes) -> None:
    again = program(plan(face, [], bead, place=Place(50, 50, 10), prime=Prime(-10, 0, -10, 30)), MARLIN_FOOD, setup)
    other = program(plan(face, [], bead, place=Place(50, 50, 10), prime=Prime(-10, 0, -10, 29)), MARLIN_FOOD, setup)
    assert again == good
    assert other != good


def test_no_axis_is_asked_for_more_than_it_does(face: Tone, bead: Bead, limits: Limits, setup: Setup) -> None:
    slow = Motion(500, 8, (50, 60, 4, 0.5))
    toolpath = plan(face, [], bead, motion=slow, place=Place(50, 50, 10), prime=Prime(-10, 0, -10, 30, extra=5))
    data = program(toolpath, MARLIN_FOOD, replace(setup, lift=None, park=None, relief=0.0, acceleration=500.0))
    assert check(data, MARLIN_FOOD, replace(limits, motion=slow)).findings == ()
    too_fast = program(plan(face, [], bead, place=Place(50, 50, 10)), MARLIN_FOOD, setup)
    assert {f.code for f in check(too_fast, MARLIN_FOOD, replace(limits, motion=slow)).errors} == {"too-fast"}
    assert b"\nM204 P500 R500 T500\n" in data


def test_a_photo_too_narrow_for_rows_is_refused(bead: Bead) -> None:
    with pytest.raises(ValueError, match="enlarge its zone"):
        plan(Tone(np.zeros((4, 4), np.float32), 0, 0, 2.0, 30.0), [], bead)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"flow": 500.0}, "flow"),
        ({"width_min": 2.0}, "width_min"),
        ({"e_area": 0.0}, "e_area"),
        ({"pitch": float("nan")}, "pitch"),
        ({"retract": -1.0}, "retract"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(bead: Bead, change: dict[str, float], names: str) -> None:
    with pytest.raises(RecipeError, match=names):
        replace(bead, **change)
