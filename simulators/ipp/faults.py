"""How it can be told to fail: ``KIND[@WHEN][:ARGUMENT]``.

WHEN is, for faults of a request, ``OPERATION`` or ``OPERATION#N`` (the N-th of them from the arming on; without one,
the next request of any kind), and for those of the printer ``page=N`` (as the N-th impression from the arming on is
about to be printed; without it, at once: only jam and abort wait for the next impression). Each strikes once, but
``busy``, which counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    REQUEST = "a request and its answer"
    PAGE = "the printer, at a page or at once"
    NEXT = "the printer, at a page"


@dataclass(frozen=True, slots=True)
class Kind:
    place: Place
    argument: str
    """What holds when none is given."""
    text: str
    word: bool = False
    """The argument is no number."""


KINDS: Mapping[str, Kind] = {
    "cut-answer": Kind(Place.REQUEST, "40", "it takes effect, and only ARGUMENT bytes of the HTTP answer come"),
    "no-answer": Kind(
        Place.REQUEST, "0", "it takes effect; ARGUMENT seconds later the connection is closed, unanswered"
    ),
    "cut-request": Kind(
        Place.REQUEST, "300", "only ARGUMENT bytes of the request's body arrive (0: not even its operation), no answer"
    ),
    "drop": Kind(Place.REQUEST, "0", "no effect, and the connection is closed after ARGUMENT seconds"),
    "slow": Kind(Place.REQUEST, "5", "it takes effect, and is answered, only after ARGUMENT seconds"),
    "slow-answer": Kind(Place.REQUEST, "5", "it takes effect at once, the answer comes after ARGUMENT seconds"),
    "busy": Kind(
        Place.REQUEST, "1", "server-error-busy for ARGUMENT requests; without OPERATION, those that make jobs"
    ),
    "status": Kind(Place.REQUEST, "0x0500", "IPP status ARGUMENT, and nothing was done"),
    "status-after": Kind(Place.REQUEST, "0x0500", "IPP status ARGUMENT, although it was done"),
    "http": Kind(Place.REQUEST, "503", "HTTP status ARGUMENT, and nothing was done"),
    "garble": Kind(Place.REQUEST, "8", "it takes effect, and byte ARGUMENT of the IPP answer is flipped on the way"),
    "jam": Kind(Place.NEXT, "0", "the sheet jams, and is printed again once the jam is cleared"),
    "abort": Kind(Place.NEXT, "0", "the printer gives the job up"),
    "media-empty": Kind(Place.PAGE, "0", "all trays hold only ARGUMENT sheets from now on"),
    "cover-open": Kind(Place.PAGE, "0", "somebody opens the cover"),
    "door-open": Kind(Place.PAGE, "0", "somebody opens a door"),
    "toner-low": Kind(Place.PAGE, "0", "the toner runs low; it goes on"),
    "toner-empty": Kind(Place.PAGE, "0", "the toner is out"),
    "output-full": Kind(Place.PAGE, "0", "the output is full"),
    "reason": Kind(Place.PAGE, "other", "ARGUMENT is one more of the printer's reasons; it goes on", word=True),
    "pause": Kind(Place.PAGE, "0", "somebody pauses the printer"),
    "resume": Kind(Place.PAGE, "0", "somebody resumes it"),
    "cancel-at-printer": Kind(Place.PAGE, "0", "somebody cancels the job at the printer"),
    "foreign-job": Kind(Place.PAGE, "1", "somebody else's job of ARGUMENT pages comes in"),
    "power-cut": Kind(Place.PAGE, "1", "it loses its jobs, and is away for ARGUMENT seconds"),
    "forget": Kind(Place.PAGE, "0", "finished jobs are forgotten"),
    "miscount": Kind(Place.PAGE, "1", "job-impressions-completed is wrong by ARGUMENT (may be negative) from now on"),
    "reject": Kind(Place.PAGE, "0", "it accepts no jobs (printer-is-accepting-jobs false) until it is told to resume"),
}
JOBS = frozenset({"Print-Job", "Create-Job", "Validate-Job"})
"""What a busy printer refuses when it is not told which."""


@dataclass(slots=True)
class Fault:
    kind: str
    argument: str
    operation: str | None = None
    number: int = 1
    """Which request, or page, from the arming on."""
    page: bool = False

    @property
    def amount(self) -> float:
        return float(int(self.argument, 16)) if self.argument.startswith("0x") else float(self.argument)


def parse(spec: str, operations: frozenset[str]) -> Fault:
    """Raises ValueError that names what is wrong."""
    head, colon, argument = spec.strip().partition(":")
    name, at, when = head.partition("@")
    if name not in KINDS:
        raise ValueError(f"fault {name!r} is not known: {', '.join(sorted(KINDS))}")
    kind = KINDS[name]
    fault = Fault(name, argument if colon else kind.argument)
    try:
        if not kind.word and not abs(fault.amount) <= 1e6:
            raise ValueError
    except ValueError:
        raise ValueError(f"fault {spec!r}: {fault.argument!r} is no number that it could take") from None
    if at and kind.place is Place.REQUEST:
        fault.operation, counted, number = when.partition("#")
        if fault.operation not in operations:
            raise ValueError(f"fault {spec!r}: after @ stands one of {', '.join(sorted(operations))}")
        fault.number = _count(number, spec) if counted else 1
    elif at:
        word, _, number = when.partition("=")
        if word != "page":
            raise ValueError(f"fault {spec!r}: after @ stands page=N")
        fault.number, fault.page = _count(number, spec), True
    return fault


def _count(text: str, spec: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**6:
        raise ValueError(f"fault {spec!r}: {text!r} does not count anything")
    return int(text)


class Faults:
    """The armed ones. Whoever asks holds the printer's lock."""

    def __init__(self) -> None:
        self._requests: list[Fault] = []
        self._pages: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """One of a request, or of a page that is to come."""
        (self._requests if KINDS[fault.kind].place is Place.REQUEST else self._pages).append(fault)

    def request(self, operation: str) -> Fault | None:
        """What this request meets."""
        met: Fault | None = None
        for fault in list(self._requests):
            wanted = operation == fault.operation if fault.operation else fault.kind != "busy" or operation in JOBS
            if not wanted:
                continue
            fault.number -= 1
            if fault.number > 0 or met is not None:
                fault.number = max(fault.number, 1)
                continue
            met = fault
            left = fault.amount - 1 if fault.kind == "busy" else 0
            if left > 0:
                fault.argument, fault.number = str(left), 1
            else:
                self._requests.remove(fault)
        return met

    def page(self) -> list[Fault]:
        """What strikes as the next impression is about to be printed."""
        struck = []
        for fault in list(self._pages):
            fault.number -= 1
            if fault.number <= 0:
                self._pages.remove(fault)
                struck.append(fault)
        return struck
