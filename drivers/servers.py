"""A print server's API in the few words that the shell around it needs (:mod:`drivers.hosted`).

A server (OctoPrint, Moonraker, PrusaLink) holds files and one printer. A vendor's file knows its API and nothing of
attempts: it has files by name and the printer's state. What must never happen twice is decided once, in the shell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.contract import Activity, Link, Payload, Temperature
from drivers.service import Facts


@dataclass(frozen=True, slots=True)
class Sight:
    """What the server says of its printer at one moment."""

    link: Link
    """The printer behind the server: a server without its printer is ``offline``."""
    activity: Activity = Activity.IDLE
    """``busy`` from the moment that a file is taken up until the printer has come to rest after it."""
    file: str | None = None
    """What it prints or holds paused, by the name that ``upload`` was given; None where it does neither. A file that
    is merely selected, or was printed last, is no answer."""
    job: str | None = None
    """The server's own id of that job, where it has one: it goes into pause and cancel."""
    progress: float | None = None
    """0..1."""
    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    prompt: str | None = None
    last: str = ""
    """What it says of the print that ended last, in words that change with the next one that ends; empty: nothing."""
    fault: str | None = None
    """What is wrong with the printer, with its mend; it goes when the server no longer says so."""


class Outcome(StrEnum):
    """What the server remembers of a file: its history, not its state."""

    NONE = "none"
    """It says for sure that this file was never started: it keeps a durable record of starts, and this is not in it."""
    GOING = "going"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """It has no memory of it, which proves nothing."""


ENDS = frozenset({Outcome.DONE, Outcome.FAILED, Outcome.CANCELLED})


class Server(Protocol):
    """One server. Calls block at most their time-out and come one after the other, but ``stop``: from any thread.

    They raise WireFault where what happened is not known (no answer, half an answer, 5xx), MachineFault where the
    server answered that it will not (4xx, an answer that is not its protocol) and so nothing happened, NotSupported.
    """

    feeds: bool
    """The server itself feeds the printer, line by line: what it has forgotten has ended, and not well. False where a
    print goes on without it."""

    def open(self, hint: Callable[[], None]) -> str:
        """Check key, version and that this is the printer as configured; returns what it is, for ``Status.firmware``.

        Nothing that moves or heats is sent. Called again to connect anew. ``hint`` is to be called, from any thread,
        whenever the server pushes that something changed: the shell then looks, as a push is never the truth itself.
        """
        ...

    def look(self) -> Sight:
        """The truth now, by asking: never from a cache of pushed events."""
        ...

    def outcome(self, file: str) -> Outcome: ...

    def why(self, file: str) -> str:
        """The printer's own words on a failure that ``outcome`` has told; empty where there are none. Asks nobody."""
        ...

    def upload(self, file: str, payload: Payload) -> None:
        """Have the bytes there under that name, not started. A name that is there already is refused."""
        ...

    def size(self, file: str) -> int | None:
        """Bytes that the server has under that name; None: it says that there is no such file."""
        ...

    def start(self, file: str) -> None:
        """Ask for the start. An answer without an error is no proof: the shell looks."""
        ...

    def delete(self, file: str) -> None:
        """Returns once the server has acknowledged that there is no such file; raises where it has not."""
        ...

    def pause(self, sight: Sight) -> None: ...

    def resume(self, sight: Sight) -> None: ...

    def cancel(self, sight: Sight) -> None: ...

    def stop(self) -> str:
        """Emergency stop, on a connection of its own: it waits for no other call, and needs no ``open``.

        Returns what was done and what its limits are, as the end of a sentence.
        """
        ...

    def facts(self) -> Facts: ...

    def console(self, line: str) -> list[str]:
        """Send one line of a technician to the printer; what it answers, as far as the server tells."""
        ...

    def close(self) -> None:
        """Give everything back (sockets, threads). Idempotent; ``open`` may follow."""
        ...
