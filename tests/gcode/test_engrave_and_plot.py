"""Strokes that a laser burns and a pen draws: the moves, the rules that hold them, and the picture of the bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Drawing, Zone, lines_of
from gcode.dialects import EBB, GRBL_LASER, GRBL_PEN, MARLIN_FOOD, Dialect, DialectError, Setup
from gcode.geometry import Line
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.proof import Piece, line_picture, lines
from gcode.recipe import Burn, Motion, Pen, Place, RecipeError
from gcode.strokefont import StrokeFont
from gcode.strokes import burnt, drawn
from gcode.text import Fit, fit
from gcode.toolpath import Toolpath
from gcode.write import program

LIMITS = Limits(envelope=(0, 0, 0, 300, 200, 50), e_area=1.0, max_flow=float("inf"), motion=Motion(1000, 8, (200,) * 4))
PLACE = Place(20, 30)
BURN = Burn(power=0.6, speed=25.0, line_width=0.25)
PEN = Pen(speed=40.0, travel=120.0, line_width=0.5, up=0.3, down=0.7, settle=0.2)
SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


@dataclass(frozen=True)
class Tool:
    dialect: Dialect
    plan: Callable[[list[Drawing]], Toolpath]
    setup: Setup

    def program(self, drawings: list[Drawing]) -> bytes:
        return program(self.plan(drawings), self.dialect, self.setup)


def laser(drawings: list[Drawing], burn: Burn = BURN, motion: Motion = LIMITS.motion) -> Toolpath:
    return burnt(drawings, burn, 1000.0, PLACE, motion)


TOOLS = {
    "laser": Tool(GRBL_LASER, laser, Setup()),
    "grbl pen": Tool(
        GRBL_PEN,
        lambda drawings: drawn(drawings, PEN, PLACE, LIMITS.motion, servo=1000.0),
        Setup(pen_up=300, settle=0.2),
    ),
    "ebb": Tool(EBB, lambda drawings: drawn(drawings, PEN, PLACE, LIMITS.motion), Setup(travel=120)),
}


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest) -> Tool:
    return TOOLS[request.param]


@pytest.fixture(scope="module")
def words(strokes: StrokeFont) -> Drawing:
    return fit("Zoë & Al", strokes, Zone("words", 0, 0, 60, 20), Fit(4, margin=0.25)).drawing


def codes(data: bytes, dialect: Dialect, limits: Limits = LIMITS) -> set[str]:
    return {finding.code for finding in check(data, dialect, limits).errors}


def test_every_stroke_and_every_outline_is_made_once(tool: Tool, words: Drawing) -> None:
    drawing = Drawing(words.strokes, (SQUARE,))
    data = tool.program([drawing])
    report = check(data, tool.dialect, LIMITS)
    assert report.findings == ()
    made = lines(data, tool.dialect, 0.3, PLACE)
    way = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines_of([drawing]))
    assert np.hypot(*(made.end - made.start).T).sum() == pytest.approx(way, rel=0.001)
    assert report.length == pytest.approx(way, rel=0.001)
    meant = np.round(np.vstack(lines_of([drawing])), 2)
    ends = np.round(np.vstack([made.start, made.end]), 2)
    assert {tuple(point) for point in ends} <= {
        (round(x + dx / 100, 2), round(y + dy / 100, 2)) for x, y in meant for dx in (-1, 0, 1) for dy in (-1, 0, 1)
    }
    assert report.marks is not None
    assert (report.marks.x0, report.marks.y0) == (20.0, 30.0)


def test_the_same_drawing_gives_the_same_bytes(tool: Tool, words: Drawing) -> None:
    assert tool.program([words]) == tool.program([words])
    assert tool.program([words]) != tool.program([Drawing(words.strokes[:-1])])


def test_a_laser_says_no_power_on_every_travel_and_ends_dark(words: Drawing) -> None:
    said = TOOLS["laser"].program([words]).decode().split("\n")
    assert said[0] == "M5"
    travels = [line for line in said if line.startswith("G0")]
    assert all(line.endswith(" S0") for line in travels[:-1])
    assert said[-4:] == ["M5", "G0 X0 Y0", "M2", ""]
    assert "M4 S0" in said
    assert any(line.endswith("F1500 S600") for line in said)


def test_passes_go_over_everything_again(words: Drawing) -> None:
    one, three = (
        check(program(laser([words], replace(BURN, passes=count)), GRBL_LASER, Setup()), GRBL_LASER, LIMITS)
        for count in (1, 3)
    )
    assert three.length == pytest.approx(3 * one.length)
    assert three.time > 2.5 * one.time


def test_a_pen_touches_only_where_it_draws(words: Drawing) -> None:
    for name, down, up in (("grbl pen", b"M3 S700\nG4 P0.2\n", b"M3 S300\nG4 P0.2\n"), ("ebb", b"M3\n", b"M5\n")):
        data = TOOLS[name].program([words])
        assert data.count(down) == len(words.strokes)
        assert data.count(up) == len(words.strokes) + 2, "at the beginning and at the end as well"


def test_time_counts_fast_travels_waits_and_the_pen(words: Drawing) -> None:
    line = Drawing((np.array([[0.0, 0.0], [80.0, 0.0]]),))
    slow = Limits(**{name: getattr(LIMITS, name) for name in LIMITS.__slots__} | {"motion": Motion(1000, 8, (20,) * 4)})
    data = TOOLS["grbl pen"].program([line])
    there, fast = (check(data, GRBL_PEN, limits).time for limits in (slow, LIMITS))
    assert there > fast + 4, "the way there and back at 20 mm/s"
    waits = 4 * 0.2
    assert fast == pytest.approx(np.hypot(20, 30) / 200 + 80 / 40 + np.hypot(100, 30) / 200 + waits, abs=0.6)
    drawn_by_ebb = check(TOOLS["ebb"].program([line]), EBB, LIMITS)
    without = check(TOOLS["ebb"].program([line]), replace(EBB, switch=0.0), LIMITS)
    assert drawn_by_ebb.time == pytest.approx(without.time + 2 * EBB.switch)


def test_an_axis_that_is_slower_than_the_recipe_sets_the_speed(words: Drawing) -> None:
    slow = Motion(1000, 8, (200, 12, 10, float("nan")))
    data = program(laser([words], motion=slow), GRBL_LASER, Setup())
    assert check(data, GRBL_LASER, replace(LIMITS, motion=slow)).findings == ()
    assert codes(TOOLS["laser"].program([words]), GRBL_LASER, replace(LIMITS, motion=slow)) == {"too-fast"}


LASER_FAULTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "on at the end": ("tool-left-on", lambda good: good.replace(b"\nM5\nG0 X0 Y0", b"\nG0 X0 Y0 S0")),
    "armed at the end": ("tool-left-on", lambda good: good.replace(b"\nM2", b"\nM4 S0\nM2")),
    "burning behind the end": ("tool-left-on", lambda good: good.replace(b"\nM2", b"\nG1 X30 Y30 S900\nM2")),
    "a travel with power": ("tool-on-travel", lambda good: good.replace(b" S0\nG1", b"\nG1", 2)),
    "a travel that says power": ("value-out-of-range", lambda good: good.replace(b" S0\nG1", b" S600\nG1", 2)),
    "burning before it moves": ("value-out-of-range", lambda good: good.replace(b"M4 S0", b"M4 S600")),
    "M3, which burns in a standstill": ("command-not-allowed", lambda good: good.replace(b"M4 S0", b"M3 S0")),
    "not switched off first": ("tool-not-off", lambda good: good.removeprefix(b"M5\n")),
    "more power than there is": ("value-out-of-range", lambda good: good.replace(b"S600", b"S1001", 1)),
    "an extruder": ("word-not-allowed", lambda good: good.replace(b" F1500", b" E1 F1500", 1)),
    "heat": ("command-not-allowed", lambda good: good.replace(b"G94\n", b"G94\nM104 S200\n")),
    "cut short": ("no-end", lambda good: good[: len(good) // 2].rpartition(b"\n")[0] + b"\n"),
    "off the table": ("out-of-bounds", lambda good: good.replace(b"\nG1 X", b"\nG1 X9", 1)),
    "no speed": ("feed-not-set", lambda good: good.replace(b" F1500", b"")),
    "inches": ("command-not-allowed", lambda good: good.replace(b"G21", b"G20")),
    "settings": ("bad-byte", lambda good: good.replace(b"G94\n", b"G94\n$32=0\n")),
}
PEN_FAULTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a travel with the pen down": ("tool-on-travel", lambda good: good.replace(b"\nM3 S300\nG4 P0.2\nG0", b"\nG0", 3)),
    "down at the end": ("tool-left-on", lambda good: good.replace(b"M3 S300\nG4 P0.2\nG0 X0", b"M3 S700\nG0 X0")),
    "no word of where it is up": (
        "tool-not-off",
        lambda good: good.replace(b"\nM3 S300\nG4 P0.2\n", b"\n", 1).replace(b"\nG0", b"\nG0 X1 Y1\nG0", 1),
    ),
    "an extruder": ("word-not-allowed", lambda good: good.replace(b" F2400", b" E1 F2400", 1)),
}
EBB_FAULTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a travel with the pen down": ("tool-on-travel", lambda good: good.replace(b"\nM5\nG0", b"\nG0", 3)),
    "down at the end": ("tool-left-on", lambda good: good.replace(b"M5\nG0 X0 Y0", b"M3\nG1 X0 Y0")),
    "not up before it moves": ("tool-not-off", lambda good: good.replace(b"G90\nM5\n", b"G90\n")),
    "after the end": ("after-the-end", lambda good: good + b"G1 X5\n"),
    "a servo's value": ("word-not-allowed", lambda good: good.replace(b"M3\n", b"M3 S500\n", 1)),
}
FAULTS = [
    (kind, name, *fault)
    for kind, faults in (("laser", LASER_FAULTS), ("grbl pen", PEN_FAULTS), ("ebb", EBB_FAULTS))
    for name, fault in faults.items()
]


@pytest.mark.parametrize(("kind", "name", "code", "plant"), FAULTS, ids=[f"{one[0]}: {one[1]}" for one in FAULTS])
def test_a_planted_fault_is_found(
    kind: str, name: str, code: str, plant: Callable[[bytes], bytes], words: Drawing
) -> None:
    tool = TOOLS[kind]
    good = tool.program([words])
    broken = plant(good)
    assert broken != good
    assert code in codes(broken, tool.dialect)


def test_a_program_of_one_tool_is_none_for_another(words: Drawing) -> None:
    for name, tool in TOOLS.items():
        for other in TOOLS:
            assert bool(codes(tool.program([words]), TOOLS[other].dialect)) == (name != other), (name, other)


point = st.tuples(st.floats(0, 50), st.floats(0, 50))
anything = st.lists(point, max_size=5).map(lambda points: np.array(points, dtype=float).reshape(-1, 2))


@pytest.mark.parametrize("kind", TOOLS)
@given(strokes=st.lists(anything, max_size=6), outlines=st.lists(anything, max_size=3))
def test_any_drawing_is_harmless(kind: str, strokes: list[Line], outlines: list[Line]) -> None:
    """Empty lines, single points and repeated points burn nothing and leave no tool on."""
    tool = TOOLS[kind]
    drawing = Drawing(tuple(strokes), tuple(outlines))
    report = check(tool.program([drawing]), tool.dialect, LIMITS)
    assert report.ok, [str(finding) for finding in report.errors]
    way = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines_of([drawing]))
    assert report.length == pytest.approx(way, abs=0.01 * (1 + sum(map(len, (*strokes, *outlines)))))


@pytest.mark.parametrize("kind", TOOLS)
@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_one_changed_byte_never_crashes_it_and_never_burns_a_travel(kind: str, place: int, flip: int) -> None:
    tool = TOOLS[kind]
    good = tool.program([Drawing((), (SQUARE,))])
    place %= len(good)
    data = good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :]
    if check(data, tool.dialect, LIMITS).ok and tool.dialect.works is not None:
        read = parse(data)
        working = tool.dialect.works(read)
        moves = tool.dialect.trace(read)
        assert not working[moves.index][np.isinf(moves.feed)].any()
        assert not working[-1]


def test_the_proof_shows_the_bytes_in_the_width_and_colour_of_the_tool(tool: Tool) -> None:
    piece = Piece(30, 30, colour=(255, 255, 255), mark=(0, 0, 0), margin=0)
    data = tool.program([Drawing((np.array([[5.0, 15.0], [25.0, 15.0]]),))])
    seen = line_picture(lines(data, tool.dialect, 2.0, PLACE), piece, 10.0).mean(axis=2)
    dark = np.argwhere(seen < 64)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
    assert (bottom - top) / 10 == pytest.approx(2.0, abs=0.15)
    assert (right - left) / 10 == pytest.approx(22.0, abs=0.3), "its ends are round"
    assert (left / 10, top / 10) == pytest.approx((4.0, 14.0), abs=0.15)
    empty = line_picture(lines(tool.program([]), tool.dialect, 2.0, PLACE), piece, 10.0).mean(axis=2)
    assert (empty[5:-5, 5:-5] > 250).all(), "travels leave nothing"


def test_what_a_firmware_has_no_word_for_is_refused_before_it_is_written() -> None:
    toolpath = drawn([Drawing((), (SQUARE,))], PEN, PLACE, LIMITS.motion)
    with pytest.raises(DialectError, match="no command for DOWN"):
        program(toolpath, MARLIN_FOOD, Setup())
    with pytest.raises(DialectError, match="S600 is outside"):
        program(laser([Drawing((), (SQUARE,))]), replace(GRBL_LASER, commands=GRBL_LASER.commands | _weak()), Setup())


def _weak() -> dict[str, dict[str, object]]:
    from gcode.dialects import Range

    return {"G1": {**GRBL_LASER.commands["G1"], "S": Range(0, 500)}}


@pytest.mark.parametrize("change", [{"power": 0.0}, {"power": 1.1}, {"speed": 0.0}, {"passes": 0}, {"line_width": -1}])
def test_a_burn_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match=next(iter(change))):
        replace(BURN, **change)


@pytest.mark.parametrize("change", [{"up": 0.7}, {"down": 1.2}, {"settle": -1.0}, {"travel": 0.0}])
def test_a_pen_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(RecipeError):
        replace(PEN, **change)
