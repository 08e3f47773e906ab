"""How a server and the network before it can be told to fail: ``KIND[@OPERATION][:ARGUMENT]``.

OPERATION is a word of :data:`OPERATIONS`; without one, the next request of any kind. Those of the network strike once;
those of the push channel hold from then on; those of people and the printer happen at once. What is not in the table
is a fault of the printer's firmware (:mod:`simulators.faults`), so ``kill`` and ``thermal-runaway`` work here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    REQUEST = "a request and its answer"
    PUSH = "the push channel"
    ROOM = "people, and the printer"


@dataclass(frozen=True, slots=True)
class Kind:
    place: Place
    argument: float
    text: str


KINDS: Mapping[str, Kind] = {
    "timeout-before": Kind(Place.REQUEST, 60, "no effect and no answer, for ARGUMENT real seconds"),
    "timeout-after": Kind(Place.REQUEST, 60, "it takes effect, and the answer never comes"),
    "status": Kind(Place.REQUEST, 500, "the answer is status ARGUMENT, and nothing was done"),
    "status-after": Kind(Place.REQUEST, 500, "the answer is status ARGUMENT, although it was done"),
    "drop": Kind(Place.REQUEST, 0, "it takes effect, and the connection is closed in the middle of the answer"),
    "slow-upload": Kind(Place.REQUEST, 5, "it takes effect only after ARGUMENT real seconds"),
    "restart": Kind(Place.REQUEST, 2, "it takes effect, then the server dies, is away ARGUMENT real seconds, forgets"),
    "dropped": Kind(Place.PUSH, 0, "pushed events are lost"),
    "repeated": Kind(Place.PUSH, 0, "pushed events come twice"),
    "reordered": Kind(Place.PUSH, 0, "a pushed event comes behind the next one"),
    "printer-offline": Kind(Place.ROOM, 0, "the printer is gone from the server, for ARGUMENT real seconds if above 0"),
    "cancel-at-printer": Kind(Place.ROOM, 0, "somebody cancels at the printer"),
    "pause-at-printer": Kind(Place.ROOM, 0, "somebody pauses at the printer"),
    "resume-at-printer": Kind(Place.ROOM, 0, "somebody resumes at the printer"),
    "restart-now": Kind(Place.ROOM, 2, "the server dies without being asked anything, and forgets"),
}

OPERATIONS = (
    "open",
    "look",
    "outcome",
    "upload",
    "size",
    "start",
    "delete",
    "pause",
    "resume",
    "cancel",
    "stop",
    "connect",
    "console",
)
"""What a client can be after; each vendor's routes say which is which."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    argument: float
    operation: str | None = None


def known(spec: str) -> bool:
    """Whether this is one of the table, and not of the firmware."""
    return spec.partition(":")[0].partition("@")[0].strip() in KINDS


def parse(spec: str) -> Fault:
    """Raises ValueError that names what is wrong."""
    head, colon, argument = spec.strip().partition(":")
    name, at, operation = head.partition("@")
    if name not in KINDS:
        raise ValueError(f"fault {name!r} is not known: {', '.join(sorted(KINDS))}")
    if at and (operation not in OPERATIONS or KINDS[name].place is not Place.REQUEST):
        raise ValueError(f"fault {spec!r}: after @ stands one of {', '.join(OPERATIONS)}, for faults of a request")
    try:
        value = float(argument) if colon else KINDS[name].argument
    except ValueError:
        raise ValueError(f"fault {spec!r}: {argument!r} is not a number") from None
    if not 0 <= value <= 3600:
        raise ValueError(f"fault {spec!r}: {argument} is out of range")
    return Fault(name, value, operation or None)


class Faults:
    """The armed faults of requests and pushes. Any thread may ask: each answer is one step."""

    def __init__(self) -> None:
        self._requests: list[Fault] = []
        self._pushes: set[str] = set()

    def arm(self, fault: Fault) -> None:
        if KINDS[fault.kind].place is Place.PUSH:
            self._pushes.add(fault.kind)
        else:
            self._requests.append(fault)

    def strike(self, operation: str) -> Fault | None:
        """The fault that this request meets; it is used up."""
        for fault in self._requests:
            if fault.operation in (None, operation):
                self._requests.remove(fault)
                return fault
        return None

    def pushed(self, kind: str) -> bool:
        return kind in self._pushes
