"""Photos of customers: what they are, told from their first bytes, and opened only within limits.

:func:`inspect` never decodes a pixel and may run anywhere. :func:`open_photo` decodes and belongs into a worker whose
memory and time are limited: a picture decoder is the most attacked code in the house.
"""

from __future__ import annotations

import math
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from fulfillment.refusal import Refusal

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
MAX_SIDE = 2400
"""Pixels of the longer side after opening: more than any zone can show, and a bound on memory."""

ACCEPTED = "a JPEG, PNG or WebP picture"


class PhotoError(Refusal):
    """A photo that cannot be used."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a photo's first bytes say of it. Pixels as stored, before any turning."""

    media_type: str
    width: int
    height: int


def _truncated() -> PhotoError:
    return PhotoError("The photo is incomplete: its end is missing.", "Please upload it again.")


def _moving() -> PhotoError:
    return PhotoError("The photo is an animation.", f"Please send {ACCEPTED} that stands still.")


def _two_in_one(what: str) -> PhotoError:
    """A program or an archive may hide in a picture, for whoever is handed the file later."""
    return PhotoError(f"The photo has {what}.", "Please save it anew, or send another one.")


def _crc(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4])


PADDING = b"\0\r\n "
"""What may stand behind a picture's end."""


def _png(data: bytes) -> Header:
    width = height = 0
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if kind == b"IDAT" and end + 4 <= len(data) and zlib.crc32(data[at + 4 : end]) != _crc(data, end):
            # Pillow does not look at this sum: a damaged picture would be made as whatever it decodes to.
            raise PhotoError("The photo is damaged.", "Please save it anew as JPEG, or send another one.")
        if kind == b"IHDR" and length >= 8:
            width, height = struct.unpack_from(">II", data, at + 8)
        if kind == b"acTL":
            raise _moving()
        at += 12 + length
        if kind == b"IEND" and at <= len(data):
            if data[at:].strip(PADDING):
                raise _two_in_one("something else behind its end")
            return Header("image/png", width, height)
    raise _truncated()


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, length) of a JPEG's segments up to the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        yield marker, at + 4, length
        if marker == 0xDA:
            return
        at += 2 + max(length, 2)


FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
IN_A_SCAN = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""A marker among the bits of a picture: neither a stuffed byte nor a restart (ITU-T T.81, B.1.1.5)."""
BETWEEN_SCANS = frozenset({0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""Tables, further scans, comments and what programs add (T.81, B.2.1)."""


def _jpeg(data: bytes) -> Header:
    size = None
    for marker, start, length in _segments(data):
        if marker in FRAMES and start + 6 <= len(data):
            height, width, inks = struct.unpack_from(">HHB", data, start + 1)
            if inks == 4:
                # What four inks look like is known to the press they are mixed for: without it, tones are a guess.
                reason = "The photo is a JPEG for a printing press (CMYK), whose tones on a piece would be a guess."
                raise PhotoError(reason, "Please save it as an RGB (sRGB) JPEG or PNG.")
            size = Header("image/jpeg", width, height)
        if marker == 0xDA and size is not None:
            _scanned(data, start - 2 + length)
            return size
    raise _truncated()


def _scanned(data: bytes, at: int) -> None:
    """Follow the scans from ``at`` to the picture's end. A decoder passes over a marker that cannot stand there, and
    goes on with whatever colours come of it. Raises PhotoError."""
    while (found := IN_A_SCAN.search(data, at)) is not None:
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            return
        if marker not in BETWEEN_SCANS:
            raise PhotoError("The photo is damaged in its middle.", "Please save it anew, or send another one.")
        if at + 2 > len(data):
            break
        at += max(2, struct.unpack_from(">H", data, at)[0])
    raise _truncated()


def _webp(data: bytes) -> Header:
    end = struct.unpack_from("<I", data, 4)[0] + 8 if len(data) >= 30 else len(data) + 1
    if end > len(data):
        raise _truncated()
    if data[end:].strip(PADDING):
        raise _two_in_one("something else behind its end")
    kind = data[12:16]
    if kind == b"VP8X":
        if data[20] & 0x02:
            raise _moving()
        width = 1 + int.from_bytes(data[24:27], "little")
        return Header("image/webp", width, 1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return Header("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", data, 26)
    return Header("image/webp", width & 0x3FFF, height & 0x3FFF)


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of picture that is taken: how it begins, how its size is read, and Pillow's name for it."""

    begins: Callable[[bytes], bool]
    header: Callable[[bytes], Header]
    pillow: str


FORMATS: Mapping[str, Format] = {
    "image/jpeg": Format(lambda data: data[:3] == b"\xff\xd8\xff", _jpeg, "JPEG"),
    "image/png": Format(lambda data: data[:8] == b"\x89PNG\r\n\x1a\n", _png, "PNG"),
    "image/webp": Format(_is_webp, _webp, "WEBP"),
}


def _brand(*brands: bytes) -> Callable[[bytes], bool]:
    return lambda data: data[4:8] == b"ftyp" and data[8:12] in brands


def _is_text(data: bytes) -> bool:
    head = data[:2000]
    return not any(byte < 9 for byte in head) and "\ufffd" not in head[:-4].decode("utf-8", "replace")


REFUSED: Mapping[str, Callable[[bytes], bool]] = {
    "a GIF picture": lambda data: data[:4] == b"GIF8",
    "a HEIC picture": _brand(b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"),
    "an AVIF picture": _brand(b"avif", b"avis"),
    "a video": lambda data: data[4:8] == b"ftyp" or data[:4] == b"\x1aE\xdf\xa3",
    "an SVG drawing": lambda data: b"<svg" in data[:2000].lower(),
    "a TIFF picture": lambda data: data[:4] in (b"II*\x00", b"MM\x00*"),
    "a BMP picture": lambda data: data[:2] == b"BM" and data[6:10] == bytes(4),
    "a Photoshop file": lambda data: data[:4] == b"8BPS",
    "a PDF document": lambda data: data[:5] == b"%PDF-",
    "a ZIP archive": lambda data: data[:4] == b"PK\x03\x04",
    "a text file": _is_text,
}
"""Files that are refused by their name, in the order in which they are tried."""


HIDDEN: Mapping[str, Callable[[bytes], bool]] = {
    "a ZIP archive": lambda data: b"PK\x05\x06\0\0\0\0" in data[-66_000:],
    "a PDF document": lambda data: b"%PDF-" in data[:1024],
    "a program": lambda data: b"<script" in data.lower(),
}
"""What a whole picture may be besides, and how its readers know it: by an archive's directory at the end, by a
document's mark among the first bytes. More pictures or a film behind the first, as phones store them, are no harm."""


def inspect(data: bytes) -> Header:
    """What the photo is, without decoding it. Raises PhotoError for what is no whole still photo within the limits."""
    if not data:
        raise PhotoError("The photo is an empty file.", "Please upload it again.")
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1e6:.1f} MB"
        raise PhotoError(
            f"The photo has {size}; at most {MAX_BYTES // 1_000_000} MB are taken.", "Please send a smaller one."
        )
    taken = next((kind for kind in FORMATS.values() if kind.begins(data)), None)
    if taken is None:
        what = next((name for name, is_it in REFUSED.items() if is_it(data)), "not a picture that we know")
        raise PhotoError(f"The photo is {what}.", f"Please send {ACCEPTED}.")
    header = taken.header(data)
    if (besides := next((name for name, is_it in HIDDEN.items() if is_it(data)), None)) is not None:
        raise _two_in_one(f"{besides} inside")
    if not (header.width and header.height):
        raise PhotoError("The photo is damaged: it has no size.", "Please upload it again.")
    if header.width * header.height > MAX_PIXELS:
        size = f"{header.width} x {header.height} pixels"
        limit = f"at most {MAX_PIXELS // 1_000_000} megapixels are taken"
        raise PhotoError(f"The photo has {size}; {limit}.", "Please send a smaller one.")
    return header


TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what sets the picture upright."""

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises on damaged files; its documentation promises only OSError."""


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (*BROKEN, ZeroDivisionError):
        return 1  # a damaged EXIF block says nothing; every viewer then shows the picture as stored


def _deep_grey(image: Image.Image) -> npt.NDArray[np.float32]:
    """16 bit grey, made smaller by the mean of blocks: Pillow's own conversion to 8 bit would clip."""
    deep = np.asarray(image).clip(0, 65535).astype(np.float32) / np.float32(65535)
    step = max(1, -(-max(deep.shape) // MAX_SIDE))
    rows, columns = deep.shape[0] // step or 1, deep.shape[1] // step or 1
    blocks: npt.NDArray[np.float32] = deep[: rows * step, : columns * step].reshape(
        rows, -1, columns, min(step, deep.shape[1])
    )
    mean: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return mean


def _full_tones(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be made smaller by averaging, which indexed colours and single bits cannot."""
    if image.mode not in ("P", "PA", "1"):
        return image
    return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")


def _grey(image: Image.Image) -> npt.NDArray[np.float32]:
    """Lightness 0 to 1, what is transparent on white."""
    if image.mode in ("LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGB")
    grey: npt.NDArray[np.float32] = np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)
    return grey


def _opened(image: Image.Image) -> npt.NDArray[np.float32]:
    image.draft("L", (MAX_SIDE, MAX_SIDE))  # a JPEG is scaled while it is decoded
    turn = TURNS.get(_orientation(image))
    image.load()
    if image.mode.startswith("I"):
        return _deep_grey(image if turn is None else image.transpose(turn))
    small = _full_tones(image)
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    return _grey(small if turn is None else small.transpose(turn))


def open_photo(data: bytes) -> npt.NDArray[np.float32]:
    """Upright lightness, 0 (black) to 1 (white), row 0 on top, at most MAX_SIDE pixels a side. Raises PhotoError."""
    with _image(data) as image:
        return _opened(image)


@contextmanager
def _image(data: bytes) -> Iterator[Image.Image]:
    """The photo as Pillow opens it. What goes wrong while it is decoded is told as PhotoError."""
    header = inspect(data)
    pillow = FORMATS[header.media_type].pillow
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            with Image.open(BytesIO(data), formats=[pillow]) as image:
                yield image
    except (*BROKEN, Image.DecompressionBombWarning) as error:
        text = "The photo is damaged and cannot be opened."
        raise PhotoError(text, "Please save it anew as JPEG, or send another one.") from error


MAX_ICC = 1_000_000
"""Bytes of a photo's own colour profile; a larger one is not looked at, and the photo taken for sRGB."""
ENOUGH = 1.5
"""Times the pixels that are wanted, beyond which a photo is made smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class ColourPhoto:
    """A photo upright, in RGB on white, cropped."""

    image: Image.Image
    icc: bytes | None
    """Its own colour profile, as it came; None: sRGB."""
    width: int
    height: int
    """Pixels that the crop had in the file, before it was made smaller."""
    whole: bool
    """Whether the file holds exactly these pixels: upright, whole, of their own size, without a colour profile."""


def _cut(width: int, height: int, aspect: float) -> tuple[int, int, int, int]:
    """The largest part of this width/height around the middle (:func:`gcode.photo.crop`): left, top, width, height."""
    w, h = min(width, max(2, round(height * aspect))), min(height, max(2, round(width / aspect)))
    return (width - w) // 2, (height - h) // 2, w, h


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return Image.fromarray((_deep_grey(image) * 255).round().astype(np.uint8)).convert("RGB")
    if image.mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _in_colour(image: Image.Image, wanted: tuple[int, int]) -> ColourPhoto:
    turn = TURNS.get(_orientation(image))
    icc = image.info.get("icc_profile")
    icc = icc if isinstance(icc, bytes) and 0 < len(icc) <= MAX_ICC else None
    turned = turn in (Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE, *QUARTER_TURNS)
    full = image.size[::-1] if turned else image.size
    _, _, columns, rows = _cut(*full, wanted[0] / wanted[1])
    share = max(wanted[0] / columns, wanted[1] / rows)
    if image.format == "JPEG" and image.mode == "RGB" and share < 1:
        # It is scaled while it is decoded: of the size that is asked for, or up to twice that.
        image.draft("RGB", (math.ceil(image.width * share), math.ceil(image.height * share)))
    image.load()
    drafted = image.size
    upright = _rgb(image) if turn is None else _rgb(image).transpose(turn)
    left, top, w, h = _cut(*upright.size, wanted[0] / wanted[1])
    cut = upright if (w, h) == upright.size else upright.crop((left, top, left + w, top + h))
    if w > wanted[0] * ENOUGH:
        cut = cut.resize((wanted[0], max(2, round(wanted[0] * h / w))), Image.Resampling.LANCZOS, reducing_gap=2.0)
    whole = turn is None and icc is None and cut.size == full == drafted
    return ColourPhoto(cut, icc, columns, rows, whole)


QUARTER_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)


def open_colour(data: bytes, wanted: tuple[int, int]) -> ColourPhoto:
    """The photo in colour, cropped to the shape of ``wanted`` around its middle, of at least so many pixels where the
    file has them and at most ENOUGH times as many. Raises PhotoError."""
    with _image(data) as image:
        return _in_colour(image, wanted)
