"""A way over all strands of a shape that begins and ends at one place, and lays travel where satin will cover it.

Outwards along a strand goes its underlay; on the way, what branches off is done first; back comes the satin. So the
thread is never cut inside of a shape, and nothing but satin lies on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gcode.geometry import Line
from gcode.stitches.skeleton import Strand

DEEPEST: Final = 400
"""Strands of one shape: what branches more is no lettering."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """A part of a strand. ``satin``: it is covered, on the way back; else its underlay goes out along it."""

    strand: int
    line: Line
    satin: bool


def legs(strands: Sequence[Strand], start: tuple[float, float]) -> Iterator[Leg]:
    """Every strand once out and once back, from the free end nearest to ``start``. Strands that hang together."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, strand in enumerate(strands):
        for index, node in strand.nodes:
            at[node].append((number, index))
    done: set[int] = set()
    while len(done) < len(strands):
        _, number, index = min(
            (float(np.hypot(*(strand.line[index] - start))), number, index)
            for number, strand in enumerate(strands)
            if number not in done
            for index in (0, len(strand.line) - 1)
        )
        yield from _walked(strands, at, done, number, index)


def _walked(
    strands: Sequence[Strand], at: dict[int, list[tuple[int, int]]], done: set[int], number: int, index: int
) -> Iterator[Leg]:
    """A strand from one of its points out to both of its ends, with all that branches off."""
    done.add(number)
    strand = strands[number]
    ways = [list(range(index, len(strand.line))), list(range(index, -1, -1))]
    forks = dict(strand.nodes)
    for way in ways:
        if len(way) < 2:
            continue
        begun = 0
        for place, point in enumerate(way):
            branches = [
                (other, where)
                for node in ([forks[point]] if point in forks else [])
                for other, where in at[node]
                if other not in done
            ]
            if branches or place == len(way) - 1:
                if place > begun:
                    yield Leg(number, strand.line[way[begun : place + 1]], satin=False)
                begun = place
            for other, where in branches:
                if other not in done:
                    yield from _walked(strands, at, done, other, where)
        yield Leg(number, strand.line[way[::-1]], satin=True)
