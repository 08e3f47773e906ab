"""Photos on a page: opened within limits, cropped, brought to the colours of the press, and packed once."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from fulfillment.fields import Refused
from fulfillment.photos import PhotoError, open_colour
from fulfillment.press.colour import Colours, heaviest
from gcode.design import Zone
from gcode.geometry import Line, rectangle

COMPARED: Final = 6.0
"""Pixels a mm in which photos are kept for comparing: as fine as a proof."""
INCH: Final = 25.4
BASELINE: Final = 0xC0
"""The marker of a JPEG that every press reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A JPEG on a rectangle of the piece, in mm; beyond its ``mask``, a contour, nothing is printed."""

    jpeg: bytes
    x: float
    y: float
    width: float
    height: float
    ppi: float
    """Pixels of the customer's file on an inch of paper."""
    ink: float | None
    """Percent of ink in its heaviest place, as packed; None for rgb."""
    mask: Line | None = None
    image: Image.Image | None = None
    """What was packed in greys, COMPARED pixels a mm, for comparing."""

    @property
    def edge(self) -> Line:
        """What is printed of it, as a closed contour."""
        if self.mask is not None:
            return self.mask
        return rectangle(self.x, self.y, self.x + self.width, self.y + self.height)

    def told(self) -> dict[str, Any]:
        said: dict[str, Any] = {"ppi": round(self.ppi), "bytes": len(self.jpeg)}
        return said | ({"ink": self.ink} if self.ink is not None else {})


def laid(title: str, data: bytes, zone: Zone, colours: Colours, mask: Line | None = None) -> tuple[Picture, list[str]]:
    """The photo over all of its zone, and what its customer should know. Raises Refused."""
    resolution = colours.profile.resolution
    wanted = (_pixels(zone.width, resolution.good), _pixels(zone.height, resolution.good))
    try:
        photo = open_colour(data, wanted)
    except PhotoError as error:
        raise Refused(error.reason, error.mend) from None
    ppi = min(photo.width / zone.width, photo.height / zone.height) * INCH
    said = (
        f"{title} has {photo.width} x {photo.height} pixels for {zone.width:.0f} x {zone.height:.0f} mm: {ppi:.0f} ppi"
    )
    if ppi < resolution.least:
        raise Refused(
            f"{said}, and at least {resolution.least:g} can be printed.",
            "Please send a larger picture, such as the camera's original.",
        )
    notes = [f"{said}; it is sharp from {resolution.good:g} ppi on."] if ppi < resolution.good else []
    image = colours.picture(photo.image, photo.icc)
    if photo.whole and image is photo.image and _plain(data):
        packed = _bare(data)
    else:
        packed = _packed(image, resolution.quality)
    ink = None
    if image.mode == "CMYK":
        with Image.open(io.BytesIO(packed)) as again:
            ink = heaviest(again)
    size = max(2, round(zone.width * COMPARED)), max(2, round(zone.height * COMPARED))
    small = photo.image.convert("L").resize(size, Image.Resampling.BOX)
    return Picture(packed, zone.x, zone.y, zone.width, zone.height, ppi, ink, mask, small), notes


def _pixels(length: float, ppi: float) -> int:
    return max(2, round(length / INCH * ppi))


def _packed(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    # Without subsampling: red letters in a photo, and skin, keep their edges.
    image.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """(marker, start, end) of a JPEG's segments up to the first scan."""
    found, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        found.append((marker, at, at + 2 + length))
        if marker == 0xDA:
            break
        at += 2 + length
    return found


def _plain(data: bytes) -> bool:
    """Whether it is a JPEG that may go into the page as it is."""
    return data[:3] == b"\xff\xd8\xff" and any(marker == BASELINE for marker, _, _ in _segments(data))


def _bare(data: bytes) -> bytes:
    """A JPEG without what cameras and programs add to it: places, names, small pictures of the whole."""
    kept = [data[:2]]
    for marker, start, end in _segments(data):
        if marker == 0xDA:
            kept.append(data[start:])
        elif not (0xE1 <= marker <= 0xED or marker in (0xEF, 0xFE)):
            kept.append(data[start:end])
    return b"".join(kept)
