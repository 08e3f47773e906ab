"""Pictures in a program's head, for the screen of the machine or of its print server.

The form is PrusaSlicer's, which Moonraker, PrusaLink, plugins of OctoPrint and screens of Marlin machines read:

    ; thumbnail begin 32x32 1234
    ; iVBORw0KGgo... (base64 of a PNG, 78 characters a line; 1234 of them together)
    ; thumbnail end

Comments alone: what the machine does is the same with and without them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Final

from gcode.pictures.scene import alone
from gcode.pictures.tubes import Tubes
from gcode.proof import Colour, ProofError, png
from gcode.screens import MOST, Size

WIDE: Final = 78
"""Characters of base64 in a line."""

_BLOCK: Final = re.compile(
    rb"^; thumbnail begin (\d+)x(\d+) (\d+)\r?\n((?:; [A-Za-z0-9+/=]+\r?\n)*); thumbnail end\r?\n", re.M
)


def with_thumbnails(data: bytes, tubes: Tubes, colours: Sequence[Colour], sizes: Sequence[Size]) -> bytes:
    """The program with a picture of each size in its head, the smallest first. Those that it had are replaced.

    ``tubes``: what the program lays, ``gcode.pictures.tubes``. Raises ProofError.
    """
    if len(sizes) > MOST:
        raise ProofError(f"{len(sizes)} thumbnails, {MOST} are allowed: name fewer sizes")
    wanted = sorted(set(sizes))
    blocks = [_block(size, png(alone(tubes, size.width, size.height, colours))) for size in wanted]
    plain = _BLOCK.sub(b"", data)
    # A stamp stays in the first line.
    head = plain.find(b"\n") + 1 if plain.startswith(b";") else 0
    return plain[:head] + b"".join(blocks) + plain[head:]


def thumbnails(data: bytes) -> Iterator[tuple[Size, bytes]]:
    """The pictures in a program's head, as files. Those that are damaged are left out."""
    for found in _BLOCK.finditer(data):
        text = b"".join(line.removeprefix(b"; ").strip() for line in found[4].splitlines())
        if len(text) == int(found[3]) and len(text) % 4 == 0:
            yield Size(int(found[1]), int(found[2])), binascii.a2b_base64(text)


def _block(size: Size, picture: bytes) -> bytes:
    text = binascii.b2a_base64(picture, newline=False)
    lines = [b"; " + text[at : at + WIDE] for at in range(0, len(text), WIDE)]
    begin = f"; thumbnail begin {size} {len(text)}".encode("ascii")
    return b"\n".join([begin, *lines, b"; thumbnail end", b""])
