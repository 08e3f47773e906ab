"""HTTP as printers speak it, well and oddly."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.ipp.job import State
from simulators.ipp.values import mime
from simulators.ipp.wire import Tag, decode

PDF = mime("document-format", "application/pdf")
IPP = {"Content-Type": "application/ipp"}


@pytest.mark.parametrize("answers", ["length", "chunked", "close"])
def test_answers_end_in_three_ways(host: Callable[..., Any], answers: str) -> None:
    printer = host("--answers", answers)
    with httpx.Client() as client:
        for _ in range(2):
            got = client.post(
                f"{printer.running.printer.web}/ipp/print", content=printer.request("Get-Jobs"), headers=IPP
            )
            assert decode(got.content)[0].code == 0
            assert ("chunked" in got.headers.get("transfer-encoding", "")) == (answers == "chunked")
            assert got.http_version == ("HTTP/1.0" if answers == "close" else "HTTP/1.1")


def test_a_document_may_come_in_chunks(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    body = printer.request("Print-Job", PDF, data=pdf(2))
    pieces = (body[at : at + 37] for at in range(0, len(body), 37))
    got = httpx.post(f"{printer.running.printer.web}/ipp/print", content=pieces, headers=IPP)
    job = decode(got.content)[0].group(Tag.JOB).first("job-id")
    assert printer.until(job, State.COMPLETED).first("job-impressions-completed") == 2


def test_a_document_in_chunks_without_the_last_one_is_cut(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer, data = host(), pdf()
    body = printer.request("Print-Job", PDF, data=data)
    head = b"POST /ipp/print HTTP/1.1\r\nContent-Type: application/ipp\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert printer.exchange(head + b"%x\r\n" % len(body) + body + b"\r\n", close=True) == b""
    printer.seen(lambda: len(printer.record()["pages"]) == 1)
    assert printer.record()["documents"][0]["cut"]


@pytest.mark.parametrize(
    ("expect", "asks", "start"),
    [
        ("asked", True, b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("asked", False, b"HTTP/1.1 200"),
        ("always", False, b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("refuse", True, b"HTTP/1.1 417"),
    ],
)
def test_continue_comes_as_it_is_set(host: Callable[..., Any], expect: str, asks: bool, start: bytes) -> None:
    printer = host("--expect", expect)
    raw = printer.framed(printer.request("Get-Jobs"), "Expect: 100-continue\r\n" if asks else "")
    assert printer.exchange(raw).startswith(start)


def test_a_continue_that_never_comes_is_not_waited_for(host: Callable[..., Any]) -> None:
    printer = host("--expect", "never")
    raw = printer.framed(printer.request("Get-Jobs"), "Expect: 100-continue\r\n")
    assert printer.exchange(raw).startswith(b"HTTP/1.1 200")


def test_two_requests_share_a_connection(host: Callable[..., Any]) -> None:
    printer = host()
    raw = printer.framed(printer.request("Get-Jobs"))
    with socket.create_connection(printer.address, timeout=20) as connection:
        for _ in range(2):
            connection.sendall(raw)
            got = b""
            while not got.endswith(b"\x03"):
                got += connection.recv(4096)
            assert got.startswith(b"HTTP/1.1 200")


def test_a_password_is_asked_for(host: Callable[..., Any], splitting: Callable[..., Any]) -> None:
    printer = host("--auth", "basic", "--user", "shop", "--password", "sesame")
    raw = printer.request("Create-Job")
    assert splitting(printer.exchange(printer.framed(raw)))[0] == 401
    wrong, right = (base64.b64encode(f"shop:{word}".encode()).decode() for word in ("wrong", "sesame"))
    assert splitting(printer.exchange(printer.framed(raw, f"Authorization: Basic {wrong}\r\n")))[0] == 401
    assert splitting(printer.exchange(printer.framed(raw, f"Authorization: Basic {right}\r\n")))[0] == 200
    assert [job["id"] for job in printer.state()["jobs"]] == [1]


def test_a_digest_is_asked_for(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--auth", "digest", "--password", "sesame")
    url, body = f"{printer.running.printer.web}/ipp/print", printer.request("Print-Job", PDF, data=pdf())
    assert httpx.post(url, content=body, headers=IPP).status_code == 401
    assert httpx.post(url, content=body, headers=IPP, auth=httpx.DigestAuth("maker", "wrong")).status_code == 401
    assert httpx.post(url, content=body, headers=IPP, auth=httpx.DigestAuth("maker", "sesame")).status_code == 200
    printer.seen(lambda: [page["user"] for page in printer.record()["pages"]] == ["maker"])


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    where = tmp_path / "printer.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-subj", "/CN=printer", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*words, "-keyout", str(where), "-out", str(tmp_path / "it")], check=True, capture_output=True)
    where.write_text(where.read_text() + (tmp_path / "it").read_text())
    return where


def test_it_speaks_through_tls(host: Callable[..., Any], pdf: Callable[..., bytes], certificate: Path) -> None:
    printer = host("--tls", str(certificate))
    url, trusted = f"{printer.running.printer.web}/ipp/print", ssl.create_default_context(cafile=str(certificate))
    assert url.startswith("https://") and printer.running.printer.uri.startswith("ipps://")
    with pytest.raises(httpx.ConnectError):
        httpx.post(url, content=printer.request("Get-Jobs"), headers=IPP)
    assert printer.exchange(b"GET / HTTP/1.1\r\n\r\n")[:5] != b"HTTP/"
    with httpx.Client(verify=trusted) as client:
        got = client.post(url, content=printer.request("Print-Job", PDF, data=pdf()), headers=IPP)
        group = decode(client.post(url, content=printer.request("Get-Printer-Attributes"), headers=IPP).content)[0]
    assert group.group(Tag.PRINTER).first("uri-security-supported") == "tls"
    assert decode(got.content)[0].code == 0
    printer.seen(lambda: len(printer.record()["pages"]) == 1)


def test_an_answer_is_cut_through_tls(host: Callable[..., Any], certificate: Path) -> None:
    printer = host("--tls", str(certificate), "--fault", "cut-answer@Create-Job:50")
    trusted = ssl.create_default_context(cafile=str(certificate))
    url = f"{printer.running.printer.web}/ipp/print"
    with pytest.raises(httpx.TransportError):
        httpx.post(url, content=printer.request("Create-Job"), headers=IPP, verify=trusted)
    assert len(printer.state()["jobs"]) == 1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"POST /ipp/print HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi", 415),
        (b"POST /ipp/print HTTP/1.1\r\nContent-Type: application/ipp\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 200),
        (b"GET /icon.png HTTP/1.1\r\n\r\n", 200),
        (b"GET /secret HTTP/1.1\r\n\r\n", 404),
        (b"DELETE / HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n", 400),
    ],
)
def test_other_requests_get_an_answer(
    host: Callable[..., Any], splitting: Callable[..., Any], raw: bytes, status: int
) -> None:
    assert splitting(host().exchange(raw))[0] == status


@pytest.mark.parametrize("path", ["/ipp/fax", "/"])
def test_another_path_is_no_printer(host: Callable[..., Any], splitting: Callable[..., Any], path: str) -> None:
    printer = host()
    raw = printer.framed(printer.request("Get-Jobs")).replace(b"POST /ipp/print", f"POST {path}".encode(), 1)
    assert decode(splitting(printer.exchange(raw))[1])[0].code == 0x0406


def test_what_is_no_ipp_is_a_bad_request(host: Callable[..., Any], splitting: Callable[..., Any]) -> None:
    printer = host()
    for body in (b"", b"\x02\x00", b"\x02\x00\x00\x0b\0\0\0\1\x7f\0\0\0\0\0"):
        assert decode(splitting(printer.exchange(printer.framed(body)))[1])[0].code == 0x0400
    operation = printer.request("Get-Jobs").replace(b"\x02\x00\x00\x0a", b"\x02\x00\x00\x7f", 1)
    assert decode(splitting(printer.exchange(printer.framed(operation)))[1])[0].code == 0x0501
