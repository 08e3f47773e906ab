"""What a customer's model may cost, how large it may be, and how it is refused.

These limits are counts and sizes, so that the same file is refused everywhere and always. What is small and still
takes long meets the bounds of time and memory, SECONDS and MEMORY.
"""

from __future__ import annotations

from typing import Final

from fulfillment.refusal import Refusal

MAX_BYTES: Final = 60_000_000
"""Of a file: a binary STL of a million triangles has 50 MB."""
MAX_TRIANGLES: Final = 1_000_000
"""Each counted as often as a 3MF places it; as many as ``gcode.slicing.solid`` takes."""
MAX_UNPACKED: Final = 160_000_000
"""Bytes of all parts of a 3MF that are read: a million triangles in XML have 120 MB."""
MAX_ENTRIES: Final = 1_000
"""Files in a 3MF's archive."""
MAX_RATIO: Final = 100
"""By which a part of a 3MF may be larger unpacked than packed, beyond SMALL bytes; XML of triangles reaches 20."""
SMALL: Final = 1_000_000
MAX_DEPTH: Final = 16
"""Components inside of each other."""
MAX_PLACED: Final = 1_000
"""Objects that a 3MF places, each counted as often as it is placed."""
MAX_SHELLS: Final = 200
"""Closed surfaces that do not hang together: bodies, and hollows in them."""
MAX_LOOKED_AT: Final = 200_000
"""Triangles up to which it is looked for surfaces that cross each other; the slicer looks at every layer, anyway."""

SECONDS: Final = 10
"""Of processor time that reading one model may take: the largest 3MF that is allowed takes half of it."""
MEMORY: Final = 500_000_000
"""Bytes of address space that reading one model may take on top of what the process has."""

LEAST_SIZE: Final = 1.0
"""mm of a body's longest side: what is smaller was drawn in another unit."""
MAX_SIZE: Final = 1000.0
"""mm of each side, as ``gcode.slicing.solid`` takes it."""
LEAST_THICKNESS: Final = 0.1
"""mm of each side, and of the walls as a whole: less than a layer, and much less than a nozzle lays."""


class MeshError(Refusal):
    """A model that cannot be used."""


AGAIN: Final = "Please export it anew as STL or 3MF, or upload it again."
COARSER: Final = "Please export it coarser, or with fewer parts."
MENDING: Final = (
    "Please mend it where it was drawn, or with a program that repairs models (such as PrusaSlicer's 'Fix model'), "
    "and export it anew."
)


def too_much(what: str) -> MeshError:
    """The refusal of a model beyond a limit. ``what``: such as "more than 1,000,000 triangles"."""
    return MeshError(f"The model has {what}.", COARSER)


def damaged(what: str) -> MeshError:
    """The refusal of a file that is not what its format says. ``what``: such as "line 3 has no number"."""
    return MeshError(f"The model is damaged: {what}.", AGAIN)
