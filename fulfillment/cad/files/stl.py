"""Binary STL: triangles and nothing else. It knows no unit (mm is what everybody reads), no names and no colours."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from fulfillment.cad.body import Shapes

HEADER: Final = b"Fulfillment, mm"
_TRIANGLE: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])


def written(built: Shapes) -> bytes:
    """All parts in one file, as they lie together."""
    corners = np.concatenate([part.vertices[part.faces] for part in built.parts])
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.zeros(len(corners), _TRIANGLE)
    rows["corners"] = corners
    rows["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    return HEADER.ljust(80, b"\0") + struct.pack("<I", len(rows)) + rows.tobytes()
