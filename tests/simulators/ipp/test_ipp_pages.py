"""What lies in the output, against what other programs make of the same documents."""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from simulators.ipp import raster
from simulators.ipp.documents import Unreadable, expanded, opened
from simulators.ipp.job import State
from simulators.ipp.sheets import placed
from simulators.ipp.values import enum, keyword

SPACES = {"black-1": (3, 1), "sgray-8": (18, 8), "srgb-8": (19, 8), "cmyk-8": (6, 8)}


def poppler(data: bytes, dpi: int, folder: Path, page: int = 1) -> Image.Image:
    """The page as pdftoppm draws it."""
    (folder / "it.pdf").write_bytes(data)
    where = str(folder / "it"), str(folder / "page")
    span = "-f", str(page), "-l", str(page)
    subprocess.run(["pdftoppm", "-r", str(dpi), *span, "-singlefile", "-png", where[0] + ".pdf", where[1]], check=True)
    return Image.open(folder / "page.png").convert("RGB")


def ghostscript(data: bytes, kind: str, dpi: int, folder: Path) -> bytes:
    """A PDF as PWG raster, by a program that knows nothing of ours."""
    (folder / "it.pdf").write_bytes(data)
    space, bits = SPACES[kind]
    words = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pwgraster", f"-r{dpi}"]
    words += [f"-dcupsColorSpace={space}", f"-dcupsBitsPerColor={bits}", f"-sOutputFile={folder / 'it.pwg'}"]
    subprocess.run([*words, str(folder / "it.pdf")], check=True, capture_output=True)
    return (folder / "it.pwg").read_bytes()


def apart(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ, 0 to 255, edges forgiven."""
    soft = [image.convert("L").filter(ImageFilter.BoxBlur(2)) for image in (one, other)]
    return float(np.asarray(ImageChops.difference(*soft)).mean())


@pytest.mark.parametrize("page", [1, 3])
def test_a_printed_page_is_the_one_that_poppler_draws(
    host: Callable[..., Any], pdf: Callable[..., bytes], tmp_path: Path, page: int
) -> None:
    printer, data = host("--record", str(tmp_path / "out")), pdf(3)
    printer.until(printer.print(data), State.COMPLETED)
    got = printer.page(page)
    assert got.size == (827, 1169)
    assert apart(got, poppler(data, 100, tmp_path, page).resize(got.size)) < 0.5
    assert apart(got, poppler(data, 100, tmp_path, 2).resize(got.size)) > 0.5, "another page must differ"
    with Image.open(tmp_path / "out" / f"page-{page:04d}.png") as written:
        assert ImageChops.difference(written, got).getbbox() is None


def test_the_camera_sees_the_last_page_until_it_is_taken(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    empty = printer.get("/snapshot.png")
    printer.until(printer.print(pdf(2)), State.COMPLETED)
    assert printer.get("/snapshot.png") == printer.get("/pages/2.png") != empty
    printer.post("/clear")
    assert printer.get("/snapshot.png") == empty


@pytest.mark.parametrize("kind", SPACES)
def test_a_raster_is_the_page_that_it_was_made_from(
    host: Callable[..., Any], pdf: Callable[..., bytes], tmp_path: Path, kind: str
) -> None:
    printer, data = host(), pdf(2)
    job = printer.until(printer.print(ghostscript(data, kind, 300, tmp_path), kind="image/pwg-raster"), State.COMPLETED)
    assert job.first("job-impressions-completed") == 2
    got = printer.page(2)
    assert apart(got, poppler(data, 100, tmp_path, 2).resize(got.size)) < 2.5
    assert apart(got, poppler(pdf(1, (148, 105)), 100, tmp_path).resize(got.size)) > 5


def test_a_picture_is_printed_in_its_size(host: Callable[..., Any]) -> None:
    red = Image.new("RGB", (1240, 874), (200, 20, 20))
    data = io.BytesIO()
    red.save(data, format="JPEG", dpi=(300, 300), quality=95)
    printer = host("--tray", "iso_a6_105x148mm")
    printer.until(printer.print(data.getvalue(), kind="image/jpeg"), State.COMPLETED)
    page = printer.page(1)
    assert page.size == (413, 583)
    share = float((np.asarray(page)[:, :, 1] < 128).mean())
    assert share == pytest.approx(1240 * 874 / 9 / (413 * 583), abs=0.01), "turned to the paper, and not scaled"


def test_a_cut_picture_is_printed_as_far_as_it_goes(host: Callable[..., Any]) -> None:
    noise = Image.effect_noise((600, 800), 60).convert("RGB")
    data = io.BytesIO()
    noise.save(data, format="JPEG", dpi=(100, 100))
    printer = host()
    printer.until(printer.print(data.getvalue()[: len(data.getvalue()) // 2], kind="image/jpeg"), State.COMPLETED)
    page = np.asarray(printer.page(1).convert("L"))
    assert page[250:400, 150:600].std() > 20 > page[850:950, 150:600].std()


def test_monochrome_is_without_colour(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    printer.until(printer.print(pdf()), State.COMPLETED)
    printer.until(printer.print(pdf(), mode=keyword("print-color-mode", "monochrome")), State.COMPLETED)
    colourful, grey = (np.asarray(printer.page(number)).astype(int) for number in (1, 2))
    assert np.ptp(colourful, axis=2).max() > 100
    assert np.ptp(grey, axis=2).max() == 0


A4, A6 = (827, 1169), (413, 583)


@pytest.mark.parametrize(
    ("page", "scaling", "scale", "turned"),
    [
        (A6, "none", 1.0, False),
        (A6, "auto", 1.0, False),
        (A6, "fill", 1169 / 583, False),
        (A6, "fit", (827 - 34) / 413, False),
        ((1169, 1654), "none", 1.0, False),
        ((1169, 1654), "auto", (827 - 34) / 1169, False),
        ((583, 413), "none", 1.0, True),
    ],
)
def test_pages_are_scaled_as_asked(page: tuple[int, int], scaling: str, scale: float, turned: bool) -> None:
    place = placed(page, A4, scaling, 17, 0)
    assert (place.scale, place.turned) == (pytest.approx(scale, rel=0.01), turned)
    width, height = page[::-1] if turned else page
    assert place.at == ((A4[0] - round(width * scale)) // 2, (A4[1] - round(height * scale)) // 2) or place.scale != 1


def test_an_orientation_is_kept(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer, data = host("--tray", "iso_a6_105x148mm"), pdf(1, (148, 105))
    printer.until(printer.print(data, way=enum("orientation-requested", 4)), State.COMPLETED)
    printer.until(printer.print(data, way=enum("orientation-requested", 5)), State.COMPLETED)
    one, other = printer.page(1), printer.page(2)
    assert apart(one, other.rotate(180)) < 1 < apart(one, other)


# --- what is hostile ------------------------------------------------------------------------------------------------


def packed(width: int, lines: list[bytes], space: int = 18, **odd: int) -> bytes:
    """A small raster, written by this test: 8 bits a pixel, literal runs."""
    head = bytearray(raster.HEADER)
    fields = {276: 100, 280: 100, 372: width, 376: len(lines), 384: 8, 388: 8, 392: width, 400: space, 420: 1}
    for offset, value in {**fields, **{int(key[1:]): value for key, value in odd.items()}}.items():
        struct.pack_into(">I", head, offset, value)
    rows = [b"\0" + b"".join(b"\0" + bytes([byte]) for byte in line) for line in lines]
    return raster.SYNC + bytes(head) + b"".join(rows)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_a_raster_comes_out_as_it_was_written(width: int, height: int, draw: st.DataObject) -> None:
    lines = [draw.draw(st.binary(min_size=width, max_size=width)) for _ in range(height)]
    data = packed(width, lines)
    (page,) = raster.pages(data)
    assert np.array_equal(np.asarray(raster.drawn(data, page, 1))[:, :, 0].tobytes(), b"".join(lines))


@given(st.integers(0, 1900))
def test_a_raster_that_is_cut_is_white_below_or_refused(cut: int) -> None:
    data = packed(8, [bytes(8)] * 12)
    try:
        pages = raster.pages(data[:cut])
    except raster.BadRaster:
        assert cut < 4 + raster.HEADER
        return
    assert raster.drawn(data[:cut], pages[0], 1).size == (8, 12)


@pytest.mark.parametrize("odd", [{"_372": 10**6, "_376": 10**6}, {"_392": 3}, {"_400": 99}, {"_276": 0}, {"_396": 1}])
def test_a_raster_of_impossible_numbers_is_refused(odd: dict[str, int]) -> None:
    with pytest.raises(raster.BadRaster):
        raster.pages(packed(8, [bytes(8)], **odd))


@given(st.binary(max_size=300), st.sampled_from(["application/pdf", "image/jpeg", "image/pwg-raster", "text/plain"]))
def test_noise_is_no_document(data: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        opened(data, kind)


def test_what_unpacks_to_too_much_is_refused() -> None:
    whole = zlib.compress(b"x" * 1000)
    assert expanded(whole, "deflate") == b"x" * 1000
    machine = zlib.compressobj(9, wbits=31)
    bomb = b"".join(machine.compress(bytes(2**20)) for _ in range(3)) + machine.flush()
    with pytest.raises(Unreadable, match="document-unprintable-error"):
        expanded(bomb, "gzip", limit=2**20)
