"""One job: its states, its document, and what it says of itself (RFC 8011, section 5.3)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from simulators.ipp.ticket import Ticket
from simulators.ipp.values import date, enum, integer, keyword, mime, named, nothing, text, uri
from simulators.ipp.wire import Attribute


class State(IntEnum):
    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


FINISHED = frozenset({State.CANCELED, State.ABORTED, State.COMPLETED})
INCOMING = "job-incoming"
INSUFFICIENT = "job-data-insufficient"
STOPPING = "processing-to-stop-point"


@dataclass(slots=True)
class Clock:
    """Seconds that printer-up-time counts, and the time of day."""

    up: float
    day: float


@dataclass(slots=True)
class Job:
    number: int
    name: str
    user: str
    ticket: Ticket
    template: Mapping[str, Attribute]
    created: Clock
    state: State = State.PENDING
    reasons: list[str] = field(default_factory=lambda: [INCOMING, INSUFFICIENT])
    uuid: str = field(default_factory=lambda: uuid.uuid4().urn)
    data: bytearray = field(default_factory=bytearray)
    kind: str = "application/octet-stream"
    document: str = ""
    documents: int = 0
    closed: bool = False
    """No document is to come any more."""
    receiving: bool = False
    cut: bool = False
    """Its upload broke off."""
    touched: float = 0.0
    """When somebody sent something for it last; printer-up-time."""
    began: Clock | None = None
    ended: Clock | None = None
    pages: int | None = None
    """Of the document, once it was opened."""
    impressions: int = 0
    sheets: int = 0
    stopping: float | None = None
    """Since when it is on its way to its early end; printer-up-time."""
    foreign: bool = False
    opened: bool = False
    scaled: bool = False
    """It is printed on other paper than it asked for."""

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def waits(self) -> bool:
        """Its document is not here yet."""
        return not self.finished and (not self.closed or self.receiving)

    @property
    def planned(self) -> int:
        """Impressions of all copies."""
        return len(self.ticket.chosen(self.pages)) * self.ticket.copies if self.pages is not None else 0

    def end(self, state: State, now: Clock, *reasons: str) -> None:
        self.state, self.ended, self.reasons, self.closed = state, now, list(reasons), True

    def incoming(self, now: float, held: bool) -> None:
        """It waits for (more of) its document."""
        self.touched = now
        self.state = State.HELD if held else State.PENDING
        self.reasons = [INCOMING] if self.data else [INCOMING, INSUFFICIENT]

    def ready(self) -> None:
        """All of it is here."""
        self.closed, self.state, self.reasons = True, State.PENDING, ["none"]


@dataclass(frozen=True, slots=True)
class View:
    """What a job's attributes need to know of the printer."""

    uri: str
    web: str
    up: float
    count: str
    """See the setting of this name."""
    miscount: int
    ahead: int
    """Unfinished jobs before it."""
    suspended: bool
    """The printer stopped."""


def attributes(job: Job, view: View) -> list[Attribute]:
    said = [
        integer("job-id", job.number),
        uri("job-uri", f"{view.uri}/{job.number}"),
        uri("job-uuid", job.uuid),
        uri("job-printer-uri", view.uri),
        uri("job-more-info", f"{view.web}/jobs/{job.number}"),
        named("job-name", job.name),
        named("job-originating-user-name", job.user),
        enum("job-state", job.state),
        keyword("job-state-reasons", *reasons(job, view)),
        text("job-state-message", message(job)),
        integer("job-printer-up-time", int(view.up)),
        integer("number-of-documents", job.documents),
        integer("number-of-intervening-jobs", view.ahead),
        integer("job-k-octets", (len(job.data) + 1023) // 1024),
        integer("job-k-octets-processed", (len(job.data) + 1023) // 1024 if job.opened else 0),
        integer("job-media-sheets-completed", job.sheets),
        mime("document-format-supplied", job.kind),
        named("document-name-supplied", job.document),
        *_moments("creation", job.created),
        *_moments("processing", job.began),
        *_moments("completed", job.ended),
        *job.template.values(),
    ]
    copies = job.ticket.copies
    known = job.pages is not None
    selected = len(job.ticket.chosen(job.pages or 0))
    per_sheet = 2 if job.ticket.two_sided else 1
    said.append(integer("job-impressions", selected) if known else nothing("job-impressions"))
    sheets = -(-selected // per_sheet) * copies
    said.append(integer("job-media-sheets", sheets) if known else nothing("job-media-sheets"))
    counted = {"impressions": job.impressions, "once": -(-job.impressions // copies), "sheets": job.sheets}
    if view.count in counted:
        said.append(integer("job-impressions-completed", max(0, counted[view.count] + view.miscount)))
    return said


def reasons(job: Job, view: View) -> list[str]:
    said = list(job.reasons)
    if view.suspended and job.state == State.STOPPED:
        said = ["printer-stopped", *(reason for reason in said if reason not in ("none", "job-printing"))]
    return said or ["none"]


def message(job: Job) -> str:
    return f"{job.state.name.lower()}: {', '.join(job.reasons)}; {job.impressions} impressions"


def _moments(what: str, at: Clock | None) -> list[Attribute]:
    time, day = f"time-at-{what}", f"date-time-at-{what}"
    if at is None:
        return [nothing(time), nothing(day)]
    return [integer(time, max(1, int(at.up))), date(day, at.day)]
