"""What a technician may ask of a machine that makes nothing at the moment, beside :mod:`drivers.contract`.

A driver offers it where its machine can; the rest of the house asks with ``isinstance(machine, Serviced)``. Each verb
is refused with WrongAttempt while an attempt is on the machine. The errors are those of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from drivers.contract import OurFault

CONSOLE_BYTES = 256
"""The longest line that a console takes."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in mm."""


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

    def frame(self, box: Box, speed: float) -> None:
        """Trace a box (x0, y0, x1, y1 in mm) at ``speed`` with the tool off, to see where a job would lie.

        Raises OurFault where the box leaves the envelope, NotSupported, WireFault, MachineFault.
        """
        ...


@runtime_checkable
class KnowsQuestions(Protocol):
    """A driver that can tell a question from an action. Without it every line of a console counts as an action."""

    def asks(self, line: str) -> bool:
        """Whether this line is a known question: it moves, heats and changes nothing. No I/O, never raises."""
        ...


def checked_line(line: str) -> str:
    """One line for a console, without blanks around it. Raises OurFault for none, several, or one that is too long."""
    line = line.strip()
    if not line:
        raise OurFault("the line is empty; nothing was sent")
    if not line.isprintable():
        raise OurFault("a console takes one line of printable text; nothing was sent")
    if len(line.encode()) > CONSOLE_BYTES:
        raise OurFault(f"the line has {len(line.encode())} bytes, a console takes {CONSOLE_BYTES}; nothing was sent")
    return line


def checked_box(box: Box, envelope: tuple[float, float, float] | None) -> Box:
    """A box that lies in the envelope. Raises OurFault for one that does not, or that has no inside."""
    x0, y0, x1, y1 = box
    shown = " ".join(f"{value:g}" for value in box)
    if envelope is None:
        raise OurFault("no envelope is configured, so no frame can be traced in it")
    if not (0 <= x0 < x1 <= envelope[0] and 0 <= y0 < y1 <= envelope[1]):
        raise OurFault(f"the box {shown} is not inside 0 0 {envelope[0]:g} {envelope[1]:g}; nothing was sent")
    return box
