"""A print server's API in the few words that the shell around it needs (:mod:`drivers.hosted`).

A server (OctoPrint, Moonraker, PrusaLink) holds files and one printer. A vendor's file knows its API and nothing of
attempts: it has files by name and the printer's state. What must never happen twice is decided once, in the shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.contract import Activity, Link, Payload, Temperature


@dataclass(frozen=True, slots=True)
class Sight:
    """What the server says of its printer at one moment; ``file`` is what it prints or holds paused."""

    link: Link
    """The printer behind the server: a server without its printer is ``offline``."""
    activity: Activity = Activity.IDLE
    file: str | None = None
    job: str | None = None
    """The server's own id of that job, where it has one: it goes into pause and cancel."""
    progress: float | None = None
    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    prompt: str | None = None
    fault: str | None = None


class Outcome(StrEnum):
    """What the server remembers of a file: its history, not its state."""

    NONE = "none"
    """It says for sure that this file was never started."""
    GOING = "going"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """It has no memory of it, which proves nothing."""


class Server(Protocol):
    """One server. Calls block at most their time-out, and come from one thread but ``stop`` and ``wait``.

    They raise WireFault where no answer came (what happened is not known then), MachineFault where the server refused
    and so nothing happened, NotSupported.
    """

    def open(self) -> str:
        """Check key, version and that this is the printer as configured; returns what it is, for ``Status.firmware``.

        Nothing that moves or heats is sent.
        """
        ...

    def look(self) -> Sight:
        """The truth now, by asking: never from a cache of pushed events."""
        ...

    def wait(self, seconds: float) -> None:
        """Return early when the server pushed that something changed: a hint to look, never the truth itself."""
        ...

    def outcome(self, file: str) -> Outcome: ...

    def upload(self, file: str, payload: Payload) -> None:
        """Have the bytes there under that name, not started. A name that is there with other bytes is refused."""
        ...

    def exists(self, file: str) -> bool: ...

    def start(self, file: str) -> None:
        """Ask for the start. An answer without an error is no proof: the shell looks."""
        ...

    def delete(self, file: str) -> None:
        """Returns once the server has acknowledged that there is no such file; raises where it has not."""
        ...

    def pause(self, sight: Sight) -> None: ...

    def resume(self, sight: Sight) -> None: ...

    def cancel(self, sight: Sight) -> None: ...

    def stop(self) -> None:
        """Emergency stop, on a connection of its own: it waits for no other call."""
        ...

    def close(self) -> None: ...
