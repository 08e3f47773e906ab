"""Facts are what other readers of PDFs say: poppler, qpdf, and pypdfium2's own objects."""

from __future__ import annotations

import base64
import math
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.pdfs import PdfRefused, Report, Rules, look_at, preflight
from fulfillment.pdfs.decode import DECODERS, Damaged, TooMuch, unpacked
from fulfillment.pdfs.reading import facts
from fulfillment.pdfs.tokens import Inline, Unreadable, operators
from tests.pdfs.press_page import RULES
from tests.pdfs.raw_file import page, stream

ANY = Rules(boxes=False, bleed=0, spaces=None, spots=None, output_intent=False, ppi_good=0, ppi_least=0)
POINT = 25.4 / 72


@pytest.fixture
def good_file(good: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "good.pdf"
    path.write_bytes(good)
    return path


def told(*command: str | Path) -> list[list[str]]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


def test_fonts_are_those_that_poppler_lists(good: bytes, good_file: Path) -> None:
    rows = told("pdffonts", good_file)[2:]
    ours = look_at(good).fonts
    assert [(row[0].partition("+")[2], row[1], row[3]) for row in rows] == [
        (font.name, font.kind, "yes" if font.embedded else "no") for font in ours
    ]
    assert ours


def test_pictures_are_those_that_poppler_lists(good: bytes, good_file: Path) -> None:
    rows = told("pdfimages", "-list", good_file)[2:]
    theirs = [(int(row[0]), int(row[3]), int(row[4]), row[5], int(row[12]), int(row[13])) for row in rows]
    assert theirs and theirs == [
        (one.where.page, one.width, one.height, "cmyk", round(one.ppi[0]), round(one.ppi[1]))
        for one in look_at(good).images
    ]


def test_boxes_are_those_that_poppler_says(good: bytes, good_file: Path) -> None:
    said = {
        row[0]: [float(value) for value in row[1:]] for row in told("pdfinfo", "-box", good_file) if "Box:" in row[0]
    }
    found = look_at(good).pages[0]
    assert found.trim and found.bleed
    for box, name in ((found.media, "MediaBox:"), (found.trim, "TrimBox:"), (found.bleed, "BleedBox:")):
        ours = [value / POINT for value in (box.x0, box.y0, box.x1, box.y1)]
        assert ours == pytest.approx(said[name], abs=0.01)


def test_qpdf_finds_the_good_page_good(good_file: Path) -> None:
    assert any("No syntax or stream encoding errors" in " ".join(line) for line in told("qpdf", "--check", good_file))


numbers = st.floats(-4, 4).map(lambda value: round(value, 3)).filter(lambda value: abs(value) > 0.05)
matrices = st.tuples(numbers, numbers, numbers, numbers).filter(
    lambda m: abs(m[0] * m[3] - m[1] * m[2]) > 0.05 * math.hypot(m[0], m[1]) * math.hypot(m[2], m[3])
)


def written(matrix: Sequence[float]) -> bytes:
    return b"%s 0 0" % b" ".join(b"%.3f" % value for value in matrix)


@settings(max_examples=60, deadline=None)
@given(outer=matrices, own=matrices, inner=matrices, wide=st.integers(1, 900), high=st.integers(1, 900))
def test_resolution_is_that_of_the_whole_matrix(
    outer: Sequence[float], own: Sequence[float], inner: Sequence[float], wide: int, high: int
) -> None:
    """However a picture is turned, skewed and scaled by the page, the form and the form's content."""
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 /ImageMask true" % (wide, high)
    form = b"/Type /XObject /Subtype /Form /BBox [-900 -900 900 900] /Matrix [%s]" % written(own)
    data = page(
        b"q %s cm q /F Do Q Q" % written(outer),
        b"/XObject << /F 5 0 R >>",
        {
            5: stream(
                b"1 0 0 1 3 4 cm q %s cm q 7 0 0 7 1 1 cm Q /I Do Q" % written(inner),
                form + b" /Resources << /XObject << /I 6 0 R >> >>",
            ),
            6: stream(bytes((wide + 7) // 8 * high), head),
        },
    )
    (ours,) = facts(data).images
    assert ours.where.object == "image /I in form /F"
    with pypdfium2.PdfDocument(data) as document:
        (theirs,) = document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
        metadata = theirs.get_metadata()
        # pdfium says the resolution of what its own matrices make of it; forms' matrices are not in it.
        found, container = theirs.get_matrix(), theirs.container
        while container is not None:
            found, container = found.multiply(container.get_matrix()), getattr(container, "container", None)
    expected = wide / math.hypot(found.a, found.b) * 72, high / math.hypot(found.c, found.d) * 72
    assert ours.ppi == pytest.approx(expected, rel=0.01)
    assert (ours.width, ours.height) == (metadata.width, metadata.height)


def test_a_skewed_picture_is_not_as_large_as_its_box() -> None:
    """The case that must differ: by the box around it, it would have half the resolution."""
    head = b"/Type /XObject /Subtype /Image /Width 100 /Height 100 /BitsPerComponent 1 /ImageMask true"
    data = page(b"q 17 17 -17 17 50 50 cm /I Do Q", b"/XObject << /I 6 0 R >>", {6: stream(bytes(1300), head)})
    (found,) = facts(data).images
    assert found.ppi == pytest.approx((100 / math.hypot(17, 17) * 72,) * 2)
    assert found.ppi[0] > 1.4 * 100 / 34 * 72 * 0.99


@settings(max_examples=100, deadline=None)
@given(cut=st.floats(0, 1), places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6))
def test_a_damaged_file_ends_in_a_report_or_a_refusal(good: bytes, cut: float, places: list[tuple[float, int]]) -> None:
    data = bytearray(good[: int(len(good) * cut)] if cut < 0.5 else good)
    for place, flip in places:
        if data:
            data[min(int(len(data) * place), len(data) - 1)] ^= flip
    try:
        found = preflight(bytes(data), RULES)
    except PdfRefused as refused:
        assert refused.reason and refused.mend
    else:
        assert isinstance(found, Report)
        assert found.findings or not places or cut >= 0.5


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_objects_end_in_a_report_or_a_refusal(structure: st.DataObject) -> None:
    """Most of the good page's bytes are pixels; here all of them are objects."""
    space = b"[/Indexed /DeviceRGB 1 <00>]"
    image = b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace " + space
    font = b"<< /Type /Font /Subtype /Type3 /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 6 0 R >> >>"
    data = bytearray(
        page(
            b"q 9 0 0 9 0 0 cm /I Do Q BT /T 9 Tf (a) Tj ET /G gs /P /C cs 1 scn 0 0 9 9 re f",
            b"/XObject << /I 5 0 R >> /Font << /T 7 0 R >> /ColorSpace << /C [/Separation /Gold /DeviceCMYK 8 0 R] >>"
            b"/ExtGState << /G << /ca .5 /SMask << /G 6 0 R >> >> >>",
            {5: stream(bytes(4), image), 6: stream(b"9 0 d0 0 g 0 0 9 9 re f"), 7: font, 8: b"<< /FunctionType 2 >>"},
        )
    )
    for _ in range(structure.draw(st.integers(1, 8))):
        place = structure.draw(st.integers(9, len(data) - 1))
        data[place] = structure.draw(st.sampled_from(b"0123456789/<>[]() RenSAX\x00\xff"))
    try:
        assert look_at(bytes(data)).version
    except PdfRefused as refused:
        assert refused.reason and refused.mend


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_operators_or_unreadable(data: bytes) -> None:
    try:
        found = list(operators(data))
    except Unreadable as error:
        assert str(error)
        return
    assert all(isinstance(one, Inline) or len(one[1]) <= 64 for one in found)


def test_operators_are_read_as_they_are_written() -> None:
    code = rb"""% comment ( [
    q 1 0 0 1 -2.5 .5 cm/Fm#31 Do (a(b)\)c) Tj [(x) -3 <4142>] TJ
    /Span <</MCID 0/X[1 2]>> BDC true 5 w BI/W 2/H 2/BPC 8/CS/G ID EI E EI Q --3 w"""
    found = list(operators(code))
    inline = next(one for one in found if isinstance(one, Inline))
    assert inline.data == b"EI E" and inline.entries["/ColorSpace"] == "/DeviceGray"
    assert [one for one in found if not isinstance(one, Inline)] == [
        ("q", []),
        ("cm", [1.0, 0.0, 0.0, 1.0, -2.5, 0.5]),
        ("Do", ["/Fm1"]),
        ("Tj", [None]),
        ("TJ", [None]),
        ("BDC", ["/Span", None]),
        ("w", [None, 5.0]),
        ("Q", []),
        ("w", [0.0]),
    ]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(sorted(DECODERS)))
def test_any_bytes_unpack_or_are_damaged(data: bytes, coding: str) -> None:
    try:
        found, size = unpacked(data, [coding], 50_000, 50_000, True)
    except (Damaged, TooMuch):
        return
    assert found is not None and len(found) == size <= 50_000


def test_codings_are_undone_as_qpdf_does(tmp_path: Path) -> None:
    text = bytes(range(256)) * 9 + b"aaaa" * 500
    runs = b"".join(b"\x7f" + text[at : at + 128] for at in range(0, len(text) - 127, 128)) + b"\x80"
    samples = {"/ASCIIHexDecode": text.hex().encode() + b">", "/RunLengthDecode": runs}
    samples["/ASCII85Decode"] = base64.a85encode(text, wrapcol=70) + b"~>"
    for coding, data in samples.items():
        path = tmp_path / "one.pdf"
        path.write_bytes(page(data, packing=b"/Filter %s" % coding.encode()))
        theirs = subprocess.run(
            ["qpdf", "--show-object=4", "--filtered-stream-data", path], capture_output=True, check=True
        ).stdout
        ours, _ = unpacked(data, [coding], 50_000, 50_000, True)
        assert ours == theirs
        assert re.match(rb"\x00\x01\x02", theirs)


def test_a_pixel_that_is_stretched_is_a_colour_and_no_picture() -> None:
    head = b"/Type /XObject /Subtype /Image /BitsPerComponent 8 /ColorSpace /DeviceGray /Width %d /Height %d"
    for size, refused in (((1, 1), False), ((400, 1), False), ((2, 1), True)):
        data = page(
            b"q 90 0 0 90 0 0 cm /I Do Q",
            b"/XObject << /I 5 0 R >>",
            {5: stream(bytes(size[0] * size[1]), head % size)},
        )
        found = preflight(data, replace(ANY, ppi_least=200, ppi_good=200))
        assert [one.object for one in found.errors] == ["image /I"] * refused
