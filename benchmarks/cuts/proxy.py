"""A wire that is cut: a TCP proxy before a printer, which breaks off at one byte of one request or of its answer.

It reads HTTP only to know where messages begin and which operation of IPP they are; what it passes on is what came.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from drivers.protocols.ipp.words import Operation

LIMIT = 16 * 1024 * 1024


class Side(StrEnum):
    REQUEST = "request"
    """Only the first bytes of it arrive at the printer."""
    ANSWER = "answer"
    """The printer has all of the request, and only the first bytes of its answer come back."""


@dataclass(frozen=True, slots=True)
class Cut:
    """At the ``number``-th request of ``operation`` (from 1), counted from the arming on."""

    operation: Operation
    side: Side
    part: float
    """0..1 of the message's bytes that still pass; 1: all of them, and the connection ends without a word."""
    number: int = 1
    away: float = 0.0
    """Seconds for which nobody is let through afterwards."""


@dataclass(frozen=True, slots=True)
class _Message:
    data: bytes
    operation: int


class Proxy:
    """``url``: where a driver finds it. ``struck``: the cuts that were made since the arming."""

    def __init__(self, port: int, path: str, clock: Callable[[], float]) -> None:
        self._port, self._clock = port, clock
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.url = f"ipp://127.0.0.1:{self._listener.getsockname()[1]}{path}"
        self._lock = threading.Lock()
        self._cuts: list[Cut] = []
        self._until = 0.0
        self._on_cut: Callable[[], None] | None = None
        self.struck: list[Cut] = []
        self._open: set[socket.socket] = set()
        self._closing = False
        self._threads = [threading.Thread(target=self._accept, name="proxy")]
        self._threads[0].start()

    def arm(self, cuts: list[Cut], on_cut: Callable[[], None] | None = None) -> None:
        """``on_cut`` is called at the first of them, right before the bytes stop."""
        with self._lock:
            self._cuts, self._on_cut, self.struck = list(cuts), on_cut, []

    def calm(self) -> None:
        """From now on everything passes."""
        with self._lock:
            self._cuts, self._until, self._on_cut = [], 0.0, None

    def close(self) -> None:
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for each in left:
            _hang_up(each)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._closing:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._closing or self._clock() < self._until:
                _hang_up(near)
                continue
            self._threads = [each for each in self._threads if each.is_alive()]
            thread = threading.Thread(target=self._serve, args=(near,), name="proxied")
            self._threads.append(thread)
            thread.start()

    def _serve(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        try:
            far = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            with self._lock:
                self._open |= {near, far}
            while self._exchange(near, far):
                pass
        except OSError:
            pass
        finally:
            for each in (near, far):
                if each is not None:
                    with self._lock:
                        self._open.discard(each)
                    _hang_up(each)

    def _exchange(self, near: socket.socket, far: socket.socket) -> bool:
        request = _message(near)
        if request is None:
            return False
        cut = self._cut_of(request.operation)
        if cut is not None and cut.side is Side.REQUEST:
            self._strike(cut)
            far.sendall(request.data[: int(len(request.data) * cut.part)])
            return False
        far.sendall(request.data)
        answer = _message(far)
        if answer is None:
            return False
        if cut is not None:
            self._strike(cut)
            near.sendall(answer.data[: int(len(answer.data) * cut.part * 0.999)])
            return False
        near.sendall(answer.data)
        return True

    def _cut_of(self, operation: int) -> Cut | None:
        with self._lock:
            for index, cut in enumerate(self._cuts):
                if cut.operation == operation:
                    if cut.number > 1:
                        self._cuts[index] = Cut(cut.operation, cut.side, cut.part, cut.number - 1, cut.away)
                        return None
                    del self._cuts[index]
                    return cut
        return None

    def _strike(self, cut: Cut) -> None:
        with self._lock:
            self.struck.append(cut)
            self._until = self._clock() + cut.away
            on_cut, self._on_cut = self._on_cut, None
        if on_cut is not None:
            on_cut()


def _message(wire: socket.socket) -> _Message | None:
    """One HTTP message with its body; None where the sender has hung up before its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = wire.recv(65536)
        if not part or len(data) > LIMIT:
            return None
        data += part
    head, _, _ = data.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        raise OSError("nobody asked for it to continue")
    lines = {key.lower(): value.strip() for key, _, value in (line.partition(b":") for line in head.split(b"\r\n"))}
    begin = len(head) + 4
    if lines.get(b"transfer-encoding") == b"chunked":
        while not data.endswith(b"\r\n0\r\n\r\n"):
            part = wire.recv(65536)
            if not part or len(data) > LIMIT:
                return None
            data += part
        return _Message(data, 0)
    size = begin + int(lines.get(b"content-length", b"0"))
    while len(data) < size:
        part = wire.recv(65536)
        if not part or len(data) > LIMIT:
            return None
        data += part
    operation = struct.unpack_from(">H", data, begin + 2)[0] if size >= begin + 8 else 0
    return _Message(data, operation)


def _hang_up(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
    wire.close()
