"""What cannot be shaped, in words for the one who sent it."""

from __future__ import annotations


class ShapeError(ValueError):
    """Content or values that make no body. ``parameter`` is empty where it is the content."""

    def __init__(self, reason: str, mend: str, parameter: str = "") -> None:
        super().__init__(f"{reason} {mend}")
        self.reason, self.mend, self.parameter = reason, mend, parameter

    def __reduce__(self) -> tuple[type[ShapeError], tuple[str, str, str]]:
        return type(self), (self.reason, self.mend, self.parameter)
