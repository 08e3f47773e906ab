"""Preflight's rule of measured surfaces: the good program passes, and each way to spoil one is caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.machines import limits_of
from gcode import probe
from gcode.dialects import KLIPPER_FOOD, MARLIN_FDM, MARLIN_FOOD, DialectError, Setup
from gcode.frosting import plan
from gcode.limits import KeepOut, Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.recipe import Place
from gcode.toolpath import Kind, Toolpath
from gcode.write import lines, program
from tests.probe.conftest import Kitchen

MEASURE = b"G29 L50 R170 F53 B127 Z-10"
FOLLOW = b"M420 Z0 S1"
FORGET = b"G29 J1\n"


@pytest.fixture
def limits(kitchen: Kitchen) -> Limits:
    return limits_of(kitchen.measuring)


def codes(data: bytes, limits: Limits) -> set[str]:
    return {finding.code for finding in check(data, MARLIN_FOOD, limits).errors}


def test_the_approved_program_passes(approved: bytes, limits: Limits) -> None:
    assert approved.count(MEASURE) == approved.count(FOLLOW) == 1
    assert check(approved, MARLIN_FOOD, limits).findings == ()


SPOILT = {
    "measured-again": ("not-measured-once", MEASURE, MEASURE + b"\n" + MEASURE),
    "not-measured": ("not-measured-once", MEASURE + b"\n", b""),
    "no-side": ("no-area", b" B127", b""),
    "no-surface": ("no-area", b" Z-10", b""),
    "old-map": ("old-map", FORGET + b"G29 L", b"G29 L"),
    "map-left": ("map-left", FORGET + b"M400", b"M400"),
    "too-low": ("measured-too-low", b"G0 Z19 F600\nG29 J", b"G0 Z12 F600\nG29 J"),
    "no-rise": ("no-rise", b"M420 S0\nG0 Z19 F600\n", b"M420 S0\n"),
    "sideways": ("no-rise", b"M420 S0\nG0 Z19", b"M420 S0\nG0 X20 Z19"),
    "before-home": ("not-homed", b"G28\n", b""),
    "not-followed": ("not-followed", FOLLOW + b"\n", b""),
    "fades": ("not-followed", FOLLOW, b"M420 S1"),
    "followed-beside": ("not-measured", b"M420 S0\nG0 Z19", b"M420 Z0 S1\nG0 Z19"),
    "too-narrow": ("not-measured", b"R170", b"R120"),
    "outside": ("out-of-bounds", b"L50 R170", b"L50 R230"),
    "nozzle-outside": ("out-of-bounds", b"L50 R170", b"L20 R170"),
    "too-small": ("area-too-small", b"L50 R170", b"L50 R55"),
    "wrong-way": ("area-too-small", b"F53 B127", b"F127 B53"),
    "too-high": ("surface-too-high", b"Z-10", b"Z-30"),
    "other-words": ("word-not-allowed", b"B127", b"B127 P5"),
    "written-heights": ("word-not-allowed", MEASURE, MEASURE + b" I3"),
    "other-fade": ("value-out-of-range", b"M420 Z0", b"M420 Z10"),
    "pressed-before": ("measured-too-late", b"G29 J1\nG29", b"G29 J1\nG1 E0.01 F2\nG29"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_each_way_to_spoil_it_is_caught(how: str, approved: bytes, limits: Limits) -> None:
    code, before, after = SPOILT[how]
    assert before in approved
    assert code in codes(approved.replace(before, after, 1), limits)


def test_the_heights_of_the_map_stay_in_the_machine(approved: bytes, limits: Limits) -> None:
    x0, y0, z0, x1, y1, _ = limits.envelope
    assert "out-of-bounds" in codes(approved, replace(limits, envelope=(x0, y0, z0, x1, y1, 18.0)))


def test_it_goes_over_nothing_that_must_not_be_touched(approved: bytes, limits: Limits) -> None:
    for x in (100.0, 22.5):  # Where the probe goes, and where the nozzle beside it does.
        clip = KeepOut(x, 120.0, x + 4, 124.0, 18.0, "a clip")
        assert "keep-out" in codes(approved, replace(limits, keep_outs=(clip,)))
    beside = KeepOut(5.0, 120.0, 9.0, 124.0, 5.0, "a clip")
    assert codes(approved, replace(limits, keep_outs=(beside,))) == set()


def test_only_a_food_printer_with_marlin_speaks_of_it(approved: bytes, limits: Limits) -> None:
    for dialect in (KLIPPER_FOOD, MARLIN_FDM):
        found = {finding.code for finding in check(approved, dialect, limits).errors}
        assert "command-not-allowed" in found
        with pytest.raises(DialectError, match="FOLLOW"):
            lines(Toolpath.rows(Kind.FOLLOW, 1, s=1.0, z=0.0), dialect)


def test_measuring_counts_in_the_time(approved: bytes, limits: Limits) -> None:
    assert limits.probe is not None
    slow = replace(limits, probe=replace(limits.probe, seconds=10.0))
    times = [check(approved, MARLIN_FOOD, one).time for one in (limits, slow)]
    assert times[1] - times[0] == pytest.approx(35 * 6.0)


@given(
    x=st.floats(0, 100), y=st.floats(0, 60), width=st.floats(0, 80), height=st.floats(0, 60),
)  # fmt: skip
def test_the_rectangle_holds_all_that_is_laid_and_stays_on_the_piece(
    x: float, y: float, width: float, height: float
) -> None:
    ends = np.array([[x + 40.3, y + 41.7], [min(x + width, 139.0) + 40.3, min(y + height, 99.0) + 41.7]])
    travel = Toolpath.rows(Kind.TRAVEL, 1, x=ends[0, 0], y=ends[0, 1])
    line = Toolpath.rows(Kind.LINE, 1, x=ends[1, 0], y=ends[1, 1], e=1.0)
    follow, end = (Toolpath.rows(Kind.FOLLOW, 1, s=on) for on in (1.0, 0.0))
    beside = Toolpath.rows(Kind.LINE, 1, x=1.0, y=1.0, e=1.0)
    x0, y0, x1, y1 = probe.area(Toolpath.join([beside, follow, travel, line, end, beside]), (40.3, 41.7, 180.3, 141.7))
    assert 40.3 <= x0 <= ends[:, 0].min() + 1e-9
    assert ends[:, 0].max() - 1e-9 <= x1 <= 180.3 + 1e-9
    assert 41.7 <= y0 <= ends[:, 1].min() + 1e-9
    assert ends[:, 1].max() - 1e-9 <= y1 <= 141.7 + 1e-9
    assert min(x1 - x0, y1 - y0) >= probe.LEAST - 1e-9


def test_nothing_to_measure_for_is_refused(kitchen: Kitchen) -> None:
    bead = kitchen.product.recipes["icing"].bead(314.0)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="nothing is laid"):
        probe.area(plan(None, [], bead, place=Place(40, 40, 10), uneven=True), (40, 40, 180, 140))
    with pytest.raises(ValueError, match="too small"):
        toolpath = Toolpath.join(
            [Toolpath.rows(Kind.FOLLOW, 1, s=1.0), Toolpath.rows(Kind.LINE, 2, x=np.array([1.0, 5.0]), y=3.0, e=1.0)]
        )
        probe.area(toolpath, (0, 0, 8, 8))


@given(
    st.lists(st.sampled_from([b"G29 J1", MEASURE, FOLLOW, b"M420 S0", b"M420 S1", b"G28", b"G1 X60 E1"]), max_size=9)
)
def test_the_rule_never_raises_and_lets_nothing_pass_that_is_out_of_turn(commands: list[bytes]) -> None:
    limits = Limits((0, 0, 0, 220, 220, 60), 314.0, 40.0, cold_extrusion=True, probe=probe.Probe(top=25.0))
    data = b"\n".join([b"G21", b"G90", b"M83", *commands, b"M84"]) + b"\n"
    found = codes(data, limits)
    measuring = probe.measuring(parse(data))
    if commands.count(MEASURE) > 1 or (measuring.followed.any() and MEASURE not in commands):
        assert "not-measured-once" in found


def test_a_program_that_cannot_be_written_is_not(kitchen: Kitchen) -> None:
    """A survey is typed numbers within the dialect's ranges, as all else."""
    survey = probe.Survey(50, 53, 170, float("nan"), 10, 19)
    with pytest.raises(DialectError, match="B"):
        program(Toolpath.rows(Kind.TRAVEL, 0), MARLIN_FOOD, Setup(survey=survey))
