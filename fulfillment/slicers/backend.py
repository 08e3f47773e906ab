"""What every slicer is asked for, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fulfillment.refusal import Refusal
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid


class SlicerError(Refusal):
    """A body that a slicer did not slice as it should."""


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
