"""JPEGs in a PDF, marker by marker to their end, without decoding a pixel: a printer decodes them, and may stop at what
is broken, or paint the rest grey (ITU-T T.81, annex B).
"""

from __future__ import annotations

import re
import struct
from typing import Final

FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TABLES: Final = frozenset({0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xFE, *range(0xE0, 0xF0)})
"""Markers with a length, besides frames."""
NEXT: Final = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""The marker that ends a scan: neither a byte of its own nor a restart."""
START, END, SCAN = 0xD8, 0xD9, 0xDA
MOST: Final = 20_000
"""Segments of one."""


def wrong_with(data: bytes, width: int | None, height: int | None) -> str:
    """What is wrong with a JPEG that is said to be so large, a sentence; empty where nothing is."""
    if data[:2] != b"\xff\xd8":
        return "Its JPEG does not begin as one."
    at, size = 2, None
    for _ in range(MOST):
        if at + 2 > len(data):
            return "Its JPEG ends in the middle."
        if data[at] != 0xFF:
            return f"Its JPEG has a broken marker at byte {at:,}."
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == END:
            return _size_wrong(size, width, height)
        elif marker not in FRAMES and marker not in TABLES:
            return f"Its JPEG has a broken marker (FF{marker:02X}) at byte {at:,}."
        else:
            length = int.from_bytes(data[at + 2 : at + 4])
            if length < 2 or at + 2 + length > len(data):
                return f"Its JPEG has a broken part at byte {at:,}."
            if marker in FRAMES and length >= 8:
                high, wide = struct.unpack_from(">HH", data, at + 5)
                size = wide, high
            at += 2 + length
            if marker == SCAN:
                following = NEXT.search(data, at)
                at = following.start(1) - 1 if following else len(data)
    return f"Its JPEG has more than {MOST:,} parts."


def _size_wrong(size: tuple[int, int] | None, width: int | None, height: int | None) -> str:
    if size is None:
        return "Its JPEG has no picture in it."
    if size != (width, height):
        return f"Its JPEG has {size[0]} x {size[1]} pixels, and the file says {width} x {height}."
    return ""
