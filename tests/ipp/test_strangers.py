"""A printer that is none, that is hostile, or that lets in only whom it knows."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from drivers.contract import (
    Link,
    MachineFault,
    OurFault,
    Start,
    WireFault,
)
from drivers.posting import place
from drivers.protocols.ipp.values import (
    Message,
    Tag,
    enum,
    worded,
)
from drivers.protocols.ipp.words import Operation
from tests.ipp.conftest import ATTEMPT

# --- a printer that is none, or hostile ----------------------------------------------------------------------------


def test_a_printer_that_cannot_make_empty_jobs_is_refused(shop: Any, printer: Any) -> None:
    printer.printer["operations-supported"] = enum("operations-supported", 2, 4, 8, 9, 10, 11)
    with pytest.raises(MachineFault, match=r"create-job, send-document.*CUPS"):
        shop.machine().connect()


def test_another_printer_at_the_address_is_refused(shop: Any) -> None:
    with pytest.raises(MachineFault, match="urn:uuid:2 is configured"):
        shop.machine(uuid="urn:uuid:2").connect()
    assert shop.machine(uuid="urn:uuid:1").connect().link is Link.ONLINE


def test_an_old_printer_is_spoken_to_in_its_version(shop: Any, printer: Any) -> None:
    versions: list[tuple[int, int]] = []
    honest = printer._answered

    def old(request: Message) -> Message:
        versions.append(request.version)
        return honest(request) if request.version == (1, 1) else Message(0x0503, request.number, ())

    printer.says.update(dict.fromkeys(range(0x40), old))
    shop.machine().connect()
    assert versions[:2] == [(2, 0), (1, 1)] and set(versions[1:]) == {(1, 1)}


CHUNKS = (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 40
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS


@pytest.mark.parametrize(
    ("answer", "fault", "says"),
    [
        (None, WireFault, "did not answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", WireFault, "did not answer"),
        (ENDLESS, WireFault, "does not end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc", WireFault, "did not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", WireFault, "no message of IPP|at least 9 bytes"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", MachineFault, "path of the address"),
        (b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", MachineFault, "ipps://"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", MachineFault, "does not let us in"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n", WireFault, "302"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", WireFault, "500"),
    ],
    ids=["nothing", "another protocol", "endless", "a lying length", "short", "404", "426", "403", "302", "500"],
)
def test_what_is_no_printer_is_named_and_bounded(
    shop: Any, printer: Any, answer: bytes | None, fault: type[Exception], says: str
) -> None:
    printer.say(Operation.GET_PRINTER_ATTRIBUTES, answer, ever=True)
    with pytest.raises(fault, match=says):
        shop.machine().connect()
    printer.says.clear()


def test_an_answer_to_another_request_is_none(shop: Any, printer: Any) -> None:
    honest = printer._answered
    printer.says[Operation.GET_PRINTER_ATTRIBUTES] = lambda request: Message(
        0, request.number + 1, honest(request).sections
    )
    with pytest.raises(WireFault, match="answered request"):
        shop.machine().connect()


def test_words_of_a_stranger_are_short_and_printable(shop: Any, printer: Any) -> None:
    printer.printer["printer-make-and-model"] = worded(Tag.TEXT, "printer-make-and-model", "A\x1b[31m\n" + "x" * 900)
    firmware = shop.machine().connect().firmware or ""
    assert firmware.isprintable() and len(firmware) <= 260


def test_a_stop_ends_a_start_that_waits(shop: Any, printer: Any) -> None:
    machine = shop.machine(start_wait=15.0)
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    printer.say(Operation.CREATE_JOB, *[0x0507] * 200)
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(machine.start(ATTEMPT)))
    thread.start()
    while Operation.CREATE_JOB not in printer.asked:
        time.sleep(0.01)
    machine.stop()
    thread.join(10)
    assert not thread.is_alive() and answers[0].start is Start.REFUSED
    assert all(each.document == b"" for each in printer.jobs)


# --- who is let in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenge", "begins"),
    [(b'Basic realm="printer"', b"Basic "), (b'Digest realm="printer", nonce="1", qop="auth"', b"Digest ")],
)
def test_a_password_is_told_as_it_is_asked_for(shop: Any, printer: Any, challenge: bytes, begins: bytes) -> None:
    honest = printer._answered

    def guarded(request: Message) -> Message | bytes:
        if b"authorization: " + begins.lower() in printer.heads[-1].lower():
            return honest(request)
        return b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + challenge + b"\r\nContent-Length: 0\r\n\r\n"

    printer.says.update(dict.fromkeys(range(0x40), guarded))
    machine = shop.machine(secret="a-password")
    assert machine.connect().link is Link.ONLINE
    machine.transfer(ATTEMPT, shop.payload())
    assert machine.start(ATTEMPT).start is Start.STARTED
    with pytest.raises(MachineFault, match="does not let us in"):
        shop.machine().connect()


@pytest.mark.parametrize(
    "address", ["printer.local", "ftp://printer/", "ipp://", "ipp://user:pw@printer/", "ipp://p:99999/", "ipp://p/?a=1"]
)
def test_an_address_that_is_none_is_named(shop: Any, address: str) -> None:
    with pytest.raises(OurFault, match="no address"):
        shop.machine(address)


def test_addresses_become_what_is_posted_to_and_what_is_named() -> None:
    told = {
        address: place(address, "m") for address in ("ipp://p", "ipps://p/ipp/print", "http://p/x", "https://p:444/x")
    }
    assert [(each.uri, each.url) for each in told.values()] == [
        ("ipp://p/ipp/print", "http://p:631/ipp/print"),
        ("ipps://p/ipp/print", "https://p:631/ipp/print"),
        ("ipp://p/x", "http://p/x"),
        ("ipps://p:444/x", "https://p:444/x"),
    ]
