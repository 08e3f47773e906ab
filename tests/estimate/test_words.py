"""What a program says of its machine counts from there on; what comments say becomes roles and layers."""

from __future__ import annotations

import pytest

from gcode.estimate import Firmware, estimate, move_times
from gcode.parse import parse
from gcode.recipe import Motion
from gcode.stream import cut
from gcode.trace import trace

STRAIGHT = "G1 X{} F6000\nG4 P1\n"
MOTION = Motion(acceleration=4000, jerk=0.0, max_feed=(300, 300, 10, 50))


def there_and_back(words: str, firmware: Firmware = Firmware.MARLIN, e: str = "") -> tuple[float, float]:
    """Seconds of a way of 100 mm before these words, and of one behind them."""
    program = parse(f"M83\nG1 X100{e} F6000\nG4 P1\n{words}\nG1 X0{e} F6000\n".encode())
    times = move_times(trace(program), MOTION, program, firmware)
    return float(times[0]), float(times[1])


@pytest.mark.parametrize(
    ("words", "e", "seconds"),
    [
        ("M204 T1000", "", 1 + 100 / 1000),
        ("M204 P1000", " E4", 1 + 100 / 1000),
        ("M204 S500", " E4", 1 + 100 / 500),
        ("M201 X500", "", 1 + 100 / 500),
        ("M203 X50", "", 2 + 50 / 4000),
        ("M220 S50", "", 2 + 50 / 4000),
        ("M204 T9000000", "", 1 + 100 / 4000),
    ],
)
def test_each_word_changes_what_it_names(words: str, e: str, seconds: float) -> None:
    before, after = there_and_back(words, e=e)
    assert before == pytest.approx(1 + 100 / 4000)
    assert after == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("words", "e"), [("M204 P1000", ""), ("M204 T1000", " E4"), ("M204 R1000", ""), ("M203 Y5", "")]
)
def test_and_nothing_else(words: str, e: str) -> None:
    before, after = there_and_back(words, e=e)
    assert before == after


@pytest.mark.parametrize("firmware", [Firmware.KLIPPER, Firmware.GRBL])
def test_words_that_a_firmware_does_not_know_change_nothing(firmware: Firmware) -> None:
    before, after = there_and_back("M203 X50\nM201 X500", firmware)
    assert before == after


def test_reprapfirmware_counts_minutes() -> None:
    assert there_and_back("M203 X3000", Firmware.REPRAP)[1] == pytest.approx(2 + 50 / 4000)


def test_jerks_said_by_the_program_are_those_of_corners() -> None:
    """At a right angle without jerk it stands still, with the jerk of its speed it does not slow down."""
    stops = parse(b"G1 X50 F3000\nG1 Y50")
    runs = parse(b"M205 X60 Y60\nG1 X50 F3000\nG1 Y50")
    assert move_times(trace(runs), MOTION, runs).sum() == pytest.approx(2.0, rel=1e-6)
    assert move_times(trace(stops), MOTION, stops).sum() > 2.02


def test_words_hold_in_later_pieces() -> None:
    data = ("M204 T500\n" + "G1 X100 F6000\nG4 P1\nG1 X0\nG4 P1\n" * 50).encode()
    assert estimate(cut(data, 100), MOTION).seconds == pytest.approx(estimate(data, MOTION).seconds)
    assert estimate(data, MOTION).seconds == pytest.approx(100 * (1.2 + 0.001), rel=1e-6)


LAYERS = b"""M83
G28
G1 X10 F600
;LAYER_CHANGE
;TYPE:Skirt/Brim
G1 X20 E1 F600
; FEATURE: Outer wall
G1 X30 E1
G1 X40
G1 E-1 F300
;LAYER_CHANGE
G1 Z.4 F600
;TYPE:Infill
G1 X60 E1 F600
"""


@pytest.mark.parametrize("size", [1, 40, 10_000])
def test_roles_and_layers_are_those_of_the_comments(size: int) -> None:
    found = estimate(cut(LAYERS, size), Motion(1e7, 1e4))
    assert found.roles == {
        "travel": pytest.approx(2.04, rel=1e-3),
        "Infill": pytest.approx(2.0, rel=1e-3),
        "Skirt/Brim": pytest.approx(1.0, rel=1e-3),
        "Outer wall": pytest.approx(1.0, rel=1e-3),
        "feeder alone": pytest.approx(0.2, rel=1e-3),
    }
    assert found.before == pytest.approx(1.0, rel=1e-3)
    assert found.layers == (pytest.approx(3.2, rel=1e-3), pytest.approx(2.04, rel=1e-3))
    assert found.filament == {0: 2.0}
    assert found.not_counted == {"homing": 1}


def test_without_comments_layers_are_heights() -> None:
    data = b"M83\nG1 Z.2 F600\nG1 X10 E1\nG1 X20 E1\nG1 Z.4\nG1 X10 E1\nG1 Z.6\nG1 X0\n"
    assert len(estimate(data, Motion()).layers) == 2


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"; nothing", b"G28\n", b"\xff\xfe\x00GCDE", b"G1 X1e9 F\nM204 P0\nG1 X5"]
)
def test_any_bytes_are_answered(data: bytes) -> None:
    assert estimate(data, Motion()).seconds >= 0
