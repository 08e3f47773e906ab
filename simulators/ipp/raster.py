"""PWG raster (PWG 5102.4): pages of packed lines, each behind a header of 1796 bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps

SYNC = b"RaS2"
HEADER = 1796
PIXELS = 120_000_000
"""Of a page, at most."""
BAND = 256
"""Lines that are drawn at once."""
FILL = 128
"""The rest of the line is white."""
BLACK, SGRAY, SRGB, CMYK, RGB, GRAY = 3, 18, 19, 6, 1, 0
"""Colour spaces; the last two are of older writers."""
MODES = {
    (BLACK, 1): "1",
    (SGRAY, 1): "1",
    (BLACK, 8): "L",
    (SGRAY, 8): "L",
    (GRAY, 8): "L",
    (SRGB, 8): "RGB",
    (RGB, 8): "RGB",
    (CMYK, 8): "CMYK",
}
INVERTED = frozenset({BLACK, CMYK})
"""More is darker."""


class BadRaster(ValueError):
    """What it is not, or where it ends."""


@dataclass(frozen=True, slots=True)
class Page:
    width: int
    height: int
    dpi: tuple[int, int]
    depth: int
    """Bits a pixel."""
    line: int
    """Bytes a line."""
    space: int
    start: int
    """Where its lines begin."""

    @property
    def step(self) -> int:
        """Bytes that a run repeats."""
        return max(1, self.depth // 8)


def header(data: bytes, at: int) -> Page:
    if at + HEADER > len(data):
        raise BadRaster(f"the raster ends in the header at byte {at}")

    def number(offset: int) -> int:
        return int(struct.unpack_from(">I", data, at + offset)[0])

    page = Page(
        number(372), number(376), (number(276), number(280)), number(388), number(392), number(400), at + HEADER
    )
    if (page.space, _bits(page)) not in MODES or number(396) != 0:
        raise BadRaster(f"colour space {page.space} with {page.depth} bits a pixel is not printed here")
    if not (0 < page.width * page.height <= PIXELS and page.line == (page.width * page.depth + 7) // 8):
        raise BadRaster(f"a page of {page.width} x {page.height} pixels and {page.line} bytes a line is none")
    if not all(1 <= dpi <= 4800 for dpi in page.dpi):
        raise BadRaster(f"a resolution of {page.dpi[0]} x {page.dpi[1]} dpi is none")
    return page


def _bits(page: Page) -> int:
    channels = {SRGB: 3, RGB: 3, CMYK: 4}.get(page.space, 1)
    return page.depth // channels


def pages(data: bytes) -> list[Page]:
    """Where each page begins. A last one that is not whole is there, too. Raises BadRaster."""
    if data[:4] != SYNC:
        raise BadRaster("it does not begin as PWG raster does")
    found, at = [], 4
    while at + HEADER <= len(data):
        page = header(data, at)
        found.append(page)
        at = _end(data, page)
    if not found:
        raise BadRaster("there is no page in it")
    return found


def _end(data: bytes, page: Page) -> int:
    """Where the next page begins."""
    at, left, length, step = page.start, page.height, len(data), page.step
    while left > 0 and at < length:
        left -= data[at] + 1
        at, filled = at + 1, 0
        while filled < page.line and at < length:
            count, at = data[at], at + 1
            if count == FILL:
                break
            across = step if count < FILL else (257 - count) * step
            at, filled = at + across, filled + (across * (count + 1) if count < FILL else across)
    return min(at, length)


def rows(data: bytes, page: Page) -> Iterator[tuple[bytes, int]]:
    """The lines of a page, and how many times each. What is missing at the end is white."""
    white = b"\0" if page.space in INVERTED else b"\xff"
    at, left = page.start, page.height
    while left > 0 and at < len(data):
        repeat = min(data[at] + 1, left)
        row, at = _row(data, at + 1, page, white)
        yield row, repeat
        left -= repeat
    if left > 0:
        yield white * page.line, left


def _row(data: bytes, at: int, page: Page, white: bytes) -> tuple[bytes, int]:
    row, step = bytearray(), page.step
    while len(row) < page.line and at < len(data):
        count, at = data[at], at + 1
        if count == FILL:
            break
        size = step if count < FILL else (257 - count) * step
        row += data[at : at + size] * (count + 1 if count < FILL else 1)
        at += size
    return bytes(row[: page.line].ljust(page.line, white)), min(at, len(data))


def drawn(data: bytes, page: Page, reduce: int) -> Image.Image:
    """As it looks on paper, ``reduce`` times as small; never much of it in memory at once."""
    mode, band = MODES[page.space, _bits(page)], reduce * max(1, BAND // reduce)
    picture = Image.new("RGB", (-(-page.width // reduce), -(-page.height // reduce)), (255, 255, 255))
    lines, top = bytearray(), 0

    def put(count: int) -> None:
        nonlocal top
        image = Image.frombytes(mode, (page.width, count), bytes(lines[: count * page.line]))
        image = ImageOps.invert(image.convert("L")) if page.space == BLACK else image
        picture.paste(image.convert("RGB").reduce(reduce), (0, top // reduce))
        del lines[: count * page.line]
        top += count

    for row, repeat in rows(data, page):
        for _ in range(repeat):
            lines += row
            if len(lines) >= band * page.line:
                put(band)
    if lines:
        put(len(lines) // page.line)
    return picture
