"""Long programs are looked at in pieces: the same is found, in memory that does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.dialects import MARLIN_FDM, MARLIN_FOOD
from gcode.limits import KeepOut, Limits
from gcode.preflight import Report, check
from gcode.recipe import Motion
from gcode.stream import cut

LIMITS = Limits(
    envelope=(0, 0, 0, 200, 200, 200),
    e_area=2.405,
    max_flow=12.0,
    motion=Motion(1000, 8, (200, 200, 12, 40)),
    tool_temperature=(180, 240),
    bed_temperature=(40, 90),
    held={"bed": (55, 65)},
    window=(195.0, 230.0),
    keep_outs=(KeepOut(150, 150, 170, 170, 25),),
    max_bytes=300_000_000,
    max_lines=10_000_000,
    max_time=1e9,
)
HEAD = "G21\nG90\nM83\nM190 R60\nM109 S210\nG28\nG92 E0\nG0 Z2 F600\n"
TAIL = "M104 S0\nM140 S0\nM107\nM84\n"


def layer(number: int) -> str:
    """A square with a way over it, drawn back and given again."""
    z = 0.2 * (number % 500 + 1)
    return (
        f";LAYER:{number}\nM106 S{number % 250 + 1}\nG0 Z{z:.2f} F600\nG0 X50 Y50 F9000\nG1 X100 E2 F3000\nG1 Y100 E2\n"
        f"G1 E-1 F2100\nG0 X60 Y60 F9000\nG1 E1 F2100\nG1 X50 E0.4 F3000\nG1 Y50 E0.4\nG92 E0\n"
    )


def program(layers: int) -> str:
    return HEAD + "".join(layer(number) for number in range(layers)) + TAIL


GOOD = program(60)
FAULTS: dict[str, Callable[[str], str]] = {
    "nothing": lambda good: good,
    "out-of-bounds": lambda good: good.replace("LAYER:40\n", "LAYER:40\nG0 X201\n"),
    "keep-out": lambda good: good.replace("LAYER:4\n", "LAYER:4\nG0 X160 Y160\n"),
    "too-fast": lambda good: good.replace("F3000", "F30000"),
    "too-much-flow": lambda good: good.replace("G1 Y100 E2", "G1 Y100 E9"),
    "e-jump": lambda good: good.replace("LAYER:50\n", "LAYER:50\nG1 E90 F300\n"),
    "units-not-set": lambda good: good.replace("G21\n", ""),
    "positioning-not-set": lambda good: good.replace("G90\n", ""),
    "extrusion-not-set": lambda good: good.replace("M83\n", ""),
    "absolute-extrusion": lambda good: good.replace("LAYER:30\n", "LAYER:30\nM82\n"),
    "not-homed": lambda good: good.replace("G28\n", ""),
    "cold-extrusion": lambda good: good.replace("M109 S210\n", "M104 S210\n"),
    "not-held": lambda good: good.replace("LAYER:45\n", "LAYER:45\nM140 S80\n"),
    "temperature-out-of-range": lambda good: good.replace("LAYER:45\n", "LAYER:45\nM104 S300\n"),
    "outside-of-window": lambda good: good.replace("LAYER:45\n", "LAYER:45\nM104 S235\n"),
    "heat-left-on": lambda good: good.replace("M104 S0\n", ""),
    "fan-left-on": lambda good: good.replace("M107\n", ""),
    "no-end": lambda good: good.replace("M84\n", ""),
    "after-the-end": lambda good: good.replace("LAYER:30\n", "LAYER:30\nM84\n"),
    "command-not-allowed": lambda good: good.replace("LAYER:3", "LAYER:3\nM997\n;"),
    "long-line": lambda good: good.replace("LAYER:3", "LAYER:3" + "x" * 100),
    "not-ascii": lambda good: good.replace("LAYER:3", "LAYER:3\x7f"),
    "no-code": lambda good: good.replace("LAYER:33", "LAYER:33\nX5"),
    "feed-not-set": lambda good: good.replace(" F600\n", "\n", 1).replace("F", "\n;", 1),
    "no-motion": lambda _: HEAD.replace("G0 Z2 F600\n", "") + "M106 S9\n" * 400 + TAIL,
    "no-target": lambda good: good.replace("LAYER:30\n", "LAYER:30\nM104\n"),
    "arc-without-centre": lambda good: good.replace("LAYER:30\n", "LAYER:30\nG2 X70\n"),
}


def told(report: Report) -> list[tuple[str, int, int]]:
    """By code: the first line, and how many places have it."""
    found: dict[str, tuple[int, int]] = {}
    for finding in report.findings:
        line, count = found.get(finding.code, (finding.line, 0))
        found[finding.code] = min(line, finding.line), max(count, finding.count)
    return sorted((code, *place) for code, place in found.items())


def same(pieces: Report, whole: Report) -> None:
    assert told(pieces) == told(whole)
    assert (pieces.lines, pieces.size, pieces.commands) == (whole.lines, whole.size, whole.commands)
    assert (pieces.motion, pieces.marks) == (whole.motion, whole.marks)
    for name in ("length", "volume", "pressed", "max_flow", "max_tool_temperature", "max_bed_temperature"):
        assert getattr(pieces, name) == pytest.approx(getattr(whole, name)), name
    assert dict(pieces.max_feed) == pytest.approx(dict(whole.max_feed))
    assert pieces.time == pytest.approx(whole.time, rel=0.02)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", [150, 2_000])
def test_pieces_find_what_the_whole_finds(fault: str, size: int) -> None:
    data = FAULTS[fault](GOOD).encode()
    whole = check(data, MARLIN_FDM, LIMITS)
    assert fault in {finding.code for finding in whole.findings} or (fault == "nothing" and whole.findings == ())
    same(check(data, MARLIN_FDM, LIMITS, long=size), whole)
    same(check(cut(data, size), MARLIN_FDM, LIMITS, long=size), whole)


@pytest.mark.parametrize("seed", range(40))
def test_lines_in_any_order_and_pieces_of_any_size(seed: int) -> None:
    random = Random(seed)
    lines = GOOD.splitlines()[:90]
    random.shuffle(lines)
    data = "\n".join([*lines, ""]).encode()
    same(check(data, MARLIN_FDM, LIMITS, long=random.randint(1, 900)), check(data, MARLIN_FDM, LIMITS))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), size=st.integers(1, 100))
def test_any_bytes_have_an_answer(data: bytes, size: int) -> None:
    assert check(data, MARLIN_FDM, LIMITS, long=size).ok is False


@pytest.mark.parametrize(("size", "lines", "code"), [(200_000, 10**6, "too-large"), (10**6, 900, "too-many-lines")])
def test_parts_that_are_too_much_are_refused_without_being_read(size: int, lines: int, code: str) -> None:
    limits = replace(LIMITS, max_bytes=size, max_lines=lines)
    report = check((GOOD.encode() for _ in count()), MARLIN_FDM, limits)
    assert [finding.code for finding in report.findings] == [code]


def test_a_long_program_that_measures_is_refused() -> None:
    data = GOOD.replace("G28\n", "G28\nG29 L50 R100 F50 B100 Z0\n").encode()
    assert "long-and-measured" not in {one.code for one in check(data, MARLIN_FOOD, LIMITS).findings}
    (found,) = (one for one in check(data, MARLIN_FOOD, LIMITS, long=1_000).findings if one.code == "long-and-measured")
    assert found.line == 7


BOUNDED = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from gcode.dialects import MARLIN_FDM
from gcode.preflight import check
from gcode.slicing.check.laid import Reader
from gcode.limits import Limits
limits = Limits((0, 0, 0, 200, 200, 200), 2.405, 12.0, tool_temperature=(180, 240), bed_temperature=(40, 90),
                max_bytes=300_000_000, max_lines=10_000_000, max_time=1e9)
data = Path(sys.argv[2]).read_bytes()
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
report = check(data, MARLIN_FDM, limits, **({"long": len(data)} if sys.argv[4:] else {}))
layers = sum(1 for _ in Reader(data, 2.405).layers())
print(json.dumps([report.lines, layers, [[one.code, one.line] for one in report.findings]]))
"""
ROOM = 250_000_000
"""Bytes, for a file of 40 MB."""


def test_memory_does_not_grow_with_a_program(tmp_path: Path) -> None:
    path, layers = tmp_path / "long.gcode", 240_000
    text = program(layers).replace("M84\n", "G0 X300\nM84\n")
    path.write_text(text)
    assert path.stat().st_size > 38_000_000
    root = str(Path(__file__).resolve().parents[2])

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-c", BOUNDED, root, str(path), str(ROOM), *more]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    lines = text.count("\n")
    assert run().stdout.strip() == f'[{lines}, {layers}, [["out-of-bounds", {lines - 1}]]]'
    assert "MemoryError" in run("at once").stderr
