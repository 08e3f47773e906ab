"""A printer with all its threads, and a client of few lines that can also behave badly."""

from __future__ import annotations

import io
import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from simulators.ipp import values
from simulators.ipp.operations import OPERATIONS
from simulators.ipp.program import Running, start
from simulators.ipp.wire import Attribute, Group, Message, Tag, decode, encode

LIMIT = 20.0
CODES = {operation.name: code for code, operation in OPERATIONS.items()}
MM = 72 / 25.4


class Silence(Exception):
    """The connection ended before there was an answer."""


@dataclass
class Host:
    """A client, and the room."""

    running: Running
    user: str = "maker"
    headers: str = ""

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.running.web.port

    def request(
        self, operation: str, *said: Attribute, job: tuple[Attribute, ...] = (), data: bytes = b"", number: int = 7
    ) -> bytes:
        first = (
            values.charset("attributes-charset", "utf-8"),
            values.language("attributes-natural-language", "en"),
            values.uri("printer-uri", self.running.printer.uri),
            values.named("requesting-user-name", self.user),
            *said,
        )
        groups = (Group(Tag.OPERATION, first), *([Group(Tag.JOB, job)] if job else []))
        return encode(Message((2, 0), CODES[operation], number, groups)) + data

    def framed(self, body: bytes, headers: str = "") -> bytes:
        head = f"POST /ipp/print HTTP/1.1\r\nHost: printer\r\nContent-Type: application/ipp\r\n{self.headers}{headers}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def exchange(self, raw: bytes, close: bool = False) -> bytes:
        """Send these bytes; everything that comes back. ``close``: break off behind them."""
        with socket.create_connection(self.address, timeout=LIMIT) as connection:
            connection.sendall(raw)
            if close:
                connection.shutdown(socket.SHUT_WR)
            got = b""
            while not _whole(got):
                try:
                    piece = connection.recv(65536)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    break
                got += piece
            return got

    def ask(self, operation: str, *said: Attribute, job: tuple[Attribute, ...] = (), data: bytes = b"") -> Message:
        """Raises Silence."""
        got = self.exchange(self.framed(self.request(operation, *said, job=job, data=data)))
        status, body = split(got)
        assert status == 200, got[:200]
        return decode(body)[0]

    def print(self, data: bytes, name: str = "a job", kind: str = "application/pdf", **job: Attribute) -> int:
        said = values.named("job-name", name), values.mime("document-format", kind)
        answer = self.ask("Print-Job", *said, job=tuple(job.values()), data=data)
        assert answer.code in (0, 1), hex(answer.code)
        return int(answer.group(Tag.JOB).first("job-id"))

    def job(self, number: int) -> Group:
        answer = self.ask("Get-Job-Attributes", values.integer("job-id", number))
        assert answer.code == 0, hex(answer.code)
        return answer.group(Tag.JOB)

    def reasons(self, number: int) -> list[str]:
        found = self.job(number).get("job-state-reasons")
        assert found is not None
        return [value.data for value in found.values]

    def printer(self) -> tuple[int, list[str]]:
        """printer-state, and its reasons."""
        group = self.ask("Get-Printer-Attributes").group(Tag.PRINTER)
        found = group.get("printer-state-reasons")
        assert found is not None
        return group.first("printer-state"), [value.data for value in found.values]

    def until(self, number: int, *states: int) -> Group:
        """Wait for a job to be in one of these states."""
        deadline = time.monotonic() + LIMIT
        while (job := self.job(number)).first("job-state") not in states:
            assert time.monotonic() < deadline, job
            time.sleep(0.01)
        return job

    def seen(self, look: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT
        while not look():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    # --- the room -------------------------------------------------------------------------------------------------

    def get(self, path: str) -> bytes:
        assert self.running.side is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{self.running.side.port}{path}", timeout=LIMIT) as answer:
            data: bytes = answer.read()
        return data

    def post(self, path: str, **body: Any) -> Any:
        assert self.running.side is not None
        url = f"http://127.0.0.1:{self.running.side.port}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read())

    def fault(self, spec: str) -> None:
        self.post("/fault", spec=spec)

    def state(self) -> Any:
        return json.loads(self.get("/state"))

    def record(self) -> Any:
        return json.loads(self.get("/record.json"))

    def page(self, number: int) -> Image.Image:
        return Image.open(io.BytesIO(self.get(f"/pages/{number}.png")))


def _whole(got: bytes) -> bool:
    """An answer of known length is here, but for 100 Continue."""
    head, blank, body = got.partition(b"\r\n\r\n")
    if not blank or head.startswith(b"HTTP/1.1 100"):
        return bool(blank) and _whole(body)
    length = next((line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
    return length is not None and len(body) >= int(length)


def split(got: bytes) -> tuple[int, bytes]:
    """Status and body. Raises Silence."""
    head, blank, body = got.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"HTTP/1."):
        raise Silence(got)
    status = int(head.split(b" ", 2)[1])
    if status == 100:
        return split(body)
    length = next((line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
    if length is not None and len(body) < int(length):
        raise Silence(got)
    return status, body


@pytest.fixture
def host() -> Iterator[Callable[..., Host]]:
    """``host("--queue", "1", ...)``: prints at full speed unless told otherwise."""
    running: list[Running] = []

    def begin(*arguments: str) -> Host:
        running.append(start(["--port", "0", "--side", "0", "--speed", "max", *arguments]))
        return Host(running[-1])

    yield begin
    for each in running:
        each.close()


@pytest.fixture(scope="session")
def pdf() -> Callable[..., bytes]:
    """``pdf(3, (210, 297))``: so many pages of this size, mm, each with its number and a mark of a known place."""

    def make(pages: int = 1, size: tuple[float, float] = (210, 297)) -> bytes:
        data = io.BytesIO()
        canvas = Canvas(data, pagesize=(size[0] * MM, size[1] * MM))
        for number in range(1, pages + 1):
            canvas.setFont("Helvetica-Bold", 40)
            canvas.drawString(20 * MM, (size[1] - 30) * MM, f"Page {number}")
            canvas.setFillColorRGB(0.8, 0.1, 0.1)
            canvas.rect((20 + 10 * (number % 4)) * MM, 20 * MM, 40 * MM, 20 * MM, stroke=0, fill=1)
            canvas.showPage()
        canvas.save()
        return data.getvalue()

    return make


@pytest.fixture(scope="session")
def splitting() -> Callable[[bytes], tuple[int, bytes]]:
    return split


@pytest.fixture(scope="session")
def silence() -> type[Silence]:
    return Silence
