"""The compact form says what the program says: read back, number by number, it is what the machine would do."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.dialects import GRBL_LASER, MARLIN_FDM
from gcode.parse import parse
from gcode.pictures.layers import MARK, ROLES, TRAVEL, LayersError, layers

AREA = 2.405
Layers = Sequence[list[str]]


@dataclass
class Run:
    role: int
    width: float
    points: list[tuple[float, float]]


@dataclass
class Read:
    box: list[float]
    heights: list[float]
    layers: list[list[Run]]

    def runs(self, role: int) -> list[Run]:
        return [run for layer in self.layers for run in layer if run.role == role]

    def length(self, *roles: int) -> float:
        return sum(float(np.hypot(*np.diff(run.points, axis=0).T).sum()) for role in roles for run in self.runs(role))


def read(data: bytes) -> Read:
    """A reader of its own, one number after the other."""
    name, version, _, units, count, *box = struct.unpack_from("<4sBBHI4i", data)
    assert (name, version) == (b"LAYR", 1)
    numbers = varints(data[28:])
    found = Read([side / units for side in box], [], [])
    here = (0, 0)
    for _ in range(count):
        found.heights.append(signed(next(numbers)) / 1000)
        runs = []
        for _ in range(next(numbers)):
            run = Run(next(numbers), next(numbers) / units, [(here[0] / units, here[1] / units)])
            for _ in range(next(numbers)):
                here = (here[0] + signed(next(numbers)), here[1] + signed(next(numbers)))
                run.points.append((here[0] / units, here[1] / units))
            runs.append(run)
        found.layers.append(runs)
    assert list(numbers) == []
    return found


def varints(data: bytes) -> Iterator[int]:
    value, shift = 0, 0
    for byte in data:
        value, shift = value | (byte & 127) << shift, shift + 7
        if byte < 128:
            yield value
            value, shift = 0, 0


def signed(value: int) -> int:
    return value >> 1 if value % 2 == 0 else -(value + 1 >> 1)


def test_layers_heights_widths_and_lengths_are_the_programs(
    stack: Callable[[Layers], bytes], block: Callable[..., Layers]
) -> None:
    found = read(layers(stack(block(32.0, 42.0, 10.0, 6.0, 5)), MARLIN_FDM, e_area=AREA))
    assert found.heights == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert {run.width for run in found.runs(MARK)} == {0.4}
    assert found.length(MARK) == pytest.approx(3 * 15 * 10 + 2 * 25 * 6, rel=0.002)
    assert found.box == pytest.approx([32.0, 42.0, 42.0, 48.0], abs=0.25)
    assert found.length(TRAVEL) > 0


def test_a_layer_that_lacks_lacks(stack: Callable[[Layers], bytes], block: Callable[..., Layers]) -> None:
    whole = block(32.0, 42.0, 10.0, 6.0, 5)
    lacking = stack([[] if number == 2 else lines for number, lines in enumerate(whole)])
    found = read(layers(lacking, MARLIN_FDM, e_area=AREA))
    assert found.heights == pytest.approx([0.2, 0.4, 0.8, 1.0])


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (";TYPE:External perimeter", "outer wall"),
        (";TYPE:Perimeter", "inner wall"),
        (";TYPE:Top solid infill", "top"),
        (";TYPE:Solid infill", "solid"),
        (";TYPE:Internal infill", "sparse"),
        (";TYPE:Bridge infill", "over nothing"),
        (";TYPE:Overhang perimeter", "over nothing"),
        (";TYPE:Skirt/Brim", "beside"),
        (";TYPE:Support material interface", "support"),
        ("; FEATURE: Inner wall", "inner wall"),
        ("; FEATURE: Bottom surface", "solid"),
        ("; FEATURE: Gap infill", "gap"),
        (";TYPE:WALL-OUTER", "outer wall"),
        (";TYPE:FILL", "sparse"),
        (";TYPE:SKIN", "solid"),
        (";TYPE:PRIME-TOWER", "beside"),
        ("; nothing of the kind", "laid"),
    ],
)
def test_each_slicers_words_have_their_role(said: str, role: str, stack: Callable[[Layers], bytes]) -> None:
    data = stack([[said, "G1 X10 Y0 E0.3 F1200"]])
    found = read(layers(data, MARLIN_FDM, e_area=AREA))
    assert [ROLES[run.role] for run in found.layers[0]] == [role]


def test_a_lasers_lines_are_marks_as_wide_as_its_spot() -> None:
    data = b"G90\nM4 S0\nG0 X10 Y10\nG1 X20 Y10 F1000 S500\nG1 X20 Y15\nG0 X0 Y0\nM5\n"
    found = read(layers(data, GRBL_LASER, width=0.2))
    assert [run.role for run in found.layers[0]] == [TRAVEL, MARK, TRAVEL]
    assert found.layers[0][1].points == [(10, 10), (20, 10), (20, 15)]
    assert found.layers[0][1].width == pytest.approx(0.2, abs=0.05)


def test_an_arc_is_round() -> None:
    data = b"G28\nG90\nM83\nG0 X10 Y0 Z0.2 F3000\nG3 X-10 Y0 I-10 J0 E2 F1200\n"
    found = read(layers(data, MARLIN_FDM, e_area=AREA))
    assert found.length(MARK) == pytest.approx(np.pi * 10, rel=0.01)


def test_it_is_small(stack: Callable[[Layers], bytes]) -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    rings = []
    for layer in range(20):
        points = np.stack([60 + (20 + layer / 7) * np.cos(angle), 60 + 14 * np.sin(angle)], axis=1)
        rings.append([f"G1 X{x:.3f} Y{y:.3f} E0.01234 F1800" for x, y in points.tolist()])
    data = stack(rings)
    assert len(gzip.compress(layers(data, MARLIN_FDM, e_area=AREA))) < len(gzip.compress(data)) / 5


def test_what_lays_nothing_and_what_is_too_large_is_said() -> None:
    with pytest.raises(LayersError, match="lays, burns and draws nothing"):
        layers(b"G28\nG0 X5 Y5 F600\n", MARLIN_FDM, e_area=AREA)
    with pytest.raises(LayersError, match="look at its proof"):
        layers(b";" * (48 * 1024 * 1024 + 1), MARLIN_FDM, e_area=AREA)


def test_heights_that_never_rest_are_few_layers() -> None:
    lines = [f"G1 X{number % 50} Y{number % 7} Z{number * 0.011:.3f} E0.05" for number in range(1, 12_000)]
    found = read(layers("\n".join(["G28", "M83", *lines]).encode(), MARLIN_FDM, e_area=AREA))
    assert 1000 < len(found.heights) <= 5000


@st.composite
def wandering(draw: st.DrawFn) -> list[tuple[int, int, int, bool]]:
    step = st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000), st.integers(1, 5), st.booleans())
    return draw(st.lists(step, min_size=1, max_size=40))


@settings(max_examples=60, deadline=None)
@given(wandering())
def test_read_back_it_visits_the_same_places(steps: list[tuple[int, int, int, bool]]) -> None:
    lines = ["G28", "G90", "M83"]
    for x, y, z, lays in steps:
        lines.append(f"G1 X{x / 25:.2f} Y{y / 25:.2f} Z{z / 10:.1f}" + (" E1" if lays else ""))
    data = "\n".join(lines).encode()
    moves = MARLIN_FDM.trace(parse(data))
    if not moves.lays.any():
        with pytest.raises(LayersError):
            layers(data, MARLIN_FDM, e_area=AREA)
        return
    found = read(layers(data, MARLIN_FDM, e_area=AREA))
    way = np.hypot(*(moves.end - moves.start)[:, :2].T)
    assert found.length(MARK) == pytest.approx(float(way[moves.lays].sum()), abs=0.1)
    assert found.length(TRAVEL) == pytest.approx(float(way[~moves.lays].sum()), abs=0.1)
    last = [run for layer in found.layers for run in layer][-1].points[-1]
    assert last == pytest.approx(tuple(moves.end[-1, :2].tolist()), abs=0.03)
