"""Whether triangles close: every edge is gone along once in each direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fulfillment.meshes.limits import MENDING, MeshError
from fulfillment.meshes.mesh import Body
from gcode.units import FloatArray, IntArray

TURN: Final = (
    "Please make its faces agree (Blender: Mesh > Normals > Recalculate Outside; others: unify normals), and export it "
    "anew."
)


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges where triangles do not agree, as pairs of vertices, with a triangle at each."""

    pairs: IntArray
    triangles: IntArray
    counts: IntArray
    """How many triangles each has."""
    balance: IntArray
    """How many more go along it from its lower vertex than to it."""


def bad_edges(faces: IntArray, vertices: int) -> Edges:
    """Those that are not gone along as often in one direction as in the other."""
    begin, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    keys = np.minimum(begin, end) * vertices + np.maximum(begin, end)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]]))
    sign = np.where(begin < end, 1, -1)[order]
    balance = np.add.reduceat(sign, starts) if len(starts) else np.empty(0, np.int64)
    bad = np.flatnonzero(balance)
    counts = np.diff(np.append(starts, len(keys)))[bad]
    pairs = np.stack(np.divmod(keys[starts[bad]], max(vertices, 1)), axis=1)
    return Edges(pairs, order[starts[bad]] // 3, counts, balance[bad])


def check_edges(body: Body, edges: Edges) -> None:
    """Raises MeshError with the number of a triangle and the place. ``body`` is in mm."""
    if not len(edges.pairs):
        return
    turned = (edges.counts % 2 == 0).all()
    if turned:
        worst = _most(edges.triangles, body.faces, edges.pairs)
        raise MeshError(
            f"The model has triangles that disagree on which side is outside: {_at(body, worst)} is one of them, or "
            f"its neighbour ({len(edges.pairs):,} edges).",
            TURN,
        )
    open_ = np.flatnonzero(edges.counts % 2 == 1)
    first = open_[0]
    middle = body.vertices[edges.pairs[first]].mean(axis=0)
    count = "1 edge has" if len(open_) == 1 else f"{len(open_):,} edges have"
    raise MeshError(
        f"The model is not watertight: {count} a triangle on one side only. One of them is an edge of "
        f"{_name(body, int(edges.triangles[first]))}, at {place(middle)}.",
        MENDING,
    )


def _most(triangles: IntArray, faces: IntArray, pairs: IntArray) -> int:
    """The triangle at most of these edges: one that was turned alone is at three of them."""
    near = np.flatnonzero(np.isin(faces, pairs).sum(axis=1) == 3)
    count = int(faces.max()) + 1
    wanted = pairs[:, 0] * count + pairs[:, 1]
    corners = faces[near]
    after = np.roll(corners, -1, axis=1)
    hits = np.isin(np.minimum(corners, after) * count + np.maximum(corners, after), wanted).sum(axis=1)
    return int(near[hits.argmax()]) if len(near) else int(triangles[0])


def _at(body: Body, triangle: int) -> str:
    return f"{_name(body, triangle)}, at {place(body.vertices[body.faces[triangle]].mean(axis=0))},"


def _name(body: Body, triangle: int) -> str:
    return f"triangle {body.numbers[triangle]:,}" + (f" of {body.name}" if body.name else "")


def place(point: FloatArray) -> str:
    """For a sentence: mm as the file has them."""
    return f"x {point[0]:.2f}, y {point[1]:.2f}, z {point[2]:.2f} mm"
