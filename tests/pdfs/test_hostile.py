"""Files that are made to cost: each is refused by name within little memory, or read to its end."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import replace

import pytest

from fulfillment.apart import apart
from fulfillment.pdfs import PdfRefused, pictures, preflight
from fulfillment.pdfs.limits import LIMITS
from fulfillment.pdfs.reading import facts
from fulfillment.pdfs.report import Facts
from tests.pdfs.press_page import RULES
from tests.pdfs.raw_file import CATALOG, PAGE, PAGES, packed, page, stream, written

LITTLE = 220_000_000
"""Bytes of memory, on top of what the process has: three streams of operators. What needs more ends as Over."""
FLATE = b"/Filter /FlateDecode"
BOMB = zlib.compress(bytes(600_000_000), 9)


def read(data: bytes, memory: int = LITTLE) -> Facts:
    return apart(facts, data, memory, 20)


def form(inner: int) -> bytes:
    return b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F %d 0 R >> >>" % inner


def drawing(objects: Mapping[int, bytes]) -> bytes:
    return page(b"/F Do", b"/XObject << /F 5 0 R >>", objects)


def image(data: bytes, entries: bytes) -> bytes:
    head = b"/Type /XObject /Subtype /Image /BitsPerComponent 8 /ColorSpace /DeviceGray "
    return page(b"q 10 0 0 10 0 0 cm /I Do Q", b"/XObject << /I 5 0 R >>", {5: stream(data, head + entries)})


def tree(levels: int, kids: int) -> bytes:
    nodes = {
        number: b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"%d 0 R " % (number + 1) * kids)
        for number in range(10, 10 + levels)
    }
    bare = PAGE % b""
    return written({1: CATALOG.replace(b"2 0", b"10 0"), **nodes, 10 + levels: bare, 4: stream(b"")})


HUGE_ROWS = FLATE + b" /DecodeParms << /Predictor 12 /Colors 32 /Columns 2000000000 >>"
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "a bomb": (page(BOMB, packing=FLATE), "contents", "unpack to more than 64,000,000 bytes"),
    "a bomb in a bomb": (
        page(zlib.compress(BOMB), packing=b"/Filter [/FlateDecode /FlateDecode]"),
        "contents",
        "unpack to more than 64,000,000 bytes",
    ),
    "a bomb as a picture": (image(BOMB, b"/Width 10 /Height 10 " + FLATE), "image /I", "more than 256,000,000 bytes"),
    "packed nine times": (
        page(b"", packing=b"/Filter [%s]" % (b"/FlateDecode " * 9)),
        "contents",
        "packed 9 times over each other",
    ),
    "rows of a predictor": (page(zlib.compress(b"q"), packing=HUGE_ROWS), "contents", "rows of 64,000,000,000 bytes"),
    "contents over and over": (
        written(
            {
                1: CATALOG,
                2: PAGES,
                3: (PAGE % b"").replace(b"4 0 R", b"[%s]" % (b"4 0 R " * 10_000)),
                4: stream(zlib.compress(b"%" + b"a" * 1_000_000), FLATE),
            }
        ),
        "contents",
        "operators are more than 64,000,000 bytes",
    ),
    "a form in itself": (drawing({5: stream(b"/F Do", form(5))}), "form /F in form /F", "Form /F draws itself"),
    "two forms in each other": (
        drawing({5: stream(b"/F Do", form(6)), 6: stream(b"/F Do", form(5))}),
        "form /F in form /F in form /F",
        "Form /F draws itself",
    ),
    "forms in forms": (
        drawing({number: stream(b"/F Do", form(number + 1)) for number in range(5, 99)}),
        "form /F in",
        "more than 16 deep",
    ),
    "saved states": (page(b"q " * 1000), "contents", "More than 512 graphics states"),
    "a large picture": (image(b"", b"/Width 90000 /Height 90000"), "image /I", "90,000 x 90,000 pixels"),
    "many pages": (packed(2_001), "the file", "says that it has 2,001 pages; at most 2,000"),
    "a million pages, it says": (
        written({1: CATALOG, 2: PAGES.replace(b"Count 1", b"Count 1000000"), 3: PAGE % b"", 4: stream(b"")}),
        "the file",
        "says that it has 1,000,000 pages",
    ),
    "more pages than it says": (
        packed(2_500).replace(b"/Count 2500", b"/Count 0001"),
        "the file",
        "has 2,500 pages or more",
    ),
    "a page a billion times": (tree(10, 10), "the file", "twice in its tree of pages"),
    "a deep tree": (tree(200, 1), "the file", "tree of pages is deeper than 48"),
    "a tree in itself": (
        written({1: CATALOG, 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}),
        "the file",
        "Object 2 is twice in its tree of pages",
    ),
    "no tree": (written({1: CATALOG, 2: b"<< /Type /Pages /Kids 7 /Count 1 >>"}), "the file", "has no pages"),
    "many objects": (page(b"").replace(b"/Size 5", b"/Size 999999"), "the file", "999,999 objects; at most 300,000"),
}


@pytest.mark.parametrize(("data", "name", "says"), REFUSED.values(), ids=REFUSED)
def test_what_would_cost_too_much_is_refused_by_name_within_little_memory(data: bytes, name: str, says: str) -> None:
    with pytest.raises(PdfRefused, match=re.escape(says)) as refused:
        read(data)
    assert refused.value.object.startswith(name)
    assert refused.value.page in ((None,) if name == "the file" else (1,))


DAMAGED: dict[str, tuple[bytes, str]] = {
    "arrays in arrays": (page(b"[" * 100_000), "its brackets do not match at byte 64"),
    "an open string": (page(b"(" * 1_000_000), "it ends in the middle of a string"),
    "a matrix of no numbers": (page(b"NaN 0 0 NaN 0 0 cm"), "The matrix of 'cm' is not six finite numbers"),
    "a matrix beyond numbers": (page(b"1%s 0 0 1 0 0 cm" % (b"0" * 400)), "The matrix of 'cm' is not six"),
    "a space in itself": (
        page(b"/C cs 1 scn 0 0 9 9 re f", b"/ColorSpace << /C 5 0 R >>", {5: b"[/Indexed 5 0 R 1 <00>]"}),
        "Its colour space",
    ),
    "two names of each other": (
        page(b"/C cs 1 scn 0 0 9 9 re f", b"/ColorSpace << /C /D /D /C >>"),
        "Its colour space",
    ),
    "contents in themselves": (
        written({1: CATALOG, 2: PAGES, 3: PAGE % b"", 4: b"[4 0 R 4 0 R]"}),
        "Its contents are no stream",
    ),
    "a length of itself": (
        written({1: CATALOG, 2: PAGES, 3: PAGE % b"", 4: stream(b"q Q").replace(b"Length 3", b"Length 4 0 R")}),
        "It is damaged",
    ),
    "a picture that masks itself": (
        image(b"\0", b"/Width 1 /Height 0 /SMask 5 0 R"),
        "It is a picture of 1 x 0 pixels",
    ),
}


@pytest.mark.parametrize(("data", "says"), DAMAGED.values(), ids=DAMAGED)
def test_what_makes_no_sense_is_told_and_the_rest_is_read(data: bytes, says: str) -> None:
    found = read(data)
    assert [note for note in found.notes if note.kind == "damaged" and says in note.said]


def test_a_million_pages_end_within_the_bounds_that_every_file_has() -> None:
    """Packed as they may be: a few MB."""
    with pytest.raises(PdfRefused, match="has 1,000,031 objects; at most 300,000 are read"):
        preflight(packed(1_000_000, b"<</Type/Page>>"), RULES)


def test_forms_that_multiply_are_counted_as_often_as_they_run() -> None:
    few = replace(LIMITS, drawn=1_000, operators=5_000)
    doubling = drawing({number: stream(b"/F Do " * 9, form(number + 1)) for number in range(5, 20)})
    with pytest.raises(PdfRefused, match="drawn more than 1,000 times"):
        facts(doubling, replace(few, operators=100_000))
    with pytest.raises(PdfRefused, match="more than 5,000 operators"):
        facts(page(b"n " * 5_001), few)
    assert facts(page(b"n " * 4_000), few).pages


def test_a_thousand_bookmarks_are_no_depth() -> None:
    """Each names the next: a row, which is read to its end, and what the last one does is told."""
    marks = {
        number: b"<< /Title (%d) /Parent 9 0 R /Next %d 0 R /A << /S /GoTo /D [3 0 R /Fit] >> >>" % (number, number + 1)
        for number in range(10, 1_010)
    }
    last = {1_010: b"<< /Title (last) /Parent 9 0 R /A << /S /Hide /Next [<< /S /Launch /F (x.exe) >>] >> >>"}
    root = {1: CATALOG.replace(b">>", b"/Outlines 9 0 R >>"), 9: b"<< /Type /Outlines /First 10 0 R >>"}
    found = facts(written({**root, 2: PAGES, 3: PAGE % b"", 4: stream(b""), **marks, **last}))
    assert [note.said for note in found.notes if note.kind == "action"] == ["Hide", "Launch x.exe"]


def test_a_bomb_of_packed_objects_is_not_unpacked() -> None:
    """qpdf unpacks them itself, as soon as one is asked for: by its own limits."""
    good = packed(10)
    inner = zlib.compress(b"10 0 " + b" " * 600_000_000 + b"null", 9)
    found = re.search(rb"/N 10 /First \d+ /Filter /FlateDecode >>\nstream\n(.*?)\nendstream", good, re.DOTALL)
    assert found is not None
    bomb = good.replace(found[1], inner).replace(b"/Length %d " % len(found[1]), b"/Length %d " % len(inner))
    with pytest.raises(PdfRefused):
        read(bomb)


def test_a_page_that_is_no_picture_is_not_drawn(good: bytes) -> None:
    with pytest.raises(PdfRefused, match="too large a picture at 20000 dpi"):
        pictures(good, 20_000)
    with pytest.raises(PdfRefused, match="It has no page 3"):
        pictures(good, 50, [3])
    with pytest.raises(PdfRefused, match="cannot be drawn"):
        pictures(b"%PDF-1.7 nothing", 50)
    assert all(one.startswith(b"\x89PNG") for one in pictures(good, 50, [1, 2]))
