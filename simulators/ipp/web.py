"""The printer's server: one thread a connection, and everything that can go wrong with one."""

from __future__ import annotations

import base64
import binascii
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from simulators.ipp.faults import Fault
from simulators.ipp.http import Answer, BadRequest, Body, Head, cut_off, head, packed
from simulators.ipp.operations import (
    OPERATIONS,
    PATH,
    Broken,
    Refusal,
    Request,
    Status,
    answer,
    check,
    perform,
    refused,
)
from simulators.ipp.printer import Printer
from simulators.ipp.sheets import blank
from simulators.ipp.wire import Incomplete, Malformed, Message, decode, encode
from simulators.prusalink.digest import Digest, fields

IPP = "application/ipp"
MESSAGE = 256 * 1024
"""Bytes of a message before its document, at most."""
PATIENCE = 60.0
"""Seconds that a silent connection is kept."""
CONNECTIONS = 64
REALM = "printer"


class Gone(Exception):
    """This connection is over; nothing is said on it any more."""


@dataclass(frozen=True, slots=True)
class Keys:
    user: str
    password: str


class Web:
    """Serves on 127.0.0.1. ``close`` ends it; :meth:`away` does for a while."""

    def __init__(self, printer: Printer, port: int, keys: Keys, tls: Path | None = None) -> None:
        """``tls``: a PEM file with a certificate and its key; then it is ipps. Raises OSError (ssl.SSLError is one)."""
        self._printer, self._keys = printer, keys
        self._tls = _context(tls) if tls is not None else None
        self._digest = Digest(REALM, keys.user, keys.password, True, 300.0)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._over = False
        self._cuts = 0
        self.port = port
        self._listener = self._listen()
        self.port = int(self._listener.getsockname()[1])
        secure = "s" if self._tls is not None else ""
        printer.web = f"http{secure}://127.0.0.1:{self.port}"
        printer.uri = f"ipp{secure}://127.0.0.1:{self.port}{PATH}"
        printer.away = self.away
        self._begin()

    def _listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", self.port), backlog=CONNECTIONS)

    def _begin(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), name="web", daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # it was closed
                return
            with self._lock:
                full = self._over or len(self._open) >= CONNECTIONS
                if not full:
                    self._open.add(connection)
            if full:
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), name="connection", daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = self._secured(plain)
        except OSError:  # no TLS, or not of our kind
            self._left(plain)
            plain.close()
            return
        with connection, connection.makefile("rb") as stream:
            try:
                visit = Visit(self._printer, self._keys, self._digest, connection, stream)
                while visit.one():
                    pass
            except (Gone, OSError):
                cut_off(connection)
            finally:
                self._left(connection)

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self._tls is None:
            return plain
        connection = self._tls.wrap_socket(plain, server_side=True)
        with self._lock:
            self._open.discard(plain)
            self._open.add(connection)
        return connection

    def _left(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def _drop(self) -> None:
        """Nobody is connected any more, and nobody can be."""
        cut_off(self._listener)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                cut_off(connection)

    def away(self, seconds: float) -> None:
        """No power: connections break, nothing answers, and then it is back on its port."""
        self._drop()
        with self._lock:
            self._cuts += 1
        later = threading.Timer(seconds, self._back, (self._cuts,))
        later.daemon = True
        later.start()

    def _back(self, cut: int) -> None:
        """``cut``: the power cut that is over; another one may have come in the meantime."""
        with self._lock:
            if self._over or cut != self._cuts:
                return
            self._listener = self._listen()
        self._begin()

    def close(self) -> None:
        with self._lock:
            self._over = True
        self._drop()


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@dataclass(slots=True)
class Visit:
    """One connection."""

    printer: Printer
    keys: Keys
    digest: Digest
    connection: socket.socket
    stream: BinaryIO

    def one(self) -> bool:
        """One request; whether there may be another."""
        try:
            asked = head(self.stream)
            if asked is None:
                return False
            body = Body(self.stream, asked)
        except BadRequest as error:
            self._say(Answer(400, "text/plain", f"{error}\n".encode()), False)
            return False
        keeps = asked.keeps and self.printer.settings.text("answers") != "close"
        user, refusal = self._known(asked)
        if refusal is None and not self._invite(asked):
            refusal = Answer(417, "text/plain", b"send it without asking\n")
        if refusal is not None:
            whole = "expect" not in asked.headers and body.drain()
            self._say(refusal, whole and keeps)
            return whole and keeps
        if asked.method != "POST":
            self._say(_page(self.printer, asked), keeps)
            return keeps
        said, whole = self._ask(asked, body, user)
        time.sleep(self.printer.settings.number("latency"))
        self._say(said, keeps and whole)
        return keeps and whole

    # --- before the body ------------------------------------------------------------------------------------------

    def _invite(self, asked: Head) -> bool:
        """100 Continue, as the setting has it; whether the body is wanted."""
        mode = self.printer.settings.text("expect")
        expects = "100-continue" in asked.headers.get("expect", "").lower()
        if expects and mode == "refuse":
            return False
        if mode == "always" or (expects and mode == "asked"):
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _known(self, asked: Head) -> tuple[str | None, Answer | None]:
        """Who it is; or what they are told who cannot say so."""
        mode, said = self.printer.settings.text("auth"), asked.headers.get("authorization", "")
        if mode == "none" or (mode == "basic" and _basic(said) == (self.keys.user, self.keys.password)):
            return (None if mode == "none" else self.keys.user), None
        good = mode == "digest" and self.digest.good(asked.method, fields(said).get("uri", ""), said)
        if good and fields(said).get("uri") == asked.target and self.digest.fresh(said):
            return self.keys.user, None
        challenge = f'Basic realm="{REALM}"' if mode == "basic" else self.digest.challenge(stale=good)
        return None, Answer(401, "text/plain", b"who are you?\n", (("WWW-Authenticate", challenge),))

    # --- IPP ------------------------------------------------------------------------------------------------------

    def _ask(self, asked: Head, body: Body, user: str | None) -> tuple[Answer, bool]:
        """The answer, and whether the request was read to its end. Raises Gone."""
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != IPP:
            return Answer(415, "text/plain", b"IPP is application/ipp\n"), body.drain()
        try:
            message, start, data = _message(body)
        except Broken:
            raise Gone from None
        except (Malformed, Incomplete, BadRequest) as error:
            broken = Message((1, 1), Status.BAD_REQUEST, 1)
            return _ipp(answer(broken, Status.BAD_REQUEST, (), str(error))), body.drain()
        try:
            check(message, asked.path)
        except Refusal as refusal:
            return _ipp(refused(message, refusal)), body.drain()
        name = OPERATIONS[message.code].name
        with self.printer.door:
            self.printer.requests.append(name)
            fault = self.printer.faults.request(name)
        request = Request(message, _chained(data, iter(body)), user)
        if fault is None:
            said = self._perform(request)
            return said, body.drain()
        return _MISHAPS[fault.kind](self, fault, request, start), body.drain()

    def _perform(self, request: Request) -> Answer:
        try:
            return _ipp(perform(self.printer, request))
        except Broken:
            raise Gone from None

    def _say(self, said: Answer, keeps: bool, only: int | None = None) -> None:
        """``only``: so many bytes of it."""
        data = packed(said, self.printer.settings.text("answers"), keeps)
        self.connection.sendall(data if only is None else data[:only])

    # --- mishaps --------------------------------------------------------------------------------------------------

    def _cut_answer(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        said = self._perform(request)
        self._say(said, True, int(fault.amount))
        raise Gone

    def _no_answer(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        self._perform(request)
        time.sleep(fault.amount)
        raise Gone

    def _cut_request(self, fault: Fault, request: Request, start: int) -> Answer:
        left = int(fault.amount) - start
        if left < 0:
            raise Gone
        request.document = _limited(request.document, left)
        self._perform(request)
        raise Gone

    def _drop(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        time.sleep(fault.amount)
        raise Gone

    def _slow(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        time.sleep(fault.amount)
        return self._perform(request)

    def _slow_answer(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        said = self._perform(request)
        time.sleep(fault.amount)
        return said

    def _busy(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        return _ipp(answer(request.message, Status.BUSY, (), "busy, come back later"))

    def _status(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        return _ipp(answer(request.message, int(fault.amount), (), "out of order"))

    def _status_after(self, fault: Fault, request: Request, start: int) -> Answer:
        self._perform(request)
        return self._status(fault, request, start)

    def _http(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        return Answer(int(fault.amount), "text/plain", b"out of order\n")

    def _garble(self, fault: Fault, request: Request, start: int) -> Answer:  # noqa: ARG002
        said = self._perform(request)
        body = bytearray(said.body)
        body[min(int(fault.amount), len(body) - 1)] ^= 0xFF
        return Answer(said.status, said.kind, bytes(body))


_MISHAPS: Mapping[str, Callable[[Visit, Fault, Request, int], Answer]] = {
    "cut-answer": Visit._cut_answer,
    "no-answer": Visit._no_answer,
    "cut-request": Visit._cut_request,
    "drop": Visit._drop,
    "slow": Visit._slow,
    "slow-answer": Visit._slow_answer,
    "busy": Visit._busy,
    "status": Visit._status,
    "status-after": Visit._status_after,
    "http": Visit._http,
    "garble": Visit._garble,
}


def _message(body: Body) -> tuple[Message, int, bytes]:
    """The message at the beginning of a body, its length, and what was read of the document behind it."""
    data = b""
    for piece in body:
        data += piece
        try:
            message, end = decode(data)
        except Incomplete:
            if len(data) > MESSAGE:
                raise Malformed(f"a message of more than {MESSAGE} bytes is not read") from None
            continue
        return message, end, data[end:]
    raise Incomplete("the message has no end")


def _chained(data: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if data:
        yield data
    yield from rest


def _limited(pieces: Iterator[bytes], left: int) -> Iterator[bytes]:
    """So many bytes, and then the connection is gone."""
    for piece in pieces:
        if len(piece) >= left:
            if left:
                yield piece[:left]
            break
        left -= len(piece)
        yield piece
    raise Broken


def _ipp(message: Message) -> Answer:
    return Answer(200, IPP, encode(message))


def _basic(said: str) -> tuple[str, str]:
    scheme, _, packed_ = said.partition(" ")
    try:
        user, _, password = base64.b64decode(packed_, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" else ("", "")


def _page(printer: Printer, asked: Head) -> Answer:
    """What a browser is shown."""
    if asked.method != "GET":
        return Answer(405, "text/plain", b"GET or POST\n")
    if asked.path == "/icon.png":
        return Answer(200, "image/png", blank())
    if asked.path in ("/", PATH) or asked.path.startswith("/jobs/"):
        with printer.door:
            lines = [f"{printer.build.name}: {', '.join(printer.reasons)}"]
            lines += [f"{job.number} {job.state.name.lower()} {job.impressions}" for job in printer.jobs.values()]
        return Answer(200, "text/plain", ("\n".join(lines) + "\n").encode())
    return Answer(404, "text/plain", b"there is nothing here\n")
