"""Triangles that share their corners: equal places are one vertex, and what is no triangle is dropped."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from fulfillment.meshes.limits import MeshError
from fulfillment.meshes.mesh import Body
from gcode.units import FloatArray, IntArray

_PRIMES: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


def check_numbers(body: Body) -> None:
    """Raises MeshError where a coordinate of a triangle is not finite."""
    bad = np.logical_not(np.isfinite(body.vertices).all(axis=1))
    if bad.any():
        at = np.flatnonzero(bad[body.faces].any(axis=1))
        which = f"Triangle {body.numbers[at[0]]:,}" if len(at) else f"Vertex {int(bad.argmax()) + 1:,}"
        of = f" of {body.name}" if body.name else ""
        raise MeshError(
            f"{which}{of} of the model has a corner that is nowhere (NaN, infinite or beyond all numbers).",
            "Please export it anew from where it was drawn.",
        )


def welded(body: Body) -> tuple[Body, int, int]:
    """The body with equal vertices joined and unused ones gone; how many triangles were none, and how many were
    there twice. Triangles that are thin but have three corners stay: without them there would be a hole."""
    vertices, which = _unique(body.vertices)
    return _without(replace(body, vertices=vertices, faces=which[body.faces]))


def joined(body: Body, vertices: IntArray, near: float) -> tuple[Body, int]:
    """The body with those of these vertices joined that lie ``near`` to each other, and how many that were.

    Points of a grid's cell are near; in one of eight grids, each shifted by half a cell, two near points share one.
    """
    points, to = body.vertices[vertices], np.arange(len(vertices))
    for shift in product((0.0, 0.5), repeat=3):
        cells = np.floor(points / (2 * near) + shift).astype(np.int64)
        _, cell = np.unique(cells, axis=0, return_inverse=True)
        least = np.full(len(points), len(points))
        np.minimum.at(least, cell.reshape(-1), to)
        np.minimum.at(to, to.copy(), least[cell.reshape(-1)])
        while not np.array_equal(to, to[to]):
            to = to[to]
    which = np.arange(len(body.vertices))
    which[vertices] = vertices[to]
    mended, *_ = _without(replace(body, faces=which[body.faces]))
    return mended, int((to != np.arange(len(to))).sum())


def _without(body: Body) -> tuple[Body, int, int]:
    faces, numbers = body.faces, body.numbers
    good = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    dropped = len(faces) - int(good.sum())
    if dropped:
        faces, numbers = faces[good], numbers[good]
    once = _first(faces, len(body.vertices))
    doubled = len(faces) - len(once)
    if doubled:
        faces, numbers = faces[once], numbers[once]
    used = np.zeros(len(body.vertices), bool)
    used[faces] = True
    vertices = body.vertices
    if not used.all():
        vertices, faces = vertices[used], (np.cumsum(used) - 1)[faces]
    return replace(body, vertices=vertices, faces=faces, numbers=numbers), dropped, doubled


def _first(faces: IntArray, vertices: int) -> IntArray:
    """Of triangles with the same corners in the same direction, the first."""
    least = faces.argmin(axis=1)[:, None]
    turned = np.take_along_axis(faces, (least + np.arange(3)) % 3, axis=1)
    if vertices < 2**21:
        keys = (turned[:, 0] << 42) | (turned[:, 1] << 21) | turned[:, 2]
        once = np.unique(keys, return_index=True)[1]
    else:
        once = np.unique(turned, axis=0, return_index=True)[1]
    first: IntArray = np.sort(once)
    return first


def _unique(points: FloatArray) -> tuple[FloatArray, IntArray]:
    """Each place once, and which of them each point is. In order of a hash, which is three times faster than by place;
    should two places have the same hash, by place."""
    points = np.ascontiguousarray(points + 0.0)  # so that -0 is 0
    bits: npt.NDArray[np.uint64] = points.view(np.uint64)
    mixed = bits * _PRIMES
    mixed ^= mixed >> np.uint64(29)
    mixed *= _PRIMES[::-1]
    keys = mixed[:, 0] ^ (mixed[:, 1] >> np.uint64(1)) ^ (mixed[:, 2] >> np.uint64(2))
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    vertices = points[first]
    if not np.array_equal(vertices[which], points):
        vertices, which = np.unique(points, axis=0, return_inverse=True)
    return vertices, which.reshape(-1)
