"""What a body covers of the bed, as one closed outline without holes, and how it lies when it is turned. mm.

A hole is no place for another piece: whoever takes the pieces off the bed must tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from manifold3d import CrossSection, FillRule, JoinType, Manifold

from gcode.geometry import Line, signed

FINE: Final = 0.1
"""mm by which an outline of too many corners may be too wide."""
CORNERS: Final = 48
"""Of an outline, as it is looked at: what has more is simplified, never below what it covers."""
CONVEX: Final = 400
"""Of a convex one: those are quickly looked at."""
STRAIGHT: Final = 1e-9
"""mm2: a turn to the right that is rounding."""
MOST_CORNERS: Final = 20_000
"""Of an outline as it comes."""


class OutlineError(ValueError):
    """Points that enclose nothing, or far too many. The text says which, and the mend."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed line that runs to the left, in the body's own coordinates. A value: equal ones are the same piece."""

    corners: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, points: Sequence[Sequence[float]]) -> Outline:
        """What points enclose, without holes and with few corners; it covers at least that. Raises OutlineError."""
        line = np.asarray(points, dtype=np.float64)
        if line.ndim != 2 or line.shape[1:] != (2,) or not 3 <= len(line) <= MOST_CORNERS:
            raise OutlineError(f"an outline has 3 to {MOST_CORNERS} points of x and y, this one is {line.shape}")
        if not np.isfinite(line).all():
            raise OutlineError("an outline's points are finite numbers: draw it anew")
        return cls._covering(CrossSection([np.ascontiguousarray(line)], FillRule.NonZero))

    @classmethod
    def under(cls, body: Manifold) -> Outline:
        """The shadow of a body on the bed. Parts of it that lie apart are taken as one, with what is between them."""
        return cls._covering(body.project())

    @classmethod
    def _covering(cls, area: CrossSection) -> Outline:
        lines = [line for line in area.to_polygons() if signed(line) > 0]
        if not lines:
            raise OutlineError("the outline encloses nothing: it is no piece")
        whole = lines[0] if len(lines) == 1 else area.hull().to_polygons()[0]
        tolerance = FINE
        while len(whole) > (CONVEX if convex(whole) else CORNERS):
            # What was widened by so much and simplified by as much still covers what it did.
            wider = CrossSection([whole]).offset(tolerance, JoinType.Miter, 2.0).simplify(tolerance)
            outer = max(wider.to_polygons(), key=signed)
            whole, tolerance = outer, tolerance * 2
        rounded = np.round(whole, 6) + 0.0
        first = int(np.lexsort((rounded[:, 0], rounded[:, 1]))[0])
        return cls(tuple(map(tuple, np.roll(rounded, -first, axis=0).tolist())))

    @property
    def line(self) -> Line:
        return np.array(self.corners, dtype=np.float64)

    @property
    def area(self) -> float:
        return signed(self.line)

    def turned(self, degrees: float) -> Lying:
        """As it lies when the body is turned to the left around its own origin."""
        return _lying(self, degrees)


@dataclass(frozen=True, slots=True, eq=False)
class Lying:
    """An outline that was turned, moved so that it begins at 0, 0."""

    line: Line
    width: float
    height: float
    origin: tuple[float, float]
    """Where the body's own origin lies then."""


@lru_cache(maxsize=4096)
def _lying(outline: Outline, degrees: float) -> Lying:
    line = rotated(outline.line, degrees)
    low = line.min(axis=0)
    width, height = (line.max(axis=0) - low).tolist()
    moved = np.round(line - low, 6) + 0.0
    first = int(np.lexsort((moved[:, 0], moved[:, 1]))[0])
    return Lying(np.roll(moved, -first, axis=0), width, height, (float(-low[0]), float(-low[1])))


def rotated(line: Line, degrees: float) -> Line:
    """Turned to the left around 0, 0; quarters of a turn exactly."""
    quarters = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    angle = np.radians(degrees)
    cos, sin = quarters.get(degrees % 360.0, (float(np.cos(angle)), float(np.sin(angle))))
    turned: Line = line @ np.array([[cos, sin], [-sin, cos]])
    return turned + 0.0


def convex(line: Line) -> bool:
    """Whether a closed line that runs to the left never turns right."""
    edge = np.roll(line, -1, axis=0) - line
    after = np.roll(edge, -1, axis=0)
    return bool((edge[:, 0] * after[:, 1] - edge[:, 1] * after[:, 0] >= -STRAIGHT).all())
