"""What it does when it is asked: one function an operation, in a table (RFC 8011, section 4; PWG 5100.7, 5100.13)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from urllib.parse import urlsplit

from simulators.ipp import description
from simulators.ipp.documents import COMPRESSIONS, FORMATS, LIMIT, Unreadable, expanded
from simulators.ipp.job import INCOMING, Job, State, attributes
from simulators.ipp.media import same
from simulators.ipp.printer import Printer
from simulators.ipp.ticket import Ticket, read, sorted_out
from simulators.ipp.values import charset, language, text
from simulators.ipp.wire import Attribute, Group, Message, Tag

PATH = "/ipp/print"
ANSWERED = ("job-id", "job-uri", "job-state", "job-state-reasons", "job-state-message")
"""What the answer to a new job says of it."""


class Status(IntEnum):
    OK = 0x0000
    IGNORED = 0x0001
    """successful-ok-ignored-or-substituted-attributes"""
    BAD_REQUEST = 0x0400
    NOT_POSSIBLE = 0x0404
    NOT_FOUND = 0x0406
    NOT_SUPPORTED = 0x040B
    """client-error-attributes-or-values-not-supported"""
    CHARSET = 0x040D
    FORMAT = 0x040A
    COMPRESSION = 0x040F
    TOO_LARGE = 0x0408
    DOCUMENT_FORMAT_ERROR = 0x0411
    OPERATION = 0x0501
    VERSION = 0x0503
    NOT_ACCEPTING = 0x0506
    BUSY = 0x0507
    CANCELED = 0x0508
    ONE_DOCUMENT = 0x0509


class Refusal(Exception):
    """Nothing was done, and why. ``unsupported``: what it does not like."""

    def __init__(self, status: int, why: str, unsupported: Iterable[Attribute] = ()) -> None:
        super().__init__(why)
        self.status, self.why, self.unsupported = status, why, tuple(unsupported)


class Broken(Exception):
    """The document's connection is gone: what came is here, and nobody waits for an answer."""


@dataclass(slots=True)
class Request:
    message: Message
    document: Iterator[bytes] = field(default_factory=lambda: iter(()))
    """What follows the message. Raises Broken where it ends too early."""
    user: str | None = None
    """Who showed a password."""

    @property
    def operation(self) -> Group:
        return self.message.group(Tag.OPERATION)

    def first(self, name: str) -> object:
        return self.operation.first(name)

    def word(self, name: str, otherwise: str = "") -> str:
        found = self.first(name)
        found = found[1] if isinstance(found, tuple) else found
        return found if isinstance(found, str) else otherwise

    def number(self, name: str) -> int | None:
        found = self.first(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def wanted(self) -> list[str] | None:
        found = self.operation.get("requested-attributes")
        return [str(value.data) for value in found.values] if found is not None else None


Said = list[Group]
"""The groups of an answer behind its operation attributes."""
Perform = Callable[[Printer, Request], Said]


# --- who asks for what ----------------------------------------------------------------------------------------------


def check(message: Message, path: str) -> None:
    """What holds for every request (RFC 8011, 4.1). Raises Refusal."""
    if not (1, 0) <= message.version <= (2, 2) or message.version[1] > 2:
        raise Refusal(Status.VERSION, f"IPP {message.version[0]}.{message.version[1]} is not spoken here")
    if not 0 < message.request < 2**31:
        raise Refusal(Status.BAD_REQUEST, f"request-id {message.request} is none")
    group = message.groups[0] if message.groups else Group(0)
    names = [attribute.name for attribute in group.attributes]
    if group.tag != Tag.OPERATION or names[:2] != ["attributes-charset", "attributes-natural-language"]:
        raise Refusal(Status.BAD_REQUEST, "a request begins with attributes-charset and attributes-natural-language")
    if group.first("attributes-charset") not in ("utf-8", "us-ascii"):
        raise Refusal(Status.CHARSET, "attributes-charset is utf-8 here")
    if message.code not in OPERATIONS:
        raise Refusal(Status.OPERATION, f"operation {message.code:#06x} is not done here")
    target = group.first("printer-uri") or group.first("job-uri")
    if not isinstance(target, str):
        raise Refusal(Status.BAD_REQUEST, "neither printer-uri nor job-uri says what is meant")
    if not (urlsplit(target).path.startswith(PATH) and path.startswith(PATH)):
        raise Refusal(Status.NOT_FOUND, f"there is no {urlsplit(target).path} here, but {PATH}")


def job_of(printer: Printer, request: Request) -> Job:
    uri = request.word("job-uri")
    number = int(tail) if (tail := uri.rpartition("/")[2]).isdecimal() else request.number("job-id")
    if number is None:
        raise Refusal(Status.BAD_REQUEST, "neither job-id nor job-uri says which job is meant")
    job = printer.jobs.get(number)
    if job is None:
        raise Refusal(Status.NOT_FOUND, f"job {number} is not known")
    return job


def user_of(request: Request) -> str:
    return request.user or request.word("requesting-user-name", "anonymous")


# --- new jobs -------------------------------------------------------------------------------------------------------


def asked(printer: Printer, request: Request) -> tuple[Ticket, dict[str, Attribute], tuple[Attribute, ...]]:
    """What a new job would be: its ticket, its template, and what of it is not supported. Raises Refusal."""
    _readable(request)
    if not printer.accepting:
        raise Refusal(Status.NOT_ACCEPTING, "no jobs are accepted at the moment")
    taken, refused = sorted_out(request.message.group(Tag.JOB), printer.build.two_sided)
    ticket = read(taken, printer.trays[0].media)
    if printer.settings.text("mismatch") == "refuse" and not any(same(t.size, ticket.size) for t in printer.trays):
        refused += tuple(taken[name] for name in ("media", "media-col") if name in taken)
    if refused and request.first("ipp-attribute-fidelity") is True:
        raise Refusal(Status.NOT_SUPPORTED, "not all that is asked for can be done", refused)
    return ticket, taken, refused


def _readable(request: Request) -> None:
    """Whether a document of this kind is printed. Raises Refusal."""
    kind, compression = request.word("document-format", FORMATS[-1]), request.word("compression", "none")
    if kind not in FORMATS:
        raise Refusal(Status.FORMAT, f"{kind} is not printed here", _given(request, "document-format"))
    if compression not in COMPRESSIONS:
        raise Refusal(Status.COMPRESSION, f"{compression} is not undone here", _given(request, "compression"))


def _given(request: Request, name: str) -> list[Attribute]:
    found = request.operation.get(name)
    return [found] if found is not None else []


def _new(printer: Printer, request: Request) -> tuple[Job, tuple[Attribute, ...]]:
    ticket, taken, refused = asked(printer, request)
    if len(printer.unfinished) >= printer.settings.number("queue"):
        raise Refusal(Status.BUSY, "no more jobs are taken before one is done")
    job = printer.accept(request.word("job-name", "Untitled"), user_of(request), ticket, taken)
    return job, refused


def _described(printer: Printer, job: Job, names: Iterable[str] | None, refused: Iterable[Attribute] = ()) -> Said:
    wanted = set(names) if names is not None else {"all"}
    said = [each for each in attributes(job, printer.view(job)) if _wanted(each.name, job, wanted)]
    left = Group(Tag.UNSUPPORTED_GROUP, tuple(refused))
    return [*([left] if left.attributes else []), Group(Tag.JOB, tuple(said))]


def _wanted(name: str, job: Job, wanted: set[str]) -> bool:
    group = "job-template" if name in job.template else "job-description"
    return bool(wanted & {"all", group, name})


def _receive(printer: Printer, request: Request, job: Job) -> None:
    """The document, as it comes. The door is open meanwhile, but for the moments in which it is put down."""
    with printer.door:
        job.receiving, job.documents, job.touched = True, job.documents + 1, printer.now
        job.kind, job.document = request.word("document-format", FORMATS[-1]), request.word("document-name")
        if INCOMING in job.reasons:
            job.reasons = [INCOMING]
    raw, broken = bytearray(), False
    try:
        for chunk in request.document:
            raw += chunk
            if len(raw) > LIMIT:
                break
    except Broken:
        broken = True
    reason = None
    try:
        data = expanded(bytes(raw), request.word("compression", "none"))
    except Unreadable as error:
        data, reason = b"", error.reason
    with printer.door:
        job.receiving, job.cut = False, broken
        job.data += data
        _noted(printer, job, raw)
        if (reason or len(raw) > LIMIT) and not job.finished:
            job.end(State.ABORTED, printer.clock(), "aborted-by-system", reason or "job-size-over-limit")
    if broken:
        with printer.door:
            printer.complete(job)
        raise Broken


def _noted(printer: Printer, job: Job, raw: bytearray) -> None:
    printer.output.documents[job.uuid] = {
        "job": job.number,
        "uuid": job.uuid,
        "name": job.name,
        "user": job.user,
        "document": job.document,
        "format": job.kind,
        "bytes": len(raw),
        "sha256": hashlib.sha256(job.data).hexdigest(),
        "cut": job.cut,
        "copies": job.ticket.copies,
        "sides": job.ticket.sides,
        "media": job.ticket.media,
        "source": job.ticket.source,
        "scaling": job.ticket.scaling,
        "colour": job.ticket.colour,
        "state": job.state.name.lower(),
        "reasons": list(job.reasons),
        "impressions": 0,
        "sheets": 0,
        "pages": None,
    }


def print_job(printer: Printer, request: Request) -> Said:
    with printer.door:
        job, refused = _new(printer, request)
    _receive(printer, request, job)
    with printer.door:
        if job.state == State.CANCELED:
            raise Refusal(Status.CANCELED, f"job {job.number} was canceled while it came")
        printer.complete(job)
        return _described(printer, job, ANSWERED, refused)


def create_job(printer: Printer, request: Request) -> Said:
    with printer.door:
        job, refused = _new(printer, request)
        return _described(printer, job, ANSWERED, refused)


def validate_job(printer: Printer, request: Request) -> Said:
    with printer.door:
        _, _, refused = asked(printer, request)
        return [Group(Tag.UNSUPPORTED_GROUP, refused)] if refused else []


def send_document(printer: Printer, request: Request) -> Said:
    head = next(request.document, b"")
    with printer.door:
        job, last = job_of(printer, request), request.first("last-document")
        if not isinstance(last, bool):
            raise Refusal(Status.BAD_REQUEST, "last-document does not say whether it is the last one")
        _sendable(request, job, bool(head))
    if head:
        _receive(printer, replace(request, document=_chained(head, request.document)), job)
    with printer.door:
        if job.state == State.CANCELED:
            raise Refusal(Status.CANCELED, f"job {job.number} was canceled while it came")
        if last:
            printer.complete(job)
        elif not job.finished:
            printer.incoming(job)
        return _described(printer, job, ANSWERED)


def _sendable(request: Request, job: Job, document: bool) -> None:
    if job.finished or job.closed or job.receiving:
        raise Refusal(Status.NOT_POSSIBLE, f"job {job.number} takes no document any more")
    if document and job.documents:
        raise Refusal(Status.ONE_DOCUMENT, f"job {job.number} has its document")
    _readable(request)


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def close_job(printer: Printer, request: Request) -> Said:
    with printer.door:
        job = job_of(printer, request)
        if job.finished or job.closed:
            raise Refusal(Status.NOT_POSSIBLE, f"job {job.number} is closed")
        printer.complete(job)
        return _described(printer, job, ANSWERED)


# --- jobs that are there --------------------------------------------------------------------------------------------

CHOICES: Mapping[str, Callable[[Job], bool]] = {
    "completed": lambda job: job.finished,
    "not-completed": lambda job: not job.finished,
    "all": lambda _: True,
    "aborted": lambda job: job.state == State.ABORTED,
    "canceled": lambda job: job.state == State.CANCELED,
    "pending": lambda job: job.state == State.PENDING,
    "pending-held": lambda job: job.state == State.HELD,
    "processing": lambda job: job.state in (State.PROCESSING, State.STOPPED),
}


def get_jobs(printer: Printer, request: Request) -> Said:
    which, limit = request.word("which-jobs", "not-completed"), request.number("limit")
    if which not in CHOICES:
        raise Refusal(Status.NOT_SUPPORTED, f"which-jobs {which} is not known", _given(request, "which-jobs"))
    numbers = _numbers(request)
    mine = request.first("my-jobs") is True
    with printer.door:
        found = [job for job in printer.jobs.values() if CHOICES[which](job)]
        if numbers is not None:
            found = [job for job in printer.jobs.values() if job.number in numbers]
        if mine:
            found = [job for job in found if job.user == user_of(request)]
        if which == "completed":
            found.sort(key=lambda job: -(job.ended.up if job.ended else 0))
        wanted = request.wanted or ["job-id", "job-uri"]
        return [group for job in found[:limit] for group in _described(printer, job, wanted)]


def _numbers(request: Request) -> set[int] | None:
    found = request.operation.get("job-ids")
    return {value.data for value in found.values if isinstance(value.data, int)} if found is not None else None


def get_job_attributes(printer: Printer, request: Request) -> Said:
    with printer.door:
        return _described(printer, job_of(printer, request), request.wanted)


def cancel_job(printer: Printer, request: Request) -> Said:
    with printer.door:
        job = job_of(printer, request)
        if not printer.cancel(job, "job-canceled-by-user"):
            raise Refusal(Status.NOT_POSSIBLE, f"job {job.number} is {job.state.name.lower()}, or about to end")
        return []


def cancel_my_jobs(printer: Printer, request: Request) -> Said:
    """All or none of them (PWG 5100.7)."""
    numbers, user = _numbers(request), user_of(request)
    with printer.door:
        if numbers is None:
            jobs = [job for job in printer.unfinished if job.user == user and job.stopping is None]
        else:
            jobs = [printer.jobs[number] for number in numbers if number in printer.jobs]
            wrong = [job for job in jobs if job.finished or job.user != user]
            if wrong or len(jobs) < len(numbers):
                raise Refusal(Status.NOT_POSSIBLE, "not all of these jobs can be canceled", _given(request, "job-ids"))
        for job in jobs:
            printer.cancel(job, "job-canceled-by-user")
        return []


# --- the printer ----------------------------------------------------------------------------------------------------


def get_printer_attributes(printer: Printer, request: Request) -> Said:
    _readable(request)
    with printer.door:
        return [Group(Tag.PRINTER, tuple(description.asked_for(printer, request.wanted, OPERATIONS)))]


def identify(printer: Printer, request: Request) -> Said:
    actions = request.operation.get("identify-actions")
    words = [str(value.data) for value in actions.values] if actions is not None else ["display"]
    with printer.door:
        printer.identified.append(f"{'+'.join(words)}: {request.word('message')}".rstrip(": "))
    return []


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    perform: Perform


OPERATIONS: Mapping[int, Operation] = {
    0x0002: Operation("Print-Job", print_job),
    0x0004: Operation("Validate-Job", validate_job),
    0x0005: Operation("Create-Job", create_job),
    0x0006: Operation("Send-Document", send_document),
    0x0008: Operation("Cancel-Job", cancel_job),
    0x0009: Operation("Get-Job-Attributes", get_job_attributes),
    0x000A: Operation("Get-Jobs", get_jobs),
    0x000B: Operation("Get-Printer-Attributes", get_printer_attributes),
    0x0039: Operation("Cancel-My-Jobs", cancel_my_jobs),
    0x003B: Operation("Close-Job", close_job),
    0x003C: Operation("Identify-Printer", identify),
}
NAMES = frozenset(operation.name for operation in OPERATIONS.values())


def answer(message: Message, status: int, said: Iterable[Group] = (), why: str = "") -> Message:
    """Any answer begins with its charset and language."""
    first = [charset("attributes-charset", "utf-8"), language("attributes-natural-language", "en")]
    first += [text("status-message", why[:255])] if why else []
    version = message.version if (1, 0) <= message.version <= (2, 0) else (2, 0)
    return Message(version, status, message.request, (Group(Tag.OPERATION, tuple(first)), *said))


def perform(printer: Printer, request: Request) -> Message:
    """Do it. Raises Broken where nobody waits for an answer."""
    message = request.message
    try:
        said = OPERATIONS[message.code].perform(printer, request)
    except Refusal as refusal:
        return refused(message, refusal)
    substituted = any(group.tag == Tag.UNSUPPORTED_GROUP for group in said)
    return answer(message, Status.IGNORED if substituted else Status.OK, said)


def refused(message: Message, refusal: Refusal) -> Message:
    group = Group(Tag.UNSUPPORTED_GROUP, refusal.unsupported)
    return answer(message, refusal.status, [group] if group.attributes else [], refusal.why)
