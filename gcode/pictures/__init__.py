"""Pictures that are drawn from a program's bytes, never from what they were made of.

``tubes`` reads what is laid; ``print_proof`` shows it from above in the scale of all proofs, ``print_view`` from its
front corner, ``with_thumbnails`` puts small pictures into the program's head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gcode.pictures.scene import from_above, from_the_front
from gcode.pictures.thumbnails import thumbnails, with_thumbnails
from gcode.pictures.tubes import Tubes, tubes
from gcode.proof import Colour, Piece, png
from gcode.recipe import Place
from gcode.screens import Size

__all__ = ["Size", "Tubes", "print_proof", "print_view", "thumbnails", "tubes", "with_thumbnails"]

VIEW: Final = 800
"""Pixels across the view from the front corner."""


def print_proof(
    printed: Tubes, piece: Piece, place: Place, colours: Sequence[Colour], *, px_per_mm: float = 8.0
) -> bytes:
    """What is printed, from above, as PNG bytes: the piece's place on the bed and its margin, in scale.

    ``colours``: of the filaments, in the order in which they are first laid. Raises ProofError.
    """
    margin = piece.margin
    box = (place.x - margin, place.y - margin, place.x + piece.width + margin, place.y + piece.height + margin)
    return png(from_above(printed, box, px_per_mm, colours))


def print_view(printed: Tubes, colours: Sequence[Colour], width: int = VIEW) -> bytes:
    """What is printed, from its front corner, as PNG bytes; as high as it asks. Raises ProofError."""
    return png(from_the_front(printed, width, colours))
