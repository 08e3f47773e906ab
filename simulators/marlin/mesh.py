"""A mesh of heights and what a firmware with AUTO_BED_LEVELING_BILINEAR makes of it: every Z is raised by the height
of the mesh below it.

Between its points heights are bilinear; beyond its edge the edge's height goes on (no EXTRAPOLATE_BEYOND_GRID). A move
is split where it crosses the mesh's lines and straight between (no SEGMENT_LEVELED_MOVES, no subdivision). The raise
fades to nothing at the fade height (ENABLE_LEVELING_FADE_HEIGHT; 0: it does not fade). Units: mm.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from simulators.beads import Array

Point = tuple[float, float, float]
FADE = 10.0
"""DEFAULT_LEVELING_FADE_HEIGHT: what a firmware begins with."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How the firmware was built, in Marlin's words."""

    offset: Point = (0.0, 0.0, 0.0)
    """NOZZLE_TO_PROBE_OFFSET. A negative Z: it is triggered while the nozzle is so much higher."""
    points: tuple[int, int] = (3, 3)
    """GRID_MAX_POINTS_X and _Y."""
    clearance: float = 5.0
    """Z_CLEARANCE_BETWEEN_PROBES, and to deploy."""
    tolerance: float = 3.0
    """Z_PROBE_ERROR_TOLERANCE: triggered higher than this over the bed, it has failed."""
    low: float = -2.0
    """Z_PROBE_LOW_POINT: not triggered so far below the bed, it has failed."""
    margin: float = 10.0
    """PROBING_MARGIN."""
    travel: float = 133.0
    """XY_PROBE_FEEDRATE, mm/s."""
    fast: float = 4.0
    """Z_PROBE_FEEDRATE_FAST, mm/s; it goes down at half of it."""
    halts: bool = False
    """G29_RETRY_AND_RECOVER with G29_HALT_ON_FAILURE."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """``values``: (nx, ny), NaN where nothing was measured yet."""

    start: tuple[float, float]
    spacing: tuple[float, float]
    values: Array

    def height(self, x: float, y: float) -> float:
        cells, shares = [], []
        for value, start, step, count in zip((x, y), self.start, self.spacing, self.values.shape, strict=True):
            ratio = min(max((value - start) / step, 0.0), count - 1.0)
            cell = min(int(ratio), count - 2)
            cells.append(cell)
            shares.append(ratio - cell)
        (i, j), (u, v) = cells, shares
        near = self.values[i, j] + v * (self.values[i, j + 1] - self.values[i, j])
        far = self.values[i + 1, j] + v * (self.values[i + 1, j + 1] - self.values[i + 1, j])
        return float(near + u * (far - near))

    def borders(self, begin: Point, end: Point) -> list[float]:
        """The shares of a way at which it crosses a line inside of the mesh."""
        found: set[float] = set()
        for axis in (0, 1):
            way = end[axis] - begin[axis]
            for line in range(1, self.values.shape[axis] - 1):
                at = self.start[axis] + line * self.spacing[axis]
                share = (at - begin[axis]) / way if way else -1.0
                if 1e-9 < share < 1 - 1e-9:
                    found.add(share)
        return sorted(found)


@dataclass(slots=True)
class Leveling:
    """Whether Z is raised, and by what."""

    mesh: Mesh | None = None
    active: bool = False
    fade: float = FADE
    _nothing: list[float] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """As leveling_is_valid() of 2.1: there is a grid. Its points may still be those of before."""
        return self.mesh is not None

    def forget(self) -> None:
        self.mesh, self.active = None, False

    def borders(self, begin: Point, end: Point) -> list[float]:
        return self.mesh.borders(begin, end) if self.active and self.mesh is not None else self._nothing

    def raised(self, place: Point) -> Point:
        """Where the tool is, for where the firmware is told to be."""
        if not self.active or self.mesh is None:
            return place
        x, y, z = place
        return x, y, z + self._share(z) * self._height(x, y)

    def flat(self, place: Point) -> Point:
        """The reverse of :meth:`raised`."""
        if not self.active or self.mesh is None:
            return place
        x, y, z = place
        height = self._height(x, y)
        if self.fade and z - height > 0:
            z = z if z >= self.fade else (z - height) / (1 - height / self.fade)
        else:
            z -= height
        return x, y, z

    def switch(self, on: bool, place: Point) -> Point:
        """The place by its new name, after leveling is on or off. It is not switched on without a mesh."""
        true = self.raised(place)
        self.active = on and self.valid
        return self.flat(true)

    def _share(self, z: float) -> float:
        return 1.0 if not self.fade else max(0.0, 1 - z / self.fade) if z > 0 else 1.0

    def _height(self, x: float, y: float) -> float:
        assert self.mesh is not None  # noqa: S101  (both callers have looked)
        height = self.mesh.height(x, y)
        return 0.0 if np.isnan(height) else height

    def write(self, mesh: Mesh) -> None:
        """A new grid takes the place of another; one of the same size and place is written over, point by point."""
        old = self.mesh
        if old is not None and (old.start, old.spacing, old.values.shape) == (
            mesh.start,
            mesh.spacing,
            mesh.values.shape,
        ):
            mesh = replace(mesh, values=np.where(np.isnan(mesh.values), old.values, mesh.values))
        self.mesh = mesh


def zigzag(columns: int, rows: int) -> list[tuple[int, int]]:
    """The order of points: row by row to and fro, so that the last one is right at the back."""
    ways = [
        [(column, row) for column in (range(columns) if (rows - row) % 2 else reversed(range(columns)))]
        for row in range(rows)
    ]
    return list(itertools.chain.from_iterable(ways))
