"""Objects of a program that can be left out (M486), and what Marlin allows there.

From Marlin's documentation: ``M486 T<n>`` says how many objects there are and forgets what was left out before, ``S``
whose turn it is, ``P`` leaves one out. It keeps them as bits of one word, so that only 32 can be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drivers.contract import NotSupported

MOST: Final = 32
_COUNT: Final = re.compile(rb"M486 T(\d{1,4})$")
UNKNOWN: Final = "M486"
"""What the firmware repeats of a command that it does not know."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What a program says of its objects."""

    count: int
    said: int
    """Lines up to the one that counts them: what is left out before is forgotten there."""

    def command(self, number: int, fed: int) -> bytes:
        """What leaves one out. ``fed``: lines of the program that were sent. Raises NotSupported."""
        if not 0 <= number < self.count:
            raise NotSupported(f"the program has objects 0 to {self.count - 1}, and no {number}; nothing was done")
        if number >= MOST:
            raise NotSupported(f"Marlin can leave out objects 0 to {MOST - 1} alone, not {number}; nothing was done")
        if fed < self.said:
            raise NotSupported("the program has not named its objects yet: ask again when its first layer is laid")
        return b"M486 P%d" % number


def objects(lines: Sequence[bytes]) -> Objects | None:
    """What a program's commands say of its objects, last; None for one that does not label them."""
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].startswith(b"M486 T") and (found := _COUNT.match(lines[at])):
            return Objects(int(found[1]), at + 1)
    return None
