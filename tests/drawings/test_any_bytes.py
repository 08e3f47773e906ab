"""Whatever is sent is a drawing or a refusal in two sentences; never another error, and never a dead process."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.errors import GEOSException

from fulfillment import drawings
from fulfillment.apart import Over, apart
from fulfillment.drawings import paint
from fulfillment.drawings.curves import check_path
from fulfillment.drawings.dxf import read as read_dxf
from fulfillment.drawings.limits import MEMORY, SECONDS, DrawingError
from fulfillment.drawings.svg import read as read_svg

from .hostile import LINE, block, entities, svg
from .test_svg import ILLUSTRATOR, INKSCAPE

READERS = {"image/svg+xml": read_svg, "image/vnd.dxf": read_dxf}
SEEDS = [
    INKSCAPE.encode(),
    ILLUSTRATOR.encode(),
    svg('<path d="M50,30a20,20,0,1,1,0,40a20 20 0 010-40z" transform="rotate(3)"/>'),
    entities(*LINE, (0, "CIRCLE"), (8, "0"), (10, 1), (20, 2), (40, 3)),
    entities((0, "SPLINE"), (8, 0), (71, 3), (72, 8), (73, 4), *((40, k) for k in (0, 0, 0, 0, 1, 1, 1, 1)),
             *((c, v) for v in range(4) for c in (10, 20, 30))),
    entities((0, "LWPOLYLINE"), (8, 0), (90, 2), (70, 1), (10, 0), (20, 0), (42, 1), (10, 5), (20, 5)),
    entities((0, "INSERT"), (2, "b"), (10, 0), (20, 0), (41, 2), (50, 30), blocks=block("b", "c") + block("c")),
]  # fmt: skip
SCRAPS = [
    b"nan",
    b"1e999",
    b"-",
    b"<g>",
    b"</g>",
    b'"',
    b"\n0\n",
    b"\n",
    b"&x;",
    b"url(#",
    b"0",
    b"M",
    b"\xff",
    b"70\n99\n",
]


def judged(data: bytes) -> None:
    """Read it here, without the process that would hide what goes wrong."""
    try:
        found = paint.seen(READERS[drawings.media_type(data)](data))
    except DrawingError as error:
        assert error.reason.endswith(".") and error.mend.endswith(".")
        return
    lines = [*found.outlines, *(stroke.line for stroke in found.strokes)]
    assert lines and all(np.isfinite(line).all() for line in lines)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    judged(data)


@settings(max_examples=150)
@given(
    st.sampled_from([b"<svg ", b"<svg><path d='", b"  0\nSECTION\n", b"0\nSECTION\n2\nENTITIES\n0\n"]),
    st.binary(max_size=200),
)
def test_any_bytes_behind_a_good_beginning(head: bytes, data: bytes) -> None:
    judged(head + data)


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.data())
def test_good_files_with_damage(seed: bytes, data: st.DataObject) -> None:
    raw = seed
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=3)))
        raw = raw[:at] + put + raw[at + cut :]
    judged(raw)


@settings(max_examples=200)
@given(st.text("MmZzLlHhVvCcSsQqTtAa0123456789.,-+eE \nnaif", max_size=60))
def test_any_path_data(data: str) -> None:
    judged(svg(f'<path stroke="red" d="{data}"/>'))


numbers = st.one_of(st.floats(), st.integers(-(10**12), 10**12))


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from([10, 20, 30, 40, 41, 42, 50, 51, 70, 71, 72, 73, 210, 230]), numbers), max_size=9
    )
)
def test_any_numbers_in_any_entity(pairs: list[tuple[int, float]]) -> None:
    for kind in ("LINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE", "LWPOLYLINE", "INSERT", "POLYLINE"):
        judged(entities((0, kind), (8, "0"), (2, "b"), *pairs, blocks=block("b")))


def test_path_data_is_counted_as_it_is_read() -> None:
    assert check_path("M0 0 1 1 2 2 L3 3z m1 1h1 2 3 a1 1 0 01.5.5 1 1 0 1 1 2 2", "here") == 11
    with pytest.raises(DrawingError, match="here has 3 numbers behind L"):
        check_path("M0 0L1 2 3", "here")
    with pytest.raises(DrawingError, match="does not begin with a move"):
        check_path("L1 2", "here")


# --- the process apart ----------------------------------------------------------------------------------------------


def test_what_a_process_apart_returns_or_raises_comes_back() -> None:
    assert apart(lambda data: data[::-1], b"abc", MEMORY, SECONDS) == b"cba"
    with pytest.raises(DrawingError, match=r"Too odd\. Mend it\."):
        apart(_refuse, b"", MEMORY, SECONDS)
    with pytest.raises(ZeroDivisionError):
        apart(lambda data: 1 // len(data), b"", MEMORY, SECONDS)


def _refuse(_data: bytes) -> None:
    raise DrawingError("Too odd.", "Mend it.")


def test_a_process_apart_is_ended_inside_c_code_and_its_memory_is_bounded() -> None:
    with pytest.raises(Over, match=r"^1 s$"):
        apart(lambda _: sum(math.factorial(400_000 + n) for n in range(99)), b"", MEMORY, 1)
    with pytest.raises(Over, match=r"^50 MB$"):
        apart(lambda _: bytes(200_000_000), b"", 50_000_000, SECONDS)
    with pytest.raises(Over, match=r"^50 MB$"):
        apart(_out_of_memory, b"", 50_000_000, SECONDS)


def _out_of_memory(_data: bytes) -> None:
    """As shapely tells of it."""
    raise GEOSException("std::bad_alloc")


def test_a_small_file_that_takes_long_meets_the_bounds() -> None:
    """1,200 curves that cross each other all over: small in every count. Which bound comes first is the machine's."""
    curves = "".join(
        f"C{n * 37 % 100} {n * 61 % 97} {n * 53 % 89} {n * 71 % 83} {n * 29 % 79} {n * 43 % 73}" for n in range(1200)
    )
    with pytest.raises(DrawingError, match=r"so much in it that it takes more than (2 s|300 MB) to read"):
        drawings.read(svg(f'<path fill="none" stroke="white" d="M50 50{curves}"/><rect width="100" height="100"/>'))
