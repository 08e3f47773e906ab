"""Carving by a turning bit: strokes at one depth, and filled shapes by a V-bit as deep as they are wide.

A V-bit cuts a groove twice its depth times the tangent of half its angle wide. Along the middle of a shape (its medial
axis: Blum, 1967) it therefore goes as deep as the edge is away, and up into each corner, so that the groove's rim is
the outline. Where a shape is wider than the bit may go deep, its wall is followed at the full depth, and the floor is
cleared in steps. All Z are over the bed; the piece's surface lies at ``Place.surface``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcode.design import Drawing
from gcode.dialects import Dialect
from gcode.geometry import resampled, without_repeats
from gcode.order import ordered
from gcode.parse import parse
from gcode.proof import Marks
from gcode.recipe import Carving, Motion, Place
from gcode.stitches.areas import filled
from gcode.toolpath import Kind, Toolpath, repeats_removed
from gcode.units import BoolArray, FloatArray

MAX_POINTS: Final = 20_000
"""Of all edges of one drawing; longer ones are looked at in longer steps."""
STEP: Final = 0.1
"""mm between points of an edge, from which its middle is found."""
SPREAD: Final = 0.35
"""Sine of half the angle under which a place of the middle sees the two nearest places of the edge, at least: that of
a corner of 90 degrees sees 0.7, and what only seems a branch, between two neighbours of one straight edge, 0."""
DIGITS: Final = 3
"""Of a mm, in a program."""
SMOOTH: Final = 0.005
"""mm by which a path may be off, for fewer moves."""

Path = FloatArray
"""An (n, 3) array: x, y on the piece, and the depth below its surface."""


# --- where the bit goes -------------------------------------------------------------------------------------------


def paths(drawing: Drawing, how: Carving) -> list[Path]:
    """Everything of a drawing: strokes at their depth, and what outlines fill."""
    lines = [without_repeats(stroke) for stroke in drawing.strokes]
    found = [np.column_stack([line, np.full(len(line), how.depth)]) for line in lines if len(line) > 1]
    area = filled([outline for outline in drawing.outlines if len(outline) > 2])
    if not area.is_empty:
        if how.angle:
            found += middle(area, how)
        found += floor(area, how)
    return found


def middle(area: BaseGeometry, how: Carving) -> list[Path]:
    """Along the middle of a surface wherever it is narrower than the widest groove, as deep as the edge is away."""
    edge = area.boundary
    step = max(STEP, edge.length / MAX_POINTS)
    sites = np.unique(np.round(shapely.get_coordinates(shapely.segmentize(edge, step)), 9), axis=0)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(sites), only_edges=True)
    lines = [shapely.get_coordinates(part) for part in shapely.get_parts(cells)]
    sides = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])
    shapely.prepare(area)
    sides = sides[shapely.covers(area, shapely.linestrings(sides))]
    sides = np.round(sides[_apart(sides, sites)], 6)
    found = []
    for chain in _chains(sides):
        points = np.array(chain)
        away = np.asarray(shapely.distance(edge, shapely.points(points)))
        path = np.column_stack([points, np.minimum(away, how.radius) / how.slope])
        found += [_smoothed(run) for run in _runs(path, away <= how.radius + step)]
    return [path for path in found if len(path) > 1]


def _apart(sides: FloatArray, sites: FloatArray) -> BoolArray:
    """Which sides of cells lie between places of the edge that are apart as seen from there."""
    if not len(sides):
        return np.zeros(0, dtype=bool)
    tree = shapely.STRtree(np.asarray(shapely.points(sites)).tolist())
    middles = sides.mean(axis=1)
    one = sites[tree.nearest(shapely.points(middles))]
    ways = np.diff(sides, axis=1)[:, 0]
    normal = np.stack([-ways[:, 1], ways[:, 0]], axis=1) / np.maximum(np.hypot(*ways.T), 1e-12)[:, None]
    # The other nearest place is the mirror image of the one, across the side.
    across = 2 * np.abs(((one - middles) * normal).sum(axis=1))
    far = np.maximum(*(np.hypot(*(sides[:, end] - one).T) for end in (0, 1)))
    chosen: BoolArray = across / np.maximum(2 * far, 1e-12) > SPREAD
    return chosen


Node = tuple[float, float]


def _chains(sides: FloatArray) -> Iterator[list[Node]]:
    """Sides put together from fork to fork, each once, always in the same order."""
    near: dict[Node, set[Node]] = defaultdict(set)
    for (x0, y0), (x1, y1) in sides.tolist():
        if (x0, y0) != (x1, y1):
            near[(x0, y0)].add((x1, y1))
            near[(x1, y1)].add((x0, y0))
    ends = sorted(node for node, others in near.items() if len(others) != 2)
    for start in (*ends, *sorted(near)):
        while near[start]:
            chain = [start]
            fork = False
            while near[chain[-1]] and not fork:
                here = chain[-1]
                after = min(near[here])
                near[here].discard(after)
                near[after].discard(here)
                chain.append(after)
                fork = after in ends or after == start
            yield chain


def _runs(path: Path, chosen: BoolArray) -> Iterator[Path]:
    """The stretches of a path that are chosen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield path[begin:end]


def _smoothed(path: Path) -> Path:
    """With fewer points, in all three directions alike."""
    if len(path) < 3:
        return path
    keep = np.zeros(len(path), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(path) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        way, inner = path[last] - path[first], path[first + 1 : last] - path[first]
        share = np.clip(inner @ way / max(float(way @ way), 1e-18), 0.0, 1.0)
        off = np.sqrt(((inner - share[:, None] * way) ** 2).sum(axis=1))
        worst = int(off.argmax())
        if off[worst] > SMOOTH:
            keep[first + 1 + worst] = True
            spans += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return path[keep]


def floor(area: BaseGeometry, how: Carving) -> list[Path]:
    """The wall and the floor of what is wider than the widest groove, ring by ring from the wall inwards."""
    found: list[Path] = []
    inset = how.radius
    rings = area.buffer(-inset)
    while not rings.is_empty:
        for part in shapely.get_parts(rings):
            for ring in (part.exterior, *part.interiors):
                line = shapely.get_coordinates(ring.simplify(SMOOTH))
                found.append(np.column_stack([line, np.full(len(line), how.max_depth)]))
        inset += how.stepover
        rings = area.buffer(-inset)
    return found


# --- from paths to moves and back ---------------------------------------------------------------------------------


def carved(drawings: Sequence[Drawing], how: Carving, place: Place, motion: Motion) -> Toolpath:
    """The moves of a bit that turns already, from a safe height to a safe height."""
    parts: list[Toolpath] = []
    # Out of the material by a feed, as no rapid begins in it; then up.
    out = Toolpath.rows(Kind.LINE, 1, z=place.surface, f=float(np.fmin(how.feed, motion.max_feed[2])))
    up = Toolpath.join([out, Toolpath.rows(Kind.TRAVEL, 1, z=place.surface + how.safe)])
    for path in _in_order([path for drawing in drawings for path in paths(drawing, how)]):
        for limit in _limits(float(path[:, 2].max()), how.step):
            cut = path.copy()
            cut[:, 2] = np.minimum(cut[:, 2], limit)
            # As it is written: what a short move asks of an axis depends on its last digit.
            points = np.round(cut * [1, 1, -1] + [place.x, place.y, place.surface], DIGITS)
            x, y, z = points.T
            feed = repeats_removed(_feeds(points, how.feed, motion))
            parts += [
                Toolpath.rows(Kind.TRAVEL, 1, x=x[:1], y=y[:1]),
                Toolpath.rows(Kind.LINE, 1, z=z[:1], f=float(np.fmin(how.plunge, motion.max_feed[2]))),
                Toolpath.rows(Kind.LINE, len(cut) - 1, x=x[1:], y=y[1:], z=z[1:], f=feed),
                up,
            ]
    return Toolpath.join(parts)


def _feeds(points: FloatArray, feed: float, motion: Motion) -> FloatArray:
    """Of each move: the bit's own, or what the slowest axis can follow."""
    steps = np.abs(np.diff(points, axis=0))
    way = np.sqrt((steps * steps).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(steps > 0, np.array(motion.max_feed[:3]) * way[:, None] / steps, np.inf)
    feeds: FloatArray = np.fmin.reduce([np.full(len(way), float(feed)), *most.T])
    return feeds


def _limits(deepest: float, step: float) -> FloatArray:
    """Depths of the passes: even, none deeper than ``step`` below the one before."""
    count = max(1, math.ceil(deepest / step - 1e-9))
    limits: FloatArray = deepest * np.arange(1, count + 1) / count
    return limits


def _in_order(found: list[Path]) -> list[Path]:
    """A short way from cut to cut. Which way round a path is cut, and where a ring begins, does not matter."""
    known = {_key(path[:, :2]): path for path in found}
    result = []
    for line in ordered([np.ascontiguousarray(path[:, :2]) for path in found]):
        depth = {(x, y): z for x, y, z in known[_key(line)].tolist()}
        result.append(np.column_stack([line, [depth[x, y] for x, y in line.tolist()]]))
    return result


def _key(line: FloatArray) -> bytes:
    """The same for a line however it is run through."""
    return np.unique(line, axis=0).tobytes()


def grooves(data: bytes, dialect: Dialect, how: Carving, place: Place, step: float = 0.1) -> Marks:
    """What a program's bytes cut out of the surface, each groove as wide as it is there."""
    program = parse(data)
    moves = dialect.trace(program)
    cuts = dialect.marks(program, moves)
    origin = np.array([place.x, place.y, 0.0])
    starts, ends = [np.empty((0, 3))], [np.empty((0, 3))]
    for start, end in zip(moves.start[cuts] - origin, moves.end[cuts] - origin, strict=True):
        line = resampled(np.stack([start, end]), step)
        starts.append(line[:-1])
        ends.append(line[1:])
    start, end = np.concatenate(starts), np.concatenate(ends)
    depth = place.surface - (start[:, 2] + end[:, 2]) / 2
    below = depth > 1e-6
    width = 2 * depth * how.slope if how.angle else np.full(len(depth), how.diameter)
    return Marks(start[below, :2], end[below, :2], width[below])


def opened(marks: Marks) -> BaseGeometry:
    """The surface that grooves take away."""
    lines = shapely.linestrings(np.stack([marks.start, marks.end], axis=1))
    return shapely.union_all(shapely.buffer(lines, marks.width / 2, quad_segs=6))
