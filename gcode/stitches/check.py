"""A pattern against limits of thread and hoop, and against what was designed. Every finding is a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from gcode.geometry import Bounds
from gcode.stitches.pattern import Pattern
from gcode.stitches.picture import bands
from gcode.stitches.thread import GRID, Thread
from gcode.units import FloatArray

DENSITY: Final = 12
"""Pixels of a mm, where a pattern is held against its design."""
MAX_PIXELS: Final = 40_000_000
ROUNDING: Final = 1.5 * GRID
"""mm by which a stitch may be longer or shorter than its limit: both of its ends stand on the files' grid."""
SLACK: Final = 0.45
"""mm that thread may lie beside the design: half of its width, rounding, and the cloth that it draws together."""

Mask = npt.NDArray[np.bool_]


def unfit(pattern: Pattern, thread: Thread, hoop: Bounds) -> list[str]:
    """What of it cannot be sewn in this hoop with this thread."""
    box = pattern.bounds
    if box is None:
        return ["there is not one stitch in it"]
    found = []
    if not hoop.holds(box, GRID):
        size = f"x {box.x0:.1f} to {box.x1:.1f}, y {box.y0:.1f} to {box.y1:.1f} mm"
        found.append(f"it spans {size}, beyond the hoop of {hoop.width:g} x {hoop.height:g} mm")
    lengths = np.concatenate([seam.stitches for seam in pattern.seams])
    if len(lengths) and lengths.max() > thread.longest + ROUNDING:
        found.append(f"a stitch of {lengths.max():.1f} mm is longer than {thread.longest:g} mm")
    if len(lengths) and lengths.min() < thread.shortest - ROUNDING:
        found.append(f"a stitch of {lengths.min():.2f} mm is shorter than {thread.shortest:g} mm")
    if (loose := max(pattern.floats, default=None)) is not None and loose[0] > thread.trim + ROUNDING:
        x, y = loose[1]
        found.append(
            f"the thread lies loose over {loose[0]:.1f} mm from x {x:.1f}, y {y:.1f} mm: "
            f"longer than {thread.trim:g} mm, it must be trimmed"
        )
    if not pattern.seams[-1].trimmed:
        found.append("the thread is not cut at the end")
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still the design. Shares are 0..1; mm."""

    coverage: float = 0.97
    """Of the design that thread covers, at least."""
    overflow: float = 0.05
    """Of the thread that lies beside the design, at most."""
    hole: float = 0.8
    """Width of a place that may be bare, and of one that may be covered beside the design."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What was found. ``hole`` and ``stray`` are places that are too wide, mm."""

    coverage: float
    overflow: float
    hole: tuple[float, float] | None
    stray: tuple[float, float] | None

    def wrong(self, limits: Limits = Limits()) -> list[str]:
        found = []
        if self.coverage < limits.coverage:
            found.append(f"thread covers only {self.coverage:.1%} of the design (limit {limits.coverage:.0%})")
        if self.overflow > limits.overflow:
            found.append(f"{self.overflow:.1%} of the thread lies beside the design (limit {limits.overflow:.0%})")
        if self.hole is not None:
            found.append(
                f"the cloth is bare at x {self.hole[0]:.1f}, y {self.hole[1]:.1f} mm, where thread was designed"
            )
        if self.stray is not None:
            found.append(f"there is thread at x {self.stray[0]:.1f}, y {self.stray[1]:.1f} mm, where none was designed")
        return found

    def body(self) -> dict[str, float]:
        """For a manifest."""
        return {"coverage": round(self.coverage, 4), "overflow": round(self.overflow, 4)}


def fidelity(pattern: Pattern, design: BaseGeometry, thread: Thread, limits: Limits = Limits()) -> Fidelity:
    """The threads of a pattern against the surface that they are to cover. Raises ValueError beyond MAX_PIXELS."""
    box = pattern.bounds
    boxes = [box] if box is not None else []
    boxes += [Bounds(*design.bounds)] if not design.is_empty else []
    if not boxes:
        return Fidelity(1.0, 0.0, None, None)
    x0, y0 = min(one.x0 for one in boxes) - 1, min(one.y0 for one in boxes) - 1
    x1, y1 = max(one.x1 for one in boxes) + 1, max(one.y1 for one in boxes) + 1
    size = (round((x1 - x0) * DENSITY), round((y1 - y0) * DENSITY))
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"a pattern of {x1 - x0:.0f} x {y1 - y0:.0f} mm is too large to be compared: divide it")
    corner = np.array([x0, y0])
    wanted, allowed = _surface(design, corner, size), _surface(design.buffer(SLACK + thread.pull / 2), corner, size)
    laid = _threads(pattern, corner, size, thread.width)
    bare, beside = wanted & ~laid, laid & ~allowed
    return Fidelity(
        coverage=1.0 - float(bare.sum()) / max(1, int(wanted.sum())),
        overflow=float(beside.sum()) / max(1, int(laid.sum())),
        hole=_widest(bare, corner, limits.hole),
        stray=_widest(beside, corner, limits.hole),
    )


def _pixels(points: FloatArray, corner: FloatArray) -> list[tuple[float, float]]:
    return [(x, y) for x, y in ((points - corner) * DENSITY - 0.5).tolist()]


def _surface(shape: BaseGeometry, corner: FloatArray, size: tuple[int, int]) -> Mask:
    """Row 0 is the lowest."""
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    parts = [part for part in shapely.get_parts(shape).tolist() if isinstance(part, shapely.Polygon)]
    for part in sorted(parts, key=lambda part: -shapely.Polygon(part.exterior).area):
        draw.polygon(_pixels(shapely.get_coordinates(part.exterior), corner), fill=1)
        for hole in part.interiors:
            draw.polygon(_pixels(shapely.get_coordinates(hole), corner), fill=0)
    return np.asarray(image, dtype=bool)


def _threads(pattern: Pattern, corner: FloatArray, size: tuple[int, int], width: float) -> Mask:
    """What is covered: stitches, and threads that lie loose."""
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    start, end = pattern.ends()
    loose = [
        (seam.points[-1], after.points[0])
        for seam, after in zip(pattern.seams, pattern.seams[1:], strict=False)
        if not seam.trimmed
    ]
    if loose:
        start = np.vstack([start, [one for one, _ in loose]])
        end = np.vstack([end, [other for _, other in loose]])
    a, b = ((ends - corner) * DENSITY - 0.5 for ends in (start, end))
    for band in bands(a, b, width * DENSITY):
        draw.polygon(band, fill=1)
    return np.asarray(image, dtype=bool)


def _widest(mask: Mask, corner: FloatArray, most: float) -> tuple[float, float] | None:
    """The middle of a place that a square of ``most`` mm fits into, the lowest of them; None: there is none."""
    window = round(most * DENSITY)
    inside = _counted(_counted(mask, window).T, window).T
    rows, columns = np.nonzero(inside == window**2)
    if not len(rows):
        return None
    x, y = (np.array([columns[0], rows[0]]) + window / 2) / DENSITY + corner
    return round(float(x), 1), round(float(y), 1)


def _counted(values: npt.NDArray[Any], window: int) -> npt.NDArray[np.int64]:
    """Sums over a window along the columns, for each place where it fits."""
    sums = np.vstack([np.zeros((1, values.shape[1]), dtype=np.int64), np.cumsum(values, axis=0, dtype=np.int64)])
    counted: npt.NDArray[np.int64] = sums[window:] - sums[:-window]
    return counted
