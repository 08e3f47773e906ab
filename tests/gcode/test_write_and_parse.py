from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.dialects import MARLIN_FOOD, Command, DialectError, Setup
from gcode.parse import code_of, name_of, parse
from gcode.toolpath import Kind, Toolpath, repeats_removed, settled
from gcode.write import command_line, lines, program

position = st.none() | st.floats(-999, 999)
row = st.tuples(
    st.sampled_from([Kind.TRAVEL, Kind.LINE]), position, position, position, st.none() | st.floats(-199, 199),
    st.none() | st.floats(0.02, 999),
)  # fmt: skip


def toolpath_of(rows: list[tuple[object, ...]]) -> Toolpath:
    columns = [
        np.array([np.nan if value is None else value for value in column], dtype=float)
        for column in zip(*rows, strict=True)
    ]
    nothing = np.full(len(rows), np.nan)
    return Toolpath(columns[0].astype(np.uint8), *columns[1:], nothing, nothing)


def plainly(toolpath: Toolpath) -> bytes:
    """The same lines by a loop: what the planes of digits must equal."""
    out = []
    for number in range(len(toolpath)):
        words = [f"G{toolpath.kind[number]}"]
        for letter in "XYZEF":
            value = getattr(toolpath, letter.lower())[number] * (60 if letter == "F" else 1)
            if not np.isnan(value):
                decimals = MARLIN_FOOD.decimals[letter]
                units = int(np.rint(abs(value) * 10.0**decimals))
                text = f"{units // 10**decimals}.{units % 10**decimals:0{decimals}d}".rstrip("0").rstrip(".")
                words.append(letter + ("-" if value < 0 and units else "") + text)
        out.append("\n" + " ".join(words))
    return "".join(out).encode()


@given(st.lists(row, min_size=1, max_size=40))
def test_written_lines_are_those_of_a_plain_loop(rows: list[tuple[object, ...]]) -> None:
    toolpath = toolpath_of(rows)
    assert lines(toolpath, MARLIN_FOOD) == plainly(toolpath)


@given(st.lists(row, min_size=1, max_size=40))
def test_what_is_written_reads_back_to_its_decimals(rows: list[tuple[object, ...]]) -> None:
    toolpath = toolpath_of(rows)
    read = parse(lines(toolpath, MARLIN_FOOD))
    assert read.faults == ()
    assert [name_of(code) for code in read.code] == [f"G{kind}" for kind in toolpath.kind]
    for letter, factor in zip("XYZEF", (1, 1, 1, 1, 60), strict=True):
        meant = getattr(toolpath, letter.lower()) * factor
        half = 0.5 * 10.0 ** -MARLIN_FOOD.decimals[letter]
        got = read.word(letter)
        assert (np.isnan(meant) == np.isnan(got)).all()
        assert np.nanmax(np.abs(meant - got), initial=0.0) <= half * 1.0001


def test_many_blocks_read_like_one() -> None:
    count = 50_000
    x = np.arange(count) % 1000 / 1.0
    data = lines(Toolpath.rows(Kind.LINE, count, x=x, y=-x, f=20.0), MARLIN_FOOD)
    read = parse(data)
    assert len(data) > 1 << 19
    assert read.faults == ()
    assert (read.word("X") == x).all()
    assert (read.word("Y") == -x).all()
    assert (read.line == np.arange(count) + 2).all()


@pytest.mark.parametrize(
    "command",
    [
        Command("M117"),
        Command("G1", (("Q", 1.0),)),
        Command("M104", (("S", 999.0),)),
        Command("G1", (("X", float("nan")),)),
        Command("G1", (("X", float("inf")),)),
        Command("G1\nM112"),
    ],
)
def test_a_command_outside_the_dialect_is_not_written(command: Command) -> None:
    with pytest.raises(DialectError):
        command_line(command, MARLIN_FOOD)


def test_a_row_outside_the_dialect_is_not_written() -> None:
    for bad in (1e9, float("inf"), -1e4):
        with pytest.raises(DialectError):
            lines(Toolpath.rows(Kind.LINE, 3, x=np.array([0.0, bad, 0.0]), f=10.0), MARLIN_FOOD)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Toolpath(np.zeros(2, np.uint8), *[np.zeros(3)] * 7)


def test_a_program_begins_and_ends_as_its_setup_says() -> None:
    data = program(
        Toolpath.rows(Kind.DWELL, 1, p=0.25), MARLIN_FOOD, Setup(tool_temperature=32, lift=20, park=(1, 2), fan=0.5)
    )
    text = data.decode().split("\n")
    assert text[:3] == ["G21", "G90", "M83"]
    assert (
        text.index("M104 S32")
        < text.index("G28")
        < text.index("M109 S32")
        < text.index("M106 S128")
        < text.index("G4 P250")
    )
    assert text[-7:] == ["G0 X1 Y2 F4800", "M400", "M104 S0", "M140 S0", "M107", "M84", ""]
    assert "M302" not in data.decode()


@given(st.lists(st.floats(0, 0.01), max_size=300))
def test_settled_amounts_add_up(values: list[float]) -> None:
    amounts = np.array(values, dtype=float)
    assert np.abs(np.cumsum(settled(amounts, 5)) - np.cumsum(amounts)).max(initial=0.0) <= 0.5001e-5


def test_repeats_are_removed_and_nothing_else() -> None:
    nan = float("nan")
    got = repeats_removed(np.array([1.0, 1.0, nan, 1.0, 2.0, nan, 1.0]))
    assert np.array_equal(got, [1.0, nan, nan, nan, 2.0, nan, 1.0], equal_nan=True)


FAULTY = {
    b"N1 G28*18\n": {"bad-byte", "no-code", "two-commands", "unknown-word"},
    b"g1 x1\n": {"bad-byte", "loose-number"},
    b"G1 X1e5\n": {"bad-byte"},
    b"G1 XNAN\n": {"bad-number"},
    b"G1 X\n": {"bad-number"},
    b"G1 X-\n": {"bad-number"},
    b"G1 X--1\n": {"bad-number"},
    b"G1 X1-1\n": {"bad-number"},
    b"G1 X1.2.3\n": {"bad-number"},
    b"G1 X123456789\n": {"bad-number"},
    b"G1 X0.123456789\n": {"bad-number"},
    b"G1 X" + b"0" * 60 + b"1\n": {"bad-number"},
    b"G1 X1 X2\n": {"double-word"},
    b"G1 X1 G1 X2\n": {"two-commands"},
    b"G1 5 X3\n": {"loose-number"},
    b"X10\n": {"no-code"},
    b"G-1\n": {"no-code"},
    b"G10000\n": {"no-code"},
    b"G1.25\n": {"no-code"},
    b"G1 X1 (home)\n": {"bad-byte"},
    b"G1 W1\n": {"unknown-word"},
    "G1 X١\n".encode(): {"bad-byte"},
    b"G1 X1\x00\n": {"bad-byte"},
    b"G1\rM112\n": {"bad-byte"},
}


@pytest.mark.parametrize("data", FAULTY)
def test_a_broken_line_is_found_with_its_place(data: bytes) -> None:
    faults = parse(b"G21\n; a comment with any text, even G1 X1 X2\n" + data + b"G90\n").faults
    codes = {fault.code for fault in faults}
    assert codes & FAULTY[data], codes
    assert {fault.line for fault in faults} == {3}


def test_plain_forms_are_taken() -> None:
    read = parse(b"G1X1Y-.5Z+3.\r\n\n   M104 S200 ;hot\nG92.1\nG1 X000123.40")
    assert read.faults == ()
    assert [name_of(code) for code in read.code] == ["G1", "M104", "G92.1", "G1"]
    assert [read.word(letter)[0] for letter in "XYZ"] == [1.0, -0.5, 3.0]
    assert read.word("S")[1] == 200.0
    assert read.word("X")[3] == 123.4
    assert read.line.tolist() == [1, 3, 4, 5]
    assert read.lines == 5
    assert code_of("G92.1") == read.code[2]


def test_faults_are_counted_and_few_are_shown() -> None:
    faults = parse(b"G1 X\n" * 1000).faults
    assert [fault.line for fault in faults] == [1, 2, 3, 4, 5]
    assert {fault.count for fault in faults} == {1000}


def test_limits_are_findings() -> None:
    assert [fault.code for fault in parse(b"G1 X1\n" * 9, max_bytes=20).faults] == ["too-large"]
    assert [fault.code for fault in parse(b"G1 X1\n" * 9, max_lines=8).faults] == ["too-many-lines"]
    endless = parse(b"G28\n" + b"G1 X1 " * 100_000)
    assert [fault.code for fault in endless.faults] == ["endless-line"]
    assert len(endless) == 1


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    read = parse(data)
    assert len(read.code) == len(read.line)
    assert all(len(column) == len(read) for column in read.words.values())
