from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Tone, Zone
from gcode.photo import Look, crop, grey_of, quality, tone
from gcode.proof import Marks, Piece, ProofError, bead_picture, bead_proof, beads, png
from gcode.recipe import Bead, Place

ZONE = Zone("photo", 0, 0, 100, 70)


def photo(low: int = 0, high: int = 255, size: tuple[int, int] = (300, 450)) -> np.ndarray:
    ramp = np.linspace(low, high, size[1]).astype(np.uint8)
    return np.repeat(np.broadcast_to(ramp, size)[:, :, None], 3, axis=2)


@given(st.integers(2, 90), st.integers(2, 90), st.floats(0.2, 5), st.floats(0, 1), st.floats(0, 1))
def test_a_crop_has_the_shape_of_its_zone(rows: int, columns: int, aspect: float, x: float, y: float) -> None:
    cut = crop(np.zeros((rows, columns), np.float32), aspect, (x, y))
    height, width = cut.shape
    assert 2 <= height <= rows
    assert 2 <= width <= columns
    assert height in (rows, max(2, round(columns / aspect)), 2)
    assert abs(width - height * aspect) <= max(1, aspect) or 2 in (height, width)


def test_the_focus_stays_in_the_crop() -> None:
    wide = np.zeros((20, 200), np.float32)
    wide[:, 150] = 1.0
    assert crop(wide, 1.0, (0.75, 0.5)).max() == 1.0
    assert crop(wide, 1.0, (0.25, 0.5)).max() == 0.0


def test_contrast_is_stretched_to_the_whole_range() -> None:
    made = tone(photo(100, 150), ZONE, 1.4)
    assert made.lightness.min() < 0.02
    assert made.lightness.max() > 0.98
    assert (made.width, made.height) == (100, 70)
    assert tone(photo(), ZONE, 1.4, Look(gamma=2)).lightness.mean() < tone(photo(), ZONE, 1.4).lightness.mean()


def test_what_speaks_against_a_photo_is_said() -> None:
    assert quality(grey_of(photo()), ZONE, 1.4) == ()
    assert [q.code for q in quality(grey_of(photo(size=(40, 60))), ZONE, 1.4)] == ["too-small"]
    assert [q.code for q in quality(grey_of(photo(100, 120)), ZONE, 1.4)] == ["flat"]
    assert [q.code for q in quality(grey_of(photo(0, 20)), ZONE, 1.4)] == ["flat", "too-dark"]
    assert "64 %" not in quality(grey_of(photo(100, 120)), ZONE, 1.4)[0].text


@pytest.mark.parametrize("values", [np.zeros(5), np.zeros((1, 9)), np.full((4, 4), np.nan)])
def test_what_is_no_picture_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError):
        grey_of(values)


def test_a_tone_is_read_where_it_lies() -> None:
    made = Tone(np.array([[0.0, 1.0], [0.0, 0.5]], dtype=np.float32), 10, 20, 4, 4)
    x, y = np.array([10.0, 14.0, 14.0, 12.0]), np.array([24.0, 24.0, 20.0, 22.0])
    assert made.at(x, y) == pytest.approx([0.0, 1.0, 0.5, 0.375])


def test_the_proof_shows_the_bytes_and_nothing_else(good: bytes, bead: Bead) -> None:
    piece, place = Piece(50, 40), Place(50, 50, 10)
    first = bead_proof(beads(good, bead, place), piece)
    assert first == bead_proof(beads(good, bead, place), piece)
    wider = good.replace(b" E0.002", b" E0.004", 30)
    assert wider != good
    assert bead_proof(beads(wider, bead, place), piece) != first
    cut = good[: len(good) // 2].rsplit(b"\n", 1)[0]
    seen, half = (bead_picture(beads(data, bead, place), piece, 8.0).astype(int) for data in (good, cut))
    assert (np.abs(seen - half).sum(axis=2) > 60).mean() > 0.1


def test_the_proof_is_dark_where_the_design_is(good: bytes, face: Tone, bead: Bead) -> None:
    piece, place = Piece(50, 40, margin=0.0), Place(50, 50, 10)
    seen = bead_picture(beads(good, bead, place), piece, 4.0).mean(axis=2)
    rows, columns = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]]
    x, y = (columns + 0.5) / 4, 40 - (rows + 0.5) / 4
    inside = (x > 8) & (x < 42) & (y > 8) & (y < 32)
    light = face.at(x.ravel(), y.ravel()).reshape(seen.shape)
    assert seen[inside & (light < 0.05)].mean() < 0.6 * seen[inside & (light > 0.75)].mean()


def test_what_is_far_from_the_piece_leaves_its_picture_as_it_is() -> None:
    """Pieces lie side by side in a jig: a neighbour's bead is drawn as far as it reaches into the picture."""
    piece, spots = Piece(20, 20), np.array([[10.0, 10.0], [24.5, 10.0], [24.9, 4.0], [500.0, 10.0], [-3.0, -300.0]])
    marks = Marks(spots, spots + np.array([0.0, 1.0]), np.full(5, 2.0))
    assert len(marks.seen(piece).width) == 3
    whole = bead_picture(marks, piece, 8.0)
    assert (whole == bead_picture(marks.seen(piece), piece, 8.0)).all()
    assert (whole != bead_picture(marks.only(np.arange(5) != 2), piece, 8.0)).any()


def test_a_proof_too_large_is_refused(good: bytes, bead: Bead) -> None:
    with pytest.raises(ProofError, match="lower px_per_mm"):
        bead_proof(beads(good, bead), Piece(5000, 5000))
    assert bead_proof(beads(b"G1 \xff nonsense", bead), Piece(10, 10))


@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_png_bytes_hold_the_pixels(rows: int, columns: int, colour: bool, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(
        0, 256, (rows, columns, 3) if colour else (rows, columns), dtype=np.uint8
    )
    data, at, parts = png(pixels), 8, {}
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + body)
        parts[name], at = body, at + 12 + size
    step = 3 if colour else 1
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(rows, -1)
    assert (lines[:, 0] == 1).all()
    restored = np.cumsum(lines[:, 1:].reshape(rows, columns, step), axis=1, dtype=np.uint8)
    assert np.array_equal(restored.reshape(pixels.shape), pixels)
