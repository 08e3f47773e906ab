"""The middle of narrow areas as beads that are as wide as there is room: for thin walls, and gaps between walls.

The area is cut into triangles between its two sides (Delaunay, keeping its edges). Each triangle with one side on the
edge lies across the area: the line from the middle of one of its inner sides to that of the other is a piece of the
area's middle line, and the triangle's own area divided by that line's length is the width that fills it. So what is
laid has the area's volume, however the area swells. (The chordal axis; see Prasad, "Morphological analysis of shapes",
1997.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from gcode.geometry import Line
from gcode.slicing.areas import CRUMB, Area, parts, polygons
from gcode.units import FloatArray

STEP: Final = 0.4
"""mm between points of the edge, at most: triangles then lie across, not along."""
EVEN: Final = 0.15
"""Share by which a bead's width may change without a new piece."""
MORE: Final = 1.2
"""Times its own width that a bead is laid at most for the corners that it spreads into."""
STRAIGHT: Final = 0.03
"""mm that the middle may be off the line laid."""


@dataclass(frozen=True, slots=True, eq=False)
class Middle:
    """One line along the middle, and the width of each of its pieces."""

    points: Line
    widths: FloatArray


def middles(area: Area, least: float, most: float) -> list[Middle]:
    """The middle lines of every piece of the area.

    ``least``: narrower places are left out. ``most``: the widest bead that can be laid.
    """
    found = parts(area, max(CRUMB, least * least))
    web = _web(polygons(found)) if found else None
    if web is None:
        return []
    kept, lost = _pruned(_chains(web), web)
    chains = _joined(kept, web)
    ways = [web.places[[node for node, _ in chain]] for chain in chains]
    lines = []
    for chain, way, corners in zip(chains, ways, _corners(ways), strict=True):
        areas = [web.areas[piece] for _, piece in chain[1:]]
        more = min(1 + sum(lost.pop(node, 0.0) for node, _ in chain) / sum(areas), MORE)
        lines += _laid(way, [size * more for size in areas], corners, least, most)
    return lines


# --- the area's triangles as a web of pieces ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Web:
    """Nodes in the plane, and pieces between them that each stand for so many mm2."""

    places: FloatArray
    areas: list[float]
    """Of each piece."""
    lengths: list[float]
    near: dict[int, list[tuple[int, int]]]
    """Of each node: (node at the other end, piece)."""


def _web(area: shapely.MultiPolygon) -> _Web | None:
    """Nodes are the middles of inner sides, the middles of triangles where three ways meet, and tips."""
    cut = shapely.constrained_delaunay_triangles(shapely.segmentize(area, STEP))
    corners = shapely.get_coordinates(cut).reshape(-1, 4, 2)[:, :3]
    if len(corners) < 2:
        return None
    # Complex numbers are ordered as rows are, ten times faster.
    found, index = np.unique(np.ascontiguousarray(corners).view(np.complex128), return_inverse=True)
    vertices, index = np.stack([found.real, found.imag], axis=1), index.reshape(-1, 3)
    others = np.roll(index, -1, axis=1)
    sides = np.minimum(index, others) * len(vertices) + np.maximum(index, others)
    names, side, times = np.unique(sides, return_inverse=True, return_counts=True)
    side = side.reshape(-1, 3)
    inner = (times == 2)[side]
    middle = (vertices[names // len(vertices)] + vertices[names % len(vertices)]) / 2
    steps = corners - np.roll(corners, 1, axis=1)
    size = np.abs(steps[:, 0, 0] * steps[:, 1, 1] - steps[:, 0, 1] * steps[:, 1, 0]) / 2
    places, ends, areas = [middle], [], []
    ways = inner.sum(axis=1)
    across = np.flatnonzero(ways == 2)
    ends.append(side[across][inner[across]].reshape(-1, 2))
    areas.append(size[across])
    meet, added = np.flatnonzero(ways == 3), len(middle)
    places.append(corners[meet].mean(axis=1))
    centre = np.repeat(added + np.arange(len(meet)), 3)
    ends.append(np.stack([centre, side[meet].ravel()], axis=1))
    areas.append(np.repeat(size[meet] / 3, 3))
    tips = np.flatnonzero(ways == 1)
    foot = side[tips][inner[tips]]
    # The vertex that lies opposite to the inner side: no end of it. A bead ends half-way to it.
    opposite = corners[tips, (np.argmax(inner[tips], axis=1) + 2) % 3]
    places.append((middle[foot] + opposite) / 2)
    ends.append(np.stack([foot, added + len(meet) + np.arange(len(tips))], axis=1))
    areas.append(size[tips])
    near: dict[int, list[tuple[int, int]]] = defaultdict(list)
    pairs = np.vstack(ends)
    for piece, (one, other) in enumerate(pairs.tolist()):
        near[one].append((other, piece))
        near[other].append((one, piece))
    nodes = np.vstack(places)
    lengths = np.hypot(*(nodes[pairs[:, 1]] - nodes[pairs[:, 0]]).T)
    return _Web(nodes, np.concatenate(areas).tolist(), lengths.tolist(), near)


Chain = list[tuple[int, int]]
"""Nodes in their order, each with the piece that leads to it; -1 for the first."""


def _chains(web: _Web) -> list[Chain]:
    """The web's ways from fork or tip to fork or tip, and its rings; each piece once."""
    used: set[int] = set()
    found: list[Chain] = []
    forks = sorted(node for node, ways in web.near.items() if len(ways) != 2)
    for start in (*forks, *sorted(web.near)):
        for other, piece in web.near[start]:
            if piece in used:
                continue
            chain = [(start, -1), (other, piece)]
            used.add(piece)
            while len(web.near[other]) == 2 and other != start:
                other, piece = next(way for way in web.near[other] if way[1] != piece)
                if piece in used:
                    break
                used.add(piece)
                chain.append((other, piece))
            found.append(chain)
    return found


def _length(chain: Chain, web: _Web) -> float:
    return sum(web.lengths[piece] for _, piece in chain[1:])


def _area(chain: Chain, web: _Web) -> float:
    return sum(web.areas[piece] for _, piece in chain[1:])


def _pruned(chains: list[Chain], web: _Web) -> tuple[list[Chain], dict[int, float]]:
    """Without short ways from a fork to a tip: they lead into corners, which the bead that goes on covers.

    Also what they would have laid, by their forks: the beads that go on lay it, as they spread into these corners.
    """
    kept: list[Chain] = []
    spurs: dict[int, list[Chain]] = defaultdict(list)
    for chain in chains:
        ways = [len(web.near[chain[at][0]]) for at in (0, -1)]
        if sorted(ways) == [1, 3] and _length(chain, web) ** 2 < _area(chain, web):
            spurs[chain[-ways.index(3)][0]].append(chain)
        else:
            kept.append(chain)
    going_on = {node for chain in kept for node in (chain[0][0], chain[-1][0])}
    lost: dict[int, float] = {}
    for fork, corners in spurs.items():
        # Where nothing goes on, the two longest are the middle of what is as long as wide.
        corners.sort(key=lambda chain: -_length(chain, web))
        stay = 0 if fork in going_on else 2
        kept += corners[:stay]
        lost[fork] = sum(_area(chain, web) for chain in corners[stay:])
    return kept, lost


def _joined(chains: list[Chain], web: _Web) -> list[Chain]:
    """Ways that meet at a fork: the two that go on most straightly are one."""
    at: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for number, chain in enumerate(chains):
        if chain[0][0] != chain[-1][0]:
            at[chain[0][0]].append((number, False))
            at[chain[-1][0]].append((number, True))
    merged = dict(enumerate(chains))
    owner = list(range(len(chains)))
    for node in sorted(at):
        meeting = at[node]
        if len(meeting) < 2:
            continue
        one, other = _straightest(node, [chains[number] for number, _ in meeting], web)
        a, b = owner[meeting[one][0]], owner[meeting[other][0]]
        if a == b:
            continue
        first = merged[a] if merged[a][-1][0] == node else _reversed(merged[a])
        second = merged.pop(b)
        merged[a] = first + (second if second[0][0] == node else _reversed(second))[1:]
        owner = [a if mine == b else mine for mine in owner]
    return list(merged.values())


def _straightest(node: int, meeting: list[Chain], web: _Web) -> tuple[int, int]:
    headings = []
    for chain in meeting:
        ahead = chain if chain[0][0] == node else _reversed(chain)
        way = web.places[ahead[min(3, len(ahead) - 1)][0]] - web.places[node]
        headings.append(way / max(float(np.hypot(*way)), 1e-12))
    pairs = [(one, other) for one in range(len(meeting)) for other in range(one + 1, len(meeting))]
    return min(pairs, key=lambda pair: float(headings[pair[0]] @ headings[pair[1]]))


def _reversed(chain: Chain) -> Chain:
    nodes, pieces = [node for node, _ in chain][::-1], [piece for _, piece in chain[1:]][::-1]
    return [(nodes[0], -1), *zip(nodes[1:], pieces, strict=True)]


# --- from a way through the web to beads --------------------------------------------------------------------------


def _laid(points: Line, areas: Sequence[float], corners: set[int], least: float, most: float) -> list[Middle]:
    """The way in as few pieces as keep its course and its widths. What is too narrow is left out."""
    lengths = np.hypot(*np.diff(points, axis=0).T).tolist()
    cuts, sizes = [0], [0.0]
    way, area = 0.0, 0.0
    for at, (length, size) in enumerate(zip(lengths, areas, strict=True)):
        uneven = way >= STEP and abs(size - area / way * length) > EVEN * size
        if way > 0 and (at in corners or uneven):
            cuts.append(at)
            sizes.append(area)
            way, area = 0.0, 0.0
        way, area = way + length, area + size
    line = points[[*cuts, len(points) - 1]]
    steps = np.hypot(*np.diff(line, axis=0).T)
    with np.errstate(divide="ignore", invalid="ignore"):
        widths = np.nan_to_num(np.array([*sizes[1:], area]) / steps, posinf=0.0)
    wide = np.flatnonzero(np.diff(np.concatenate([[False], widths >= least, [False]])))
    return [
        Middle(line[begin : end + 1], np.minimum(widths[begin:end], most))
        for begin, end in wide.reshape(-1, 2).tolist()
        if steps[begin:end].sum() > least
    ]


def _corners(ways: Sequence[Line]) -> list[set[int]]:
    """Of each way the points that are needed to stay within STRAIGHT of it."""
    if not ways:
        return []
    counts = [len(way) for way in ways]
    lines = shapely.linestrings(np.vstack(ways), indices=np.repeat(np.arange(len(ways)), counts))
    simple = shapely.simplify(lines, STRAIGHT, preserve_topology=False)
    found = []
    for way, few in zip(ways, np.atleast_1d(np.asarray(simple)).tolist(), strict=True):
        left = set(map(tuple, shapely.get_coordinates(few).tolist()))
        found.append({number for number, point in enumerate(way.tolist()) if tuple(point) in left})
    return found
