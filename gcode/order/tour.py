"""A round of strokes that can be changed: nodes 2k and 2k + 1 are the ends of stroke k, side by side in the round.

The round is closed by a stroke that is not drawn: it comes from where the way ends and leads to where it begins. Nodes
from ``free`` on are nowhere: it costs nothing to go there.
"""

from __future__ import annotations

from collections.abc import Sequence

Swap = tuple[int, int, int, int]


class Tour:
    """Array of nodes, the place of each, what each is linked to and how long that link is. Every change is logged."""

    def __init__(self, order: Sequence[int], points: Sequence[complex], free: int) -> None:
        self.order = list(order)
        self.points = points
        self.free = free
        self.place = [0] * len(order)
        self.link = [0] * len(order)
        self.way = [0.0] * len(order)
        self.log: list[Swap] = []
        for place, node in enumerate(self.order):
            self.place[node] = place
        for place in range(0, len(order), 2):
            self._join(self.order[place - 1], self.order[place])

    def length(self) -> float:
        return sum(self.way) / 2

    def swap(self, a: int, b: int, c: int, d: int) -> None:
        """The links a-b and c-d become a-c and b-d. a and c are both the first, or both the second, of their link."""
        self._turn(a, b, c)
        self._join(a, c)
        self._join(b, d)
        self.log.append((a, b, c, d))

    def undo(self) -> None:
        """Back to where the log began."""
        while self.log:
            a, b, c, d = self.log.pop()
            self._turn(a, c, b)
            self._join(a, b)
            self._join(c, d)

    def kick(self, begin: int, lengths: Sequence[int]) -> tuple[float, list[int]]:
        """Three neighbouring stretches in the opposite order, each in its own direction: four links change, which no
        exchange of two or three links does or takes back. The same with the lengths in the opposite order undoes it.

        In strokes: where it begins, and the three lengths. Returns how much shorter the round is (mostly it is longer),
        and the nodes that it touched. It is not logged.
        """
        way, count, at = self.way, len(self.order), 2 * begin % len(self.order)
        parts = []
        for length in lengths:
            parts.append(self._part(at, 2 * length))
            at = (at + 2 * length) % count
        first, middle, last = parts
        before, behind = self.order[2 * begin % count - 1], self.order[at]
        longer = way[before] + way[first[-1]] + way[middle[-1]] + way[behind]
        self._write(2 * begin % count, last + middle + first)
        self._join(before, last[0])
        self._join(last[-1], middle[0])
        self._join(middle[-1], first[0])
        self._join(first[-1], behind)
        shorter = way[before] + way[last[-1]] + way[middle[-1]] + way[behind]
        return longer - shorter, [before, first[0], first[-1], middle[0], middle[-1], last[0], last[-1], behind]

    def _join(self, a: int, b: int) -> None:
        self.link[a], self.link[b] = b, a
        nowhere = a >= self.free or b >= self.free
        self.way[a] = self.way[b] = 0.0 if nowhere else abs(self.points[a] - self.points[b])

    def _turn(self, a: int, b: int, c: int) -> None:
        """Reverse what lies from b to c, both included, where a is linked to b; or, in effect the same, all else."""
        place, count = self.place, len(self.order)
        first, last = (place[b], place[c]) if place[a] & 1 else (place[c], place[b])
        if 2 * ((last - first) % count + 1) > count:
            first, last = (last + 1) % count, (first - 1) % count
        self._write(first, self._part(first, (last - first) % count + 1)[::-1])

    def _part(self, first: int, length: int) -> list[int]:
        """So many nodes from a place on."""
        over = first + length - len(self.order)
        return self.order[first:] + self.order[:over] if over > 0 else self.order[first : first + length]

    def _write(self, first: int, nodes: list[int]) -> None:
        """Nodes from a place on."""
        place, count = self.place, len(self.order)
        over = first + len(nodes) - count
        if over > 0:
            self.order[first:], self.order[:over] = nodes[:-over], nodes[-over:]
            for at, node in enumerate(nodes, first - count):
                place[node] = at if at >= 0 else at + count
        else:
            self.order[first : first + len(nodes)] = nodes
            for at, node in enumerate(nodes, first):
                place[node] = at
