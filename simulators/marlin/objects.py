"""Which object is being printed, and which are left out (M486, CANCEL_OBJECTS).

From Marlin's documentation and its feature/cancel_object: ``T`` says how many objects there are and forgets what was
left out, ``S`` whose turn it is (-1: nobody's), ``P`` leaves one out, ``U`` takes that back, ``C`` leaves out the one
whose turn it is. While it is the turn of one that is left out, moves go nowhere and E is counted but not pressed out.
Objects are bits of one word: only 0 to 31 can be left out.
"""

from __future__ import annotations

from typing import Final

MOST: Final = 32
NOBODY: Final = -1


class Objects:
    """Of the print that runs."""

    def __init__(self) -> None:
        self.count = 0
        self.active = NOBODY
        self.left_out: set[int] = set()

    @property
    def skipping(self) -> bool:
        return self.active in self.left_out

    def leave_out(self, number: int) -> bool:
        """False for one that it does not count."""
        if not 0 <= number < MOST:
            return False
        self.left_out.add(number)
        return True
