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
    middle: tuple[float, float] | None = None
    """Where the body's middle is to stand; None: in the middle of the bed."""

    @property
    def centre(self) -> tuple[float, float]:
        return self.middle or (self.x / 2, self.y / 2)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a slicer may take. ``program``: its name or path; empty: its usual name. Bytes, s."""

    program: str = ""
    seconds: float = 300.0
    memory: int = 4_000_000_000
    """Of address space, of which it uses a fraction."""


class Slicer(Protocol):
    def slice(self, body: Solid, profile: Profile) -> bytes:
        """The body, standing where the printer says, as G-code that passed :func:`evidence.check`.

        Raises SlicerError.
        """
        ...
