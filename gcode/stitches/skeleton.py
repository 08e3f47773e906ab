"""The middle line of a narrow shape as strands: from the Voronoi diagram of its edge, without ways into corners.

A strand goes straight on where two branches meet, as a pen would; the third branch begins at it. See Blum, "A
transformation for extracting new descriptors of shape" (1967), for the medial axis.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import shapely

from gcode.geometry import Line, length, resampled, without_repeats
from gcode.units import FloatArray, IntArray

MAX_POINTS: Final = 6000
"""Of an edge; longer edges are looked at in longer steps."""
SPUR: Final = 0.6
"""A branch that reaches out of the circle at its root by less than this share of the circle's radius leads to a corner:
the branches into the corners of a square reach out by 0.41."""
STRAIGHT_ON: Final = math.radians(55)
"""Two branches that meet at a smaller angle than this off a straight line are one strand."""
STEP: Final = 0.25
"""mm between the points of a strand."""

Node = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Strand:
    """A middle line. ``nodes``: where along ``line`` (index of a point) other strands meet it, by the node's number."""

    line: Line
    nodes: tuple[tuple[int, int], ...] = ()
    """(index, node), by rising index."""

    @property
    def closed(self) -> bool:
        return len(self.line) > 3 and bool(np.allclose(self.line[0], self.line[-1]))


def strands(area: shapely.Polygon) -> list[Strand]:
    """The strands of a shape. A shape that is as long as wide has one through its middle."""
    chains = _pruned(_chains(_graph(area)), area)
    if not chains:
        return [Strand(_axis(area))]
    joined = _joined(chains)
    return [_finished(path, area, ends) for path, ends in _with_ends(joined)]


# --- the diagram as a graph ---------------------------------------------------------------------------------------

Graph = dict[Node, set[Node]]


def _graph(area: shapely.Polygon) -> Graph:
    """The edges of the Voronoi diagram that lie inside."""
    around = max(area.length, 1e-6)
    step = max(min(max(area.area / around / 1.5, 0.05), 0.4), around / MAX_POINTS)
    points = shapely.get_coordinates(shapely.segmentize(area, step))
    centres, pairs = _diagram(points)
    shapely.prepare(area)
    within = shapely.contains_xy(area, centres)
    edges = centres[pairs[within[pairs].all(axis=1)]]
    edges = edges[shapely.contains(area, shapely.linestrings(edges))]
    graph: Graph = defaultdict(set)
    for (x0, y0), (x1, y1) in np.round(edges, 6).tolist():
        if (x0, y0) != (x1, y1):
            graph[(x0, y0)].add((x1, y1))
            graph[(x1, y1)].add((x0, y0))
    return graph


def _diagram(points: FloatArray) -> tuple[FloatArray, IntArray]:
    """Corners of the Voronoi diagram, and its edges as pairs of them, but for those that lead out of it.

    From the triangles of Delaunay, which GEOS finds many times as fast as the edges of the diagram itself.
    """
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points)))
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    twice = 2 * (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    flat = np.stack([(one**2).sum(axis=1), (other**2).sum(axis=1)])
    x = other[:, 1] * flat[0] - one[:, 1] * flat[1]
    y = one[:, 0] * flat[1] - other[:, 0] * flat[0]
    with np.errstate(divide="ignore", invalid="ignore"):  # three points in a row: their circle lies nowhere
        centres = corners[:, 0] + np.stack([x, y], axis=1) / twice[:, None]
    names, numbers = np.unique(corners[..., 0] + 1j * corners[..., 1], return_inverse=True)
    sides = np.sort(numbers.reshape(-1, 3)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    key = sides[:, 0] * len(names) + sides[:, 1]
    order = np.argsort(key, kind="stable")
    shared = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    return centres, np.stack([order[shared], order[shared + 1]], axis=1) // 3


Path = list[Node]


def _chains(graph: Graph) -> list[Path]:
    """Paths from fork to fork or end, each once; rings begin anywhere."""
    forks = sorted(node for node, near in graph.items() if len(near) != 2)
    seen: set[tuple[Node, Node]] = set()
    found = [path for fork in forks for first in sorted(graph[fork]) if (path := _followed(graph, fork, first, seen))]
    on_paths = {node for path in found for node in path}
    for node in sorted(graph.keys() - on_paths):
        if node not in on_paths:
            ring = _followed(graph, node, min(graph[node]), seen)
            found.append(ring)
            on_paths |= set(ring)
    return [path for path in found if len(path) > 1]


def _followed(graph: Graph, start: Node, first: Node, seen: set[tuple[Node, Node]]) -> Path:
    if (start, first) in seen:
        return []
    path = [start, first]
    while len(graph[path[-1]]) == 2 and path[-1] != start:
        path.append(next(node for node in graph[path[-1]] if node != path[-2]))
    seen |= {(path[0], path[1]), (path[-1], path[-2])}
    return path


# --- what is no strand --------------------------------------------------------------------------------------------


def _pruned(chains: list[Path], area: shapely.Polygon) -> list[Path]:
    """Without branches that only lead to corners; what then goes on through a former fork is one chain."""
    while True:
        ends = _ends(chains)
        kept = [path for path in chains if not _is_spur(path, ends, area)]
        if len(kept) == len(chains):
            break
        chains = _chains(_as_graph(kept))
    # What lies alone within its own circle is no strand either.
    ends = _ends(chains)
    return [
        path
        for path in chains
        if ends[path[0]] + ends[path[-1]] > (4 if path[0] == path[-1] else 2)
        or length(np.array(path)) > 1.2 * _radius(area, path[len(path) // 2])
    ]


def _as_graph(chains: list[Path]) -> Graph:
    graph: Graph = defaultdict(set)
    for path in chains:
        for one, other in pairwise(path):
            graph[one].add(other)
            graph[other].add(one)
    return graph


def _ends(chains: list[Path]) -> dict[Node, int]:
    count: dict[Node, int] = defaultdict(int)
    for path in chains:
        count[path[0]] += 1
        count[path[-1]] += 1
    return count


def _is_spur(path: Path, ends: dict[Node, int], area: shapely.Polygon) -> bool:
    tip, root = (path[0], path[-1]) if ends[path[0]] == 1 else (path[-1], path[0])
    if ends[tip] != 1 or ends[root] == 1:
        return False
    around_root, around_tip = _radius(area, root), _radius(area, tip)
    return math.dist(tip, root) + around_tip - around_root < max(SPUR * around_root, 0.25)


def _radius(area: shapely.Polygon, node: Node) -> float:
    return float(area.boundary.distance(shapely.Point(node)))


# --- from chains to strands ---------------------------------------------------------------------------------------


def _joined(chains: list[Path]) -> list[Path]:
    """Chains that go straight on at a fork as one path, the straightest first."""
    at: dict[Node, list[int]] = defaultdict(list)
    for number, path in enumerate(chains):
        if path[0] != path[-1]:
            at[path[0]].append(number)
            at[path[-1]].append(number)
    pairs = sorted(
        (bend, node, one, other)
        for node, members in at.items()
        for one, other in combinations(sorted(set(members)), 2)
        if (bend := _bend(chains[one], chains[other], node)) < STRAIGHT_ON
    )
    paths: dict[int, Path] = dict(enumerate(chains))
    belongs = {number: number for number in paths}
    used: set[tuple[Node, int]] = set()
    for _, node, one, other in pairs:
        a, b = belongs[one], belongs[other]
        if (node, one) in used or (node, other) in used or a == b:
            continue
        used |= {(node, one), (node, other)}
        first = paths[a] if paths[a][-1] == node else paths[a][::-1]
        second = paths.pop(b)
        paths[a] = first + (second if second[0] == node else second[::-1])[1:]
        belongs = {number: a if owner == b else owner for number, owner in belongs.items()}
    return list(paths.values())


def _bend(one: Path, other: Path, node: Node) -> float:
    """By how much a way from one into the other turns at their fork, radians."""
    ways = [_heading(path if path[0] == node else path[::-1]) for path in (one, other)]
    return math.pi - math.acos(max(-1.0, min(1.0, float(ways[0] @ ways[1]))))


def _heading(path: Path, over: float = 1.0) -> FloatArray:
    """The direction in which a path begins, as seen over a mm."""
    points = np.array(path)
    away = np.hypot(*(points - points[0]).T)
    index = int(np.argmax(away > over)) if (away > over).any() else len(points) - 1
    way: FloatArray = (points[index] - points[0]) / max(away[index], 1e-9)
    return way


def _with_ends(paths: list[Path]) -> Iterator[tuple[Path, tuple[dict[Node, int], bool, bool]]]:
    """Each path with the forks on it (numbered), and whether its first and its last point are free ends."""
    of: dict[Node, set[int]] = defaultdict(set)
    for number, path in enumerate(paths):
        for node in path:
            of[node].add(number)
    forks = {
        node: number for number, node in enumerate(sorted(node for node, members in of.items() if len(members) > 1))
    }
    for path in paths:
        mine = {node: forks[node] for node in path if node in forks}
        ring = path[0] == path[-1]
        yield path, (mine, path[0] not in forks and not ring, path[-1] not in forks and not ring)


def _finished(path: Path, area: shapely.Polygon, ends: tuple[dict[Node, int], bool, bool]) -> Strand:
    """A path smoothed, with even steps, and made longer to the edge where it ends freely."""
    forks, begins, stops = ends
    raw = np.array(path)
    line = _smoothed(resampled(without_repeats(raw), STEP), closed=path[0] == path[-1])
    if begins:
        line = np.vstack([_to_edge(line[::-1], area)[::-1], line])
    if stops:
        line = np.vstack([line, _to_edge(line, area)])
    line = resampled(without_repeats(line, 1e-3), STEP)
    nodes = {int(np.argmin(np.hypot(*(line - node).T))): number for node, number in forks.items()}
    return Strand(line, tuple(sorted(nodes.items())))


def _smoothed(line: Line, *, closed: bool, rounds: int = 6) -> Line:
    """Without the zigzag of the diagram; ends stay where they are."""
    for _ in range(rounds if len(line) > 2 else 0):
        inner = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
        if closed:
            seam = (line[-2] + 2 * line[0] + line[1]) / 4
            line = np.vstack([seam, inner, seam])
        else:
            line = np.vstack([line[:1], inner, line[-1:]])
    return line


def _to_edge(line: Line, area: shapely.Polygon) -> Line:
    """From the end of a strand straight on to the edge of the shape."""
    tip = line[-1]
    radius = _radius(area, (float(tip[0]), float(tip[1])))
    way = _heading([(float(x), float(y)) for x, y in line[::-1]], over=max(1.0, radius)) * -1
    ray = shapely.LineString([tip, tip + way * (3 * radius + 0.1)])
    inside = [part for part in shapely.get_parts(ray.intersection(area)) if part.distance(shapely.Point(tip)) < 1e-6]
    reach = min(max((part.length for part in inside), default=0.0), 2 * radius)
    return np.array([tip + way * reach]) if reach > 1e-3 else line[:0]


def _axis(area: shapely.Polygon) -> Line:
    """Through the middle of a compact shape, along its longer side."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
    if len(corners) < 4:
        return corners[:2]
    middles = (corners[:4] + np.roll(corners[:4], -1, axis=0)) / 2
    one, other = middles[[0, 2]], middles[[1, 3]]
    return resampled(one if math.dist(*one) >= math.dist(*other) else other, STEP)
