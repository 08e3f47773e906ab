"""One object of a program of many: what is left of the program when all others are left out of it."""

from __future__ import annotations

import re
from typing import Final

_LABEL: Final = re.compile(rb"M486 ([ST])(-?\d+)")
NOBODY: Final = -1


def alone(data: bytes, number: int) -> bytes:
    """The program of object ``number`` (M486 S), without labels: every line that is laid for it, what frames the whole,
    and all comments. What is laid for all of them before the first (a skirt) is no part of any.

    Positions must be absolute at the beginning of each object's turn, as :func:`gcode.slicing.plate.program` says
    them: then nothing of what is left depends on what was taken out.
    """
    out: list[bytes] = []
    mine = True
    for line in data.split(b"\n"):
        if line.startswith(b"M486") and (found := _LABEL.match(line)):
            mine = found[1] == b"S" and int(found[2]) in (number, NOBODY)
        elif mine or line.startswith(b";"):
            out.append(line)
    return b"\n".join(out)
