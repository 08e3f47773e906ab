"""What goes along with the program of a printed piece: pictures for screens and people, and its body as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from fulfillment.cad.body import Built
from fulfillment.cad.files import glb
from fulfillment.cad.template import Lit
from fulfillment.config import Machine
from gcode.pictures import Size, Tubes, print_proof, print_view, with_thumbnails
from gcode.pictures.through import through
from gcode.proof import Colour, Piece, png
from gcode.recipe import Place
from gcode.screens import MOST

VIEW: Final = "view.png"
"""The piece as it will look, from its front corner."""
MODEL: Final = "model.glb"
"""Its body, of which other files are made when they are asked for."""
MOST_TRIANGLES: Final = 400_000
"""Of a body that is kept: some 7 MB."""

SCREENS: Final[Mapping[str, tuple[Size, ...]]] = MappingProxyType(
    {
        "moonraker": (Size(32, 32), Size(400, 300)),
        "octoprint": (Size(220, 124),),
        "prusalink": (Size(16, 16), Size(220, 124)),
    }
)
"""What the pages and screens of each kind of print server show of a file. A driver that streams sends no comment."""


def screens_of(machines: Sequence[Machine]) -> list[Size]:
    """The thumbnails that a program for these machines carries, the smallest first."""
    sizes: set[Size] = set()
    for machine in machines:
        if machine.thumbnails is None:
            sizes.update(SCREENS.get(machine.driver, ()))
        else:
            sizes.update(map(Size.read, machine.thumbnails))
    return sorted(sizes)[-MOST:]


def for_screens(data: bytes, laid: Tubes, colours: Sequence[Colour], machines: Sequence[Machine]) -> bytes:
    """The program with its thumbnails; it moves no machine in another way. Raises ProofError."""
    return with_thumbnails(data, laid, colours, screens_of(machines))


def proof(laid: Tubes, piece: Piece, place: Place, lit: Lit | None) -> bytes:
    """What is printed as its customer will look at it: from above, or against the light. PNG. Raises ProofError."""
    if lit is None:
        return print_proof(laid, piece, place, [piece.mark])
    own = replace(laid, start=laid.start - [place.x, place.y], end=laid.end - [place.x, place.y])
    return png(through(own, lit.unrolled, lit.width, lit.height))


def besides(laid: Tubes, colours: Sequence[Colour], body: Built) -> dict[str, bytes]:
    """The files of an artifact besides its program and its proof. Raises ProofError."""
    files = {VIEW: print_view(laid, colours)}
    if sum(len(part.faces) for part in body.parts) <= MOST_TRIANGLES:
        files[MODEL] = glb.written(body)
    return files
