"""Letters of an outline font as the strokes of a pen: each along the middle of its stem.

For faces that were written with a pen of one width; a stem that swells would lose its swelling.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import shapely

from gcode.design import Drawing
from gcode.fontchain import Alone
from gcode.fonts import Cluster, Face, Run, Shaped
from gcode.geometry import Line
from gcode.stitches.areas import filled, shapes
from gcode.stitches.skeleton import strands

SIZE: Final = 8.0
"""mm of a capital at which the middle is looked for: the skeleton knows mm, and stems are then about 0.7 mm wide."""
BEND: Final = 0.006
"""Cap heights that a line may be off by, for fewer points."""


class Centrelines(Alone):
    """A face whose outlines are drawn as open lines."""

    def __init__(self, face: Face) -> None:
        self.name = f"{face.name}, middle lines"
        self._face = face

    def has(self, character: str) -> bool:
        return self._face.has(character)

    def lost(self, run: Run) -> tuple[str, ...]:
        return self._face.lost(run)

    def draw(self, run: Run) -> Shaped:
        """The strokes of a run of which nothing is lost."""
        shaped = self._face.draw(run)
        clusters = tuple(
            Cluster(one.text, Drawing(_strokes(one.drawing)), one.x, one.advance, one.joined) for one in shaped.clusters
        )
        return Shaped(clusters, shaped.advance)


def _strokes(drawing: Drawing) -> tuple[Line, ...]:
    return _known(tuple(outline.tobytes() for outline in drawing.outlines))


@lru_cache(maxsize=4096)
def _known(outlines: tuple[bytes, ...]) -> tuple[Line, ...]:
    """Of all forms of a face that draw a letter alike, once; as bytes, since an array is no key."""
    return middles(Drawing((), tuple(np.frombuffer(outline).reshape(-1, 2) for outline in outlines)))


def middles(drawing: Drawing) -> tuple[Line, ...]:
    """The lines along the middle of filled outlines, in cap heights. A dot is a short line."""
    if not drawing.outlines:
        return ()
    area = filled([outline * SIZE for outline in drawing.outlines])
    found = [strand.line for part in shapes(area) for strand in strands(part)]
    simple = (shapely.get_coordinates(shapely.LineString(line).simplify(BEND * SIZE)) for line in found)
    return tuple(np.asarray(line / SIZE) for line in simple)
