"""What a file is read into, and what becomes of it once it was looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fulfillment.meshes.units import Unit
from gcode.units import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One set of triangles as a file has it, in the file's unit. ``vertices`` is (n, 3), ``faces`` (m, 3)."""

    vertices: FloatArray
    faces: IntArray
    numbers: IntArray
    """By which a customer finds each triangle in the file: its own number, or that of the face it is a part of."""
    name: str = ""
    """Of the object, for a sentence: empty where a file has one."""

    @classmethod
    def of(cls, vertices: FloatArray, faces: IntArray, name: str = "") -> Body:
        """Triangles that are numbered from 1."""
        return cls(vertices, faces, np.arange(1, len(faces) + 1), name)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What a parser returns. ``unit`` is None where the file says none."""

    bodies: tuple[Body, ...]
    unit: Unit | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A customer's model: closed, right way out, one body; mm, its lowest corner at 0, 0, 0.

    ``vertices`` is (n, 3), each used and none twice in a shell; ``faces`` (m, 3), counter-clockwise seen from outside:
    ``gcode.slicing.solid.Solid.of(mesh.vertices, mesh.faces)`` takes it.
    """

    vertices: FloatArray
    faces: IntArray
    unit: Unit
    """In which it was taken to be drawn."""
    said: bool
    """Whether the file, or the customer, said that unit."""
    volume: float
    """mm3."""
    notes: tuple[str, ...] = ()
    """Sentences on what was decided or mended."""

    @property
    def size(self) -> tuple[float, float, float]:
        """mm in x, y and z."""
        x, y, z = self.vertices.max(axis=0)
        return float(x), float(y), float(z)
