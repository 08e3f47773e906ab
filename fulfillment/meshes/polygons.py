"""Faces of any number of corners, cut into triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from manifold3d import triangulate

from gcode.units import FloatArray, IntArray


def triangles(vertices: FloatArray, corners: IntArray, counts: IntArray) -> tuple[IntArray, IntArray]:
    """(m, 3) triangles, and the number of the face that each is a part of, counted from 1.

    ``corners``: those of all faces, one after the other; ``counts``: how many each face has, at least 3. A face that a
    fan around its first corner covers, as every convex one, is cut so; any other in the plane that it lies in, nearly.
    """
    starts = np.cumsum(counts) - counts
    cut: list[IntArray] = [np.empty((0, 3), np.int64)]
    faces: list[IntArray] = [np.empty(0, np.int64)]
    for count in np.unique(counts):
        which = np.flatnonzero(counts == count)
        group = corners[starts[which][:, None] + np.arange(count)]
        fans = np.stack([np.broadcast_to(group[:, :1], (len(group), count - 2)), group[:, 1:-1], group[:, 2:]], axis=2)
        bad = np.zeros(len(group), bool) if count == 3 else ~_covered(vertices, fans)
        cut.append(fans[~bad].reshape(-1, 3))
        faces.append(np.repeat(which[~bad], count - 2))
        for face in np.flatnonzero(bad):
            pieces = _in_plane(vertices, group[face])
            cut.append(pieces)
            faces.append(np.full(len(pieces), which[face]))
    numbers = np.concatenate(faces)
    order = np.argsort(numbers, kind="stable")
    return np.concatenate(cut)[order], numbers[order] + 1


def _covered(vertices: FloatArray, fans: IntArray) -> Any:
    """Whether all triangles of each fan look to the same side."""
    with np.errstate(all="ignore"):  # not finite numbers are told of later, by their place
        a, b, c = (vertices[fans[:, :, corner]] for corner in range(3))
        normals = np.cross(b - a, c - a)
        return (np.einsum("fti,fi->ft", normals, normals.sum(axis=1)) >= 0).all(axis=1)


def _in_plane(vertices: FloatArray, face: IntArray) -> IntArray:
    """A face that is not convex: looked at along its normal (Newell's rule), so that most of it is seen."""
    points = vertices[face]
    after = np.roll(points, -1, axis=0)
    with np.errstate(all="ignore"):
        normal = np.cross(points, after).sum(axis=0)
    if not np.isfinite(normal).all() or not normal.any():
        fan = np.arange(1, len(face) - 1)
        return np.stack([np.full_like(fan, face[0]), face[fan], face[fan + 1]], axis=1)
    away = int(np.abs(normal).argmax())
    seen = np.delete(points, away, axis=1) if away != 1 else points[:, [2, 0]]
    if normal[away] < 0:
        seen = seen[:, ::-1]
    pieces: IntArray = face[np.asarray(triangulate([np.ascontiguousarray(seen)]), dtype=np.int64)]
    return pieces
