"""What the shop floor may ask of a machine, and what a machine may answer.

Every machine kind is one plain class that satisfies :class:`Machine`. A caller knows machines by this file alone.
No vendor's word stands here, and no order's either: a machine knows attempts, not customers.

Units: mm, s, mm/s, degrees C. Times are seconds of a monotonic clock that the caller passes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

ATTEMPT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
"""Shape of an attempt's id: safe as a remote file name on every machine we know."""

TICKET: Mapping[str, str] = {
    "media": "the paper's name, such as a6 or half-letter",
    "width": "of the paper in mm",
    "height": "of the paper in mm",
    "pages": "how many pages the document has",
    "copies": "how often all of it is printed; 1 where it is not said",
    "sides": "one-sided, two-sided-long-edge or two-sided-short-edge",
    "colour": "color or monochrome; what the printer does by itself where it is not said",
}
"""What a document may ask of its printer: each key, and what its value says."""


# --- errors: each class names the culprit -----------------------------------------------------------------------


class DriverError(Exception):
    """Root of what a driver raises. The text is one sentence for a person, with the mend."""


class OurFault(DriverError):
    """The caller broke the contract: a malformed id, a verb out of turn. A defect of ours."""


class WrongAttempt(OurFault):
    """A verb named an attempt that is not the one on the machine. Nothing was done."""


class NotSupported(OurFault):
    """This machine kind, or this machine's firmware, cannot do that. Nothing was done."""


class WireFault(DriverError):
    """The wire failed: no port, lost link, silence past its limit. What the machine did meanwhile is not known."""


class MachineFault(DriverError):
    """The machine answered that it cannot: halted, wrong firmware, refused."""


class ArtifactFault(DriverError):
    """The bytes themselves cannot be run (empty, changed since they were stored). Retrying cannot help."""


# --- what is seen of a machine ----------------------------------------------------------------------------------


class Link(StrEnum):
    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"


class Activity(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    PAUSED = "paused"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Temperature:
    """One heater's reading in degrees C; ``target`` 0 is off."""

    actual: float
    target: float


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of a machine, cheap to take: the driver's own knowledge, no round trip."""

    link: Link = Link.OFFLINE
    activity: Activity = Activity.IDLE
    attempt: str | None = None
    """The attempt that the machine is running or holds paused, as far as the driver knows."""
    progress: float | None = None
    """0..1 of the artifact that the machine has taken; None where it cannot be said."""
    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    prompt: str | None = None
    """What the machine waits for a person to do, in words; None when it waits for nobody."""
    fault: str | None = None
    """A latched fault with its mend; stays until :meth:`Machine.connect` is called anew."""
    firmware: str | None = None


class Start(StrEnum):
    """The three-valued answer to a start. Anything but a sure yes or a sure no is UNCERTAIN."""

    STARTED = "started"
    """The machine's own state names this attempt."""
    REFUSED = "refused"
    """Surely not started and surely never will be: nothing moved, nothing was deposited."""
    UNCERTAIN = "uncertain"
    """It may have started, or may start yet. Ask :meth:`Machine.reconcile`."""


@dataclass(frozen=True, slots=True)
class StartAnswer:
    start: Start
    why: str


class Seen(StrEnum):
    """What evidence a machine gives of an attempt."""

    RUNNING = "running"
    PAUSED = "paused"
    MADE = "made"
    """It ran to its end."""
    FAILED = "failed"
    """It started and can no longer end well, or its end was lost with the link; the bed is not clean."""
    ABSENT = "absent"
    """It never started and is fenced: a late start of it must fail."""
    UNKNOWN = "unknown"
    """The machine cannot say. Only a person can."""


@dataclass(frozen=True, slots=True)
class Evidence:
    seen: Seen
    why: str


# --- what a machine tells of itself -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """Something in :class:`Status` other than progress changed."""

    status: Status


@dataclass(frozen=True, slots=True)
class Progressed:
    attempt: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Made:
    """The attempt ran to its end, by the machine's own word (motion finished, not merely queued)."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt started and failed; the machine is stopped or stopping as far as it can be."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The attempt was ended by :meth:`Machine.cancel`."""

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Doubted:
    """What becomes of the attempt can no longer be told: it may have been made, have failed, or be under way still.

    It is in hand no more. Evidence may come later: :meth:`Machine.reconcile` says UNKNOWN until then. Where the attempt
    turns up again, the machine's :class:`Status` names it.
    """

    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """The machine runs something that nobody here ordered, or did while nobody could look. Its bed is dirty."""

    name: str


Event = Changed | Progressed | Made | Failed | Cancelled | Doubted | Foreign
"""Of an attempt in hand, one of Made, Failed, Cancelled and Doubted comes, once: its end, as far as it is known."""


# --- the contract -----------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time, passed in so that tests own it."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Payload:
    """An artifact as a driver sees it: a file of immutable bytes. ``sha256`` is hexadecimal, ``size`` in bytes."""

    path: Path
    sha256: str
    size: int
    media_type: str
    ticket: Mapping[str, float | str] = field(default_factory=dict)
    """What a document asks of its printer, in the words of :data:`TICKET`; nothing for other bytes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One machine as configured: ``address`` is a port, URL or folder; ``options`` are the driver's own keys.

    A driver whose machine can tell compares: where the machine is not what stands here, connect raises MachineFault.
    """

    name: str
    address: str
    options: Mapping[str, object] = field(default_factory=dict)
    recording: Path | None = None
    """Where the wire recorder writes; None: nothing is recorded."""
    secret: str | None = field(default=None, repr=False)
    """The key or password of a server. Never logged, never recorded."""
    processes: frozenset[str] = frozenset()
    """What the machine is used for, in the words of the design: ``engrave``, ``plot``, ``fdm``, ``extrude-food``."""
    envelope: tuple[float, float, float] | None = None
    """The space in mm that jobs may use."""
    notes: Path | None = None
    """A folder for the driver's own small durable notes; None: it has only its memory."""


class Machine(Protocol):
    """A machine. Verbs are idempotent ("be connected", "be stopped"), block at most their documented time, and are
    called from one thread only (but :meth:`stop`). What happens in between arrives through :meth:`next_event`.

    A constructor takes ``(settings: Settings, clock: Clock)``, checks the options and does no I/O.
    """

    def connect(self) -> Status:
        """Be connected; a latched fault is acknowledged by this. Raises WireFault, MachineFault."""
        ...

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Have the bytes on the machine under the attempt's name, not started.

        Raises ArtifactFault, WireFault, MachineFault; whichever it raises, nothing was started.
        """
        ...

    def start(self, attempt: str) -> StartAnswer:
        """Start what was transferred. Never raises for the wire or the machine: doubt is an answer.

        Asked again for the running attempt it answers STARTED and starts nothing.
        """
        ...

    def pause(self, attempt: str) -> None:
        """Be paused. Raises WrongAttempt, NotSupported, WireFault."""
        ...

    def resume(self, attempt: str) -> None:
        """Be running again. Raises WrongAttempt, NotSupported, WireFault."""
        ...

    def cancel(self, attempt: str) -> None:
        """Be ended, heaters and pump off; Cancelled (or Failed, or Doubted) follows as an event.

        Raises WrongAttempt, WireFault, and NotSupported where the machine cannot be reached any more (a file that was
        taken from a folder): then only a person at the machine can. Asked again for an ended attempt it does nothing.
        """
        ...

    def stop(self) -> None:
        """Emergency stop: by the shortest way the machine has, whatever runs. Best effort, never raises.

        The one verb that any thread may call at any time, also while another verb blocks: that verb then ends soon.
        A running attempt ends as Failed; as Doubted where the stop did not reach what runs, which may go on. The
        machine stays in fault until :meth:`connect`.
        """
        ...

    def reconcile(self, attempt: str) -> Evidence:
        """Say what became of an attempt, and fence it if it is not running. Never raises: doubt is an answer."""
        ...

    def status(self) -> Status: ...

    def next_event(self, timeout: float) -> Event | None:
        """The oldest event not yet taken; None when nothing came within ``timeout`` seconds."""
        ...

    def close(self) -> None:
        """Give everything back (port, threads). On a serial machine this ends the attempt. Idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class LeavesOut(Protocol):
    """A machine that can be told to lay no more of one object of its attempt while the others go on.

    Asked for with ``isinstance(machine, LeavesOut)``. Objects are numbered from 0, as the program labels them.
    """

    def leave_out(self, attempt: str, number: int) -> None:
        """Leave an object out for the rest of this attempt. What lies of it stays; asked again it does nothing.

        Raises WrongAttempt; NotSupported where program, firmware or moment do not allow it, and MachineFault where
        the firmware refuses: nothing changed then. WireFault: whether the machine obeys is not known.
        """
        ...


def checked_attempt(attempt: str) -> str:
    """The attempt's id, or OurFault where it could not be a remote name everywhere."""
    if not ATTEMPT_ID.fullmatch(attempt):
        raise OurFault(f"{attempt!r} is no attempt id: letters, digits, - and _, at most 63, are expected")
    return attempt
