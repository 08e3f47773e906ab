"""What a technician may ask of a machine that makes nothing at the moment, beside :mod:`drivers.contract`.

A driver offers it where its machine can; the rest of the house asks with ``isinstance(machine, Serviced)``. Each verb
is refused with WrongAttempt while an attempt is on the machine. The errors are those of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

CONSOLE_BYTES = 256
"""The longest line that a console takes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the machine says of itself; None and absent: it does not say."""

    firmware: str | None = None
    envelope: tuple[float, float, float] | None = None
    """mm that its axes reach."""
    speeds: tuple[float, ...] | None = None
    """mm/s by axis: x, y, z, and e where it has one."""
    accelerations: tuple[float, ...] | None = None
    """mm/s2, in the same order."""
    capabilities: Mapping[str, str] = field(default_factory=dict)
    """The firmware's own words for what it can do and how it is set, for a technician to read."""


@runtime_checkable
class Serviced(Protocol):
    def facts(self) -> Facts:
        """Ask the machine for its identity, capabilities and limits. Moves and heats nothing. Raises WireFault."""
        ...

    def console(self, line: str) -> list[str]:
        """Send one line of a technician and return what the machine answers.

        Raises OurFault for more than one line or more than :data:`CONSOLE_BYTES`, WireFault, MachineFault with the
        machine's own words where it refuses the line.
        """
        ...

    def home(self) -> None:
        """Have the machine find its origin. Raises NotSupported, WireFault, MachineFault."""
        ...

    def nudge(self) -> None:
        """A harmless move, up and back by 1 mm with nothing on: to see that it is this machine that answers.

        Raises NotSupported, WireFault, MachineFault.
        """
        ...

    def frame(self, box: tuple[float, float, float, float], speed: float) -> None:
        """Trace a box (x0, y0, x1, y1 in mm) at ``speed`` with the tool off, to see where a job would lie.

        Raises OurFault where the box leaves the envelope, NotSupported, WireFault, MachineFault.
        """
        ...
