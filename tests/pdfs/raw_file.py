"""PDFs written byte by byte: what a library would not write, or would have to hold in memory first."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << %s >> >>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def written(objects: Mapping[int, bytes]) -> bytes:
    """A file of these objects, by number, with a table of where they are. Object 1 is its root."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table, last = len(out), max(objects)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00001 f \n"
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, table)
    return bytes(out)


def page(
    content: bytes, resources: bytes = b"", more: Mapping[int, bytes] | None = None, packing: bytes = b""
) -> bytes:
    """A file of one page with this content."""
    given = {1: CATALOG, 2: PAGES, 3: PAGE % resources, 4: stream(content, packing)}
    return written(given | dict(more or {}))


def packed(count: int, per_page: bytes = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>") -> bytes:
    """A small file of so many pages: they are packed into streams of objects, and so is the table of them."""
    first, kids = 10, b" ".join(b"%d 0 R" % (10 + number) for number in range(count))
    given = {1: CATALOG, 2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)}
    out, rows = bytearray(b"%PDF-1.7\n"), {0: (0, 0, 65535)}
    for number, body in given.items():
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    group, holder = 50_000, 10 + count
    for start in range(0, count, group):
        some = range(start, min(start + group, count))
        index = b" ".join(b"%d %d" % (first + number, (number - start) * (len(per_page) + 1)) for number in some)
        body = zlib.compress(index + b"\n" + (per_page + b"\n") * len(some))
        entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(some), len(index) + 1)
        rows[holder] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (holder, stream(body, entries))
        rows |= {first + number: (2, holder, number - start) for number in some}
        holder += 1
    rows[holder] = (1, len(out), 0)
    at = len(out)
    table = b"".join(struct.pack(">BIH", *rows.get(number, (0, 0, 0))) for number in range(holder + 1))
    entries = b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Filter /FlateDecode" % (holder + 1)
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (holder, stream(zlib.compress(table), entries), at)
    return bytes(out)
