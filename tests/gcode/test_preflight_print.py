"""Faults planted in a printed part's program: each is found by its own rule, in the whole and piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.dialects import MARLIN_FDM, Dialect, Range
from gcode.limits import KeepOut, Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.recipe import Motion
from gcode.stream import cut
from gcode.trace import trace

PLA = Limits(
    envelope=(0, 0, 0, 200, 200, 200), e_area=2.405, max_flow=11.0, motion=Motion(1000, 8, (200, 200, 12, 40)),
    tool_temperature=(0, 290), bed_temperature=(0, 110), window=(190.0, 230.0), loaded=5000.0,
    keep_outs=(KeepOut(180, 180, 200, 200, 5, "clip"),),
)  # fmt: skip
ARCS = replace(
    MARLIN_FDM,
    commands={**MARLIN_FDM.commands, **{code: {
        **MARLIN_FDM.commands["G1"], "I": Range(-500, 500), "J": Range(-500, 500)} for code in ("G2", "G3")}},
)  # fmt: skip
GOOD = (
    b"G21\nG90\nM83\nM140 S60\nM104 S210\nG28\nM190 S60\nM109 S210\nM106 S255\nG92 E0\n"
    + b"".join(
        b"G1 Z%.1f F600\nG1 X50 Y50 F9000\nG1 X150 E4 F1800\nG1 Y150 E4\nG1 X50 E4\nG1 Y50 E4\nG1 E-0.8 F2100\n"
        b"G1 X60 Y60 F9000\nG1 E0.8 F2100\n" % (0.2 * n)
        for n in range(1, 41)
    )
    + b"G1 E-0.8 F2100\nG1 Z50 F600\nM104 S0\nM140 S0\nM107\nM84\n"
)
MIDDLE = b"G1 Z4.0 F600\n"

PLANTED: dict[str, Callable[[bytes], bytes]] = {
    "command-not-allowed": lambda good: good.replace(MIDDLE, MIDDLE + b"M500\n"),
    "value-out-of-range": lambda good: good.replace(b"M106 S255", b"M106 S400"),
    "out-of-bounds": lambda good: good.replace(MIDDLE, MIDDLE + b"G91\nG1 X170 F9000\nG1 X-170\nG90\n"),
    "keep-out": lambda good: good.replace(MIDDLE, MIDDLE + b"G1 X190 Y190 F9000\n"),
    "cold-extrusion": lambda good: good.replace(MIDDLE, MIDDLE + b"M104 S0\n"),
    "temperature-out-of-range": lambda good: good.replace(b"M109 S210", b"M109 S295"),
    "outside-of-window": lambda good: good.replace(MIDDLE, MIDDLE + b"M109 S240\n"),
    "too-much-flow": lambda good: good.replace(b"F1800", b"F18000", 1),
    "heat-left-on": lambda good: good.replace(b"M140 S0\n", b""),
    "not-enough-material": lambda good: good.replace(b"E4", b"E16").replace(b"F1800", b"F400"),
    "fan-left-on": lambda good: good.replace(b"M107\n", b""),
    "too-fast": lambda good: good.replace(b"G1 Z50 F600", b"G1 Z50 F6000"),
}  # fmt: skip


def codes(data: bytes, limits: Limits = PLA, dialect: Dialect = MARLIN_FDM, long: int = 10**9) -> set[str]:
    return {finding.code for finding in check(data, dialect, limits, long=long).errors}


@pytest.mark.parametrize("long", [10**9, 1000])
def test_a_good_part_passes(long: int) -> None:
    assert codes(GOOD, long=long) == set()


@pytest.mark.parametrize("long", [10**9, 1000])
@pytest.mark.parametrize("fault", PLANTED)
def test_each_fault_is_found(fault: str, long: int) -> None:
    broken = PLANTED[fault](GOOD)
    assert broken != GOOD
    assert fault in codes(broken, long=long)


def test_a_window_judges_what_is_laid_and_nothing_else() -> None:
    """A nozzle may be warmer while it is wiped or loaded, and cold at the end."""
    warm = GOOD.replace(b"M106 S255", b"M109 S250\nG4 P100\nM109 S210\nM106 S255")
    assert codes(warm) == set()
    assert codes(GOOD, replace(PLA, window=(215.0, 230.0))) == {"outside-of-window"}
    assert codes(GOOD, replace(PLA, window=None)) == set()


def test_what_is_not_counted_is_not_judged() -> None:
    assert codes(GOOD, replace(PLA, loaded=None)) == set()
    needed = check(GOOD, MARLIN_FDM, PLA).pressed
    assert codes(GOOD, replace(PLA, loaded=needed * 0.999)) == {"not-enough-material"}
    assert codes(GOOD, replace(PLA, loaded=needed * 1.001)) == set()


def test_a_higher_target_is_not_cold() -> None:
    assert codes(GOOD.replace(MIDDLE, MIDDLE + b"M104 S220\n")) == set()


@pytest.mark.parametrize(("arc", "outside"), [(b"G2 X130 Y150 I0 J40", False), (b"G3 X130 Y150 I0 J40", True)])
def test_an_arc_counts_as_far_as_it_goes(arc: bytes, outside: bool) -> None:
    """A radius of 40 mm about 170, 150: the short way round stays on the bed of 200 mm, the long one does not."""
    start = b"G21\nG90\nM83\nG28\nG1 X170 Y110 F600\n"
    box = check(start + arc + b"\nM84\n", ARCS, PLA)
    assert ("out-of-bounds" in {finding.code for finding in box.errors}) == outside


@given(
    st.floats(60, 140), st.floats(60, 140), st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 6.28),
    st.sampled_from(["G2", "G3"]),
)  # fmt: skip
def test_an_arc_reaches_as_far_as_it_goes(x: float, y: float, i: float, j: float, turn: float, way: str) -> None:
    radius, angle = np.hypot(i, j), np.arctan2(-j, -i)
    ahead = angle + turn * (1 if way == "G3" else -1)
    end = x + i + radius * np.cos(ahead), y + j + radius * np.sin(ahead)
    data = f"G21\nG90\nM83\nG28\nG1 X{x:.5f} Y{y:.5f} F600\n{way} X{end[0]:.5f} Y{end[1]:.5f} I{i:.5f} J{j:.5f}\nM84\n"
    moves = trace(parse(data.encode()))
    first, turned = moves.turns
    angles = first[1] + turned[1] * np.linspace(0, 1, 4001)
    xs, ys = (moves.centre[1, n] + moves.radius[1] * f(angles) for n, f in enumerate((np.cos, np.sin)))
    report = check(data.encode(), ARCS, replace(PLA, envelope=(-999, -999, -999, 999, 999, 999)))
    assert report.motion is not None
    assert (report.motion.x0, report.motion.y0) == pytest.approx((min(0, xs.min()), min(0, ys.min())), abs=1e-2)
    assert (report.motion.x1, report.motion.y1) == pytest.approx((xs.max(), ys.max()), abs=1e-2)


@pytest.mark.parametrize("fault", PLANTED)
def test_parts_of_a_file_are_the_file(fault: str) -> None:
    broken = PLANTED[fault](GOOD)
    whole, parts = check(broken, MARLIN_FDM, PLA), check(cut(broken, 700), MARLIN_FDM, PLA, long=2000)
    assert {(f.code, f.line) for f in whole.errors} == {(f.code, f.line) for f in parts.errors}
    assert parts.time == pytest.approx(whole.time, rel=0.02)
    assert parts.pressed == pytest.approx(whole.pressed)
