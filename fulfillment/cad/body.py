"""What a template built: parts of triangles, with the names and colours that files and screens show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gcode.units import FloatArray, IntArray

if TYPE_CHECKING:
    from gcode.slicing.solid import Solid


@dataclass(frozen=True, eq=False)
class Part:
    """``vertices`` (n, 3) in mm, ``faces`` (m, 3) counter-clockwise seen from outside. ``colour``: "#rrggbb"."""

    name: str
    colour: str
    vertices: FloatArray
    faces: IntArray
    volume: float
    """mm3 of the exact body, before its curves became chords."""

    @cached_property
    def solid(self) -> Solid:
        """For the slicer. Raises SolidError where the triangles are no closed body."""
        # Imported here: it brings manifold3d, which only who slices needs.
        from gcode.slicing.solid import Solid

        return Solid.of(self.vertices, self.faces)

    @property
    def rgb(self) -> tuple[int, int, int]:
        return int(self.colour[1:3], 16), int(self.colour[3:5], 16), int(self.colour[5:7], 16)


@dataclass(frozen=True, eq=False)
class Built:
    """All parts of a body, where they lie together. ``step``: the exact body, where it was asked for."""

    name: str
    parts: tuple[Part, ...]
    step: bytes | None = None

    @property
    def volume(self) -> float:
        """mm3."""
        return sum(part.volume for part in self.parts)
