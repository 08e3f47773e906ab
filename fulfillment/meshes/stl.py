"""STL, binary and in letters: triangles that name their corners by place, without a unit.

Source: 3D Systems, StereoLithography Interface Specification (1989). A binary file is told by its length alone, as
many programs begin its free header with the word "solid", too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from fulfillment.meshes.limits import MAX_TRIANGLES, MeshError, damaged, too_much
from fulfillment.meshes.mesh import Body, Read
from gcode.units import FloatArray

HEADER: Final = 84
"""Bytes: 80 of any kind, and the number of triangles."""
TRIANGLE: Final = np.dtype([("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
PIECE: Final = 4_000_000
"""Bytes of letters that are taken apart at once: their words need ten times as much memory."""
WORDS: Final = 21
"""Of one triangle: facet normal x y z outer loop, three times vertex x y z, endloop endfacet."""
FIXED: Final = {
    0: b"facet", 1: b"normal", 5: b"outer", 6: b"loop", 7: b"vertex", 11: b"vertex", 15: b"vertex", 19: b"endloop",
    20: b"endfacet",
}  # fmt: skip
CORNERS: Final = (8, 9, 10, 12, 13, 14, 16, 17, 18)

_NAMES = re.compile(rb"(?m)^[ \t]*(?:end[ \t]*)?solid\b[^\n]*")
_END = re.compile(rb"endfacet\b", re.IGNORECASE)


def claimed(data: bytes) -> int:
    """Triangles that a binary file says it has."""
    return int.from_bytes(data[80:HEADER], "little")


def is_binary(data: bytes) -> bool:
    """Whether a file is as long as its number of triangles says."""
    return len(data) >= HEADER and len(data) == HEADER + claimed(data) * TRIANGLE.itemsize


def is_cut(data: bytes) -> bool:
    """Whether a file looks like a binary STL of another length: its first triangle is one, with a normal of 1."""
    if len(data) < HEADER + TRIANGLE.itemsize or not claimed(data):
        return False
    with np.errstate(all="ignore"):
        first = np.frombuffer(data, TRIANGLE, 1, HEADER)[0]
        corners, length = first["corners"], float(np.linalg.norm(first["normal"].astype(np.float64)))
        sane = bool(np.isfinite(corners).all()) and float(np.abs(corners).max()) < 1e6
    return sane and (length == 0 or abs(length - 1) < 1e-3)


def is_text(data: bytes) -> bool:
    head = data[:1000].lstrip().lower()
    return head.startswith(b"solid") and b"\0" not in head and (b"facet" in head or b"endsolid" in head)


def read(data: bytes) -> Read:
    """The triangles. Raises MeshError."""
    soup = _binary(data) if is_binary(data) or not is_text(data) else _text(data)
    faces = np.arange(len(soup) * 3).reshape(-1, 3)
    return Read((Body.of(soup.reshape(-1, 3), faces),))


def _binary(data: bytes) -> FloatArray:
    count, room = claimed(data), (len(data) - HEADER) // TRIANGLE.itemsize
    if not is_binary(data):
        raise damaged(f"its header says {count:,} triangles, and there is room for {room:,} in the file")
    if count > MAX_TRIANGLES:
        raise too_much(f"{count:,} triangles; at most {MAX_TRIANGLES:,} are taken")
    corners: FloatArray = np.frombuffer(data, TRIANGLE, count, HEADER)["corners"].astype(np.float64)
    return corners


def _pieces(data: bytes) -> Iterator[bytes]:
    """The file in pieces that end behind a triangle."""
    at = 0
    while at < len(data):
        found = _END.search(data, at + PIECE)
        end = found.end() if found else len(data)
        yield data[at:end]
        at = end


def _text(data: bytes) -> FloatArray:
    parts, count = [np.empty((0, 3, 3))], 0
    for piece in _pieces(data):
        words = _NAMES.sub(b"", piece.lower().replace(b"\r", b"\n")).split()
        more, rest = divmod(len(words), WORDS)
        if any(words[place : more * WORDS : WORDS] != [word] * more for place, word in FIXED.items()):
            raise _misplaced(words, count)
        if rest:
            raise damaged(f"it ends in the middle of triangle {count + more + 1:,}, or has something else there")
        if count + more > MAX_TRIANGLES:
            raise too_much(f"more than {MAX_TRIANGLES:,} triangles")
        parts.append(_numbers([words[place::WORDS] for place in CORNERS], count))
        count += more
    if not data.rstrip()[-1000:].lower().rpartition(b"\n")[2].lstrip().startswith((b"endsolid", b"end solid")):
        raise damaged("its end is missing: there is no 'endsolid'")
    return np.concatenate(parts)


def _misplaced(words: list[bytes], before: int) -> MeshError:
    at = next(at for at, word in enumerate(words) if FIXED.get(at % WORDS, word) != word)
    found, wanted = words[at][:20].decode("latin-1"), FIXED[at % WORDS].decode()
    return damaged(f"triangle {before + at // WORDS + 1:,} has {found!r} where {wanted!r} is expected")


def _numbers(columns: list[list[bytes]], before: int) -> FloatArray:
    """(m, 3, 3) corners."""
    try:
        return np.array([np.array(column).astype(np.float64) if column else [] for column in columns]).T.reshape(
            -1, 3, 3
        )
    except ValueError:
        for number, words in enumerate(zip(*columns, strict=True), before + 1):
            for word in words:
                if not _is_number(word):
                    found = word[:20].decode("latin-1")
                    raise damaged(f"triangle {number:,} has {found!r} where a number is expected") from None
        raise


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
