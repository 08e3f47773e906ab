"""Papers by their self-describing names (PWG 5101.1), and the trays that hold them. Sizes are 1/100 mm, as IPP's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulators.ipp.values import collection, integer, keyword
from simulators.ipp.wire import Attribute, Members

NAME = re.compile(r"[a-z]+_[a-z0-9.-]+_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)")
UNITS = {"mm": 100.0, "in": 2540.0}
NEAR = 50
"""Sizes this close are one paper."""
MARGIN = 423
"""What stays white at each edge of paper; borderless papers are :data:`BORDERLESS`."""
KNOWN = (
    "iso_a4_210x297mm",
    "iso_a3_297x420mm",
    "iso_a5_148x210mm",
    "iso_a6_105x148mm",
    "iso_a7_74x105mm",
    "iso_sra3_320x450mm",
    "na_letter_8.5x11in",
    "na_legal_8.5x14in",
    "na_index-4x6_4x6in",
    "na_5x7_5x7in",
    "om_small-photo_100x150mm",
)
BORDERLESS = frozenset({"na_index-4x6_4x6in", "na_5x7_5x7in", "om_small-photo_100x150mm", "iso_sra3_320x450mm"})
SIDE_LIMIT = (3000, 100000)
"""Shortest and longest side of a paper that is taken."""

Size = tuple[int, int]


def size_of(name: str) -> Size | None:
    """Width and height by the name; None where it is no paper."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    width, height = (round(float(number) * UNITS[found[3]]) for number in found.groups()[:2])
    return (width, height) if sound((width, height)) else None


def sound(size: Size) -> bool:
    """It can be paper."""
    return SIDE_LIMIT[0] <= min(size) and max(size) <= SIDE_LIMIT[1]


def same(one: Size, other: Size) -> bool:
    return all(abs(a - b) <= NEAR for a, b in zip(one, other, strict=True))


def name_of(size: Size) -> str:
    """The name of a known paper, or a custom one's."""
    for name in KNOWN:
        known = size_of(name)
        if known is not None and same(known, size):
            return name
    return f"custom_{size[0]}x{size[1]}_{size[0] / 100:g}x{size[1] / 100:g}mm"


@dataclass(slots=True)
class Tray:
    name: str
    media: str
    sheets: int

    @property
    def size(self) -> Size:
        found = size_of(self.media)
        if found is None:
            raise ValueError(f"{self.media!r} is no paper: a name ends with its size, such as iso_a4_210x297mm")
        return found


def tray(number: int, text: str) -> Tray:
    """``MEDIA[:SHEETS]``; 250 sheets. Raises ValueError."""
    media, colon, sheets = text.partition(":")
    if size_of(media) is None:
        raise ValueError(f"{media!r} is no paper: a name ends with its size, such as iso_a4_210x297mm")
    if colon and not sheets.isdecimal():
        raise ValueError(f"{sheets!r} is no number of sheets")
    return Tray(f"tray-{number}", media, int(sheets) if colon else 250)


def dimensions(size: Size) -> Members:
    return integer("x-dimension", size[0]), integer("y-dimension", size[1])


def described(name: str, source: str | None = None, kind: str = "stationery") -> Members:
    """The paper as a media-col."""
    size = size_of(name) or (21000, 29700)
    margin = 0 if name in BORDERLESS else MARGIN
    members: list[Attribute] = [
        keyword("media-size-name", name),
        collection("media-size", dimensions(size)),
        *(integer(f"media-{edge}-margin", margin) for edge in ("bottom", "left", "right", "top")),
        keyword("media-type", kind),
    ]
    return (*members, keyword("media-source", source)) if source is not None else tuple(members)
