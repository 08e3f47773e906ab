"""Opening photos: every way that pixels are stored comes out as the same lightness, and damage is told, not raised."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment.photos import MAX_SIDE, PhotoError, inspect, open_photo

Picture = Callable[..., bytes]
DARK, LIGHT = 40 / 255, 220 / 255


def saved(image: Image.Image, kind: str = "PNG", **save: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **save)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("WEBP", "RGB"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_mode_comes_out_as_lightness(picture: Picture, kind: str, mode: str) -> None:
    grey = open_photo(picture(kind=kind, mode=mode))
    assert grey.dtype == np.float32
    assert grey.shape == (240, 300)
    assert grey[:, :140].mean() == pytest.approx(DARK, abs=0.02)
    assert grey[:, 160:].mean() == pytest.approx(LIGHT, abs=0.02)


def test_sixteen_bits_are_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 300).astype(np.uint16)
    grey = open_photo(saved(Image.fromarray(np.tile(ramp, (240, 1)))))
    assert grey[0] == pytest.approx(ramp / 65535, abs=1e-3)
    large = np.tile(np.linspace(0, 65535, 5001).astype(np.uint16), (30, 1))
    small = open_photo(saved(Image.fromarray(large)))
    assert small.shape == (10, 1667)
    assert small.mean() == pytest.approx(0.5, abs=0.01)


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 30))
    grey = open_photo(saved(image))
    assert grey[:, :20].max() == 0.0
    assert grey[:, 20:].min() == 1.0
    named = Image.new("L", (40, 30), 7)
    assert open_photo(saved(named, transparency=7)).min() == 1.0


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (4, (-1, 0)), (5, (0, 0)), (6, (0, -1)), (7, (-1, -1)), (8, (-1, 0))],
)
def test_a_photo_is_set_upright(orientation: int, corner: tuple[int, int]) -> None:
    image = Image.new("L", (60, 40), 0)
    image.paste(255, (0, 0, 30, 20))  # the light quarter is at the upper left of what is stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    grey = open_photo(saved(image, exif=exif))
    assert grey.shape == ((40, 60) if orientation < 5 else (60, 40))
    assert grey[corner] == 1.0
    assert grey.mean() == pytest.approx(0.25)


def test_a_damaged_exif_block_leaves_the_photo_as_it_is_stored(picture: Picture) -> None:
    grey = open_photo(picture(exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff garbage"))
    assert grey.shape == (240, 300)


def test_a_large_photo_is_made_smaller(picture: Picture) -> None:
    for kind in ("JPEG", "PNG"):
        grey = open_photo(picture(5000, 2500, kind))
        assert max(grey.shape) <= MAX_SIDE
        assert grey.shape[1] == pytest.approx(2 * grey.shape[0], abs=2)


def test_a_phone_picture_of_two_lenses_is_its_first_picture() -> None:
    first, second = Image.new("L", (60, 40), 0), Image.new("L", (60, 40), 255)
    grey = open_photo(saved(first, "MPO", save_all=True, append_images=[second]))
    assert grey.max() < 0.02


@pytest.mark.parametrize("progressive", [False, True])
def test_a_marker_that_cannot_stand_in_a_picture_is_damage(progressive: bool) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), "JPEG", progressive=progressive, restart_marker_blocks=8)
    assert inspect(whole).width == 300
    middle = len(whole) // 2
    for marker in (0x01, 0xC0, 0xD8, 0xF7):
        broken = whole[:middle] + bytes([0xFF, marker]) + whole[middle + 2 :]
        with pytest.raises(PhotoError, match="damaged in its middle"):
            inspect(broken)
    with pytest.raises(PhotoError, match="end is missing"):
        inspect(whole[:-2])


def test_animations_are_refused(picture: Picture) -> None:
    frames = [Image.new("RGB", (40, 30), (i, 9, 9)) for i in (0, 90)]
    for kind in ("WEBP", "PNG"):
        with pytest.raises(PhotoError, match="The photo is an animation"):
            inspect(saved(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_headers_are_read_without_decoding(picture: Picture) -> None:
    for kind, save in (
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"}),
    ):
        header = inspect(picture(310, 250, kind, **save))
        assert (header.width, header.height) == (310, 250), (kind, save)


def test_a_picture_whose_pixels_are_missing_is_told(picture: Picture) -> None:
    whole = picture(kind="PNG")
    start = whole.index(b"IDAT")
    packed = zlib.compress(b"\x00" * 50)
    chunk = b"IDAT" + packed
    broken = whole[: start - 4] + len(packed).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    broken += b"\x00\x00\x00\x00IEND\xaeB`\x82"
    with pytest.raises(PhotoError, match=r"damaged and cannot be opened\. Please save it anew"):
        open_photo(broken)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["JPEG", "PNG", "WEBP"]), data=st.data())
def test_damage_anywhere_is_a_photo_error_or_a_photo(picture: Picture, kind: str, data: st.DataObject) -> None:
    raw = bytearray(picture(40, 30, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(3, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        grey = open_photo(bytes(raw))
    except PhotoError as error:
        assert error.reason
        return
    assert 0.0 <= grey.min() <= grey.max() <= 1.0
