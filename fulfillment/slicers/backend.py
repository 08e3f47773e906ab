"""What every slicer is asked for, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid


class SlicerError(Exception):
    """A body that a slicer did not slice as it should: ``reason`` and ``mend`` are sentences for the operator."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason} {mend}")
        self.reason = reason
        self.mend = mend

    def __reduce__(self) -> tuple[type[SlicerError], tuple[str, str]]:
        return type(self), (self.reason, self.mend)


@dataclass(frozen=True, slots=True)
class Printer:
    """The machine that the bytes are for. mm; the bed's corner is at 0, 0."""

    x: float
    y: float
    z: float
    flavour: str = "marlin"
    """Of its firmware, as the slicer calls it."""
    start: str = ""
    """G-code of the machine before the first layer, and after the last."""
    end: str = ""


class Slicer(Protocol):
    def slice(self, body: Solid, profile: Profile) -> bytes:
        """The body, standing in the middle of the bed, as G-code that passed :func:`evidence.check`.

        Raises SlicerError.
        """
        ...
