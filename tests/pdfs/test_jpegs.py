"""JPEGs are followed to their end: what is broken in them is told, and no pixel is decoded for it."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fulfillment.pdfs import PAPERS, preflight
from fulfillment.pdfs.jpegs import wrong_with
from tests.pdfs.raw_file import page, stream

SIZE = (120, 80)


def jpeg(**options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"exif": b"Exif\0\0" + b"a" * 99}]
)
def test_whole_ones_are_whole(options: dict[str, object]) -> None:
    assert wrong_with(jpeg(**options), *SIZE) == ""


def test_what_is_broken_is_told() -> None:
    good = jpeg()
    scan = good.index(b"\xff\xda")
    table = good.index(b"\xff\xdb")
    broken = {
        good[: len(good) // 2]: "ends in the middle",
        b"GIF89a" + good: "does not begin as one",
        good[:table] + b"\xff\x99" + good[table + 2 :]: f"broken marker (FF99) at byte {table}",
        good[: table + 2] + b"\xff\xff" + good[table + 4 :]: f"broken part at byte {table}",
        good[: scan + 300] + b"\xff\x77" + good[scan + 302 :]: "broken marker (FF77)",
        b"\xff\xd8\xff\xd9": "no picture in it",
    }
    for data, says in broken.items():
        assert says in wrong_with(data, *SIZE)
    assert wrong_with(good, 121, 80) == "Its JPEG has 120 x 80 pixels, and the file says 121 x 80."


@given(st.binary(max_size=300))
def test_any_bytes_are_told_of(data: bytes) -> None:
    assert wrong_with(b"\xff\xd8" + data, 1, 1) or b"\xff\xd9" in data


def test_a_broken_one_in_a_page_is_told_with_its_name() -> None:
    head = b"/Type /XObject /Subtype /Image /Width 120 /Height 80 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    for data, broken in ((jpeg(), False), (re.sub(rb"\xff\xc4", b"\xff\x01", jpeg(), count=1), True)):
        pdf = page(
            b"q 20 0 0 20 0 0 cm /Im1 Do Q",
            b"/XObject << /Im1 5 0 R >>",
            {5: stream(data, head + b" /Filter /DCTDecode")},
        )
        found = preflight(pdf, PAPERS)
        assert found.ok is not broken
        assert [(one.page, one.object) for one in found.errors] == [(1, "image /Im1")] * broken
