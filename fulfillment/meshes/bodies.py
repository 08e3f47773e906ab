"""What closed surfaces come to: one body that is the right way out, has walls, and does not cross itself.

Surfaces that hang together are a shell. A shell with its outside inside is a hollow where it lies in a body; bodies
that overlap or touch are united by manifold3d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from manifold3d import Error, Manifold, Mesh64, OpType

from fulfillment.meshes.edges import TURN, place
from fulfillment.meshes.limits import LEAST_THICKNESS, MAX_LOOKED_AT, MAX_SHELLS, MENDING, MeshError, too_much
from gcode.units import FloatArray, IntArray

NEARLY: Final = 1e-4
"""Share of a volume or an area below which two are the same: what coordinates of 32 bits leave of it."""
HEIGHTS: Final = 16
"""At which a body is cut to see whether it crosses itself."""
ONE: Final = "Please join them into one body where it was drawn, or order each of them alone."


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Closed triangles, in mm."""

    vertices: FloatArray
    faces: IntArray
    notes: tuple[str, ...] = ()

    def turned(self) -> Surface:
        """The same with its outside inside."""
        note = "The model was inside out, and was turned."
        return Surface(self.vertices, self.faces[:, ::-1], (*self.notes, note))

    def manifold(self, which: Any = slice(None), turned: bool = False) -> Manifold:
        """Some of the triangles, in double precision. Raises MeshError."""
        used, faces = np.unique(self.faces[which], return_inverse=True)
        faces = faces.reshape(-1, 3)[:, ::-1] if turned else faces.reshape(-1, 3)
        made = Manifold(Mesh64(vert_properties=self.vertices[used], tri_verts=np.ascontiguousarray(faces, np.uint64)))
        if made.status() != Error.NoError:
            raise MeshError(f"The model's surface does not close properly ({made.status().name}).", MENDING)
        return made

    def volumes(self) -> FloatArray:
        """Of the pyramids below each triangle: their sum is the volume."""
        a, b, c = (self.vertices[self.faces[:, corner]] - self.vertices[0] for corner in range(3))
        volumes: FloatArray = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
        return volumes


def one_body(surface: Surface) -> tuple[Surface, float]:
    """The body and its volume. Raises MeshError."""
    total = float(surface.volumes().sum())
    if total < 0:
        surface = surface.turned()
    _check_thickness(surface, abs(total))
    shells = _shells(surface)
    if shells.max() > 0:
        surface = _united(surface, shells)
    if len(surface.faces) <= MAX_LOOKED_AT:
        _check_crossing(surface)
    return surface, float(surface.volumes().sum())


def _check_thickness(surface: Surface, volume: float) -> None:
    """By what a wall's volume is to its two sides."""
    a, b, c = (surface.vertices[surface.faces[:, corner]] for corner in range(3))
    area = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2
    if volume * 2 < LEAST_THICKNESS * area:
        thick = volume * 2 / area if area else 0.0
        raise MeshError(
            f"The model's walls have no thickness ({thick:.2g} mm on average; at least {LEAST_THICKNESS:g} is needed).",
            "Please give it walls where it was drawn (Blender: Solidify; others: Thicken), and look at its unit.",
        )


def _shells(surface: Surface) -> IntArray:
    """For each triangle, the number of the shell that it is a part of. Raises MeshError."""
    label = np.arange(len(surface.vertices))
    while True:
        near = label[surface.faces]
        least = near.min(axis=1)
        if (near == least[:, None]).all():
            break
        np.minimum.at(label, near.ravel(), np.repeat(least, 3))
        while not np.array_equal(label, label[label]):
            label = label[label]
    names, shells = np.unique(label[surface.faces[:, 0]], return_inverse=True)
    if len(names) > MAX_SHELLS:
        raise too_much(f"{len(names):,} surfaces that do not hang together; at most {MAX_SHELLS} are taken")
    return shells.reshape(-1)


def _united(surface: Surface, shells: IntArray) -> Surface:
    """One body of several shells. Raises MeshError."""
    signed = np.bincount(shells, surface.volumes())
    specks = np.flatnonzero(np.abs(signed) < LEAST_THICKNESS**3)
    if len(specks):
        raise _part("has no volume", surface, shells == specks[0], MENDING)
    solid = [surface.manifold(shells == shell) for shell in np.flatnonzero(signed > 0)]
    whole = Manifold.batch_boolean(solid, OpType.Add)
    hollow = np.flatnonzero(signed < 0)
    for shell in hollow:
        inner = surface.manifold(shells == shell, turned=True)
        if (inner ^ whole).volume() < (1 - NEARLY) * inner.volume():
            raise _part("is inside out, and is no hollow in the rest", surface, shells == shell, TURN)
    if len(solid) == 1:
        return surface
    if len(hollow):
        raise MeshError("The model has several bodies, and hollows in them.", ONE)
    bodies = [body for body in whole.decompose() if body.volume() > 0]
    if len(bodies) > 1:
        raise _several(bodies)
    mesh: Any = whole.to_mesh64()
    vertices = np.array(mesh.vert_properties, dtype=np.float64)[:, :3]
    to = np.arange(len(vertices))
    to[np.array(mesh.merge_from_vert, dtype=np.int64)] = np.array(mesh.merge_to_vert, dtype=np.int64)
    used, faces = np.unique(to[np.array(mesh.tri_verts, dtype=np.int64)], return_inverse=True)
    note = f"Its {len(solid)} bodies touch or overlap, and were united."
    return Surface(vertices[used], faces.reshape(-1, 3), (*surface.notes, note))


def _part(wrong: str, surface: Surface, which: Any, mend: str) -> MeshError:
    points = surface.vertices[surface.faces[which]].reshape(-1, 3)
    size = " x ".join(f"{side:.3g}" for side in np.ptp(points, axis=0))
    return MeshError(f"A part of the model {wrong}: it is {size} mm large, at {place(points.min(axis=0))}.", mend)


def _several(bodies: list[Manifold]) -> MeshError:
    least = min(bodies, key=lambda body: float(body.volume()))
    low, high = np.array(least.bounding_box()).reshape(2, 3)
    size = " x ".join(f"{side:.4g}" for side in high - low)
    return MeshError(
        f"The model has {len(bodies)} bodies that do not touch: the smallest has {size} mm, at {place(low)}.", ONE
    )


def _check_crossing(surface: Surface) -> None:
    """Raises MeshError where what its contours go round is not what they enclose."""
    body = surface.manifold()
    corners = surface.vertices[surface.faces]
    low, high = float(corners[:, :, 2].min()), float(corners[:, :, 2].max())
    for step in range(HEIGHTS):
        # Irregular, as the surfaces of drawn bodies lie at even heights.
        height = low + (high - low) * (step + 0.5137) / (HEIGHTS + 0.021)
        round_, enclosed = _gone_round(corners, height), float(body.slice(height).area())
        if abs(round_ - enclosed) > max(0.01, NEARLY * 10 * enclosed):
            raise MeshError(
                f"The model's surface crosses itself, at z {height:.2f} mm: {abs(round_ - enclosed):.3g} mm2 would be "
                "filled twice, or not at all.",
                MENDING,
            )


def _gone_round(corners: FloatArray, height: float) -> float:
    """The area that contours at this height go round, by the shoelace rule, without putting one together."""
    above = corners[:, :, 2] > height
    crossed = corners[above.any(axis=1) & ~above.all(axis=1)]
    ups = np.empty((len(crossed), 2))
    downs = np.empty((len(crossed), 2))
    for corner in range(3):
        here, there = crossed[:, corner], crossed[:, (corner + 1) % 3]
        rises = (here[:, 2] <= height) & (there[:, 2] > height)
        falls = (here[:, 2] > height) & (there[:, 2] <= height)
        for which, found in ((rises, ups), (falls, downs)):
            share = (height - here[which, 2]) / (there[which, 2] - here[which, 2])
            found[which] = here[which, :2] + share[:, None] * (there[which, :2] - here[which, :2])
    return float((downs[:, 0] * ups[:, 1] - downs[:, 1] * ups[:, 0]).sum()) / 2
