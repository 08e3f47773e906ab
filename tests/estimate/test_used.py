"""What a program takes: counted as a spool loses it, in any number of pieces, and told as far as it is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.config import Envelope, Limits, Machine, Material
from fulfillment.costs import used, used_by_tool
from gcode.parse import parse
from gcode.stream import cut, pieces
from gcode.trace import trace
from gcode.used import filament

PLA = Material.model_validate(
    {"name": "pla", "kind": "pla", "colour": "#2f6f73", "density": "1.24 g/cm3", "price": 25.0}
)
PLAIN = Material(name="pla", kind="pla", colour="#2f6f73")
PRINTER = Machine(
    name="tag-1",
    driver="marlin",
    address="/dev/x",
    processes=frozenset({"fdm"}),
    envelope=Envelope(x=200, y=200, z=200),
    nozzle=0.4,
    e_area=2.405,
    limits=Limits.model_validate({"speed": {"x": 200, "y": 200, "z": 12, "e": 80}, "acceleration": 1000}),
)
METRE = b"M83\nG1 X10 E1000 F1200\nG1 E-2\nG1 X0\nG1 E2\nG1 E-5\n"


def test_what_was_drawn_back_and_given_again_is_counted_once() -> None:
    assert filament(METRE) == {0: 1000.0}


def test_what_is_not_known_is_not_said() -> None:
    whole = used(METRE, PLA, PRINTER)
    assert whole == {
        "filament": 1000.0,
        "volume": 2405.0,
        "mass": pytest.approx(2.9822, abs=0.01),
        "cost": pytest.approx(0.0746, abs=0.001),
    }
    assert used(METRE, PLAIN, PRINTER).keys() == {"filament", "volume"}
    assert used(METRE, PLA.model_copy(update={"price": None}), PRINTER).keys() == {"filament", "volume", "mass"}
    no_feeder = PRINTER.model_copy(update={"e_area": None})
    assert used(METRE, PLA, no_feeder) == {"filament": 1000.0}


def test_each_tool_is_counted_by_itself() -> None:
    data = b"M82\nT0\nG92 E0\nG1 X1 E10 F600\nG1 E8\nT1\nG92 E0\nG1 X5 E30\nT0\nG92 E0\nG1 X9 E4\n"
    assert filament(data) == {0: pytest.approx(12.0), 1: pytest.approx(30.0)}
    found = used_by_tool(data, {0: PLA}, PRINTER)
    assert "mass" in found[0] and "mass" not in found[1]


WORDS = st.sampled_from(
    ["G90", "G91", "M82", "M83", "G28", "T0", "T1", "; a comment", ""]
    + [f"G92 {letter}{value}" for letter in "XYZE" for value in (0, 3.5)]
)  # fmt: skip
MOVE = st.builds(
    lambda code, x, y, e, f: f"{code} X{x:.3f} Y{y:.3f}" + (f" E{e:.4f}" if e else "") + (f" F{f}" if f else ""),
    st.sampled_from(["G0", "G1"]), st.floats(-50, 50), st.floats(-50, 50), st.floats(-3, 3) | st.none(),
    st.integers(60, 9000) | st.none(),
)  # fmt: skip
PROGRAMS = st.lists(WORDS | MOVE, min_size=1, max_size=60).map(lambda lines: ("\n".join(lines) + "\n").encode())


@given(PROGRAMS, st.integers(1, 400))
def test_a_program_in_pieces_is_the_program(data: bytes, size: int) -> None:
    whole = trace(parse(data))
    parts = list(pieces(cut(data, size)))
    for name in ("start", "end", "e", "feed"):
        found = np.concatenate([getattr(part.moves, name) for part in parts])
        assert np.allclose(found, getattr(whole, name), atol=1e-5, rtol=1e-6, equal_nan=True), name
    lines = np.concatenate([part.program.line[part.moves.index] for part in parts])
    assert (lines == parse(data).line[whole.index]).all()
    assert sum(part.moves.dwell for part in parts) == pytest.approx(whole.dwell)


@given(PROGRAMS, st.integers(1, 400))
def test_what_is_used_does_not_depend_on_pieces(data: bytes, size: int) -> None:
    one, many = filament(data), filament(cut(data, size))
    for tool in one.keys() | many.keys():
        assert math.isclose(one.get(tool, 0.0), many.get(tool, 0.0), abs_tol=1e-4)
