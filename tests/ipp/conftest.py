"""A printer of a few lines for rare answers: it speaks HTTP on a loopback port, and says what a test tells it to."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Event, Machine, Payload, Settings, Start
from drivers.protocols.ipp.codec import decode, encode
from drivers.protocols.ipp.values import (
    Attribute,
    Group,
    Message,
    Section,
    Tag,
    enum,
    flag,
    integer,
    keyword,
    worded,
)
from drivers.protocols.ipp.words import JobState, Operation
from drivers.registry import build

ATTEMPT = "j1-a1"
PATIENCE = 20.0
HEAD = (
    worded(Tag.CHARSET, "attributes-charset", "utf-8"),
    worded(Tag.LANGUAGE, "attributes-natural-language", "en"),
)
OPERATIONS = (*range(0x04, 0x06), 0x06, *range(0x08, 0x0E), 0x3C)
QUICK = {"poll": 0.02, "idle_poll": 0.05, "timeout": 1.0, "send_timeout": 1.0, "start_wait": 1.0, "settle": 0.1}


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Held:
    """A job of the scripted printer."""

    id: int
    name: str
    state: int = JobState.HELD
    reasons: tuple[str, ...] = ("job-data-insufficient",)
    document: bytes = b""
    counts: dict[str, int] = field(default_factory=dict)
    template: tuple[Attribute, ...] = ()
    uuid: str = ""
    user: str = "fulfillment"
    made: int = 100

    def section(self) -> Section:
        counts = [integer(name, count) for name, count in self.counts.items()]
        uuid = [worded(Tag.URI, "job-uuid", self.uuid)] if self.uuid else []
        return Section(
            Group.JOB,
            (
                integer("job-id", self.id),
                worded(Tag.NAME, "job-name", self.name),
                worded(Tag.NAME, "job-originating-user-name", self.user),
                enum("job-state", self.state),
                keyword("job-state-reasons", *self.reasons),
                integer("time-at-creation", self.made),
                integer("job-printer-up-time", 1000),
                *counts,
                *uuid,
            ),
        )


Say = Callable[[Message], Message | bytes | None]


class Scripted:
    """Answers as a plain printer does, but where ``says`` has an operation: then as that says (None: not at all).

    Bytes are sent as they are, in the place of a whole HTTP answer.
    """

    def __init__(self) -> None:
        self.jobs: list[Held] = []
        self.asked: list[int] = []
        self.says: dict[int, Say] = {}
        self.heads: list[bytes] = []
        self.printer: dict[str, Attribute] = {
            each.name: each
            for each in (
                worded(Tag.TEXT, "printer-make-and-model", "Scripted"),
                worded(Tag.URI, "printer-uuid", "urn:uuid:1"),
                enum("operations-supported", *OPERATIONS),
                enum("printer-state", 3),
                keyword("printer-state-reasons", "none"),
                flag("printer-is-accepting-jobs", True),
            )
        }
        self._wire = socket.create_server(("127.0.0.1", 0))
        self.address = f"ipp://127.0.0.1:{self._wire.getsockname()[1]}/ipp/print"
        self._closing = False
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, name="scripted")
        self._thread.start()

    def say(self, operation: Operation, *answers: Message | bytes | int | None, ever: bool = False) -> None:
        """These, one after the other, then as ever. A number is a status."""
        left = list(answers)

        def next_one(request: Message) -> Message | bytes | None:
            told = left[0] if ever else left.pop(0)
            if not left:
                self.says.pop(operation, None)
            return Message(told, request.number, (Section(Group.OPERATION, HEAD),)) if isinstance(told, int) else told

        self.says[operation] = next_one

    def close(self) -> None:
        self._closing = True
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._wire.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        threads: list[threading.Thread] = []
        while not self._closing:
            try:
                wire, _ = self._wire.accept()
            except OSError:
                break
            self._open.append(wire)
            threads.append(threading.Thread(target=self._talk, args=(wire,), name="scripted talk"))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _talk(self, wire: socket.socket) -> None:
        with wire, suppress(OSError), wire.makefile("rb") as lines:
            while head := lines.readline():
                size = 0
                while (line := lines.readline()) not in (b"\r\n", b""):
                    head += line
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                self.heads.append(head)
                request = decode(lines.read(size))
                self.asked.append(request.code)
                answer = self.says.get(request.code, self._answered)(request)
                if answer is None:
                    wire.shutdown(socket.SHUT_RDWR)
                    return
                if isinstance(answer, bytes):
                    wire.sendall(answer)
                    continue
                data = encode(answer)
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data)

    def _answered(self, request: Message) -> Message:
        about = request.first(Group.OPERATION)
        groups: tuple[Section, ...] = ()
        status = 0
        job = next((each for each in self.jobs if each.id == about.integer("job-id")), None)
        if request.code == Operation.GET_PRINTER_ATTRIBUTES:
            groups = (Section(Group.PRINTER, tuple(self.printer.values())),)
        elif request.code == Operation.CREATE_JOB:
            template = request.first(Group.JOB).attributes
            self.jobs.append(Held(len(self.jobs) + 1, about.text("job-name"), template=template))
            groups = (self.jobs[-1].section(),)
        elif request.code == Operation.GET_JOBS:
            ended = about.text("which-jobs") == "completed"
            groups = tuple(each.section() for each in self.jobs if (each.state >= 7) == ended)
        elif about.integer("job-id") is not None and job is None:
            status = 0x0406
        elif job is not None:
            status = self._of_job(request, job)
            groups = (job.section(),)
        return Message(status, request.number, (Section(Group.OPERATION, HEAD), *groups), request.version)

    def _of_job(self, request: Message, job: Held) -> int:
        if request.code == Operation.SEND_DOCUMENT:
            job.document += request.data
            held = any(each.name == "job-hold-until" for each in job.template)
            job.state = JobState.HELD if held else JobState.PROCESSING
            job.reasons = ("job-hold-until-specified",) if held else ("job-printing",)
        if request.code == Operation.CANCEL_JOB:
            if job.state >= 7:
                return 0x0404
            job.state, job.reasons = JobState.CANCELED, ("job-canceled-by-user",)
        if request.code == Operation.HOLD_JOB:
            job.state, job.reasons = JobState.HELD, ("job-hold-until-specified",)
        if request.code == Operation.RELEASE_JOB:
            job.state, job.reasons = JobState.PROCESSING, ("none",)
        return 0

    def end(self, job: int = 0, state: int = JobState.COMPLETED, **counts: int) -> None:
        self.jobs[job].counts = {name.replace("_", "-"): count for name, count in counts.items()}
        self.jobs[job].state, self.jobs[job].reasons = state, ("job-completed-successfully",)


@pytest.fixture
def printer() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.close()


@dataclass
class Shop:
    """Builds drivers for the scripted printer, with notes that outlive them."""

    printer: Scripted
    folder: Path
    made: list[Machine] = field(default_factory=list)

    def machine(self, address: str | None = None, secret: str | None = None, **options: object) -> Machine:
        settings = Settings(
            "printer", address or self.printer.address, {**QUICK, **options}, notes=self.folder / "notes", secret=secret
        )
        self.made.append(build("ipp", settings, RealClock()))
        return self.made[-1]

    def payload(self, data: bytes = b"%PDF-1.7 one page", **ticket: float | str) -> Payload:
        path = self.folder / "document.pdf"
        path.write_bytes(data)
        return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "application/pdf", ticket)


@pytest.fixture
def shop(printer: Scripted, tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "notes").mkdir()
    made = Shop(printer, tmp_path)
    yield made
    for each in made.made:
        each.close()


def until(machine: Machine, wanted: type[Any] | Callable[[Event], bool]) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        event = machine.next_event(0.2)
        if event is not None and (isinstance(event, wanted) if isinstance(wanted, type) else wanted(event)):
            return event
    raise AssertionError(f"it did not come: {machine.status()}")


def started(shop: Any, **ticket: float | str) -> Machine:
    machine: Machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload(**ticket))
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.STARTED, answer
    return machine
