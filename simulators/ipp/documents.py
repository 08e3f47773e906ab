"""Documents as pages: PDF, JPEG, PWG raster. Opened and drawn in one thread alone, as PDFium asks."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import pypdfium2
from PIL import Image, ImageFile, ImageOps

from simulators.ipp import raster

LIMIT = 256 * 1024 * 1024
"""Bytes of a document, also unpacked."""
AREA = 40_000_000
"""Pixels that a page is drawn with, at most."""
PICTURE = 200_000_000
"""Pixels of a JPEG, at most."""
PASSWORD = 4
"""PDFium's code for a document that asks for one."""
PDF, JPEG, PWG, ANY = "application/pdf", "image/jpeg", "image/pwg-raster", "application/octet-stream"
FORMATS = (PDF, JPEG, PWG, ANY)
COMPRESSIONS = ("none", "gzip", "deflate")


class Unreadable(Exception):
    """``reason``: as a job says it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Pages(Protocol):
    @property
    def count(self) -> int: ...

    def draw(self, page: int, dpi: int) -> Image.Image:
        """In its own size at ``dpi``. Raises Unreadable."""
        ...

    def close(self) -> None: ...


class Pdf:
    def __init__(self, data: bytes) -> None:
        try:
            self._file = pypdfium2.PdfDocument(data)
            self.count = len(self._file)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) == PASSWORD
            raise Unreadable("document-password-error" if locked else "document-format-error") from None
        if self.count < 1:
            raise Unreadable("document-format-error")

    def draw(self, page: int, dpi: int) -> Image.Image:
        try:
            opened = self._file[page]
            width, height = (side * dpi / 72 for side in opened.get_size())
            bound = min(1.0, (AREA / max(1.0, width * height)) ** 0.5)
            picture: Image.Image = opened.render(scale=dpi / 72 * bound, may_draw_forms=False).to_pil()
        except pypdfium2.PdfiumError:
            raise Unreadable("document-format-error") from None
        whole = max(1, round(width)), max(1, round(height))
        return picture if bound == 1 else picture.resize((min(whole[0], 6000), min(whole[1], 6000)))

    def close(self) -> None:
        self._file.close()


class Jpeg:
    """Of the size that its resolution says; 72 dpi where it says none."""

    count = 1

    def __init__(self, data: bytes) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                self._image = Image.open(io.BytesIO(data), formats=["JPEG"])
        except (OSError, Image.DecompressionBombError):
            raise Unreadable("document-format-error") from None
        if self._image.width * self._image.height > PICTURE:
            raise Unreadable("document-unprintable-error")

    def draw(self, page: int, dpi: int) -> Image.Image:  # noqa: ARG002
        said = self._image.info.get("dpi", (72, 72))
        across, down = (float(each) if 10 <= float(each) <= 4800 else 72.0 for each in said)
        size = round(self._image.width * dpi / across), round(self._image.height * dpi / down)
        bound = min(1.0, (AREA / max(1, size[0] * size[1])) ** 0.5)
        size = max(1, int(size[0] * bound)), max(1, int(size[1] * bound))
        self._image.draft("RGB", size)
        try:
            self._image.load()
        except OSError:
            _lenient(self._image)
        picture = ImageOps.exif_transpose(self._image)
        return picture.convert("RGB").resize(size if picture.size == self._image.size else size[::-1])

    def close(self) -> None:
        self._image.close()


def _lenient(image: Image.Image) -> None:
    """A cut picture: as far as it goes, grey below."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image.load()
    except OSError:
        raise Unreadable("document-format-error") from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


class Raster:
    def __init__(self, data: bytes) -> None:
        try:
            self._pages = raster.pages(data)
        except raster.BadRaster:
            raise Unreadable("document-format-error") from None
        self._data = data
        self.count = len(self._pages)

    def draw(self, page: int, dpi: int) -> Image.Image:
        found = self._pages[page]
        across, down = found.dpi
        size = max(1, round(found.width * dpi / across)), max(1, round(found.height * dpi / down))
        reduce = max(1, min(across, down) // dpi)
        return raster.drawn(self._data, found, reduce).resize(size, Image.Resampling.BOX)

    def close(self) -> None: ...


class Garbage:
    """What a printer makes of the bytes of a document that it cannot read: one page."""

    count = 1

    def __init__(self, data: bytes) -> None:
        self._data = data

    def draw(self, page: int, dpi: int) -> Image.Image:  # noqa: ARG002
        side = max(1, int(len(self._data) ** 0.5))
        noise = Image.frombytes("L", (side, side), self._data[: side * side].ljust(side * side, b"\xff"))
        return noise.resize((4 * dpi, 4 * dpi), Image.Resampling.NEAREST)

    def close(self) -> None: ...


KINDS: Mapping[str, Callable[[bytes], Pages]] = {PDF: Pdf, JPEG: Jpeg, PWG: Raster}
BEGINNINGS = {b"%PDF": PDF, b"\xff\xd8": JPEG, raster.SYNC: PWG}


def opened(data: bytes, kind: str) -> Pages:
    """Raises Unreadable. A document of no stated kind is known by its beginning."""
    if kind == ANY:
        kind = next((known for start, known in BEGINNINGS.items() if data.startswith(start)), "")
    if kind not in KINDS:
        raise Unreadable("document-format-error")
    return KINDS[kind](data)


def expanded(data: bytes, compression: str, limit: int = LIMIT) -> bytes:
    """A document that came compressed, as far as it can be read. Raises Unreadable."""
    if compression == "none":
        return data
    for bits in (31,) if compression == "gzip" else (15, -15):
        machine = zlib.decompressobj(bits)
        try:
            whole = machine.decompress(data, limit)
        except zlib.error:
            continue
        if machine.unconsumed_tail:
            raise Unreadable("document-unprintable-error")
        return whole
    raise Unreadable("compression-error")
