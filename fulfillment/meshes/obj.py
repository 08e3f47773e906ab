"""OBJ: vertices and faces of any number of corners, as lines of text, without a unit.

Source: Wavefront, Advanced Visualizer Manual, appendix B1 (Object Files). Colours, materials, normals and groups are
passed over; free forms are refused.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fulfillment.meshes.limits import MAX_TRIANGLES, MeshError, damaged, too_much
from fulfillment.meshes.mesh import Body, Read
from fulfillment.meshes.polygons import triangles

MAX_VERTICES: Final = 3 * MAX_TRIANGLES
FREE: Final = frozenset((b"curv", b"curv2", b"surf", b"cstype", b"deg", b"bmat", b"parm", b"trim", b"hole"))
PASSED: Final = frozenset((
    b"vt", b"vn", b"vp", b"g", b"o", b"s", b"mg", b"usemtl", b"mtllib", b"usemap", b"maplib", b"bevel", b"c_interp",
    b"d_interp", b"lod", b"shadow_obj", b"trace_obj", b"end",
))  # fmt: skip
THIN: Final = frozenset((b"l", b"p"))
"""Lines and points, which have no volume."""


@dataclass(slots=True)
class _Reader:
    points: array[float] = field(default_factory=lambda: array("d"))
    corners: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    thin: int = 0

    def vertex(self, words: list[bytes], line: int) -> None:
        try:
            x, y, z = map(float, words[1:4])
        except ValueError:
            raise damaged(f"line {line:,} has no vertex of three numbers") from None
        self.points.extend((x, y, z))
        if len(self.points) > 3 * MAX_VERTICES:
            raise too_much(f"more than {MAX_VERTICES:,} vertices")

    def face(self, words: list[bytes], line: int) -> None:
        there = len(self.points) // 3
        try:
            named = [int(word.partition(b"/")[0]) for word in words[1:]]
        except ValueError:
            raise damaged(f"line {line:,} has a face whose corners are no numbers") from None
        if len(named) < 3:
            raise damaged(f"line {line:,} has a face of {len(named)} corners")
        for number in named:
            if not (0 < number <= there or -there <= number < 0):
                raise damaged(f"line {line:,} names vertex {number}, and {there:,} are there by then")
        self.corners.extend([number - 1 if number > 0 else there + number for number in named])
        self.counts.append(len(named))
        if len(self.corners) - 2 * len(self.counts) > MAX_TRIANGLES:
            raise too_much(f"more than {MAX_TRIANGLES:,} triangles")


VERBS: Final[Mapping[bytes, Callable[[_Reader, list[bytes], int], None]]] = {b"v": _Reader.vertex, b"f": _Reader.face}


def read(data: bytes) -> Read:
    """The faces, cut into triangles. Raises MeshError."""
    reader = _Reader()
    plain = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").removeprefix(b"\xef\xbb\xbf")
    for line, text in enumerate(plain.splitlines(), 1):
        words = text.partition(b"#")[0].split()
        if not words:
            continue
        if (verb := VERBS.get(words[0])) is not None:
            verb(reader, words, line)
        elif words[0] in FREE:
            name = words[0].decode()
            raise MeshError(f"The model has a free form ({name!r} in line {line:,}).", "Please export it as triangles.")
        elif words[0] in THIN:
            reader.thin += 1
        elif words[0] not in PASSED:
            raise damaged(f"line {line:,} begins with {words[0][:20].decode('latin-1')!r}, which is not known")
    vertices = np.array(reader.points).reshape(-1, 3)
    faces, numbers = triangles(vertices, np.array(reader.corners), np.array(reader.counts))
    notes = (f"{reader.thin:,} lines or points have no volume and are not made.",) if reader.thin else ()
    return Read((Body(vertices, faces, numbers),), None, notes)
