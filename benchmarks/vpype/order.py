"""Run by vpype's own Python: ends of strokes in, their order by vpype or LKH out, and the seconds of CPU it took.

Standard input: {"ends": [[[x, y], [x, y]], ...], "by": "linesort" | "two-opt" | "lkh"}. Standard output:
{"order": [[index, reversed], ...], "seconds": ...}. Imports are not in the seconds, nor is making LKH's matrix.
"""

import json
import sys
import time

import numpy as np

NEAR = 1_000.0
"""LKH counts in whole numbers: so many to a mm."""


def by_vpype(ends, options):
    import vpype
    import vpype_cli

    vpype_cli.execute("linesort", vpype.Document())
    # a stroke carries its index as a third point, far from the others, between its ends
    lines = [np.array([a[0] + 1j * a[1], 1e6 + number, b[0] + 1j * b[1]]) for number, (a, b) in enumerate(ends)]
    document = vpype.Document()
    document.add(vpype.LineCollection(lines), 1)
    begin = time.process_time()
    done = vpype_cli.execute(f"linesort {options}", document)
    seconds = time.process_time() - begin
    order = [int(line[1].real) - 1_000_000 for line in done.layers[1]]
    firsts = [line[0] for line in done.layers[1]]
    return [[number, bool(first != lines[number][0])] for number, first in zip(order, firsts, strict=True)], seconds


def by_lkh(ends):
    """The ends as towns: those of a stroke are side by side in the best round, as all else costs a fine; one more town
    is as near to all, and is where the round is opened."""
    import elkai

    points = ends.reshape(-1, 2)
    count = len(points)
    offset = points[:, None] - points[None]
    ways = (np.hypot(offset[..., 0], offset[..., 1]) * NEAR).round().astype(np.int64)
    fine = int(ways.max()) + 1
    costs = np.full((count + 1, count + 1), fine)
    costs[:count, :count] += ways
    towns = np.arange(count)
    costs[towns, towns ^ 1] = 0
    np.fill_diagonal(costs, 0)
    matrix = elkai.DistanceMatrix(costs.tolist())
    begin = time.process_time()
    round_trip = matrix.solve_tsp(1)[:-1]
    seconds = time.process_time() - begin
    opened = round_trip.index(count)
    nodes = round_trip[opened + 1 :] + round_trip[:opened]
    assert all(a ^ 1 == b for a, b in zip(nodes[::2], nodes[1::2], strict=True)), "LKH tore a stroke apart"
    return [[node // 2, bool(node & 1)] for node in nodes[::2]], seconds


task = json.load(sys.stdin)
given = np.array(task["ends"])
found, used = by_lkh(given) if task["by"] == "lkh" else by_vpype(given, "--two-opt" if task["by"] == "two-opt" else "")
json.dump({"order": found, "seconds": used}, sys.stdout)
