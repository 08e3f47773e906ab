"""Motion that is planned for a board which plans none: exact in steps, and nothing that the machine cannot follow."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import ArtifactFault
from drivers.protocols.ebb import Frame, Limits, Path, program
from drivers.protocols.ebb.motion import CREEP, LEAST, SLICE, SLOWEST, Pace, plan
from drivers.protocols.ebb.program import Pen

LIMITS = Limits(speed=150.0, acceleration=1000.0, corner=0.03)
FRAMES = [Frame(80.0, mixed, depth) for mixed in (True, False) for depth in (None, 218.0)]
ROUNDED = 2.0
"""Steps that a slice may be off by what was rounded at its two ends."""

place = st.tuples(st.floats(0, 300), st.floats(0, 218))
ways = st.lists(place, min_size=1, max_size=6).map(np.array)
quickly = settings(max_examples=60, deadline=None)


def speeds(slices: np.ndarray, frame: Frame) -> np.ndarray:
    """mm/s of each slice."""
    made: np.ndarray = np.hypot(slices[:, 1], slices[:, 2]) / frame.steps / (2**0.5 if frame.mixed else 1.0)
    return made / slices[:, 0] * 1000


@quickly
@pytest.mark.parametrize("frame", FRAMES)
@given(points=ways, feed=st.floats(20, 400))
def test_the_steps_add_up_to_the_place_that_was_meant(frame: Frame, points: np.ndarray, feed: float) -> None:
    slices = plan(points, np.full(len(points) - 1, feed), LIMITS, frame)
    begin, end = frame.motors(points[:1])[0], frame.motors(points[-1:])[0]
    assert (slices[:, 1:].sum(axis=0) == end - begin).all()
    assert (slices[:, 0] >= 1).all()
    assert (slices[:, 0] <= SLICE).all()


@quickly
@pytest.mark.parametrize("frame", FRAMES)
@given(points=ways, feed=st.floats(20, 5000), top=st.floats(20, 1000))
def test_nothing_is_faster_than_asked_or_than_the_board_steps(
    frame: Frame, points: np.ndarray, feed: float, top: float
) -> None:
    slices = plan(points, np.full(len(points) - 1, feed), Limits(top, 1000.0, 0.03), frame)
    assert (np.abs(slices[:, 1:]) <= 25 * slices[:, :1]).all()
    slack = ROUNDED / frame.steps / slices[:, 0] * 1000
    assert (speeds(slices, frame) <= min(feed, top) + slack).all()


@quickly
@pytest.mark.parametrize("frame", FRAMES)
@given(points=st.lists(place, min_size=2, max_size=2).map(np.array), feed=st.floats(5, 150))
def test_a_straight_move_is_a_trapezoid(frame: Frame, points: np.ndarray, feed: float) -> None:
    """From standstill to standstill, and its speed changes no faster than the acceleration."""
    slices = plan(points, np.array([feed]), LIMITS, frame)
    if not len(slices):
        return
    middle = np.cumsum(slices[:, 0]) - slices[:, 0] / 2
    speed = np.concatenate([[0.0], speeds(slices, frame), [0.0]])
    time = np.concatenate([[0.0], middle, [slices[:, 0].sum()]]) / 1000
    slack = 2 * ROUNDED / frame.steps / slices[:, 0].min() * 1000
    assert (np.abs(np.diff(speed)) <= LIMITS.acceleration * np.diff(time) + slack).all()
    length = float(np.hypot(*(points[1] - points[0])))
    least = length / feed + (feed / 1000 if length > feed**2 / 1000 else 0.0)
    if length > 1.0:
        assert slices[:, 0].sum() / 1000 == pytest.approx(max(least, 2 * np.sqrt(length / 1000)), abs=0.002)


@quickly
@pytest.mark.parametrize("frame", FRAMES)
@given(points=ways)
def test_every_place_lies_on_the_way(frame: Frame, points: np.ndarray) -> None:
    """Corners are not cut: each slice ends within a step or two of the line that was drawn."""
    slices = plan(points, np.full(len(points) - 1, 100.0), LIMITS, frame)
    places = frame.motors(points[:1])[0] + np.cumsum(slices[:, 1:], axis=0)
    reached = np.array([frame.point((int(a), int(b))) for a, b in places])
    if len(reached):
        off = np.min([_distances(reached, a, b) for a, b in pairwise(points)], axis=0)
        assert off.max() < LEAST + 2 / frame.steps


def _distances(spots: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    along = b - a
    share = np.clip((spots - a) @ along / max(float(along @ along), 1e-12), 0, 1)
    off: np.ndarray = np.hypot(*(spots - a - share[:, None] * along).T)
    return off


def turned(degrees: float) -> float:
    """mm/s at a corner that turns so much."""
    angle = np.radians(degrees)
    points = np.array([[0.0, 0.0], [60.0, 0.0], [60 + 60 * np.cos(angle), 60 * np.sin(angle)]])
    slices = plan(points, np.full(2, 150.0), LIMITS, Frame(80.0, False))
    at = int(np.argmin(np.abs(np.cumsum(slices[:, 1]) - 60 * 80)))
    return float(min(speeds(slices, Frame(80.0, False))[max(0, at - 1) : at + 2]))


def test_corners_are_taken_slower_the_sharper_they_are() -> None:
    straight, slight, square, back = map(turned, (0, 20, 90, 180))
    assert straight == pytest.approx(150, abs=1)
    assert 30 < slight < straight
    assert 8 < square < 30, "the speed of a circle that deviates by 0.03 mm, and half a slice of ramp"
    assert back < 20, "it turns round from a standstill"


def test_pieces_of_a_curve_too_short_to_send_go_into_the_next_one() -> None:
    angles = np.linspace(0, 2 * np.pi, 4000)
    circle = np.stack([100 + 5 * np.cos(angles), 100 + 5 * np.sin(angles)], axis=1)
    slices = plan(circle, np.full(len(circle) - 1, 40.0), LIMITS, FRAMES[0])
    assert len(slices) < 2 * np.pi * 5 / LEAST
    assert (slices[:, 1:].sum(axis=0) == 0).all()


@given(
    spots=st.lists(st.tuples(st.integers(-30_000, 30_000), st.integers(-30_000, 30_000)), min_size=1, max_size=5),
    frame=st.sampled_from(FRAMES),
)
def test_places_go_to_the_table_and_back(spots: list[tuple[int, int]], frame: Frame) -> None:
    for spot in spots:
        assert tuple(frame.motors(np.array([frame.point(spot)]))[0]) == spot


def test_an_axidraws_motors_pull_one_belt_and_its_y_runs_towards_us() -> None:
    axidraw = Frame(80.0, True, 218.0)
    assert axidraw.motors(np.array([[0.0, 218.0], [10.0, 218.0], [0.0, 208.0]])).tolist() == [
        [0, 0],
        [800, 800],
        [800, -800],
    ]
    assert axidraw.way(800, 800) == pytest.approx(10.0)


# --- pace -------------------------------------------------------------------------------------------------------------

slices_of = st.lists(st.tuples(st.integers(1, SLICE), st.floats(0, 3)), min_size=1, max_size=300)


@settings(max_examples=200)
@given(slices=slices_of)
def test_a_pause_slows_down_and_goes_on_and_never_skips(slices: list[tuple[int, float]]) -> None:
    """Every slice is given its time, longer while the pause comes or goes, and it stands still soon."""
    pace = Pace(1000.0)
    assert all(pace.next(ms, way, stop=False) == ms for ms, way in slices), "as planned, while nobody wants a pause"
    taken = 0
    for ms, way in slices:
        took = pace.next(ms, way, stop=True)
        if took is None:
            break
        assert took >= ms
        assert took <= max(ms, SLOWEST)
        taken += 1
    pace.begin()
    for ms, way in slices[taken:]:
        took = pace.next(ms, way, stop=False)
        assert took is not None and took >= ms


def test_it_stands_still_as_soon_as_the_acceleration_allows() -> None:
    pace, speed, ms = Pace(1000.0), 100.0, 10
    took = []
    while (one := pace.next(ms, speed * ms / 1000, stop=True)) is not None:
        took.append(one)
    shown = [speed * ms / one for one in took]
    assert shown == sorted(shown, reverse=True)
    assert min(shown) >= CREEP * 0.9
    assert len(took) == pytest.approx(speed / 1000 / 0.01, abs=2)
    assert sum(took) / 1000 < 6 * speed / 1000, "slices get longer on the way"
    pace.begin()
    gone = [pace.next(ms, speed * ms / 1000, stop=False) or 0 for _ in range(20)]
    assert gone == sorted(gone, reverse=True)
    assert gone[-1] == ms


# --- artifacts --------------------------------------------------------------------------------------------------------

HEAD, TAIL = b"G21\nG90\nM5\n", b"M5\nG0 X0 Y0 F7200\nM2\n"


def test_an_artifact_becomes_paths_and_a_pen_between_them() -> None:
    data = HEAD + b"G0 X10 Y10 F7200\nM3\nG1 X20 F2400\nG1 Y20\nM5\nM5\nG0 X30\nM3\nM5\n" + TAIL
    made = program(data, LIMITS, FRAMES[0])
    assert isinstance(made.approach, Path)
    assert (made.approach.points.tolist(), made.approach.feeds.tolist()) == ([[10, 10]], [120])
    kinds = [act if isinstance(act, Pen) else tuple(act[:, 1:].sum(axis=0)) for act in made.acts]
    assert kinds == [
        Pen.DOWN, (1600, 0), Pen.UP, (800, 800), Pen.DOWN, Pen.UP, (-4000, -800),
    ]  # fmt: skip
    assert made.slices == sum(len(act) for act in made.acts if not isinstance(act, Pen))


def test_a_line_from_where_nothing_was_said_to_go_begins_at_the_origin() -> None:
    made = program(HEAD + b"M3\nG1 X5 Y0 F600\n" + TAIL, LIMITS, FRAMES[0])
    assert made.approach.points.tolist() == [[0, 0]]
    assert made.acts[0] is Pen.DOWN


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "moves nothing"),
        (HEAD + TAIL.replace(b"G0 X0 Y0 F7200\n", b""), "moves nothing"),
        (HEAD + b"G1 X5 F600\n", "does not end with its only M2"),
        (HEAD + b"G1 X5 F600\nM2\nG1 X6\nM2\n", "does not end with its only M2"),
        (HEAD + b"G1 X5 F600\nM3\nM2\n", "ends with the pen on the paper"),
        (b"G90\nM5\nG1 X5 F600\nM2\n", "G21 and G90 must stand before"),
        (HEAD + b"G1 X5 Z1 F600\n" + TAIL, "line 4 cannot be run: G1 of EiBotBoard, pen takes no Z word"),
        (HEAD + b"G1 X5 F600\nM104 S200\n" + TAIL, "line 5 cannot be run: M104 is not a command"),
        (HEAD + b"G1 X5000 F600\n" + TAIL, "line 4 cannot be run: G1 X5000 is outside"),
        (HEAD + b"SM,100,1,1\n" + TAIL, "line 4 cannot be run"),
        (HEAD + b"G1 X5 \xff F600\n" + TAIL, "line 4 cannot be run"),
    ],
)
def test_bytes_that_a_plotter_cannot_run_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(ArtifactFault, match=says):
        program(data, LIMITS, FRAMES[0])


@settings(max_examples=200)
@given(data=st.binary(max_size=200), near=st.booleans())
def test_any_bytes_are_run_or_refused(data: bytes, near: bool) -> None:
    try:
        program(HEAD + data + TAIL if near else data, LIMITS, FRAMES[0])
    except ArtifactFault as fault:
        assert str(fault)
