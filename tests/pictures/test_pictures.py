"""Pictures of prints show what the bytes lay: in scale, in the right colour and order, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gcode.pictures import print_proof, print_view, scene, tubes
from gcode.pictures.scene import alone
from gcode.pictures.tubes import Tubes
from gcode.proof import Piece, ProofError
from gcode.recipe import Place

AREA = 2.405
BLUE, WHITE, RED = (30, 80, 200), (250, 250, 250), (200, 30, 30)
PIECE, PLACE = Piece(20.0, 12.0, margin=4.0), Place(30.0, 40.0)
SCALE = 8.0

Layers = Sequence[list[str]]
Stack = Callable[[Layers], bytes]
Block = Callable[..., list[list[str]]]


def pixels(picture: bytes) -> npt.NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(picture))).astype(np.int64)


def proof(data: bytes, *colours: tuple[int, int, int]) -> npt.NDArray[np.int64]:
    return pixels(print_proof(tubes(data, AREA), PIECE, PLACE, colours or (BLUE,)))


def blue(picture: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return picture[..., 2] > picture[..., 0] + 30


def differs(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Share of pixels that an eye tells from each other."""
    return float((np.abs(one - other).max(axis=-1) > 12).mean())


def test_the_proof_is_in_scale(stack: Stack, block: Block) -> None:
    seen = blue(proof(stack(block(32.0, 42.0, 10.0, 6.0, 4))))
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert seen.shape == (20 * SCALE, 28 * SCALE)
    # 2 mm from the piece's corner, behind 4 mm of margin; ends are round.
    assert (columns[0], columns[-1]) == pytest.approx((6 * SCALE, 16 * SCALE), abs=0.3 * SCALE)
    assert (rows[0], rows[-1]) == pytest.approx((20 * SCALE - 12 * SCALE, 20 * SCALE - 6 * SCALE), abs=0.3 * SCALE)
    assert seen.mean() == pytest.approx(10.4 * 6.4 / (28 * 20), rel=0.05)


def test_the_same_bytes_give_the_same_picture_however_they_are_read(stack: Stack, block: Block) -> None:
    data = stack(block(32.0, 42.0, 10.0, 6.0, 4))
    whole = tubes(data, AREA)
    assert print_view(whole, [BLUE]) == print_view(tubes(data, AREA, block=700), [BLUE])
    assert print_view(whole, [BLUE]) != print_view(whole, [RED])


def test_every_layer_shows(stack: Stack, block: Block) -> None:
    layers = block(32.0, 42.0, 10.0, 6.0, 12)

    def view(data: bytes) -> npt.NDArray[np.int64]:
        return alone(tubes(data, AREA), 400, 300, [BLUE]).astype(np.int64)

    whole = view(stack(layers))
    for missing in (0, 5, 11):
        lacking = stack([[] if number == missing else lines for number, lines in enumerate(layers)])
        assert differs(whole, view(lacking)) > 0.005, f"nobody would see that layer {missing + 1} lacks"


def test_what_is_raised_is_seen_from_above(stack: Stack, block: Block, sheet: Callable[..., list[str]]) -> None:
    body = block(31.0, 41.0, 18.0, 10.0, 4)
    plain = proof(stack(body))
    raised = proof(stack([*body, sheet(36.0, 44.0, 4.0, 4.0), sheet(36.0, 44.0, 4.0, 4.0)]))
    moved = proof(stack([*body, sheet(38.0, 44.0, 4.0, 4.0), sheet(38.0, 44.0, 4.0, 4.0)]))
    assert differs(plain, raised) > 0.005
    assert differs(raised, moved) > 0.005


@pytest.mark.parametrize("change", ["M600", "T1"])
def test_each_filament_has_its_colour(change: str, stack: Stack, block: Block, sheet: Callable[..., list[str]]) -> None:
    data = stack([*block(32.0, 42.0, 10.0, 6.0, 4), [change, *sheet(34.0, 44.0, 4.0, 2.0)]])
    picture = proof(data, BLUE, RED)
    red = picture[..., 0] > picture[..., 2] + 30
    assert red.sum() == pytest.approx(4 * 2 * SCALE**2, rel=0.25)
    assert not (proof(data, BLUE, BLUE)[..., 0] > picture[..., 2] + 30).any()
    assert sorted(set(tubes(data, AREA).colour.tolist())) == [0, 1]


def test_what_comes_again_has_its_first_colour(stack: Stack, sheet: Callable[..., list[str]]) -> None:
    data = stack([["T3", *sheet(32, 42, 4, 4)], ["T1", *sheet(32, 42, 4, 4)], ["T3", *sheet(32, 42, 4, 4)]])
    found = tubes(data, AREA)
    assert found.colour[found.top < 0.3].tolist() == [0] * int((found.top < 0.3).sum())
    assert sorted(set(found.colour[(found.top > 0.3) & (found.top < 0.5)].tolist())) == [1]
    assert sorted(set(found.colour[found.top > 0.5].tolist())) == [0]


def test_beside_the_part_nothing_is_drawn_unless_asked(stack: Stack, sheet: Callable[..., list[str]]) -> None:
    data = stack([[";TYPE:Skirt", *sheet(32, 42, 10, 0.4), ";TYPE:Solid infill", *sheet(34, 44, 4, 4)]])
    whole, part = tubes(data, AREA, beside=True), tubes(data, AREA)
    assert len(whole) > len(part)
    assert part.box()[0][1] > 43.0 > whole.box()[0][1]


def test_volume_becomes_width_by_the_height_of_the_layer(stack: Stack, block: Block) -> None:
    found = tubes(stack(block(32.0, 42.0, 10.0, 6.0, 5)), AREA)
    assert found.height == pytest.approx(np.full(len(found), 0.2))
    assert found.width == pytest.approx(np.full(len(found), 0.4 * 1.06), rel=0.01)


def test_a_long_program_is_drawn_with_fewer_pieces(stack: Stack) -> None:
    angle = np.linspace(0, 2 * np.pi, 2000)
    points = np.stack([40 + 6 * np.cos(angle), 46 + 4 * np.sin(angle)], axis=1)
    ring = [f"G1 X{x:.4f} Y{y:.4f} E0.0004" for x, y in points.tolist()]
    data = stack([[f"G0 X{points[0, 0]:.4f} Y{points[0, 1]:.4f}", *ring]] * 3)
    whole, fewer = tubes(data, AREA), tubes(data, AREA, most=1500)
    assert len(fewer) < 1600 < len(whole)
    box = np.concatenate(fewer.box()) - np.concatenate(whole.box())
    assert np.abs(box).max() < 0.05
    one, other = (pixels(print_view(each, [BLUE], 200)) for each in (whole, fewer))
    assert differs(one, other) < 0.02


def test_nothing_laid_is_said_and_a_picture_too_large_too(stack: Stack, block: Block) -> None:
    with pytest.raises(ProofError, match="nothing is laid"):
        print_view(tubes(b"G28\nG0 X5 Y5 F600\nM84\n", AREA), [BLUE])
    with pytest.raises(ProofError, match="too large"):
        print_view(tubes(stack(block(32, 42, 4, 4, 1)), AREA), [BLUE], 60_000)


def test_around_a_body_that_is_drawn_alone_there_is_nothing(stack: Stack, block: Block) -> None:
    picture = alone(tubes(stack(block(32.0, 42.0, 10.0, 6.0, 4)), AREA), 64, 48, [WHITE])
    assert picture.shape == (48, 64, 4)
    assert picture[0, 0, 3] == 0
    assert picture[24, 32, 3] == 255
    assert 0.15 < (picture[..., 3] > 128).mean() < 0.8


@st.composite
def scattered(draw: st.DrawFn) -> bytes:
    numbers = st.integers(-20_000, 20_000).map(lambda value: value / 100)
    lines = ["G28", "G90", "M83"]
    for _ in range(draw(st.integers(1, 30))):
        x, y, z, e = draw(numbers), draw(numbers), draw(st.integers(0, 500)) / 10, draw(st.integers(-100, 3000)) / 100
        lines.append(f"G1 X{x:g} Y{y:g} Z{z:g} E{e:g}")
    return "\n".join(lines).encode()


@settings(max_examples=40, deadline=None)
@given(scattered())
def test_whatever_is_laid_has_a_picture(data: bytes) -> None:
    found: Tubes = tubes(data, AREA)
    if len(found):
        picture = pixels(print_view(found, [BLUE], 80))
        assert picture.shape[1] == 80
        assert 32 <= picture.shape[0] <= 80
        assert blue(picture).any()


def test_however_many_rows_are_lit_at_once(stack: Stack, block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = tubes(stack(block(32.0, 42.0, 10.0, 6.0, 4)), AREA)
    whole = print_view(printed, [BLUE], 300)
    monkeypatch.setattr(scene, "AT_ONCE", 2_000)
    assert print_view(printed, [BLUE], 300) == whole
