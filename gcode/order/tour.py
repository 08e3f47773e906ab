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
        exchange of two or three links does or takes back.

        In strokes: where it begins, and the three lengths. Returns how much shorter the round is (mostly it is longer),
        and the nodes that it touched.
        """
        count, cut = len(self.order), 2 * begin
        cuts = [cut, *(cut := cut + 2 * length for length in lengths)]
        a, b, c, d, e, f, g, h = (self.order[at % count] for cut in cuts for at in (cut - 1, cut))
        before = self.way[a] + self.way[c] + self.way[e] + self.way[g]
        self.swap(a, b, g, h)
        self.swap(a, g, f, e)
        self.swap(g, e, d, c)
        self.swap(e, c, b, h)
        after = self.way[a] + self.way[c] + self.way[e] + self.way[g]
        return before - after, [a, b, c, d, e, f, g, h]

    def _join(self, a: int, b: int) -> None:
        self.link[a], self.link[b] = b, a
        nowhere = a >= self.free or b >= self.free
        self.way[a] = self.way[b] = 0.0 if nowhere else abs(self.points[a] - self.points[b])

    def _turn(self, a: int, b: int, c: int) -> None:
        """Reverse what lies from b to c, both included, where a is linked to b; or, in effect the same, all else."""
        order, place, count = self.order, self.place, len(self.order)
        first, last = (place[b], place[c]) if place[a] & 1 else (place[c], place[b])
        if 2 * ((last - first) % count + 1) > count:
            first, last = (last + 1) % count, (first - 1) % count
        if first <= last:
            part = order[last : first - 1 : -1] if first else order[last::-1]
            order[first : last + 1] = part
            for node in part:
                place[node] = first
                first += 1
            return
        part = (order[first:] + order[: last + 1])[::-1]
        order[first:], order[: last + 1] = part[: count - first], part[count - first :]
        for node in part:
            place[node] = first
            first = (first + 1) % count
