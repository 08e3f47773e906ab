from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.dialects import MARLIN_FDM, MARLIN_FOOD, Dialect, Range
from gcode.limits import KeepOut, Limits
from gcode.preflight import check
from gcode.recipe import Motion

FDM = Limits(
    envelope=(0, 0, 0, 200, 200, 200),
    e_area=2.405,
    max_flow=12.0,
    motion=Motion(1000, 8, (200, 200, 12, 40)),
    tool_temperature=(180, 240),
    bed_temperature=(40, 90),
)
HEAD = b"G21\nG90\nM83\nM302 P1\nG28\n"
TAIL = b"M104 S0\nM140 S0\nM107\nM302 P0\nM84\n"


def codes(data: bytes, limits: Limits, dialect: Dialect = MARLIN_FOOD) -> set[str]:
    return {finding.code for finding in check(data, dialect, limits).errors}


def test_our_own_program_passes_and_is_measured(good: bytes, limits: Limits) -> None:
    report = check(good, MARLIN_FOOD, limits)
    assert report.findings == ()
    assert report.ok
    assert report.marks is not None
    assert (report.marks.x0, report.marks.z0, report.marks.z1) == (40.0, 11.0, 11.0)
    assert report.marks.y0 >= 50.0
    assert report.motion is not None
    assert report.motion.y1 == 180.0
    assert report.commands["G28"] == 1
    assert 13.5 < report.max_flow < 14.5
    assert report.volume == pytest.approx(report.time * 14.0, rel=0.2)


PLANTED = {
    "command-not-allowed": lambda good: good.replace(b"M83\n", b"M83\nM997\n"),
    "word-not-allowed": lambda good: good.replace(b"G28\n", b"G28 X0\n"),
    "value-out-of-range": lambda good: good.replace(b"M220 S100", b"M220 S300"),
    "out-of-bounds": lambda good: good.replace(b"\nG1 X60", b"\nG1 X260", 1),
    "units-not-set": lambda good: good.replace(b"G21\n", b""),
    "positioning-not-set": lambda good: good.replace(b"G90\n", b""),
    "extrusion-not-set": lambda good: good.replace(b"M83\n", b""),
    "absolute-extrusion": lambda good: good.replace(b"M83\n", b"M82\n"),
    "not-homed": lambda good: good.replace(b"G28\n", b""),
    "cold-extrusion": lambda good: good.replace(b"M302 P1\n", b""),
    "feed-not-set": lambda good: good.replace(b"G92 E0", b"G92 E0\nG1 X5"),
    "too-fast": lambda good: good.replace(b"F4800", b"F48000"),
    "too-much-flow": lambda good: good.replace(b" E0.00", b" E0.01", 200),
    "e-jump": lambda good: good.replace(b" E0.00", b" E99.00", 1),
    "no-end": lambda good: good[: len(good) * 2 // 3].rsplit(b"\n", 1)[0] + b"\n",
    "after-the-end": lambda good: good + b"G1 X100\n",
    "temperature-out-of-range": lambda good: good.replace(b"G28\n", b"G28\nM104 S250\n"),
    "heat-left-on": lambda good: good.replace(b"M104 S0", b"M104 S40"),
    "fan-left-on": lambda good: good.replace(b"M107\nM302 P0", b"M106 S255\nM302 P0"),
    "no-target": lambda good: good.replace(b"G28\n", b"G28\nM109\n"),
    "not-ascii": lambda good: good.replace(b"G28\n", "G28 ; Zoë\n".encode()),
    "lone-return": lambda good: good.replace(b"G28\n", b"G28 ; all the way home\rM112\n"),
    "long-line": lambda good: good.replace(b"G28\n", b"G28 ;" + b"x" * 90 + b"\n"),
    "bad-byte": lambda good: good.replace(b"G28\n", b"N1 G28*18\n"),
    "double-word": lambda good: good.replace(b"\nG1 X60", b"\nG1 X1 X60", 1),
    "bad-number": lambda good: good.replace(b"\nG1 X60", b"\nG1 XNAN", 1),
    "empty": lambda _: b"",
    "no-motion": lambda _: HEAD + TAIL,
}


@pytest.mark.parametrize("code", PLANTED)
def test_a_planted_fault_is_found(code: str, good: bytes, limits: Limits) -> None:
    broken = PLANTED[code](good)
    assert broken != good
    assert code in codes(broken, limits)


def test_a_finding_names_its_line_and_the_mend(good: bytes, limits: Limits) -> None:
    broken = good.replace(b"G28\n", b"G28\nM112\n")
    (finding,) = check(broken, MARLIN_FOOD, limits).errors
    assert finding.line == broken.split(b"\n").index(b"M112") + 1
    assert "M112 is not allowed" in str(finding)
    assert "remove it" in str(finding)


def test_size_lines_and_time_are_limited(good: bytes, limits: Limits) -> None:
    assert codes(good, replace(limits, max_bytes=100)) >= {"too-large"}
    assert codes(good, replace(limits, max_lines=10)) >= {"too-many-lines"}
    assert codes(good, replace(limits, max_time=10)) == {"too-long"}


@pytest.mark.parametrize(
    ("moves", "wrong"),
    [
        (b"G91\nG1 X100 F3000\nG1 X100\nG1 X100\nG90\n", True),
        (b"G91\nG1 X100 F3000\nG1 X-50\nG1 X100\nG90\n", False),
        (b"G1 X50 F3000\nG91\nG1 X-51\nG90\n", True),
        (b"G1 X100 F3000\nG92 X0\nG1 X150\n", True),
        (b"G1 X100 F3000\nG92 X0\nG1 X50\nG92 X0\nG1 X80\n", False),
        (b"G1 X100 F3000\nG92 X0\nG28\nG1 X150\n", False),
        (b"G1 X100 F3000\nG92 X0\nG91\nG1 X150\nG90\n", True),
    ],
)
def test_bounds_follow_relative_moves_and_shifted_origins(moves: bytes, wrong: bool, limits: Limits) -> None:
    commands = {**MARLIN_FOOD.commands, "G92": {"X": Range(-1000, 1000), "E": Range(-100, 100)}}
    found = codes(HEAD + moves + TAIL, limits, replace(MARLIN_FOOD, commands=commands))
    assert found == ({"out-of-bounds"} if wrong else set())


def test_arcs_are_refused_unless_allowed_and_then_count_as_circles(limits: Limits) -> None:
    inside = HEAD + b"G1 X100 Y100 F3000\nG2 X110 Y100 I5 J0\n" + TAIL
    outside = HEAD + b"G1 X230 Y100 F3000\nG2 X230 Y101 I0 J10\n" + TAIL
    without = HEAD + b"G1 X100 Y100 F3000\nG2 X110 Y100\n" + TAIL
    assert codes(inside, limits) == {"command-not-allowed"}
    words = {letter: Range(-1000, 1000) for letter in "XYIJF"}
    round_too = replace(MARLIN_FOOD, commands={**MARLIN_FOOD.commands, "G2": words})
    assert codes(inside, limits, round_too) == set()
    assert codes(outside, limits, round_too) == {"out-of-bounds"}
    assert "arc-without-centre" in codes(without, limits, round_too)


@pytest.mark.parametrize(
    ("moves", "enters"),
    [
        (b"G0 X10 Y55 F3000\nG0 X100\n", True),
        (b"G0 X10 Y40 F3000\nG0 X100\n", False),
        (b"G0 X10 Y10 F3000\nG0 X100 Y100\n", True),
        (b"G0 X10 Y10 F3000\nG0 X49 Y100\n", False),
        (b"G0 Z30 F3000\nG0 X55 Y55\n", False),
        (b"G0 Z30 F3000\nG0 X55 Y55\nG0 Z5\n", True),
        (b"G0 Z30 F3000\nG0 X50 Y55\nG0 Z5\n", False),
    ],
)
def test_keep_outs(moves: bytes, enters: bool, limits: Limits) -> None:
    clip = KeepOut(50, 50, 60, 60, z=20, name="the clip")
    found = codes(HEAD + moves + TAIL, replace(limits, keep_outs=(clip,)))
    assert found == ({"keep-out"} if enters else set())


def test_a_hot_machine_must_be_hot_before_it_extrudes() -> None:
    body = b"G1 X10 Y10 Z0.2 F3000\nG1 X20 E0.4 F1200\n"
    end = b"M104 S0\nM140 S0\nM107\nM84\n"
    start = b"G21\nG90\nM83\nG28\n"
    assert codes(start + b"M109 S210\n" + body + end, FDM, MARLIN_FDM) == set()
    assert codes(start + b"M104 S210\n" + body + end, FDM, MARLIN_FDM) == {"cold-extrusion"}
    assert codes(start + b"M109 S210\nM109 S0\n" + body + end, FDM, MARLIN_FDM) == {"cold-extrusion"}
    assert codes(start + b"M302 P1\nM109 S210\n" + body + end, FDM, MARLIN_FDM) == {"cold-extrusion-allowed"}
    assert codes(start + b"M109 S300\n" + body + end, FDM, MARLIN_FDM) == {"temperature-out-of-range"}


def test_giving_back_what_was_drawn_back_is_no_flow(limits: Limits) -> None:
    press = b"G1 X10 Y10 E0.01 F600\n"
    back, again, more = b"G1 E-0.02 F60\n", b"G1 E0.02 F60\n", b"G1 E0.03 F60\n"
    assert codes(HEAD + press + back + again + TAIL, limits) == set()
    assert codes(HEAD + press + back + more + TAIL, limits) == {"too-much-flow"}


words = st.sampled_from(
    [
        "G0",
        "G1",
        "G2",
        "G4",
        "G28",
        "G90",
        "G91",
        "G92",
        "M82",
        "M83",
        "M104",
        "M109",
        "M106",
        "M302",
        "M84",
        "T0",
        "M999",
        "G20",
    ]
)
numbers = st.sampled_from(["0", "1", "-1", "99999", "1e9", "99999999", "-.5", "", "nan", "0.00000001"])
line = st.tuples(words, st.lists(st.tuples(st.sampled_from("XYZEFSPIJRNQ;*"), numbers), max_size=5)).map(
    lambda parts: " ".join([parts[0], *(letter + number for letter, number in parts[1])])
)


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(data: bytes) -> None:
    report = check(data, MARLIN_FOOD, FDM)
    assert not report.ok


@given(st.lists(line, max_size=40))
def test_no_near_program_crashes_it(lines: list[str]) -> None:
    report = check("\n".join(lines).encode(), MARLIN_FOOD, FDM)
    assert np.isfinite([report.time, report.volume, report.max_flow, *report.max_feed.values()]).all()


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_never_crashes_it(good: bytes, limits: Limits, place: int, flip: int) -> None:
    place %= len(good)
    check(good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :], MARLIN_FOOD, limits)
