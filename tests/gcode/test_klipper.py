"""Klipper's words: what it would misread or pass over in silence is not written, and does not pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gcode.dialects import DIALECTS, KLIPPER_FDM, KLIPPER_FOOD, MARLIN_FOOD, Command, DialectError, Setup
from gcode.limits import Limits
from gcode.preflight import check
from gcode.recipe import Motion
from gcode.toolpath import Kind, Toolpath
from gcode.write import program

HOT = Setup(tool_temperature=200.0, bed_temperature=60.0, exact=True, acceleration=1500.0, fan=1.0, lift=50.0)
COLD = Setup(cold_extrusion=True, lift=50.0)
LIMITS = Limits(
    envelope=(0.0, 0.0, 0.0, 220.0, 220.0, 200.0),
    e_area=314.0,
    max_flow=100.0,
    motion=Motion(3000.0, 8.0, (150.0, 150.0, 150.0, 5.0)),
    tool_temperature=(0.0, 280.0),
    bed_temperature=(0.0, 110.0),
    cold_extrusion=True,
)


def square() -> Toolpath:
    """A short line of frosting."""
    nothing = np.full(4, np.nan)
    x, y, z = np.array([50.0, 50.0, 90.0, 90.0]), np.array([50.0, 50.0, 50.0, 90.0]), np.array([20.0, 2.0, 2.0, 2.0])
    e = np.array([np.nan, np.nan, 0.2, 0.2])
    kind = np.array([Kind.TRAVEL, Kind.TRAVEL, Kind.LINE, Kind.LINE], dtype=np.uint8)
    return Toolpath(kind, x, y, z, e, np.full(4, 20.0), nothing, nothing)


@pytest.mark.parametrize(
    "command",
    [
        Command("M302", (("P", 1.0),)),
        Command("M109", (("R", 200.0),)),
        Command("M190", (("R", 60.0),)),
        Command("G4", (("S", 1.0),)),
        Command("M204", (("P", 500.0),)),
    ],
)
def test_words_that_klipper_would_misread_are_refused(command: Command) -> None:
    with pytest.raises(DialectError):
        KLIPPER_FDM.check(command)


def test_a_hot_program_waits_by_s_alone() -> None:
    written = program(square(), KLIPPER_FDM, HOT).decode().splitlines()
    assert {"M190 S60", "M109 S200", "M204 S1500", "M106 S255"} <= set(written)
    assert written[-1] == "M84"
    assert not [line for line in written if line.startswith(("M109 R", "M190 R", "M302"))]


def test_a_cold_program_says_nothing_of_m302_and_passes() -> None:
    data = program(square(), KLIPPER_FOOD, COLD)
    assert b"M302" not in data
    assert check(data, KLIPPER_FOOD, LIMITS).errors == ()


def test_a_program_for_marlin_does_not_pass_for_klipper() -> None:
    assert check(program(square(), MARLIN_FOOD, COLD), KLIPPER_FOOD, LIMITS).errors
    marlin = program(square(), MARLIN_FOOD, replace(HOT, acceleration=None))
    assert check(marlin, MARLIN_FOOD, replace(LIMITS, cold_extrusion=False)).errors == ()
    assert check(marlin, KLIPPER_FOOD, replace(LIMITS, cold_extrusion=False)).errors


def test_a_heater_that_is_held_is_waited_for_by_the_word_that_the_firmware_knows() -> None:
    """Klipper takes S for both ways and R for a target of 0; Marlin's S waits for warmth alone."""
    limits = Limits(
        (0, 0, 0, 200, 200, 50), 100.0, 900.0, cold_extrusion=True, bed_temperature=(0, 200), held={"bed": (177, 191)}
    )
    laid = b"G21\nG90\nM83\nG28\n%s\nG1 X10 Y10 E1 F600\nM104 S0\nM140 S0\nM107\nM84\n"
    for name, word, other in (("klipper-food", b"S", b"R"), ("marlin-food", b"R", b"S")):
        codes = [
            {finding.code for finding in check(laid % (b"M190 " + said + b"185"), DIALECTS[name], limits).errors}
            for said in (word, other)
        ]
        assert "not-held" not in codes[0], name
        assert "not-held" in codes[1], name
