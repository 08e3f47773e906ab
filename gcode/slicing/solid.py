"""A body to be printed: triangles that were looked at before anything is made of them. mm.

A million triangles is the limit: a photo of 700 x 700 points has as many. A body must be watertight (every edge has
two triangles that agree on their direction), have its outside outside, and be at least ``LEAST_SIZE`` in each
direction. Bodies may not cross themselves: ``gcode.slicing.sections`` sees that layer by layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from manifold3d import Error, Manifold, Mesh64

from gcode.units import FloatArray, IntArray

MAX_TRIANGLES: Final = 1_000_000
MAX_SIZE: Final = 1000.0
"""mm: larger than any bed; mostly inches or micrometres taken for millimetres."""
LEAST_SIZE: Final = 0.05
"""mm: half of the thinnest layer."""


class SolidError(ValueError):
    """Triangles that are no body that can be printed. The text says what, where and the mend."""


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A checked body. ``vertices`` is (n, 3), ``faces`` (m, 3) with their corners counter-clockwise seen from outside.

    Build it by :meth:`of`, or by :meth:`soup` from triangles that do not share their corners (an STL file).
    """

    vertices: FloatArray
    faces: IntArray
    manifold: Manifold

    @classmethod
    def of(cls, vertices: npt.ArrayLike, faces: npt.ArrayLike) -> Self:
        """Raises SolidError."""
        points, corners = np.array(vertices, dtype=np.float64, order="C"), np.array(faces, dtype=np.int64, order="C")
        _check_numbers(points, corners)
        used = np.zeros(len(points), dtype=bool)
        used[corners] = True
        _check_size(points[used])
        _check_edges(points, corners)
        _check_volume(points, corners)
        mesh = Mesh64(vert_properties=points, tri_verts=corners.astype(np.uint64))
        manifold = Manifold(mesh)
        if manifold.status() != Error.NoError:
            raise SolidError(
                f"the body is not closed ({manifold.status().name}): mend it where it was drawn, and export it anew"
            )
        return cls(points, corners, manifold)

    @classmethod
    def soup(cls, triangles: npt.ArrayLike) -> Self:
        """From (m, 3, 3) corners: equal ones are joined. Raises SolidError."""
        soup = np.array(triangles, dtype=np.float64, order="C")
        if soup.ndim != 3 or soup.shape[1:] != (3, 3):
            raise SolidError(f"triangles are an array of m x 3 x 3 numbers, this one is {soup.shape}")
        if len(soup) > MAX_TRIANGLES:
            raise _too_many(len(soup))
        vertices, corners = np.unique(soup.reshape(-1, 3), axis=0, return_inverse=True)
        return cls.of(vertices, corners.reshape(-1, 3))

    @classmethod
    def from_manifold(cls, manifold: Manifold) -> Self:
        """From what templates build. Raises SolidError."""
        mesh: Any = manifold.to_mesh64()
        vertices = np.array(mesh.vert_properties, dtype=np.float64, order="C")[:, :3]
        corners = np.array(mesh.tri_verts, dtype=np.int64, order="C")
        joined = np.arange(len(vertices))
        joined[np.array(mesh.merge_from_vert, dtype=np.int64)] = np.array(mesh.merge_to_vert, dtype=np.int64)
        return cls.of(vertices, joined[corners])

    @property
    def low(self) -> tuple[float, float, float]:
        """The least x, y and z."""
        box = self.manifold.bounding_box()
        return float(box[0]), float(box[1]), float(box[2])

    @property
    def high(self) -> tuple[float, float, float]:
        box = self.manifold.bounding_box()
        return float(box[3]), float(box[4]), float(box[5])

    @property
    def volume(self) -> float:
        """mm3."""
        return float(self.manifold.volume())


def _too_many(count: int) -> SolidError:
    return SolidError(f"the body has {count} triangles, {MAX_TRIANGLES} are allowed: export it coarser")


def _check_numbers(points: FloatArray, corners: IntArray) -> None:
    if points.ndim != 2 or points.shape[1] != 3 or corners.ndim != 2 or corners.shape[1] != 3:
        raise SolidError(f"vertices are n x 3 and faces m x 3 numbers, these are {points.shape} and {corners.shape}")
    if len(corners) == 0:
        raise SolidError("the body is empty: there is not one triangle in it")
    if len(corners) > MAX_TRIANGLES:
        raise _too_many(len(corners))
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        raise SolidError(f"vertex {bad[0] + 1} of the body is not finite ({len(bad)} in all): export it anew")
    if corners.min() < 0 or corners.max() >= len(points):
        worst = int(np.flatnonzero(((corners < 0) | (corners >= len(points))).any(axis=1))[0])
        raise SolidError(f"triangle {worst + 1} names a vertex that is not there: there are {len(points)}")


def _check_size(points: FloatArray) -> None:
    size = np.ptp(points, axis=0)
    for axis, letter in enumerate("XYZ"):
        if size[axis] < LEAST_SIZE:
            raise SolidError(
                f"the body is flat: {size[axis]:.3g} mm in {letter}, at least {LEAST_SIZE:g} are needed; give it a "
                "thickness, or say in which unit it was drawn"
            )
        if size[axis] > MAX_SIZE:
            raise SolidError(
                f"the body has {size[axis]:.4g} mm in {letter}, {MAX_SIZE:g} are allowed: say in which unit it was "
                "drawn"
            )
    if np.abs(points).max() > 10 * MAX_SIZE:
        raise SolidError(f"the body lies more than {10 * MAX_SIZE:g} mm away from its origin: draw it near to it")


def _check_edges(points: FloatArray, corners: IntArray) -> None:
    """Each edge is gone along once in each direction."""
    count = len(points)
    begin, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    if (begin == end).any():
        worst = int(np.flatnonzero((corners == np.roll(corners, -1, axis=1)).any(axis=1))[0])
        raise SolidError(f"triangle {worst + 1} of the body has a corner twice: export it anew")
    if (np.sort(begin * count + end) == np.sort(end * count + begin)).all():
        return
    ways, which = np.unique(np.concatenate([begin * count + end, end * count + begin]), return_inverse=True)
    there, back = np.split(which, 2)
    bad = ways[np.bincount(there, minlength=len(ways)) != np.bincount(back, minlength=len(ways))]
    at = (points[bad[0] // count] + points[bad[0] % count]) / 2
    raise SolidError(
        f"the body is not watertight: {len(bad) // 2} edges have a triangle on one side only, or triangles that "
        f"disagree which side is outside; one of them is at {at[0]:.2f}, {at[1]:.2f}, {at[2]:.2f} mm. Mend it where it "
        "was drawn"
    )


def _check_volume(points: FloatArray, corners: IntArray) -> None:
    size = np.ptp(points, axis=0)
    a, b, c = (points[corners[:, corner]] - points[0] for corner in range(3))
    volume = float((a * np.cross(b, c)).sum()) / 6
    if volume < -(LEAST_SIZE**3):
        raise SolidError("the body is inside out (its volume is negative): turn its triangles round")
    if volume <= 1e-9 * float(np.prod(size)) or volume < LEAST_SIZE**3:
        raise SolidError(f"the body has no volume ({volume:.3g} mm3): its walls have no thickness; draw them thicker")
