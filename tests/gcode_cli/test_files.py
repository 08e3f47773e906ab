"""Any slicer's file: checked, estimated, explained and drawn by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment.cli import ful
from fulfillment.programs.explained import explain
from fulfillment.programs.facts import facts_of
from fulfillment.programs.opened import PIECE, NotAProgram, opened
from gcode.stream import cut

from .files import BODY, CURA, KLIPPER, PRUSA

Runs = Callable[..., Result]
BED = ("--bed", "200x200x200", "--flow", "11")


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """`ful gcode VERB FILE ...` on these bytes."""

    def call(verb: str, data: bytes, *options: str, config: Path | None = None) -> Result:
        (tmp_path / "part.gcode").write_bytes(data)
        before = ["--config", str(config)] if config else []
        return CliRunner().invoke(ful, [*before, "gcode", verb, str(tmp_path / "part.gcode"), *options])

    return call


def test_a_good_file_passes_on_a_described_printer(run: Runs) -> None:
    done = run("check", PRUSA, *BED)
    assert done.exit_code == 0, done.output
    assert "no fault was found" in done.output and "PrusaSlicer 2.7.1" in done.output
    assert "command-not-allowed" in done.output  # a remark: M900 may well be known there
    assert "not checked: keep-outs" in done.output


FAULTS = {
    "out-of-bounds": (PRUSA, ("--bed", "80x200x200")),
    "heat-left-on": (PRUSA.replace(b"M104 S0\n", b""), BED),
    "cold-extrusion": (PRUSA.replace(b"M109 S215\n", b""), BED),
    "too-much-flow": (PRUSA, ("--flow", "1")),
    "temperature-out-of-range": (PRUSA, (*BED, "--hottest", "210", "60")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_with_its_line(fault: str, run: Runs) -> None:
    data, options = FAULTS[fault]
    done = run("check", data, *options, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and not found["ok"]
    errors = [one for one in found["findings"] if one["severity"] == "error"]
    assert {one["code"] for one in errors} == {fault}
    assert errors[0]["line"] > 0 and ":" in errors[0]["text"]


def test_another_nozzle_is_a_remark(run: Runs) -> None:
    assert "other-nozzle" in run("check", PRUSA, *BED, "--nozzle", "0.6").output
    assert "other-nozzle" not in run("check", PRUSA, *BED, "--nozzle", "0.4").output


def test_what_cannot_be_judged_is_said(run: Runs) -> None:
    done = run("check", PRUSA)
    assert "not checked: whether it stays on the bed: say --bed" in done.output
    assert "not checked: whether the hot end melts as much: say --flow" in done.output


def test_a_machine_of_the_factory_is_strict(run: Runs, factory: Path) -> None:
    done = run("check", PRUSA, "--machine", "tag-1", config=factory)
    assert done.exit_code == 1
    assert "M900 is not allowed" in done.output and "[command-not-allowed]" in done.output
    plain = b"\n".join(line for line in PRUSA.split(b"\n") if line[:5] not in (b"M201 ", b"M205 ", b"M862.", b"M900 "))
    fits = plain.replace(b"G1 Z0.2", b"G1 Z0.2").partition(b"; filament used")[0]
    done = run("check", fits, "--machine", "tag-1", config=factory)
    assert done.exit_code == 0, done.output
    assert "enough material" in done.output
    hot = run("check", fits.replace(b"S215", b"S240"), "--machine", "tag-1", config=factory)
    assert "[outside-of-window]" in hot.output and hot.exit_code == 1


@pytest.mark.parametrize(("volume", "fault"), [("0.1 ml", True), ("0.2 ml", False)])
def test_what_is_left_in_the_machine_must_do(volume: str, fault: bool, run: Runs, factory: Path) -> None:
    """The part takes some 0.15 ml."""
    load = ["--config", str(factory), "machine", "load", "tag-1", "pla-petrol", "--volume", volume]
    assert CliRunner().invoke(ful, load).exit_code == 0
    done = run("check", PRUSA, "--machine", "tag-1", config=factory)
    assert ("[not-enough-material]" in done.output) == fault
    assert "not checked: whether enough" not in done.output


def test_a_machine_that_is_not_there_is_named(run: Runs, factory: Path) -> None:
    assert (
        "no machine of config.yaml is called 'tag-9'"
        in run("check", PRUSA, "--machine", "tag-9", config=factory).output
    )
    assert "takes no G-code" in run("check", PRUSA, "--machine", "slips", config=factory).output
    both = run("check", PRUSA, "--machine", "tag-1", "--flow", "5", config=factory)
    assert both.exit_code == 2 and "leave the other options out" in both.output


def test_time_filament_and_cost_are_told(run: Runs, factory: Path) -> None:
    done = run("estimate", PRUSA, "--density", "1.24", "--price", "25")
    assert done.exit_code == 0, done.output
    for word in ("External perimeter", "on a usual klipper printer", "64.0 mm of filament", " g, costs ", "10 layers"):
        assert word in done.output, word
    assert "its slicer says 1 min 05 s" in done.output
    own = run("estimate", PRUSA, "--machine", "tag-1", config=factory)
    assert "not yet corrected: no runs" in own.output and "1.24" not in own.output and " g, costs" in own.output
    unknown = run("estimate", PRUSA)
    assert "g and cost not known" in unknown.output


def test_a_firmware_counts(run: Runs) -> None:
    def seconds(*options: str) -> float:
        return float(json.loads(run("estimate", PRUSA, "--json", *options).stdout)["seconds"])

    slow = seconds("--firmware", "klipper", "--acceleration", "300", "--square-corner", "1")
    fast = seconds("--firmware", "klipper", "--acceleration", "9000", "--square-corner", "20")
    assert slow > fast * 1.1
    assert seconds("--junction-deviation", "0.2") != seconds("--jerk", "2")


def test_klippers_word_for_an_acceleration_counts(run: Runs) -> None:
    def seconds(data: bytes) -> float:
        return float(json.loads(run("estimate", data, "--json").stdout)["seconds"])

    slow = KLIPPER.replace(b"ACCEL=3000", b"ACCEL_TO_DECEL=9 ACCEL=100")
    assert seconds(slow) > seconds(KLIPPER) * 1.2
    assert seconds(KLIPPER.replace(b"SET_VELOCITY_LIMIT ACCEL=3000\n", b"M204 S3000\n")) == seconds(KLIPPER)


def test_macros_of_klipper_may_heat(run: Runs) -> None:
    """Which they do is known to the printer alone: a remark, where it would be a fault on Marlin."""
    macros = KLIPPER.replace(b"M109 S215\n", b"").replace(b"M104 S0\n", b"")
    assert run("check", macros, *BED).exit_code == 0
    told = run("check", macros, *BED).output
    assert "[cold-extrusion]" in told and "warning: line 2: no plain G-code" in told and "(6 places)" in told
    assert run("check", macros, *BED, "--firmware", "marlin").exit_code == 1


def test_inches_are_refused(run: Runs) -> None:
    done = run("check", PRUSA.replace(b"G21\n", b"G20\n"), *BED)
    assert done.exit_code == 1 and "[inches]" in done.output


def test_everything_is_explained(run: Runs) -> None:
    done = run("explain", PRUSA)
    assert done.exit_code == 0
    for said in (
        "G28  It homes the axes, all or those that are named: once, first in line 11.",
        "M109  It heats the nozzle and waits for it: once, first in line 13 (S 215).",
        "M900  It sets linear advance: once",
        "printer: MK3S",
        "pictures: 64 x 64",
        "its slicer says that it takes 1 min 05 s",
    ):
        assert said in done.output, said


def test_words_that_nobody_knows_are_told(run: Runs) -> None:
    done = run("explain", CURA)
    assert "M9876  It is not known here" in done.output and "Not known here: M9876." in done.output
    klipper = run("explain", KLIPPER)
    assert "START_PRINT  It runs the printer's own start macro (Klipper): once, first in line 2" in klipper.output
    assert "lines are no plain G-code" in klipper.output
    lasting = run("explain", PRUSA.replace(b"G92 E0\n", b"G92 E0\nM500\n", 1))
    assert "These change the machine beyond this program: M500." in lasting.output


def test_a_picture_is_drawn(run: Runs, tmp_path: Path) -> None:
    whole, layer = tmp_path / "part.png", tmp_path / "layer.png"
    assert run("preview", PRUSA).exit_code == 0
    assert run("preview", PRUSA, "--layer", "3", "--out", str(layer)).exit_code == 0
    for path in (whole, layer):
        with Image.open(path) as picture:
            colours = picture.convert("RGB").getcolors(1 << 24)
        assert colours is not None and len(colours) > 10
    missing = run("preview", PRUSA, "--layer", "10")
    assert missing.exit_code == 1 and "Layers are 0 to 9." in missing.output
    assert "there is nothing to draw" in run("preview", b"G28\nG1 X5 F600\n").output
    assert "is no colour" in run("preview", PRUSA, "--colour", "mauvish").output


NONE = {
    "The file is empty.": b"",
    "binary G-code (.bgcode)": b"GCDE\x01\x00\x00\x00",
    "a ZIP archive, such as a 3MF": b"PK\x03\x04rest",
    "a model (STL)": b"solid cube\nfacet normal 0 0 1\n",
    "text in UTF-16": "G28\n".encode("utf-16"),
    "a picture (PNG)": b"\x89PNG\r\n\x1a\n",
    "Behind its lines the file is a ZIP archive": PRUSA + b"PK\x05\x06" + b"A" * 18,
    "there is a zero": PRUSA + b"\x00MZ",
}


@pytest.mark.parametrize("verb", ["check", "estimate", "explain", "preview"])
@pytest.mark.parametrize("said", NONE)
def test_what_is_no_program_is_told_with_the_mend(said: str, verb: str, run: Runs) -> None:
    done = run(verb, NONE[said])
    assert done.exit_code == 1
    assert said in done.output and "Traceback" not in done.output
    assert done.output.rstrip().endswith(".")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.gcode"
    path.write_bytes(b"G28\n" + b"G" * (6 * 1024 * 1024))
    with pytest.raises(NotAProgram, match="A line is longer"):
        list(opened(path).parts())


@pytest.mark.parametrize("more", [b"", b"G1 X1", b"G1 X1\n"])
def test_parts_are_whole_lines_and_the_file(tmp_path: Path, more: bytes) -> None:
    data = BODY * (2 * PIECE // len(BODY) + 1) + more
    path = tmp_path / "long.gcode"
    path.write_bytes(data)
    parts = list(opened(path).parts())
    assert len(parts) > 2 and b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts[:-1])


@pytest.mark.parametrize(
    ("data", "slicer", "seconds"),
    [(PRUSA, "PrusaSlicer 2.7.1+linux-x64", 65.0), (KLIPPER, "OrcaSlicer 2.1.1", 3723.0), (CURA, "Cura 5.6.0", 6666.0)],
)
def test_slicers_are_known(data: bytes, slicer: str, seconds: float) -> None:
    facts = facts_of(data, data)
    assert (facts.slicer, facts.seconds) == (slicer, seconds)


@settings(deadline=None, max_examples=60)
@given(st.integers(10, 3000))
def test_explanations_do_not_depend_on_parts(size: int) -> None:
    for data in (PRUSA, KLIPPER, CURA):
        assert explain(cut(data, size)) == explain([data])


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data: bytes) -> None:
    explain([data])
    facts_of(data, data)
