"""From drawings to a pattern: which stitches for which shape, in which order, locked, trimmed, within the limits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcode.design import Drawing
from gcode.geometry import Line, without_repeats
from gcode.stitches import fill, satin
from gcode.stitches.areas import covered, shapes
from gcode.stitches.pattern import EMPTY, Pattern, Seam, divided, on_grid
from gcode.stitches.skeleton import Strand, strands
from gcode.stitches.thread import Thread
from gcode.stitches.walks import DEEPEST, legs

LOCK: Final = 0.7
"""mm of the small stitches to and fro that hold a thread's ends."""
MAX_STITCHES: Final = 120_000
"""Of a pattern: two and a half hours at 800 a minute."""
MAX_POINTS: Final = 60_000
"""Of a drawing."""
MAX_SHAPES: Final = 600
"""Of a drawing: each is a seam or more, and a trim."""
RAGGED: Final = 5000
"""Points of a shape: more is no letter, and its middle line would be looked for in vain."""
PATCH: Final = 0.12
"""mm: places narrower than twice this between columns are closed by the cloth's own give."""
LEAST_PATCH: Final = 0.4
"""mm2: a smaller place between columns is no hole."""
UNDER_OTHERS: Final = 0.6
"""Share of a strand's half width by which the satin of one that branches off ends before its middle."""
FORKS: Final = 1.35
"""By how much wider than a column a shape may be where strands meet."""
WIDE: Final = 0.3
"""Share of a shape that may be wider than a column."""
NECK: Final = 0.6
"""mm that the thread goes on from one strand to another without being cut."""
MOSTLY: Final = 0.75
"""Share of a shape that columns must cover, or it is filled with rows."""


class StitchError(ValueError):
    """A drawing that cannot be sewn: what, and the mend."""


def stitched(drawings: Sequence[Drawing], thread: Thread, line_width: float) -> Pattern:
    """The drawings in thread, later ones over earlier ones. Raises StitchError.

    ``line_width``: mm in which strokes are sewn; below the narrowest column they are lines of running stitches.
    """
    points = sum(len(line) for drawing in drawings for line in (*drawing.strokes, *drawing.outlines))
    if points > MAX_POINTS:
        raise StitchError(f"the drawing has {points} points, {MAX_POINTS} can be sewn: simplify it")
    seams: list[Seam] = []
    here = EMPTY
    least = surface(drawings, thread, line_width).area / (thread.spacing * thread.stitch)
    if least > MAX_STITCHES:
        raise StitchError(f"the drawing asks for {least:.0f} stitches, {MAX_STITCHES} can be sewn: make it smaller")
    for drawing in drawings:
        for line in _lines(drawing, thread, line_width, here):
            made = _seam(line, thread)
            if len(made) > 1:
                seams.append(Seam(made))
                here = made[-1:]
        if sum(len(seam.points) for seam in seams) > MAX_STITCHES:
            raise StitchError(f"the drawing asks for more than {MAX_STITCHES} stitches: make it smaller")
    return Pattern(_trimmed(seams, thread))


def surface(drawings: Sequence[Drawing], thread: Thread, line_width: float) -> BaseGeometry:
    """What is to be covered with thread: the drawings, their strokes as wide as they are sewn."""
    width = line_width if line_width >= thread.narrowest else thread.width
    return shapely.union_all([covered(drawing, width) for drawing in drawings])


def _lines(drawing: Drawing, thread: Thread, line_width: float, here: Line) -> Iterator[Line]:
    """Everything of one drawing, each line sewn without a break: shapes, then thin lines over them."""
    thin = line_width < thread.narrowest
    area = covered(Drawing(outlines=drawing.outlines) if thin else drawing, line_width)
    parts = shapes(area)
    if len(parts) + len(drawing.strokes) * thin > MAX_SHAPES:
        raise StitchError(f"the drawing has more than {MAX_SHAPES} parts that do not touch: simplify it")
    for shape in _ordered(parts, here):
        for line in _shape(shape, thread, here):
            yield line
            here = line[-1:]
    for stroke in _nearest([line for line in drawing.strokes if len(line) > 1] if thin else [], here):
        there = satin.running(stroke, thread.run)
        yield np.vstack([there, there[-2::-1]])  # out and back: a line of single stitches is thin and tears


def _ordered(areas: list[shapely.Polygon], here: Line) -> Iterator[shapely.Polygon]:
    """Always the nearest shape next, but none before those that it lies inside of."""
    left = sorted(areas, key=lambda area: tuple(round(value, 3) for value in area.bounds))
    solid = [shapely.Polygon(area.exterior) for area in left]
    around = [{j for j, out in enumerate(solid) if j != i and out.contains(area)} for i, area in enumerate(left)]
    todo = list(range(len(left)))
    at = shapely.Point(here[-1]) if len(here) else None
    while todo:
        free = [number for number in todo if not around[number] & set(todo)] or todo
        chosen = free[0] if at is None else min(free, key=lambda number: (round(left[number].distance(at), 3), number))
        todo.remove(chosen)
        yield left[chosen]
        at = left[chosen].representative_point()


def _nearest(lines: list[Line], here: Line) -> Iterator[Line]:
    """Always the line with the nearest end next."""
    left = [without_repeats(line, 1e-3) for line in lines]
    left = [line for line in left if len(line) > 1]
    at = here[-1] if len(here) else None
    while left:
        ends = np.array([[line[0], line[-1]] for line in left])
        number, end = (
            (0, 0) if at is None else divmod(int(np.argmin(np.hypot(*(ends - at).reshape(-1, 2).T).round(6))), 2)
        )
        line = left.pop(number)
        yield line[::-1] if end else line
        at = line[-1] if end else line[0]  # it is sewn out and back


def _shape(shape: shapely.Polygon, thread: Thread, here: Line) -> list[Line]:
    """Columns where they cover the shape, with patches between them where needed; rows where it is wide."""
    start = here[-1] if len(here) else np.array(shape.bounds[:2])
    made = _columns(shape, thread, start)
    if made is None:
        return fill.filled(shape, thread, start)
    patches = shapes(shape.difference(made.surface).buffer(-PATCH).buffer(PATCH))
    lines: list[Line] = []
    for patch in patches:
        if patch.area > LEAST_PATCH:
            lines += fill.filled(patch, thread, lines[-1][-1] if lines else start)
    return [*lines, *made.lines]


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    lines: list[Line]
    """More than one where a neck is too thin for the thread to go on through it."""
    surface: BaseGeometry


def _columns(shape: shapely.Polygon, thread: Thread, start: Line) -> _Columns | None:
    """The shape in satin; None where that is not for it: it is too wide, or it is no strand's shape."""
    if shapely.get_num_coordinates(shape) > RAGGED or _wide(shape, thread):
        return None
    found = strands(shape)
    if len(found) > DEEPEST:
        return None
    inside = {node for strand in found for index, node in strand.nodes if 0 < index < len(strand.line) - 1}
    parts: list[list[Line]] = []
    surfaces: list[BaseGeometry] = []
    for leg in legs(found, (float(start[0]), float(start[1]))):
        if not parts or math.dist(parts[-1][-1][-1], leg.line[0]) > NECK:
            parts.append([leg.line[:1]])
        if not leg.satin:
            parts[-1].append(satin.underlay(satin.column(leg.line, shape, thread), thread))
            continue
        line = _short_of_forks(leg.line, found[leg.strand], inside, shape)
        part = satin.column(line, shape, thread)
        surfaces.append(part.surface())
        parts[-1] += [satin.stitches(part, thread), leg.line[-1:]]
    surface = shapely.union_all(surfaces)
    if surface.intersection(shape).area < MOSTLY * shape.area:
        return None
    return _Columns([np.vstack(lines) for lines in parts], surface)


def _wide(shape: shapely.Polygon, thread: Thread) -> bool:
    """Whether it is too wide for columns: not where strands meet, but over much of it."""
    if not shape.buffer(-thread.widest * FORKS / 2).is_empty:
        return True
    wide = shape.buffer(-thread.widest / 2).buffer(thread.widest / 2)
    return bool(wide.area > WIDE * shape.area)


def _short_of_forks(line: Line, strand: Strand, inside: AbstractSet[int], shape: shapely.Polygon) -> Line:
    """A strand's line without its ends in the middle of other strands: their own satin lies there."""
    forks = dict(strand.nodes)
    for end in (0, len(strand.line) - 1):
        if forks.get(end, -1) not in inside:
            continue
        tip = strand.line[end]
        clear = np.hypot(*(line - tip).T) > UNDER_OTHERS * shape.boundary.distance(shapely.Point(tip))
        if np.array_equal(line[0], tip) and clear.any():
            line = line[int(np.argmax(clear)) :]
        elif np.array_equal(line[-1], tip) and clear.any():
            line = line[: len(clear) - int(np.argmax(clear[::-1]))]
    return line


def _seam(line: Line, thread: Thread) -> Line:
    """A line of stitches within the limits, on the files' grid, its ends locked."""
    points = on_grid(divided(without_repeats(line, 1e-6), thread.longest), thread.shortest)
    if len(points) < 2:
        return points[:0]
    tied = np.vstack([_lock(points, thread)[::-1], points, _lock(points[::-1], thread)])
    return on_grid(tied, thread.shortest)


def _lock(points: Line, thread: Thread) -> Line:
    """Stitches to and fro along the beginning of a line, from its first point on."""
    way = points[1] - points[0]
    size = max(LOCK, thread.shortest + 0.15)
    aside = points[0] + way * (size / max(float(np.hypot(*way)), 1e-9))
    return np.vstack([aside, points[:1], aside])


def _trimmed(seams: Sequence[Seam], thread: Thread) -> tuple[Seam, ...]:
    """The thread is cut where it would lie loose for too long, and at the end."""
    gaps = [math.dist(one.points[-1], after.points[0]) for one, after in pairwise(seams)]
    return tuple(
        Seam(seam.points, trimmed=gap > thread.trim) for seam, gap in zip(seams, [*gaps, math.inf], strict=False)
    )
