"""Pieces on a bed of 250 x 210 mm: how many of a queue find room, and the CPU it takes, against rows of boxes.

The plain packer lays boxes row by row, the tallest first, each turned to lie flat, as many from the queue's beginning
as it can lay. Both keep 4 mm between pieces and 5 mm to the border. Density is the share of the box around all pieces
that they cover.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from gcode.nesting.outline import Outline
from gcode.nesting.pack import Bed, nest

BED = Bed(0.0, 0.0, 250.0, 210.0, spacing=4.0, margin=5.0)
SEED = 9004
QUEUE = 32


def box(width: float, height: float) -> Outline:
    return Outline.of([(0, 0), (width, 0), (width, height), (0, height)])


def star(random: np.random.Generator, corners: int, low: float, high: float) -> Outline:
    """As ragged as a cutter's edge."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    radius = random.uniform(low, high, corners)
    return Outline.of(np.c_[radius * np.cos(angles), radius * np.sin(angles)].tolist())


def letter(random: np.random.Generator) -> Outline:
    """An L of any size."""
    width, height, thick = random.uniform(25, 60), random.uniform(25, 60), random.uniform(8, 14)
    return Outline.of([(0, 0), (width, 0), (width, thick), (thick, thick), (thick, height), (0, height)])


QUEUES: dict[str, Callable[[np.random.Generator], list[Outline]]] = {
    "tags, 70 x 24 mm": lambda _: [box(70, 24)] * QUEUE,
    "boxes of any size": lambda random: [box(*random.uniform(15, 70, 2).tolist()) for _ in range(QUEUE)],
    "letters": lambda random: [letter(random) for _ in range(QUEUE)],
    "equal angles": lambda _: [Outline.of([(0, 0), (50, 0), (50, 12), (12, 12), (12, 50), (0, 50)])] * QUEUE,
    "cutters of 24 corners": lambda random: [star(random, 24, 14, 22) for _ in range(QUEUE)],
}


def rows(outlines: Sequence[Outline]) -> int:
    """How many from the beginning of the queue the plain packer takes."""
    sizes = [np.ptp(outline.line, axis=0).tolist() for outline in outlines]
    return max(count for count in range(len(sizes) + 1) if _shelves(sizes[:count]))


def _shelves(sizes: Sequence[Sequence[float]]) -> bool:
    wide, high = BED.x1 - BED.x0 - 2 * BED.margin, BED.y1 - BED.y0 - 2 * BED.margin
    x, y, row = 0.0, 0.0, 0.0
    for height, width in sorted((sorted(size) for size in sizes), reverse=True):
        if x + width > wide + 1e-9:
            x, y, row = 0.0, y + row + BED.spacing, 0.0
        if width > wide or y + height > high + 1e-9:
            return False
        x, row = x + width + BED.spacing, max(row, height)
    return True


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{'queue of ' + str(QUEUE):<24}{'placed':>8}{'in rows':>9}{'density':>9}{'CPU s':>8}")
    for name, make in QUEUES.items():
        outlines = make(np.random.default_rng(SEED))
        begin = time.process_time()
        found = nest(outlines, BED)
        taken = time.process_time() - begin
        placed = len(outlines) - len(found.left)
        print(f"{name:<24}{placed:>8}{rows(outlines):>9}{found.density:>9.2f}{taken:>8.2f}")


if __name__ == "__main__":
    main()
