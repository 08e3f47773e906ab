"""HTTP/1.1 taken apart by hand (RFC 9112): a printer's server meets what a library would hide."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from simulators.ipp.operations import Broken

HEAD = 16384
"""Bytes of a request's head, at most."""
CHUNK = 16384
REASONS: Mapping[int, str] = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    417: "Expectation Failed",
    503: "Service Unavailable",
}


class BadRequest(Exception):
    """It is no HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    method: str
    target: str
    headers: Mapping[str, str]
    old: bool
    """HTTP/1.0."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def keeps(self) -> bool:
        """The connection stays for a next request."""
        said = self.headers.get("connection", "").lower()
        return "keep-alive" in said if self.old else "close" not in said


def head(stream: BinaryIO) -> Head | None:
    """The next request's; None where nobody asks any more. Raises BadRequest and OSError."""
    lines: list[str] = []
    size = 0
    while True:
        line = stream.readline(HEAD)
        size += len(line)
        if not line.endswith(b"\n"):
            if line and size >= HEAD:
                raise BadRequest("its head is too long")
            return None
        if line in (b"\r\n", b"\n"):
            if lines:
                break
            continue
        if size > HEAD:
            raise BadRequest("its head is too long")
        lines.append(line.decode("latin-1").rstrip("\r\n"))
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(f"{lines[0][:60]!r} is no request line")
    fields = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    return Head(words[0], words[1], headers, words[2] == "HTTP/1.0")


class Body:
    """What follows the head, in pieces. Raises Broken where it ends too early, BadRequest where it is malformed."""

    def __init__(self, stream: BinaryIO, head: Head) -> None:
        self._stream = stream
        chunked = "chunked" in head.headers.get("transfer-encoding", "").lower()
        length = head.headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(f"a length of {length[:20]!r} is none")
        self._pieces = self._chunked() if chunked else self._counted(int(length))

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def drain(self) -> bool:
        """Read what is left; whether there was an end to it."""
        try:
            for _ in self._pieces:
                pass
        except (Broken, BadRequest):
            return False
        return True

    def _read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except OSError:
            data = b""
        return data

    def _counted(self, left: int) -> Iterator[bytes]:
        while left > 0:
            try:
                data = self._stream.read1(min(left, CHUNK))  # type: ignore[attr-defined]
            except OSError:
                data = b""
            if not data:
                raise Broken
            left -= len(data)
            yield data

    def _chunked(self) -> Iterator[bytes]:
        while size := self._size():
            yield from self._counted(size)
            if self._read(2) != b"\r\n":
                raise Broken
        while (line := self._line()) not in (b"\r\n", b"\n"):
            if not line:
                raise Broken

    def _size(self) -> int:
        line = self._line()
        if not line.endswith(b"\n"):
            raise Broken
        word = line.partition(b";")[0].strip()
        try:
            return int(word, 16)
        except ValueError:
            raise BadRequest(f"{word[:20]!r} is no length of a chunk") from None

    def _line(self) -> bytes:
        try:
            return self._stream.readline(HEAD)
        except OSError:
            return b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    kind: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def packed(answer: Answer, mode: str, keeps: bool) -> bytes:
    """``mode``: length, chunked, or close, which is how HTTP/1.0 ends a body."""
    version = "1.0" if mode == "close" else "1.1"
    lines = [f"HTTP/{version} {answer.status} {REASONS.get(answer.status, 'Odd')}", f"Content-Type: {answer.kind}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    body = answer.body
    if mode == "chunked":
        lines.append("Transfer-Encoding: chunked")
        pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    elif mode == "length":
        lines.append(f"Content-Length: {len(body)}")
    if not keeps:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def cut_off(connection: socket.socket) -> None:
    """Close it at once; whoever waits learns of it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster
