"""Thumbnails are comments: the machine's program is the same, drivers do not send them, and they are read back."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.protocols.marlin.program import program as streamed
from gcode.dialects import MARLIN_FDM
from gcode.limits import Limits
from gcode.parse import parse
from gcode.pictures import Size, thumbnails, tubes, with_thumbnails
from gcode.pictures.thumbnails import WIDE
from gcode.preflight import check
from gcode.proof import ProofError
from gcode.recipe import Motion
from gcode.screens import ScreenError

AREA = 2.405
SIZES = [Size(64, 48), Size(16, 16)]
COLOURS = [(30, 80, 200)]
LIMITS = Limits(
    envelope=(0, 0, 0, 220, 220, 200), e_area=AREA, max_flow=20.0, motion=Motion(1000.0, 8.0, (300, 300, 20, 100))
)

Layers = Sequence[list[str]]


@pytest.fixture
def plain(stack: Callable[[Layers], bytes], block: Callable[..., Layers]) -> bytes:
    return b"; 0123abcd\n" + stack(block(32.0, 42.0, 10.0, 6.0, 6))


@pytest.fixture
def pictured(plain: bytes) -> bytes:
    return with_thumbnails(plain, tubes(plain, AREA), COLOURS, SIZES)


def test_the_program_is_the_same_for_the_machine(plain: bytes, pictured: bytes) -> None:
    one, other = parse(plain), parse(pictured)
    assert other.faults == ()
    assert (one.code == other.code).all()
    assert all(np.array_equal(one.words[letter], other.words[letter], equal_nan=True) for letter in "XYZEF")
    before, after = (
        {finding.code for finding in check(data, MARLIN_FDM, LIMITS).findings} for data in (plain, pictured)
    )
    assert before == after
    assert streamed(plain) == streamed(pictured), "a driver that streams sends no comment"


def test_they_are_read_back_and_show_the_body(pictured: bytes) -> None:
    found = list(thumbnails(pictured))
    assert [size for size, _ in found] == sorted(SIZES)
    for size, data in found:
        picture = np.asarray(Image.open(io.BytesIO(data)))
        assert picture.shape == (size.height, size.width, 4)
        solid = picture[..., 3] > 200
        assert 0.1 < solid.mean() < 0.9
        assert picture[solid][:, 2].mean() > picture[solid][:, 0].mean() + 50


def test_they_are_as_screens_read_them(pictured: bytes) -> None:
    lines = pictured.splitlines()
    assert lines[0] == b"; 0123abcd", "the stamp stays where it is"
    assert lines[1].startswith(b"; thumbnail begin 16x16 ")
    text = b"".join(line[2:] for line in lines[2 : lines.index(b"; thumbnail end")])
    assert len(text) == int(lines[1].rsplit(b" ", 1)[1])
    assert max(map(len, lines)) == WIDE + 2


def test_put_in_again_they_are_replaced(plain: bytes, pictured: bytes) -> None:
    printed = tubes(pictured, AREA)
    assert with_thumbnails(pictured, printed, COLOURS, SIZES) == pictured
    assert with_thumbnails(pictured, printed, COLOURS, []) == plain
    assert with_thumbnails(pictured, printed, [(200, 0, 0)], SIZES) != pictured


def test_a_damaged_one_is_left_out(pictured: bytes) -> None:
    lines = pictured.splitlines(keepends=True)
    del lines[3]
    assert [size for size, _ in thumbnails(b"".join(lines))] == [Size(64, 48)]


@pytest.mark.parametrize("text", ["", "32", "0x0", "4x4", "32x2000", "32x32x32", "-5x10", "a x b"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScreenError, match=r"thumbnail"):
        Size.read(text)


def test_too_many_are_refused(plain: bytes) -> None:
    with pytest.raises(ProofError, match="9 thumbnails"):
        with_thumbnails(plain, tubes(plain, AREA), COLOURS, [Size(16, 16 + side) for side in range(9)])


@given(st.binary(max_size=300))
def test_any_bytes_have_thumbnails_or_none(junk: bytes) -> None:
    list(thumbnails(b"; thumbnail begin 16x16 8\n; " + junk + b"\n; thumbnail end\n"))
